"""The vocoder's stretches, silence and levels, with weights by chance: what is promised of any."""

import numpy as np
import pytest

from models.audio import FloatArray
from models.audio.mel import MEL, log_mel
from models.inference.vocode import Vocoder, audio_in_parts, renderers
from models.networks.vocoder import MARGIN_SAMPLES, VOCODER, build_vocoder
from tests.models.inference.sounds import strokes

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def network():
    built = build_vocoder()
    dice = np.random.default_rng(0)
    for name in ("lift", "turn"):
        kernel = built.get_layer(name).kernel
        kernel.assign(dice.normal(0.0, 0.05, kernel.shape))
    return built


@pytest.fixture(scope="module")
def vocoder(network) -> Vocoder:
    return Vocoder(network, "by chance")


def _audio(vocoder: Vocoder, *parts: FloatArray, seed: int = 1) -> FloatArray:
    return np.concatenate(list(vocoder.render_parts(parts, seed=seed)))


def test_a_picture_in_parts_is_mended_as_the_whole_at_once(vocoder, network) -> None:
    from models.audio.render import sketch_parts

    mel = log_mel(np.asarray(strokes(4.0)))
    parts = [mel[:3], mel[3:300], mel[300:]]
    mended = np.concatenate(list(vocoder._mended(parts, 1)))
    sketch = np.pad(np.concatenate(list(sketch_parts([mel], seed=1))), MARGIN_SAMPLES)
    at_once = np.asarray(network({"mel": mel[None], "sketch": sketch[None]}))[0]
    np.testing.assert_allclose(mended, at_once, atol=1e-5)
    stretched = _audio(vocoder, *parts)
    assert stretched.shape == ((len(mel) - 1) * MEL.hop_samples,)
    np.testing.assert_array_equal(stretched, _audio(vocoder, mel))


def test_the_last_rounds_bring_what_is_mended_nearer_to_the_picture(vocoder) -> None:
    mel = log_mel(np.asarray(strokes(1.0)))
    mended = np.concatenate(list(vocoder._mended([mel], 1)))
    errors_db = [np.abs(log_mel(each) - mel).mean() for each in (mended, _audio(vocoder, mel))]
    assert errors_db[1] < 0.7 * errors_db[0]


def test_silence_is_vocoded_as_silence(vocoder) -> None:
    assert not _audio(vocoder, np.full((300, MEL.n_mels), MEL.floor_db, np.float32)).any()


def test_gain_in_picture_and_sketch_is_gain_in_the_sound(network) -> None:
    mel = np.maximum(log_mel(np.asarray(strokes(1.0))), -60.0)[None, :60]
    sketch = np.random.default_rng(0).normal(0.0, 0.01, (1, 61 * MEL.hop_samples)).astype(np.float32)
    quiet = np.asarray(network({"mel": mel, "sketch": sketch}))
    loud = np.asarray(network({"mel": mel + 20.0, "sketch": 10.0 * sketch}))
    np.testing.assert_allclose(loud, 10.0 * quiet, atol=1e-4 * np.abs(loud).max())


def test_an_untrained_vocoder_gives_the_sketch_back() -> None:
    mel = log_mel(np.asarray(strokes(1.0)))[:60]
    sketch = np.random.default_rng(0).normal(0.0, 0.1, (61 * MEL.hop_samples,)).astype(np.float32)
    given = np.asarray(build_vocoder()({"mel": mel[None], "sketch": sketch[None]}))[0]
    np.testing.assert_allclose(given, sketch[MARGIN_SAMPLES:-MARGIN_SAMPLES], atol=1e-6)


def test_the_promoted_vocoder_is_a_renderer_that_is_near_to_its_picture() -> None:
    assert VOCODER in renderers()
    audio = np.asarray(strokes(1.5))
    mel = log_mel(audio)
    rendered = np.concatenate(list(audio_in_parts([mel], renderer=VOCODER, seed=3)))
    assert len(rendered) == (len(mel) - 1) * MEL.hop_samples
    assert np.abs(log_mel(rendered) - mel)[mel > mel.max() - 50.0].mean() < 1.5
