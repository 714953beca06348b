"""The mel picture measured against librosa's, one minute of noise: `python bench/sound_mel.py`."""

import time
from collections.abc import Callable

import librosa
import numpy as np

from models.audio import FloatArray
from models.audio.mel import log_mel

SECONDS = 60


def peer(audio: FloatArray) -> FloatArray:
    """Draw the same picture with librosa."""
    power = librosa.feature.melspectrogram(
        y=audio, sr=44100, n_fft=2048, hop_length=441, n_mels=128, pad_mode="constant"
    )
    picture: FloatArray = librosa.power_to_db(power, ref=1.0, amin=1e-10, top_db=None).T
    return picture


def speed(draw: Callable[[FloatArray], FloatArray], audio: FloatArray) -> float:
    """Best of five, times real time, in processor time (all cores counted)."""
    draw(audio[:44100])
    best_s = np.inf
    for _ in range(5):
        began_s = time.process_time()
        draw(audio)
        best_s = min(best_s, time.process_time() - began_s)
    return float(SECONDS / best_s)


def main() -> None:
    """Print both speeds, their ratio and the largest difference."""
    audio = (0.1 * np.random.default_rng(0).standard_normal(44100 * SECONDS)).astype(np.float32)
    ours, theirs = speed(log_mel, audio), speed(peer, audio)
    difference_db = float(np.abs(log_mel(audio) - peer(audio)).max())
    print(f"log_mel {ours:.0f} x real time, librosa {theirs:.0f} x; {difference_db:.0e} dB apart")


if __name__ == "__main__":
    main()
