"""A running web and a visitor for each test that asks."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from backend.settings import Settings
from tests.visits import Web, serving


@pytest.fixture
def web(committed: Settings) -> Iterator[Web]:
    with serving(committed) as running:
        yield running


@pytest.fixture
def visitor(web: Web) -> httpx.Client:
    return web.visitor()
