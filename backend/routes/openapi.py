"""The description of the API, made true where FastAPI guesses: our failures are problems, not its own bodies."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI

from backend.routes.problems import MEDIA_TYPE, Problem

PROBLEM_CONTENT = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
# FastAPI's own bodies of malformed requests, which we never send.
UNUSED_SCHEMAS = ("HTTPValidationError", "ValidationError")


def install(app: FastAPI) -> None:
    """Let an application describe itself truly."""
    described: Callable[[], dict[str, Any]] = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _with_problems(described())
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def _with_problems(schema: dict[str, Any]) -> dict[str, Any]:
    schemas = schema["components"]["schemas"]
    for name in UNUSED_SCHEMAS:
        schemas.pop(name, None)
    schemas["Problem"] = Problem.model_json_schema()
    for operations in schema["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            if "HTTPValidationError" in str(responses.get("422", "")):
                responses["422"] = {"description": "Malformed request", "content": PROBLEM_CONTENT}
            responses["default"] = {
                "description": f"{HTTPStatus.INTERNAL_SERVER_ERROR.phrase} or any other problem",
                "content": PROBLEM_CONTENT,
            }
    return schema
