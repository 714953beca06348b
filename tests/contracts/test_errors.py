"""Every error that the catalogue can raise has one status, one slug and a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from backend.catalogue import errors
from backend.catalogue.errors import CatalogueError
from backend.routes.problems import STATUS_OF, problem_of


def tree(root: type[CatalogueError]) -> Iterator[type[CatalogueError]]:
    yield root
    for branch in root.__subclasses__():
        if branch.__module__.startswith("backend."):
            yield from tree(branch)


ALL = list(tree(CatalogueError))


def test_each_error_has_a_status_of_its_own_and_no_status_is_left_over() -> None:
    assert set(STATUS_OF) == set(ALL)


def test_no_two_errors_share_a_slug() -> None:
    slugs = [error.slug for error in ALL]
    assert len(set(slugs)) == len(slugs)


@pytest.mark.parametrize("error", ALL)
def test_each_error_becomes_a_problem_that_says_something(error: type[CatalogueError]) -> None:
    problem = problem_of(error(), instance="/here")
    assert re.fullmatch(r"/problems/[a-z]+(-[a-z]+)*", problem.type)
    assert 400 <= problem.status <= 599
    assert problem.title
    assert problem.detail.endswith(".")
    assert problem.instance == "/here"


@pytest.mark.parametrize("error", ALL)
def test_what_a_failed_job_keeps_is_what_a_request_would_be_told(error: type[CatalogueError]) -> None:
    told = problem_of(error("So.", limit=3), instance="/here").model_dump(mode="json")
    assert error("So.", limit=3).problem().items() <= told.items()


def test_the_tree_at_the_top_of_the_file_names_each_error() -> None:
    drawn = set(re.findall(r"\b[A-Z][A-Za-z]+\b", errors.__doc__ or ""))
    assert {error.__name__ for error in ALL} <= drawn
