"""Classification: window by window, streamed, and as a verdict."""

import itertools

import numpy as np
import pytest

from models.audio.mel import log_mel
from models.audio.windows import cut
from models.errors import BadSetting, ClipTooShort, EmptyAudio, UnknownNetwork
from models.inference.classify import WINDOWS_PER_BATCH, Classifier, load_classifier, sound_embedding
from models.inference.listen import listen, verdict, window_levels_db
from models.networks.classifiers import build_classifier
from tests.models.inference.sounds import strokes, taps

pytestmark = pytest.mark.tf


def test_probabilities_add_up_to_one_and_embeddings_have_length_one(classifier) -> None:
    prediction = classifier.predict(cut(log_mel(taps())))
    np.testing.assert_allclose(prediction.probabilities.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(prediction.embeddings, axis=1), 1.0, atol=1e-5)
    assert prediction.probabilities.shape == (7, len(classifier.labels))


def test_no_windows_give_no_predictions_and_other_shapes_are_refused(classifier) -> None:
    assert classifier.predict(np.zeros((0, 100, 128), dtype=np.float32)).probabilities.shape == (0, 23)
    with pytest.raises(BadSetting, match="100, 128"):
        classifier.predict(np.zeros((1, 128, 100), dtype=np.float32))


def test_a_stream_of_odd_stereo_blocks_is_heard_as_the_whole_mono_clip_is(classifier) -> None:
    mono = np.concatenate([taps(33.0), strokes(40.3)])
    stereo = np.stack([mono, mono], axis=1)
    blocks = np.split(stereo, [1, 50_000, 50_001, 700_000, 2_900_003])
    heard = list(listen(blocks, classifier))
    assert len(heard) > 1
    assert [part.first_window for part in heard] == np.cumsum([0, *(len(p.levels_db) for p in heard[:-1])]).tolist()
    whole = classifier.predict(cut(log_mel(mono)))
    np.testing.assert_allclose(np.concatenate([p.probabilities for p in heard]), whole.probabilities, atol=1e-4)
    np.testing.assert_allclose(np.concatenate([p.embeddings for p in heard]), whole.embeddings, atol=1e-4)


def test_a_clip_shorter_than_a_window_is_heard_once_and_nothing_is_heard_of_nothing(classifier) -> None:
    heard = list(listen([taps(0.4)[:, None]], classifier))
    assert [len(part.levels_db) for part in heard] == [1]
    assert list(listen([], classifier)) == []


def test_a_tenth_of_a_second_is_heard_and_less_is_refused(classifier) -> None:
    assert len(list(listen([np.full((4410, 1), 0.1, dtype=np.float32)], classifier))) == 1
    with pytest.raises(ClipTooShort, match=r"0\.050 s"):
        list(listen([np.full((2205, 1), 0.1, dtype=np.float32)], classifier))


@pytest.mark.parametrize("temperature", [0.5, 1.0, 4.0])
def test_a_temperature_changes_how_sure_a_classifier_is_but_not_of_what(temperature) -> None:
    network = build_classifier("cnn1d", n_labels=3)
    labels = ("brushing", "rain", "writing")
    windows = cut(log_mel(taps(3.0)))
    plain = Classifier(network, labels, "test-1").predict(windows)
    tempered = Classifier(network, labels, "test-1", temperature=temperature).predict(windows)
    np.testing.assert_allclose(tempered.probabilities.sum(axis=1), 1.0, atol=1e-5)
    np.testing.assert_array_equal(tempered.probabilities.argmax(axis=1), plain.probabilities.argmax(axis=1))
    powers = plain.probabilities ** (1.0 / temperature)
    np.testing.assert_allclose(tempered.probabilities, powers / powers.sum(axis=1, keepdims=True), atol=1e-5)
    np.testing.assert_array_equal(tempered.embeddings, plain.embeddings)


@pytest.mark.parametrize("rms_db", [-20.0, -60.0])
def test_a_window_level_is_its_rms(rms_db: float) -> None:
    noise = np.random.default_rng(0).standard_normal(88200) * 10.0 ** (rms_db / 20.0)
    assert window_levels_db(cut(log_mel(noise.astype(np.float32))))[1] == pytest.approx(rms_db, abs=0.3)


def test_a_verdict_names_the_likeliest_label_and_is_deaf_to_level(classifier) -> None:
    loud, quiet = verdict(taps(), classifier), verdict(0.1 * taps(), classifier)
    assert loud.trigger == max(loud.probabilities, key=loud.probabilities.__getitem__)
    assert loud.confidence == pytest.approx(loud.probabilities[loud.trigger])
    assert quiet.trigger == loud.trigger
    assert float(loud.embedding @ quiet.embedding) > 0.95
    with pytest.raises(EmptyAudio):
        verdict(np.zeros(0, dtype=np.float32), classifier)


def test_a_clip_is_nearer_to_another_take_of_itself_than_to_another_sound(classifier) -> None:
    take, again, other = (verdict(audio, classifier).embedding for audio in (taps(), taps(seed=5), strokes()))
    assert float(take @ again) > float(take @ other)


def test_a_sound_embedding_is_the_mean_of_its_windows_at_length_one() -> None:
    embeddings = np.eye(256, dtype=np.float32)[:4]
    embedding = sound_embedding(embeddings)
    assert np.linalg.norm(embedding) == pytest.approx(1.0)
    np.testing.assert_allclose(embedding[:4], 0.5, atol=1e-6)


def test_what_is_no_classifier_of_mel_windows_is_refused() -> None:
    for name in ("vae", "dense_audio", "nobody"):
        with pytest.raises(UnknownNetwork):
            load_classifier(name)


def test_a_one_minute_clip_is_heard_bit_by_bit_and_a_long_recording_in_whole_batches(classifier) -> None:
    second = taps(1.0)[:, None]
    starts = [part.first_window for part in listen(itertools.repeat(second, 60), classifier)]
    assert starts[1] * 0.5 <= 9.0
    assert len(starts) >= 5
    sizes = [len(part.levels_db) for part in listen(itertools.repeat(second, 400), classifier)]
    assert max(sizes) in range(WINDOWS_PER_BATCH, WINDOWS_PER_BATCH + 8)
