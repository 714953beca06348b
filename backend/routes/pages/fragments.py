"""Cards as HTML, each drawn once: what a card says is its key, so that one that changes is another one."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from fastapi import Request
from jinja2 import pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup, escape

from backend.routes.pages.language import LANGUAGES, Language, read_language
from backend.routes.rendering import environment

if TYPE_CHECKING:
    from backend.routes.pages.cards import Card

# About 5 KB each.
MAX_CARDS = 2048
# Stands for the page that a card is on, which differs where all else is the same; nobody can guess it into a title.
_SOMEWHERE = f"/{secrets.token_hex(16)}"


@pass_context
def template_card(
    context: Context, card: Card, choices: Sequence[object] = (), is_within_source: bool = False
) -> Markup:
    """Draw a card for a template, in its reader's language and with the way back to its page."""
    request: Request = context["request"]
    language = read_language(request)
    html = _draw(card, choices, is_within_source, language) if choices else _drawn(card, is_within_source, language)
    here = f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path
    return Markup(html.replace(_SOMEWHERE, str(escape(here))))  # noqa: S704 (both are escaped)


@lru_cache(maxsize=MAX_CARDS)
def _drawn(card: Card, is_within_source: bool, language: Language) -> str:
    return _draw(card, (), is_within_source, language)


def _draw(card: Card, choices: Sequence[object], is_within_source: bool, language: Language) -> str:
    return str(_macros(language).drawn(card, choices, is_within_source))  # type: ignore[attr-defined]


@lru_cache(maxsize=len(LANGUAGES))
def _macros(language: Language) -> TemplateModule:
    nobody = Request(
        {
            "type": "http",
            "scheme": "http",
            "server": ("localhost", 80),
            "path": _SOMEWHERE,
            "query_string": b"",
            "headers": [],
            "state": {"language": language},
        }
    )
    return environment.get_template("sounds/_card.html").make_module({"request": nobody})
