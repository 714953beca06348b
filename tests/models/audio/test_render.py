import numpy as np
import pytest

from models.audio import FloatArray
from models.audio.mel import log_mel
from models.audio.render import CHUNK_FRAMES, FIRST_CHUNK_FRAMES, RENDERERS, render, render_parts, repeating
from models.audio.spectra import Spectra
from models.audio.spread import spread
from models.errors import BadSetting, NotFinite, TooQuiet, UnknownRenderer
from tests.models.audio.signals import RATE_HZ, noise, sine, taps


def round_trip_error_db(audio: FloatArray, rendered: FloatArray) -> float:
    """Mean difference of the two mel pictures where the first is within 60 dB of its loudest point."""
    wanted, reached = log_mel(audio)[: 1 + len(rendered) // 441], log_mel(rendered)
    is_heard = wanted > wanted.max() - 60.0
    return float(np.abs(np.maximum(reached, -90.0) - wanted)[is_heard].mean())


SOUNDS = {"noise": noise(2.0)[:, 0], "tone": sine(880.0, 2.0)[:, 0], "taps": taps(2.0)[:, 0]}


@pytest.mark.parametrize(("sound", "most_db"), [("noise", 1.2), ("tone", 2.5), ("taps", 2.5)])
def test_rendered_audio_has_the_mel_picture_it_was_made_from(sound: str, most_db: float) -> None:
    audio = SOUNDS[sound]
    assert round_trip_error_db(audio, render(log_mel(audio), seed=1)) < most_db


def test_rendered_audio_is_as_loud_as_what_went_in() -> None:
    audio = noise(2.0, level=0.02)[:, 0]
    rendered = render(log_mel(audio), seed=1)
    assert 20.0 * np.log10(rendered.std() / audio.std()) == pytest.approx(0.0, abs=0.7)


def test_taps_are_rendered_as_taps_where_they_were() -> None:
    audio = taps(3.0)[:, 0]
    rendered = render(log_mel(audio), seed=1)
    energy = [np.add.reduceat(np.square(x[: 44100 * 2]), np.arange(0, 88200, 441)) for x in (audio, rendered)]
    assert np.corrcoef(*energy)[0, 1] > 0.85


@pytest.mark.parametrize("renderer", RENDERERS)
def test_every_renderer_is_repeatable_and_gives_a_hop_for_every_step(renderer: str) -> None:
    audio = SOUNDS["noise"]
    mel = log_mel(audio)
    once, twice = (render(mel, renderer=renderer, seed=5, source_audio=audio) for _ in range(2))
    assert once.shape == ((len(mel) - 1) * 441,)
    assert once.dtype == np.float32
    np.testing.assert_array_equal(once, twice)


def test_another_seed_gives_other_samples_of_the_same_picture() -> None:
    mel = log_mel(SOUNDS["noise"])
    assert not np.array_equal(render(mel, seed=1), render(mel, seed=2))


def test_integrated_phases_alone_beat_random_phases() -> None:
    from models.audio import render as room

    mel = log_mel(SOUNDS["tone"])
    guessed = render(mel, renderer="pghi", seed=1)

    def random_start(band_power: FloatArray, _finished: Spectra, first: int) -> Spectra:
        power = spread(band_power)
        turn = np.random.default_rng(first).uniform(0.0, 2.0 * np.pi, power.shape)
        return (np.sqrt(power) * np.exp(1j * turn)).astype(np.complex64)

    scattered = np.concatenate(list(room._walk([mel], random_start, 0, 0)))
    audio = SOUNDS["tone"]
    assert round_trip_error_db(audio, guessed) < 0.8 * round_trip_error_db(audio, scattered)


def test_chunks_meet_without_a_seam() -> None:
    """A steady tone keeps its level where one chunk ends and the next begins, and nothing clicks."""
    audio = sine(523.0, 8.0)[:, 0]
    rendered = render(log_mel(audio), seed=3)
    levels = np.sqrt(np.add.reduceat(np.square(rendered), np.arange(0, len(rendered) - 440, 441)) / 441)[20:-20]
    seam = FIRST_CHUNK_FRAMES - 20
    within = np.abs(np.diff(20.0 * np.log10(levels)))
    assert within[seam - 6 : seam + 6].max() < 3.0
    edges = np.abs(np.diff(rendered, n=2))
    near_seam = edges[(FIRST_CHUNK_FRAMES - 6) * 441 : (FIRST_CHUNK_FRAMES + 6) * 441].max()
    assert near_seam < 2.0 * np.percentile(edges[RATE_HZ:-RATE_HZ], 99.9)


@pytest.mark.parametrize("renderer", RENDERERS)
def test_a_picture_in_parts_gives_the_samples_of_the_whole(renderer: str) -> None:
    audio = noise(6.0)[:, 0]
    mel = log_mel(audio)
    parts = (mel[first : first + 70] for first in range(0, len(mel), 70))
    told = list(render_parts(parts, renderer=renderer, seed=2, source=repeating(audio)))
    assert len(told[0]) < 44100 * 3
    whole = render(mel, renderer=renderer, seed=2, source_audio=audio)
    np.testing.assert_array_equal(np.concatenate(told), whole)


def test_the_beginning_does_not_depend_on_what_comes_long_after() -> None:
    mel = log_mel(noise(8.0)[:, 0])
    short, long = render(mel[:400], seed=1), render(mel, seed=1)
    n_same = (FIRST_CHUNK_FRAMES - 6) * 441
    np.testing.assert_array_equal(short[:n_same], long[:n_same])


def test_silence_is_rendered_as_silence() -> None:
    assert np.all(render(np.full((200, 128), -100.0, np.float32), seed=1) == 0.0)


def test_an_absurd_level_stays_finite() -> None:
    assert np.isfinite(render(np.full((50, 128), 500.0, np.float32), seed=1)).all()


def test_borrowing_from_the_sound_itself_gives_it_back() -> None:
    audio = SOUNDS["noise"]
    borrowed = render(log_mel(audio), renderer="borrowed", seed=1, source_audio=audio)
    middle = slice(2048, len(borrowed) - 2048)
    assert np.corrcoef(borrowed[middle], audio[: len(borrowed)][middle])[0, 1] > 0.99


def test_borrowing_repeats_a_source_that_is_too_short_and_takes_stereo() -> None:
    target = log_mel(noise(3.0, seed=1)[:, 0])
    borrowed = render(target, renderer="borrowed", seed=1, source_audio=noise(1.0, n_channels=2))
    assert len(borrowed) == 300 * 441
    assert round_trip_error_db(noise(3.0, seed=1)[:, 0], borrowed) < 3.0


def test_borrowing_needs_an_audible_source() -> None:
    mel = log_mel(SOUNDS["noise"])
    with pytest.raises(BadSetting):
        render(mel, renderer="borrowed", seed=1)
    with pytest.raises(TooQuiet):
        render(mel, renderer="borrowed", seed=1, source_audio=np.zeros(RATE_HZ, np.float32))


def test_an_unknown_renderer_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownRenderer, match="griffin_lim") as refusal:
        render(log_mel(SOUNDS["noise"]), renderer="vocoder", seed=1)
    assert refusal.value.extensions["known"] == RENDERERS


