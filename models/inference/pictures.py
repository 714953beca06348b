"""Between mel levels in dB and the pictures in [0, 1] that generators read and paint."""

import numpy as np

from models.audio import FloatArray
from models.audio.mel import MEL
from models.errors import TooQuiet

PICTURE_RANGE_DB = 80.0
"""What a picture spans: 1 is the sound's reference level, 0 is this much below it."""

LOUDEST_SHARE = 0.999
"""The reference is the level under which this share of a sound's cells lies: one click must not decide it."""

QUIETEST_REFERENCE_DB = -90.0


def reference_db(mel: FloatArray) -> float:
    """The level that a sound's pictures are drawn relative to.

    Args:
        mel: Level in dB re full scale. [n_frames, n_mels]

    Returns:
        Level of its loudest cells, in dB re full scale.

    Raises:
        TooQuiet: if nothing in it rises above the floor.
    """
    level_db = float(np.quantile(mel, LOUDEST_SHARE))
    if level_db < QUIETEST_REFERENCE_DB:
        raise TooQuiet(f"Nothing audible: the loudest parts lie at {level_db:.0f} dB re full scale.", level_db=level_db)
    return level_db


def to_picture(mel: FloatArray, level_db: float | FloatArray) -> FloatArray:
    """Draw levels as a picture.

    Args:
        mel: Level in dB re full scale. [..., n_mels]
        level_db: The sound's reference, or one that broadcasts against mel.

    Returns:
        In [0, 1], same shape.
    """
    picture: FloatArray = np.clip(1.0 + (mel - level_db) / PICTURE_RANGE_DB, 0.0, 1.0).astype(np.float32)
    return picture


def to_mel(picture: FloatArray, level_db: float) -> FloatArray:
    """Read levels off a picture.

    Args:
        picture: In [0, 1]. [..., n_mels]
        level_db: The reference to play it at.

    Returns:
        Level in dB re full scale, not below the mel floor, same shape.
    """
    mel: FloatArray = np.maximum(level_db + (picture - 1.0) * PICTURE_RANGE_DB, MEL.floor_db).astype(np.float32)
    return mel
