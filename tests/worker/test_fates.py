import errno

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from backend.catalogue.errors import CatalogueError, NoSuchSound, StorageFull, StorageUnavailable, VideoTooLong
from models.errors import ClipTooLong, SoundError
from worker.decoder.apart import DecoderKilled
from worker.fates import FIRST_PAUSE_S, LONGEST_PAUSE_S, Bug, Refuse, Retry, fate_of
from worker.video.facts import SiteBusy


@pytest.mark.parametrize(
    "error",
    [
        SiteBusy("HTTP Error 429"),
        DecoderKilled(),
        StorageUnavailable(),
        OperationalError("SELECT 1", {}, ConnectionError("secret@host")),
        PoolTimeout("QueuePool limit reached"),
    ],
)
def test_passing_trouble_is_tried_again(error: Exception) -> None:
    fate = fate_of(error, 0)
    assert isinstance(fate, Retry)
    assert fate.problem["title"]
    assert "secret" not in str(fate.problem)


def test_pauses_grow_and_stay_bounded() -> None:
    pauses_s = [fate.pause_s for n in range(12) if isinstance(fate := fate_of(SiteBusy("503"), n), Retry)]
    assert pauses_s[0] < 2 * FIRST_PAUSE_S
    assert pauses_s[2] > pauses_s[0]
    assert max(pauses_s) <= 1.3 * LONGEST_PAUSE_S


@pytest.mark.parametrize("error", [NoSuchSound(), VideoTooLong("10 hours", seconds=36000), StorageFull()])
def test_what_the_catalogue_refuses_is_told_in_its_words(error: CatalogueError) -> None:
    assert fate_of(error, 0) == Refuse(error.problem())


def test_what_sound_refuses_becomes_a_problem_with_its_numbers() -> None:
    error: SoundError = ClipTooLong("The recording lasts 9 s; 5 s are allowed.", duration_s=9.0, max_seconds=5.0)
    assert fate_of(error, 0) == Refuse(
        {
            "type": "/problems/clip-too-long",
            "title": "Recording too long",
            "detail": "The recording lasts 9 s; 5 s are allowed.",
            "duration_s": 9.0,
            "max_seconds": 5.0,
        }
    )


def test_a_full_disk_is_refused_and_not_called_a_bug() -> None:
    assert fate_of(OSError(errno.ENOSPC, "No space left on device"), 0) == Refuse(StorageFull().problem())


def test_a_bug_shows_an_incident_and_nothing_of_the_fault() -> None:
    fate = fate_of(KeyError("password=hunter2"), 0)
    assert isinstance(fate, Bug)
    assert fate.problem["incident"] == fate.incident
    assert "hunter2" not in str(fate.problem)
