"""A disk as small as a test needs it."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest


def small_disk(monkeypatch: pytest.MonkeyPatch, folder: Path, n_bytes: int) -> None:
    """Let a folder lie on a disk of this many bytes, of which its files take theirs."""

    def usage(_path: object) -> SimpleNamespace:
        return SimpleNamespace(free=n_bytes - sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()))

    monkeypatch.setattr(shutil, "disk_usage", usage)
