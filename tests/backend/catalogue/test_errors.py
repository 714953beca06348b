"""The tree of errors is the one that is drawn, and each says what it is."""

import re

import pytest

from backend.catalogue import errors
from backend.catalogue.errors import CatalogueError


def tree(root: type[CatalogueError]) -> list[type[CatalogueError]]:
    return [root, *(each for child in root.__subclasses__() for each in tree(child))]


def drawn() -> dict[str, str | None]:
    """Each class of the drawing and its parent."""
    parents: dict[str, str | None] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if (match := re.match(r"([│├└─ ]*)([A-Z]\w+)(\s+\(.*\))?$", line)) is None:
            continue
        depth = len(match[1]) // 4
        path[depth:] = [match[2]]
        parents[match[2]] = path[depth - 1] if depth else None
    return parents


def test_the_drawing_is_the_tree() -> None:
    actual = {each.__name__: each.__base__.__name__ for each in tree(CatalogueError) if each.__base__}
    assert drawn() == actual | {"CatalogueError": None}


def test_every_error_of_the_tree_is_importable_from_one_place() -> None:
    assert {each.__name__ for each in tree(CatalogueError)} == set(errors.__all__)


@pytest.mark.parametrize("error", tree(CatalogueError), ids=lambda error: error.slug)
def test_every_error_says_what_it_is(error: type[CatalogueError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.slug)
    assert error.slug in vars(error).values()
    assert error().detail == (error.__doc__ or "").splitlines()[0]
    assert str(error("Told.")) == "Told."


def test_slugs_are_unique() -> None:
    slugs = [each.slug for each in tree(CatalogueError)]
    assert len(set(slugs)) == len(slugs)


def test_a_problem_carries_the_numbers() -> None:
    assert errors.VideoTooLong("Nine hours.", duration_s=32400.0).problem() == {
        "type": "/problems/video-too-long",
        "title": "Video too long",
        "detail": "Nine hours.",
        "duration_s": 32400.0,
    }
