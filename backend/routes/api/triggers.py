"""Triggers over JSON."""

from __future__ import annotations

from fastapi import APIRouter

from backend.catalogue import triggers
from backend.routes.deps import CallerDep, SessionDep
from backend.routes.schemas.triggers import TriggerBody

router = APIRouter(prefix="/triggers", tags=["triggers"])


@router.get("")
def list_triggers(session: SessionDep, caller: CallerDep) -> list[TriggerBody]:
    """List the taxonomy, each trigger with how many sounds the caller can hear of it."""
    return [
        TriggerBody(
            slug=counted.trigger.slug,
            name_en=counted.trigger.name_en,
            name_ko=counted.trigger.name_ko,
            description_en=counted.trigger.description_en,
            description_ko=counted.trigger.description_ko,
            aliases=counted.trigger.aliases,
            n_sounds=counted.n_sounds,
        )
        for counted in triggers.counts(session, listener_id=caller.listener_id)
    ]
