"""Windows as other rooms, microphones and mixes would have given them, made from the recordings in the waveform domain.

Each is a random second with energy, played a little faster or slower, through a random smooth equaliser, sometimes
band-limited or in a small room, mixed with another trigger or with a sound of the pool, at a random level. What is
mixed in comes from the same fold or from the pool, so that folds stay apart by source.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.fft

from models.audio import FloatArray
from models.audio.mel import MEL, log_mel
from models.audio.windows import WINDOW_FRAMES
from models.recipes.corpus import WINDOW_SAMPLES, Corpus
from models.recipes.teacher import TEACHER_RATE_HZ, TEACHER_WIDTH, Teacher

_FFT_SAMPLES = scipy.fft.next_fast_len(WINDOW_SAMPLES + MEL.sample_rate_hz // 4, real=True)
"""Room for an echo of a quarter of a second."""
_EQUALISER_POINTS_HZ = np.geomspace(60.0, 20000.0, 8)
_BINS_HZ = np.fft.rfftfreq(_FFT_SAMPLES, 1.0 / MEL.sample_rate_hz)
_BINS_LOG_HZ = np.log(np.maximum(_BINS_HZ, 20.0))


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
    rarity: float = 0.5
    """Exponent on a label's number of windows: 1 leaves labels as common as they are, 0 makes them equally common."""
    seed: int = 0


@dataclass(frozen=True)
class Variety:
    """Made windows, memory-mapped."""

    mel: npt.NDArray[np.float16]
    """In dB. [n_windows, 100, 128]"""
    targets: FloatArray
    """Shares of the labels by energy. [n_windows, n_labels]"""
    fold: npt.NDArray[np.int32]
    """[n_windows]"""
    taught: npt.NDArray[np.float16] | None
    """The teacher's embedding, where there was a teacher. [n_windows, 1024]"""


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
    taught_name = "taught" if teacher is not None else "untaught"
    folder = cache / f"variety-{corpus.fingerprint}-{abs(hash_of(settings)):08x}-{taught_name}"
    shape = (settings.n_windows, WINDOW_FRAMES, MEL.n_mels)
    if not (folder / "targets.npz").exists():
        tell(f"Making {settings.n_windows} windows in {folder}")
        _make(corpus, settings, folder, teacher, tell)
    with np.load(folder / "targets.npz", allow_pickle=False) as file:
        targets, fold = file["targets"], file["fold"]
    mel = np.memmap(folder / "mel.f16", dtype=np.float16, mode="r", shape=shape)
    taught = None
    if teacher is not None:
        taught = np.memmap(folder / "taught.f16", dtype=np.float16, mode="r", shape=(len(targets), TEACHER_WIDTH))
    return Variety(mel, targets, fold, taught)


def hash_of(settings: VarietySettings) -> int:
    """A name for settings that is the same in every process."""
    digest = 0
    for character in repr(settings):
        digest = (digest * 131 + ord(character)) % (1 << 32)
    return digest


