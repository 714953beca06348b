"""Rendering measured against librosa's Griffin-Lim (32 iterations): `python bench/sound_render.py [FILE …]`.

Without files it renders the demonstration foley. For each sound: mean error of the mel round trip (dB, where the
original is within 60 dB of its loudest), the same on a finer grid (32 bands, n_fft 512, hop 128: how well transients
are kept), correlation of the onset envelopes, and how many times faster than real time, on this machine, in this run.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import librosa
import numpy as np

from models.audio import FloatArray
from models.audio.decode import DecodeLimits, read, to_mono
from models.audio.foley import PERFORMANCES, perform
from models.audio.mel import log_mel
from models.audio.render import render

LIMITS = DecodeLimits(max_seconds=60.0, max_bytes=1 << 30)


def fine_db(audio: FloatArray) -> FloatArray:
    """Level of 32 bands every 128 samples."""
    power = librosa.feature.melspectrogram(y=audio, sr=44100, n_fft=512, hop_length=128, n_mels=32)
    level: FloatArray = librosa.power_to_db(power, amin=1e-8, top_db=None)
    return level


def error_db(wanted: FloatArray, reached: FloatArray) -> float:
    """Mean difference where the wanted level is within 60 dB of its loudest."""
    floor_db = wanted.max() - 70.0
    is_heard = wanted > wanted.max() - 60.0
    return float(np.abs(np.maximum(wanted, floor_db) - np.maximum(reached, floor_db))[is_heard].mean())


def judge(audio: FloatArray, rendered: FloatArray) -> tuple[float, float, float]:
    """Mel error (dB), fine mel error (dB), correlation of onset envelopes."""
    n_samples = min(len(audio), len(rendered))
    audio, rendered = audio[:n_samples], rendered[:n_samples]
    fine = [fine_db(x) for x in (audio, rendered)]
    onsets = [librosa.onset.onset_strength(S=np.maximum(x, fine[0].max() - 70.0), sr=44100) for x in fine]
    return error_db(log_mel(audio), log_mel(rendered)), error_db(*fine), float(np.corrcoef(*onsets)[0, 1])


def main(files: list[Path]) -> None:
    """Print one line for each renderer."""
    if files:
        sounds = [to_mono(read(file, limits=LIMITS, end_s=5.0)).copy() for file in files]
    else:
        sounds = [to_mono(perform(performance))[44100 * 2 : 44100 * 7].copy() for performance in PERFORMANCES]

    def peer(mel: FloatArray) -> FloatArray:
        rendered: FloatArray = librosa.feature.inverse.mel_to_audio(
            np.power(10.0, mel.T / 10.0), sr=44100, n_fft=2048, hop_length=441, n_iter=32, pad_mode="constant"
        )
        return rendered

    renderers: dict[str, Callable[[FloatArray], FloatArray]] = {
        "griffin_lim": lambda mel: render(mel, seed=1),
        "pghi": lambda mel: render(mel, renderer="pghi", seed=1),
        "librosa, 32 iterations": peer,
    }
    renderers["griffin_lim"](np.full((50, 128), -40.0, np.float32))  # compiles what is compiled once
    print(f"{len(sounds)} sounds\n{'renderer':24s}{'mel dB':>8s}{'fine dB':>9s}{'onsets':>8s}{'x real time':>13s}")
    for name, rendering in renderers.items():
        rows = []
        for audio in sounds:
            mel = log_mel(audio)
            began_s = time.perf_counter()
            rendered = rendering(mel)
            rows.append((*judge(audio, rendered), len(audio) / 44100 / (time.perf_counter() - began_s)))
        mel_db, fine, onsets, speed = np.median(rows, axis=0)
        print(f"{name:24s}{mel_db:8.2f}{fine:9.2f}{onsets:8.3f}{speed:13.1f}")


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
