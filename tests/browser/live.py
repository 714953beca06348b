"""The whole platform for the browser: web, worker, services, and a small catalogue that can be heard."""

from __future__ import annotations

import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy.orm import Session

from backend.settings import Settings
from backend.storage import Storage
from backend.tables import JobState, SourceKind
from models.audio import FloatArray, encode, loudness, mel, picture, waveform
from models.audio.foley import PERFORMANCES, perform
from tests.rows import a_job, a_sound, a_source
from tests.visits import Web
from tests.waiting import eventually

ROOT = Path(__file__).parents[2]
SAMPLE_RATE_HZ = 44_100
SECONDS = 6.0
HOSTILE_TITLE = "<script>window.broken = 1</script><img src=x onerror='window.broken = 1'>"
# One more than a page of cards, so that there is a second page.
N_MUTE = 24


@dataclass
class Live:
    """What the journeys go through.

    Attributes:
        url: Address of the web, without a trailing slash.
        clip: A recording to upload.
        sound_ids: Sounds that can be heard; the newest, and so the first on the page, is the last of them.
    """

    url: str
    clip: Path
    sound_ids: list[UUID]


@contextmanager
def worker(settings: Settings, log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker on both queues the way operators do; give it once it takes jobs."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEEPASMR_")}
    if "DEEPASMR_WEIGHTS_DIR" in os.environ:
        environment["DEEPASMR_WEIGHTS_DIR"] = os.environ["DEEPASMR_WEIGHTS_DIR"]
    environment |= {
        "DEEPASMR_DATABASE_URL": settings.database_url,
        "DEEPASMR_REDIS_URL": settings.redis_url,
        "DEEPASMR_DATA_DIR": str(settings.data_dir),
        "TF_CPP_MIN_LOG_LEVEL": "2",
    }
    words = [sys.executable, "-m", "celery", "-A", "worker.app", "worker", "-Q", "ingest,sound,map"]
    words += ["--pool", "threads", "--concurrency", "1"]
    with log.open("wb") as said:
        process = subprocess.Popen(words, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)

    def is_ready() -> bool:
        assert process.poll() is None, log.read_text(errors="replace")
        return "ready for" in log.read_text(errors="replace")

    try:
        eventually(is_ready, 120)
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)


def fill(web: Web, folder: Path) -> list[UUID]:
    """Put sounds into the catalogue: many without bytes, then three that can be heard, one with a hostile title."""
    with web.rows() as session:
        old = a_source(session, title="Evening taps")
        for _ in range(N_MUTE):
            a_sound(session, source_id=old.id, trigger_slug="brushing")
        heard = []
        for place, performance in enumerate(PERFORMANCES[:3]):
            audio = played(place)[: int(SECONDS * SAMPLE_RATE_HZ)]
            title = HOSTILE_TITLE if place == 0 else performance.title
            heard.append(put_sound(session, web.storage, folder, audio, title, performance.trigger))
        return heard


@cache
def played(place: int) -> FloatArray:
    """One of our performances, played once for all files of tests. [n_samples, 2]."""
    return perform(PERFORMANCES[place])


def clip(folder: Path) -> Path:
    """Make a recording to upload: half a minute with two things going on in it."""
    path = folder / "two things.wav"
    audio = np.concatenate([played(0), played(1)])
    encode.write(path, audio[: 30 * SAMPLE_RATE_HZ], sample_rate_hz=SAMPLE_RATE_HZ)
    return path


def put_sound(session: Session, storage: Storage, folder: Path, audio: Any, title: str, trigger: str) -> UUID:
    """Put one sound that can be heard into the catalogue, with all that a page shows of it."""
    path = folder / "sound.flac"
    encode.write(path, audio, sample_rate_hz=SAMPLE_RATE_HZ)
    seconds = len(audio) / SAMPLE_RATE_HZ
    source = a_source(session, kind=SourceKind.UPLOAD, title=title, is_synthetic=True, duration_s=seconds)
    a_job(session, source_id=source.id, state=JobState.DONE)
    level = loudness.measure(audio, SAMPLE_RATE_HZ)
    return a_sound(
        session,
        source_id=source.id,
        end_s=seconds,
        duration_s=seconds,
        trigger_slug=trigger,
        probabilities={trigger: 0.8, "paper": 0.2},
        play_gain_db=loudness.play_gain_db(level),
        audio_key=storage.put_file(path),
        mel_key=storage.put_bytes(picture.mel_png(mel.log_mel(audio.mean(axis=1).astype(np.float32)))),
        peaks=[float(peak) for peak in waveform.peaks(audio)],
        near=zlib.crc32(trigger.encode()),
    ).id
