from pathlib import Path

import numpy as np
import pytest

from models.audio.decode import probe, read
from models.audio.encode import write
from models.errors import BadSetting
from tests.models.audio.signals import ROOMY, noise, sine


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_lossless_files_hold_the_samples_to_sixteen_bits(tmp_path: Path, suffix: str, n_channels: int) -> None:
    audio = noise(1.0, n_channels=n_channels)
    write(tmp_path / f"a{suffix}", audio)
    np.testing.assert_allclose(read(tmp_path / f"a{suffix}", limits=ROOMY), audio, atol=1e-4)


@pytest.mark.parametrize("n_channels", [1, 2])
def test_opus_files_sound_alike_and_are_48_khz(tmp_path: Path, n_channels: int) -> None:
    audio = sine(440.0, 2.0, n_channels=n_channels)
    write(tmp_path / "a.opus", audio)
    facts = probe(tmp_path / "a.opus")
    assert (facts.codec, facts.container, facts.sample_rate_hz, facts.n_channels) == ("opus", "ogg", 48000, n_channels)
    heard = read(tmp_path / "a.opus", limits=ROOMY)
    np.testing.assert_allclose(heard[5000:80000], audio[5000:80000], atol=0.03)


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".opus"])
def test_the_same_samples_give_the_same_bytes(tmp_path: Path, suffix: str) -> None:
    for name in ("one", "two"):
        write(tmp_path / f"{name}{suffix}", noise(1.0, n_channels=2))
    assert (tmp_path / f"one{suffix}").read_bytes() == (tmp_path / f"two{suffix}").read_bytes()


def test_digital_silence_stays_silent_and_too_loud_is_clipped(tmp_path: Path) -> None:
    write(tmp_path / "silence.flac", np.zeros((1000, 2), np.float32))
    assert np.all(read(tmp_path / "silence.flac", limits=ROOMY) == 0.0)
    write(tmp_path / "loud.wav", np.full((1000, 1), 3.0, np.float32))
    assert read(tmp_path / "loud.wav", limits=ROOMY).min() > 0.999


@pytest.mark.parametrize("suffix", [".wav", ".flac", ".opus"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, suffix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_bytes(b"before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write(path, noise(0.5))
    assert path.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(("name", "shape"), [("a.mp3", (10, 1)), ("a", (10, 1)), ("a.wav", (10,)), ("a.wav", (10, 3))])
def test_unknown_suffixes_and_shapes_are_refused(tmp_path: Path, name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadSetting):
        write(tmp_path / name, np.zeros(shape, np.float32))
    assert list(tmp_path.iterdir()) == []


def test_other_rates_are_kept_or_resampled(tmp_path: Path) -> None:
    write(tmp_path / "a.wav", noise(1.0)[:22050], sample_rate_hz=22050)
    assert probe(tmp_path / "a.wav").sample_rate_hz == 22050
    write(tmp_path / "a.opus", noise(1.0)[:22050], sample_rate_hz=22050)
    assert len(read(tmp_path / "a.opus", limits=ROOMY)) == pytest.approx(44100, abs=1000)
