import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = ("backend", "deepasmr", "models", "worker")
BANNED_NAMES = {"utils", "helpers", "common", "base", "misc", "manager", "core"}
LONGEST_FILE_LINES = 320
# One entry after the other, nothing to follow: they may be as long as there are entries.
LISTS = {"backend/catalogue/errors.py"}


def files_of_rooms() -> list[Path]:
    found = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
    return [path for path in found if path.relative_to(ROOT).as_posix() not in LISTS]


def test_imports_go_down_only() -> None:
    checked = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


def test_layers_are_those_of_the_design_and_exhaustive() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {tuple(each.get("containers", ())): each for each in contracts if each["type"] == "layers"}
    assert layers[()]["layers"] == ["deepasmr", "worker", "backend | models"]
    assert layers["models",]["layers"] == ["recipes", "inference", "pretrained", "networks | audio", "errors"]
    backend = [name for layer in layers["backend",]["layers"] for name in layer.split(" | ")]
    order = ["app", "routes", "catalogue", "outbox", "tables", "database", "settings"]
    assert [name for name in backend if name in order] == order
    assert layers["backend",]["exhaustive"]
    assert layers["models",]["exhaustive"]


def test_signal_code_loads_no_tensorflow() -> None:
    program = (
        "import importlib, pkgutil, sys, models.audio as room\n"
        "for each in pkgutil.walk_packages(room.__path__, 'models.audio.'): importlib.import_module(each.name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not set(loaded.stdout.split()) & {"tensorflow", "keras", "backend", "worker"}


def test_files_are_short_and_named_for_what_they_hold() -> None:
    lines = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in files_of_rooms()}
    assert {name: n_lines for name, n_lines in lines.items() if n_lines > LONGEST_FILE_LINES} == {}
    assert [path for path in files_of_rooms() if path.stem in BANNED_NAMES] == []


def test_migrations_do_not_shadow_the_library() -> None:
    assert not (ROOT / "alembic" / "__init__.py").exists()


def test_commits_happen_in_one_place() -> None:
    committing = {
        str(path.relative_to(ROOT))
        for path in files_of_rooms()
        if path.parts[-2] != "recipes" and ".commit()" in path.read_text()
    }
    # Migrations hold a lock on a connection of their own.
    assert committing <= {"backend/database.py", "backend/migrations.py"}
