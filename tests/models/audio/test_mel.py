import subprocess
import sys

import librosa
import numpy as np
import pytest

from models.audio.mel import MEL, MelStream, log_mel, mel_bands
from models.errors import NotFinite
from tests.models.audio.signals import RATE_HZ, noise, sine, taps


def librosa_log_mel(audio: np.ndarray) -> np.ndarray:
    power = librosa.feature.melspectrogram(
        y=audio, sr=44100, n_fft=2048, hop_length=441, n_mels=128, power=2.0, center=True, pad_mode="constant"
    )
    return librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None).T


@pytest.mark.filterwarnings("ignore:n_fft=2048 is too large")
@pytest.mark.parametrize("n_samples", [1, 440, 441, 2047, 2048, 44100, 100_001])
def test_picture_equals_librosas_for_any_length(n_samples: int) -> None:
    audio = noise(3.0)[:n_samples, 0]
    assert log_mel(audio).shape == (1 + n_samples // 441, 128)
    np.testing.assert_allclose(log_mel(audio), librosa_log_mel(audio), atol=1e-3)


def test_picture_equals_librosas_where_quiet_bands_lie_beside_loud_ones() -> None:
    audio = np.concatenate([sine(1000.0, 1.0, level=1.0), np.zeros((9000, 1), np.float32), taps(1.0)])[:, 0]
    audio = audio + noise(10.0, level=1e-6)[: len(audio), 0]
    np.testing.assert_allclose(log_mel(audio), librosa_log_mel(audio), atol=1e-3)


def test_a_tone_peaks_in_the_band_that_covers_its_frequency() -> None:
    centre_hz = librosa.mel_frequencies(n_mels=130, fmin=0.0, fmax=22050.0)[1:-1]
    for frequency_hz in (220.0, 1000.0, 6000.0):
        middle = log_mel(sine(frequency_hz, 1.0)[:, 0])[50]
        assert abs(int(middle.argmax()) - int(np.abs(centre_hz - frequency_hz).argmin())) <= 1


def test_level_is_absolute() -> None:
    loud, quiet = log_mel(noise(1.0, level=0.1)[:, 0]), log_mel(noise(1.0, level=0.001)[:, 0])
    np.testing.assert_allclose(loud - quiet, 40.0, atol=0.01)


def test_silence_lies_on_the_floor() -> None:
    np.testing.assert_allclose(log_mel(np.zeros(RATE_HZ, np.float32)), MEL.floor_db, atol=1e-4)


@pytest.mark.parametrize("block_samples", [1, 333, 441, 5000, 70_000])
def test_streamed_frames_joined_are_the_whole_picture(block_samples: int) -> None:
    audio = noise(0.2 if block_samples == 1 else 2.0)[:, 0]
    stream = MelStream()
    parts = [stream.push(audio[first : first + block_samples]) for first in range(0, len(audio), block_samples)]
    joined = np.concatenate([*parts, stream.finish()])
    np.testing.assert_allclose(joined, log_mel(audio), atol=1e-4)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_refused(bad: float) -> None:
    audio = noise(0.5)[:, 0]
    audio[1000] = bad
    with pytest.raises(NotFinite) as refusal:
        log_mel(audio)
    assert refusal.value.extensions["n_bad"] == 1


def test_shared_bands_cannot_be_changed_by_a_caller() -> None:
    with pytest.raises(ValueError, match="read-only"):
        mel_bands()[0, 0] = 1.0


def test_hearing_brings_no_just_in_time_compiler_with_it() -> None:
    asked = (
        "import sys, models.audio.mel, models.audio.decode, models.audio.segmentation; models.audio.mel.mel_bands(); "
    )
    told = subprocess.run(
        [sys.executable, "-c", asked + "print(*{'librosa', 'numba'} & set(sys.modules))"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert told.stdout.split() == []
