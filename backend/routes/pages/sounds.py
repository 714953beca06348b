"""A sound's own page; deleting it."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from backend.catalogue import sounds, triggers
from backend.catalogue.errors import SoundDeleted
from backend.catalogue.sounds import Filters
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.identity import Caller
from backend.routes.limits import Deed
from backend.routes.pages.axes import MelAxes, mel_axes
from backend.routes.pages.cards import Card
from backend.routes.pages.corrections import CorrectionPanel
from backend.routes.pages.family import Family, knobs, read_family
from backend.routes.pages.language import Language, LanguageDep, other, trigger_name
from backend.routes.pages.origins import Origin, attribution
from backend.routes.pages.showing import PageContext, show
from backend.routes.pages.variations import VaryPanel
from backend.tables import Sound

router = APIRouter()

N_BARS_SHOWN = 6
N_SIMILAR_SHOWN = 9
# A waveform is some 900 px wide at most, three pixels a bar; more peaks would only be bytes.
N_PEAKS_SHOWN = 400


@dataclass(frozen=True)
class Bar:
    """A trigger and how sure the classifier is of it."""

    slug: str
    name: str
    probability: float


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
    family: Family
    attribution: str | None
    similar: list[Card]
    file_name: str
    vary: VaryPanel
    correction: CorrectionPanel | None
    may_delete: bool


@dataclass(frozen=True)
class TombstonePage(PageContext):
    """What is said of a deleted sound, and others of its trigger to go on with."""

    template: ClassVar[str] = "sounds/tombstone.html"
    trigger_slug: str
    trigger_name: str
    cards: list[Card]


@router.get("/sounds/{sound_id}")
def show_sound(
    sound_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Show one sound."""
    try:
        sound = sounds.find(session, sound_id, listener_id=caller.listener_id)
    except SoundDeleted as deleted:
        return _show_tombstone(request, session, deleted, language=language, caller=caller)
    card = Card.of(sound, language=language, listener_id=caller.listener_id)
    origin = Origin.of(sound)
    relatives, ancestors = read_family(session, sound, language=language, caller=caller)
    near = sounds.similar(session, sound_id, listener_id=caller.listener_id, limit=N_SIMILAR_SHOWN)
    return show(
        request,
        SoundPage(
            card=card,
            other_language=other(language),
            other_trigger_name=trigger_name(other(language), sound.trigger),
            peaks=_fewer(sound.peaks, N_PEAKS_SHOWN),
            mel=mel_axes(sound.duration_s) if sound.mel_key else None,
            bars=_bars(session, sound, language, caller),
            source=origin,
            end_s=sound.end_s,
            n_channels=sound.n_channels,
            loudness_lufs=sound.loudness_lufs,
            network=sound.network,
            weights_version=sound.weights_version,
            seed=sound.seed,
            settings=knobs(sound.settings, language),
            family=relatives,
            attribution=attribution(card, origin, ancestors, language),
            similar=[Card.of(each.sound, language=language, listener_id=caller.listener_id) for each in near],
            file_name=re.sub(r"[^\w.-]+", "-", card.title).strip("-.")[:80] or "sound",
            vary=VaryPanel.of(session, sound, language=language, caller=caller),
            correction=CorrectionPanel.of(session, sound, language=language, caller=caller),
            may_delete=card.is_mine or caller.is_admin,
        ),
    )


@router.post("/sounds/{sound_id}/delete", dependencies=[limited(Deed.CHANGE)])
def delete_sound(sound_id: UUID, session: SessionDep, caller: CallerDep) -> Response:
    """Delete a sound and go where its owner's other sounds are."""
    sounds.delete(session, sound_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return RedirectResponse("/library", status_code=303)


def _show_tombstone(
    request: Request, session: Session, deleted: SoundDeleted, *, language: Language, caller: Caller
) -> Response:
    trigger = triggers.find(session, str(deleted.extensions["trigger"]))
    near = sounds.search(
        session,
        Filters(trigger=trigger.slug),
        listener_id=caller.listener_id,
        sort="confidence",
        limit=N_SIMILAR_SHOWN,
    )
    return show(
        request,
        TombstonePage(
            trigger_slug=trigger.slug,
            trigger_name=trigger_name(language, trigger),
            cards=[Card.of(each, language=language, listener_id=caller.listener_id) for each in near.items],
        ),
        status_code=HTTPStatus.GONE,
    )


def _bars(session: Session, sound: Sound, language: Language, caller: Caller) -> list[Bar]:
    names = {
        each.trigger.slug: trigger_name(language, each.trigger)
        for each in triggers.counts(session, listener_id=caller.listener_id)
    }
    likeliest = sorted(sound.probabilities.items(), key=lambda item: -item[1])[:N_BARS_SHOWN]
    return [Bar(slug, names.get(slug, slug), probability) for slug, probability in likeliest]


def _fewer(peaks: list[float], n_points: int) -> list[float]:
    if len(peaks) <= n_points:
        return [round(peak, 3) for peak in peaks]
    edges = [round(point * len(peaks) / n_points) for point in range(n_points + 1)]
    return [round(max(peaks[first:last]), 3) for first, last in itertools.pairwise(edges)]
