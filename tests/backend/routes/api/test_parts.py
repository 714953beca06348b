"""A sound is heard while it is made: the parts that are there at once, the others as they come."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import pytest
import soundfile

from backend.catalogue import claims, parts, variations
from backend.catalogue.claims import Claim
from backend.outbox import TaskName
from backend.tables import Deed, Job, SoundKind
from tests.rows import a_sound
from tests.visits import Web, slug_of

SECONDS = 5.0
SAMPLES = (np.random.default_rng(0).standard_normal((int(SECONDS * 44100), 2)) * 3000).astype("<i2")


@dataclass
class Making:
    """A job in the hands of a worker, who is this test."""

    web: Web
    claim: Claim

    @property
    def address(self) -> str:
        return f"/api/v1/jobs/{self.claim.job_id}/audio"

    def let_hear(self, ordinal: int) -> None:
        data = SAMPLES.tobytes()[ordinal * parts.PART_BYTES : (ordinal + 1) * parts.PART_BYTES]
        self.web.storage.put_passing(parts.key(self.claim.job_id, ordinal), data)
        with self.web.rows() as session:
            claims.beat(session, self.claim, ready_s=min((ordinal + 1) * parts.PART_S, SECONDS))

    def keep(self, folder: Path) -> None:
        """End the job with a sound that has these samples."""
        soundfile.write(folder / "master.flac", SAMPLES, 44100, subtype="PCM_16")
        key = self.web.storage.put_file(folder / "master.flac")
        with self.web.rows() as session:
            sound = a_sound(
                session,
                kind=SoundKind.MADE,
                deed=Deed.VARIATION,
                audio_key=key,
                listener_id=self.claim.listener_id,
                job_id=self.claim.job_id,
            )
            claims.finish(session, self.claim, sound_id=sound.id)


@pytest.fixture
def making(web: Web, visitor: httpx.Client) -> Making:
    with web.rows() as session:
        job = variations.submit(
            session,
            listener_id=web.id_of(visitor),
            sound_id=a_sound(session).id,
            network="vae",
            strength=0.5,
            seconds=SECONDS,
            seed=1,
        )
    with web.rows() as session:
        claim = claims.claim(session, job.id, "worker-1", task=TaskName.VARY_SOUND)
    assert claim is not None
    return Making(web, claim)


def test_what_is_heard_while_it_is_made_is_the_wav_that_is_kept(
    making: Making, visitor: httpx.Client, tmp_path: Path
) -> None:
    making.let_hear(0)
    with visitor.stream("GET", making.address, headers={"Range": "bytes=0-"}) as answer:
        assert answer.status_code == 206
        assert answer.headers["content-type"] == "audio/wav"
        assert int(answer.headers["content-length"]) == parts.n_bytes(SECONDS)
        heard = bytearray()
        for piece in answer.iter_raw():
            heard += piece
            if len(heard) == parts.HEADER_BYTES + parts.PART_BYTES:
                # Nothing more is there yet, and the answer has not ended.
                making.let_hear(1)
                making.let_hear(2)
                making.keep(tmp_path)
    with making.web.rows() as session:
        sound = session.get_one(Job, making.claim.job_id).sound_id
    moved = visitor.get(making.address)
    assert (moved.status_code, moved.headers["location"]) == (307, f"/api/v1/sounds/{sound}/audio?format=wav")
    kept = visitor.get(moved.headers["location"])
    assert bytes(heard) == kept.content


def test_whoever_paused_until_the_parts_were_gone_hears_the_kept_sound_go_on(
    making: Making, visitor: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making.let_hear(0)
    monkeypatch.setattr(parts, "LIFE_S", 0.0)
    with visitor.stream("GET", making.address) as answer:
        pieces = answer.iter_raw()
        heard = bytearray(next(pieces))
        making.keep(tmp_path)
        with making.web.rows() as session:
            assert parts.sweep(session, making.web.storage)
        for piece in pieces:
            heard += piece
    assert heard[parts.HEADER_BYTES :] == SAMPLES.tobytes()


def test_a_range_of_what_is_there_is_given_at_once(making: Making, visitor: httpx.Client) -> None:
    for ordinal in range(2):
        making.let_hear(ordinal)
    first, last = parts.PART_BYTES - 10, parts.PART_BYTES + 99
    answer = visitor.get(making.address, headers={"Range": f"bytes={44 + first}-{44 + last}"})
    assert answer.status_code == 206
    assert answer.content == SAMPLES.tobytes()[first : last + 1]
    assert visitor.head(making.address).headers["content-length"] == str(parts.n_bytes(SECONDS))


def test_a_job_that_ends_without_a_sound_breaks_off_and_has_nothing_to_hear(
    making: Making, visitor: httpx.Client
) -> None:
    making.let_hear(0)
    with visitor.stream("GET", making.address) as answer:
        pieces = answer.iter_raw()
        next(pieces)
        with making.web.rows() as session:
            claims.fail(session, making.claim, {"type": "/problems/internal"})
        with pytest.raises(httpx.RemoteProtocolError):
            list(pieces)
    refused = visitor.get(making.address)
    assert (refused.status_code, slug_of(refused)) == (404, "job-has-no-audio")


def test_nobody_else_hears_it_and_other_jobs_have_nothing_to_hear(
    making: Making, visitor: httpx.Client, web: Web
) -> None:
    making.let_hear(0)
    stranger = web.visitor().get(making.address)
    assert (stranger.status_code, slug_of(stranger)) == (404, "no-such-job")
    with web.rows() as session:
        session.get_one(Job, making.claim.job_id).task = TaskName.LABEL_SOURCE
    assert slug_of(visitor.get(making.address)) == "job-has-no-audio"


def test_many_may_wait_for_a_sound_while_others_are_served(making: Making, visitor: httpx.Client) -> None:
    """More than the threads that serve: forty in Starlette."""
    address = f"{making.web.address}{making.address}"
    opened = threading.Barrier(46, timeout=20)
    lengths: list[int] = []

    def wait_for_it() -> None:
        with httpx.stream("GET", address, cookies=visitor.cookies, timeout=60) as answer:
            opened.wait()
            lengths.append(sum(len(piece) for piece in answer.iter_raw()))

    threads = [threading.Thread(target=wait_for_it) for _ in range(45)]
    for thread in threads:
        thread.start()
    opened.wait()
    assert visitor.get("/api/v1/triggers").status_code == 200
    for ordinal in range(3):
        making.let_hear(ordinal)
    for thread in threads:
        thread.join(60)
    assert lengths == [parts.n_bytes(SECONDS)] * 45
