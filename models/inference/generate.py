"""New sounds from known ones: vary one, mix two. Pictures in, pictures out; rendering is models.audio's."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np

from models.audio import FloatArray
from models.audio.windows import FRAMES_PER_S, WINDOW_FRAMES
from models.errors import BadSetting, UnknownLabel, UnknownNetwork
from models.inference.cgan import CganGenerator
from models.inference.join import join_in_parts
from models.inference.latent_cgan import cgan_painter
from models.inference.latent_flow import flow_painter
from models.inference.nearness import N_DRAWS, Hear, nearest, some_of
from models.inference.path import Numbers, Plan, Stretch, n_frames_for, place, windows_of
from models.inference.pictures import reference_db, to_mel, to_picture
from models.inference.vae import VaeGenerator
from models.networks.autoencoders import VAE_LAYERS
from models.pretrained import Pretrained, load

SHORTEST_S, LONGEST_S = 1.0, 600.0


class Generator(Protocol):
    """A network that paints windows, whichever of a result it is asked for; the two kinds are in their own files."""

    name: str
    version: str
    labels: tuple[str, ...]
    needs_labels: bool
    """Whether it can do nothing with a label that it never learnt."""
    draws_again: bool
    """Whether it draws several times and keeps what resembles the source most, where somebody can hear it."""

    def vary(self, pictures: FloatArray, label: int | None, strength: float, stretch: Stretch) -> FloatArray:
        """Paint variations. [n_windows, 100, 128] -> same."""

    def mix(
        self,
        first: FloatArray,
        second: FloatArray,
        labels: tuple[int | None, int | None],
        blend: float,
        stretch: Stretch,
    ) -> FloatArray:
        """Paint what lies between. [n_windows, 100, 128] twice -> once."""


KINDS = ("vae", "cgan")
"""What can be asked for; the manifest says which network stands for it."""

PAINTERS: dict[str, Callable[[Pretrained], Generator]] = {
    **dict.fromkeys(VAE_LAYERS, VaeGenerator),
    "latent_flow": flow_painter,
    "cgan": CganGenerator,
    "latent_cgan": cgan_painter,
}
"""Who paints with a trained network, by the network's name."""


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
        raise UnknownNetwork(f"No generator is called {name!r}; there are {', '.join(KINDS)}.", known=list(KINDS))
    trained = load(name)
    return PAINTERS[trained.entry.network](trained)


def load_able(
    name: str, labels: Sequence[str], *, load: Callable[[str], Generator] = load_generator
) -> tuple[Generator, list[str]]:
    """Load the generator that is asked for, or the autoencoder where that one never learnt a label.

    Args:
        name: "vae" or "cgan".
        labels: Triggers of the sounds to vary or mix.
        load: Where generators come from.

    Returns:
        The generator, and a sentence for the listener if it is another than was asked for.

    Raises:
        UnknownNetwork: if there is no generator of this name.
        WrongWeights: if its file is not the promoted one.
    """
    generator = load(name)
    unknown = sorted(set(labels) - set(generator.labels))
    if not generator.needs_labels or not unknown:
        return generator, []
    return load(KINDS[0]), [f"{generator.version} never learnt {', '.join(unknown)}: {KINDS[0]} is taken instead."]


def remarks_on(mel: FloatArray) -> list[str]:
    """Tell the listener what had to be done to a source. [n_frames, 128] -> sentences, none if nothing."""
    if len(mel) >= WINDOW_FRAMES:
        return []
    return [f"The source has {len(mel) / FRAMES_PER_S:.2f} s: it goes there and back until it fills a second."]


def vary(
    generator: Generator,
    mel: FloatArray,
    *,
    label: str,
    strength: float,
    seconds: float,
    seed: int,
    is_loop: bool = False,
    hear: Hear | None = None,
) -> FloatArray:
    """Make a sound like another one, whole: what `vary_in_parts` yields, joined.

    Args:
        generator: A loaded generator.
        mel: The source, level in dB re full scale. [n_frames, 128]
        label: Its trigger.
        strength: 0 is the network's reconstruction of the source, 1 a free draw of the same trigger.
        seconds: Length of the result, 1 to 600 s.
        seed: Same seed, same result.
        is_loop: Whether the end leads into the beginning; the last frame is then the first again.
        hear: By whose embeddings a generator that draws again keeps the draw that resembles the source most; without,
            it keeps the first.

    Returns:
        Level in dB re full scale. [100 * seconds + 1, 128]

    Raises:
        BadSetting: if strength or seconds is out of range, or the source has no frame.
        UnknownLabel: if the generator needs the label and never learnt it.
        TooQuiet: if the source is silent.
    """
    parts = vary_in_parts(
        generator, mel, label=label, strength=strength, seconds=seconds, seed=seed, is_loop=is_loop, hear=hear
    )
    return np.concatenate(list(parts))


