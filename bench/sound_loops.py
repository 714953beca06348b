"""Seams, levels, places and memory of made sounds: `python bench/sound_loops.py [--seconds 600]`.

Varies some of the demonstration foley by the shipped generator, as loops and not, and reports: how the seam compares
with any other place of the same loop (bend of the waveform, change of the mel picture), loudness and true peak, the
largest step of level, the level in gaps against the source's, when the first audio came, speed
(both by processor time), and resident memory before and at most.
"""

import argparse
import time
from pathlib import Path

import numpy as np

from models.audio import FloatArray
from models.audio.decode import to_mono
from models.audio.foley import PERFORMANCES, perform
from models.audio.mel import log_mel
from models.audio.meter import LoudnessMeter
from models.audio.space import Space
from models.inference.finish import DEFAULT_RENDERER, finished
from models.inference.generate import load_generator, vary_in_parts
from models.inference.path import n_frames_for
from models.pretrained import load

SHOWN = ("wood-tapping", "clock", "singing-bowl", "brushing", "rain", "snow")


def resident_mib() -> float:
    """Memory of this process now."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]) / 1024.0


def seam(loop: FloatArray) -> tuple[float, float]:
    """Bend (dB re the loop's 99.9th percentile) and change of the picture (percentile) where the loop goes round."""
    round_and_round = np.concatenate([loop[-22050:], loop[:22050]])
    bend = np.abs(np.diff(to_mono(loop), n=2))
    at_seam = np.abs(np.diff(to_mono(round_and_round[22040:22060]), n=2)).max()
    change = np.abs(np.diff(log_mel(to_mono(loop)), axis=0)).mean(axis=1)
    there = np.abs(np.diff(log_mel(to_mono(round_and_round)), axis=0)).mean(axis=1)[48:52].max()
    bend_db = 20.0 * np.log10(at_seam / np.quantile(bend, 0.999))
    return float(bend_db), float(np.mean(change < there))


def gap_db(audio: FloatArray) -> float:
    """Level of the quietest tenth against the loudest."""
    mono = to_mono(audio)
    level = 10.0 * np.log10(np.add.reduceat(np.square(mono), np.arange(0, len(mono) - 881, 882)) / 882 + 1e-12)
    return float(np.quantile(level, 0.1) - np.quantile(level, 0.9))


def main() -> None:
    """Print one line for each sound, then one for a long one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=0.0, help="of the long one")
    parser.add_argument("--renderer", default=DEFAULT_RENDERER)
    asked = parser.parse_args()
    generator = load_generator("vae")
    load("cnn1d_tuned")
    chosen = [each for each in PERFORMANCES if each.slug in SHOWN]
    wishes = [(each, 8.0, is_loop, Space.SOURCE) for each in chosen for is_loop in (True, False)]
    if asked.seconds:
        wishes.append((chosen[0], asked.seconds, False, Space.DRIFT))
    for performance, seconds, is_loop, space in wishes:
        source = perform(performance)
        began_s, idle_mib, most_mib = time.process_time(), resident_mib(), 0.0
        parts = vary_in_parts(
            generator,
            log_mel(to_mono(source)),
            label=performance.trigger,
            strength=0.5,
            seconds=seconds,
            seed=1,
            is_loop=is_loop,
        )
        blocks = finished(
            parts,
            renderer=asked.renderer,
            seed=1,
            sources=[source],
            blend=0.0,
            space=space,
            is_loop=is_loop,
            n_frames=n_frames_for(seconds),
        )
        meter, kept, first_s, n_samples = LoudnessMeter(44100, 2), [], 0.0, 0
        for block in blocks:
            first_s = first_s or time.process_time() - began_s
            meter.push(block)
            n_samples += len(block)
            most_mib = max(most_mib, resident_mib())
            if seconds <= 60.0:
                kept.append(block)
        told = meter.finish()
        line = f"{performance.slug:14s}{seconds:5.0f} s {'loop' if is_loop else '    '}"
        if kept:
            made = np.concatenate(kept)
            bend_db, share = seam(made)
            around = (
                f"seam bend {bend_db:+5.1f} dB, picture changes less at {share:4.0%} of places; " if is_loop else ""
            )
            line += f" {around}gap {gap_db(made):+6.1f} dB (source {gap_db(source):+6.1f}); "
        speed = n_samples / 44100 / (time.process_time() - began_s)
        line += f" {told.integrated_lufs:.2f} LUFS, {told.true_peak_dbtp:.2f} dBTP; first audio after {first_s:.2f} s,"
        print(f"{line} all {speed:.1f} x real time; {idle_mib:.0f} MiB, {most_mib:.0f} MiB at most", flush=True)


if __name__ == "__main__":
    main()
