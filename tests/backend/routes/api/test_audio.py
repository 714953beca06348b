"""Sounds as bytes over HTTP."""

from __future__ import annotations

import io
from pathlib import Path
from uuid import UUID

import httpx
import numpy as np
import pytest
import soundfile

from tests.rows import a_sound
from tests.visits import Web, slug_of
from tests.waiting import eventually

RATE_HZ = 44100
PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)


@pytest.fixture
def master(tmp_path: Path) -> bytes:
    """Two seconds of two different tones, as a stereo FLAC."""
    seconds = np.arange(2 * RATE_HZ) / RATE_HZ
    tones = 0.3 * np.sin(2 * np.pi * np.outer(seconds, [440.0, 1000.0]))
    path = tmp_path / "master.flac"
    soundfile.write(path, tones, RATE_HZ)
    return path.read_bytes()


@pytest.fixture
def sound_id(web: Web, master: bytes) -> UUID:
    key, mel_key = web.storage.put_bytes(master), web.storage.put_bytes(PNG)
    with web.rows() as session:
        return a_sound(session, audio_key=key, mel_key=mel_key, duration_s=2.0).id


def test_without_a_format_the_master_is_played_byte_for_byte(
    visitor: httpx.Client, sound_id: UUID, master: bytes
) -> None:
    response = visitor.get(f"/api/v1/sounds/{sound_id}/audio")
    assert response.content == master
    assert response.headers["content-type"] == "audio/flac"
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["content-disposition"] == f'inline; filename="deepasmr-{sound_id}.flac"'
    assert response.headers["cache-control"] == "private, max-age=31536000, immutable"


@pytest.mark.parametrize(
    ("audio_format", "media_type", "subtype"),
    [("flac", "audio/flac", "PCM_16"), ("opus", 'audio/ogg; codecs="opus"', "OPUS"), ("wav", "audio/wav", "PCM_16")],
)
def test_each_format_is_that_format_and_sounds_the_same(
    visitor: httpx.Client, sound_id: UUID, audio_format: str, media_type: str, subtype: str
) -> None:
    response = visitor.get(f"/api/v1/sounds/{sound_id}/audio", params={"format": audio_format})
    assert response.headers["content-type"] == media_type
    with soundfile.SoundFile(io.BytesIO(response.content)) as file:
        assert (file.subtype, file.channels) == (subtype, 2)
        audio = file.read()
        assert len(audio) / file.samplerate == pytest.approx(2.0, abs=0.05)
        for channel, tone_hz in enumerate((440.0, 1000.0)):
            spectrum = np.abs(np.fft.rfft(audio[:, channel]))
            assert np.argmax(spectrum) * file.samplerate / len(audio) == pytest.approx(tone_hz, abs=2)


@pytest.mark.parametrize("audio_format", ["flac", "opus", "wav"])
def test_a_player_may_seek_in_each_format(visitor: httpx.Client, sound_id: UUID, audio_format: str) -> None:
    path = f"/api/v1/sounds/{sound_id}/audio?format={audio_format}"
    whole = visitor.get(path)
    n_bytes = len(whole.content)
    part = visitor.get(path, headers={"Range": f"bytes={n_bytes // 2}-", "If-Range": whole.headers["etag"]})
    assert part.status_code == 206
    assert part.content == whole.content[n_bytes // 2 :]
    assert visitor.get(path, headers={"Range": f"bytes={n_bytes}-"}).status_code == 416
    head = visitor.head(path)
    assert (head.headers["content-length"], head.content) == (str(n_bytes), b"")
    assert visitor.get(path, headers={"If-None-Match": whole.headers["etag"]}).status_code == 304


def test_who_does_not_wait_gets_the_master_first_and_the_format_later(
    web: Web, visitor: httpx.Client, tmp_path: Path
) -> None:
    soundfile.write(tmp_path / "unheard.flac", np.full(RATE_HZ, 0.1), RATE_HZ)
    with web.rows() as session:
        sound_id = a_sound(session, audio_key=web.storage.put_file(tmp_path / "unheard.flac"), duration_s=1.0).id
    path = f"/api/v1/sounds/{sound_id}/audio"
    first = visitor.get(f"{path}?format=opus&wait=false", follow_redirects=False)
    assert (first.status_code, first.headers["location"]) == (307, f"{path}?format=flac")
    assert first.headers["cache-control"] == "no-store"

    def is_there() -> bool:
        later = visitor.get(f"{path}?format=opus&wait=false", follow_redirects=False)
        return later.status_code == 200 and later.headers["content-type"].startswith("audio/ogg")

    eventually(is_there, 10)


def test_formats_have_tags_of_their_own(visitor: httpx.Client, sound_id: UUID) -> None:
    tags = {
        visitor.head(f"/api/v1/sounds/{sound_id}/audio?format={audio_format}").headers["etag"]
        for audio_format in ("flac", "opus", "wav")
    }
    assert len(tags) == 3


def test_an_unknown_format_is_422(visitor: httpx.Client, sound_id: UUID) -> None:
    assert slug_of(visitor.get(f"/api/v1/sounds/{sound_id}/audio?format=mp3")) == "malformed-request"


@pytest.mark.parametrize("query", ["", "?format=opus", "?format=opus&wait=false"])
def test_audio_that_storage_has_lost_is_said_so(web: Web, visitor: httpx.Client, query: str) -> None:
    with web.rows() as session:
        sound_id = a_sound(session).id
    response = visitor.get(f"/api/v1/sounds/{sound_id}/audio{query}")
    assert response.status_code == 404
    assert slug_of(response) == "sound-has-no-audio"


def test_the_mel_picture_is_a_png_that_browsers_keep(visitor: httpx.Client, sound_id: UUID) -> None:
    response = visitor.get(f"/api/v1/sounds/{sound_id}/mel.png")
    assert response.content == PNG
    assert response.headers["content-type"] == "image/png"
    assert "immutable" in response.headers["cache-control"]
    assert visitor.head(f"/api/v1/sounds/{sound_id}/mel.png").status_code == 200


def test_a_sound_without_a_picture_has_none(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        bare, lost = a_sound(session).id, a_sound(session, mel_key="sha256/00/11").id
    for sound_id in (bare, lost):
        assert slug_of(visitor.get(f"/api/v1/sounds/{sound_id}/mel.png")) == "not-found"
