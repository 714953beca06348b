"""Sources: a source's page with its timeline, and the page that adds videos."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from backend.catalogue import sources
from backend.catalogue.errors import AdminOnly
from backend.catalogue.picks import BACKGROUND
from backend.catalogue.sources import SourceView
from backend.routes.api.recordings import may_hear
from backend.routes.deps import CallerDep, SessionDep, SettingsDep, limited
from backend.routes.identity import Caller, is_admin_token, remember_admin
from backend.routes.limits import Deed
from backend.routes.pages.cards import Card
from backend.routes.pages.jobs import JobView, answer_job
from backend.routes.pages.language import Language, LanguageDep, phase_words, say
from backend.routes.pages.origins import web_address
from backend.routes.pages.showing import PageContext, show
from backend.routes.pages.timeline import Timeline, found_sounds, read_timeline
from backend.routes.schemas.sources import ADDRESS_MAX_LENGTH
from backend.tables import Source

router = APIRouter()

N_CARDS = 48
N_RECENT = 10
HEARD_AT_ONCE_S = 1.0
"""The classifier's window (s)."""


@dataclass(frozen=True)
class SourceRow:
    """A source in a list."""

    id: UUID
    kind: str
    title: str
    duration_s: float | None
    n_sounds: int
    status_words: str

    @classmethod
    def of(cls, view: SourceView, *, language: Language) -> SourceRow:
        """Read a row of a list off a source and its newest job."""
        source, job = view.source, view.job
        if job is None or job.state == "done":
            words = ""
        elif job.state.has_ended:
            words = say(language, f"job.{job.state.value}")
        else:
            words = phase_words(language, job.phase)
        return cls(source.id, source.kind.value, title_of(source, language), source.duration_s, view.n_sounds, words)


@dataclass(frozen=True)
class TimelineFragment(PageContext):
    """What was heard in a source so far."""

    template: ClassVar[str] = "sources/_timeline.html"
    timeline: Timeline
    cards: list[Card]
    all_href: str | None
    n_sounds: int
    is_alive: bool
    nothing_found: str
    """Why there are no sounds."""
    is_silent: bool
    is_filled_up: bool
    """Whether it is shorter than what is heard at once."""
    is_heard: bool
    recording_href: str | None


@dataclass(frozen=True)
class SourcePage(TimelineFragment):
    """A source with its status, timeline and sounds: the fragment, and what stands around it."""

    template: ClassVar[str] = "sources/source.html"
    source: Source
    title: str
    original_href: str | None
    is_mine: bool
    may_delete: bool
    job: JobView | None


@dataclass(frozen=True)
class IngestPage(PageContext):
    """The form that takes a video's address, or the admin's token where one is needed."""

    template: ClassVar[str] = "sources/ingest.html"
    is_admin: bool
    is_wrong_token: bool
    sources: list[SourceRow]


@router.get("/sources/{source_id}")
def show_source(
    source_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Show a source."""
    view = sources.find(session, source_id, listener_id=caller.listener_id)
    heard = _heard(session, view, language, caller)
    source = view.source
    is_mine = source.listener_id == caller.listener_id
    return show(
        request,
        SourcePage(
            **vars(heard),
            source=source,
            title=title_of(source, language),
            original_href=web_address(source.webpage_url),
            is_mine=is_mine,
            may_delete=is_mine or caller.is_admin,
            job=JobView.of(session, view.job, language=language, caller=caller) if view.job else None,
        ),
    )


@router.get("/sources/{source_id}/timeline")
def show_timeline(
    source_id: UUID, request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep
) -> Response:
    """Show a source's timeline and sounds as a fragment."""
    view = sources.find(session, source_id, listener_id=caller.listener_id)
    return show(request, _heard(session, view, language, caller))


@router.post("/sources/{source_id}/delete", dependencies=[limited(Deed.CHANGE)])
def delete_source(source_id: UUID, session: SessionDep, caller: CallerDep) -> Response:
    """Delete a source with its sounds."""
    sources.delete(session, source_id, listener_id=caller.listener_id, is_admin=caller.is_admin)
    return RedirectResponse("/library", status_code=303)


@router.get("/ingest")
def show_ingest(request: Request, session: SessionDep, caller: CallerDep, language: LanguageDep) -> Response:
    """Show the form for a video's address."""
    return show(request, _ingest_page(session, caller, language))


@router.post("/ingest", dependencies=[limited(Deed.SUBMIT)])
def ingest(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    language: LanguageDep,
    url: Annotated[str, Form(min_length=1, max_length=ADDRESS_MAX_LENGTH)],
) -> Response:
    """Have a video catalogued; a known one answers with its first job."""
    if not caller.is_admin:
        raise AdminOnly
    _, job = sources.submit_video(session, url, listener_id=caller.listener_id)
    return answer_job(request, session, job, language=language, caller=caller)


@router.post("/ingest/unlock", dependencies=[limited(Deed.SUBMIT)])
def unlock(
    request: Request,
    session: SessionDep,
    caller: CallerDep,
    settings: SettingsDep,
    language: LanguageDep,
    token: Annotated[str, Form(max_length=500)],
) -> Response:
    """Remember the admin by a cookie when the token is right."""
    if not is_admin_token(token, settings):
        return show(request, _ingest_page(session, caller, language, is_wrong_token=True), status_code=403)
    answer = RedirectResponse("/ingest", status_code=303)
    remember_admin(answer, settings)
    return answer


def title_of(source: Source, language: Language) -> str:
    """Return what a source is called: its title, else its address."""
    return source.title or source.url or say(language, "source.untitled")


def _heard(session: Session, view: SourceView, language: Language, caller: Caller) -> TimelineFragment:
    found = found_sounds(session, view.source.id, listener_id=caller.listener_id)
    cards = [Card.of(sound, language=language, listener_id=caller.listener_id) for sound in found]
    is_alive = view.job is not None and not view.job.state.has_ended
    return TimelineFragment(
        timeline=read_timeline(session, view.source, found, cards, language=language, listener_id=caller.listener_id),
        cards=cards[:N_CARDS],
        all_href=f"/?source={view.source.id}&sort=oldest" if view.n_sounds > N_CARDS else None,
        n_sounds=view.n_sounds,
        is_alive=is_alive,
        nothing_found=say(language, _why_nothing(view.source, is_alive=is_alive)),
        is_silent=_is_silent(view.source),
        is_filled_up=view.source.duration_s is not None and view.source.duration_s < HEARD_AT_ONCE_S,
        is_heard=view.source.labelled_with is not None,
        recording_href=f"/api/v1/sources/{view.source.id}/audio"
        if view.source.audio_key and may_hear(view.source, caller)
        else None,
    )


def _why_nothing(source: Source, *, is_alive: bool) -> str:
    if is_alive:
        return "source.sounds_wait"
    if source.labelled_with is None:
        return "source.sounds_unfinished"
    return "source.sounds_silence" if _is_silent(source) else "source.sounds_none"


def _is_silent(source: Source) -> bool:
    # Silence is the only background that is beyond doubt.
    return {(part["trigger"], part["confidence"]) for part in source.timeline} == {(BACKGROUND, 1.0)}


def _ingest_page(session: Session, caller: Caller, language: Language, *, is_wrong_token: bool = False) -> IngestPage:
    recent = sources.search(session, listener_id=None, limit=N_RECENT)
    rows = [SourceRow.of(view, language=language) for view in recent.items]
    return IngestPage(caller.is_admin, is_wrong_token, rows)
