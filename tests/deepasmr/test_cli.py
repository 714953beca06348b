import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from backend.refusals import CatalogueError
from backend.settings import Settings
from deepasmr import cli
from deepasmr.errors import PlatformUnreachable
from models.errors import SoundError

CONTRACT = {"up", "web", "worker", "migrate", "ingest", "classify", "vary", "mix", "resynth", "train", "evaluate"}
BEYOND_CONTRACT = {"corrections", "export", "promote", "search"}
HEAVY = ("tensorflow", "keras", "librosa", "sqlalchemy", "celery", "fastapi", "numpy", "psycopg", "yt_dlp")


def test_commands_are_those_of_the_contract() -> None:
    assert set(cli.command_names()) == CONTRACT | BEYOND_CONTRACT


def test_every_command_explains_itself_and_each_of_its_options() -> None:
    for name in cli.command_names():
        result = CliRunner().invoke(cli.app, [name, "--help"])
        assert result.exit_code == 0, name
        assert (cli.command_function(name).__doc__ or "").strip(), name


@pytest.mark.parametrize("words", [["--help"], ["up", "--help"], ["classify", "--help"]])
def test_help_imports_nothing_heavy(words: list[str]) -> None:
    program = (
        "import sys, json\n"
        "from deepasmr.cli import app\n"
        "try: app(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "print('\\n' + json.dumps(sorted(sys.modules)))\n"
    )
    said = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True).stdout
    loaded = set(json.loads(said.splitlines()[-1]))
    assert not loaded & set(HEAVY)


def test_unknown_command_is_a_usage_error() -> None:
    result = CliRunner().invoke(cli.app, ["levitate"])
    assert result.exit_code == 2
    assert "levitate" in result.output


@pytest.mark.parametrize(
    "error",
    [
        SoundError("the file\nis silent"),
        CatalogueError("the file\nis silent"),
        PlatformUnreachable("the file\nis silent"),
    ],
)
def test_known_error_is_one_line_on_stderr_and_exit_code_1(error: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "command_function", lambda _name: fail)
    result = CliRunner().invoke(cli.app, ["migrate"])
    assert result.exit_code == 1
    assert result.stderr == "deepasmr: the file is silent\n"
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEEPASMR_MAX_UPLOAD_BYTES", "plenty"),
        ("DEEPASMR_LOG_LEVEL", "loud"),
        ("DEEPASMR_TRUSTED_ORIGINS", "here"),
        ("DEEPASMR_STORAGE_URL", "/srv/audio"),
        ("DEEPASMR_REDIS_URL", "queue:6379"),
    ],
)
def test_a_variable_that_makes_no_sense_is_named_in_one_line(
    variable: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(cli, "command_function", lambda _name: lambda: Settings() and None)
    result = CliRunner().invoke(cli.app, ["migrate"])
    assert result.exit_code == 1
    assert result.stderr.startswith("deepasmr: ")
    assert variable.removeprefix("DEEPASMR_").lower() in result.stderr.lower()
    assert len(result.stderr.splitlines()) == 1


def test_migrating_a_database_that_is_away_says_so_in_one_line(tmp_path: Path) -> None:
    environment = {**os.environ, "DEEPASMR_DATABASE_URL": f"postgresql://nobody@/nothing?host={tmp_path}"}
    command = [sys.executable, "-m", "deepasmr", "migrate"]
    refused = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert refused.returncode == 1
    assert refused.stderr.startswith("deepasmr: the database at DEEPASMR_DATABASE_URL cannot be used: ")
    assert len(refused.stderr.splitlines()) == 1


def test_bug_is_not_dressed_as_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(cli, "command_function", lambda _name: fail)
    result = CliRunner().invoke(cli.app, ["migrate"])
    assert isinstance(result.exception, ZeroDivisionError)


def test_worker_refuses_queues_that_do_not_exist() -> None:
    result = CliRunner().invoke(cli.app, ["worker", "--queues", "ingest,dreams"])
    assert result.exit_code == 2
    assert "dreams" in result.output


def test_worker_says_in_one_line_that_its_libraries_are_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    result = CliRunner().invoke(cli.app, ["worker", "--queues", "sound"])
    assert result.exit_code == 1
    assert result.stderr.startswith("deepasmr: the queue sound needs tensorflow, not installed here")
    assert len(result.stderr.splitlines()) == 1


def test_installed_command_runs_from_any_folder(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").write_text("raise ImportError('the folder of somebody else')")
    said = subprocess.run(
        [sys.executable, "-P", "-m", "deepasmr", "--help"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "Usage:" in said.stdout
