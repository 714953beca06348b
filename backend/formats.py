"""The formats in which a sound is heard: its FLAC master, and Opus or WAV made from it at the first request."""

import logging
import shutil
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock

import soundfile
import soxr

from backend.storage import Storage, StorageError, StorageFull

log = logging.getLogger(__name__)

BLOCK_FRAMES = 65536
# Opus knows 48 kHz and fractions of it; our masters have 44.1 kHz.
OPUS_RATE_HZ = 48000
# libsndfile's scale runs from 256 kbit/s a channel (0) to 6 (1). This is about 80: no loss that an ear finds.
OPUS_COMPRESSION = 0.7
FULL_BELOW_BYTES = 1024**2
NO_ROOM = "There is no room to convert this sound."


class AudioFormat(StrEnum):
    """What a listener may ask for."""

    FLAC = "flac"
    OPUS = "opus"
    WAV = "wav"


MEDIA_TYPES: dict[AudioFormat, str] = {
    AudioFormat.FLAC: "audio/flac",
    AudioFormat.OPUS: 'audio/ogg; codecs="opus"',
    AudioFormat.WAV: "audio/wav",
}

# The same sound asked for twice at once is converted once, and a burst of different ones does not take every core.
_LOCKS = tuple(Lock() for _ in range(4))


def converted(storage: Storage, key: str, audio_format: AudioFormat) -> str:
    """Return the key of a master in another format, converting it at the first request. Memory stays flat.

    Args:
        storage: Where the master lies and the conversion is kept.
        key: Of a FLAC master.
        audio_format: What is asked for.

    Raises:
        NoSuchObject: if the master is not in storage.
        StorageFull: if the conversion finds no room; nothing is left half-written.
    """
    if audio_format is AudioFormat.FLAC:
        return key
    if (done := storage.derived(key, audio_format.value)) is not None:
        return done
    with _lock_of(key):
        if (done := storage.derived(key, audio_format.value)) is not None:
            return done
        with TemporaryDirectory(prefix="deepasmr-") as folder, storage.local_copy(key) as master:
            path = Path(folder) / f"converted.{audio_format.value}"
            _convert(master, path, audio_format)
            return storage.put_derived(key, audio_format.value, path)


def convert_ahead(storage: Storage, key: str, audio_format: AudioFormat) -> None:
    """Convert a master for those who ask next, unless that goes on already. What fails is tried again by them."""
    if _lock_of(key).locked():
        return
    try:
        converted(storage, key, audio_format)
    except StorageError as error:
        log.warning("%s not converted to %s: %s", key, audio_format, error)


def _lock_of(key: str) -> Lock:
    return _LOCKS[hash(key) % len(_LOCKS)]


def _convert(master: Path, path: Path, audio_format: AudioFormat) -> None:
    try:
        with soundfile.SoundFile(master) as source:
            n_written = _write_opus(source, path) if audio_format is AudioFormat.OPUS else _write_wav(source, path)
        # libsndfile does not always tell that a write came short.
        n_found = soundfile.info(path).frames
    except soundfile.LibsndfileError as error:
        if shutil.disk_usage(path.parent).free < FULL_BELOW_BYTES:
            raise StorageFull(NO_ROOM) from error
        raise
    if n_found < n_written:
        raise StorageFull(NO_ROOM, n_frames=n_written, n_frames_written=n_found)


def _write_opus(source: soundfile.SoundFile, path: Path) -> int:
    with soundfile.SoundFile(
        path,
        "w",
        samplerate=OPUS_RATE_HZ,
        channels=source.channels,
        format="OGG",
        subtype="OPUS",
        compression_level=OPUS_COMPRESSION,
    ) as sink:
        stream = soxr.ResampleStream(source.samplerate, OPUS_RATE_HZ, source.channels, dtype="float32")
        n_left = source.frames
        n_written = 0
        while n_left > 0:
            block = source.read(BLOCK_FRAMES, dtype="float32", always_2d=True)
            n_left -= len(block)
            resampled = stream.resample_chunk(block, last=n_left <= 0)
            sink.write(resampled)
            n_written += len(resampled)
    return n_written


def _write_wav(source: soundfile.SoundFile, path: Path) -> int:
    with soundfile.SoundFile(
        path, "w", samplerate=source.samplerate, channels=source.channels, format="WAV", subtype=source.subtype
    ) as sink:
        # As integers: by way of floats the smallest bit would change.
        for block in source.blocks(BLOCK_FRAMES, dtype="int32", always_2d=True):
            sink.write(block)
    return int(source.frames)
