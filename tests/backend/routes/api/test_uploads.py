"""Files piece by piece: what came stays, whatever breaks, and a whole file is catalogued once."""

from __future__ import annotations

import os
import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from backend.catalogue import uploads
from backend.routes.pieces import place_of, read_metadata
from backend.routes.uploads import incoming_folder
from backend.tables import Job, JobState, Source, Upload
from tests.disks import small_disk
from tests.visits import Web, serving, slug_of
from tests.waiting import eventually

TUS = {"Tus-Resumable": "1.0.0"}
CONTENT = os.urandom(300_000)


def encoded(**said: str) -> str:
    return ",".join(f"{key} {b64encode(value.encode()).decode()}" for key, value in said.items())


def begin(visitor: httpx.Client, n_bytes: int = len(CONTENT), filename: str = "빗소리.ogg") -> str:
    said = {"Upload-Length": str(n_bytes), "Upload-Metadata": encoded(filename=filename, filetype="audio/ogg")}
    answer = visitor.post("/api/v1/uploads", headers=TUS | said)
    assert answer.status_code == 201, answer.text
    return answer.headers["location"]


def send(visitor: httpx.Client, place: str, piece: bytes, offset: int, **headers: str) -> httpx.Response:
    told = {"Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
    return visitor.patch(place, content=piece, headers=TUS | told | headers)


def bytes_of(web: Web, place: str) -> Path:
    """Where the bytes of an upload are collected."""
    return place_of(incoming_folder(web.storage.folder), UUID(place.rpartition("/")[2]))


def test_a_file_in_pieces_becomes_the_source_that_it_would_be_at_once(web: Web, visitor: httpx.Client) -> None:
    place = begin(visitor)
    assert send(visitor, place, CONTENT[:100_000], 0).headers["upload-offset"] == "100000"
    asked = visitor.head(place, headers=TUS)
    assert (asked.headers["upload-offset"], asked.headers["upload-length"]) == ("100000", "300000")
    assert asked.headers["cache-control"] == "no-store"
    assert send(visitor, place, CONTENT[100_000:], 100_000).status_code == 204
    submitted = visitor.post(f"{place}/source")
    assert submitted.status_code == 202
    source = submitted.json()["source"]
    assert source["title"] == "빗소리.ogg"
    assert source["is_mine"]
    with web.rows() as session:
        row = session.scalars(select(Source)).one()
        assert web.storage.read_bytes(row.audio_key or "") == CONTENT
        assert row.media_type == "audio/ogg"
    eventually(lambda: not bytes_of(web, place).exists())
    again = visitor.post(f"{place}/source")
    assert again.json()["source"]["id"] == source["id"]
    assert visitor.get(place).json()["source_id"] == source["id"]
    with web.rows() as session:
        assert session.scalar(select(func.count()).select_from(Job)) == 1


@pytest.mark.parametrize(
    "sent",
    [
        {"url": "/api/v1/uploads", "headers": TUS | {"Upload-Length": "1000"}},
        {"url": "/api/v1/sources", "files": {"file": ("a.ogg", CONTENT)}},
        {"url": "/upload", "files": {"file": ("a.ogg", CONTENT)}},
    ],
    ids=["in pieces", "at once", "without scripts"],
)
def test_what_would_take_the_last_room_on_the_disk_is_refused_before_it_is_read(
    web: Web, sent: dict[str, object]
) -> None:
    with serving(web.settings.model_copy(update={"storage_reserve_bytes": 1 << 60})) as full:
        refused = full.visitor().post(**sent)  # type: ignore[arg-type]
    assert refused.status_code == 507
    assert "full" in refused.text


@pytest.fixture
def web_on_small_disk(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """Above the reserve there is room for the bytes of two and a half files."""
    small_disk(monkeypatch, tmp_path, web.settings.storage_reserve_bytes + len(CONTENT) * 5 // 2)
    with serving(web.settings.model_copy(update={"storage_url": tmp_path.as_uri()})) as small:
        yield small


def test_an_announced_file_needs_its_room_twice_because_it_is_copied(web_on_small_disk: Web) -> None:
    visitor = web_on_small_disk.visitor()
    said = TUS | {"Upload-Length": str(len(CONTENT) * 3 // 2)}
    refused = visitor.post("/api/v1/uploads", headers=said)
    assert (refused.status_code, slug_of(refused)) == (507, "storage-full")
    begin(visitor)


def test_files_that_arrive_together_leave_the_disks_reserve(web_on_small_disk: Web) -> None:
    visitor = web_on_small_disk.visitor()
    places = [begin(visitor) for _ in range(3)]
    answers = [send(visitor, place, CONTENT, 0) for place in places]
    assert [answer.status_code for answer in answers] == [204, 204, 507]
    assert visitor.get(places[2]).json()["n_received"] == 0
    visitor.delete(places[0])
    eventually(lambda: not bytes_of(web_on_small_disk, places[0]).exists())
    assert send(visitor, places[2], CONTENT, 0).status_code == 204


def test_a_whole_file_whose_answer_was_lost_is_still_submitted_once(web: Web, visitor: httpx.Client) -> None:
    place = begin(visitor)
    send(visitor, place, CONTENT, 0)
    with web.rows() as session:
        upload_id = session.scalars(select(Upload.id)).one()
        key = web.storage.put_bytes(CONTENT)
        listener = web.id_of(visitor)
        first, _ = uploads.submit(session, upload_id, listener_id=listener, audio_key=key)
    assert visitor.post(f"{place}/source").json()["source"]["id"] == str(first.id)


def test_what_came_before_the_line_broke_is_kept(web: Web, visitor: httpx.Client) -> None:
    place = begin(visitor)
    where = urlsplit(web.address)
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    head = f"PATCH {place} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\nTus-Resumable: 1.0.0\r\n"
    head += "Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 300000\r\n\r\n"
    with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
        connection.sendall(head.encode() + CONTENT[:70_000])
    eventually(lambda: visitor.get(place).json()["n_received"] == 70_000)
    assert send(visitor, place, CONTENT[70_000:], 70_000).headers["upload-offset"] == "300000"
    assert visitor.post(f"{place}/source").status_code == 202


def test_only_one_connection_sends_a_file_at_a_time(web: Web, visitor: httpx.Client) -> None:
    place = begin(visitor)
    where = urlsplit(web.address)
    cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
    head = f"PATCH {place} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookies}\r\nTus-Resumable: 1.0.0\r\n"
    head += "Upload-Offset: 0\r\nContent-Type: application/offset+octet-stream\r\nContent-Length: 300000\r\n\r\n"
    path = bytes_of(web, place)
    with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
        connection.sendall(head.encode() + CONTENT[:10])
        eventually(path.exists)
        answer = send(visitor, place, CONTENT, 0)
        assert answer.status_code == 423
        assert slug_of(answer) == "upload-busy"


def test_a_piece_from_the_wrong_place_says_where_to_go_on(visitor: httpx.Client) -> None:
    place = begin(visitor)
    send(visitor, place, CONTENT[:1000], 0)
    answer = send(visitor, place, CONTENT[:1000], 0)
    assert answer.status_code == 409
    assert slug_of(answer) == "upload-elsewhere"
    assert answer.json()["offset"] == 1000


def test_more_than_was_announced_is_refused_before_it_is_kept(visitor: httpx.Client) -> None:
    place = begin(visitor, n_bytes=1000)
    assert send(visitor, place, CONTENT[:1001], 0).status_code == 413

    def endless() -> object:
        yield from (CONTENT[:600], CONTENT[:600])

    told = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    answer = visitor.patch(place, content=endless(), headers=TUS | told)  # type: ignore[arg-type]
    assert answer.status_code == 413
    assert visitor.get(place).json()["n_received"] <= 1000


def test_limits_are_those_of_a_file_at_once(web: Web, visitor: httpx.Client) -> None:
    too_large = str(web.settings.max_upload_bytes + 1)
    answer = visitor.post("/api/v1/uploads", headers=TUS | {"Upload-Length": too_large})
    assert (answer.status_code, slug_of(answer)) == (413, "upload-too-large")
    answer = visitor.post("/api/v1/uploads", headers=TUS | {"Upload-Length": "0"})
    assert (answer.status_code, slug_of(answer)) == (400, "empty-upload")


def test_half_a_file_is_not_catalogued(visitor: httpx.Client) -> None:
    place = begin(visitor)
    send(visitor, place, CONTENT[:1000], 0)
    answer = visitor.post(f"{place}/source")
    assert (answer.status_code, slug_of(answer)) == (409, "upload-unfinished")


def test_somebody_elses_upload_does_not_exist(web: Web, visitor: httpx.Client) -> None:
    place = begin(visitor)
    stranger = web.visitor()
    web.id_of(stranger)
    for answer in (
        stranger.get(place),
        send(stranger, place, CONTENT, 0),
        stranger.delete(place),
        stranger.post(f"{place}/source"),
    ):
        assert (answer.status_code, slug_of(answer)) == (404, "no-such-upload")


def test_an_upload_that_is_given_up_leaves_nothing(web: Web, visitor: httpx.Client) -> None:
    place = begin(visitor)
    send(visitor, place, CONTENT[:1000], 0)
    assert visitor.delete(place, headers=TUS).status_code == 204
    assert visitor.get(place).status_code == 404
    eventually(lambda: not bytes_of(web, place).exists())


def test_halves_of_files_do_not_pile_up(web: Web, visitor: httpx.Client) -> None:
    first = begin(visitor)
    send(visitor, first, CONTENT[:1000], 0)
    for _ in range(uploads.MAX_UNFINISHED):
        last = begin(visitor)
    assert visitor.get(first).status_code == 404
    assert visitor.get(last).status_code == 200
    eventually(lambda: not bytes_of(web, first).exists())


def test_an_expired_upload_is_gone(web: Web, visitor: httpx.Client) -> None:
    place = begin(visitor)
    with web.rows() as session:
        session.scalars(select(Upload)).one().expires_at = session.scalars(select(func.now())).one()
    assert visitor.get(place).status_code == 404


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Tus-Resumable": "0.2.2"}, 412),
        ({"Content-Type": "text/plain"}, 415),
        ({"Upload-Offset": "-1"}, 400),
    ],
)
def test_another_protocol_is_not_guessed_at(visitor: httpx.Client, headers: dict[str, str], status: int) -> None:
    assert send(visitor, begin(visitor), b"x", 0, **headers).status_code == status


def test_the_protocol_is_told(web: Web, visitor: httpx.Client) -> None:
    told = visitor.options("/api/v1/uploads").headers
    assert told["tus-version"] == "1.0.0"
    assert told["tus-max-size"] == str(web.settings.max_upload_bytes)


@pytest.mark.parametrize(
    ("header", "read"),
    [
        ("", ("", "")),
        (encoded(filename="../../etc/passwd", filetype="AUDIO/OGG; codecs=opus"), ("passwd", "audio/ogg")),
        ("filename !!!,filetype YXVkaW8vb2dn", ("", "audio/ogg")),
        ("filename", ("", "")),
    ],
)
def test_metadata_is_read_with_care(header: str, read: tuple[str, str]) -> None:
    assert read_metadata(header) == read


def test_an_own_recording_is_heard_before_it_is_catalogued(web: Web, visitor: httpx.Client) -> None:
    place = begin(visitor)
    send(visitor, place, CONTENT, 0)
    source = visitor.post(f"{place}/source").json()["source"]
    heard = visitor.get(f"/api/v1/sources/{source['id']}/audio", headers={"Range": "bytes=10-19"})
    assert (heard.status_code, heard.content) == (206, CONTENT[10:20])
    assert heard.headers["content-type"] == "audio/ogg"
    assert web.visitor().get(f"/api/v1/sources/{source['id']}/audio").status_code == 404


def test_what_a_sender_calls_a_page_is_no_page(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        source = Source(kind="upload", title="x", listener_id=web.id_of(visitor), media_type="text/html")
        source.audio_key = web.storage.put_bytes(b"<script>alert(1)</script>")
        session.add(source)
        session.flush()
        session.add(Job(task="label_source", queue="sound", source_id=source.id, state=JobState.QUEUED))
        source_id = source.id
    assert visitor.get(f"/api/v1/sources/{source_id}/audio").headers["content-type"] == "application/octet-stream"
