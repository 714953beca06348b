"""The first page: what is asked for stands in its address, can be let go of, and always leads on."""

from __future__ import annotations

import re
from uuid import uuid4

import httpx
import pytest

from tests.backend.routes.pages.test_pages import ids_in
from tests.rows import a_sound, a_source
from tests.visits import Web


@pytest.fixture
def reader(web: Web) -> httpx.Client:
    return web.visitor(accept="text/html")


def held(html: str) -> list[str]:
    """Where each filter that is set leads when it is let go of."""
    chips = re.search(r'<ul class="chips held".*?</ul>', html, re.DOTALL)
    return [href.replace("&amp;", "&") for href in re.findall(r'href="([^"]+)"', chips[0])] if chips else []


def test_a_shared_address_of_a_later_page_begins_at_the_first(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session)
        for _ in range(30):
            a_sound(session, source_id=source.id)
    page = reader.get("/?trigger=nail_tapping").text
    onward = re.search(r'href="(/\?[^"]*cursor=[^"]+)"', page)
    assert onward is not None
    address = onward[1].replace("&amp;", "&")
    assert len(ids_in(reader.get(address).text)) == 6
    somebody = web.visitor(accept="text/html")
    answer = somebody.get(address)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?trigger=nail_tapping"
    assert somebody.get("/?cursor=nonsense").headers["location"] == "/"


def test_each_filter_that_is_set_can_be_let_go_of_by_itself(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session, title="Quiet <b>Evening</b>")
        a_sound(session, source_id=source.id)
    page = reader.get(f"/?source={source.id}&q=evening&min_seconds=2&licence=unstated").text
    assert len(ids_in(page)) == 1
    assert "In Quiet &lt;b&gt;Evening&lt;/b&gt;" in page
    assert held(page) == [
        f"/?min_seconds=2.0&source={source.id}&licence=unstated",
        "/?q=evening&min_seconds=2.0&licence=unstated",
        f"/?q=evening&min_seconds=2.0&source={source.id}",
        f"/?q=evening&source={source.id}&licence=unstated",
        "/",
    ]
    assert held(reader.get("/").text) == []


def test_a_search_without_result_offers_to_loosen_it(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        a_sound(session)
    page = reader.get("/?trigger=rain&max_seconds=1").text
    assert "No sound matches" in page
    assert held(page) == ["/?max_seconds=1.0", "/?trigger=rain", "/"]


def test_a_source_that_is_not_there_is_an_empty_list(reader: httpx.Client) -> None:
    page = reader.get(f"/?source={uuid4()}")
    assert page.status_code == 200
    assert held(page.text) == ["/"]


def test_chips_count_what_the_reader_can_hear(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        a_sound(session, trigger_slug="rain")
        a_sound(session, trigger_slug="rain", listener_id=web.id_of(reader))
        a_sound(session, trigger_slug="rain", listener_id=web.id_of(web.visitor()))
        a_sound(session, trigger_slug="paper", is_draft=True)
    page = reader.get("/", headers={"accept-language": "ko"}).text
    counts = re.findall(r"</span>\s*([^<\n]+) <span class=\"count\">(\d+)</span>", page)
    assert counts == [("빗소리", "2")]
    assert re.search(r'전체 <span class="count">2</span>', page)
