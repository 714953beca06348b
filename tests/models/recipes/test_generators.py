"""Judging generators: numbers that are known beforehand come out."""

import dataclasses
import json
import math

import keras
import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d

from models.audio.mel import log_mel
from models.networks.catalogue import build
from models.recipes.distances import KERNEL_SCALE, frechet_distance, kernel_distance, nearest, spread
from models.recipes.diversity import RECORDED, RENDERED, measure_copying, measure_sets, measure_spreads
from models.recipes.generator_draws import Amounts, draw_sounds, other_seconds
from models.recipes.generator_figures import bands_of_khz
from models.recipes.generator_report import Choice, evaluate_generators
from models.recipes.generator_scores import score_blends, score_variations, wanted_labels
from models.recipes.judge import load_judge
from models.recipes.jury import Judge, Jury, generator_folds, judge_folds, open_jury
from models.recipes.latents import information_nats, score_latents, swapped_errors_db
from models.recipes.made_sounds import Sounds, make_blends, make_variations
from models.recipes.painters import Plain
from models.recipes.recipe import read_recipe
from models.recipes.runs import record_run
from models.recipes.thesis_figures import FigureChoice, draw_figures
from models.recipes.timbre import between_share, timbre_of
from models.recipes.timbre_blends import between, draw_pairs

pytestmark = pytest.mark.tf
AMOUNTS = Amounts(n_per_label=4, n_blends=3, n_pairs=2, n_rendered_per_label=3)


class Ear:
    """Stands in for the tagger: levels of 1024 stretches of the spectrum."""

    def hear(self, seconds):
        power = np.abs(np.fft.rfft(seconds))[:, :20480].reshape(len(seconds), 1024, 20)
        return np.log1p(100.0 * power.mean(axis=2)).astype(np.float32)


class Constant:
    """Paints the same second whatever it is shown."""

    name = "constant"

    def vary(self, source, label, seed):
        return np.full((101, 128), -40.0, dtype=np.float32)

    def mix(self, first, second, labels, seed):
        return self.vary(first, labels[0], seed)


@pytest.fixture
def jury(corpus) -> Jury:
    """Two folds as one, heard by a judge of ours that compares mean spectra, and by one that always hears brushing."""
    rows = np.flatnonzero(np.isin(corpus.windows.fold, (0, 1)))
    windows = corpus.windows.where(rows)
    spectra = np.stack([corpus.mel_of(windows.where(windows.label == label)).mean(axis=(0, 1)) for label in (0, 1)])

    def nearest_label(pictures):
        distance = np.linalg.norm(pictures.mean(axis=1)[:, None] - spectra[None], axis=2)
        return (np.eye(2) * 0.8 + 0.1)[distance.argmin(axis=1)].astype(np.float32)

    def brushing(embeddings):
        return np.tile(np.float32([0.9, 0.1]), (len(embeddings), 1))

    ear = Ear()
    overheard = np.stack(
        [
            ear.hear(corpus.audio_of(int(recording), int(start) * 441, 44100)[None])[0]
            for recording, start in zip(corpus.windows.recording, corpus.windows.start_frame, strict=True)
        ]
    )
    judges = (
        Judge("cnn1d_tuned", True, True, nearest_label, nearest_label(corpus.mel_of(windows))),
        Judge("yamnet_head", False, False, brushing, brushing(windows.label)),
    )
    return Jury(0, windows, rows, judges, ear, overheard, ())  # type: ignore[arg-type]


def _shares(scores) -> dict[tuple[str, str, str], float]:
    return {(score.deed, score.judge, score.heard): score.share for score in scores}


def test_generators_and_their_judges_share_no_fold_with_each_other_or_with_the_sources() -> None:
    for fold in range(5):
        assert sorted((fold, *generator_folds(fold), *judge_folds(fold))) == [0, 1, 2, 3, 4]


def test_what_returns_its_source_is_heard_as_its_source(corpus, jury) -> None:
    draw = draw_sounds(jury, corpus.labels, AMOUNTS, seed=0)
    assert len(draw.varied) == 8
    sounds = make_variations(Plain(), corpus, jury, draw, seed=0)
    np.testing.assert_array_equal(sounds.pictures, corpus.mel_of(jury.windows.where(draw.varied)))
    shares = _shares(score_variations("source", sounds, jury, draw.varied, corpus.labels))
    assert shares["variations", "cnn1d_tuned", "mel"] == 1.0
    assert shares["nine", "cnn1d_tuned", "mel"] == 1.0
    # What is always heard as brushing is heard as the source, whose windows are heard as brushing too.
    assert shares["variations", "yamnet_head", "rendered"] == 1.0
    assert ("variations", "yamnet_head", "mel") not in shares


