import numpy as np
import pytest

from models.audio.loudness import measure
from models.audio.meter import LoudnessMeter
from models.audio.picture import PictureStream, mel_png
from models.audio.waveform import PeakStream, peaks
from tests.models.audio.signals import RATE_HZ, noise


@pytest.mark.parametrize("n_channels", [1, 2])
def test_what_streams_by_measures_as_the_whole_does(n_channels: int) -> None:
    swell = np.abs(np.sin(np.arange(7 * RATE_HZ + 1234) / RATE_HZ))[:, None].astype(np.float32) ** 3
    audio = (np.resize(noise(1.0), (len(swell), n_channels)) * swell).astype(np.float32)
    meter, outline = LoudnessMeter(RATE_HZ, n_channels), PeakStream(len(audio))
    for first in range(0, len(audio), 30_011):
        meter.push(audio[first : first + 30_011])
        outline.push(audio[first : first + 30_011])
    heard, whole = meter.finish(), measure(audio, RATE_HZ)
    assert heard.integrated_lufs == pytest.approx(whole.integrated_lufs, abs=0.01)
    assert heard.true_peak_dbtp == pytest.approx(whole.true_peak_dbtp, abs=0.01)
    assert outline.finish() == peaks(audio)


def test_a_picture_that_grows_is_the_picture_of_the_whole() -> None:
    mel = np.random.default_rng(0).uniform(-90.0, -10.0, (1500, 128)).astype(np.float32)
    stream = PictureStream(len(mel))
    for first in range(0, len(mel), 333):
        stream.push(mel[first : first + 333])
    assert stream.finish() == mel_png(mel)
