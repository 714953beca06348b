import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TARGETS = ("setup", "run", "test", "check", "bench", "help")


def make(*words: str, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["make", "--no-print-directory", *words], cwd=folder, capture_output=True, text=True)


def test_help_lists_every_target_with_what_it_does() -> None:
    listed = make("help").stdout
    for target in TARGETS:
        assert f"make {target}" in listed
    assert make().stdout == listed


@pytest.mark.parametrize("version", ["3.10.14", "3.14.0"])
def test_unknown_python_is_refused_in_plain_words(version: str, tmp_path: Path) -> None:
    folder, programs = tmp_path / "checkout", tmp_path / "bin"
    (folder / "requirements").mkdir(parents=True)
    programs.mkdir()
    python = programs / "python3"
    # It answers only to --version; a real one of this version would fail the same question.
    python.write_text(f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" || exit 1\n')
    python.chmod(0o755)
    refused = subprocess.run(
        ["/bin/sh", str(ROOT / "requirements" / "venv.sh")],
        cwd=folder,
        env={"PATH": str(programs)},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert "3.11, 3.12 or 3.13" in refused.stderr
    assert version in refused.stderr
