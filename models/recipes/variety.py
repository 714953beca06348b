"""Windows as other rooms, microphones and mixes would have given them, made from the recordings in the waveform domain.

Each is a random second with energy, played a little faster or slower, through a random smooth equaliser, sometimes
band-limited or in a small room, mixed with another trigger or with a sound of the pool, sometimes through a codec, at
a random level. What is mixed in comes from the same fold or from the pool, so that folds stay apart by source. Some
are of the pool alone: nobody knows their label, but the teacher's ear can be learnt from them.
"""

import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import scipy.fft

from models.audio import FloatArray
from models.audio.mel import MEL, log_mel
from models.audio.windows import WINDOW_FRAMES
from models.inference.tagger import LEVEL_DBFS, TAGGER_WIDTH, Tagger
from models.recipes.corpus import WINDOW_SAMPLES, Corpus, alone_in
from models.recipes.foley import foley, made_labels
from models.recipes.made_windows import Variety
from models.recipes.reception import FFT_SAMPLES, coded, equaliser_db, gain, room

_SHARD_WINDOWS = 4000
"""Windows that are made from one seed, by one process, and kept together if the making is broken off."""


@dataclass(frozen=True)
class VarietySettings:
    """How much variety, and how often."""

    n_windows: int = 40000
    equaliser_db: float = 4.0
    """Standard deviation of the equaliser's gains, in dB."""
    speed_range: tuple[float, float] = (0.85, 1.18)
    speed_share: float = 0.5
    filter_share: float = 0.25
    room_share: float = 0.25
    second_trigger_share: float = 0.2
    pool_share: float = 0.3
    noise_share: float = 0.15
    codec_share: float = 0.0
    """Share that goes through MP3 at 50 to 100 kbit/s."""
    unlabelled_share: float = 0.0
    """Share that is of the pool alone: targets are zero, the fold is -1."""
    foley_share: float = 0.0
    """Share that is made by formulas (`models.recipes.foley`): the fold is -1, nobody's recording is in it."""
    rarity: float = 0.5
    """Exponent on a label's number of windows: 1 leaves labels as common as they are, 0 makes them equally common."""
    seed: int = 0


def open_variety(
    corpus: Corpus,
    settings: VarietySettings,
    cache: Path,
    *,
    teacher: Path | None,
    tell: Callable[[str], None] = print,
) -> Variety:
    """Open the made windows, making them first if these settings were never used on this data.

    Args:
        corpus: The recordings.
        settings: How much variety.
        cache: Folder for what is computed.
        teacher: The teacher's file, or None.
        tell: Where progress goes.

    Returns:
        The windows; their order is random already.
    """
    taught_name = f"taught{LEVEL_DBFS:.0f}dbfs" if teacher is not None else "untaught"
    folder = cache / f"variety-{corpus.fingerprint}-{abs(hash_of(settings)):08x}-{taught_name}"
    shape = (settings.n_windows, WINDOW_FRAMES, MEL.n_mels)
    made_last = folder / "targets.npz"
    if not made_last.exists():
        with alone_in(folder, tell=tell):
            if not made_last.exists():
                tell(f"Making {settings.n_windows} windows in {folder}")
                _make(corpus, settings, folder, teacher, tell)
    with np.load(made_last, allow_pickle=False) as file:
        targets, fold = file["targets"], file["fold"]
    mel = np.memmap(folder / "mel.f16", dtype=np.float16, mode="r", shape=shape)
    taught = None
    if teacher is not None:
        taught = np.memmap(folder / "taught.f16", dtype=np.float16, mode="r", shape=(len(targets), TAGGER_WIDTH))
    return Variety(mel, targets, fold, taught)


def labels_by_formulas(corpus: Corpus) -> list[str]:
    """Labels of a corpus whose windows can be made by formulas."""
    return [label for label in made_labels() if label in corpus.labels]


def hash_of(settings: VarietySettings) -> int:
    """A name for settings: the same in every process, and kept when a setting comes that is off by default."""
    chosen = [(each.name, getattr(settings, each.name)) for each in fields(settings)]
    digest = 0
    for character in repr([(name, value) for name, value in chosen if value != getattr(VarietySettings, name)]):
        digest = (digest * 131 + ord(character)) % (1 << 32)
    return digest