def vary_in_parts(
    generator: Generator,
    mel: FloatArray,
    *,
    label: str,
    strength: float,
    seconds: float,
    seed: int,
    is_loop: bool = False,
    hear: Hear | None = None,
) -> Iterator[FloatArray]:
    """Make a sound like another one, a few seconds at a time in flat memory; settings and refusals as of `vary`.

    Yields:
        Consecutive parts of the picture, level in dB re full scale. [n_frames, 128]
    """
    _require_within("strength", strength, 0.0, 1.0)
    plan = _plan(seconds, seed, is_loop)
    level_db = _level_db(mel)
    ordinal = _ordinal(generator, label)
    see = windows_of(mel, plan)

    def paint(numbers: Numbers, drawn: Plan) -> FloatArray:
        return generator.vary(to_picture(see(numbers), level_db), ordinal, float(strength), drawn.stretch(numbers))

    drawn = plan
    if generator.draws_again and hear is not None and strength > 0.0:
        some = some_of(plan.n_windows)
        draws = [plan.drawn_again(ordinal) for ordinal in range(N_DRAWS)]
        drawn = draws[nearest(see(some), (to_mel(paint(some, draw), level_db) for draw in draws), hear)]
    return (to_mel(part, level_db) for part in join_in_parts(lambda numbers: paint(numbers, drawn), plan))


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
    is_loop: bool = False,
) -> FloatArray:
    """Make a sound between two others, whole: what `mix_in_parts` yields, joined.

    Args:
        generator: A loaded generator.
        first_mel: Level in dB re full scale. [n_frames, 128]
        second_mel: Level in dB re full scale. [n_frames, 128]
        first_label: Trigger of the first.
        second_label: Trigger of the second.
        blend: 0 is the first's reconstruction, 1 the second's.
        seconds: Length of the result, 1 to 600 s.
        seed: Same seed, same result.
        is_loop: Whether the end leads into the beginning; the last frame is then the first again.

    Returns:
        Level in dB re full scale, its loudness between the two. [100 * seconds + 1, 128]

    Raises:
        BadSetting: if blend or seconds is out of range, or a source has no frame.
        UnknownLabel: if the generator needs a label and never learnt it.
        TooQuiet: if a source is silent.
    """
    parts = mix_in_parts(
        generator,
        first_mel,
        second_mel,
        first_label=first_label,
        second_label=second_label,
        blend=blend,
        seconds=seconds,
        seed=seed,
        is_loop=is_loop,
    )
    return np.concatenate(list(parts))


def mix_in_parts(
    generator: Generator,
    first_mel: FloatArray,
    second_mel: FloatArray,
    *,
    first_label: str,
    second_label: str,
    blend: float,
    seconds: float,
    seed: int,
    is_loop: bool = False,
) -> Iterator[FloatArray]:
    """Make a sound between two others, a few seconds at a time in flat memory; settings and refusals as of `mix`.

    Yields:
        Consecutive parts of the picture, level in dB re full scale. [n_frames, 128]
    """
    _require_within("blend", blend, 0.0, 1.0)
    plan = _plan(seconds, seed, is_loop)
    first_db, second_db = _level_db(first_mel), _level_db(second_mel)
    labels = (_ordinal(generator, first_label), _ordinal(generator, second_label))
    see_first, see_second = windows_of(first_mel, plan), windows_of(second_mel, plan)

    def paint(numbers: Numbers) -> FloatArray:
        first = to_picture(see_first(numbers), first_db)
        second = to_picture(see_second(numbers), second_db)
        return generator.mix(first, second, labels, float(blend), plan.stretch(numbers))

    level_db = (1.0 - blend) * first_db + blend * second_db
    return (to_mel(part, level_db) for part in join_in_parts(paint, plan))


def _plan(seconds: float, seed: int, is_loop: bool) -> Plan:
    if seed < 0:
        raise BadSetting(f"A seed is a whole number from 0, not {seed}.", setting="seed", value=seed)
    _require_within("seconds", seconds, SHORTEST_S, LONGEST_S)
    return place(n_frames_for(seconds), seed=seed, is_loop=is_loop)


def _level_db(mel: FloatArray) -> float:
    if mel.ndim != 2 or len(mel) == 0:
        raise BadSetting(f"A source has at least one frame; this one has shape {list(mel.shape)}.")
    return reference_db(mel)


def _ordinal(generator: Generator, label: str) -> int | None:
    if label not in generator.labels:
        if not generator.needs_labels:
            return None
        raise UnknownLabel(f"{generator.name} does not know {label!r}.", label=label, known=list(generator.labels))
    return generator.labels.index(label)


def _require_within(setting: str, value: float, lowest: float, highest: float) -> None:
    # NaN fails the comparison too.
    if not lowest <= value <= highest:
        raise BadSetting(
            f"{setting} must be between {lowest:g} and {highest:g}, not {value:g}.", setting=setting, value=value
        )
