"""Where the built front end lies: the hashed names that Vite wrote into its manifest."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from jinja2 import pass_context
from jinja2.runtime import Context

ENTRY = "src/main.ts"
STATIC_PREFIX = "/static/"


@dataclass(frozen=True)
class Assets:
    """Addresses that the layout loads."""

    scripts: tuple[str, ...]
    styles: tuple[str, ...]


NOT_BUILT = Assets((), ())


def read_assets(dist: Path) -> Assets:
    """Read the manifest of a build; the pages work, plainly, before there is one.

    Args:
        dist: Folder of the built front end.

    Returns:
        Addresses of the entry's script and style sheets.
    """
    manifest = dist / "manifest.json"
    try:
        return _read(manifest, manifest.stat().st_mtime_ns)
    except FileNotFoundError:
        return NOT_BUILT


@pass_context
def template_assets(context: Context) -> Assets:
    """Give the layout its assets."""
    return read_assets(context["request"].app.state.settings.frontend_dist)


@lru_cache(maxsize=4)
def _read(manifest: Path, _changed_at_ns: int) -> Assets:
    entry = json.loads(manifest.read_text("utf-8"))[ENTRY]
    return Assets((STATIC_PREFIX + entry["file"],), tuple(STATIC_PREFIX + sheet for sheet in entry.get("css", ())))