def _make(
    corpus: Corpus, settings: VarietySettings, folder: Path, teacher: Path | None, tell: Callable[[str], None]
) -> None:
    """Make all windows, in as many processes as there are processors; what is there from before is kept."""
    for name, width in (("mel.f16", WINDOW_FRAMES * MEL.n_mels), ("taught.f16", TAGGER_WIDTH)):
        if name != "taught.f16" or teacher is not None:
            with (folder / name).open("ab") as file:
                file.truncate(settings.n_windows * width * 2)
    n_shards = -(-settings.n_windows // _SHARD_WINDOWS)
    make_shard = partial(_make_shard, corpus, settings, folder, teacher)
    if n_shards == 1:
        shards = [make_shard(0)]
    else:
        # Not forked: a TensorFlow that has threads already does not survive it.
        with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as processes:
            shards = []
            for shard in processes.map(make_shard, range(n_shards)):
                shards.append(shard)
                tell(f"  {min(len(shards) * _SHARD_WINDOWS, settings.n_windows)} of {settings.n_windows}")
    targets, folds = (np.concatenate(column) for column in zip(*shards, strict=True))
    _save(folder / "targets.npz", targets=targets, fold=folds)


def _make_shard(
    corpus: Corpus, settings: VarietySettings, folder: Path, teacher: Path | None, shard: int
) -> tuple[FloatArray, npt.NDArray[np.int32]]:
    """Make the windows of one shard: their pictures into the files, their targets and folds as the answer."""
    kept = folder / f"shard-{shard:04d}.npz"
    if kept.exists():
        with np.load(kept, allow_pickle=False) as file:
            return file["targets"], file["fold"]
    first = shard * _SHARD_WINDOWS
    n_windows = min(_SHARD_WINDOWS, settings.n_windows - first)
    shape = (settings.n_windows, WINDOW_FRAMES, MEL.n_mels)
    mel = np.memmap(folder / "mel.f16", np.float16, "r+", shape=shape)[first : first + n_windows]
    if teacher is not None:
        tagger = Tagger(teacher)
        width = (settings.n_windows, TAGGER_WIDTH)
        taught = np.memmap(folder / "taught.f16", np.float16, "r+", shape=width)[first : first + n_windows]
    targets = np.zeros((n_windows, len(corpus.labels)), dtype=np.float32)
    folds = np.zeros(n_windows, dtype=np.int32)
    rng = np.random.default_rng([settings.seed, shard])
    draw = _Draw(corpus, settings)
    for index in range(n_windows):
        audio, targets[index], folds[index] = draw.window(rng)
        mel[index] = log_mel(audio)[:WINDOW_FRAMES]
        if teacher is not None:
            taught[index] = tagger.hear(audio[None])[0]
    _save(kept, targets=targets, fold=folds)
    return targets, folds


def _save(path: Path, **arrays: npt.NDArray[Any]) -> None:
    """Write arrays whole or not at all."""
    part = path.with_suffix(".part")
    with part.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    os.replace(part, path)


class _Draw:
    """Draws windows; holds the tables that drawing looks things up in."""

    def __init__(self, corpus: Corpus, settings: VarietySettings) -> None:
        self._corpus = corpus
        self._settings = settings
        windows = corpus.windows
        self._of_label = [np.flatnonzero(windows.label == ordinal) for ordinal in range(len(corpus.labels))]
        self._pool = np.flatnonzero(windows.label < 0)
        self._formulas = labels_by_formulas(corpus)
        self._labels_in_fold = {
            fold: [rows[windows.fold[rows] == fold] for rows in self._of_label]
            for fold in np.unique(windows.fold[windows.fold >= 0])
        }
        common = np.array([len(rows) for rows in self._of_label], dtype=np.float64) ** settings.rarity
        self._label_share = common / common.sum()
        # Within a label, a long recording is heard more often than a short one, but not in proportion.
        self._row_shares = [_shares(windows.recording[rows]) for rows in self._of_label]

    def window(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, int]:
        """Draw one: samples [44100], targets [n_labels], fold."""
        settings, windows = self._settings, self._corpus.windows
        if len(self._pool) and rng.random() < settings.unlabelled_share:
            audio = self._second(int(rng.choice(self._pool)), rng)
            return self._received(audio, rng), np.zeros(len(self._of_label), dtype=np.float32), -1
        if settings.foley_share > 0.0 and rng.random() < settings.foley_share:
            return self._foley(rng)
        label = int(rng.choice(len(self._of_label), p=self._label_share))
        row = int(rng.choice(self._of_label[label], p=self._row_shares[label]))
        fold = int(windows.fold[row])
        audio = self._second(row, rng)
        targets = np.zeros(len(self._of_label), dtype=np.float32)
        targets[label] = 1.0
        dice = rng.random()
        if dice < settings.second_trigger_share:
            second = int(rng.choice(len(self._of_label), p=self._label_share))
            rows = self._labels_in_fold[fold][second]
            if len(rows):
                below_db = rng.uniform(-6.0, 20.0)
                audio = audio + self._second(int(rng.choice(rows)), rng) * gain(-below_db)
                share = 1.0 / (1.0 + 10.0 ** (-below_db / 10.0))
                targets *= share
                targets[second] += 1.0 - share
        elif dice < settings.second_trigger_share + settings.pool_share and len(self._pool):
            audio = audio + self._second(int(rng.choice(self._pool)), rng) * gain(-rng.uniform(5.0, 30.0))
        return self._received(audio, rng), targets, fold

    def _foley(self, rng: np.random.Generator) -> tuple[FloatArray, FloatArray, int]:
        """Draw one that is made by formulas, as `window` does."""
        name = str(rng.choice(self._formulas))
        audio = self._varied(foley(name, rng), rng)
        if len(self._pool) and rng.random() < self._settings.pool_share:
            audio = audio + self._second(int(rng.choice(self._pool)), rng) * gain(-rng.uniform(5.0, 30.0))
        targets = np.zeros(len(self._of_label), dtype=np.float32)
        targets[self._corpus.labels.index(name)] = 1.0
        return self._received(audio, rng), targets, -1

    def _received(self, audio: FloatArray, rng: np.random.Generator) -> FloatArray:
        """What a listener's machine gets of a sound: with noise, through a codec, at some level. [44100] -> same."""
        if rng.random() < self._settings.noise_share:
            noise = rng.standard_normal(WINDOW_SAMPLES).astype(np.float32)
            audio = audio + noise * gain(-rng.uniform(15.0, 50.0))
        if rng.random() < self._settings.codec_share:
            audio = coded(audio, rng)
        # Full scale is left some room: rendered pictures and quiet recordings both must look familiar.
        received: FloatArray = (audio * gain(rng.uniform(-50.0, -12.0))).astype(np.float32)
        return received

    def _second(self, row: int, rng: np.random.Generator) -> FloatArray:
        """One second around a window, varied, at an RMS of one."""
        settings, windows = self._settings, self._corpus.windows
        speed = rng.uniform(*settings.speed_range) if rng.random() < settings.speed_share else 1.0
        n_samples = round(WINDOW_SAMPLES * speed)
        start = int(windows.start_frame[row]) * MEL.hop_samples + int(rng.integers(-8000, 8000))
        audio = self._corpus.audio_of(int(windows.recording[row]), max(0, start), n_samples)
        if n_samples != WINDOW_SAMPLES:
            audio = np.interp(np.arange(WINDOW_SAMPLES) * speed, np.arange(n_samples), audio).astype(np.float32)
        return self._varied(audio, rng)

    def _varied(self, audio: FloatArray, rng: np.random.Generator) -> FloatArray:
        """Another microphone and room, at an RMS of one. [44100] -> same."""
        settings = self._settings
        curve_db = equaliser_db(settings.equaliser_db, settings.filter_share, rng)
        response = np.exp(0.1151 * curve_db).astype(np.complex64)
        if rng.random() < settings.room_share:
            response = response * room(rng)
        spectrum = scipy.fft.rfft(audio, FFT_SAMPLES) * response
        varied: FloatArray = scipy.fft.irfft(spectrum, FFT_SAMPLES)[:WINDOW_SAMPLES].astype(np.float32)
        return varied / np.float32(np.sqrt(np.mean(np.square(varied, dtype=np.float64))) + 1e-9)


def _shares(recording_of_row: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    _, which, n_rows = np.unique(recording_of_row, return_inverse=True, return_counts=True)
    shares = 1.0 / np.sqrt(n_rows[which])
    return np.asarray(shares / shares.sum())
