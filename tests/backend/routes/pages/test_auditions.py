"""Candidates side by side, as plain pages and as fragments."""

from __future__ import annotations

import re
from uuid import UUID, uuid4

import httpx
import pytest

from backend.catalogue import recordings
from backend.tables import Job, JobState, Sound
from tests.rows import a_claim, a_made_sound, a_sound, an_embedding
from tests.visits import Web

FORM = {"network": "vae", "strength": "0.5", "seconds": "4", "seed": "7", "n_candidates": "3"}
HTMX = {"hx-request": "true"}


@pytest.fixture
def reader(web: Web) -> httpx.Client:
    return web.visitor(accept="text/html")


@pytest.fixture
def sound_id(web: Web) -> UUID:
    with web.rows() as session:
        return a_sound(session, near=1).id


def ask(reader: httpx.Client, sound_id: UUID, **fields: str) -> str:
    """Ask for candidates without scripts; return the address of their page."""
    answer = reader.post(f"/sounds/{sound_id}/variations", data=FORM | fields)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def candidates(page: str) -> list[UUID]:
    return [UUID(job_id) for job_id in re.findall(r'id="candidate-([^"]+)"', page)]


def make(web: Web, job_id: UUID, sound_id: UUID, near: int = 2) -> UUID:
    """Record what a worker would make for a candidate."""
    with web.rows() as session:
        claim = a_claim(session, session.get_one(Job, job_id))
        made = a_made_sound(first_parent_id=sound_id, embedding=an_embedding(near))
        return recordings.record_made(session, claim, made).id


def test_a_form_without_scripts_leads_to_a_page_with_a_link_to_look_again(
    web: Web, reader: httpx.Client, sound_id: UUID
) -> None:
    address = ask(reader, sound_id)
    page = reader.get(address).text
    assert len(candidates(page)) == 3
    assert "Seed 7" in page
    assert "Seed 9" in page
    assert "Next in line" in page
    assert "Waiting: 2 before it" in page
    assert f'<a class="button small" href="{address}">' in page
    for job_id in candidates(page):
        make(web, job_id, sound_id)
    page = reader.get(address).text
    assert "3 of 3 ready" in page
    assert f'<a class="button small" href="{address}">' not in page
    assert page.count("<audio controls") == 4


def test_htmx_gets_the_audition_alone_and_each_candidate_by_itself(
    web: Web, reader: httpx.Client, sound_id: UUID
) -> None:
    audition = reader.post(f"/sounds/{sound_id}/variations", data=FORM, headers=HTMX).text
    assert "<html" not in audition
    first, second, _ = candidates(audition)
    fragments = re.findall(r'data-job-fragment="([^"]+)"', audition)
    make(web, first, sound_id, near=1)
    news = reader.get(fragments[0], headers=HTMX).text
    assert candidates(news) == [first]
    assert "data-job-events" not in news
    assert "Distance from its source: 0.00." in news
    assert re.search(r'id="audition-says-[^"]+"\s+role="status"\s+hx-swap-oob="innerHTML">\s+1 of 3 ready', news)
    assert candidates(reader.get(fragments[1], headers=HTMX).text) == [second]


def test_a_candidate_is_kept_and_then_in_the_library(web: Web, reader: httpx.Client, sound_id: UUID) -> None:
    address = ask(reader, sound_id)
    job_id, other_id, _ = candidates(reader.get(address).text)
    kept, other = make(web, job_id, sound_id), make(web, other_id, sound_id)
    library = reader.get("/library").text
    assert str(kept) not in library
    assert reader.post(f"{address}/{job_id}/keep").headers["location"] == address
    assert "In your library" in reader.get(f"{address}/{job_id}", headers=HTMX).text
    library = reader.get("/library").text
    assert str(kept) in library
    assert str(other) not in library
    draft = reader.get(f"/sounds/{other}").text
    assert "Unless you keep it" in draft
    assert reader.post(f"/sounds/{other}/keep").headers["location"] == f"/sounds/{other}"
    assert "Unless you keep it" not in reader.get(f"/sounds/{other}").text


