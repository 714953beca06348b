"""A sound's page: its family, its credit, and what stays when it is deleted."""

from __future__ import annotations

import re
from html import unescape

import httpx
import pytest

from backend.tables import Deed, SoundKind, SourceKind
from tests.backend.routes.pages.test_pages import ids_in
from tests.rows import a_sound, a_source
from tests.visits import Web

HOSTILE = "</textarea><script>window.broken = 1</script>"


@pytest.fixture
def reader(web: Web) -> httpx.Client:
    return web.visitor(accept="text/html")


def credit(html: str) -> str | None:
    text = re.search(r'<textarea id="attribution"[^>]*>(.*?)</textarea>', html, re.DOTALL)
    return unescape(text[1]) if text else None


def test_credit_names_the_work_its_author_its_licence_and_its_place(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(
            session,
            kind=SourceKind.VIDEO,
            title="Rain on a tent",
            uploader="A Channel",
            licence="CC BY 3.0",
            webpage_url="https://videos.example/watch/1",
        )
        sound_id = a_sound(session, source_id=source.id, start_s=12.0, end_s=20.0).id
    text = credit(reader.get(f"/sounds/{sound_id}").text)
    assert text == "“Rain on a tent” by A Channel. CC BY 3.0. https://videos.example/watch/1#t=12 (0:12–0:20)"


def test_credit_of_a_hostile_title_is_text(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        sound_id = a_sound(session, source_id=a_source(session, title=HOSTILE, uploader=HOSTILE).id).id
    page = reader.get(f"/sounds/{sound_id}").text
    assert "<script>window" not in page
    assert HOSTILE in (credit(page) or "")


def test_a_made_sound_shows_its_family_credits_its_sources_and_can_be_made_again(
    web: Web, reader: httpx.Client
) -> None:
    made = {"kind": SoundKind.MADE, "network": "vae", "weights_version": "1"}
    with web.rows() as session:
        first = a_sound(session, source_id=a_source(session, title="Bark", uploader="Ann").id)
        second = a_sound(session, source_id=a_source(session, title="Glass", uploader="Bob").id)
        mix = a_sound(
            session,
            **made,
            deed=Deed.MIX,
            seed=3,
            settings={"blend": 0.25, "seconds": 4.0},
            first_parent_id=first.id,
            second_parent_id=second.id,
        )
        child = a_sound(session, **made, seed=8, settings={"strength": 0.6, "seconds": 5.0}, first_parent_id=mix.id)
    page = reader.get(f"/sounds/{mix.id}").text
    tree = page.partition('<ol class="tree">')[2].partition("</ol>")[0]
    assert ids_in(tree) == [str(first.id), str(second.id), str(child.id)]
    assert "vae · Strength 60 % · Seed 8" in tree
    assert re.search(rf'name="first_id" value="{first.id}"', tree)
    assert re.search(r'name="blend" value="0.25"', tree)
    assert re.search(r'name="seed"\s+value="3"', tree)
    assert "by Ann" in (credit(page) or "")
    assert "by Bob" in (credit(page) or "")
    grandchild = reader.get(f"/sounds/{child.id}").text
    assert "Before that" in grandchild
    assert f'action="/sounds/{mix.id}/variations"' in grandchild


def test_a_sound_whose_parent_is_gone_says_so_and_cannot_be_made_again(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        sound_id = a_sound(session, kind=SoundKind.MADE, seed=1, settings={"strength": 0.5, "seconds": 4.0}).id
    page = reader.get(f"/sounds/{sound_id}").text
    assert "One of them is gone or private." in page
    assert "Same again" not in page


def test_a_deleted_sound_leaves_a_sentence_and_others_of_its_kind(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        me = web.id_of(reader)
        mine = a_sound(session, kind=SoundKind.MADE, listener_id=me, seed=1, trigger_slug="rain", title=HOSTILE).id
        other = a_sound(session, trigger_slug="rain").id
        a_sound(session, trigger_slug="paper")
    assert reader.post(f"/sounds/{mine}/delete").headers["location"] == "/library"
    answer = reader.get(f"/sounds/{mine}")
    assert answer.status_code == 410
    assert "This sound was deleted" in answer.text
    assert ids_in(answer.text) == [str(other)]
    assert "window.broken" not in answer.text
    # Nobody else ever knew of it.
    assert web.visitor(accept="text/html").get(f"/sounds/{mine}").status_code == 404


def test_programs_are_told_that_a_sound_was_deleted(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session)
        sound_id = a_sound(session, source_id=source.id).id
        session.delete(source)
    for path in ("", "/audio", "/waveform", "/similar"):
        answer = visitor.get(f"/api/v1/sounds/{sound_id}{path}")
        assert answer.status_code == 410
        assert answer.json()["type"] == "/problems/sound-deleted"
        assert answer.json()["trigger"] == "nail_tapping"
