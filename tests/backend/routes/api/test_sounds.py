"""Sounds over HTTP: searched, shown, compared, deleted."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from backend.routes.schemas.sounds import address_at
from backend.settings import Settings
from backend.tables import Sound, SoundKind
from tests.rows import a_listener, a_sound, a_source
from tests.visits import Web, serving, slug_of


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [sound["id"] for sound in response.json()["items"]]


def test_a_found_sound_shows_all_that_is_known_of_it(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        source = a_source(session, title="Taps", uploader="Anna", licence="CC BY", webpage_url="https://vimeo.com/123")
        sound_id = a_sound(session, source_id=source.id, start_s=61.9, end_s=70.0, play_gain_db=3.5, mel_key="x").id
        source_id = source.id
    sound = visitor.get(f"/api/v1/sounds/{sound_id}").json()
    assert sound["trigger"]["slug"] == "nail_tapping"
    assert sound["trigger"]["name_en"]
    assert sound["trigger"]["name_ko"]
    assert sound["source"] == {
        "id": str(source_id),
        "kind": "upload",
        "title": "Taps",
        "uploader": "Anna",
        "licence": "CC BY",
        "webpage_url": "https://vimeo.com/123",
        "url": "https://vimeo.com/123#t=61",
    }
    assert (sound["kind"], sound["deed"], sound["parents"], sound["is_mine"]) == ("found", None, [], False)
    assert sound["play_gain_db"] == 3.5
    assert sound["audio_url"] == f"/api/v1/sounds/{sound_id}/audio"
    assert sound["mel_url"] == f"/api/v1/sounds/{sound_id}/mel.png"


def test_a_made_sound_keeps_what_it_was_made_with(web: Web, visitor: httpx.Client) -> None:
    me = web.id_of(visitor)
    with web.rows() as session:
        parent = a_sound(session).id
        made = {"network": "vae", "weights_version": "3", "seed": 2**40, "settings": {"strength": 0.5}}
        sound_id = a_sound(session, kind=SoundKind.MADE, listener_id=me, first_parent_id=parent, **made).id
    sound = visitor.get(f"/api/v1/sounds/{sound_id}").json()
    assert {name: sound[name] for name in made} == made
    assert (sound["kind"], sound["deed"], sound["is_mine"]) == ("made", "variation", True)
    assert sound["parents"] == [str(parent)]
    assert sound["source"] is None
    assert sound["mel_url"] is None


@pytest.mark.parametrize(
    ("page", "start_s", "expected"),
    [
        ("https://www.youtube.com/watch?v=abc", 83.9, "https://www.youtube.com/watch?v=abc&t=83s"),
        ("https://vimeo.com/1#comments", 5.0, "https://vimeo.com/1#t=5"),
        ("https://vimeo.com/1", 0.0, "https://vimeo.com/1"),
        (None, 5.0, None),
    ],
)
def test_the_link_to_a_video_leads_to_the_moment(page: str | None, start_s: float, expected: str | None) -> None:
    assert address_at(page, start_s) == expected


def test_filters_keep_what_passes_them_all(web: Web, visitor: httpx.Client) -> None:
    me = web.id_of(visitor)
    with web.rows() as session:
        source = a_source(session, title="Quiet evening")
        sure = a_sound(session, source_id=source.id, confidence=0.9, duration_s=20.0, trigger_slug="rain")
        unsure = a_sound(session, source_id=source.id, confidence=0.4, duration_s=2.0, trigger_slug="rain")
        other = a_sound(session, confidence=0.7, duration_s=8.0)
        made = a_sound(session, kind=SoundKind.MADE, listener_id=me, confidence=0.5, duration_s=9.0)
        named = {"sure": sure, "unsure": unsure, "other": other, "made": made}
        names = {str(sound.id): name for name, sound in named.items()}
        source_id = source.id

    def found(**params: object) -> set[str]:
        return {names[each] for each in ids(visitor.get("/api/v1/sounds", params=params))}  # type: ignore[arg-type]

    assert found() == {"sure", "unsure", "other", "made"}
    assert found(trigger="rain") == {"sure", "unsure"}
    assert found(trigger="rain", min_confidence=0.5) == {"sure"}
    assert found(kind="made") == {"made"}
    assert found(mine=True) == {"made"}
    assert found(min_seconds=5, max_seconds=9) == {"other", "made"}
    assert found(source=source_id) == {"sure", "unsure"}
    assert found(q="evening quiet") == {"sure", "unsure"}
    assert ids(visitor.get("/api/v1/sounds?sort=longest"))[0] == str(sure.id)


def test_sounds_come_in_pages_that_fit_their_filters_alone(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        made = [str(a_sound(session).id) for _ in range(3)]
    first = visitor.get("/api/v1/sounds?limit=2")
    cursor = first.json()["next_cursor"]
    rest = visitor.get("/api/v1/sounds", params={"limit": 2, "cursor": cursor})
    assert ids(first) + ids(rest) == made[::-1]
    elsewhere = visitor.get("/api/v1/sounds", params={"limit": 2, "cursor": cursor, "sort": "longest"})
    assert elsewhere.status_code == 400
    assert slug_of(elsewhere) == "bad-cursor"


@pytest.mark.parametrize(
    ("query", "status", "slug"),
    [
        ("sort=loudest", 400, "bad-sort"),
        ("cursor=x", 400, "bad-cursor"),
        ("trigger=dentist", 404, "no-such-trigger"),
        ("kind=stolen", 422, "malformed-request"),
        ("min_confidence=2", 422, "malformed-request"),
        ("min_confidence=nan", 422, "malformed-request"),
        ("min_seconds=-1", 422, "malformed-request"),
        ("max_seconds=inf", 422, "malformed-request"),
        ("limit=0", 422, "malformed-request"),
        ("limit=101", 422, "malformed-request"),
        ("source=x", 422, "malformed-request"),
        ("q=" + "w%20" * 20, 422, "setting-out-of-range"),
        ("q=%00", 400, "bad-query"),
        ("trigger=%00", 400, "bad-query"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused_in_words(
    visitor: httpx.Client, query: str, status: int, slug: str
) -> None:
    response = visitor.get(f"/api/v1/sounds?{query}")
    assert response.status_code == status
    assert slug_of(response) == slug


def test_private_sounds_are_nobody_elses(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        private = a_sound(session, listener_id=a_listener(session), mel_key="x").id
        public = a_sound(session).id
    assert ids(visitor.get("/api/v1/sounds")) == [str(public)]
    assert ids(visitor.get(f"/api/v1/sounds/{public}/similar")) == []
    for path in ("", "/audio", "/audio?format=opus", "/waveform", "/mel.png", "/similar"):
        response = visitor.get(f"/api/v1/sounds/{private}{path}")
        assert response.status_code == 404
        assert slug_of(response) == "no-such-sound"
    assert slug_of(visitor.delete(f"/api/v1/sounds/{private}")) == "no-such-sound"


def test_similar_sounds_come_nearest_first(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        here = a_sound(session, near=1).id
        twin = a_sound(session, near=1, trigger_slug="rain").id
        far = a_sound(session, near=2).id
    neighbours = visitor.get(f"/api/v1/sounds/{here}/similar").json()["items"]
    assert [sound["id"] for sound in neighbours] == [str(twin), str(far)]
    assert neighbours[0]["similarity"] == pytest.approx(1, abs=1e-3)
    assert neighbours[1]["similarity"] < 0.5
    assert ids(visitor.get(f"/api/v1/sounds/{here}/similar?trigger=rain")) == [str(twin)]
    assert ids(visitor.get(f"/api/v1/sounds/{here}/similar?limit=1")) == [str(twin)]
    assert slug_of(visitor.get(f"/api/v1/sounds/{here}/similar?trigger=x")) == "no-such-trigger"


def test_the_waveform_is_the_outline_and_the_length(web: Web, visitor: httpx.Client) -> None:
    with web.rows() as session:
        sound_id = a_sound(session, peaks=[0.0, 0.25, 1.0], duration_s=4.0).id
    response = visitor.get(f"/api/v1/sounds/{sound_id}/waveform")
    assert response.json() == {"duration_s": 4.0, "peaks": [0.0, 0.25, 1.0]}
    assert response.headers["cache-control"].startswith("private, max-age=")


def test_one_deletes_ones_own_sound_and_not_what_is_public(committed: Settings) -> None:
    with serving(committed.model_copy(update={"host": "0.0.0.0"})) as web:  # noqa: S104
        visitor = web.visitor()
        me = web.id_of(visitor)
        with web.rows() as session:
            mine, public = a_sound(session, kind=SoundKind.MADE, listener_id=me).id, a_sound(session).id
        assert visitor.delete(f"/api/v1/sounds/{mine}").status_code == 204
        assert slug_of(visitor.delete(f"/api/v1/sounds/{public}")) == "admin-only"
        with web.rows() as session:
            assert [sound.id for sound in session.query(Sound)] == [public]


def test_an_unknown_sound_is_404_in_all_its_forms(visitor: httpx.Client) -> None:
    for path in ("", "/audio", "/waveform", "/mel.png", "/similar"):
        assert slug_of(visitor.get(f"/api/v1/sounds/{uuid4()}{path}")) == "no-such-sound"


def test_triggers_are_counted_as_one_hears_them(web: Web, visitor: httpx.Client) -> None:
    me = web.id_of(visitor)
    with web.rows() as session:
        a_sound(session, trigger_slug="rain")
        a_sound(session, trigger_slug="rain", kind=SoundKind.MADE, listener_id=me)
        a_sound(session, trigger_slug="rain", listener_id=a_listener(session))
    listed = visitor.get("/api/v1/triggers").json()
    assert len(listed) == 23
    assert {trigger["slug"]: trigger["n_sounds"] for trigger in listed}["rain"] == 2
    assert sum(trigger["n_sounds"] for trigger in listed) == 2
    assert all(trigger["name_en"] and trigger["name_ko"] for trigger in listed)
