"""What pages and API let people ask for is what the networks can do."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile

from backend.catalogue import knobs, parts
from backend.routes.pages.variations import LONGER_SECONDS, SLIDER_SECONDS
from backend.routes.schemas.making import MixBody, VariationBody
from models.audio.mel import MEL
from models.audio.space import Space

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
    assert tuple(map(float, seconds.groups())) == (knobs.MIN_SECONDS, SLIDER_SECONDS)
    assert max(LONGER_SECONDS) == knobs.MAX_SECONDS
    spaces = re.search(r"for name in (\(.+\)) %", KNOBS)
    assert spaces
    assert ast.literal_eval(spaces[1]) == knobs.SPACES


def test_a_wav_begins_as_the_kept_sounds_wav_does(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros((parts.n_samples(1.5), 2), np.int16), 44100, subtype="PCM_16")
    assert (tmp_path / "a.wav").read_bytes()[: parts.HEADER_BYTES] == parts.header(1.5)


def test_the_worker_knows_the_spaces_and_the_rate_of_the_catalogue() -> None:
    assert tuple(Space) == knobs.SPACES
    assert parts.SAMPLE_RATE_HZ == MEL.sample_rate_hz


@pytest.mark.tf
def test_the_networks_go_as_far_as_the_catalogue_lets_people_ask() -> None:
    from models.inference import generate

    assert tuple(generate.KINDS) == knobs.NETWORKS
    assert (generate.SHORTEST_S, generate.LONGEST_S) == (knobs.MIN_SECONDS, knobs.MAX_SECONDS)
