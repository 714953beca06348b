"""The web process stays light: it knows sound only as rows and bytes."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

ROOT = Path(__file__).parents[2]
HEAVY = {"av", "keras", "librosa", "models", "scipy", "sklearn", "tensorflow", "torch", "worker", "yt_dlp"}


def test_the_web_pulls_in_nothing_that_knows_sound() -> None:
    look = "import json, sys, backend.app; print(json.dumps([name.partition('.')[0] for name in sys.modules]))"
    found = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert set(json.loads(found.stdout)) & HEAVY == set()


def test_the_backend_imports_nothing_that_the_web_image_does_not_hold() -> None:
    lock = (ROOT / "requirements" / "web.lock").read_text()
    held = {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[.*\])?==", lock, re.MULTILINE)}
    distributions = packages_distributions()
    missing = {
        module
        for module in imported_by_the_backend() - sys.stdlib_module_names - {"backend"}
        if not {normal(name) for name in distributions[module]} & held
    }
    assert missing == set()


def imported_by_the_backend() -> set[str]:
    """The top-level modules that its files name in imports."""
    named: set[str] = set()
    for path in (ROOT / "backend").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                named |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                named.add((node.module or "").partition(".")[0])
    return named


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
