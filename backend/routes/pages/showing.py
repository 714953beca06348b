"""How a page is shown: a frozen context beside its route, its template, and the words that every template may use."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, ClassVar

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import pass_context
from jinja2.runtime import Context

from backend.routes.pages.assets import template_assets
from backend.routes.pages.fragments import template_card
from backend.routes.pages.language import (
    client_messages,
    read_language,
    refusal_words,
    say,
    template_count,
    template_language,
    template_say,
)
from backend.routes.problems import Problem
from backend.routes.rendering import environment, is_htmx, render


@dataclass(frozen=True)
class PageContext:
    """The variables of one template; each page is a subclass that stands beside its route."""

    template: ClassVar[str]


@dataclass(frozen=True)
class ProblemWords:
    """A problem in the reader's language."""

    title: str
    sentence: str


def show(request: Request, page: PageContext, *, status_code: int = 200) -> HTMLResponse:
    """Render a page or a fragment from its context."""
    variables = {field.name: getattr(page, field.name) for field in fields(page)}
    return render(request, page.template, variables, status_code=status_code)


def wants_fragment(request: Request) -> bool:
    """Tell whether a form was sent by htmx for a piece of the page, and not by a browser for a whole one."""
    return is_htmx(request)


def clock(seconds: float) -> str:
    """Write seconds as people read them: 0:07, 12:34, 1:02:03."""
    whole = max(0, int(seconds))
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02d}:{whole % 60:02d}" if hours else f"{minutes}:{whole % 60:02d}"


def percent(share: float) -> str:
    """Write a share of 0 to 1 in percent, never rounding up to certainty."""
    return f"{min(99, round(share * 100)) if share < 1 else 100} %"


@pass_context
def problem_words(context: Context, problem: Problem) -> ProblemWords:
    """Put a problem into the reader's language: by its status where that says it all, else by its own sentence."""
    language = read_language(context["request"])
    extra = problem.model_extra or {}
    known = {404: "not_found", 413: "too_large", 429: "too_many", 503: "away"}
    key = "internal" if "incident" in extra else known.get(problem.status)
    sentence = (
        say(language, f"problem.{key}") if key else refusal_words(language, problem.model_dump()) or problem.detail
    )
    if language == "en" and problem.status in {413, 429}:
        # The catalogue's own sentence carries the limit.
        sentence = problem.detail
    if "incident" in extra:
        sentence = f"{sentence} {say(language, 'problem.incident', incident=extra['incident'])}"
    return ProblemWords(problem.title if language == "en" else say(language, "problem.title"), sentence)


TEMPLATE_WORDS: dict[str, Any] = {
    "t": template_say,
    "count": template_count,
    "language": template_language,
    "assets": template_assets,
    "client_messages": client_messages,
    "problem_words": problem_words,
    "kept_card": template_card,
}
environment.globals.update(TEMPLATE_WORDS)
environment.filters.update(clock=clock, percent=percent)