def test_what_always_paints_the_same_is_right_about_one_label_alone_and_has_no_diversity(corpus, jury) -> None:
    draw = draw_sounds(jury, corpus.labels, AMOUNTS, seed=0)
    sounds = make_variations(Constant(), corpus, jury, draw, seed=0)
    ours = score_variations("constant", sounds, jury, draw.varied, corpus.labels)[0]
    assert sorted(ours.of_label.values()) == [0.0, 1.0]
    assert ours.share == 0.5
    spreads = measure_spreads([Constant(), Plain()], corpus, jury, n_sources=2, n_each=2, seed=0)
    assert spreads is not None
    assert spreads.of_variations["constant"] == 0.0
    assert spreads.inside_source > 0.0


def test_a_blend_counts_when_both_parents_labels_pass_a_half(corpus, jury) -> None:
    draw = draw_sounds(jury, corpus.labels, AMOUNTS, seed=0)
    assert draw.blended.shape == (3, 2)
    sounds = make_blends(Plain(), corpus, jury, draw.blended, seed=0)
    shares = _shares(score_blends("mix", "blends", sounds, jury, draw.blended))
    # Of two labels the two together are everything.
    assert shares["blends", "cnn1d_tuned", "mel"] == 1.0
    silent = Sounds(sounds.pictures, sounds.rendered, sounds.again, sounds.embeddings)
    hears_tapping = Judge(
        "other",
        False,
        True,
        lambda p: np.tile(np.float32([0.6, 0.4]), (len(p), 1)),
        np.tile(np.float32([0.1, 0.9]), (len(jury.windows), 1)),
    )
    deaf = Jury(0, jury.windows, jury.rows, (hears_tapping,), None, None, ())
    assert _shares(score_blends("mix", "blends", silent, deaf, draw.blended))["blends", "other", "mel"] == 0.0


def test_real_seconds_are_not_compared_with_themselves(jury) -> None:
    rows = np.arange(len(jury.windows))
    chosen, has_other = other_seconds(jury, rows, seed=0)
    assert has_other.all()
    assert (jury.windows.recording[chosen] == jury.windows.recording[rows]).all()
    assert (np.abs(jury.windows.start_frame[chosen] - jury.windows.start_frame[rows]) >= 100).all()
    # One window of the first recording is heard as something else, and louder than all others together.
    told = np.tile(np.float32([0.6, 0.4]), (len(rows), 1))
    told[0] = [-9.0, 10.0]
    judge = Judge("other", False, True, lambda pictures: pictures, told)
    first = np.array([0])
    assert wanted_labels(judge, jury, first) == [1]
    assert wanted_labels(judge, jury, first, left_out=first) == [0]


def test_equal_sets_have_no_distance_and_shifted_gaussians_the_known_one() -> None:
    rng = np.random.default_rng(0)
    one = rng.standard_normal((400, 6))
    assert frechet_distance(one, one) == pytest.approx(0.0, abs=1e-9)
    assert frechet_distance(one, one + 2.0) == pytest.approx(6 * 4.0)
    # Twice the deviation: (2 - 1)^2 of each dimension's variance.
    assert frechet_distance(2.0 * one, one) == pytest.approx(
        np.square(one - one.mean(0)).sum() / 399 + np.square(one.mean(0)).sum()
    )
    assert abs(kernel_distance(rng.standard_normal((400, 6)), one)) < 0.01 * KERNEL_SCALE
    assert kernel_distance(one + 2.0, one) > 0.3 * KERNEL_SCALE
    few = one[:3]
    assert frechet_distance(few, few + 1.0) == pytest.approx(6.0)


