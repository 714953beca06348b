"""Training of the vocoder: sketches of real recordings, mended until they sound as the recordings do."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from keras import ops

from models.audio import FloatArray
from models.audio.mel import MEL, MelSettings, log_mel, mel_bands
from models.audio.render import sketch_parts
from models.networks.vocoder import MARGIN_SAMPLES, build_vocoder
from models.recipes.corpus import Corpus, Windows
from models.recipes.recipe import VocoderRecipe
from models.recipes.sampling import row_shares
from models.recipes.sketches import open_sketches
from models.recipes.training import Batch, FadingRate, Loop, train
from models.recipes.vocoder_scores import held_out_clips, mean_scores, score_rendering

FLOOR_POWER = 1e-8
"""What the measures of `vocoder_scores` call silence."""
LEAST_POWER = 10.0
"""Summed over the bins of a crop: a hundredth of what the quietest crops have. Against less, nothing converges."""
MOST_LIFT_DB = 40.0
"""A crop of silence is not lifted to what it is not."""
DB = 4.342944819032518
"""dB of power per neper."""


@dataclass(frozen=True)
class View:
    """One resolution at which the loss listens."""

    n_fft: int
    hop_samples: int
    n_bands: int
    weight: float


VIEWS = (View(256, 64, 16, 0.5), View(512, 128, 32, 1.0), View(1024, 256, 64, 0.5), View(2048, 441, 128, 1.0))


class VocoderTrainee(keras.Model):
    """Adds the loss to the vocoder."""

    def __init__(self, network: keras.Model, recipe: VocoderRecipe) -> None:
        """Wrap.

        Args:
            network: The vocoder.
            recipe: Weights of the losses.
        """
        super().__init__(name="trainee")
        self.network = network
        self.bin_weight = recipe.bin_weight
        self.convergence_weight = recipe.convergence_weight
        self.band_metrics = [keras.metrics.Mean(name=f"bands_{view.n_fft}_db") for view in VIEWS]
        self.bin_metric = keras.metrics.Mean(name="bins_db")
        self.convergence_metric = keras.metrics.Mean(name="convergence")

    def call(self, shown: Any, training: bool | None = None) -> Any:
        """Mend. -> [batch, n_samples]."""
        return self.network(shown, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Levels of bands and bins at several resolutions, and spectral convergence.

        Bands are heard more than bins: what a single bin of a noise does is chance, and to foretell the middle of it
        would make the noise dull.
        """
        del x, sample_weight, training
        loss = 0.0
        for view, metric in zip(VIEWS, self.band_metrics, strict=True):
            wanted, mended = power_spectra(y, view), power_spectra(y_pred, view)
            bands = mel_bands(MelSettings(n_fft=view.n_fft, n_mels=view.n_bands)).T
            of_bands = ops.mean(ops.abs(_level_db(ops.matmul(mended, bands)) - _level_db(ops.matmul(wanted, bands))))
            of_bins = ops.mean(ops.abs(_level_db(mended, 1e-5) - _level_db(wanted, 1e-5)))
            missing = ops.sum(ops.square(ops.sqrt(mended + 1e-9) - ops.sqrt(wanted + 1e-9)), axis=(1, 2))
            convergence = ops.mean(ops.sqrt(missing / (ops.sum(wanted, axis=(1, 2)) + LEAST_POWER) + 1e-9))
            metric.update_state(of_bands)
            self.bin_metric.update_state(of_bins)
            self.convergence_metric.update_state(convergence)
            loss += view.weight * (of_bands + self.bin_weight * of_bins + 10.0 * self.convergence_weight * convergence)
        return loss


def power_spectra(audio: Any, view: View) -> Any:
    """Power of Hann frames that lie wholly inside the samples. [batch, n_samples] -> [batch, n_frames, n_bins]."""
    window = np.hanning(view.n_fft + 1)[:-1].astype(np.float32)
    frames = ops.extract_sequences(audio, view.n_fft, view.hop_samples)
    real, imaginary = ops.rfft(frames * window)
    return ops.square(real) + ops.square(imaginary)


def _level_db(power: Any, floor_power: float = FLOOR_POWER) -> Any:
    return DB * ops.log(ops.maximum(power, floor_power))


