"""The pages' two languages: which one a reader wants, and every sentence in it."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import RedirectResponse, Response
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from backend.routes.deps import SettingsDep
from backend.tables import Trigger

router = APIRouter()

Language = Literal["en", "ko"]
LANGUAGES: tuple[Language, ...] = ("en", "ko")
LANGUAGE_COOKIE = "deepasmr_language"
COOKIE_MAX_AGE_S = 400 * 24 * 3600
MESSAGES_DIR = Path(__file__).parents[3] / "frontend" / "messages"
# What src/*.ts says by itself; the rest of the catalogue stays on the server.
CLIENT_TABLES = ("page", "favourite", "stream", "player", "phase", "job", "upload", "vary", "mix", "map")


def read_language(request: Request) -> Language:
    """Tell which language a reader wants: `?lang=` first, then what they chose, then what their browser asks for."""
    known: Language | None = getattr(request.state, "language", None)
    if known is None:
        # A page says hundreds of sentences.
        known = request.state.language = _wanted(request)
    return known


async def get_language(request: Request) -> Language:
    """Give a route its reader's language."""
    return read_language(request)


LanguageDep = Annotated[Language, Depends(get_language)]


def say(language: Language, key: str, **values: object) -> str:
    """Return the sentence under a key such as "browse.title", its {names} filled in.

    Raises:
        KeyError: if the catalogue has no such sentence.
    """
    return _messages(language)[key].format(**values)


def count(language: Language, key: str, n: int) -> str:
    """Return the sentence that counts things: `key`, or `key`_one when there is one."""
    return say(language, f"{key}_one" if n == 1 else key, n=n)


def phase_words(language: Language, phase: str) -> str:
    """Return what a job's phase is called; a phase that the catalogue does not know is shown as it is."""
    return _messages(language).get(f"phase.{phase.replace(' ', '_')}", phase)


def failure_words(language: Language, problem: Mapping[str, Any]) -> str | None:
    """Say why a job failed: in the catalogue's words where they say it all, else as a refusal."""
    return _messages(language).get(f"failure.{_slug(problem)}") or refusal_words(language, problem)


def refusal_words(language: Language, problem: Mapping[str, Any]) -> str | None:
    """Say why something was refused: in English by the problem's own sentence, which has its numbers."""
    own: str | None = problem.get("detail") or problem.get("title")
    translated = _messages(language).get(f"refusal.{_slug(problem)}")
    return own or translated if language == "en" else translated or own


def _slug(problem: Mapping[str, Any]) -> str:
    return str(problem.get("type", "")).rpartition("/")[2].replace("-", "_")


def trigger_name(language: Language, trigger: Trigger) -> str:
    """Return a trigger's name."""
    return trigger.name_ko if language == "ko" else trigger.name_en


def describe(language: Language, trigger: Trigger) -> str:
    """Return what a trigger sounds like in a sentence; nothing for a label that the taxonomy does not know yet."""
    return trigger.description_ko if language == "ko" else trigger.description_en


def other(language: Language) -> Language:
    """Return the language that a reader did not choose."""
    return "en" if language == "ko" else "ko"


@pass_context
def template_language(context: Context) -> Language:
    """Tell a template its reader's language."""
    return read_language(context["request"])


@pass_context
def template_say(context: Context, key: str, **values: object) -> str:
    """Say a sentence in a template's reader's language."""
    return say(read_language(context["request"]), key, **values)


@pass_context
def template_count(context: Context, key: str, n: int) -> str:
    """Count things in a template's reader's language."""
    return count(read_language(context["request"]), key, n)


@pass_context
def client_messages(context: Context) -> Markup:
    """Return the sentences that the scripts need as JSON that is inert inside a script element."""
    return _client_json(read_language(context["request"]))


@lru_cache(maxsize=len(LANGUAGES))
def _client_json(language: Language) -> Markup:
    needed = {key: text for key, text in _messages(language).items() if key.split(".")[0] in CLIENT_TABLES}
    text = json.dumps(needed, ensure_ascii=False, separators=(",", ":"))
    return Markup(text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))  # noqa: S704 (escaped here)


@router.post("/language")
def choose_language(
    settings: SettingsDep, language: Annotated[Language, Form()], back: Annotated[str, Form(max_length=2000)] = "/"
) -> Response:
    """Remember a reader's language and return to the page they were on."""
    answer = RedirectResponse(local_address(back), status_code=303)
    answer.set_cookie(
        LANGUAGE_COOKIE,
        language,
        max_age=COOKIE_MAX_AGE_S,
        samesite="lax",
        httponly=True,
        secure=settings.secure_cookies,
    )
    return answer


def local_address(address: str) -> str:
    """Return the address that a form names as the way back if it leads to a page of ours, else the first page."""
    # Browsers drop control characters from an address and take a backslash for a slash; two slashes lead to a host.
    return address if re.fullmatch(r"/(?![/\\])[^\x00-\x1f\x7f]*", address) else "/"


def _wanted(request: Request) -> Language:
    for wanted in (request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)):
        for language in LANGUAGES:
            if wanted == language:
                return language
    ranked = [(-_quality(part), place, part) for place, part in enumerate(_accepted(request))]
    for _, _, part in sorted(ranked):
        for language in LANGUAGES:
            if part.split(";")[0].strip().lower().split("-")[0] == language:
                return language
    return "en"


def _accepted(request: Request) -> list[str]:
    return request.headers.get("accept-language", "").split(",")[:20]


def _quality(part: str) -> float:
    for parameter in part.split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


@lru_cache(maxsize=len(LANGUAGES))
def _messages(language: Language) -> dict[str, str]:
    tables: dict[str, dict[str, Any]] = tomllib.loads((MESSAGES_DIR / f"{language}.toml").read_text("utf-8"))
    return {f"{table}.{key}": text for table, texts in tables.items() for key, text in texts.items()}
