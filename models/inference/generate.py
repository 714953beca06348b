"""New sounds from known ones: vary one, mix two. Pictures in, pictures out; rendering is models.audio's."""

from typing import Protocol

import numpy as np

from models.audio import FloatArray
from models.errors import BadSetting, UnknownLabel, UnknownNetwork
from models.inference.cgan import CganGenerator
from models.inference.path import join, n_frames_for, place, walk
from models.inference.pictures import reference_db, to_mel, to_picture
from models.inference.vae import VaeGenerator
from models.pretrained import load

SHORTEST_S, LONGEST_S = 1.0, 60.0


class Generator(Protocol):
    """A network that paints consecutive windows; the two kinds are in their own files."""

    name: str
    version: str
    labels: tuple[str, ...]

    def vary(self, pictures: FloatArray, label: int, strength: float, rng: np.random.Generator) -> FloatArray:
        """Paint variations. [n_windows, 100, 128] -> same."""

    def mix(
        self, first: FloatArray, second: FloatArray, labels: tuple[int, int], blend: float, rng: np.random.Generator
    ) -> FloatArray:
        """Paint what lies between. [n_windows, 100, 128] twice -> once."""


KINDS: dict[str, type[VaeGenerator] | type[CganGenerator]] = {"vae": VaeGenerator, "cgan": CganGenerator}


def load_generator(name: str) -> Generator:
    """Load a trained generator.

    Args:
        name: "vae" or "cgan".

    Returns:
        The generator.

    Raises:
        UnknownNetwork: if there is no generator of this name.
        WrongWeights: if its file is not the promoted one.
    """
    if name not in KINDS:
        known = sorted(KINDS)
        raise UnknownNetwork(f"No generator is called {name!r}; there are {', '.join(known)}.", known=known)
    return KINDS[name](load(name))


def vary(
    generator: Generator, mel: FloatArray, *, label: str, strength: float, seconds: float, seed: int
) -> FloatArray:
    """Make a sound like another one.

    Args:
        generator: A loaded generator.
        mel: The source, level in dB re full scale. [n_frames, 128]
        label: Its trigger.
        strength: 0 is the network's reconstruction of the source, 1 a free draw of the same trigger.
        seconds: Length of the result, 1 to 60 s.
        seed: Same seed, same result.

    Returns:
        Level in dB re full scale. [100 * seconds + 1, 128]

    Raises:
        BadSetting: if strength or seconds is out of range, or the source has no frame.
        UnknownLabel: if the generator does not know the label.
        TooQuiet: if the source is silent.
    """
    _require_within("strength", strength, 0.0, 1.0)
    n_frames = _n_frames(seconds)
    first_frames = place(n_frames, _stream(seed, 2))
    level_db = _level_db(mel)
    source = to_picture(walk(mel, first_frames, _stream(seed, 0)), level_db)
    painted = generator.vary(source, _ordinal(generator, label), float(strength), _stream(seed, 1))
    return to_mel(join(painted, first_frames, n_frames), level_db)


def mix(
    generator: Generator,
    first_mel: FloatArray,
    second_mel: FloatArray,
    *,
    first_label: str,
    second_label: str,
    blend: float,
    seconds: float,
    seed: int,
) -> FloatArray:
    """Make a sound between two others.

    Args:
        generator: A loaded generator.
        first_mel: Level in dB re full scale. [n_frames, 128]
        second_mel: Level in dB re full scale. [n_frames, 128]
        first_label: Trigger of the first.
        second_label: Trigger of the second.
        blend: 0 is the first's reconstruction, 1 the second's.
        seconds: Length of the result, 1 to 60 s.
        seed: Same seed, same result.

    Returns:
        Level in dB re full scale, its loudness between the two. [100 * seconds + 1, 128]

    Raises:
        BadSetting: if blend or seconds is out of range, or a source has no frame.
        UnknownLabel: if the generator does not know a label.
        TooQuiet: if a source is silent.
    """
    _require_within("blend", blend, 0.0, 1.0)
    n_frames = _n_frames(seconds)
    first_frames = place(n_frames, _stream(seed, 2))
    first_db, second_db = _level_db(first_mel), _level_db(second_mel)
    first = to_picture(walk(first_mel, first_frames, _stream(seed, 0)), first_db)
    second = to_picture(walk(second_mel, first_frames, _stream(seed, 0)), second_db)
    labels = (_ordinal(generator, first_label), _ordinal(generator, second_label))
    painted = generator.mix(first, second, labels, float(blend), _stream(seed, 1))
    return to_mel(join(painted, first_frames, n_frames), (1.0 - blend) * first_db + blend * second_db)


def _stream(seed: int, ordinal: int) -> np.random.Generator:
    """Independent streams, so that how far a walk goes does not change what is drawn for the painting."""
    if seed < 0:
        raise BadSetting(f"A seed is a whole number from 0, not {seed}.", setting="seed", value=seed)
    return np.random.default_rng([seed, ordinal])


def _n_frames(seconds: float) -> int:
    _require_within("seconds", seconds, SHORTEST_S, LONGEST_S)
    return n_frames_for(seconds)


def _level_db(mel: FloatArray) -> float:
    if mel.ndim != 2 or len(mel) == 0:
        raise BadSetting(f"A source has at least one frame; this one has shape {list(mel.shape)}.")
    return reference_db(mel)


def _ordinal(generator: Generator, label: str) -> int:
    if label not in generator.labels:
        raise UnknownLabel(f"{generator.name} does not know {label!r}.", label=label, known=list(generator.labels))
    return generator.labels.index(label)


def _require_within(setting: str, value: float, lowest: float, highest: float) -> None:
    # NaN fails the comparison too.
    if not lowest <= value <= highest:
        raise BadSetting(
            f"{setting} must be between {lowest:g} and {highest:g}, not {value:g}.", setting=setting, value=value
        )
