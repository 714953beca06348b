"""Variations and mixes by the shipped generators."""

import numpy as np
import pytest

from models.audio.mel import MEL, log_mel
from models.errors import BadSetting, TooQuiet, UnknownLabel, UnknownNetwork
from models.inference.generate import load_generator, mix, mix_in_parts, vary, vary_in_parts
from models.inference.join import join_in_parts
from models.inference.path import STEP_FRAMES, place, windows_of
from models.inference.pictures import reference_db, to_mel, to_picture
from tests.models.inference.sounds import hiss, strokes, taps

pytestmark = pytest.mark.tf
TAPS, STROKES, HISS = log_mel(taps()), log_mel(strokes()), log_mel(hiss())
LABELS = {"first_label": "nail_tapping", "second_label": "brushing"}


def _vary(generator, strength: float, *, mel=TAPS, seconds: float = 4.0, seed: int = 1) -> np.ndarray:
    return vary(generator, mel, label="nail_tapping", strength=strength, seconds=seconds, seed=seed)


def _mix(generator, blend: float, *, seconds: float = 4.0, seed: int = 1) -> np.ndarray:
    return mix(generator, TAPS, STROKES, **LABELS, blend=blend, seconds=seconds, seed=seed)


@pytest.mark.parametrize("seconds", [1.0, 2.5, 7.25, 60.0])
def test_any_length_is_met_to_the_frame_and_every_level_is_finite_and_above_the_floor(generator, seconds) -> None:
    made = _vary(generator, 0.5, seconds=seconds)
    assert made.shape == (round(100 * seconds) + 1, 128)
    assert made.dtype == np.float32
    assert np.isfinite(made).all()
    assert made.min() >= MEL.floor_db


def test_the_same_seed_gives_the_same_bytes_and_another_seed_another_sound(generator) -> None:
    assert _vary(generator, 0.7).tobytes() == _vary(generator, 0.7).tobytes()
    assert np.abs(_vary(generator, 0.7) - _vary(generator, 0.7, seed=2)).mean() > 0.5
    assert _mix(generator, 0.4).tobytes() == _mix(generator, 0.4).tobytes()


def test_no_strength_is_nearer_to_the_source_than_full_strength(generator) -> None:
    source = to_mel(to_picture(TAPS, reference_db(TAPS)), reference_db(TAPS))[:301]
    near, far = (np.abs(_vary(generator, strength)[:301] - source).mean() for strength in (0.0, 1.0))
    assert near < 0.7 * far


def test_a_mix_at_its_ends_is_the_parents_reconstruction(generator) -> None:
    np.testing.assert_allclose(_mix(generator, 0.0), _vary(generator, 0.0), atol=1e-3)
    other = vary(generator, STROKES, label="brushing", strength=0.0, seconds=4.0, seed=1)
    np.testing.assert_allclose(_mix(generator, 1.0), other, atol=1e-3)


def test_a_mix_lies_between_its_parents(generator) -> None:
    first, middle, second = (_mix(generator, blend) for blend in (0.0, 0.5, 1.0))
    apart = np.abs(first - second).mean()
    assert np.abs(middle - first).mean() < apart
    assert np.abs(middle - second).mean() < apart


def test_four_inputs_give_four_outputs(vae) -> None:
    # The fault of the source work (Fig. 14): a decoder that ignores its code answers everything with one picture.
    rng = np.random.default_rng(0)
    hum = (0.1 * np.sin(2 * np.pi * 200.0 * np.arange(176400) / 44100)).astype(np.float32)
    hiss = (0.02 * rng.standard_normal(176400)).astype(np.float32)
    sources = [to_picture(mel, reference_db(mel)) for mel in (TAPS, STROKES, log_mel(hum), log_mel(hiss))]
    windows = np.stack([source[:100] for source in sources])
    painted = vae.decode(vae.encode(windows))
    errors = np.array([[np.abs(window - paint).mean() for paint in painted] for window in windows])
    assert (errors.argmin(axis=1) == np.arange(4)).all()
    assert (errors.mean() - np.diag(errors).mean()) > 2.0 * np.diag(errors).mean() / 3.0


def test_texture_stays_alive_in_a_long_variation_of_a_steady_sound(vae) -> None:
    made = _vary(vae, 0.5, mel=STROKES, seconds=20.0)
    seconds = made[:2000].reshape(20, 100, 128)
    changes = [np.abs(second - seconds[0]).mean() for second in seconds[1:]]
    assert min(changes) > 1.0


