"""A sound's own page, and what can be done there: vary it, delete it."""

from __future__ import annotations

import itertools
import re
import secrets
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from backend.catalogue import sounds, triggers, variations
from backend.catalogue.errors import NoSuchSound
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.identity import Caller
from backend.routes.limits import Deed
from backend.routes.pages.axes import MelAxes, mel_axes
from backend.routes.pages.cards import Card
from backend.routes.pages.jobs import answer_job
from backend.routes.pages.language import Language, LanguageDep, other, say, trigger_name
from backend.routes.pages.showing import PageContext, percent, show
from backend.routes.schemas.sounds import SoundSourceBody, address_at
from backend.tables import Sound

router = APIRouter()

N_BARS_SHOWN = 6
N_SIMILAR_SHOWN = 9
# A waveform is some 900 px wide at most, three pixels a bar; more peaks would only be bytes.
N_PEAKS_SHOWN = 400
PAGE_SEEDS = 100_000

KNOB_WORDS = {"strength": "vary.strength", "blend": "mix.blend", "renderer": "sound.renderer"}
SHARES = {"strength", "blend"}


@dataclass(frozen=True)
class Bar:
    """A trigger and how sure the classifier is of it."""

    slug: str
    name: str
    probability: float


@dataclass(frozen=True)
class Origin:
    """Where a found sound comes from; `original_href` is the video's page at the sound's first moment."""

    id: UUID
    title: str | None
    uploader: str | None
    licence: str | None
    original_href: str | None


@dataclass(frozen=True)
class SoundPage(PageContext):
    """Everything there is to know about one sound."""

    template: ClassVar[str] = "sounds/sound.html"
    card: Card
    other_language: Language
    other_trigger_name: str
    peaks: list[float]
    mel: MelAxes | None
    bars: list[Bar]
    source: Origin | None
    end_s: float | None
    n_channels: int
    loudness_lufs: float | None
    network: str | None
    weights_version: str | None
    seed: int | None
    settings: list[tuple[str, str]]
    parents: list[Card]
    has_lost_parent: bool
    similar: list[Card]
    file_name: str
    default_seconds: int
    new_seed: int
    may_delete: bool


@router.get("/sounds/{sound_id}")
def show_sound(
    sound_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Show one sound."""
    sound = sounds.find(session, sound_id, listener_id=caller.listener_id)
    card = Card.of(sound, language=language, listener_id=caller.listener_id)
    near = sounds.similar(session, sound_id, listener_id=caller.listener_id, limit=N_SIMILAR_SHOWN)
    parent_ids = [parent_id for parent_id in (sound.first_parent_id, sound.second_parent_id) if parent_id]
    parents = _cards(session, parent_ids, language, caller)
    n_parents = {None: 0, "variation": 1, "mix": 2}[card.deed]
    return show(
        request,
        SoundPage(
            card=card,
            other_language=other(language),
            other_trigger_name=trigger_name(other(language), sound.trigger),
            peaks=_fewer(sound.peaks, N_PEAKS_SHOWN),
            mel=mel_axes(sound.duration_s) if sound.mel_key else None,
            bars=_bars(session, sound, language, caller),
            source=_origin(sound),
            end_s=sound.end_s,
            n_channels=sound.n_channels,
            loudness_lufs=sound.loudness_lufs,
            network=sound.network,
            weights_version=sound.weights_version,
            seed=sound.seed,
            settings=_settings(sound.settings, language),
            parents=parents,
            has_lost_parent=len(parents) < n_parents,
            similar=[Card.of(each.sound, language=language, listener_id=caller.listener_id) for each in near],
            file_name=re.sub(r"[^\w.-]+", "-", card.title).strip("-.")[:80] or "sound",
            default_seconds=max(1, min(60, round(sound.duration_s))),
            new_seed=secrets.randbelow(PAGE_SEEDS),
            may_delete=card.is_mine or caller.is_admin,
        ),
    )


@router.post("/sounds/{sound_id}/variations", dependencies=[limited(Deed.MAKE)])
def vary_sound(
    sound_id: UUID,
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    network: Annotated[str, Form(max_length=40)],
    strength: Annotated[float, Form()],
    seconds: Annotated[float, Form()],
    seed: Annotated[int, Form()],
) -> Response:
    """Ask for a sound like this one; the job's fragment shows it grow."""
    job = variations.submit(
        session,
        listener_id=caller.listener_id,
        sound_id=sound_id,
        network=network,
        strength=strength,
        seconds=seconds,
        seed=seed,
    )
    return answer_job(request, session, job, language=language, caller=caller)


@router.post("/sounds/{sound_id}/delete", dependencies=[limited(Deed.CHANGE)])
def delete_sound(sound_id: UUID, session: SessionDep, caller: CallerDep) -> Response:
    """Delete a sound and go where its owner's other sounds are."""
    sounds.delete(session, sound_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return RedirectResponse("/library", status_code=303)


def _cards(session: Session, sound_ids: list[UUID], language: Language, caller: Caller) -> list[Card]:
    cards = []
    for sound_id in sound_ids:
        try:
            sound = sounds.find(session, sound_id, listener_id=caller.listener_id)
        except NoSuchSound:
            # Deleted, or another listener's: for this reader it is gone.
            continue
        cards.append(Card.of(sound, language=language, listener_id=caller.listener_id))
    return cards


def _bars(session: Session, sound: Sound, language: Language, caller: Caller) -> list[Bar]:
    names = {
        each.trigger.slug: trigger_name(language, each.trigger)
        for each in triggers.counts(session, listener_id=caller.listener_id)
    }
    likeliest = sorted(sound.probabilities.items(), key=lambda item: -item[1])[:N_BARS_SHOWN]
    return [Bar(slug, names.get(slug, slug), probability) for slug, probability in likeliest]


def _origin(sound: Sound) -> Origin | None:
    if sound.source is None:
        return None
    source = SoundSourceBody.of(sound.source, start_s=sound.start_s)
    return Origin(source.id, source.title, source.uploader, source.licence, web_address(source.url))


def web_address(address: str | None, start_s: float | None = None) -> str | None:
    """Return an address that a link may carry: a site's own data never becomes a javascript: link."""
    here = address_at(address, start_s)
    return here if here is not None and here.lower().startswith(("https://", "http://")) else None


def _settings(settings: dict[str, Any] | None, language: Language) -> list[tuple[str, str]]:
    """Name the knobs that a sound was made with; network, seed and length have lines of their own."""
    return [
        (
            say(language, KNOB_WORDS[name]) if name in KNOB_WORDS else name,
            _knob(name, value),
        )
        for name, value in (settings or {}).items()
        if name not in {"network", "seed", "seconds"} and isinstance(value, str | int | float)
    ]


def _knob(name: str, value: str | float) -> str:
    if isinstance(value, str):
        return value
    return percent(value) if name in SHARES else f"{value:g}"


def _fewer(peaks: list[float], n_points: int) -> list[float]:
    if len(peaks) <= n_points:
        return [round(peak, 3) for peak in peaks]
    edges = [round(point * len(peaks) / n_points) for point in range(n_points + 1)]
    return [round(max(peaks[first:last]), 3) for first, last in itertools.pairwise(edges)]