def test_distances_to_the_nearest_and_spreads_are_what_a_ruler_says() -> None:
    known = np.float32([[0, 0], [3, 4], [10, 0]])
    points = np.float32([[0, 1], [10, 2]])
    np.testing.assert_allclose(nearest(points, known), [1.0, 2.0], atol=1e-5)
    np.testing.assert_allclose(
        nearest(points, known, left_out=lambda n: np.array([n == 0, False, False])), [np.hypot(3, 3), 2.0], atol=1e-5
    )
    assert spread(np.array([[0.0, 0.0], [3.0, 4.0]])) == 5.0


def test_copies_are_found_and_real_sounds_are_the_floor(corpus, jury) -> None:
    draw = draw_sounds(jury, corpus.labels, AMOUNTS, seed=0)
    real = make_variations(Plain(), corpus, jury, draw, seed=0)
    others = np.flatnonzero(corpus.windows.fold == 2)[: len(real.rendered)]
    copies = Sounds(real.pictures, real.rendered, real.again, jury.overheard[others])
    copying = measure_copying({RENDERED: real, "copies": copies}, corpus, jury, draw, corpus.windows.fold == 2)
    assert [row.maker for row in copying] == [RENDERED, "copies"]
    assert copying[1].median == 0.0
    assert copying[1].below_real_share == 1.0


def test_real_sounds_of_other_recordings_are_the_floor_of_distances(corpus, jury) -> None:
    draw = draw_sounds(jury, corpus.labels, AMOUNTS, seed=0)
    real = make_variations(Plain(), corpus, jury, draw, seed=0)
    far = Sounds(real.pictures, real.rendered, real.again, real.embeddings + 10.0)
    floor, rendered, shifted = measure_sets({RENDERED: real, "far": far}, jury, draw, seed=0)
    assert (floor.maker, rendered.maker, shifted.maker) == (RECORDED, RENDERED, "far")
    assert floor.n_sounds == floor.n_reference > 0
    assert shifted.frechet > 1024 * 50.0 > floor.frechet


class Collapsed:
    """Encodes everything as the prior."""

    def __call__(self, pictures, training):
        flat = np.zeros((len(pictures), 4, 2), dtype=np.float32)
        return {"mean": flat, "log_variance": flat, "picture": np.full_like(pictures, 0.5)}


def test_a_collapsed_code_is_seen_by_every_measure() -> None:
    pictures = np.random.default_rng(0).random((40, 100, 128)).astype(np.float32)
    scores = score_latents(Collapsed(), pictures)
    assert scores.n_active_units == 0
    assert scores.n_units == 8
    assert scores.kl_nats == 0.0
    assert scores.information_nats == pytest.approx(0.0, abs=1e-6)
    assert scores.reconstruction_error_db == scores.other_input_error_db or abs(scores.own_nearest_share - 0.5) < 0.3


def test_a_code_that_tells_all_inputs_apart_has_all_information_and_passes_the_swap_test() -> None:
    rng = np.random.default_rng(0)
    mean = 10.0 * rng.standard_normal((50, 8)).astype(np.float32)
    assert information_nats(mean, np.full_like(mean, -4.0), rng) == pytest.approx(np.log(50), abs=1e-3)
    pictures = rng.random((10, 100, 128)).astype(np.float32)
    own, other = swapped_errors_db(pictures, pictures, rng)
    assert (own == 0.0).all()
    assert (other > 1.0).all()


def test_a_blend_lies_between_its_parents_in_the_features_in_which_it_does() -> None:
    first, second = {"depth": 10.0, "warmth": 50.0}, {"depth": 20.0, "warmth": 40.0}
    assert between_share({"depth": 15.0, "warmth": 45.0}, first, second) == 1.0
    assert between_share({"depth": 15.0, "warmth": 51.0}, first, second) == 0.5
    assert between_share({"depth": 15.0, "warmth": math.nan}, first, second) == 1.0
    parents = [
        dict.fromkeys(("hardness", "depth", "brightness", "roughness", "warmth", "sharpness", "boominess"), v)
        for v in (0.0, 2.0)
    ]
    inside, outside = (dict.fromkeys(parents[0], value) for value in (1.0, 3.0))
    row = between("half", [inside, outside], [parents, parents], [parents, parents])
    assert (row.share, row.n_pairs, row.of_feature["warmth"]) == (0.5, 2, 0.5)


def test_pairs_for_timbre_are_of_different_labels(corpus) -> None:
    parents, pairs = draw_pairs(corpus, 0, n_parents=6, n_pairs=5, seed=0)
    assert pairs
    assert set(sum(pairs, ())) <= set(parents)
    assert all(corpus.windows.label[one] != corpus.windows.label[other] for one, other in pairs)


