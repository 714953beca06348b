"""The library, the hearts, what is proposed and what people say, as pages with and without scripts."""

from __future__ import annotations

import html
import re

import httpx
import pytest

from backend.catalogue import favourites, plays
from backend.tables import SoundKind
from tests.rows import a_sound, a_source
from tests.visits import Web

HTMX = {"hx-request": "true"}


@pytest.fixture
def reader(web: Web) -> httpx.Client:
    return web.visitor(accept="text/html")


def ids_in(page: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'data-sound-id="([^"]+)"', page)))


def test_a_heart_is_pressed_with_scripts_and_without(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        sound_id = a_sound(session).id
    path = f"/sounds/{sound_id}/favourite"
    assert reader.post(path, data={"is_favourite": "true"}, headers=HTMX).status_code == 204
    assert 'aria-pressed="true"' in reader.get("/library").text
    answer = reader.post(path, data={"is_favourite": "false", "back": "/?q=taps"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/?q=taps")
    assert ids_in(reader.get("/library/favourites").text) == []
    away = reader.post(path, data={"is_favourite": "true", "back": "//elsewhere.example"})
    assert away.headers["location"] == "/"


@pytest.mark.parametrize("shelf", ["favourites", "made", "uploads", "history"])
def test_each_shelf_is_paged_through_to_its_end(web: Web, reader: httpx.Client, shelf: str) -> None:
    me = web.id_of(reader)
    with web.rows() as session:
        for place in range(30):
            if shelf == "uploads":
                a_source(session, listener_id=me, title=f"Recording {place}.")
                continue
            facts = {"kind": SoundKind.MADE, "listener_id": me, "seed": place} if shelf == "made" else {}
            sound = a_sound(session, **facts)
            if shelf == "favourites":
                favourites.add(session, sound.id, listener_id=me)
            if shelf == "history":
                plays.record(session, sound.id, listener_id=me, listened_s=4.0, was_left=False)
    seen: list[str] = []
    path: str | None = f"/library/{shelf}"
    while path:
        page = reader.get(path).text
        seen += re.findall(r"Recording \d+\.", page) if shelf == "uploads" else ids_in(page)
        following = re.search(r'hx-get="(/library/[^"]+)"', page)
        path = html.unescape(following[1]) if following else None
    assert len(seen) == len(set(seen)) == 30
    assert f'href="/library/{shelf}"' in reader.get("/library").text


def test_a_chosen_trigger_is_described_in_the_reader_s_language(reader: httpx.Client) -> None:
    assert "Rain on windows" in reader.get("/?trigger=rain").text
    assert "창과 지붕" in reader.get("/?trigger=rain&lang=ko").text


def test_a_shelf_that_is_not_there_is_a_page_that_says_so(reader: httpx.Client) -> None:
    answer = reader.get("/library/attic")
    assert answer.status_code in {404, 422}
    assert 'role="alert"' in answer.text


def test_for_you_says_why_each_sound_is_there(web: Web, reader: httpx.Client) -> None:
    me = web.id_of(reader)
    with web.rows() as session:
        source = a_source(session, title="<b>Rain</b> & wind")
        liked = a_sound(session, source_id=source.id, trigger_slug="rain", near=1)
        near = a_sound(session, trigger_slug="rain", near=1)
        favourites.add(session, liked.id, listener_id=me)
        liked_id, near_id = liked.id, near.id
    page = reader.get("/for-you").text
    assert str(near_id) in ids_in(page)
    assert re.search(rf'<a class="reason" href="/sounds/{liked_id}">Because you liked “&lt;b&gt;Rain', page)
    assert "좋아한 소리와 비슷함" in reader.get("/for-you?lang=ko").text


def test_the_stream_gives_cards_and_takes_what_was_heard(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        for place in range(6):
            a_sound(session, near=place)
    first = ids_in(reader.post("/for-you/next").text)
    second = ids_in(reader.post("/for-you/next", data={"heard": first}).text)
    assert len(first) == 4
    assert second
    assert not set(first) & set(second)


def test_remembering_is_switched_off_and_what_was_played_forgotten(web: Web, reader: httpx.Client) -> None:
    me = web.id_of(reader)
    with web.rows() as session:
        plays.record(session, a_sound(session).id, listener_id=me, listened_s=4.0, was_left=False)
    answer = reader.post("/for-you/remember", data={"is_remembered": "false", "back": "/library/history"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/library/history")
    page = reader.get("/library/history").text
    assert "What you play is not remembered." in page
    assert len(ids_in(page)) == 1
    reader.post("/for-you/forget", data={"back": "/library/history"})
    assert ids_in(reader.get("/library/history").text) == []


def test_what_a_sound_is_is_said_changed_and_taken_back_without_scripts(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        sound_id = a_sound(session).id
        made_id = a_sound(session, kind=SoundKind.MADE, listener_id=web.id_of(reader), seed=1).id
    page, path = f"/sounds/{sound_id}", f"/sounds/{sound_id}/correction"
    assert "Not “Nail tapping”?" in reader.get(page).text
    assert reader.post(path, data={"trigger": "rain"}).headers["location"] == page
    assert "You said: Rain." in reader.get(page).text
    assert "You said: None of these." in reader.post(path, data={"trigger": "none"}, headers=HTMX).text
    assert "You said" not in web.visitor(accept="text/html").get(page).text
    reader.post(path, data={"trigger": ""})
    assert "You said" not in reader.get(page).text
    assert reader.post(path, data={"trigger": "thunder"}).status_code == 404
    assert "correction-trigger" not in reader.get(f"/sounds/{made_id}").text
