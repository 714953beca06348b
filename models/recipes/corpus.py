"""Recordings decoded once: audio and mel pictures kept in a cache folder, and the table of windows over them."""

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.audio import FloatArray
from models.audio.decode import DecodeLimits, read, to_mono
from models.audio.mel import MEL, log_mel
from models.audio.windows import WINDOW_FRAMES, WINDOW_HOP_FRAMES
from models.recipes.recordings import Recording, fingerprint, labels_of, read_recordings

WINDOW_SAMPLES = WINDOW_FRAMES * MEL.hop_samples
INT16_FULL_SCALE = 32767.0
SILENCE_DBFS = -60.0
"""RMS under which a window counts as near-silent: it is neither learnt from nor scored."""

_LIMITS = DecodeLimits(max_seconds=3600.0, max_bytes=1 << 30)


@dataclass(frozen=True)
class Windows:
    """One row per window, columns side by side."""

    recording: npt.NDArray[np.int32]
    """Which recording. [n_windows]"""
    start_frame: npt.NDArray[np.int32]
    """First frame, from the recording's beginning. [n_windows]"""
    level_dbfs: FloatArray
    """RMS. [n_windows]"""
    label: npt.NDArray[np.int32]
    """Ordinal of the label, -1 for the pool. [n_windows]"""
    fold: npt.NDArray[np.int32]
    """Fold, -1 for the pool. [n_windows]"""

    def where(self, chosen: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> "Windows":
        """The chosen rows, by a mask [n_windows] or by their ordinals."""
        return Windows(
            self.recording[chosen],
            self.start_frame[chosen],
            self.level_dbfs[chosen],
            self.label[chosen],
            self.fold[chosen],
        )

    def __len__(self) -> int:
        """Number of windows."""
        return len(self.recording)


@dataclass(frozen=True)
class Corpus:
    """All that training reads: nothing is decoded twice, and nothing is held in memory that need not be."""

    recordings: tuple[Recording, ...]
    labels: tuple[str, ...]
    fingerprint: str
    samples: npt.NDArray[np.int16]
    """Every recording's mono samples, one after the other, a memory map. [n_samples]"""
    sample_offset: npt.NDArray[np.int64]
    """[n_recordings + 1]"""
    frames: npt.NDArray[np.float16]
    """Every recording's mel picture in dB, one after the other, a memory map. [n_frames, 128]"""
    frame_offset: npt.NDArray[np.int64]
    """[n_recordings + 1]"""
    windows: Windows
    """Every audible window at a hop of half a second."""
    folder: Path
    """Where the memory maps lie."""

    def __reduce__(self) -> tuple[Any, ...]:
        """Go to another process as the name of a folder: a memory map would be copied whole."""
        return open_decoded, (self.recordings, self.folder)

    def mel_of(self, windows: Windows) -> FloatArray:
        """Mel pictures of windows. -> [n_windows, 100, 128] in dB."""
        first = self.frame_offset[windows.recording] + windows.start_frame
        return self.frames[first[:, None] + np.arange(WINDOW_FRAMES)].astype(np.float32)

    def audio_of(self, recording: int, start_sample: int, n_samples: int) -> FloatArray:
        """Samples of one recording; what lies beyond its end is silence. -> [n_samples]."""
        first = self.sample_offset[recording] + start_sample
        found = self.samples[first : min(first + n_samples, self.sample_offset[recording + 1])]
        audio = np.zeros(n_samples, dtype=np.float32)
        audio[: len(found)] = found / INT16_FULL_SCALE
        return audio

    def samples_of(self, recording: int) -> FloatArray:
        """A whole recording. [n_samples]."""
        n_samples = int(self.sample_offset[recording + 1] - self.sample_offset[recording])
        return self.audio_of(recording, 0, n_samples)

    def picture_of(self, recording: int) -> FloatArray:
        """A recording's whole mel picture. -> [n_frames, 128] in dB."""
        return self.frames[self.frame_offset[recording] : self.frame_offset[recording + 1]].astype(np.float32)


def open_corpus(data: Path, cache: Path, *, tell: Callable[[str], None] = print) -> Corpus:
    """Read the lists and open the decoded recordings, decoding them first if this data was never seen.

    Args:
        data: Folder of recordings.
        cache: Folder for what is computed from them, git-ignored.
        tell: Where progress goes.

    Returns:
        The corpus.

    Raises:
        NoRecordings: if data is not a folder of recordings.
        SoundError: if one of them cannot be decoded.
    """
    recordings = read_recordings(data)
    folder = cache / f"corpus-{fingerprint(recordings)}"
    made_last = folder / "offsets.npz"
    if not made_last.exists():
        with alone_in(folder, tell=tell):
            if not made_last.exists():
                tell(f"Decoding {len(recordings)} recordings into {folder}")
                _decode(recordings, folder, tell)
    return open_decoded(recordings, folder)


@contextmanager
def alone_in(folder: Path, *, tell: Callable[[str], None]) -> Iterator[None]:
    """Keep other processes from filling a cache folder at the same time; they wait, and look again what is there.

    Args:
        folder: Of the cache; it is made.
        tell: Told if another is at it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            tell(f"Waiting for another training that fills {folder}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def open_decoded(recordings: Sequence[Recording], folder: Path) -> Corpus:
    """Open recordings that are decoded already.

    Args:
        recordings: In the order in which they were decoded.
        folder: Where `open_corpus` put them.

    Returns:
        The corpus.
    """
    with np.load(folder / "offsets.npz", allow_pickle=False) as offsets:
        sample_offset, frame_offset = offsets["sample_offset"], offsets["frame_offset"]
    samples = np.memmap(folder / "samples.i16", dtype=np.int16, mode="r")
    frames = np.memmap(folder / "frames.f16", dtype=np.float16, mode="r").reshape(-1, MEL.n_mels)
    labels = labels_of(recordings)
    windows = _audible_windows(recordings, labels, samples, sample_offset, frame_offset)
    return Corpus(
        recordings=tuple(recordings),
        labels=labels,
        fingerprint=folder.name.removeprefix("corpus-"),
        samples=samples,
        sample_offset=sample_offset,
        frames=frames,
        frame_offset=frame_offset,
        windows=windows,
        folder=folder,
    )


def _decode(recordings: Sequence[Recording], folder: Path, tell: Callable[[str], None]) -> None:
    sample_offset, frame_offset = [0], [0]
    with (folder / "samples.i16").open("wb") as samples, (folder / "frames.f16").open("wb") as frames:
        for ordinal, recording in enumerate(recordings, 1):
            audio = to_mono(read(recording.path, limits=_LIMITS))
            picture = log_mel(audio)
            samples.write(np.round(np.clip(audio, -1.0, 1.0) * INT16_FULL_SCALE).astype(np.int16).tobytes())
            frames.write(picture.astype(np.float16).tobytes())
            sample_offset.append(sample_offset[-1] + len(audio))
            frame_offset.append(frame_offset[-1] + len(picture))
            if ordinal % 200 == 0:
                tell(f"  {ordinal} of {len(recordings)}")
    # Written last and moved into place: its presence says that the two files beside it are whole.
    with (folder / "offsets.part").open("wb") as file:
        np.savez(file, sample_offset=np.array(sample_offset), frame_offset=np.array(frame_offset))
    os.replace(folder / "offsets.part", folder / "offsets.npz")


def _audible_windows(
    recordings: Sequence[Recording],
    labels: tuple[str, ...],
    samples: npt.NDArray[np.int16],
    sample_offset: npt.NDArray[np.int64],
    frame_offset: npt.NDArray[np.int64],
) -> Windows:
    columns: list[tuple[npt.NDArray[np.int64], FloatArray, int, int, int]] = []
    for ordinal, recording in enumerate(recordings):
        n_frames = int(frame_offset[ordinal + 1] - frame_offset[ordinal])
        starts = np.arange(0, n_frames - WINDOW_FRAMES + 1, WINDOW_HOP_FRAMES)
        audio = samples[sample_offset[ordinal] : sample_offset[ordinal + 1]].astype(np.float32) / INT16_FULL_SCALE
        energy = np.concatenate([[0.0], np.cumsum(np.square(audio, dtype=np.float64))])
        first = starts * MEL.hop_samples
        last = np.minimum(first + WINDOW_SAMPLES, len(audio))
        level_dbfs = 10.0 * np.log10((energy[last] - energy[first]) / WINDOW_SAMPLES + 1e-12)
        label = labels.index(recording.label) if recording.label is not None else -1
        fold = recording.fold if recording.fold is not None else -1
        columns.append((starts, level_dbfs.astype(np.float32), ordinal, label, fold))
    windows = Windows(
        recording=np.concatenate([np.full(len(c[0]), c[2], dtype=np.int32) for c in columns]),
        start_frame=np.concatenate([c[0] for c in columns]).astype(np.int32),
        level_dbfs=np.concatenate([c[1] for c in columns]),
        label=np.concatenate([np.full(len(c[0]), c[3], dtype=np.int32) for c in columns]),
        fold=np.concatenate([np.full(len(c[0]), c[4], dtype=np.int32) for c in columns]),
    )
    return windows.where(windows.level_dbfs > SILENCE_DBFS)
