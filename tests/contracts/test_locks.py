import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^ ;\\]+)", re.MULTILINE)
# Which optional dependencies of pyproject.toml each lock holds, beside the plain ones.
EXTRAS = {
    "web": (),
    "ingest": ("ingest",),
    "sound": ("sound",),
    "gpu": ("gpu",),
    "run": ("ingest", "sound", "train", "embedded"),
    "dev": ("ingest", "sound", "train", "embedded", "dev"),
}
LOCKS = sorted(path.name for path in (ROOT / "requirements").glob("*.lock"))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / f"{lock}.lock").read_text()
    return {normal(match["name"]): match["version"] for match in PIN.finditer(text)}


def wanted(extras: tuple[str, ...]) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return {normal(re.split(r"[\[<>=;~! ]", line, maxsplit=1)[0]) for line in lines}


@pytest.mark.parametrize("lock", EXTRAS)
def test_lock_holds_what_the_project_asks_for(lock: str) -> None:
    assert wanted(EXTRAS[lock]) <= pins(lock).keys()


@pytest.mark.parametrize("lock", EXTRAS)
def test_one_version_of_a_library_serves_everywhere(lock: str) -> None:
    everywhere = pins("dev")
    # What only CUDA needs is not in dev.lock.
    assert {name: version for name, version in pins(lock).items() if everywhere.get(name, version) != version} == {}


def test_web_image_gets_no_sound() -> None:
    assert not pins("web").keys() & {"tensorflow", "tensorflow-cpu", "keras", "librosa", "yt-dlp", "av"}


def test_ingest_image_gets_no_tensorflow() -> None:
    assert not pins("ingest").keys() & {"tensorflow", "tensorflow-cpu", "keras", "librosa"}


@pytest.mark.parametrize("lock", ["sound", "gpu"])
def test_sound_images_get_nothing_that_reaches_out(lock: str) -> None:
    assert not pins(lock).keys() & {"yt-dlp", "deno"}


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text()
    entries = re.split(r"\n(?=[A-Za-z0-9])", "\n" + text)
    unhashed = [entry.split()[0] for entry in entries if PIN.match(entry) and "--hash=sha256:" not in entry]
    assert unhashed == []
    assert "://" not in text