@pytest.mark.parametrize("shape", [(1, 128), (100, 64), (100,), (0, 128)])
def test_pictures_of_another_shape_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadSetting):
        render(np.zeros(shape, np.float32), seed=1)


def test_levels_that_are_no_numbers_are_refused() -> None:
    mel = log_mel(SOUNDS["noise"])
    mel[3, 3] = np.nan
    with pytest.raises(NotFinite):
        render(mel, seed=1)


def test_bins_have_the_bands_they_were_spread_from() -> None:
    from models.audio.mel import mel_bands

    bands = np.power(10.0, log_mel(SOUNDS["taps"]) / 10.0)
    power = spread(bands)
    assert np.all(power >= 0.0)
    error_db = np.abs(10.0 * np.log10(np.maximum(power @ mel_bands().T, 1e-10) / bands))
    assert np.median(error_db) < 0.5


def test_rendering_tells_how_far_it_is_and_stops_when_it_is_told_to() -> None:
    mel = log_mel(noise(12.0)[:, 0])
    told: list[float] = []
    watched = render(mel, renderer="pghi", seed=2, on_progress=told.append)
    assert len(told) > (len(mel) - 1) / CHUNK_FRAMES
    assert told == sorted(told)
    assert told[-1] == 1.0
    np.testing.assert_array_equal(watched, render(mel, renderer="pghi", seed=2))

    def give_up(share: float) -> None:
        told.append(share)
        raise KeyboardInterrupt

    told.clear()
    with pytest.raises(KeyboardInterrupt):
        render(mel, renderer="pghi", seed=2, on_progress=give_up)
    assert len(told) == 1
