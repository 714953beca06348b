"""Files as they arrive, over a real socket: limits hold while receiving, and nothing is left behind."""

from __future__ import annotations

import os
import resource
import socket
from collections.abc import AsyncIterator, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import httpx
import pytest
from fastapi import Depends, FastAPI, Request

from backend.routes import problems, uploads
from backend.routes.uploads import ReceivedFile, bare_name, incoming_folder, received_file
from backend.storage import Storage
from tests.disks import small_disk
from tests.serving import served
from tests.waiting import eventually

MAX_BYTES = 3 * 1024 * 1024
RESERVE_BYTES = 1024 * 1024


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Storage:
    return Storage.open(tmp_path_factory.mktemp("storage").as_uri(), reserve_bytes=RESERVE_BYTES)


@pytest.fixture(scope="module")
def folder(storage: Storage) -> Path:
    return incoming_folder(storage.folder)


async def receive(request: Request) -> AsyncIterator[ReceivedFile]:
    async with received_file(request, request.app.state.storage, max_bytes=MAX_BYTES) as file:
        yield file


@pytest.fixture(scope="module")
def client(storage: Storage) -> Iterator[httpx.Client]:
    app = FastAPI()
    app.state.storage = storage
    problems.install(app)

    @app.post("/files")
    def take(file: Annotated[ReceivedFile, Depends(receive, scope="function")]) -> dict[str, object]:
        digest = sha256(file.path.read_bytes()).hexdigest()
        return {"filename": file.filename, "media_type": file.media_type, "n_bytes": file.n_bytes, "digest": digest}

    with served(app) as address, httpx.Client(base_url=address) as client:
        yield client


@pytest.fixture(autouse=True)
def nothing_is_left_behind(folder: Path) -> Iterator[None]:
    yield
    eventually(lambda: not list(folder.iterdir()))


def slug(response: httpx.Response) -> str:
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["type"]).removeprefix("/problems/")


@pytest.mark.parametrize("n_bytes", [1, 65535, 1024 * 1024, 2 * 1024 * 1024 + 17, MAX_BYTES])
def test_a_file_arrives_byte_for_byte(client: httpx.Client, n_bytes: int) -> None:
    content = os.urandom(n_bytes)
    response = client.post("/files", files={"file": ("rain.ogg", content, "audio/ogg")})
    assert response.status_code == 200
    assert response.json() == {
        "filename": "rain.ogg",
        "media_type": "audio/ogg",
        "n_bytes": n_bytes,
        "digest": sha256(content).hexdigest(),
    }


def test_bytes_that_look_like_boundaries_are_kept(client: httpx.Client) -> None:
    content = b"\r\n--abc\r\n--ab\r\n-" * 5000
    body = (
        b'--abcd\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n' + content + b"\r\n--abcd--\r\n"
    )
    response = client.post("/files", content=body, headers={"Content-Type": "multipart/form-data; boundary=abcd"})
    assert response.json()["digest"] == sha256(content).hexdigest()


def test_other_fields_of_the_form_do_no_harm(client: httpx.Client) -> None:
    response = client.post("/files", files={"file": ("a.wav", b"RIFF")}, data={"note": "quiet", "file_name": "x"})
    assert response.json()["n_bytes"] == 4


def test_a_korean_name_is_read_as_it_was_written(client: httpx.Client) -> None:
    assert client.post("/files", files={"file": ("빗소리.ogg", b"x")}).json()["filename"] == "빗소리.ogg"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\rain.wav", "rain.wav"),
        ("a\x00b\n.wav", "ab.wav"),
        ("\u202egnp.exe", "gnp.exe"),
        ("", ""),
        ("x" * 500, "x" * 200),
    ],
)
def test_names_lose_folders_and_what_cannot_be_seen(given: str, kept: str) -> None:
    assert bare_name(given) == kept


def test_a_file_one_byte_too_large_is_refused(client: httpx.Client) -> None:
    response = client.post("/files", files={"file": ("a", bytes(MAX_BYTES + 1))})
    assert response.status_code == 413
    assert slug(response) == "upload-too-large"
    assert response.json()["max_bytes"] == MAX_BYTES


def announced(client: httpx.Client, n_bytes: int) -> bytes:
    """The status line that answers a request of this length before any of its body was sent."""
    where = urlsplit(str(client.base_url))
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as connection:
        connection.sendall(
            f"POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: {n_bytes}\r\n"
            "Content-Type: multipart/form-data; boundary=abc\r\n\r\n".encode()
        )
        return connection.recv(100).partition(b"\r\n")[0]


