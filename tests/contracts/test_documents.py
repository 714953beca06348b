"""What the documents say of settings, problems and commands is true, and says it all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic.fields import FieldInfo

from backend.catalogue.errors import CatalogueError
from backend.routes.problems import PHRASE_OF, STATUS_OF
from backend.settings import Settings
from deepasmr import cli
from models.errors import SoundError

ROOT = Path(__file__).parents[2]
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
PROBLEMS = (ROOT / "docs" / "problems.md").read_text()
README = (ROOT / "README.md").read_text()
ROW = re.compile(r"^\| `([a-z-]+)` \| (\d{3}|job|command) \| (.+) \|$", re.MULTILINE)
# DESIGN.md §4.
OPTIONS = {
    "up": {"--port", "--data-dir", "--no-demo"},
    "web": set(),
    "worker": {"--queues"},
    "migrate": set(),
    "ingest": {"--max-items", "--wait"},
    "classify": {"--json"},
    "vary": {"-o", "--network", "--start", "--seconds", "--strength", "--seed"},
    "mix": {"-o", "--network", "--blend", "--seconds", "--seed"},
    "resynth": {"-o", "--renderer"},
    "train": {"--data", "--out", "--seed", "--resume"},
    "evaluate": {"--data", "--out"},
}


def default_of(field: FieldInfo) -> str:
    """A setting's default as the table of docs/operations.md shows it."""
    if field.default_factory is not None:
        return "see meaning"
    if field.default is None or field.default == ():
        return "none"
    if isinstance(field.default, Path) and field.default.is_absolute():
        return f"`{field.default.relative_to(ROOT)}`"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default:g}`" if isinstance(field.default, float) else f"`{field.default}`"


@pytest.mark.parametrize("name", Settings.model_fields)
def test_operations_tells_of_each_setting_its_variable_default_and_meaning(name: str) -> None:
    field = Settings.model_fields[name]
    assert f"| `DEEPASMR_{name.upper()}` | {default_of(field)} | {field.description} |" in OPERATIONS.splitlines()


def test_every_variable_that_is_read_is_told_of_and_no_other() -> None:
    pattern = re.compile(r"\bDEEPASMR_[A-Z][A-Z0-9_]+\b")
    sources = [path for room in ("backend", "deepasmr", "models", "worker") for path in (ROOT / room).rglob("*.py")]
    read = {name for path in [*sources, ROOT / "docker-compose.yml"] for name in pattern.findall(path.read_text())}
    read |= {f"DEEPASMR_{name.upper()}" for name in Settings.model_fields}
    assert set(pattern.findall(OPERATIONS)) == read


def branches(error: Any) -> Iterator[Any]:
    yield error
    for branch in error.__subclasses__():
        if branch.__module__.startswith(("backend.", "models.")):
            yield from branches(branch)


def told() -> dict[str, str]:
    return {slug: status for slug, status, _ in ROW.findall(PROBLEMS)}


@pytest.mark.parametrize("error", branches(CatalogueError))
def test_each_error_of_the_catalogue_has_its_line_and_status(error: type[CatalogueError]) -> None:
    assert told().get(error.slug) == str(STATUS_OF[error])


@pytest.mark.parametrize("error", branches(SoundError))
def test_each_error_of_sound_has_its_line(error: type[SoundError]) -> None:
    assert told().get(error.slug) in {"job", "command"}


def test_every_line_is_of_a_problem_that_exists_and_no_slug_stands_twice() -> None:
    named = [slug for slug, _, _ in ROW.findall(PROBLEMS)]
    assert len(named) == len(set(named))
    known = {error.slug for tree in (CatalogueError, SoundError) for error in branches(tree)}
    # Slugs of problems that are no class: written in the code, or made of HTTP's phrases.
    code = "".join(path.read_text() for room in ("backend", "worker") for path in (ROOT / room).rglob("*.py"))
    written = set(re.findall(r'"/problems/([a-z-]+)"', code)) | {slug for slug in named if f'"{slug}"' in code}
    phrases = {PHRASE_OF.get(each, each.phrase).lower().replace(" ", "-"): str(each.value) for each in HTTPStatus}
    made = {slug for slug, status in told().items() if phrases.get(slug) == status}
    assert set(named) - known - written - made == set()
    assert (known | set(re.findall(r'"/problems/([a-z-]+)"', code)) | {"site-busy", "internal"}) - set(named) == set()


def options_of(command: str) -> set[str]:
    alone = typer.Typer(add_completion=False)
    alone.command(command)(cli.command_function(command))
    parameters = typer.main.get_command(alone).params
    return {word for each in parameters for word in (*each.opts, *each.secondary_opts) if word.startswith("-")}


@pytest.mark.parametrize(("command", "promised"), OPTIONS.items())
def test_each_command_takes_the_options_of_the_contract(command: str, promised: set[str]) -> None:
    assert promised <= options_of(command)


def test_the_readme_names_every_command_and_only_options_that_it_takes() -> None:
    block = re.search(r"^## Command line\n\n```\n(.+?)^```", README, re.MULTILINE | re.DOTALL)
    assert block
    named: set[str] = set()
    for line in block[1].splitlines():
        # What stands behind the gap explains; `web | worker […] | migrate` share a line.
        for part in re.split(r" \| ", line.removeprefix("deepasmr ").split("   ")[0]):
            command = part.split()[0]
            named.add(command)
            assert set(re.findall(r"(?<!\S)\[?(--?[a-z][a-z-]*)", part)) <= options_of(command), line
    assert named == set(cli.command_names())
