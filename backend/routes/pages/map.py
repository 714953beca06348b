"""The map: sounds as points that lie near what they sound like."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from fastapi import APIRouter, Request
from fastapi.responses import Response
from numpy.typing import NDArray

from backend.catalogue import sounds
from backend.catalogue.cursors import MAX_LIMIT
from backend.catalogue.sounds import Filters
from backend.routes.deps import CallerDep, SessionDep
from backend.routes.pages.cards import Card
from backend.routes.pages.language import LanguageDep
from backend.routes.pages.showing import PageContext, show
from backend.routes.pages.timeline import LegendEntry
from backend.tables import Sound

router = APIRouter()

N_POINTS = 500
N_POINTS_NEEDED = 3


@dataclass(frozen=True)
class Point:
    """A sound on the map; `x` and `y` are 0 to 100."""

    card: Card
    x: float
    y: float


@dataclass(frozen=True)
class MapPage(PageContext):
    """The newest sounds, laid out by their embeddings."""

    template: ClassVar[str] = "map/map.html"
    points: list[Point]
    legend: list[LegendEntry]


@router.get("/map")
def show_map(request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep) -> Response:
    """Show the newest sounds on a map."""
    found: list[Sound] = []
    cursor: str | None = None
    while len(found) < N_POINTS:
        page = sounds.search(session, Filters(), listener_id=caller.listener_id, cursor=cursor, limit=MAX_LIMIT)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    cards = [Card.of(sound, language=language, listener_id=caller.listener_id) for sound in found]
    places = lay_out(np.asarray([sound.embedding for sound in found], dtype=np.float64))
    points = [Point(card, float(x), float(y)) for card, (x, y) in zip(cards, places, strict=True)]
    legend = sorted({card.trigger_slug: card.trigger_name for card in cards}.items(), key=lambda entry: entry[1])
    return show(
        request,
        MapPage(
            points=points if len(points) >= N_POINTS_NEEDED else [],
            legend=[LegendEntry(slug, name) for slug, name in legend],
        ),
    )


def lay_out(embeddings: NDArray[np.float64]) -> NDArray[np.float64]:
    """Project embeddings onto the two directions in which they differ most (principal components).

    Each axis is then spread by rank half-way to even, so that a far point does not press all others into a corner.

    Args:
        embeddings: One row for each sound. [n_sounds, width]

    Returns:
        Places within 0 to 100. [n_sounds, 2]
    """
    n_sounds = len(embeddings)
    if n_sounds < N_POINTS_NEEDED:
        return np.full((n_sounds, 2), 50.0)
    centred = embeddings - embeddings.mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    # A direction's sign is arbitrary: fixing it keeps the map from flipping between two visits.
    signs = np.sign(directions[:2].sum(axis=1, keepdims=True))
    flat = centred @ (directions[:2] * np.where(signs == 0, 1, signs)).T
    span = np.ptp(flat, axis=0)
    linear = (flat - flat.min(axis=0)) / np.where(span == 0, 1, span)
    ranks = flat.argsort(axis=0, kind="stable").argsort(axis=0, kind="stable") / (n_sounds - 1)
    return np.asarray(np.round(100 * (linear + ranks) / 2, 2))