@pytest.fixture(scope="module")
def runs(corpus, tmp_path_factory):
    """Untrained runs: a classifier, a variational autoencoder and a collapsed one, which did not hear fold 0."""
    keras.utils.set_random_seed(0)
    runs = tmp_path_factory.mktemp("runs")
    for folder, name in (("ours", "cnn1d_tuned"), ("vae", "vae"), ("vae_collapsed", "vae")):
        extras = {}
        if name == "vae":
            codes = np.random.default_rng(0).standard_normal((4, 256)).astype(np.float16)
            extras = {"known_codes": codes, "known_labels": np.uint8([0, 0, 1, 1])}
        record_run(
            runs / folder,
            build(name, n_labels=2),
            recipe=read_recipe(name),
            corpus=corpus,
            seed=0,
            held_out_fold=0,
            has_teacher=False,
            scores={},
            extras=extras,
        )
    return runs


def test_runs_are_judged_on_the_fold_that_they_did_not_hear_by_judges_trained_once(
    corpus, data, cache, runs, tmp_path, monkeypatch
) -> None:
    small = dataclasses.replace(read_recipe("cnn2d_4"), n_epochs=1, batch_size=4, n_draws_per_epoch=8)
    monkeypatch.setattr("models.recipes.jury.read_recipe", lambda name: small)
    monkeypatch.delenv("DEEPASMR_TAGGER", raising=False)
    choice = Choice(runs=runs, classifiers=runs, amounts=Amounts(1, 1, 1, 1), n_sources=2, n_each=2)
    said: list[str] = []
    text = evaluate_generators(choice, data, tmp_path / "out", cache=cache, tell=said.append)
    assert "no YAMNet" in text
    (report,) = json.loads((tmp_path / "out" / "generators.json").read_text())["folds"]
    assert report["fold"] == 0
    assert [row["maker"] for row in report["measured"]][2:] == ["vae", "vae_collapsed"]
    assert set(report["judges"]) == {"cnn1d_tuned", "cnn2d_4"}
    assert report["measured"][2]["latents"]["n_units"] == 256
    card = json.loads(next((tmp_path / "out" / "judges").glob("*/cnn2d_4/card.json")).read_text())
    assert (card["held_out_fold"], card["scores"]["learnt_folds"]) == (0, [3, 4])
    assert (tmp_path / "out" / "generators-kl.png").stat().st_size > 1000
    ours = load_judge(runs / "ours")
    open_jury(corpus, 0, ours, data=data, cache=cache, out=tmp_path / "out" / "judges", tell=said.append)
    assert sum("learns to judge" in line for line in said) == 1


def test_figures_that_want_a_network_that_is_not_there_are_said_to_be_missing(data, cache, runs, tmp_path) -> None:
    choice = FigureChoice(networks=("vae",), runs=runs, is_watching=False)
    text = draw_figures(choice, data, tmp_path / "out", cache=cache, tell=[].append)
    assert sorted(path.name for path in (tmp_path / "out").glob("*.png")) == [
        f"figure{number}.png" for number in (13, 14, 16, 17, 18)
    ]
    assert [line[:2] for line in text.splitlines() if "Missing" in line] == ["11", "12", "15"]


def test_bands_lie_where_their_frequencies_are() -> None:
    places = bands_of_khz([0.5, 1.0, 16.0])
    assert places == sorted(places)
    tone = np.sin(2.0 * np.pi * 1000.0 * np.arange(44100) / 44100).astype(np.float32)
    assert abs(int(log_mel(tone)[50].argmax()) - places[1]) < 1.0


def test_the_timbral_models_hear_a_bright_sound_as_bright_whatever_its_level() -> None:
    pytest.importorskip("timbral_models", reason="requirements/timbre.lock is for evaluate timbre alone")
    noise = np.random.default_rng(0).standard_normal(22050).astype(np.float32)
    dull = uniform_filter1d(noise, 64)
    bright, as_bright = timbre_of(noise), timbre_of(1e-5 * noise)
    assert bright["brightness"] > timbre_of(dull)["brightness"] + 10.0
    assert as_bright == pytest.approx(bright, rel=1e-3)
