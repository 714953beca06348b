"""How far the knobs of a variation or a mix go."""

from math import isfinite

from backend.catalogue.errors import SettingOutOfRange

NETWORKS = ("vae", "cgan")
MIN_SECONDS = 1.0
MAX_SECONDS = 600.0
SPACES = ("source", "centre", "left", "right", "drift")
MAX_SEED = 2**63 - 1


def check_making(*, network: str, seconds: float, seed: int, space: str) -> None:
    """Check what every made sound is asked for with.

    Raises:
        SettingOutOfRange: naming the knob, its value and how far it goes.
    """
    if network not in NETWORKS:
        raise SettingOutOfRange(
            f"There is no network {network!r}; there are {' and '.join(NETWORKS)}.", setting="network", value=network
        )
    if space not in SPACES:
        raise SettingOutOfRange(
            f"There is no space {space!r}; there are {', '.join(SPACES)}.", setting="space", value=space
        )
    _check("seconds", seconds, MIN_SECONDS, MAX_SECONDS)
    _check("seed", seed, 0, MAX_SEED)


def check_share(setting: str, value: float) -> None:
    """Check a knob that goes from 0 to 1.

    Raises:
        SettingOutOfRange: naming the knob, its value and how far it goes.
    """
    _check(setting, value, 0.0, 1.0)


def _check(setting: str, value: float, lowest: float, highest: float) -> None:
    if not isfinite(value) or not lowest <= value <= highest:
        raise SettingOutOfRange(
            f"{setting} goes from {lowest:g} to {highest:g}, got {value:g}.",
            setting=setting,
            lowest=lowest,
            highest=highest,
        )
