"""Sources over HTTP: submitted, watched, listed, deleted."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from backend.settings import Settings
from backend.tables import JobState, Source
from tests.rows import a_job, a_sound, a_source
from tests.visits import Web, serving, slug_of

VIDEO = {"url": "https://www.youtube.com/watch?v=abcdefghijk"}
CLIP = b"OggS" + bytes(range(256)) * 100


def test_a_video_is_taken_with_its_job(visitor: httpx.Client) -> None:
    response = visitor.post("/api/v1/sources", json=VIDEO)
    assert response.status_code == 202
    answer = response.json()
    assert answer["source"]["kind"] == "video"
    assert answer["source"]["status"] == "queued"
    assert answer["source"]["is_mine"] is False
    assert answer["source"]["job"]["id"] == answer["job"]["id"]
    assert answer["job"]["task"] == "ingest_source"
    assert answer["job"]["position"] == 0
    assert answer["job"]["result"] == {"source_id": answer["source"]["id"], "sound_id": None}


def test_what_the_answer_names_is_committed_before_it_is_sent(web: Web, visitor: httpx.Client) -> None:
    answer = visitor.post("/api/v1/sources", json=VIDEO).json()
    with web.rows() as session:
        assert session.get(Source, answer["source"]["id"]) is not None


def test_a_second_submission_of_a_video_returns_the_first_source(web: Web, visitor: httpx.Client) -> None:
    first = visitor.post("/api/v1/sources", json=VIDEO).json()
    second = web.visitor().post("/api/v1/sources", json={"url": "https://youtu.be/abcdefghijk?t=5"}).json()
    assert second["source"]["id"] == first["source"]["id"]
    assert second["job"]["id"] == first["job"]["id"]


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("ftp://example.org/a.mp4", "not-a-video-address"),
        ("just words", "not-a-video-address"),
        ("http://127.0.0.1/video.mp4", "private-address"),
        ("http://[::ffff:10.0.0.1]/video.mp4", "private-address"),
    ],
)
def test_an_address_that_is_none_is_refused(visitor: httpx.Client, url: str, slug: str) -> None:
    response = visitor.post("/api/v1/sources", json={"url": url})
    assert response.status_code == 400
    assert slug_of(response) == slug


@pytest.mark.parametrize("body", [{}, {"url": 5}, {"url": ""}, {"url": "x" * 3000}, [], 5])
def test_a_body_of_another_shape_is_422_and_says_where(visitor: httpx.Client, body: object) -> None:
    response = visitor.post("/api/v1/sources", json=body)
    assert response.status_code == 422
    assert slug_of(response) == "malformed-request"
    assert response.json()["errors"][0]["loc"][0] == "body"


def test_broken_json_is_422_and_an_unknown_content_type_415(visitor: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert visitor.post("/api/v1/sources", content=b'{"url": ', headers=headers).status_code == 422
    assert visitor.post("/api/v1/sources", content=b"url=x").status_code == 415
    assert visitor.post("/api/v1/sources", data={"url": "https://x.example"}).status_code == 415


def test_an_upload_is_stored_and_private_to_who_sent_it(web: Web, visitor: httpx.Client) -> None:
    assert web.storage.folder is not None
    incoming = web.storage.folder / "incoming"
    before = set(incoming.iterdir()) if incoming.exists() else set()
    response = visitor.post("/api/v1/sources", files={"file": ("rain.ogg", CLIP, "audio/ogg")})
    assert response.status_code == 202
    source = response.json()["source"]
    assert (source["kind"], source["title"], source["is_mine"]) == ("upload", "rain.ogg", True)
    assert response.json()["job"]["task"] == "label_source"
    with web.rows() as session:
        row = session.get_one(Source, source["id"])
        assert (row.audio_bytes, row.media_type) == (len(CLIP), "audio/ogg")
        assert row.audio_key is not None
        assert web.storage.read_bytes(row.audio_key) == CLIP
    path = f"/api/v1/sources/{source['id']}"
    assert visitor.get(path).status_code == 200
    stranger = web.visitor()
    assert slug_of(stranger.get(path)) == "no-such-source"
    assert slug_of(stranger.delete(path)) == "no-such-source"
    assert stranger.get("/api/v1/sources").json()["items"] == []
    assert set(incoming.iterdir()) == before


def test_the_same_idempotency_key_gives_the_first_answer_again(visitor: httpx.Client) -> None:
    headers = {"Idempotency-Key": "once"}
    first, second = (
        visitor.post("/api/v1/sources", files={"file": ("a.ogg", CLIP)}, headers=headers).json() for _ in range(2)
    )
    assert first["job"]["id"] == second["job"]["id"]
    assert first["source"]["id"] == second["source"]["id"]
    other = visitor.post("/api/v1/sources", files={"file": ("b.ogg", CLIP + b"!")}, headers=headers)
    assert other.status_code == 409
    assert slug_of(other) == "idempotency-conflict"


def test_an_upload_that_the_catalogue_refuses_leaves_no_row(committed: Settings) -> None:
    with serving(committed.model_copy(update={"max_queued_jobs": 1})) as web:
        visitor = web.visitor()
        assert visitor.post("/api/v1/sources", files={"file": ("a.ogg", CLIP)}).status_code == 202
        refused = visitor.post("/api/v1/sources", files={"file": ("b.ogg", CLIP)})
        assert refused.status_code == 429
        assert slug_of(refused) == "too-many-requests"
        with web.rows() as session:
            assert session.query(Source).count() == 1


def test_an_upload_over_the_limit_is_413_and_leaves_nothing(committed: Settings) -> None:
    with serving(committed.model_copy(update={"max_upload_bytes": 1000})) as web:
        refused = web.visitor().post("/api/v1/sources", files={"file": ("a.ogg", CLIP)})
        assert refused.status_code == 413
        assert slug_of(refused) == "upload-too-large"
        with web.rows() as session:
            assert session.query(Source).count() == 0
        assert web.storage.folder is not None
        assert [path for path in web.storage.folder.rglob("*") if path.is_file()] == []


def test_a_source_shows_its_status_timeline_and_sounds_in_order(web: Web, visitor: httpx.Client) -> None:
    stretch = {"start_s": 0.0, "end_s": 4.0, "trigger": "rain", "confidence": 0.9}
    with web.rows() as session:
        source = a_source(session, timeline=[stretch], webpage_url="https://www.youtube.com/watch?v=abc", title="Rain")
        now = {"state": JobState.RUNNING, "heartbeat_at": source.created_at, "progress": 0.5, "phase": "listening"}
        a_job(session, source_id=source.id, **now)
        a_sound(session, source_id=source.id, start_s=0.0, end_s=4.0, trigger_slug="rain")
        a_sound(session, source_id=source.id, start_s=83.4, end_s=90.0, trigger_slug="water")
        source_id = source.id
    shown = visitor.get(f"/api/v1/sources/{source_id}").json()
    assert shown["status"] == "running"
    assert (shown["job"]["progress"], shown["job"]["phase"]) == (0.5, "listening")
    assert shown["timeline"] == [stretch]
    assert shown["n_sounds"] == 2
    assert [sound["trigger"]["slug"] for sound in shown["sounds"]] == ["rain", "water"]
    assert shown["sounds"][1]["source"]["url"] == "https://www.youtube.com/watch?v=abc&t=83s"


def test_sources_come_in_pages_without_gap_or_repetition(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        made = [str(a_source(session).id) for _ in range(5)]
    seen: list[str] = []
    cursor: str | None = None
    for _ in range(3):
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = visitor.get("/api/v1/sources", params=params).json()
        seen += [source["id"] for source in page["items"]]
        cursor = page["next_cursor"]
    assert cursor is None
    assert seen == made[::-1]
    assert slug_of(visitor.get("/api/v1/sources", params={"cursor": "made-up"})) == "bad-cursor"


def test_mine_lists_ones_own_alone(web: Web, visitor: httpx.Client) -> None:
    me = web.id_of(visitor)
    with web.rows() as session:
        a_source(session)
        mine = a_source(session, listener_id=me).id
    assert [source["id"] for source in visitor.get("/api/v1/sources?mine=true").json()["items"]] == [str(mine)]


def test_a_deleted_source_is_gone_with_its_sounds(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        sound = a_sound(session)
        source_id, sound_id = sound.source_id, sound.id
    assert visitor.delete(f"/api/v1/sources/{source_id}").status_code == 204
    assert slug_of(visitor.get(f"/api/v1/sources/{source_id}")) == "no-such-source"
    assert slug_of(visitor.get(f"/api/v1/sounds/{sound_id}")) == "sound-deleted"


def test_on_an_open_platform_one_deletes_ones_own_and_the_admin_what_is_public(committed: Settings) -> None:
    with serving(committed.model_copy(update={"host": "0.0.0.0"})) as web:  # noqa: S104
        visitor = web.visitor()
        me = web.id_of(visitor)
        with web.rows() as session:
            mine, public = a_source(session, listener_id=me).id, a_source(session).id
        assert visitor.delete(f"/api/v1/sources/{mine}").status_code == 204
        refused = visitor.delete(f"/api/v1/sources/{public}")
        assert refused.status_code == 403
        assert slug_of(refused) == "admin-only"


@pytest.mark.parametrize("source_id", ["not-an-id", "1", "01900000-0000-7000-8000-00000000000"])
def test_an_id_that_is_none_is_422(visitor: httpx.Client, source_id: str) -> None:
    assert slug_of(visitor.get(f"/api/v1/sources/{source_id}")) == "malformed-request"


def test_an_unknown_id_is_404(visitor: httpx.Client) -> None:
    response = visitor.get(f"/api/v1/sources/{uuid4()}")
    assert response.status_code == 404
    assert slug_of(response) == "no-such-source"
