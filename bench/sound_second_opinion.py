"""What a second opinion costs: `DEEPASMR_TAGGER=… python bench/sound_second_opinion.py [MINUTES]`.

Listens to the same stream with and without it, each in a process of its own, and reports processor time per hour of
audio and peak memory. Without DEEPASMR_TAGGER there is nothing to compare, which is said.
"""

import os
import resource
import subprocess
import sys
import time

import numpy as np

TAGGER = "DEEPASMR_TAGGER"


def listen(minutes: float) -> None:
    """Hear so many minutes of noise and clicks and print what that took."""
    from models.inference.classify import load_ears
    from models.inference.listen import listen as heard_of

    ears = load_ears()
    second = (0.05 * np.random.default_rng(0).standard_normal((44100, 1))).astype(np.float32)
    second[::7000] += 0.5
    list(heard_of([second] * 20, ears))
    began_s, began_mib = time.process_time(), peak_mib()
    n_windows = sum(len(part.levels_db) for part in heard_of([second] * round(60 * minutes), ears))
    spent_s = time.process_time() - began_s
    print(
        f"{ears.version}: {n_windows} windows, {spent_s * 60 / minutes:.1f} s of processor time for an hour of audio, "
        f"peak memory {began_mib:.0f} MiB after 20 s, {peak_mib():.0f} MiB at the end",
        flush=True,
    )


def peak_mib() -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    """Compare in two processes."""
    if "--listen" in sys.argv:
        listen(float(sys.argv[-1]))
        return
    minutes = sys.argv[1] if len(sys.argv) > 1 else "10"
    if not os.environ.get(TAGGER):
        print(f"{TAGGER} is not set: there is no second opinion to measure.")
        return
    plain = {name: value for name, value in os.environ.items() if name != TAGGER}
    for environment in (plain, dict(os.environ)):
        subprocess.run([sys.executable, __file__, "--listen", minutes], check=True, env=environment)


if __name__ == "__main__":
    main()
