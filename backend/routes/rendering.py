"""Jinja templates, rendered as whole pages or as fragments."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

TEMPLATES_DIR = Path(__file__).parents[2] / "frontend" / "templates"

environment = Environment(
    loader=FileSystemLoader(TEMPLATES_DIR),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def is_htmx(request: Request) -> bool:
    """Tell whether htmx asks for a fragment to swap into a page that is already open.

    A boosted link or form and a step back in history want the whole page, of which htmx takes its part.
    """
    wants_page = "hx-boosted" in request.headers or "hx-history-restore-request" in request.headers
    return request.headers.get("hx-request") == "true" and not wants_page


def wants_html(request: Request) -> bool:
    """Tell whether the asker is a browser showing a page rather than a program reading JSON.

    Everything under /api answers JSON, whatever the Accept header says, so that a program never meets a page.
    """
    if request.url.path.startswith("/api/"):
        return False
    return is_htmx(request) or "text/html" in request.headers.get("accept", "")


def render(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    status_code: int = 200,
    headers: Mapping[str, str] | None = None,
) -> HTMLResponse:
    """Render one template, page or fragment; `request` is added to its variables.

    Args:
        request: The request being answered.
        template: Path below frontend/templates; a leading underscore in the file name means fragment.
        context: Variables of the template; an undeclared one is an error, not an empty string.
        status_code: HTTP status.
        headers: Further response headers.

    Returns:
        The answer. It varies with HX-Request, because fragment and page share addresses.
    """
    html = environment.get_template(template).render({**context, "request": request})
    return HTMLResponse(html, status_code=status_code, headers={"Vary": "HX-Request", **(headers or {})})
