"""Variations and mixes over HTTP."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.tables import Job
from tests.rows import a_listener, a_sound
from tests.visits import Web, slug_of


@pytest.fixture
def parents(web: Web) -> dict[str, dict[str, str]]:
    """What each kind of making needs to name, by path."""
    with web.rows() as session:
        first, second = (str(a_sound(session).id) for _ in range(2))
    return {"variations": {"sound_id": first}, "mixes": {"first_id": first, "second_id": second}}


BOTH = pytest.mark.parametrize("path", ["variations", "mixes"])
KNOBS = {"variations": "strength", "mixes": "blend"}


@BOTH
def test_a_making_is_queued_as_asked_for(
    web: Web, visitor: httpx.Client, parents: dict[str, dict[str, str]], path: str
) -> None:
    asked = {
        **parents[path],
        "network": "cgan",
        "seconds": 12.5,
        "seed": 7,
        "space": "left",
        "loop": True,
        KNOBS[path]: 0.25,
    }
    response = visitor.post(f"/api/v1/{path}", json=asked)
    assert response.status_code == 202
    job = response.json()["job"]
    assert job["state"] == "queued"
    assert job["arguments"] == asked
    with web.rows() as session:
        assert session.get_one(Job, job["id"]).listener_id == web.id_of(visitor)


@BOTH
def test_a_seed_that_is_not_given_is_drawn_and_told(
    visitor: httpx.Client, parents: dict[str, dict[str, str]], path: str
) -> None:
    seeds = {visitor.post(f"/api/v1/{path}", json=parents[path]).json()["job"]["arguments"]["seed"] for _ in range(5)}
    assert len(seeds) == 5
    assert all(0 <= seed < 2**32 for seed in seeds)


@BOTH
def test_a_repeated_key_gives_the_first_job_though_its_seed_was_drawn(
    visitor: httpx.Client, parents: dict[str, dict[str, str]], path: str
) -> None:
    headers = {"Idempotency-Key": "again"}
    first, second = (visitor.post(f"/api/v1/{path}", json=parents[path], headers=headers).json() for _ in range(2))
    assert first == second
    other = visitor.post(f"/api/v1/{path}", json={**parents[path], "seconds": 3}, headers=headers)
    assert slug_of(other) == "idempotency-conflict"


@BOTH
@pytest.mark.parametrize(
    "wrong",
    [
        {"network": "gpt"},
        {"seconds": 0.5},
        {"seconds": 600.5},
        {"space": "behind"},
        {"loop": "perhaps"},
        {"seconds": "long"},
        {"seed": -1},
        {"seed": 2**63},
        {"seed": 1.5},
        {"knob": -0.1},
        {"knob": 1.1},
        {"loudness": 3},
    ],
)
def test_a_knob_turned_too_far_is_422_and_named(
    visitor: httpx.Client, parents: dict[str, dict[str, str]], path: str, wrong: dict[str, Any]
) -> None:
    named = {KNOBS[path] if name == "knob" else name: value for name, value in wrong.items()}
    response = visitor.post(f"/api/v1/{path}", json={**parents[path], **named})
    assert response.status_code == 422
    assert slug_of(response) == "malformed-request"
    assert response.json()["errors"][0]["loc"] == ["body", next(iter(named))]


@BOTH
@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_numbers_that_are_none_are_refused(
    visitor: httpx.Client, parents: dict[str, dict[str, str]], path: str, number: str
) -> None:
    ids = ",".join(f'"{name}": "{value}"' for name, value in parents[path].items())
    body = f'{{{ids}, "seconds": {number}}}'
    response = visitor.post(f"/api/v1/{path}", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 422
    assert slug_of(response) == "malformed-request"


@BOTH
def test_a_sound_that_one_may_not_hear_cannot_be_made_from(
    web: Web, visitor: httpx.Client, parents: dict[str, dict[str, str]], path: str
) -> None:
    with web.rows() as session:
        private = str(a_sound(session, listener_id=a_listener(session)).id)
    for unheard in (private, str(uuid4())):
        asked = {**parents[path], next(reversed(parents[path])): unheard}
        response = visitor.post(f"/api/v1/{path}", json=asked)
        assert response.status_code == 404
        assert slug_of(response) == "no-such-sound"
