import io

import numpy as np
import pytest
from PIL import Image

from models.audio.mel import log_mel
from models.audio.picture import colours, mel_png
from models.errors import BadSetting
from tests.models.audio.signals import sine


def lightness(rgb: np.ndarray) -> np.ndarray:
    """CIE L* of display colours, 0 to 100: another space than the one that the map was made in."""
    shade = rgb / 255.0
    linear = np.where(shade <= 0.04045, shade / 12.92, ((shade + 0.055) / 1.055) ** 2.4)
    luminance = linear @ np.array([0.2126, 0.7152, 0.0722])
    return np.where(luminance > 0.008856, 116.0 * np.cbrt(luminance) - 16.0, 903.3 * luminance)


def test_colours_grow_evenly_lighter_from_night_to_white() -> None:
    steps = np.diff(lightness(colours()[::16].astype(float)))
    assert np.all(steps > 2.0)
    assert steps.max() / steps.min() < 3.0
    assert lightness(colours().astype(float))[0] < 5.0
    assert lightness(colours().astype(float))[-1] > 90.0


def test_a_high_tone_is_bright_above_a_low_one() -> None:
    rows = []
    for frequency_hz in (200.0, 8000.0):
        picture = Image.open(io.BytesIO(mel_png(log_mel(sine(frequency_hz, 1.0)[:, 0])))).convert("L")
        rows.append(int(np.asarray(picture)[:, 50].argmax()))
    assert rows[0] > 200 > 120 > rows[1]


def test_a_picture_has_a_column_for_a_frame_up_to_its_widest() -> None:
    for n_frames, width in ((300, 300), (5000, 1200), (1, 1)):
        picture = Image.open(io.BytesIO(mel_png(np.zeros((n_frames, 128), np.float32))))
        assert picture.size == (width, 256)


def test_silence_is_drawn_and_nothing_at_all_is_refused() -> None:
    assert mel_png(np.full((10, 128), -100.0, np.float32)).startswith(b"\x89PNG")
    with pytest.raises(BadSetting):
        mel_png(np.zeros((0, 128), np.float32))


def test_the_same_mel_gives_the_same_bytes() -> None:
    mel = log_mel(sine(440.0, 1.0)[:, 0])
    assert mel_png(mel) == mel_png(mel)
