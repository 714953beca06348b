"""The API is what DESIGN.md promises, and what it says of itself is true."""

from __future__ import annotations

import json
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from backend.app import create_app
from backend.settings import Settings
from tests.visits import serving, slug_of

V1 = "/api/v1"
# Method, path, success, what may be asked with (path parameters left out), body fields. DESIGN.md §4.
PROMISED = [
    ("POST", f"{V1}/sources", 202, {"Idempotency-Key"}, {"url"}),
    ("GET", f"{V1}/sources", 200, {"cursor", "limit"}, None),
    ("GET", f"{V1}/sources/{{source_id}}", 200, set(), None),
    ("DELETE", f"{V1}/sources/{{source_id}}", 204, set(), None),
    ("GET", f"{V1}/triggers", 200, set(), None),
    (
        "GET",
        f"{V1}/sounds",
        200,
        {
            "trigger",
            "q",
            "kind",
            "min_confidence",
            "min_seconds",
            "max_seconds",
            "source",
            "sort",
            "cursor",
            "limit",
        },
        None,
    ),
    ("GET", f"{V1}/sounds/{{sound_id}}", 200, set(), None),
    ("GET", f"{V1}/sounds/{{sound_id}}/audio", 200, {"format"}, None),
    ("GET", f"{V1}/sounds/{{sound_id}}/waveform", 200, set(), None),
    ("GET", f"{V1}/sounds/{{sound_id}}/mel.png", 200, set(), None),
    ("GET", f"{V1}/sounds/{{sound_id}}/similar", 200, {"limit", "trigger"}, None),
    ("DELETE", f"{V1}/sounds/{{sound_id}}", 204, set(), None),
    (
        "POST",
        f"{V1}/variations",
        202,
        {"Idempotency-Key"},
        {"sound_id", "network", "strength", "seconds", "space", "loop", "seed"},
    ),
    (
        "POST",
        f"{V1}/mixes",
        202,
        {"Idempotency-Key"},
        {"first_id", "second_id", "network", "blend", "seconds", "space", "loop", "seed"},
    ),
    ("GET", f"{V1}/jobs/{{job_id}}", 200, set(), None),
    ("GET", f"{V1}/jobs/{{job_id}}/events", 200, set(), None),
    ("POST", f"{V1}/jobs/{{job_id}}/cancel", 200, set(), None),
    ("POST", f"{V1}/jobs/{{job_id}}/retry", 202, set(), None),
    ("GET", "/healthz", 200, set(), None),
    ("GET", "/readyz", 200, set(), None),
]
ANSWERS = {
    "SubmittedSource": {"job", "source"},
    "JobAnswer": {"job"},
    "TriggerBody": {"slug", "name_en", "name_ko", "n_sounds"},
    "JobBody": {"state", "progress", "phase", "position", "error", "result"},
    "ResultBody": {"source_id", "sound_id"},
    "SourceDetailBody": {"status", "timeline", "sounds"},
    "Problem": {"type", "title", "status", "detail", "instance"},
}


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    app = create_app(Settings(data_dir=tmp_path_factory.mktemp("data")))
    return json.loads(json.dumps(app.openapi()))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("method", "path", "success", "asked_with", "body"), PROMISED)
def test_each_promised_operation_is_there_with_what_it_takes(
    schema: dict[str, Any], method: str, path: str, success: int, asked_with: set[str], body: set[str] | None
) -> None:
    operation = schema["paths"][path][method.lower()]
    assert str(success) in operation["responses"]
    assert asked_with <= {each["name"] for each in operation.get("parameters", [])}
    if body is not None:
        described = operation["requestBody"]["content"]["application/json"]["schema"]
        named = described.get("$ref", "").rpartition("/")[2]
        properties = (schema["components"]["schemas"][named] if named else described)["properties"]
        assert set(properties) == body


@pytest.mark.parametrize(("name", "members"), ANSWERS.items())
def test_each_promised_answer_has_its_members(schema: dict[str, Any], name: str, members: set[str]) -> None:
    assert members <= set(schema["components"]["schemas"][name]["properties"])


def test_sources_take_a_file_too(schema: dict[str, Any]) -> None:
    content = schema["paths"][f"{V1}/sources"]["post"]["requestBody"]["content"]
    assert content["multipart/form-data"]["schema"]["required"] == ["file"]


def test_every_operation_is_documented_and_every_failure_is_a_problem(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for method, operation in operations.items():
            assert operation["description"].rstrip().endswith("."), (method, path)
            for status, response in operation["responses"].items():
                if status[0] in "45" or status == "default":
                    is_readiness = (path, status) == ("/readyz", "503")
                    expected = "application/json" if is_readiness else "application/problem+json"
                    assert list(response["content"]) == [expected], (method, path, status)


def test_every_reference_leads_somewhere_and_every_schema_is_used(schema: dict[str, Any]) -> None:
    referred = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(schema)))
    assert referred == set(schema["components"]["schemas"])


def test_every_way_to_fail_has_the_one_shape(committed: Settings, schema: dict[str, Any]) -> None:
    unknown = str(uuid4())
    with serving(committed) as web:
        visitor = web.visitor()
        for path, operations in schema["paths"].items():
            filled = re.sub(r"{\w+}", unknown, path)
            for method in {"get", "post", "put", "patch", "delete"} - operations.keys():
                assert expect(visitor.request(method, filled), 405) == "method-not-allowed"
            for method in operations:
                if "{" in path:
                    assert expect(visitor.request(method, filled), 404).startswith("no-such-")
                    malformed = visitor.request(method, re.sub(r"{\w+}", "x", path))
                    assert expect(malformed, 422) == "malformed-request"
                if method != "get":
                    elsewhere = visitor.request(method, filled, headers={"Sec-Fetch-Site": "cross-site"})
                    assert expect(elsewhere, 403) == "cross-site-request"
            assert expect(visitor.get(f"{filled}/no/where"), 404) == "not-found"


def expect(response: httpx.Response, status: int) -> str:
    assert response.status_code == status, (response.request.method, response.request.url, response.text)
    return slug_of(response)
