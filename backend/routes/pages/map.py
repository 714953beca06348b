"""The map: sounds as points that lie near what they sound like. The points themselves come from the API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response

from backend.catalogue import map as catalogue_map
from backend.catalogue import triggers
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.pages.cards import Card
from backend.routes.pages.jobs import answer_job
from backend.routes.pages.language import LanguageDep, trigger_name
from backend.routes.pages.showing import PageContext, show

router = APIRouter()

N_POINTS_LISTED = 200


@dataclass(frozen=True)
class MapTrigger:
    """A trigger on the map: `ordinal` is what its points carry."""

    slug: str
    name: str
    ordinal: int
    n_sounds: int


@dataclass(frozen=True)
class Point:
    """A sound on the plain map; `x` and `y` are 0 to 100."""

    card: Card
    x: float
    y: float


@dataclass(frozen=True)
class MapPage(PageContext):
    """The map that scripts draw, with its legend."""

    template: ClassVar[str] = "map/map.html"
    legend: list[MapTrigger]
    n_sounds: int
    is_drawn: bool
    may_draw: bool


@dataclass(frozen=True)
class MapListPage(PageContext):
    """The map without scripts, and as words: its regions, and some of its points."""

    template: ClassVar[str] = "map/list.html"
    legend: list[MapTrigger]
    points: list[Point]


@router.get("/map")
def show_map(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    view: Literal["list"] | None = None,
) -> Response:
    """Show the map, or the same as a list."""
    legend = [
        MapTrigger(each.trigger.slug, trigger_name(language, each.trigger), each.trigger.ordinal, each.n_sounds)
        for each in triggers.counts(session, listener_id=caller.listener_id)
        if each.n_sounds
    ]
    if view == "list":
        newest = catalogue_map.newest(session, listener_id=caller.listener_id, limit=N_POINTS_LISTED)
        return show(
            request,
            MapListPage(
                legend=legend,
                points=[
                    Point(
                        Card.of(sound, language=language, listener_id=caller.listener_id),
                        round(100 * point.x, 2),
                        # Up is up on the map, and down on a page.
                        round(100 - 100 * point.y, 2),
                    )
                    for point, sound in newest
                ],
            ),
        )
    return show(
        request,
        MapPage(
            legend=legend,
            n_sounds=sum(each.n_sounds for each in legend),
            is_drawn=catalogue_map.is_drawn(session),
            may_draw=caller.is_admin,
        ),
    )


@router.post("/map/layouts", dependencies=[limited(Deed.CHANGE)])
def draw_anew(request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep) -> Response:
    """Have the map drawn anew; for the operator."""
    job = catalogue_map.draw_anew(session, is_admin=caller.is_admin)
    return answer_job(request, session, job, language=language, caller=caller)
