"""Every named configuration: shapes, learning, and weights that survive the disk."""

import keras
import numpy as np
import pytest

from models.errors import UnknownNetwork, WrongWeights
from models.networks import weights_file
from models.networks.adversarial import NOISE_WIDTH, build_discriminator, build_generator
from models.networks.autoencoders import build_vae
from models.networks.catalogue import NETWORKS, build
from models.networks.classifiers import CLASSIFIERS
from models.networks.latent_flow import FRAMES_PER_SLOT, SLOT_WIDTH, STYLE_WIDTH, build_decoder
from models.networks.layers import LevelNormalisation
from models.networks.shapes import EMBEDDING_WIDTH, LATENT_WIDTH, N_MELS, WINDOW_FRAMES, WINDOW_SAMPLES

pytestmark = pytest.mark.tf
N_LABELS = 5


def _windows(n: int, seed: int = 0) -> np.ndarray:
    """Noise that looks like levels in dB."""
    return np.random.default_rng(seed).uniform(-80.0, -20.0, (n, WINDOW_FRAMES, N_MELS)).astype(np.float32)


def _shown(name: str, n: int) -> object:
    rng = np.random.default_rng(0)
    if name == "dense_audio":
        return rng.standard_normal((n, WINDOW_SAMPLES)).astype(np.float32)
    if name in CLASSIFIERS:
        return _windows(n)
    picture = rng.random((n, WINDOW_FRAMES, N_MELS), dtype=np.float32)
    labels = np.eye(N_LABELS, dtype=np.float32)[:n]
    if name == "latent_cgan":
        code = rng.standard_normal((n, WINDOW_FRAMES // FRAMES_PER_SLOT, SLOT_WIDTH)).astype(np.float32)
        style = rng.standard_normal((n, STYLE_WIDTH)).astype(np.float32)
        strength = np.full((n, 1), 0.5, dtype=np.float32)
        return {"picture": picture, "strength": strength, "noise": code, "labels": labels, "style": style}
    if name != "cgan":
        return picture
    noise = rng.standard_normal((n, NOISE_WIDTH)).astype(np.float32)
    return {"picture": picture, "noise": noise, "labels": labels}


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_turns_windows_into_logits_and_an_embedding_as_wide_as_the_catalogue_column(name: str) -> None:
    heard = build(name, n_labels=N_LABELS)(_shown(name, 2))
    assert tuple(heard["logits"].shape) == (2, N_LABELS)
    assert tuple(heard["embedding"].shape) == (2, EMBEDDING_WIDTH)


@pytest.mark.parametrize("name", ["autoencoder", "vae", "cgan", "latent_flow", "latent_cgan"])
def test_a_generator_paints_pictures_between_zero_and_one(name: str) -> None:
    painted = build(name, n_labels=N_LABELS)(_shown(name, 2))
    picture = np.asarray(painted["picture"] if isinstance(painted, dict) else painted)
    assert picture.shape == (2, WINDOW_FRAMES, N_MELS)
    assert picture.min() >= 0.0
    assert picture.max() <= 1.0


def test_the_latent_code_is_256_wide_and_the_decoder_has_five_layers_or_four_or_six() -> None:
    network = build_vae()
    assert network.get_layer("encoder").output["mean"].shape == (None, LATENT_WIDTH)
    for name, n_layers in {"vae": 5, "vae_4": 4, "vae_6": 6}.items():
        decoder = build_vae(name).get_layer("decoder")
        assert len([layer for layer in decoder.layers if layer.weights]) == n_layers


def test_a_gan_on_codes_that_is_asked_for_nothing_new_gives_back_the_code() -> None:
    shown = _shown("latent_cgan", 2)
    generator = build("latent_cgan", n_labels=N_LABELS).get_layer("generator")
    code = np.random.default_rng(3).standard_normal(shown["noise"].shape).astype(np.float32)
    kept = generator(
        {**{key: shown[key] for key in ("noise", "labels", "style")}, "code": code, "strength": np.zeros((2, 1))}
    )
    np.testing.assert_allclose(np.asarray(kept), code, atol=1e-6)


def test_grain_lies_where_the_decoder_wants_it_and_nowhere_without_grain() -> None:
    decoder = build_decoder()
    code = np.random.default_rng(0).standard_normal((2, 25, SLOT_WIDTH)).astype(np.float32)
    grain = np.random.default_rng(1).normal(0.0, 0.05, (2, WINDOW_FRAMES, N_MELS)).astype(np.float32)
    smooth, grainy = (decoder({"code": code, "grain": each}) for each in (np.zeros_like(grain), grain))
    np.testing.assert_array_equal(np.asarray(smooth["picture"]), np.asarray(smooth["mean"]))
    laid = np.asarray(grainy["picture"]) - np.asarray(grainy["mean"])
    np.testing.assert_allclose(laid, np.asarray(grainy["gain"]) * grain, atol=1e-5)


def test_both_sides_of_the_cgan_have_four_convolutions_and_end_in_a_sigmoid() -> None:
    generator, discriminator = build_generator(n_labels=N_LABELS), build_discriminator(n_labels=N_LABELS)
    for network in (generator, discriminator):
        assert sum("Conv2D" in type(layer).__name__ for layer in network.layers) == 4
    assert generator.get_layer("convolution_4").activation is keras.activations.sigmoid
    assert discriminator.get_layer("belief").activation is keras.activations.sigmoid


def test_the_cgan_condition_is_linear_in_the_labels_so_that_two_labels_blend_by_their_mean_embedding() -> None:
    embedding = build_generator(n_labels=N_LABELS).get_layer("label_embedding")
    one, other = np.eye(N_LABELS, dtype=np.float32)[:1], np.eye(N_LABELS, dtype=np.float32)[1:2]
    mean = (np.asarray(embedding(one)) + np.asarray(embedding(other))) / 2.0
    np.testing.assert_allclose(np.asarray(embedding((one + other) / 2.0)), mean, atol=1e-6)


@pytest.mark.parametrize("name", [name for name, shape in CLASSIFIERS.items() if shape.view == "mel"])
def test_a_recording_level_changes_nothing_in_what_a_classifier_tells(name: str) -> None:
    network = build(name, n_labels=N_LABELS)
    windows = _windows(2)
    quiet = np.asarray(network(windows - 17.0)["logits"])
    np.testing.assert_allclose(quiet, np.asarray(network(windows)["logits"]), atol=1e-3)


def test_level_normalisation_cuts_off_what_lies_far_below_the_window() -> None:
    windows = np.full((1, WINDOW_FRAMES, N_MELS), -95.0, dtype=np.float32)
    windows[0, :50] = -10.0
    normalised = np.asarray(LevelNormalisation(range_db=60.0)(windows))
    assert normalised[0, 60:].max() == pytest.approx(-2.0)
    assert normalised[0, :50].min() == pytest.approx(1.0 + 3.01 / 20.0, abs=1e-3)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_learns_noise_by_heart_in_a_few_steps(name: str) -> None:
    keras.utils.set_random_seed(0)
    network = build(name, n_labels=N_LABELS)
    network.compile(
        keras.optimizers.Adam(1e-3),
        loss={"logits": keras.losses.CategoricalCrossentropy(from_logits=True), "embedding": None},
    )
    shown, wanted = _shown(name, 4), {"logits": np.eye(N_LABELS, dtype=np.float32)[:4]}
    losses = []
    for _ in range(6):
        network.reset_metrics()
        losses.append(float(network.train_on_batch(shown, wanted, return_dict=True)["loss"]))
    assert min(losses[3:]) < losses[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_saved_and_loaded_tell_the_same(name: str, tmp_path) -> None:
    keras.utils.set_random_seed(1)
    network = build(name, n_labels=N_LABELS)
    weights_file.save(tmp_path / "first.npz", network, extras={"known": np.arange(3)})
    keras.utils.set_random_seed(2)
    other = build(name, n_labels=N_LABELS)
    extras = weights_file.load(tmp_path / "first.npz", other)
    np.testing.assert_array_equal(extras["known"], np.arange(3))
    # What was read, written again, gives the same bytes: half precision is lossless the second time.
    weights_file.save(tmp_path / "second.npz", other, extras=extras)
    assert (tmp_path / "second.npz").read_bytes() == (tmp_path / "first.npz").read_bytes()
    for told, told_before in zip(_flat(other(_shown(name, 2))), _flat(network(_shown(name, 2))), strict=True):
        np.testing.assert_allclose(told, told_before, atol=0.02)


def test_weights_of_another_network_are_refused(tmp_path) -> None:
    weights_file.save(tmp_path / "cnn1d.npz", build("cnn1d", n_labels=N_LABELS))
    with pytest.raises(WrongWeights, match="shape"):
        weights_file.load(tmp_path / "cnn1d.npz", build("cnn1d", n_labels=N_LABELS + 1))


@pytest.mark.parametrize("damage", ["cut", "changed", "emptied", "of another kind", "gone"])
def test_a_file_that_is_damaged_or_no_weights_is_refused_in_one_sentence(damage: str, tmp_path) -> None:
    network, path = build("cnn1d", n_labels=N_LABELS), tmp_path / "cnn1d.npz"
    weights_file.save(path, network)
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "cut": content[:middle],
            "changed": content[:middle] + bytes(8) + content[middle + 8 :],
            "emptied": b"",
            "of another kind": b"weights",
        }.get(damage, content)
    )
    if damage == "gone":
        path.unlink()
    with pytest.raises(WrongWeights, match=r"cnn1d\.npz cannot be read: it is damaged, or no file of weights\.$"):
        weights_file.load(path, network)


def test_one_seed_gives_one_set_of_first_weights() -> None:
    def first_weights(seed: int) -> np.ndarray:
        keras.utils.set_random_seed(seed)
        return np.asarray(build("cnn1d", n_labels=N_LABELS).weights[0])

    np.testing.assert_array_equal(first_weights(3), first_weights(3))
    assert np.abs(first_weights(3) - first_weights(4)).max() > 0.0


def test_an_unknown_network_is_refused_with_the_names_of_the_known() -> None:
    with pytest.raises(UnknownNetwork, match="cnn1d_tuned"):
        build("resnet", n_labels=N_LABELS)


def _flat(told: object) -> list[np.ndarray]:
    return [np.asarray(value) for value in (told.values() if isinstance(told, dict) else [told])]