@pytest.mark.parametrize("strength", [0.0, 0.5, 1.0])
def test_a_long_variation_of_a_steady_sound_has_no_beat_where_windows_begin(generator, strength) -> None:
    # The sound's change from frame to frame, averaged by the place in the grid of windows.
    made = vary(generator, HISS, label="rain", strength=strength, seconds=40.0, seed=1)
    change = np.abs(np.diff(made[100:3901], axis=0)).mean(axis=1)
    by_place = change[: len(change) // STEP_FRAMES * STEP_FRAMES].reshape(-1, STEP_FRAMES).mean(axis=0)
    assert np.ptp(by_place) < 0.25 * change.mean()


def test_a_source_shorter_than_a_window_can_be_varied(generator) -> None:
    assert _vary(generator, 0.3, mel=TAPS[:30], seconds=2.0).shape == (201, 128)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"strength": -0.1}, BadSetting),
        ({"strength": float("nan")}, BadSetting),
        ({"seconds": 0.5}, BadSetting),
        ({"seconds": 601.0}, BadSetting),
        ({"seed": -1}, BadSetting),
        ({"mel": np.full((300, 128), -100.0, dtype=np.float32)}, TooQuiet),
        ({"mel": np.zeros((0, 128), dtype=np.float32)}, BadSetting),
    ],
)
def test_a_knob_out_of_range_is_refused(vae, settings, error) -> None:
    knobs = {"mel": TAPS, "label": "rain", "strength": 0.5, "seconds": 2.0, "seed": 0, **settings}
    mel = knobs.pop("mel")
    with pytest.raises(error):
        vary(vae, mel, **knobs)


def test_a_label_that_the_gan_never_learnt_is_refused(cgan) -> None:
    with pytest.raises(UnknownLabel, match="jazz"):
        vary(cgan, TAPS, label="jazz", strength=0.5, seconds=2.0, seed=0)


def test_an_unknown_generator_is_refused() -> None:
    with pytest.raises(UnknownNetwork, match="vae"):
        load_generator("cnn1d_tuned")


@pytest.mark.parametrize("is_loop", [False, True])
def test_parts_are_the_whole_picture_and_the_first_comes_early(generator, is_loop) -> None:
    knobs = {"label": "nail_tapping", "strength": 0.5, "seconds": 12.0, "seed": 3, "is_loop": is_loop}
    parts = list(vary_in_parts(generator, TAPS, **knobs))
    assert 1 < len(parts[0]) < 500
    np.testing.assert_array_equal(np.concatenate(parts), vary(generator, TAPS, **knobs))


def test_ten_minutes_are_painted_a_few_seconds_at_a_time(vae) -> None:
    parts = mix_in_parts(vae, TAPS, STROKES, **LABELS, blend=0.5, seconds=600.0, seed=1)
    first = [len(next(parts)) for _ in range(3)]
    assert max(first) < 500


def test_the_last_frame_of_a_loop_is_the_first_and_no_other_step_is_as_small_by_chance(generator) -> None:
    made = vary(generator, HISS, label="rain", strength=0.7, seconds=3.0, seed=5, is_loop=True)
    assert made.shape == (301, 128)
    np.testing.assert_allclose(made[-1], made[0], atol=1e-3)
    steps = np.abs(np.diff(made, axis=0)).mean(axis=1)
    assert steps[[0, -1]].max() < 2.0 * np.median(steps)


def _joined(windows: np.ndarray, plan) -> np.ndarray:
    return np.concatenate(list(join_in_parts(lambda numbers: windows[numbers % len(windows)], plan)))


def test_windows_over_each_other_add_up_to_the_picture_that_they_were_cut_from() -> None:
    mel = np.random.default_rng(0).uniform(-90, 0, (537, 128)).astype(np.float32)
    plan = place(500, seed=1)
    assert np.abs(_joined(windows_of(mel, plan)(np.arange(plan.n_windows)), plan) - mel[:500]).mean() < 0.2


@pytest.mark.parametrize("is_loop", [False, True])
def test_grain_that_averaging_takes_is_given_back(is_loop) -> None:
    plan = place(480, seed=1, is_loop=is_loop)
    grain = np.random.default_rng(0).normal(-50.0, 6.0, (plan.n_windows, 100, 128)).astype(np.float32)
    joined = _joined(grain, plan)
    assert len(joined) == 480
    assert joined[50:450].std() == pytest.approx(6.0, rel=0.15)


@pytest.mark.parametrize("is_loop", [False, True])
def test_enough_windows_cover_every_length(is_loop) -> None:
    for n_frames in range(101, 600):
        plan = place(n_frames, seed=n_frames, is_loop=is_loop)
        covered = np.zeros(n_frames + 200, dtype=bool)
        for number in range(-plan.n_windows if is_loop else 0, plan.n_windows):
            covered[max(0, plan.first_frame(number)) : max(0, plan.first_frame(number) + 100)] = True
        assert covered[:n_frames].all()


@pytest.mark.parametrize("is_loop", [False, True])
def test_a_smooth_path_passes_its_anchors_without_a_jump(is_loop) -> None:
    plan = place(801, seed=0, is_loop=is_loop)
    stretch = plan.stretch(np.arange(plan.n_windows))
    anchors = np.random.default_rng(0).standard_normal((stretch.n_anchors, 8)).astype(np.float32)
    path = stretch.smooth(anchors)
    np.testing.assert_allclose(path[[0, 8, 16]], anchors[:3], atol=1e-6)
    laps = np.concatenate([path, path]) if is_loop else path
    assert np.abs(np.diff(laps, axis=0)).max() < np.abs(np.diff(anchors, axis=0)).max()


def test_a_picture_read_back_is_the_sound_it_was_drawn_from_within_its_range() -> None:
    level_db = reference_db(TAPS)
    back = to_mel(to_picture(TAPS, level_db), level_db)
    inside = (level_db - 80.0 < TAPS) & (level_db > TAPS)
    np.testing.assert_allclose(back[inside], TAPS[inside], atol=1e-3)
