from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from backend.settings import Settings
from backend.tables import JobState, SoundKind
from tests.rows import a_job, a_sound, a_source
from tests.services import RedisServer
from tests.visits import Web, serving

HTML = {"accept": "text/html"}
PAGES = ("/", "/for-you", "/upload", "/ingest", "/mix", "/map", "/library", "/library/history", "/jobs")
FORM = {"network": "vae", "strength": "0.5", "seconds": "4", "seed": "7"}


@pytest.fixture
def reader(web: Web) -> httpx.Client:
    return web.visitor(accept="text/html")


def ids_in(html: str) -> list[str]:
    return list(dict.fromkeys(re.findall(r'data-sound-id="([^"]+)"', html)))


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_page_is_served_in_both_languages_over_an_empty_catalogue(
    reader: httpx.Client, path: str, language: str
) -> None:
    answer = reader.get(path, headers={"accept-language": f"{language};q=0.9, fr"})
    assert answer.status_code == 200
    assert f'<html lang="{language}">' in answer.text


def test_the_pager_shows_every_sound_once(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session)
        for _ in range(50):
            a_sound(session, source_id=source.id)
    seen: list[str] = []
    path: str | None = "/?trigger=nail_tapping"
    while path:
        page = reader.get(path).text
        seen += ids_in(page)
        following = re.search(r'hx-get="(/\?[^"]*cursor=[^"]*)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert len(seen) == len(set(seen)) == 50


def test_empty_filter_fields_mean_no_filter(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        a_sound(session)
    page = reader.get("/?q=&kind=&min_confidence=&min_seconds=&max_seconds=&sort=")
    assert page.status_code == 200
    assert len(ids_in(page.text)) == 1


def test_links_keep_the_filters_that_they_do_not_change(reader: httpx.Client) -> None:
    page = reader.get("/?q=rain&kind=found&sort=longest").text
    assert "/?trigger=paper&amp;q=rain&amp;kind=found&amp;sort=longest" in page


@pytest.mark.parametrize("path", ["/?sort=loudest", "/?min_confidence=2", "/?trigger=thunder"])
def test_a_question_that_cannot_be_answered_gets_a_page_with_a_sentence(reader: httpx.Client, path: str) -> None:
    answer = reader.get(path)
    assert answer.status_code in {400, 404, 422}
    assert 'role="alert"' in answer.text
    assert 'id="page"' in answer.text


def test_a_stranger_gets_the_same_page_for_a_private_sound_as_for_none(web: Web, reader: httpx.Client) -> None:
    owner = web.visitor(accept="text/html")
    with web.rows() as session:
        private = a_sound(session, kind=SoundKind.MADE, listener_id=web.id_of(owner), seed=1).id
    assert owner.get(f"/sounds/{private}").status_code == 200
    refused, unknown = reader.get(f"/sounds/{private}"), reader.get(f"/sounds/{uuid4()}")
    assert refused.status_code == unknown.status_code == 404
    assert str(private) not in refused.text.replace(f"/sounds/{private}", "")


def test_titles_are_escaped_wherever_they_stand(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session, title="<script>alert(1)</script>\" onclick='x'")
        sound = a_sound(session, source_id=source.id)
        paths = ("/", f"/sounds/{sound.id}", f"/sources/{source.id}", f"/mix?first={sound.id}", "/ingest", "/map")
    for path in paths:
        page = reader.get(path).text
        assert "<script>alert" not in page
        assert "\" onclick='x'" not in page


def test_a_site_cannot_put_a_script_into_the_link_to_the_original(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session, webpage_url="javascript:alert(1)")
        sound = a_sound(session, source_id=source.id, start_s=3.0)
        paths = (f"/sounds/{sound.id}", f"/sources/{source.id}")
    for path in paths:
        assert "javascript:" not in reader.get(path).text


def test_a_video_is_linked_at_the_moment_where_the_sound_begins(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session, webpage_url="https://www.youtube.com/watch?v=abc")
        sound_id = a_sound(session, source_id=source.id, start_s=75.5, end_s=80.0).id
    page = reader.get(f"/sounds/{sound_id}").text
    assert "https://www.youtube.com/watch?v=abc&amp;t=75s" in page
    assert "At 1:15" in page


def test_a_boosted_form_gets_whole_pages_problems_too(reader: httpx.Client) -> None:
    boosted = {"hx-request": "true", "hx-boosted": "true"}
    assert 'id="page"' in reader.get("/jobs", headers=boosted).text
    assert 'id="page"' in reader.get("/nowhere", headers=boosted).text
    assert 'id="page"' not in reader.get("/nowhere", headers={"hx-request": "true"}).text


def test_a_job_is_cancelled_and_queued_again_from_its_fragment(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        job_id = a_job(session, listener_id=web.id_of(reader)).id
    htmx = {"hx-request": "true"}
    assert "Cancelled" in reader.post(f"/jobs/{job_id}/cancel", headers=htmx).text
    assert "data-job-events=" in reader.post(f"/jobs/{job_id}/retry", headers=htmx).text
    assert f"job-{job_id}" in reader.get("/jobs").text


def test_a_failed_job_says_why_in_a_sentence(web: Web, reader: httpx.Client) -> None:
    error = {"title": "Not audio", "detail": "This file holds no <b>sound</b>.", "incident": "abc123"}
    with web.rows() as session:
        job_id = a_job(session, listener_id=web.id_of(reader), state=JobState.FAILED, error=error).id
    page = reader.get(f"/jobs/{job_id}").text
    assert "This file holds no &lt;b&gt;sound&lt;/b&gt;." in page
    assert "abc123" in page


def test_a_growing_timeline_has_stretches_and_a_whole_one_has_sounds(web: Web, reader: httpx.Client) -> None:
    heard = [{"start_s": 0.0, "end_s": 4.0, "trigger": "rain", "confidence": 0.9}]
    with web.rows() as session:
        source = a_source(session, timeline=heard, duration_s=8.0)
        a_job(session, source_id=source.id, state=JobState.RUNNING, phase="listening", heartbeat_at=source.created_at)
        source_id = source.id
    growing = reader.get(f"/sources/{source_id}/timeline").text
    assert "Rain, 0:00 to 0:04" in growing
    assert ids_in(growing) == []
    with web.rows() as session:
        sound_id = a_sound(session, source_id=source_id, trigger_slug="rain").id
    assert ids_in(reader.get(f"/sources/{source_id}/timeline").text) == [str(sound_id)]


def test_an_upload_without_scripts_leads_to_its_source(web: Web, reader: httpx.Client) -> None:
    answer = reader.post("/upload", files={"file": ("taps.wav", b"RIFF and so on", "audio/wav")})
    assert answer.status_code == 303
    assert "taps.wav" in reader.get(answer.headers["location"]).text


def test_an_empty_tray_stands_for_a_sound_that_is_gone(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        sound_id = a_sound(session).id
    page = reader.get(f"/mix?first={sound_id}&second={uuid4()}")
    assert page.status_code == 200
    assert page.text.count('<section class="tray is-empty"') == 1


def test_the_chosen_language_stays_and_leads_back(reader: httpx.Client) -> None:
    answer = reader.post("/language", data={"language": "ko", "back": "/jobs"})
    assert answer.headers["location"] == "/jobs"
    assert '<html lang="ko">' in reader.get("/jobs").text
    assert '<html lang="en">' in reader.get("/jobs?lang=en").text


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "/\n",
        "javascript:alert(1)",
        "http://[",
        "",
    ],
)
def test_the_language_form_leads_nowhere_else(reader: httpx.Client, back: str) -> None:
    assert reader.post("/language", data={"language": "ko", "back": back}).headers["location"] == "/"


def test_what_is_too_much_is_told_on_a_page(web: Web, redis_server: RedisServer) -> None:
    tight = web.settings.model_copy(update={"max_upload_bytes": 10, "rate_limit_makings": "1/hour"})
    with web.rows() as session:
        sound_id = a_sound(session).id
    with serving(tight) as narrow:
        reader = narrow.visitor(accept="text/html")
        large = reader.post("/upload", files={"file": ("taps.wav", b"far more than ten bytes", "audio/wav")})
        assert large.status_code == 413
        assert "larger than" in large.text
        assert reader.post(f"/sounds/{sound_id}/variations", data=FORM).status_code == 303
        often = reader.post(f"/sounds/{sound_id}/variations", data=FORM)
        assert often.status_code == 429
        assert "try again later" in often.text


def test_a_database_that_is_away_is_told_on_a_page(redis_server: RedisServer, tmp_path: Path) -> None:
    away = Settings(
        database_url="postgresql://nobody@127.0.0.1:9/nothing", redis_url=redis_server.url, data_dir=tmp_path
    )
    with serving(away) as web:
        answer = web.visitor(accept="text/html").get("/", headers={"accept-language": "ko"})
    assert answer.status_code == 503
    assert "잠시 연결할 수 없습니다" in answer.text
    assert answer.headers["retry-after"]


def test_a_sound_is_titled_by_its_source_and_says_where_it_lies_only_if_it_is_a_part(
    web: Web, reader: httpx.Client
) -> None:
    with web.rows() as session:
        source = a_source(session, title="A walk", duration_s=90.0)
        part = a_sound(session, source_id=source.id, start_s=7.2, end_s=15.9).id
        whole = a_sound(session, source_id=source.id, start_s=0.0, end_s=89.5).id
        source_id = source.id
    cards = re.findall(r"<article.*?</article>", reader.get(f"/?source={source_id}").text, re.DOTALL)
    by_id = {ids_in(card)[0]: card for card in cards}
    assert ">A walk</a>" in by_id[str(part)]
    assert ">A walk</a>" in by_id[str(whole)]
    assert "0:07–0:15" in by_id[str(part)]
    assert 'class="place"' not in by_id[str(whole)]


def test_a_source_without_sounds_tells_what_it_was_taken_for(web: Web, reader: httpx.Client) -> None:
    heard = [
        {"start_s": 0.0, "end_s": 2.0, "trigger": "water", "confidence": 0.2},
        {"start_s": 2.0, "end_s": 8.0, "trigger": "rain", "confidence": 0.25},
    ]
    with web.rows() as session:
        source = a_source(session, timeline=heard, duration_s=8.0, labelled_with="cnn1d_tuned-1")
        a_job(session, source_id=source.id, state=JobState.DONE)
        source_id = source.id
    page = reader.get(f"/sources/{source_id}").text
    assert page.index("Rain: 0:06, 25 %") < page.index("Water: 0:02, 20 %")


def test_a_source_that_could_not_be_read_does_not_claim_to_have_been_heard(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session, timeline=[], labelled_with=None)
        a_job(session, source_id=source.id, state=JobState.FAILED)
        source_id = source.id
    page = reader.get(f"/sources/{source_id}").text
    assert "Nothing in it was clear enough" not in page
    assert "Sounds in it" not in page


@pytest.mark.parametrize(("confidence", "said"), [(1.0, "It is silent"), (0.8, "Nothing in it was clear enough")])
def test_silence_is_told_apart_from_what_was_not_clear_enough(
    web: Web, reader: httpx.Client, confidence: float, said: str
) -> None:
    heard = [{"start_s": 0.0, "end_s": 8.0, "trigger": "background_other", "confidence": confidence}]
    with web.rows() as session:
        source_id = a_source(session, timeline=heard, duration_s=8.0, labelled_with="cnn1d_tuned-1").id
    page = reader.get(f"/sources/{source_id}").text
    assert said in page
    assert ("What it was taken for" in page) == (confidence < 1.0)


@pytest.mark.parametrize(("seconds", "is_said"), [(0.6, True), (1.0, False)])
def test_a_clip_shorter_than_a_second_says_that_it_was_filled_up(
    web: Web, reader: httpx.Client, seconds: float, is_said: bool
) -> None:
    with web.rows() as session:
        source_id = a_source(session, duration_s=seconds, labelled_with="cnn1d_tuned-1").id
    assert ("filled up with silence" in reader.get(f"/sources/{source_id}").text) == is_said


def test_a_refusal_is_told_in_the_readers_language(reader: httpx.Client) -> None:
    english, korean = (reader.get("/", params={"sort": "odd", "lang": language}) for language in ("en", "ko"))
    assert english.status_code == korean.status_code == 400
    assert "order" in english.text
    assert "그런 순서는 없습니다." in korean.text


def test_the_knobs_of_a_made_sound_are_named_in_the_readers_language(web: Web, reader: httpx.Client) -> None:
    with web.rows() as session:
        settings = {"blend": 0.25, "seconds": 4.0, "renderer": "griffin_lim", "asked_for": "cgan", "filled_from_s": 0.4}
        sound_id = a_sound(session, kind=SoundKind.MADE, settings=settings).id
    page = reader.get(f"/sounds/{sound_id}?lang=ko").text
    facts = re.findall(r"<dt>(.*?)</dt>\s*<dd>\s*(.*?)\s*</dd>", page, re.DOTALL)
    assert ("섞는 비율", "25 %") in facts
    assert not any(name in settings for name, _ in facts)
