"""One candidate of an audition: how far it has come, how near it lies, what asks for more like it."""

from __future__ import annotations

import math
import secrets
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from backend.catalogue.auditions import Audition, Candidate
from backend.outbox import TaskName
from backend.routes.identity import Caller
from backend.routes.pages.cards import Card
from backend.routes.pages.jobs import JobView
from backend.routes.pages.language import Language, say
from backend.routes.pages.showing import percent
from backend.tables import Sound

# Drawn for a form; short enough to be read out and typed.
SEEDS = 100_000
# What "more like this" asks for where the candidate was not varied itself, but mixed.
STRENGTH_AGAIN = 0.3
N_AGAIN = 3
# Where the scale of "nearer … farther" ends. Variations lie 0.03 to 0.3 from their source, sounds of other triggers 0.2
# to 1: the scale goes by the square root, or all variations would stand at its beginning.
FARTHEST = 1.0


@dataclass(frozen=True)
class Scale:
    """Where a candidate stands between two words, `percent` from the left, and the figures behind it."""

    left: str
    right: str
    percent: float
    says: str
    title: str


@dataclass(frozen=True)
class Again:
    """What asks for more like a candidate."""

    network: str
    strength: float
    seconds: float
    space: str
    loop: bool
    seed: int
    n_candidates: int


@dataclass(frozen=True)
class CandidateView:
    """One candidate: waiting, being made, ended without, or there to be heard."""

    audition_id: UUID
    job: JobView
    name: str
    card: Card | None
    has_picture: bool
    is_draft: bool
    scale: Scale | None
    again: Again | None

    @classmethod
    def of(
        cls, session: Session, audition: Audition, candidate: Candidate, *, language: Language, caller: Caller
    ) -> CandidateView:
        """Read a candidate off its job and its sound."""
        asked, sound = candidate.job.arguments, candidate.sound
        if audition.task is TaskName.MIX_SOUNDS:
            name = say(language, "audition.blend", percent=percent(asked["blend"]))
        else:
            name = say(language, "audition.seed", seed=asked["seed"])
        return cls(
            audition_id=audition.id,
            job=JobView.of(session, candidate.job, language=language, caller=caller),
            name=name,
            card=card_of(sound, language, caller),
            has_picture=sound is not None and sound.mel_key is not None,
            is_draft=sound is not None and sound.is_draft,
            scale=_scale(candidate, language),
            again=Again(
                network=asked["network"],
                strength=asked.get("strength", STRENGTH_AGAIN),
                seconds=asked["seconds"],
                space=asked.get("space", "source"),
                loop=asked.get("loop", False),
                seed=secrets.randbelow(SEEDS),
                n_candidates=N_AGAIN,
            )
            if sound is not None
            else None,
        )


def _scale(candidate: Candidate, language: Language) -> Scale | None:
    """Say how far a candidate lies from its source, or where between its two parents."""
    first, second = candidate.first_distance, candidate.second_distance
    if first is None:
        return None
    if candidate.job.arguments.get("second_id") is None:
        return Scale(
            left=say(language, "audition.nearer"),
            right=say(language, "audition.farther"),
            percent=round(100 * math.sqrt(min(1.0, max(0.0, first) / FARTHEST)), 1),
            says=f"{first:.2f}",
            title=say(language, "audition.distance", distance=f"{first:.2f}"),
        )
    if second is None:
        return None
    return Scale(
        left="A",
        right="B",
        percent=round(100 * first / (first + second), 1) if first + second > 0 else 50.0,
        says=f"{first:.2f} · {second:.2f}",
        title=say(language, "audition.distances", first=f"{first:.2f}", second=f"{second:.2f}"),
    )


def card_of(sound: Sound | None, language: Language, caller: Caller) -> Card | None:
    """Show a sound that may not be there (yet, or any more)."""
    return Card.of(sound, language=language, listener_id=caller.listener_id) if sound is not None else None
