"""A listener's taste over JSON: what it proposes, all that is known of it, and the way to be forgotten."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query

from backend.catalogue import corrections, favourites, picks, plays, preferences
from backend.catalogue.errors import TooManyRequests
from backend.routes.deps import CallerDep, SessionDep, limited
from backend.routes.limits import Deed
from backend.routes.problems import problems
from backend.routes.schemas.taste import (
    CorrectionBody,
    HeartBody,
    PickBody,
    PickList,
    PlayedSumBody,
    PreferencesBody,
    PreferencesWish,
    TastePointBody,
    title_of,
)

router = APIRouter(tags=["taste"])

CHANGE = [limited(Deed.CHANGE)]


@router.get("/for-you")
def list_picks(
    session: SessionDep,
    caller: CallerDep,
    limit: Annotated[int, Query(ge=1, le=picks.MAX_PICKS)] = 24,
    seed: Annotated[int, Query(ge=0, le=2**31, description="Another seed, another list of the same taste.")] = 0,
) -> PickList:
    """Propose sounds to the caller, each with the reason: what they like, or something new."""
    found = picks.pick(session, listener_id=caller.listener_id, n_sounds=limit, seed=seed)
    return PickList(items=[PickBody.from_pick(each, listener_id=caller.listener_id) for each in found])


@router.get("/preferences")
def export_preferences(session: SessionDep, caller: CallerDep) -> PreferencesBody:
    """Give the caller all that is known of their taste, complete."""
    who = caller.listener_id
    learnt = preferences.taste(session, listener_id=who)
    return PreferencesBody(
        is_remembered=plays.remembers(session, who),
        favourites=[
            HeartBody(sound_id=sound.id, trigger=sound.trigger_slug, title=title_of(sound), created_at=created_at)
            for sound, created_at in favourites.everything(session, listener_id=who)
        ],
        plays=[
            PlayedSumBody(
                sound_id=play.sound_id,
                n_plays=play.n_plays,
                n_skips=play.n_skips,
                listened_s=play.listened_s,
                last_played_at=play.last_played_at,
            )
            for play in plays.everything(session, listener_id=who)
        ],
        corrections=[CorrectionBody.of(each) for each in corrections.everything(session, listener_id=who)],
        taste=[
            TastePointBody(
                share=round(min(1.0, point.share), 4),
                liked=[signal.sound_id for signal in point.liked],
                triggers=sorted({signal.trigger for signal in point.liked}),
            )
            for point in learnt.points
        ],
    )


@router.patch("/preferences", status_code=204, dependencies=CHANGE, responses=problems(TooManyRequests))
def change_preferences(wanted: PreferencesWish, session: SessionDep, caller: CallerDep) -> None:
    """Say whether what the caller plays is remembered from now on."""
    plays.choose(session, listener_id=caller.listener_id, is_remembered=wanted.is_remembered)


@router.delete("/preferences", status_code=204, dependencies=CHANGE, responses=problems(TooManyRequests))
def reset_preferences(
    session: SessionDep,
    caller: CallerDep,
    favourites: Annotated[bool, Query(description="Whether the favourites go too.")] = False,
) -> None:
    """Forget all that the caller has played, and on request their favourites: their taste begins anew."""
    preferences.forget(session, listener_id=caller.listener_id, hearts_too=favourites)