def test_one_candidate_or_all_are_cancelled_and_one_is_tried_again(
    web: Web, reader: httpx.Client, sound_id: UUID
) -> None:
    address = ask(reader, sound_id)
    first, second, third = candidates(reader.get(address).text)
    assert "Try again" in reader.post(f"{address}/{first}/cancel", headers=HTMX).text
    assert "Try again" in reader.post(f"{address}/{first}/cancel", headers=HTMX).text
    make(web, second, sound_id)
    assert reader.post(f"{address}/cancel").headers["location"] == address
    with web.rows() as session:
        states = [session.get_one(Job, job_id).state for job_id in (first, second, third)]
    assert states == [JobState.CANCELLED, JobState.DONE, JobState.CANCELLED]
    again = reader.post(f"{address}/{third}/retry", headers=HTMX).text
    assert "data-job-events" in again
    assert "Cancel" in again


def test_a_failed_candidate_says_why_beside_the_others(web: Web, reader: httpx.Client, sound_id: UUID) -> None:
    address = ask(reader, sound_id)
    first, *_ = candidates(reader.get(address).text)
    with web.rows() as session:
        job = session.get_one(Job, first)
        job.state, job.error = JobState.FAILED, {"title": "Too quiet", "detail": "There is <b>nothing</b> to hear."}
    page = reader.get(address).text
    assert "There is &lt;b&gt;nothing&lt;/b&gt; to hear." in page
    assert f"{address}/{first}/retry" in page


def test_a_sounds_page_loaded_anew_still_shows_what_is_being_made(
    web: Web, reader: httpx.Client, sound_id: UUID
) -> None:
    first, *_ = candidates(reader.get(ask(reader, sound_id)).text)
    make(web, first, sound_id)
    page = reader.get(f"/sounds/{sound_id}")
    assert page.status_code == 200
    assert first in candidates(page.text)
    assert candidates(web.visitor(accept="text/html").get(f"/sounds/{sound_id}").text) == []


def test_nobody_else_sees_an_audition(web: Web, reader: httpx.Client, sound_id: UUID) -> None:
    address = ask(reader, sound_id)
    job_id = candidates(reader.get(address).text)[0]
    stranger = web.visitor(accept="text/html")
    for path in (address, f"{address}/{job_id}", f"/auditions/{uuid4()}"):
        assert stranger.get(path, headers=HTMX).status_code == 404
    for deed in ("cancel", f"{job_id}/cancel", f"{job_id}/retry", f"{job_id}/keep"):
        assert stranger.post(f"{address}/{deed}").status_code == 404


@pytest.mark.parametrize("wrong", [{"n_candidates": "5"}, {"n_candidates": "0"}, {"strength": "nan"}])
def test_a_knob_turned_too_far_is_told_in_a_fragment(
    reader: httpx.Client, sound_id: UUID, wrong: dict[str, str]
) -> None:
    answer = reader.post(f"/sounds/{sound_id}/variations", data=FORM | wrong, headers=HTMX)
    assert answer.status_code in {400, 422}
    assert 'role="alert"' in answer.text


def test_a_row_of_mixes_stands_between_its_parents(web: Web, reader: httpx.Client, sound_id: UUID) -> None:
    with web.rows() as session:
        second = a_sound(session, title="Second").id
        session.get_one(Sound, sound_id).title = "First"
    asked = {"first_id": str(sound_id), "second_id": str(second), "network": "vae", "blend": "0.3", "seconds": "4"}
    row = asked | {"seed": "1", "is_row": "true", "n_steps": "3"}
    page = reader.post("/mix", data=row, headers=HTMX).text
    assert re.findall(r"<h4>(\d+ % B)</h4>", page) == ["0 % B", "50 % B", "100 % B"]
    first_at, row_at, second_at = (page.index(word) for word in (">First</a>", "50 % B", ">Second</a>"))
    assert first_at < row_at < second_at
    one = reader.post("/mix", data=asked | {"seed": "1"}, headers=HTMX).text
    assert re.findall(r"<h4>(\d+ % B)</h4>", one) == ["30 % B"]
    assert reader.post("/mix", data=row | {"n_steps": "1000"}, headers=HTMX).status_code in {400, 422}
    assert len(candidates(reader.get(f"/mix?first={sound_id}&second={second}").text)) == 4
