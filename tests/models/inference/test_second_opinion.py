"""The second opinion: which files it takes, and what it changes."""

import shutil

import keras
import numpy as np
import pytest

from models import pretrained
from models.audio.mel import log_mel
from models.audio.seconds import seconds_of
from models.audio.segmentation import ALONE, WITH_SECOND_OPINION
from models.audio.windows import cut
from models.errors import NotATagger, UnknownNetwork
from models.inference.classify import Classifier, load_classifier, load_ears
from models.inference.listen import listen, verdict
from models.inference.second_opinion import PROBE, SecondOpinion, load_second_opinion, probe
from models.inference.tagger import TAGGER_VARIABLE, TAGGER_WIDTH, Tagger, tagger_path
from models.networks import weights_file
from models.networks.fusion import build_fusion
from models.recipes.promotion import promote
from tests.models.inference.sounds import strokes, taps
from tests.models.tagger import write_tagger

pytestmark = pytest.mark.tf


@pytest.fixture(scope="module")
def tagger_file(tmp_path_factory):
    return write_tagger(tmp_path_factory.mktemp("tagger") / "yamnet.tflite")


@pytest.fixture(scope="module")
def tagger(tagger_file) -> Tagger:
    return Tagger(tagger_file)


@pytest.fixture(scope="module")
def fusion(classifier) -> keras.Model:
    keras.utils.set_random_seed(3)
    return build_fusion(n_labels=len(classifier.labels))


@pytest.fixture(scope="module")
def ears(tagger, fusion) -> Classifier:
    return load_classifier(second_opinion=SecondOpinion(tagger, fusion, "yamnet-fusion-0"))


def test_the_tagger_hears_a_window_the_same_at_every_level_and_silence_too(tagger) -> None:
    seconds = seconds_of(taps(2.0), 2)
    heard = tagger.hear(seconds)
    assert heard.shape == (2, TAGGER_WIDTH)
    np.testing.assert_allclose(tagger.hear(0.01 * seconds), heard, atol=1e-4)
    assert np.isfinite(tagger.hear(np.zeros((1, 44100), dtype=np.float32))).all()


def test_what_is_told_differs_but_the_embedding_stays_the_classifier_s(classifier, ears) -> None:
    audio = taps()
    windows = cut(log_mel(audio))
    plain, fused = classifier.predict(windows), ears.predict(windows, seconds_of(audio, len(windows)))
    assert ears.version == f"{classifier.version}+yamnet-fusion-0"
    np.testing.assert_array_equal(fused.embeddings, plain.embeddings)
    np.testing.assert_allclose(fused.probabilities.sum(axis=1), 1.0, atol=1e-5)
    assert np.abs(fused.probabilities - plain.probabilities).max() > 0.01


def test_who_asks_a_second_opinion_needs_less_caution_against_background(classifier, ears) -> None:
    assert classifier.caution == ALONE
    assert ears.caution == WITH_SECOND_OPINION
    assert ears.caution.background_advantage < classifier.caution.background_advantage


def test_an_opinion_without_weight_changes_nothing(tagger, classifier) -> None:
    fusion = build_fusion(n_labels=len(classifier.labels))
    layer = fusion.get_layer("weighed")
    layer.set_weights([np.array([1.0, 0.0, 0.0], dtype=np.float32), np.zeros(len(classifier.labels))])
    logits = np.random.default_rng(0).normal(0.0, 2.0, (4, len(classifier.labels))).astype(np.float32)
    heard = np.random.default_rng(1).random((4, TAGGER_WIDTH), dtype=np.float32)
    fused = SecondOpinion(tagger, fusion, "x").logits(logits, heard)
    np.testing.assert_allclose(fused - fused[:, :1], logits - logits[:, :1], atol=1e-4)


def test_a_stream_of_odd_stereo_blocks_is_heard_as_the_whole_mono_clip_is(ears) -> None:
    mono = np.concatenate([taps(12.0), strokes(11.3)])
    blocks = np.split(np.stack([mono, mono], axis=1), [1, 50_000, 50_001, 700_000])
    heard = np.concatenate([part.probabilities for part in listen(blocks, ears)])
    windows = cut(log_mel(mono))
    whole = ears.predict(windows, seconds_of(mono, len(windows)))
    np.testing.assert_allclose(heard, whole.probabilities, atol=1e-4)


