"""What listeners hear in other formats is what the master holds."""

import threading
from pathlib import Path

import numpy as np
import pytest
import soundfile

from backend import formats
from backend.formats import MEDIA_TYPES, AudioFormat, converted
from backend.storage import NoSuchObject, Storage

RATE_HZ = 44100


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage.open((tmp_path / "storage").as_uri())


def a_master(
    storage: Storage, folder: Path, *, seconds: float = 2.0, n_channels: int = 2, subtype: str = "PCM_16"
) -> str:
    t_s = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    audio = np.stack([0.3 * np.sin(2 * np.pi * 440 * (channel + 1) * t_s) for channel in range(n_channels)], axis=1)
    soundfile.write(folder / "master.flac", audio, RATE_HZ, subtype=subtype)
    return storage.put_file(folder / "master.flac")


def test_the_master_is_its_own_flac(storage: Storage, tmp_path: Path) -> None:
    key = a_master(storage, tmp_path)
    assert converted(storage, key, AudioFormat.FLAC) == key


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_wav_holds_the_master_bit_for_bit(storage: Storage, tmp_path: Path, subtype: str) -> None:
    key = a_master(storage, tmp_path, subtype=subtype)
    with storage.local_copy(converted(storage, key, AudioFormat.WAV)) as wav, storage.local_copy(key) as flac:
        assert soundfile.info(wav).subtype == subtype
        assert np.array_equal(soundfile.read(wav, dtype="int32")[0], soundfile.read(flac, dtype="int32")[0])


@pytest.mark.parametrize("n_channels", [1, 2])
@pytest.mark.parametrize("seconds", [0.05, 1.0, 3.217])
def test_opus_keeps_length_channels_and_pitch(
    storage: Storage, tmp_path: Path, n_channels: int, seconds: float
) -> None:
    key = a_master(storage, tmp_path, seconds=seconds, n_channels=n_channels)
    with storage.local_copy(converted(storage, key, AudioFormat.OPUS)) as path:
        audio, rate_hz = soundfile.read(path, always_2d=True)
    assert rate_hz == 48000
    assert audio.shape[1] == n_channels
    assert abs(len(audio) / rate_hz - seconds) < 0.001
    for channel in range(n_channels):
        spectrum = np.abs(np.fft.rfft(audio[:, channel] * np.hanning(len(audio))))
        peak_hz = np.argmax(spectrum) * rate_hz / len(audio)
        assert peak_hz == pytest.approx(440 * (channel + 1), abs=rate_hz / len(audio))


def test_opus_level_is_the_master_s(storage: Storage, tmp_path: Path) -> None:
    key = a_master(storage, tmp_path, n_channels=1)
    with storage.local_copy(converted(storage, key, AudioFormat.OPUS)) as path:
        audio, _ = soundfile.read(path)
    assert np.sqrt(np.mean(audio**2)) == pytest.approx(0.3 / np.sqrt(2), rel=0.02)


def test_many_who_ask_at_once_get_one_conversion(
    storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = a_master(storage, tmp_path)
    n_conversions = []
    convert = formats._convert
    monkeypatch.setattr(formats, "_convert", lambda *args: (n_conversions.append(1), convert(*args)))
    keys: list[str] = []
    askers = [threading.Thread(target=lambda: keys.append(converted(storage, key, AudioFormat.OPUS))) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(timeout=30)
    assert keys == [f"{key}.opus"] * 8
    assert len(n_conversions) == 1


def test_a_second_request_converts_nothing(storage: Storage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = a_master(storage, tmp_path)
    first = converted(storage, key, AudioFormat.WAV)
    monkeypatch.setattr(formats, "_convert", lambda *_args: pytest.fail("converted again"))
    assert converted(storage, key, AudioFormat.WAV) == first


def test_a_missing_master_is_told(storage: Storage) -> None:
    with pytest.raises(NoSuchObject):
        converted(storage, "sha256/00/" + "0" * 62, AudioFormat.OPUS)


def test_every_format_has_a_media_type() -> None:
    assert set(MEDIA_TYPES) == set(AudioFormat)
