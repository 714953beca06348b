"""What pages and API let people ask for is what the networks can do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from backend.catalogue import knobs
from backend.routes.schemas.making import MixBody, VariationBody

KNOBS = (Path(__file__).parents[2] / "frontend" / "templates" / "sounds" / "_knobs.html").read_text()


@pytest.mark.parametrize("body", [VariationBody, MixBody])
def test_the_api_names_the_networks_of_the_catalogue(body: type[VariationBody | MixBody]) -> None:
    assert get_args(body.model_fields["network"].annotation) == knobs.NETWORKS


@pytest.mark.parametrize("body", [VariationBody, MixBody])
def test_the_api_names_the_spaces_of_the_catalogue(body: type[VariationBody | MixBody]) -> None:
    assert get_args(body.model_fields["space"].annotation) == knobs.SPACES


def test_the_pages_offer_the_networks_and_lengths_of_the_catalogue() -> None:
    assert tuple(re.findall(r'<option value="(\w+)">', KNOBS)) == knobs.NETWORKS
    seconds = re.search(r'name="seconds"\s+type="range"\s+min="(\d+)"\s+max="(\d+)"', KNOBS)
    assert seconds
    assert tuple(map(float, seconds.groups())) == (knobs.MIN_SECONDS, knobs.MAX_SECONDS)


@pytest.mark.tf
def test_the_networks_go_as_far_as_the_catalogue_lets_people_ask() -> None:
    from models.inference import generate

    assert tuple(generate.KINDS) == knobs.NETWORKS
    assert (generate.SHORTEST_S, generate.LONGEST_S) == (knobs.MIN_SECONDS, knobs.MAX_SECONDS)
