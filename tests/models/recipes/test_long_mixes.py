"""Long mixes: known boundaries, one fold's recordings, the same for one seed; and strangers that are what they say."""

import numpy as np
import pytest

from models.recipes.corpus import Corpus
from models.recipes.long_mixes import LongMix, lay_out
from models.recipes.strangers import LEVELS_DBFS, SECONDS, strangers

RATE_HZ = 44100


@pytest.fixture(scope="module")
def mixes(corpus: Corpus) -> list[LongMix]:
    return list(lay_out(corpus, fold=2, n_mixes=3, seconds=40.0, seed=5))


def test_one_seed_gives_the_same_mixes_and_another_gives_others(corpus: Corpus, mixes: list[LongMix]) -> None:
    again = list(lay_out(corpus, fold=2, n_mixes=3, seconds=40.0, seed=5))
    for first, second in zip(mixes, again, strict=True):
        assert first.events == second.events
        np.testing.assert_array_equal(first.audio, second.audio)
    other = next(lay_out(corpus, fold=2, n_mixes=1, seconds=40.0, seed=6))
    assert other.events != mixes[0].events


def test_events_follow_each_other_inside_the_mix(mixes: list[LongMix]) -> None:
    for mix in mixes:
        assert len(mix.events) >= 5
        assert 40.0 <= len(mix.audio) / RATE_HZ <= 60.0
        for event, later in zip(mix.events, mix.events[1:], strict=False):
            assert event.start_s < event.end_s <= later.start_s + 0.05
            assert event.trigger != later.trigger
        assert mix.events[-1].end_s <= len(mix.audio) / RATE_HZ


def test_events_are_loud_and_pauses_are_room_tone(mixes: list[LongMix]) -> None:
    for mix in mixes:
        is_event = np.zeros(len(mix.audio), dtype=bool)
        for event in mix.events:
            is_event[int((event.start_s - 1.0) * RATE_HZ) : int((event.end_s + 1.0) * RATE_HZ)] = True
        if (~is_event).sum() < RATE_HZ // 10:
            continue
        powers = [
            float(np.mean(np.square(mix.audio[int(each.start_s * RATE_HZ) : int(each.end_s * RATE_HZ)])))
            for each in mix.events
        ]
        pause = float(np.mean(np.square(mix.audio[~is_event])))
        assert pause < 0.01 * min(powers)
        assert pause > 0.0


def test_a_mix_holds_its_own_folds_recordings_alone(corpus: Corpus) -> None:
    silenced = np.array(corpus.samples)
    for ordinal, recording in enumerate(corpus.recordings):
        if recording.fold == 2:
            silenced[corpus.sample_offset[ordinal] : corpus.sample_offset[ordinal + 1]] = 0
    fields = {name: getattr(corpus, name) for name in corpus.__dataclass_fields__}
    deaf = Corpus(**{**fields, "samples": silenced})
    mix = next(lay_out(deaf, fold=2, n_mixes=1, seconds=20.0, seed=5))
    heard = next(lay_out(corpus, fold=2, n_mixes=1, seconds=20.0, seed=5))
    assert np.abs(mix.audio).max() < 0.01 * np.abs(heard.audio).max()


def test_strangers_have_the_levels_and_lengths_that_their_names_say() -> None:
    found = dict(strangers(seed=1))
    kinds = {name.rpartition(" at ")[0] for name in found}
    assert {"tone 440 Hz", "drums", "white noise", "hum 50 Hz"} <= kinds
    assert len(found) == len(kinds) * len(LEVELS_DBFS)
    for name, audio in found.items():
        level_db = float(name.rpartition(" at ")[2].removesuffix(" dB"))
        assert len(audio) == SECONDS * RATE_HZ
        assert 10.0 * np.log10(np.mean(np.square(audio, dtype=np.float64))) == pytest.approx(level_db, abs=0.01)


def test_a_tone_of_strangers_sounds_at_its_frequency() -> None:
    audio = dict(strangers())["tone 1000 Hz at -30 dB"]
    assert np.abs(np.fft.rfft(audio)).argmax() / SECONDS == pytest.approx(1000.0)
