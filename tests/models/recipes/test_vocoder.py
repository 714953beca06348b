"""How the vocoder is taught, in miniature, and by what renderings are measured."""

import keras
import numpy as np
import pytest

from models.networks.vocoder import VocoderShape, build_vocoder
from models.recipes.corpus import INT16_FULL_SCALE, Corpus
from models.recipes.recipe import VocoderRecipe, read_recipe
from models.recipes.sketches import open_sketches
from models.recipes.training import FadingRate
from models.recipes.vocoder import CropDraw, VocoderTrainee
from models.recipes.vocoder_scores import held_out_clips, mean_scores, score_rendering

pytestmark = pytest.mark.tf
RECIPE = VocoderRecipe(network="vocoder", n_epochs=1, batch_size=2, learning_rate=1e-3, crop_frames=24)


def untaught() -> keras.Model:
    """A small vocoder that gives sketches back as they are."""
    keras.utils.set_random_seed(0)
    return build_vocoder(VocoderShape(width=16, n_blocks=1))


def test_a_crop_of_the_sketch_lies_where_the_crop_of_the_recording_lies(corpus: Corpus) -> None:
    perfect = (corpus.samples / np.float32(INT16_FULL_SCALE)).astype(np.float32)
    shown, audio = CropDraw(RECIPE, corpus, corpus.windows, perfect).draw(6, np.random.default_rng(0))
    assert shown["mel"].shape == (6, 24, 128)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(untaught()(shown)), audio, atol=1e-4)


def test_sketches_are_made_once_and_are_as_long_as_the_recordings(corpus: Corpus) -> None:
    sketches = open_sketches(corpus, tell=[].append)
    assert sketches.shape == corpus.samples.shape
    told: list[str] = []
    np.testing.assert_array_equal(open_sketches(corpus, tell=told.append), sketches)
    assert not told


def test_the_vocoder_learns_to_mend_in_a_few_steps(corpus: Corpus) -> None:
    draw = CropDraw(RECIPE, corpus, corpus.windows, open_sketches(corpus, tell=[].append))
    trainee = VocoderTrainee(untaught(), RECIPE)
    trainee.compile(optimizer=keras.optimizers.Adam(1e-3), run_eagerly=True)
    shown, audio = draw.draw(2, np.random.default_rng(1))
    losses = []
    for _ in range(16):
        trainee.reset_metrics()
        losses.append(float(trainee.train_on_batch(shown, audio, return_dict=True)["loss"]))
    assert losses[-1] < 0.97 * losses[0]


def test_the_recipe_is_read_and_its_rate_rises_and_fades() -> None:
    recipe = read_recipe("vocoder")
    assert isinstance(recipe, VocoderRecipe)
    rate = FadingRate(recipe.learning_rate, 100)
    assert float(rate(0)) < 0.02 * recipe.learning_rate
    assert float(rate(99)) == pytest.approx(recipe.learning_rate)
    assert float(rate(399)) == pytest.approx(recipe.learning_rate / 2.0)


def test_a_recording_is_nearest_to_itself_and_its_noise_drawn_anew_is_further_away(corpus: Corpus) -> None:
    clips = held_out_clips(corpus, 0, n_per_label=1, seconds=2.0)
    assert [clip.label for clip in clips] == ["brushing", "nail_tapping"]
    itself = mean_scores([score_rendering(clip.audio, clip.audio) for clip in clips])
    assert (itself["mel_db"], itself["fine_db"], itself["fine_correlation"]) == (0.0, 0.0, 1.0)
    assert itself["grain"] == pytest.approx(1.0)
    dice = np.random.default_rng(0)
    noise = [np.float32(clip.audio.std()) * dice.standard_normal(len(clip.audio), np.float32) for clip in clips]
    other = mean_scores([score_rendering(clip.audio, audio) for clip, audio in zip(clips, noise, strict=True)])
    assert other["fine_db"] > 3.0
    assert other["fine_correlation"] < 0.3


def test_a_silent_rendering_of_a_gap_is_quieter_than_the_gap() -> None:
    recorded = np.random.default_rng(0).normal(0.0, 0.1, 44100).astype(np.float32)
    recorded[22050:] *= 0.01
    rendered = recorded.copy()
    rendered[22050:] *= 0.1
    assert score_rendering(recorded, rendered).gap_db == pytest.approx(-20.0, abs=3.0)
