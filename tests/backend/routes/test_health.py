"""Whether the process lives, what it needs, and what it tells an operator."""

from __future__ import annotations

import logging
import shutil
from uuid import uuid4

import httpx
import pytest

from backend.settings import Settings
from backend.tables import JobState
from tests.rows import a_job
from tests.visits import serving, slug_of
from tests.waiting import eventually

NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/nothing"


def test_a_platform_with_all_its_services_is_ready(visitor: httpx.Client) -> None:
    response = visitor.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ready", "services": {"database": True, "broker": True, "storage": True}}
    assert response.headers["cache-control"] == "no-store"


def test_without_its_database_the_process_lives_but_is_not_ready(settings: Settings) -> None:
    with serving(settings.model_copy(update={"database_url": NOWHERE})) as web:
        visitor = web.visitor()
        assert visitor.get("/healthz").json() == {"status": "ok"}
        response = visitor.get("/readyz")
        assert response.status_code == 503
        assert int(response.headers["retry-after"]) >= 1
        assert response.json()["services"]["database"] is False
        assert visitor.get("/metrics").status_code == 200


def test_without_its_database_a_request_is_answered_503_in_plain_words(settings: Settings) -> None:
    with serving(settings.model_copy(update={"database_url": NOWHERE})) as web:
        for response in (
            web.visitor().get("/api/v1/triggers"),
            web.visitor().get(f"/api/v1/jobs/{uuid4()}/events"),
            web.visitor().post("/api/v1/sources", json={"url": "https://video.example/1"}),
            web.visitor().post("/api/v1/sources", files={"file": ("a.ogg", b"OggS")}),
        ):
            assert response.status_code == 503
            assert slug_of(response) == "catalogue-unavailable"
            assert int(response.headers["retry-after"]) >= 1
            assert "127.0.0.1" not in response.text
        assert list(web.storage.folder.glob("incoming/*")) == []  # type: ignore[union-attr]


def test_a_storage_that_is_gone_turns_readiness_red(settings: Settings) -> None:
    with serving(settings) as web:
        assert web.storage.folder is not None
        shutil.rmtree(web.storage.folder)
        web.storage.folder.write_text("not a folder any more")
        response = web.visitor().get("/readyz")
    assert response.status_code == 503
    assert response.json()["services"]["storage"] is False


def test_metrics_count_requests_by_route_and_jobs_by_queue_and_state(committed: Settings) -> None:
    with serving(committed) as web:
        visitor = web.visitor()
        with web.rows() as session:
            a_job(session, state=JobState.DONE)
        for _ in range(3):
            visitor.get(f"/api/v1/sounds/{uuid4()}")
        visitor.get("/made/up/by/a/scanner")
        visitor.get("/static/made/up")
        lines = visitor.get("/metrics").text.splitlines()
    assert 'deepasmr_http_requests_total{method="GET",route="/api/v1/sounds/{sound_id}",status="404"} 3.0' in lines
    assert 'deepasmr_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in lines
    assert 'deepasmr_http_requests_total{method="GET",route="static",status="404"} 1.0' in lines
    assert 'deepasmr_http_request_seconds_count{method="GET",route="/api/v1/sounds/{sound_id}"} 3.0' in lines
    assert 'deepasmr_jobs{queue="sound",state="done"} 1.0' in lines
    assert 'deepasmr_jobs{queue="ingest",state="queued"} 0.0' in lines


def test_each_request_is_one_line_in_the_log_that_its_path_cannot_break(
    visitor: httpx.Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="deepasmr.access")
    visitor.get("/no%0Aforged%20line?secret=1")

    def written() -> list[str]:
        return [record.getMessage() for record in caplog.records if record.name == "deepasmr.access"]

    # The line is written once the answer is out.
    lines = eventually(written)
    assert len(lines) == 1
    assert lines[0].startswith("GET /no%0Aforged%20line 404 ")
    assert "secret" not in lines[0]
    assert lines[0].endswith(" from 127.0.0.1")
