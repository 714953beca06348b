"""A sound's family tree on its page, and the form that makes it once more."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from backend.catalogue import family
from backend.routes.identity import Caller
from backend.routes.pages.cards import Card
from backend.routes.pages.language import Language, say
from backend.routes.pages.showing import percent
from backend.tables import Deed, Sound

KNOB_WORDS = {
    "strength": "vary.strength",
    "blend": "mix.blend",
    "space": "vary.space",
    "loop": "vary.loop",
    "renderer": "sound.renderer",
    "asked_for": "sound.asked_for",
    "filled_from_s": "sound.filled_from",
}
SHARES = {"strength", "blend"}
# Of the knobs, those that an address of the pages takes under the same name.
KNOB_OF = {Deed.VARIATION: "strength", Deed.MIX: "blend"}
SEEDS = 100_000


@dataclass(frozen=True)
class Relative:
    """A member of the family, and in a line what it was made with; None for a found sound."""

    card: Card
    made_with: str | None


@dataclass(frozen=True)
class GenerationView:
    """Members that stand side by side, and how many of them are gone."""

    relatives: list[Relative]
    n_lost: int


@dataclass(frozen=True)
class Again:
    """The job that made a sound, to be asked for again: where to, with what, and another seed to try."""

    action: str
    fields: dict[str, Any]
    seed: int
    new_seed: int


@dataclass(frozen=True)
class Family:
    """What a sound was made from, nearest first, what was made from it, and how to make it again."""

    generations: list[GenerationView]
    children: list[Relative]
    again: Again | None

    @property
    def is_alone(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.generations and not self.children


def read_family(session: Session, sound: Sound, *, language: Language, caller: Caller) -> tuple[Family, list[Sound]]:
    """Lay out a sound's family; give the ancestors' rows too, as credit is due to their sources."""
    listener_id = caller.listener_id

    def relative(each: Sound) -> Relative:
        return Relative(Card.of(each, language=language, listener_id=listener_id), made_with(each, language))

    generations = family.ancestors(session, sound, listener_id=listener_id)
    children = family.children(session, sound.id, listener_id=listener_id)
    drawn = Family(
        generations=[GenerationView([relative(each) for each in one.parents], one.n_lost) for one in generations],
        children=[relative(each) for each in children],
        again=_again(sound) if generations and not generations[0].n_lost else None,
    )
    return drawn, [each for one in generations for each in one.parents]


def made_with(sound: Sound, language: Language) -> str | None:
    """Say in a line which network made a sound, with which knobs and seed; None for a found one."""
    if sound.deed is None:
        return None
    parts = [sound.network or "", *(f"{name} {value}" for name, value in knobs(sound.settings, language))]
    return " · ".join(part for part in (*parts, f"{say(language, 'sound.seed')} {sound.seed}") if part)


def knobs(settings: dict[str, Any] | None, language: Language) -> list[tuple[str, str]]:
    """Name the knobs that a sound was made with; network, seed and length have lines of their own."""
    return [
        (say(language, KNOB_WORDS[name]) if name in KNOB_WORDS else name, _knob(name, value, language))
        for name, value in (settings or {}).items()
        if name not in {"network", "seed", "seconds"} and value is not False and isinstance(value, str | int | float)
    ]


def _knob(name: str, value: str | float, language: Language) -> str:
    if name == "space":
        return say(language, f"space.{value}")
    if isinstance(value, bool):
        return say(language, "vary.yes" if value else "vary.no")
    if isinstance(value, str):
        return value
    if name == "filled_from_s":
        return say(language, "sound.seconds_unit", seconds=f"{value:g}")
    return percent(value) if name in SHARES else f"{value:g}"


def _again(sound: Sound) -> Again | None:
    settings = sound.settings or {}
    if sound.deed is None or sound.seed is None or not {"seconds", KNOB_OF[sound.deed]} <= settings.keys():
        return None
    knob = KNOB_OF[sound.deed]
    fields = {"network": sound.network, "seconds": settings["seconds"], knob: settings[knob]}
    fields |= {name: settings[name] for name in ("space", "loop") if name in settings}
    if sound.deed is Deed.MIX:
        action = "/mix"
        fields |= {"first_id": sound.first_parent_id, "second_id": sound.second_parent_id}
    else:
        action = f"/sounds/{sound.first_parent_id}/variations"
    return Again(action, fields, sound.seed, secrets.randbelow(SEEDS))
