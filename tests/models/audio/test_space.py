import numpy as np
import pytest
import scipy.signal

from models.audio import FloatArray
from models.audio.space import LATEST_S, Space, placed
from tests.models.audio.signals import RATE_HZ, noise


def heard(mono: FloatArray, space: Space, *parents: FloatArray, shares: tuple[float, ...] = (1.0,)) -> FloatArray:
    def stereo(parent: FloatArray):
        padded = np.pad(parent, ((RATE_HZ, RATE_HZ), (0, 0)))
        return lambda first, n_samples: padded[first + RATE_HZ : first + RATE_HZ + n_samples]

    blocks = (mono[first : first + 10_001] for first in range(0, len(mono), 10_001))
    told = placed(blocks, space, parents=[(stereo(each), share) for each, share in zip(parents, shares, strict=False)])
    return np.concatenate(list(told))


def level_difference_db(stereo: FloatArray) -> float:
    """How much louder the right ear is."""
    left, right = np.sqrt(np.mean(np.square(stereo), axis=0))
    return float(20.0 * np.log10(right / left))


def left_lead_s(stereo: FloatArray) -> float:
    """How much earlier the left ear hears low tones."""
    low = scipy.signal.sosfiltfilt(scipy.signal.butter(4, 400.0, fs=RATE_HZ, output="sos"), stereo, axis=0)
    fine = scipy.signal.resample_poly(low, 4, 1, axis=0)
    alike = scipy.signal.correlate(fine[:, 1], fine[:, 0], method="fft")
    return (int(np.argmax(alike)) - (len(fine) - 1)) / (4.0 * RATE_HZ)


def clicks(seconds: float, every_s: float) -> FloatArray:
    audio = np.zeros(round(seconds * RATE_HZ), dtype=np.float32)
    audio[round(every_s * RATE_HZ) // 2 :: round(every_s * RATE_HZ)] = 1.0
    return audio


@pytest.mark.parametrize(("space", "sign"), [(Space.LEFT, 1.0), (Space.RIGHT, -1.0)])
def test_a_side_is_louder_and_earlier_at_its_ear(space: Space, sign: float) -> None:
    made = heard(clicks(2.0, 0.5), space)
    assert sign * level_difference_db(made) < -4.0
    assert sign * left_lead_s(made[9000:13000]) == pytest.approx(0.9 * LATEST_S, rel=0.15)


def test_a_drifting_click_goes_from_ear_to_ear_and_back() -> None:
    made = heard(clicks(10.0, 0.5), Space.DRIFT)
    sides = [level_difference_db(made[first : first + RATE_HZ // 2]) for first in range(0, len(made), RATE_HZ // 2)]
    wanted = np.sin(2.0 * np.pi * (np.arange(20) * 0.5 + 0.25) / 10.0)
    assert np.corrcoef(sides, wanted)[0, 1] > 0.99
    click = round(2.75 * RATE_HZ)
    assert left_lead_s(made[click - 2000 : click + 2000]) == pytest.approx(-0.9 * LATEST_S, rel=0.15)


@pytest.mark.parametrize("space", [Space.CENTRE, Space.LEFT, Space.DRIFT, Space.SOURCE])
def test_the_sum_of_both_ears_has_no_comb(space: Space) -> None:
    mono = noise(6.0)[:, 0]
    made = heard(mono, space, noise(6.0, n_channels=2, seed=4))
    assert made.shape == (len(mono), 2)
    assert made.dtype == np.float32
    spectra = [scipy.signal.welch(each, RATE_HZ, nperseg=512)[1][1:-1] for each in (mono, made.mean(axis=1))]
    loss_db = 10.0 * np.log10(spectra[1] / spectra[0])
    assert loss_db.max() < 1.0
    # What two ears hear differently at random adds up by power, 3 dB under what they hear alike.
    assert loss_db.min() > -4.5


def test_drift_is_free_of_clicks() -> None:
    tone = np.sin(2.0 * np.pi * 300.0 * np.arange(4 * RATE_HZ) / RATE_HZ).astype(np.float32)
    made = heard(tone, Space.DRIFT)
    bend = np.abs(np.diff(made[2000:-2000], n=2, axis=0)).max()
    assert bend < 2.0 * np.abs(np.diff(tone, n=2)).max()


def test_each_tap_is_where_the_parents_tap_is() -> None:
    taps = clicks(4.0, 0.5)
    sides = np.repeat(np.arange(8) % 2, RATE_HZ // 2)
    parent = np.stack([taps * (sides == 0), taps * (sides == 1)], axis=1) + 1e-4 * noise(4.0, n_channels=2)
    made = heard(taps, Space.SOURCE, parent)
    told = [level_difference_db(made[first : first + RATE_HZ // 2]) for first in range(0, len(made), RATE_HZ // 2)]
    assert max(told[0::2]) < -15.0
    assert min(told[1::2]) > 15.0


def test_ears_are_as_unlike_as_the_parents() -> None:
    mono = noise(4.0)[:, 0]
    wide, narrow = noise(4.0, n_channels=2, seed=2), np.repeat(noise(4.0, seed=3), 2, axis=1)
    for parent, least, most in ((wide, -0.4, 0.5), (narrow, 0.98, 1.0)):
        made = heard(mono, Space.SOURCE, parent)
        assert least <= np.corrcoef(made[4000:-4000].T)[0, 1] <= most
    between = heard(mono, Space.SOURCE, wide, narrow, shares=(0.5, 0.5))
    assert 0.5 < np.corrcoef(between[4000:-4000].T)[0, 1] < 0.95
