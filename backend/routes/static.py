"""The built front end, with the cache life that its file names allow."""

from __future__ import annotations

from pathlib import Path

from fastapi.responses import Response
from fastapi.staticfiles import StaticFiles
from starlette.types import Scope

# Vite puts a hash of the content into the names of these, so that a new build has new addresses.
HASHED_FOLDER = "assets"
# Lies below /static/ as all of the build does, and yet stands in for every page when the platform cannot be reached.
SERVICE_WORKER = "service-worker.js"
# Python's own table of media types does not know it.
WEB_MANIFEST = (".webmanifest", "application/manifest+json")


class FrontEnd(StaticFiles):
    """Serves Vite's output; a front end that is not built yet is 404, not a failure."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        # Starlette would raise at the first request when the folder is missing.
        self.config_checked = True

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer with one file of the front end."""
        response = await super().get_response(path, scope)
        is_hashed = Path(path).parts[:1] == (HASHED_FOLDER,)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        if path == SERVICE_WORKER:
            response.headers["Service-Worker-Allowed"] = "/"
        suffix, media_type = WEB_MANIFEST
        if path.endswith(suffix):
            response.headers["Content-Type"] = media_type
        return response
