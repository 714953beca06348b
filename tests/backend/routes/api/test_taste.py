"""Favourites, plays, corrections, proposals and the stream over JSON."""

from __future__ import annotations

import csv
import io
from uuid import UUID, uuid4

import httpx
import pytest

from backend.catalogue import corrections
from backend.catalogue.lessons import COLUMNS
from backend.settings import Settings
from tests import rows
from tests.visits import Web, serving, slug_of

V1 = "/api/v1"


@pytest.fixture
def sound_ids(web: Web) -> list[str]:
    with web.rows() as session:
        slugs = ("rain", "paper", "slime", "water")
        return [str(rows.a_sound(session, trigger_slug=slug, near=place).id) for place, slug in enumerate(slugs)]


def test_a_heart_is_given_listed_and_taken_by_its_listener_alone(
    web: Web, visitor: httpx.Client, sound_ids: list[str]
) -> None:
    assert visitor.put(f"{V1}/sounds/{sound_ids[0]}/favourite").status_code == 204
    assert visitor.put(f"{V1}/sounds/{sound_ids[1]}/favourite").status_code == 204
    assert [each["id"] for each in visitor.get(f"{V1}/favourites").json()["items"]] == [sound_ids[1], sound_ids[0]]
    assert web.visitor().get(f"{V1}/favourites").json()["items"] == []
    assert visitor.delete(f"{V1}/sounds/{sound_ids[1]}/favourite").status_code == 204
    assert [each["id"] for each in visitor.get(f"{V1}/favourites").json()["items"]] == [sound_ids[0]]
    assert slug_of(visitor.put(f"{V1}/sounds/{uuid4()}/favourite")) == "no-such-sound"


def test_a_play_is_remembered_and_listed(visitor: httpx.Client, sound_ids: list[str]) -> None:
    played = {"sound_id": sound_ids[0], "listened_s": 3.5, "how": "ended"}
    assert visitor.post(f"{V1}/plays", json=played).status_code == 204
    heard = visitor.get(f"{V1}/plays").json()["items"]
    assert [(each["id"], each["n_plays"], each["listened_s"]) for each in heard] == [(sound_ids[0], 1, 3.5)]


@pytest.mark.parametrize(
    "change", [{"how": "loved"}, {"listened_s": -1}, {"listened_s": "long"}, {"sound_id": "x"}, {"where": "bed"}]
)
def test_a_play_that_makes_no_sense_is_refused(
    visitor: httpx.Client, sound_ids: list[str], change: dict[str, object]
) -> None:
    played = {"sound_id": sound_ids[0], "listened_s": 3.5, "how": "ended"} | change
    assert slug_of(visitor.post(f"{V1}/plays", json=played)) == "malformed-request"


def test_plays_are_taken_at_a_human_pace(committed: Settings) -> None:
    with serving(committed.model_copy(update={"rate_limit_plays": "2/hour"})) as web:
        with web.rows() as session:
            played = {"sound_id": str(rows.a_sound(session).id), "listened_s": 1.0, "how": "ended"}
        visitor = web.visitor()
        assert [visitor.post(f"{V1}/plays", json=played).status_code for _ in range(2)] == [204, 204]
        assert slug_of(visitor.post(f"{V1}/plays", json=played)) == "too-many-requests"


def test_what_a_listener_says_is_listed_replaced_and_taken_back(visitor: httpx.Client, sound_ids: list[str]) -> None:
    first, second = sound_ids[:2]
    visitor.post(f"{V1}/corrections", json={"sound_id": first, "trigger": "water"})
    visitor.post(f"{V1}/corrections", json={"sound_id": second, "trigger": "water"})
    said = visitor.post(f"{V1}/corrections", json={"sound_id": second, "trigger": None}).json()
    assert (said["sound_id"], said["trigger"]) == (second, None)
    listed = visitor.get(f"{V1}/corrections").json()["items"]
    assert [(each["sound_id"], each["trigger"]) for each in listed] == [(second, None), (first, "water")]
    assert visitor.delete(f"{V1}/corrections/{second}").status_code == 204
    assert len(visitor.get(f"{V1}/corrections").json()["items"]) == 1
    assert visitor.get(f"{V1}/sounds/{first}").json()["trigger"]["slug"] == "rain"
    unknown = visitor.post(f"{V1}/corrections", json={"sound_id": first, "trigger": "thunder"})
    assert slug_of(unknown) == "no-such-trigger"
    assert slug_of(visitor.post(f"{V1}/corrections", json={"sound_id": first})) == "malformed-request"


