"""A mel picture as a PNG: time to the right, frequency upwards, dark where it is quiet."""

import io
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from models.audio import FloatArray
from models.errors import BadSetting

MAX_WIDTH_PX = 1200

RANGE_DB = 80.0
"""What is this far under the loudest is black: about what an ear next to the sound still hears."""


def mel_png(mel: FloatArray, *, height_px: int = 256, max_width_px: int = MAX_WIDTH_PX) -> bytes:
    """Draw a mel picture.

    Brightness follows the level under the picture's own loudest point, because recordings differ by tens of dB.

    Args:
        mel: Level in dB re full scale. [n_frames, n_mels]
        height_px: Height of the picture.
        max_width_px: A frame is one pixel wide, unless the picture would be wider than this.

    Returns:
        PNG file. The same mel gives the same bytes.

    Raises:
        BadSetting: if there is no frame to draw.
    """
    if len(mel) == 0:
        raise BadSetting("A picture needs at least one frame.")
    top_db = max(float(mel.max()), float(mel.min()) + 1.0)
    shade = np.clip((mel - (top_db - RANGE_DB)) / RANGE_DB, 0.0, 1.0)
    pixels = np.round(shade.T[::-1] * 255.0).astype(np.uint8)
    levels = Image.fromarray(pixels).resize((min(len(mel), max_width_px), height_px), Image.Resampling.BOX)
    levels.putpalette(colours().tobytes())
    png = io.BytesIO()
    levels.save(png, format="PNG", optimize=True)
    return png.getvalue()


class PictureStream:
    """The same picture from frames as they come, in flat memory: of a long one, neighbours are averaged."""

    def __init__(self, n_frames: int, *, max_width_px: int = MAX_WIDTH_PX) -> None:
        """Start before the first frame.

        Args:
            n_frames: About how many will come; decides how many are averaged.
            max_width_px: As `mel_png` takes it.
        """
        self._max_width_px = max_width_px
        self._n_together = max(1, n_frames // (2 * max_width_px))
        self._columns: list[FloatArray] = []
        self._pending: FloatArray | None = None

    def push(self, frames: FloatArray) -> None:
        """Add the next frames, level in dB re full scale. [n_frames, n_mels]."""
        pending = frames if self._pending is None else np.concatenate([self._pending, frames])
        n_columns = len(pending) // self._n_together
        whole = pending[: n_columns * self._n_together]
        self._columns.append(whole.reshape(n_columns, self._n_together, -1).mean(axis=1, dtype=np.float32))
        self._pending = pending[len(whole) :].copy()

    def finish(self) -> bytes:
        """Draw what came, as `mel_png` does. Raises as it does."""
        return mel_png(np.concatenate(self._columns), max_width_px=self._max_width_px)


@lru_cache(maxsize=1)
def colours() -> npt.NDArray[np.uint8]:
    """Build our colour map: night blue over violet and coral to warm white.

    Lightness rises evenly in the OKLab space (B. Ottosson, 2020), so that equal steps in dB look equal, in grey and to
    colour-blind eyes too.

    Returns:
        Red, green, blue, 0 to 255. [256, 3]
    """
    step = np.linspace(0.0, 1.0, 256)
    lightness = 0.13 + 0.84 * step
    hue = np.deg2rad(275.0 + 165.0 * step)  # blue 275°, magenta 340°, orange 50°, yellow 80°
    chroma = 0.03 + 0.14 * np.sin(np.pi * np.clip(step * 0.96, 0.0, 1.0)) ** 0.8
    rgb = _srgb_from_oklab(lightness, chroma * np.cos(hue), chroma * np.sin(hue))
    return np.round(np.clip(rgb, 0.0, 1.0) * 255.0).astype(np.uint8)


def _srgb_from_oklab(
    lightness: npt.NDArray[np.float64], a: npt.NDArray[np.float64], b: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """OKLab coordinates to display values. [n] three times -> [n, 3]."""
    cones = np.stack(
        [
            lightness + 0.3963377774 * a + 0.2158037573 * b,
            lightness - 0.1055613458 * a - 0.0638541728 * b,
            lightness - 0.0894841775 * a - 1.2914855480 * b,
        ]
    )
    to_linear = np.array(
        [
            [4.0767416621, -3.3077115913, 0.2309699292],
            [-1.2684380046, 2.6097574011, -0.3413193965],
            [-0.0041960863, -0.7034186147, 1.7076147010],
        ]
    )
    linear = np.clip(to_linear @ cones**3, 0.0, 1.0).T
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * np.power(linear, 1.0 / 2.4) - 0.055)
