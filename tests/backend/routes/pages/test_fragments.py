"""Cards that are kept drawn: never an old one, never one of another page, language or listener."""

from __future__ import annotations

import re
from uuid import UUID

import httpx
import pytest

from backend.routes.pages import fragments
from backend.tables import Sound, Source
from tests.rows import a_sound, a_source
from tests.visits import Web


@pytest.fixture
def reader(web: Web) -> httpx.Client:
    return web.visitor(accept="text/html")


@pytest.fixture
def sound_id(web: Web) -> UUID:
    with web.rows() as session:
        return a_sound(session, source_id=a_source(session, title="Before").id, trigger_slug="rain").id


def card(html: str) -> str:
    found = re.search(r'<article class="card.*?</article>', html, re.DOTALL)
    assert found is not None
    return found[0]


def outline(html: str) -> str:
    found = re.search(r'data-wave.*?<path d="([^"]*)"', html, re.DOTALL)
    assert found is not None
    return found[1]


def test_a_card_is_drawn_once_while_it_says_the_same(reader: httpx.Client, sound_id: UUID) -> None:
    first = card(reader.get("/").text)
    drawn = fragments._drawn.cache_info().misses
    assert card(reader.get("/").text) == first
    assert fragments._drawn.cache_info().misses == drawn
    assert str(sound_id) in first


def test_a_card_changes_with_its_title_trigger_outline_and_heart(
    web: Web, reader: httpx.Client, sound_id: UUID
) -> None:
    before = card(reader.get("/").text)
    with web.rows() as session:
        sound = session.get_one(Sound, sound_id)
        session.get_one(Source, sound.source_id).title = "After"
    renamed = card(reader.get("/").text)
    assert "Before" in before
    assert "After" in renamed
    assert "Before" not in renamed
    with web.rows() as session:
        sound = session.get_one(Sound, sound_id)
        sound.trigger_slug = "brushing"
        sound.peaks = [0.1, 0.9]
    relabelled = card(reader.get("/").text)
    assert "Rain" in renamed
    assert "Rain" not in relabelled
    assert outline(relabelled) != outline(renamed)
    assert reader.post(f"/sounds/{sound_id}/favourite", data={"is_favourite": "true"}).status_code < 400
    assert 'aria-pressed="true"' in card(reader.get("/").text)
    # Somebody else's heart is their own.
    assert 'aria-pressed="false"' in card(web.visitor(accept="text/html").get("/").text)


def test_a_card_leads_back_to_the_page_that_it_is_on_and_speaks_its_language(
    reader: httpx.Client, sound_id: UUID
) -> None:
    def back(path: str) -> str:
        found = re.search(r'name="back"\s+value="([^"]*)"', card(reader.get(path).text))
        assert found is not None
        return found[1]

    assert back("/") == "/"
    assert back("/?trigger=rain&kind=found") == "/?trigger=rain&amp;kind=found"
    assert fragments._SOMEWHERE not in reader.get("/").text
    assert "빗소리" in card(reader.get("/?lang=ko").text)
    assert "Rain" in card(reader.get("/").text)
