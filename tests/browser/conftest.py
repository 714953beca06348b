"""Chromium, the platform that it visits, and pages that fail a test by what they log."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright
from pydantic import SecretStr
from sqlalchemy import text

from backend.settings import Settings
from backend.tables import Table
from tests.browser import live
from tests.browser.live import Live
from tests.conftest import SEEDED
from tests.services import RedisServer
from tests.visits import Web, serving

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
ANNOUNCED_REFUSALS = ("Failed to load resource", "Response Status Error Code 4", "htmx:sendError", "htmx:afterRequest")
# A machine with two cores that does much else; whoever succeeds sooner does not wait.
PATIENCE_MS = 30_000
expect.set_options(timeout=PATIENCE_MS)
Open = Callable[..., Page]
Hold = Callable[[], AbstractContextManager[None]]


@dataclass
class Stage:
    """The web and the worker behind it."""

    web: Web
    worker: Popen[bytes]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium; skips, or fails where DEEPASMR_REQUIRE_BROWSER is set, when there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        if os.environ.get("DEEPASMR_REQUIRE_BROWSER"):
            pytest.fail("Chromium is not installed, and DEEPASMR_REQUIRE_BROWSER is set")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def stage(
    browser: Browser, postgres_url: str, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """The web and a worker, started once for all journeys; the catalogue is still empty."""
    assert browser.is_connected()
    folder = tmp_path_factory.mktemp("live")
    settings = Settings(
        database_url=postgres_url,
        redis_url=redis_server.url,
        data_dir=folder / "data",
        secret_key=SecretStr("a secret for tests"),
        counts_kept_s=0,
    )
    assert (settings.frontend_dist / "manifest.json").exists(), "build the front end first: make setup"
    redis_server.flush()
    with serving(settings) as web, live.worker(settings, folder / "worker.log") as worker:
        yield Stage(web, worker)


@pytest.fixture(scope="module")
def emptied(stage: Stage) -> Iterator[Web]:
    """The web with an empty catalogue, emptied again after the journeys of a file."""
    yield stage.web
    tables = ", ".join(table.name for table in Table.metadata.sorted_tables if table.name not in SEEDED)
    with stage.web.rows() as session:
        session.execute(text(f"TRUNCATE {tables}"))


@pytest.fixture
def hold_worker(stage: Stage) -> Hold:
    """Stop the worker for a block, so that a page shows what waits for it, however quick it is."""

    @contextmanager
    def held() -> Iterator[None]:
        stage.worker.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            stage.worker.send_signal(signal.SIGCONT)

    return held


@pytest.fixture(scope="module")
def platform(emptied: Web, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """The running platform with a few sounds, for the journeys of a file."""
    folder = tmp_path_factory.mktemp("sounds")
    return Live(emptied.address, live.clip(folder), live.fill(emptied, folder))


@pytest.fixture
def visit(browser: Browser, platform: Live, tmp_path: Path) -> Iterator[Open]:
    """Open a page as a new listener. At the end of the test nothing may have been logged as an error on any of them."""
    complaints: list[str] = []
    contexts = []

    def note(message: ConsoleMessage) -> None:
        # A refusal or a lost connection that the test asked for is announced by browser and htmx; the page shows it.
        if message.type in {"error", "warning"} and not message.text.startswith(ANNOUNCED_REFUSALS):
            complaints.append(message.text)

    def open_page(path: str = "/", **options: object) -> Page:
        context = browser.new_context(base_url=platform.url, reduced_motion="reduce", **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", note)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((platform.url, "blob:", "data:"))
                else complaints.append(f"left the origin: {request.url}")
            ),
        )
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
