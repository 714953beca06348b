"""The built front end."""

from __future__ import annotations

from pathlib import Path

from backend.settings import Settings
from tests.visits import serving


def test_files_named_by_their_content_are_kept_and_others_asked_for_again(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "player-a1b2.js").write_text("play()")
    (tmp_path / "icon.svg").write_text("<svg/>")
    with serving(settings.model_copy(update={"frontend_dist": tmp_path})) as web:
        visitor = web.visitor()
        hashed, plain = visitor.get("/static/assets/player-a1b2.js"), visitor.get("/static/icon.svg")
        assert hashed.text == "play()"
        assert hashed.headers["content-type"].startswith("text/javascript")
        assert hashed.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert plain.headers["cache-control"] == "no-cache"
        assert visitor.get("/static/../secret.key").status_code == 404
        assert visitor.get("/static/%2e%2e/secret.key").status_code == 404


def test_a_front_end_that_is_not_built_yet_is_missing_and_not_a_failure(settings: Settings, tmp_path: Path) -> None:
    with serving(settings.model_copy(update={"frontend_dist": tmp_path / "nothing"})) as web:
        assert web.visitor().get("/static/assets/player.js").status_code == 404
        assert web.visitor().get("/healthz").status_code == 200


def test_the_service_worker_may_stand_in_for_every_page_and_is_asked_for_again(
    settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "service-worker.js").write_text("self")
    (tmp_path / "app.webmanifest").write_text("{}")
    with serving(settings.model_copy(update={"frontend_dist": tmp_path})) as web:
        visitor = web.visitor()
        worker, manifest = visitor.get("/static/service-worker.js"), visitor.get("/static/app.webmanifest")
        assert worker.headers["service-worker-allowed"] == "/"
        assert worker.headers["cache-control"] == "no-cache"
        assert worker.headers["content-type"].startswith("text/javascript")
        assert manifest.headers["content-type"] == "application/manifest+json"
        assert "service-worker-allowed" not in manifest.headers


def test_the_page_for_lost_connections_is_nobodys(settings: Settings) -> None:
    with serving(settings) as web:
        answer = web.visitor().get("/offline?lang=ko")
        assert 'lang="ko"' in answer.text
        assert "data-offline" in answer.text
        assert "set-cookie" not in answer.headers