def test_a_verdict_on_a_clip_with_silent_windows_asks_about_the_audible_ones(ears) -> None:
    audio = np.concatenate([taps(2.0), np.zeros(3 * 44100, dtype=np.float32)])
    told = verdict(audio, ears)
    assert sum(told.probabilities.values()) == pytest.approx(1.0, abs=1e-4)
    assert verdict(0.1 * audio, ears).probabilities == pytest.approx(told.probabilities, abs=0.01)


def test_a_path_to_nothing_or_to_something_else_is_refused(tmp_path, monkeypatch, tagger_file) -> None:
    monkeypatch.delenv(TAGGER_VARIABLE, raising=False)
    assert tagger_path() is None
    assert load_second_opinion() is None
    monkeypatch.setenv(TAGGER_VARIABLE, str(tmp_path / "nowhere.tflite"))
    with pytest.raises(NotATagger, match="no file"):
        tagger_path()
    other = tmp_path / "other.tflite"
    other.write_bytes(b"\0\0\0\0TFL3 of something else")
    monkeypatch.setenv(TAGGER_VARIABLE, str(other))
    with pytest.raises(NotATagger, match="no TFLite file of YAMNet"):
        tagger_path()
    monkeypatch.setenv(TAGGER_VARIABLE, str(tagger_file))
    assert tagger_path() == tagger_file


@pytest.mark.parametrize("share", [0.0005, 0.5, 0.99])
def test_a_download_that_was_broken_off_is_refused_and_not_died_of(share: float, tmp_path, tagger_file) -> None:
    content = tagger_file.read_bytes()
    broken = tmp_path / "broken.tflite"
    broken.write_bytes(content[: int(share * len(content))])
    with pytest.raises(NotATagger, match="no whole TFLite file"):
        Tagger(broken)


def test_another_network_is_refused(tmp_path) -> None:
    with pytest.raises(NotATagger, match="no embedding"):
        Tagger(write_tagger(tmp_path / "stranger.tflite", name="mean_of_maps"))


def test_ears_open_with_the_tagger_that_the_fusion_was_trained_with_and_no_other(
    tmp_path, monkeypatch, tagger, tagger_file, fusion
) -> None:
    shutil.copytree(pretrained.weights_folder(), tmp_path / "weights")
    monkeypatch.setenv(pretrained.WEIGHTS_DIR_VARIABLE, str(tmp_path / "weights"))
    entry = pretrained.manifest()["cnn1d_tuned"]
    run = tmp_path / "run"
    run.mkdir()
    weights_file.save(run / "weights.npz", fusion, extras={PROBE: tagger.hear(probe()[None])[0]})
    labels = "[" + ", ".join(f'"{label}"' for label in entry.labels) + "]"
    (run / "card.json").write_text(f'{{"network": "fusion", "labels": {labels}, "data_fingerprint": "x"}}')
    promote(run, version="yamnet-fusion-7", scores={"window_accuracy": 0.8})
    monkeypatch.setenv(TAGGER_VARIABLE, str(tagger_file))
    assert load_ears().version == f"{entry.version}+yamnet-fusion-7"
    monkeypatch.setenv(TAGGER_VARIABLE, str(write_tagger(tmp_path / "deaf.tflite", seed=5)))
    with pytest.raises(NotATagger, match="hears otherwise"):
        load_ears()


def test_weights_without_a_fusion_give_no_second_opinion(tmp_path, monkeypatch, tagger_file) -> None:
    shutil.copytree(pretrained.weights_folder(), tmp_path / "weights")
    monkeypatch.setenv(pretrained.WEIGHTS_DIR_VARIABLE, str(tmp_path / "weights"))
    manifest = tmp_path / "weights" / "manifest.toml"
    text = manifest.read_text(encoding="utf-8").replace("[networks.fusion", "[networks.other")
    manifest.write_text(text, encoding="utf-8")
    monkeypatch.setenv(TAGGER_VARIABLE, str(tagger_file))
    with pytest.raises(UnknownNetwork, match="fusion"):
        load_second_opinion()
