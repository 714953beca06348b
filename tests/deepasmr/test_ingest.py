import threading
from collections.abc import Iterator

import httpx
import pytest
from typer.testing import CliRunner

from backend.app import create_app
from backend.settings import Settings
from deepasmr.cli import app
from tests.deepasmr.machine import free_port
from tests.serving import served
from tests.waiting import eventually

VIDEO = "https://video.example/watch?v=1"


@pytest.fixture
def url(committed: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A platform that serves, without workers; `deepasmr ingest` is told where."""
    with served(create_app(committed)) as address:
        monkeypatch.setenv("DEEPASMR_URL", address)
        yield address


def test_video_is_queued_and_its_page_is_named(url: str) -> None:
    result = CliRunner().invoke(app, ["ingest", VIDEO])
    assert result.exit_code == 0, result.output
    source = httpx.get(f"{url}/api/v1/sources").json()["items"][0]
    assert result.stderr == f"{VIDEO}: queued, {url}/sources/{source['id']}\n"


def test_refusal_is_the_platforms_own_sentence_and_the_other_videos_go_on(url: str) -> None:
    result = CliRunner().invoke(app, ["ingest", "http://10.0.0.1/private", VIDEO])
    assert result.exit_code == 1
    refusal, queued = result.stderr.splitlines()
    problem = httpx.post(f"{url}/api/v1/sources", json={"url": "http://10.0.0.1/private"}).json()
    assert refusal == f"http://10.0.0.1/private: {problem['detail']}"
    assert f"{VIDEO}: queued" in queued


def test_wait_follows_a_job_to_its_end(url: str) -> None:
    cancelled: list[httpx.Response] = []

    def cancel() -> None:
        with httpx.Client(base_url=f"{url}/api/v1/") as client:
            source = eventually(lambda: client.get("sources").json()["items"])[0]
            cancelled.append(client.post(f"jobs/{source['job']['id']}/cancel"))

    impatient = threading.Thread(target=cancel)
    impatient.start()
    result = CliRunner().invoke(app, ["ingest", VIDEO, "--wait"])
    impatient.join(30)
    assert [response.status_code for response in cancelled] == [200]
    assert result.exit_code == 1
    assert f"{VIDEO}: cancelled" in result.stderr


def test_platform_that_is_not_running_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEEPASMR_URL", f"http://127.0.0.1:{free_port()}")
    result = CliRunner().invoke(app, ["ingest", VIDEO])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "deepasmr up" in result.stderr