class CropDraw:
    """Draws crops of recordings with their sketches, at random levels."""

    def __init__(self, recipe: VocoderRecipe, corpus: Corpus, windows: Windows, sketches: npt.NDArray[np.float32]):
        """Look up what drawing needs.

        Args:
            recipe: Length and levels of crops.
            corpus: The recordings.
            windows: Those to learn from.
            sketches: Of all recordings. [n_samples]
        """
        self._recipe, self._corpus, self._windows, self._sketches = recipe, corpus, windows, sketches
        self._cumulative = np.cumsum(row_shares(windows))

    def draw(self, n: int, rng: np.random.Generator) -> tuple[dict[str, FloatArray], FloatArray]:
        """Draw crops.

        Args:
            n: How many.
            rng: Where they come from.

        Returns:
            What the vocoder is shown, and the recordings' samples [n, (crop_frames - 1) * 441].
        """
        rows = np.searchsorted(self._cumulative, rng.random(n) * self._cumulative[-1])
        drawn = self._windows.where(np.minimum(rows, len(self._windows) - 1))
        crops = [self._crop(int(drawn.recording[row]), int(drawn.start_frame[row]), rng) for row in range(n)]
        mel, sketch, audio = (np.stack(kind) for kind in zip(*crops, strict=True))
        return {"mel": mel, "sketch": sketch}, audio

    def _crop(
        self, recording: int, window_start: int, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        n_frames = self._recipe.crop_frames
        recorded_frames = int(np.diff(self._corpus.frame_offset)[recording])
        start = int(np.clip(window_start + rng.integers(-25, 26), 0, recorded_frames - n_frames))
        first = start * MEL.hop_samples
        audio = self._corpus.audio_of(recording, first, (n_frames - 1) * MEL.hop_samples)
        offset = int(self._corpus.sample_offset[recording])
        n_recorded = int(self._corpus.sample_offset[recording + 1]) - offset
        sketch = np.zeros((n_frames + 1) * MEL.hop_samples, dtype=np.float32)
        begin, end = first - MARGIN_SAMPLES, first - MARGIN_SAMPLES + len(sketch)
        found = self._sketches[offset + max(0, begin) : offset + min(end, n_recorded)]
        sketch[max(0, -begin) : max(0, -begin) + len(found)] = found
        frames = self._corpus.frames[self._corpus.frame_offset[recording] + start :][:n_frames].astype(np.float32)
        level_dbfs = 10.0 * np.log10(np.mean(np.square(audio)) + 1e-9)
        wanted_dbfs = rng.uniform(self._recipe.quietest_dbfs, self._recipe.loudest_dbfs)
        lift_db = min(wanted_dbfs - level_dbfs, MOST_LIFT_DB)
        gain = np.float32(10.0 ** (lift_db / 20.0))
        # What lay on the floor stays there: there is nothing in the sketch that could be lifted.
        mel = np.where(frames <= MEL.floor_db, MEL.floor_db, np.maximum(frames + lift_db, MEL.floor_db))
        return mel.astype(np.float32), sketch * gain, audio * gain


def sketched(audio: FloatArray, *, seed: int = 0) -> FloatArray:
    """Sketch a sound from its picture, with the margins that the vocoder wants. [n] -> [n + 882] or less."""
    return np.pad(np.concatenate(list(sketch_parts([log_mel(audio)], seed=seed))), MARGIN_SAMPLES)


def mend(network: keras.Model, mel: FloatArray, sketch: FloatArray) -> FloatArray:
    """Mend one sketch at once. [n_frames, 128], [(n_frames + 1) * 441] -> [(n_frames - 1) * 441]."""
    audio: FloatArray = ops.convert_to_numpy(network({"mel": mel[None], "sketch": sketch[None]}, training=False))[0]
    return audio


def train_vocoder(
    recipe: VocoderRecipe,
    corpus: Corpus,
    windows: Windows,
    *,
    out: Path,
    seed: int,
    resume: bool = False,
    listening_fold: int | None = None,
    tell: Callable[[str], None] = print,
) -> keras.Model:
    """Train the vocoder.

    Args:
        recipe: How.
        corpus: The recordings.
        windows: Those to learn from.
        out: Folder of the run.
        seed: Of weights and draws.
        resume: Go on from the run's checkpoint.
        listening_fold: A fold that is not learnt from, on which to measure after each epoch.
        tell: Where progress goes.

    Returns:
        The network with the moving average of its weights.
    """
    keras.utils.set_random_seed(seed)
    sketches = open_sketches(corpus, tell=tell)
    network = build_vocoder()
    trainee = VocoderTrainee(network, recipe)
    draw = CropDraw(recipe, corpus, windows, sketches)
    trainee(draw.draw(1, np.random.default_rng(seed))[0])
    trainee.compile(
        optimizer=keras.optimizers.Adam(
            FadingRate(recipe.learning_rate, recipe.n_rising_steps),
            beta_1=0.8,
            beta_2=0.99,
            global_clipnorm=1.0,
            use_ema=True,
            ema_momentum=recipe.averaging,
        )
    )

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([seed, epoch])
        for _ in range(recipe.n_draws_per_epoch // recipe.batch_size):
            yield draw.draw(recipe.batch_size, rng)

    clips = [] if listening_fold is None else held_out_clips(corpus, listening_fold, n_per_label=1, seconds=2.0)
    shown = [(log_mel(clip.audio), sketched(clip.audio)) for clip in clips]

    def after_epoch(_: int) -> dict[str, float]:
        if not clips:
            return {}
        trained = [ops.convert_to_numpy(variable) for variable in trainee.trainable_variables]
        trainee.optimizer.finalize_variable_values(trainee.trainable_variables)
        mended = [mend(network, mel, sketch) for mel, sketch in shown]
        measured = mean_scores([score_rendering(clip.audio, audio) for clip, audio in zip(clips, mended, strict=True)])
        for variable, values in zip(trainee.trainable_variables, trained, strict=True):
            variable.assign(values)
        return {f"fold_{name}": value for name, value in measured.items()}

    train(Loop(trainee, batches, recipe.n_epochs, out, after_epoch=after_epoch), resume=resume, tell=tell)
    trainee.optimizer.finalize_variable_values(trainee.trainable_variables)
    return network
