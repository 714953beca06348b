"""The command `deepasmr`: finds each command's file by its name and imports it only when asked."""

import importlib
import pkgutil
import sys
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

from deepasmr import commands
from deepasmr.errors import PlatformError

REFUSED_EXIT_CODE = 1

# Order and heading of `deepasmr --help`; a command that is not listed comes last.
PANELS = {
    "up": "Platform",
    "ingest": "Platform",
    "web": "Platform, part by part",
    "worker": "Platform, part by part",
    "migrate": "Platform, part by part",
    "classify": "Sound",
    "vary": "Sound",
    "mix": "Sound",
    "resynth": "Sound",
    "train": "Networks",
    "search": "Networks",
    "evaluate": "Networks",
    "promote": "Networks",
    "export": "Networks",
    "corrections": "Networks",
}


def command_names() -> list[str]:
    """Return every command's name: the files of `deepasmr/commands`, in the order of the help page."""
    found = {module.name for module in pkgutil.iter_modules(commands.__path__)}
    return [name for name in PANELS if name in found] + sorted(found - PANELS.keys())


def command_function(name: str) -> Callable[..., None]:
    """Import one command's file and return its function.

    Args:
        name: One of `command_names()`.
    """
    function: Callable[..., None] = getattr(importlib.import_module(f"deepasmr.commands.{name}"), name)
    return function


class CommandsOnDemand(TyperGroup):
    """A command group whose members are files, and whose known errors are one line on stderr."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names for the help page."""
        return command_names()

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - click's signature
        """Import the command that is being run, and no other."""
        if cmd_name not in command_names():
            return None
        alone = typer.Typer(add_completion=False)
        alone.command(cmd_name, rich_help_panel=PANELS.get(cmd_name))(command_function(cmd_name))
        command = typer.main.get_command(alone)
        command.name = cmd_name
        return command

    def invoke(self, ctx: Any) -> Any:
        """Run the command; a fact that we have a name for ends it with one line and exit code 1."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            sentence = wrong_settings(error) or (one_line(error) if is_known(error) else None)
            if sentence is None:
                raise
            typer.echo(f"deepasmr: {sentence}", err=True)
            raise typer.Exit(REFUSED_EXIT_CODE) from error


def is_known(error: Exception) -> bool:
    """Tell whether an error states a fact about the input or the machine, rather than a bug in the program.

    The error trees of the other rooms are looked up among the modules already loaded: an error of theirs cannot have
    been raised without its module.
    """
    trees: list[type[Exception]] = [PlatformError]
    for module_name, class_name in (
        ("models.errors", "SoundError"),
        ("backend.refusals", "CatalogueError"),
        ("pydantic_settings.exceptions", "SettingsError"),
    ):
        if module_name in sys.modules:
            trees.append(getattr(sys.modules[module_name], class_name))
    return isinstance(error, tuple(trees))


def wrong_settings(error: Exception) -> str | None:
    """Return what is wrong with which variables, if that is what an error says."""
    pydantic = sys.modules.get("pydantic")
    if pydantic is None or not isinstance(error, pydantic.ValidationError) or error.title != "Settings":
        return None
    found = error.errors(include_url=False, include_input=False)
    return "; ".join(f"DEEPASMR_{str(each['loc'][0]).upper()}: {each['msg']}" for each in found)


def one_line(error: Exception) -> str:
    """Return an error's message without line breaks."""
    return " ".join(str(error).split())


app = typer.Typer(
    cls=CommandsOnDemand,
    name="deepasmr",
    help="Collect, show and create ASMR trigger sounds.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def deepasmr() -> None:
    """Collect, show and create ASMR trigger sounds."""
