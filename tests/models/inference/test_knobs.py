"""What the knobs of the shipped generators mean, and that their codes are used; heard on the demonstration's sounds."""

from types import SimpleNamespace

import numpy as np
import pytest

from models.audio.decode import to_mono
from models.audio.foley import PERFORMANCES
from models.audio.mel import log_mel
from models.inference.classify import sound_embedding
from models.inference.generate import load_able, mix, remarks_on, vary
from models.inference.pictures import reference_db, to_picture
from models.pretrained import load
from models.recipes.latents import score_latents

pytestmark = pytest.mark.tf
TRIGGERS = ("nail_tapping", "keyboard_typing", "brushing", "rain", "fire_crackling", "singing_bowl_chimes")
LEAST_ACTIVE_UNITS = 48


@pytest.fixture(scope="module")
def foley() -> dict[str, np.ndarray]:
    """Two seconds of each trigger. [n_frames, 128] in dB."""
    by_trigger = {each.trigger: each for each in reversed(PERFORMANCES)}
    return {
        trigger: log_mel(to_mono(by_trigger[trigger].make(np.random.default_rng(1), 3.0)))[50:251]
        for trigger in TRIGGERS
    }


def test_the_further_a_variation_is_asked_to_go_the_further_it_goes(generator, foley) -> None:
    def distance(strength: float) -> float:
        made = (
            vary(generator, mel, label=trigger, strength=strength, seconds=2.0, seed=1)
            for trigger, mel in foley.items()
        )
        return float(np.mean([np.abs(one - mel).mean() for one, mel in zip(made, foley.values(), strict=True)]))

    distances = [distance(strength) for strength in (0.0, 0.4, 0.7, 1.0)]
    assert distances == sorted(distances)
    assert distances[-1] > 1.5 * distances[0]


def test_the_second_parents_trigger_is_heard_more_the_further_a_blend_goes(generator, foley, classifier) -> None:
    pairs = [(TRIGGERS[ordinal], TRIGGERS[ordinal - 1]) for ordinal in range(len(TRIGGERS))]

    def probability(blend: float) -> float:
        windows = [
            mix(
                generator,
                foley[first],
                foley[second],
                first_label=first,
                second_label=second,
                blend=blend,
                seconds=1.0,
                seed=1,
            )[:100]
            for first, second in pairs
        ]
        heard = classifier.predict(np.stack(windows)).probabilities
        columns = [classifier.labels.index(second) for _, second in pairs]
        return float(heard[np.arange(len(pairs)), columns].mean())

    first, middle, second = (probability(blend) for blend in (0.0, 0.5, 1.0))
    assert first < middle < second


def test_of_several_draws_of_the_gan_the_one_most_like_the_chosen_sound_is_kept(cgan, vae, foley, classifier) -> None:
    def likeness(generator, hear) -> np.ndarray:
        made = [
            vary(generator, mel, label=trigger, strength=0.8, seconds=2.0, seed=1, hear=hear)
            for trigger, mel in foley.items()
        ]
        heard, wanted = (
            [sound_embedding(classifier.embed(np.stack([mel[:100], mel[-100:]]))) for mel in mels]
            for mels in (made, foley.values())
        )
        return np.sum(np.stack(heard) * np.stack(wanted), axis=1)

    assert likeness(cgan, classifier.embed).mean() > likeness(cgan, None).mean() + 0.02
    # The autoencoder's variations are as far from their source as was asked for.
    np.testing.assert_array_equal(likeness(vae, classifier.embed), likeness(vae, None))


def test_the_code_is_used(foley) -> None:
    # Posterior collapse (Moon 2020, Fig. 14): few latents would vary with the input, and any reconstruction would do.
    pictures = np.stack(
        [
            to_picture(mel, reference_db(mel))[first : first + 100]
            for mel in foley.values()
            for first in range(0, 101, 20)
        ]
    )
    scores = score_latents(load("vae").network, pictures)
    assert scores.n_active_units >= LEAST_ACTIVE_UNITS
    assert scores.own_nearest_share >= 0.95
    assert scores.other_input_error_db > 2.0 * scores.reconstruction_error_db


def test_a_trigger_that_the_gan_never_learnt_goes_to_the_autoencoder_and_it_is_said() -> None:
    known = {
        "cgan": SimpleNamespace(name="cgan", version="cgan-7", labels=("rain",), needs_labels=True),
        "vae": SimpleNamespace(name="vae", version="vae-7", labels=("rain",), needs_labels=False),
    }
    assert load_able("cgan", ["rain"], load=known.__getitem__) == (known["cgan"], [])
    generator, remarks = load_able("cgan", ["rain", "jazz"], load=known.__getitem__)
    assert generator is known["vae"]
    assert "cgan-7 never learnt jazz" in remarks[0]


def test_the_autoencoder_varies_what_it_has_no_label_for(vae, foley) -> None:
    made = vary(vae, foley["rain"], label="jazz", strength=0.8, seconds=1.0, seed=1)
    assert np.isfinite(made).all()


def test_a_source_that_had_to_be_filled_up_is_spoken_of(foley) -> None:
    assert remarks_on(foley["rain"]) == []
    assert "0.40 s" in remarks_on(foley["rain"][:40])[0]