def unannounced(client: httpx.Client, n_bytes: int) -> httpx.Response:
    """Send a file without saying how long it is."""

    def body() -> Iterator[bytes]:
        yield b'--abc\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'
        for _ in range(n_bytes // 65536):
            yield bytes(65536)
        yield b"\r\n--abc--\r\n"

    return client.post("/files", content=body(), headers={"Content-Type": "multipart/form-data; boundary=abc"})


def test_an_announced_length_too_large_is_refused_before_the_bytes_come(client: httpx.Client) -> None:
    assert announced(client, 99999999999).startswith(b"HTTP/1.1 413 ")


def test_a_length_that_is_not_announced_is_counted(client: httpx.Client) -> None:
    assert unannounced(client, 2 * MAX_BYTES).status_code == 413


def test_an_announced_length_needs_its_room_twice_because_it_is_copied(
    client: httpx.Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_disk(monkeypatch, folder, RESERVE_BYTES + MAX_BYTES * 3 // 2)
    assert announced(client, MAX_BYTES).startswith(b"HTTP/1.1 507 ")
    assert client.post("/files", files={"file": ("a", bytes(MAX_BYTES // 2))}).status_code == 200


def test_a_length_that_is_not_announced_leaves_the_disks_reserve(
    client: httpx.Client, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_disk(monkeypatch, folder, RESERVE_BYTES + MAX_BYTES * 3 // 4)
    response = unannounced(client, MAX_BYTES)
    assert response.status_code == 507
    assert slug(response) == "storage-full"
    assert unannounced(client, MAX_BYTES // 2).status_code == 200


def test_other_fields_cannot_be_endless_either(client: httpx.Client) -> None:
    response = client.post("/files", files={"file": ("a", b"x"), "other": (None, bytes(MAX_BYTES + 200_000))})
    assert response.status_code == 413


def test_parts_without_end_are_not_read_to_their_end(client: httpx.Client) -> None:
    # Reading these takes a hundred times as long as reading as many bytes of a file.
    response = client.post(
        "/files",
        content=b"--abc\r\nA: b\r\n\r\n\r\n" * 20_000 + b"--abc--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=abc"},
    )
    assert response.status_code == 413


def test_an_empty_file_is_refused(client: httpx.Client) -> None:
    response = client.post("/files", files={"file": ("a.wav", b"")})
    assert response.status_code == 400
    assert slug(response) == "empty-upload"


@pytest.mark.parametrize("files", [{"other": ("a", b"x")}, {"file": (None, b"just a field")}])
def test_a_form_without_the_file_says_which_field_is_missing(client: httpx.Client, files: dict[str, object]) -> None:
    response = client.post("/files", files=files)  # type: ignore[arg-type]
    assert response.status_code == 422
    assert response.json()["errors"] == [{"loc": ["body", "file"], "message": "Field required", "type": "missing"}]


def test_two_files_at_once_are_refused(client: httpx.Client) -> None:
    response = client.post("/files", files=[("file", ("a", b"x")), ("file", ("b", b"y"))])
    assert response.status_code == 422


@pytest.mark.parametrize(
    "content_type", ["text/plain", "audio/ogg", "multipart/form-data", "", "multipart/mixed; boundary=a"]
)
def test_another_content_type_is_refused(client: httpx.Client, content_type: str) -> None:
    response = client.post("/files", content=b"hello", headers={"Content-Type": content_type})
    assert response.status_code == 415
    assert slug(response) == "unsupported-media-type"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"garbage",
        b"--abc\r\nContent-Dispo",
        b'--abc\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nhalf a fi',
        b'--abc\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nwhole\r\n--abc\r\n',
    ],
)
def test_a_body_that_is_malformed_or_broken_off_is_refused(client: httpx.Client, body: bytes) -> None:
    response = client.post("/files", content=body, headers={"Content-Type": "multipart/form-data; boundary=abc"})
    assert response.status_code == 400
    assert slug(response) == "bad-request"


def test_a_sender_that_hangs_up_leaves_nothing(client: httpx.Client, folder: Path) -> None:
    where = urlsplit(str(client.base_url))
    with socket.create_connection((where.hostname or "", where.port or 0)) as connection:
        connection.sendall(
            b"POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n"
            b"Content-Type: multipart/form-data; boundary=abc\r\n\r\n"
            b'--abc\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nhalf'
        )
        eventually(lambda: list(folder.iterdir()))


def test_a_sender_that_falls_silent_is_answered(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SILENCE_TIMEOUT_S", 0.2)
    where = urlsplit(str(client.base_url))
    with socket.create_connection((where.hostname or "", where.port or 0), timeout=10) as connection:
        connection.sendall(
            b"POST /files HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000000\r\n"
            b"Content-Type: multipart/form-data; boundary=abc\r\n\r\n--abc\r\n"
        )
        assert connection.recv(100).startswith(b"HTTP/1.1 408 ")


def test_a_full_disk_is_said_and_half_a_file_is_not_kept(client: httpx.Client) -> None:
    # A limit on the size of files is the full disk that a test can make: writes beyond it fail as they do there.
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))
    try:
        response = client.post("/files", files={"file": ("a", bytes(2_500_000))})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert response.status_code == 507
    assert slug(response) == "storage-full"
