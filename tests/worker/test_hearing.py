"""What is kept of a recording: times and levels are the recording's own, however long it is."""

import gc
import io
import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models.audio.decode import DecodeLimits, stream
from models.audio.segmentation import Segment
from models.errors import ClipTooShort, NotAudio
from models.inference.classify import Classifier
from tests.worker.media import SAMPLE_RATE_HZ, foley
from worker import hearing, loaded
from worker.fates import Refuse, fate_of

pytestmark = pytest.mark.tf
LIMITS = DecodeLimits(max_seconds=600, max_bytes=10**8)


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return loaded.classifier()


def heard(path: Path, classifier: Classifier) -> hearing.Recording:
    return hearing.hear(
        stream(path, limits=LIMITS),
        classifier,
        on_block=lambda seconds: None,
        on_heard=lambda probabilities, seconds: None,
    )


def test_levels_are_rms_in_decibels_of_full_scale(tmp_path: Path, classifier: Classifier) -> None:
    times_s = np.arange(10 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    sine = np.sqrt(2.0) * np.sin(2 * np.pi * 440.0 * times_s)
    amplitude = np.where(times_s < 5.0, 10 ** (-20 / 20), 10 ** (-60 / 20))
    soundfile.write(tmp_path / "sine.wav", sine * amplitude, SAMPLE_RATE_HZ, subtype="FLOAT")
    recording = heard(tmp_path / "sine.wav", classifier)
    assert recording.duration_s == pytest.approx(10.0)
    assert len(recording.levels_db) == len(recording.probabilities) == 19
    np.testing.assert_allclose(recording.levels_db[:8], -20.0, atol=0.1)
    np.testing.assert_allclose(recording.levels_db[10:], -60.0, atol=0.1)


@pytest.mark.parametrize("seconds", [0.1, 0.4, 0.9, 1.0, 1.3, 2.5])
def test_a_short_clip_has_a_level_for_every_window(tmp_path: Path, classifier: Classifier, seconds: float) -> None:
    samples = np.full((int(seconds * SAMPLE_RATE_HZ), 2), 0.1, dtype=np.float32)
    soundfile.write(tmp_path / "short.wav", samples, SAMPLE_RATE_HZ, subtype="FLOAT")
    recording = heard(tmp_path / "short.wav", classifier)
    assert len(recording.levels_db) == len(recording.probabilities) == len(recording.embeddings)
    np.testing.assert_allclose(recording.levels_db, -20.0, atol=0.1)


def test_less_than_a_tenth_of_a_second_is_refused_with_a_slug_of_its_own(
    tmp_path: Path, classifier: Classifier
) -> None:
    soundfile.write(tmp_path / "blip.wav", np.full((2205, 2), 0.1, dtype=np.float32), SAMPLE_RATE_HZ, subtype="FLOAT")
    with pytest.raises(ClipTooShort) as refused:
        heard(tmp_path / "blip.wav", classifier)
    fate = fate_of(refused.value, n_retries=0)
    assert isinstance(fate, Refuse)
    assert fate.problem["type"] == "/problems/clip-too-short"


def test_giving_up_while_listening_leaves_no_decoding_thread(tmp_path: Path, classifier: Classifier) -> None:
    soundfile.write(tmp_path / "long.wav", np.full((60 * SAMPLE_RATE_HZ, 2), 0.1, dtype=np.float32), SAMPLE_RATE_HZ)

    def give_up(seconds: float) -> None:
        raise NotAudio("The listener has left.")

    with pytest.raises(NotAudio, match="left"):
        hearing.hear(
            stream(tmp_path / "long.wav", limits=LIMITS),
            classifier,
            on_block=give_up,
            on_heard=lambda probabilities, s: None,
        )
    gc.collect()
    assert [thread for thread in threading.enumerate() if thread.name == "decoding ahead"] == []


def test_a_recording_of_hiss_far_below_hearing_holds_no_sounds(tmp_path: Path, classifier: Classifier) -> None:
    hiss = 10 ** (-90 / 20) * np.random.default_rng(0).standard_normal(5 * SAMPLE_RATE_HZ)
    soundfile.write(tmp_path / "hiss.wav", hiss, SAMPLE_RATE_HZ, subtype="FLOAT")
    assert hearing.sounds_in(heard(tmp_path / "hiss.wav", classifier)) == []


def test_what_is_kept_with_the_source_can_be_read_back(tmp_path: Path, classifier: Classifier) -> None:
    soundfile.write(tmp_path / "bowl.flac", foley("singing-bowl", 4), SAMPLE_RATE_HZ)
    recording = heard(tmp_path / "bowl.flac", classifier)
    packed = np.load(io.BytesIO(hearing.compact(recording)))
    np.testing.assert_allclose(packed["probabilities"], recording.probabilities, atol=1e-3)
    assert tuple(packed["labels"]) == classifier.labels


def test_a_sounds_embedding_has_length_one_and_its_probabilities_add_up(tmp_path: Path, classifier: Classifier) -> None:
    soundfile.write(tmp_path / "bowl.flac", foley("singing-bowl", 4), SAMPLE_RATE_HZ)
    recording = heard(tmp_path / "bowl.flac", classifier)
    whole = Segment(0.0, 4.0, "singing_bowl_chimes", 0.9, 0, 6)
    assert np.linalg.norm(hearing.embedding_within(recording, whole)) == pytest.approx(1.0, abs=1e-5)
    assert sum(hearing.probabilities_within(recording, whole).values()) == pytest.approx(1.0, abs=1e-3)
