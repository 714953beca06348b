"""Where a made sound is heard: between two ears."""

from enum import StrEnum


class Space(StrEnum):
    """Where a made sound is heard."""

    SOURCE = "source"
    """Where its parents are."""
    CENTRE = "centre"
    LEFT = "left"
    RIGHT = "right"
    DRIFT = "drift"
    """On a slow way from ear to ear and back."""
