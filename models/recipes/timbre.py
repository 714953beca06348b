"""How sounds seem to listeners: seven of the Audio Commons timbral models, as in Moon 2020, Table 2.

The models (Pearce, Brookes, Mason: "Modelling timbral hardness", "… timbral attributes", 2017 to 2019; Apache-2.0) are
used as published. The package is of 2019 and calls NumPy and librosa as they were then: its modules are given libraries
that still answer so, and nobody else notices.
"""

import importlib
import math
import sys
import warnings
from collections.abc import Callable
from functools import lru_cache
from types import ModuleType
from typing import Any

import librosa
import numpy as np
import scipy.signal

from models.audio import FloatArray
from models.audio.mel import MEL
from models.errors import BadSetting, TooQuiet

FEATURES = ("hardness", "depth", "brightness", "roughness", "warmth", "sharpness", "boominess")
"""Of the eighth, reverberation, the package only says yes or no: nothing lies between those."""

_PACKAGE = "timbral_models"
_FUNCTIONS = {feature: f"timbral_{feature}" for feature in FEATURES} | {"boominess": "timbral_booming"}


def timbre_of(audio: FloatArray) -> dict[str, float]:
    """Predict what listeners would say of a sound, whatever its level: it is brought to -24 LUFS.

    Args:
        audio: Mono, 44.1 kHz, not silent. [n_samples]

    Returns:
        Points, mostly between 0 and 100, by FEATURES; NaN where a model has no answer, which happens where it finds no
        beginning of anything.

    Raises:
        BadSetting: if the package is not installed.
        TooQuiet: if the sound is silent.
    """
    peak = float(np.abs(audio).max(initial=0.0))
    if peak == 0.0:
        raise TooQuiet("Silence has no timbre.")
    # The package measures loudness with a gate that quiet sounds do not pass at all.
    loud = audio.astype(np.float64) * (0.5 / peak)
    told = {}
    with warnings.catch_warnings():
        # Of means over no onset, and of a peak above full scale that it then brings down itself.
        warnings.simplefilter("ignore")
        for feature, model in _models().items():
            try:
                told[feature] = float(model(loud, fs=MEL.sample_rate_hz))
            except (ArithmeticError, LookupError, ValueError, librosa.ParameterError):
                told[feature] = math.nan
    return told


def between_share(blend: dict[str, float], first: dict[str, float], second: dict[str, float]) -> float:
    """Share of the features in which a blend lies between its parents, which is what makes a blend one.

    Args:
        blend: By feature.
        first: By feature.
        second: By feature.

    Returns:
        0 to 1; features without an answer do not count, and without any the share is NaN.
    """
    inside = [
        min(first[feature], second[feature]) <= value <= max(first[feature], second[feature])
        for feature, value in blend.items()
        if math.isfinite(value + first[feature] + second[feature])
    ]
    return sum(inside) / len(inside) if inside else math.nan


@lru_cache(maxsize=1)
def _models() -> dict[str, Callable[..., float]]:
    try:
        package = importlib.import_module(_PACKAGE)
    except ImportError as error:
        raise BadSetting(
            "The timbral models are not installed: pip install --no-deps --require-hashes -r requirements/timbre.lock",
            missing=_PACKAGE,
        ) from error
    for name, module in list(sys.modules.items()):
        if name.startswith(_PACKAGE):
            _give_old_libraries(module)
    return {feature: getattr(package, function) for feature, function in _FUNCTIONS.items()}


def _give_old_libraries(module: ModuleType) -> None:
    """Let a module's own names `np`, `librosa` and `butter` stand for what it expects."""
    if hasattr(module, "np"):
        module.np = _With(np, lib=_With(np.lib, pad=np.pad))  # type: ignore[attr-defined]
    if hasattr(module, "librosa"):
        onset = _With(librosa.onset, onset_detect=_onset_detect, onset_strength=_onset_strength)
        module.librosa = _With(librosa, onset=onset)  # type: ignore[attr-defined]
    if hasattr(module, "butter"):
        # The same 28 filters are designed anew for every tenth of a second otherwise.
        module.butter = _designed  # type: ignore[attr-defined]


class _With:
    """A library with a few names of its own."""

    def __init__(self, library: Any, **names: Any) -> None:
        self._library = library
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)


def _onset_detect(y: FloatArray, sr: int, **settings: Any) -> Any:
    return librosa.onset.onset_detect(y=y, sr=sr, **settings)


def _onset_strength(y: FloatArray, sr: int, **settings: Any) -> Any:
    return librosa.onset.onset_strength(y=y, sr=sr, **settings)


@lru_cache(maxsize=256)
def _butter(order: int, edges: tuple[float, ...], kind: str) -> Any:
    return scipy.signal.butter(order, edges if len(edges) > 1 else edges[0], btype=kind)


def _designed(order: int, edges: Any, btype: str = "low") -> Any:
    return _butter(order, tuple(np.atleast_1d(np.asarray(edges, dtype=np.float64)).tolist()), btype)