def test_the_operator_alone_reads_what_corrections_teach(web: Web, sound_ids: list[str]) -> None:
    with web.rows() as session:
        corrections.say(session, UUID(sound_ids[0]), "water", listener_id=rows.a_listener(session))
    stranger = web.visitor(**{"x-forwarded-for": "203.0.113.9"})
    assert slug_of(stranger.get(f"{V1}/corrections.csv")) == "admin-only"
    answer = web.visitor().get(f"{V1}/corrections.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert tuple(row) == COLUMNS
    assert (row["label"], row["sub_label"]) == ("water", "heard_as_rain")


def test_proposals_carry_their_reason(visitor: httpx.Client, sound_ids: list[str]) -> None:
    start = visitor.get(f"{V1}/for-you").json()["items"]
    assert {each["because"] for each in start} == {"start"}
    assert {each["id"] for each in start} == set(sound_ids)
    visitor.put(f"{V1}/sounds/{sound_ids[0]}/favourite")
    proposed = visitor.get(f"{V1}/for-you?limit=3").json()["items"]
    assert sound_ids[0] not in {each["id"] for each in proposed}
    assert len(proposed) == 3


def test_all_that_is_known_is_given_out_and_forgotten_on_request(visitor: httpx.Client, sound_ids: list[str]) -> None:
    visitor.put(f"{V1}/sounds/{sound_ids[0]}/favourite")
    visitor.post(f"{V1}/plays", json={"sound_id": sound_ids[1], "listened_s": 4.0, "how": "ended"})
    visitor.post(f"{V1}/corrections", json={"sound_id": sound_ids[2], "trigger": "water"})
    known = visitor.get(f"{V1}/preferences").json()
    assert known["is_remembered"]
    assert [each["sound_id"] for each in known["favourites"]] == [sound_ids[0]]
    assert [each["sound_id"] for each in known["plays"]] == [sound_ids[1]]
    assert [each["sound_id"] for each in known["corrections"]] == [sound_ids[2]]
    assert {sound_id for point in known["taste"] for sound_id in point["liked"]} == set(sound_ids[:2])
    assert visitor.delete(f"{V1}/preferences").status_code == 204
    known = visitor.get(f"{V1}/preferences").json()
    assert (len(known["favourites"]), known["plays"]) == (1, [])
    visitor.delete(f"{V1}/preferences?favourites=true")
    assert visitor.get(f"{V1}/preferences").json()["taste"] == []


def test_who_wants_nothing_remembered_says_so_once(visitor: httpx.Client, sound_ids: list[str]) -> None:
    assert visitor.patch(f"{V1}/preferences", json={"is_remembered": False}).status_code == 204
    visitor.post(f"{V1}/plays", json={"sound_id": sound_ids[0], "listened_s": 4.0, "how": "ended"})
    known = visitor.get(f"{V1}/preferences").json()
    assert (known["is_remembered"], known["plays"]) == (False, [])


def test_the_stream_goes_on_makes_one_ahead_and_stops(visitor: httpx.Client, sound_ids: list[str]) -> None:
    first = visitor.post(f"{V1}/stream/next", json={}).json()
    assert (len(first["items"]), first["n_in_making"]) == (4, 1)
    heard = [each["id"] for each in first["items"]]
    second = visitor.post(f"{V1}/stream/next", json={"heard": heard}).json()
    assert second["items"]
    assert second["n_in_making"] == 2
    assert visitor.delete(f"{V1}/stream").status_code == 204
    assert visitor.get(f"{V1}/jobs").json()["items"] == []
    too_many = {"heard": [str(uuid4()) for _ in range(201)]}
    assert slug_of(visitor.post(f"{V1}/stream/next", json=too_many)) == "malformed-request"