def _make(
    corpus: Corpus, settings: VarietySettings, folder: Path, teacher: Path | None, tell: Callable[[str], None]
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(settings.seed)
    shape = (settings.n_windows, WINDOW_FRAMES, MEL.n_mels)
    mel = np.memmap(folder / "mel.f16", dtype=np.float16, mode="w+", shape=shape)
    tagger = Teacher(teacher) if teacher is not None else None
    if tagger is not None:
        taught = np.memmap(folder / "taught.f16", np.float16, "w+", shape=(settings.n_windows, TEACHER_WIDTH))
    targets = np.zeros((settings.n_windows, len(corpus.labels)), dtype=np.float32)
    folds = np.zeros(settings.n_windows, dtype=np.int32)
    draw = _Draw(corpus, settings)
    for index in range(settings.n_windows):
        audio, targets[index], folds[index] = draw.window(rng)
        mel[index] = log_mel(audio)[:WINDOW_FRAMES]
        if tagger is not None:
            taught[index] = tagger.embed(to_teacher_rate(audio))
        if (index + 1) % 5000 == 0:
            tell(f"  {index + 1} of {settings.n_windows}")
    mel.flush()
    if tagger is not None:
        taught.flush()
    with (folder / "targets.part").open("wb") as file:
        np.savez(file, targets=targets, fold=folds)
    os.replace(folder / "targets.part", folder / "targets.npz")


class _Draw:
    """Draws windows; holds the tables that drawing looks things up in."""

    def __init__(self, corpus: Corpus, settings: VarietySettings) -> None:
        self._corpus = corpus
        self._settings = settings
        windows = corpus.windows
        self._of_label = [np.flatnonzero(windows.label == ordinal) for ordinal in range(len(corpus.labels))]
        self._pool = np.flatnonzero(windows.label < 0)
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
                audio = audio + self._second(int(rng.choice(rows)), rng) * _gain(-below_db)
                share = 1.0 / (1.0 + 10.0 ** (-below_db / 10.0))
                targets *= share
                targets[second] += 1.0 - share
        elif dice < settings.second_trigger_share + settings.pool_share and len(self._pool):
            audio = audio + self._second(int(rng.choice(self._pool)), rng) * _gain(-rng.uniform(5.0, 30.0))
        if rng.random() < settings.noise_share:
            noise = rng.standard_normal(WINDOW_SAMPLES).astype(np.float32)
            audio = audio + noise * _gain(-rng.uniform(15.0, 50.0))
        # Full scale is left some room: rendered pictures and quiet recordings both must look familiar.
        return (audio * _gain(rng.uniform(-50.0, -12.0))).astype(np.float32), targets, fold

    def _second(self, row: int, rng: np.random.Generator) -> FloatArray:
        """One second around a window, varied, at an RMS of one."""
        settings, windows = self._settings, self._corpus.windows
        speed = rng.uniform(*settings.speed_range) if rng.random() < settings.speed_share else 1.0
        n_samples = round(WINDOW_SAMPLES * speed)
        start = int(windows.start_frame[row]) * MEL.hop_samples + int(rng.integers(-8000, 8000))
        audio = self._corpus.audio_of(int(windows.recording[row]), max(0, start), n_samples)
        if n_samples != WINDOW_SAMPLES:
            audio = np.interp(np.arange(WINDOW_SAMPLES) * speed, np.arange(n_samples), audio).astype(np.float32)
        response = np.exp(0.1151 * _equaliser_db(settings, rng)).astype(np.complex64)
        if rng.random() < settings.room_share:
            response = response * _room(rng)
        spectrum = scipy.fft.rfft(audio, _FFT_SAMPLES) * response
        varied: FloatArray = scipy.fft.irfft(spectrum, _FFT_SAMPLES)[:WINDOW_SAMPLES].astype(np.float32)
        return varied / np.float32(np.sqrt(np.mean(np.square(varied, dtype=np.float64))) + 1e-9)


def to_teacher_rate(audio: FloatArray) -> FloatArray:
    """Bring one second from 44.1 kHz to the teacher's 16 kHz. [44100] -> [16000]."""
    spectrum = scipy.fft.rfft(audio)[: TEACHER_RATE_HZ // 2 + 1]
    resampled: FloatArray = scipy.fft.irfft(spectrum, TEACHER_RATE_HZ).astype(np.float32)
    return resampled * np.float32(TEACHER_RATE_HZ / WINDOW_SAMPLES)


def _equaliser_db(settings: VarietySettings, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    points_db = rng.normal(0.0, settings.equaliser_db, len(_EQUALISER_POINTS_HZ))
    curve = np.interp(_BINS_LOG_HZ, np.log(_EQUALISER_POINTS_HZ), points_db)
    dice = rng.random()
    if dice < settings.filter_share / 2:
        curve = curve - 24.0 * np.maximum(_BINS_LOG_HZ - np.log(rng.uniform(3000.0, 14000.0)), 0.0) / np.log(2.0)
    elif dice < settings.filter_share:
        curve = curve - 12.0 * np.maximum(np.log(rng.uniform(60.0, 400.0)) - _BINS_LOG_HZ, 0.0) / np.log(2.0)
    return np.maximum(curve, -90.0)


def _room(rng: np.random.Generator) -> npt.NDArray[np.complex64]:
    n_samples = MEL.sample_rate_hz // 4
    decay_samples = rng.uniform(0.01, 0.08) * MEL.sample_rate_hz
    echo = rng.standard_normal(n_samples).astype(np.float32) * np.exp(-np.arange(n_samples) / decay_samples)
    echo *= _gain(-rng.uniform(3.0, 15.0)) / np.sqrt(np.sum(np.square(echo)))
    echo[0] += 1.0
    response: npt.NDArray[np.complex64] = scipy.fft.rfft(echo.astype(np.float32), _FFT_SAMPLES)
    return response


def _shares(recording_of_row: npt.NDArray[np.int32]) -> npt.NDArray[np.float64]:
    _, which, n_rows = np.unique(recording_of_row, return_inverse=True, return_counts=True)
    shares = 1.0 / np.sqrt(n_rows[which])
    return np.asarray(shares / shares.sum())


def _gain(level_db: float) -> np.float32:
    return np.float32(10.0 ** (level_db / 20.0))
