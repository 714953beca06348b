import pickle
import re

import pytest

import models.errors
from models.errors import BadSetting, ClipTooLong, NotAudio, SoundError


def all_errors() -> list[type[SoundError]]:
    return [
        member for member in vars(models.errors).values() if isinstance(member, type) and issubclass(member, SoundError)
    ]


@pytest.mark.parametrize("error", all_errors())
def test_every_error_has_a_slug_of_its_own_a_title_and_a_sentence(error: type[SoundError]) -> None:
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", error.slug)
    assert [other.slug for other in all_errors()].count(error.slug) == 1
    assert error.title
    assert str(error()).endswith(".")


@pytest.mark.parametrize("error", all_errors())
def test_every_error_stands_in_the_drawn_tree(error: type[SoundError]) -> None:
    assert error.__name__ in (models.errors.__doc__ or "")


def test_a_detail_and_numbers_replace_the_general_sentence() -> None:
    error = ClipTooLong("Nine hours.", duration_s=32400.0)
    assert str(error) == error.detail == "Nine hours."
    assert error.extensions == {"duration_s": 32400.0}


def test_an_error_survives_the_way_to_another_process() -> None:
    error = pickle.loads(pickle.dumps(BadSetting("Too far.", strength=2.0)))  # noqa: S301 our own bytes
    assert type(error) is BadSetting
    assert (error.detail, error.extensions) == ("Too far.", {"strength": 2.0})


def test_no_audio_stream_is_a_kind_of_not_audio() -> None:
    assert issubclass(models.errors.NoAudioStream, NotAudio)
    assert issubclass(models.errors.EmptyAudio, NotAudio)
