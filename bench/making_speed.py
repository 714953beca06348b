"""Speed of making ten seconds: `python bench/making_speed.py [--run RUN …] [--rounds N]`.

Varies and mixes the demonstration foley by warm generators (the promoted ones, or the runs that are named), times the
painting of the mel picture and the whole way to the finished sound apart, beside librosa's `mel_to_audio` of the same
picture. Seconds by the wall, and of the processor in brackets: on a shared machine the first say little.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import librosa
import numpy as np

from models.audio.decode import to_mono
from models.audio.foley import PERFORMANCES, perform
from models.audio.mel import log_mel
from models.audio.space import Space
from models.inference.classify import load_classifier
from models.inference.finish import DEFAULT_RENDERER, finished
from models.inference.generate import KINDS, Generator, load_generator, mix, vary
from models.inference.path import n_frames_for
from models.recipes.painters import generator_of_run

SECONDS = 10.0
MOST_S, MOST_MEL_S = 2.0, 0.3


def seconds_of(work: Callable[[], Any], rounds: int) -> tuple[float, float]:
    """Least seconds of some rounds, by the wall and of the processor."""
    took = []
    for _ in range(rounds):
        wall_s, processor_s = time.perf_counter(), time.process_time()
        work()
        took.append((time.perf_counter() - wall_s, time.process_time() - processor_s))
    return min(each[0] for each in took), min(each[1] for each in took)


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--run", type=Path, action="append", default=[])
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    taps, brush = (perform(next(each for each in PERFORMANCES if each.slug == slug)) for slug in ("clock", "brushing"))
    first, second = log_mel(to_mono(taps)), log_mel(to_mono(brush))
    generators: list[Generator] = [generator_of_run(run)[0] for run in asked.run] or [
        load_generator(each) for each in KINDS
    ]
    hear = load_classifier().embed
    for generator in generators:

        def varied(generator: Generator = generator) -> np.ndarray:
            return vary(generator, first, label="clock_ticking", strength=0.5, seconds=SECONDS, seed=1, hear=hear)

        def mixed(generator: Generator = generator) -> np.ndarray:
            labels = {"first_label": "clock_ticking", "second_label": "brushing"}
            return mix(generator, first, second, **labels, blend=0.5, seconds=SECONDS, seed=1)

        for name, paint, sources in (("variation", varied, [taps]), ("mix", mixed, [taps, brush])):
            picture = paint()

            def finish(picture: np.ndarray = picture, sources: list[np.ndarray] = sources) -> None:
                settings = {"renderer": DEFAULT_RENDERER, "seed": 1, "space": Space.SOURCE, "is_loop": False}
                list(finished([picture], sources=sources, blend=0.5, n_frames=n_frames_for(SECONDS), **settings))

            mel = seconds_of(paint, asked.rounds)
            rest = seconds_of(finish, asked.rounds)
            print(
                f"{generator.version}, {name} of {SECONDS:g} s: mel {mel[0]:.2f} ({mel[1]:.2f}) s, at most "
                f"{MOST_MEL_S}; all {mel[0] + rest[0]:.2f} ({mel[1] + rest[1]:.2f}) s, at most {MOST_S:g}"
            )
    power = 10.0 ** (first[: n_frames_for(SECONDS)].T / 10.0)
    peer = seconds_of(
        lambda: librosa.feature.inverse.mel_to_audio(power, sr=44100, n_fft=2048, hop_length=441, n_iter=32), 1
    )
    print(f"librosa mel_to_audio, 32 iterations: {peer[0]:.2f} ({peer[1]:.2f}) s")


if __name__ == "__main__":
    main()
