"""Speed of hearing an hour: `python bench/sound_speed.py [HOURS] [--tagger YAMNET.tflite]`.

Writes 48 kHz stereo Opus from the synthetic foley, then decodes (apart), draws, classifies and segments it as a worker
does, beside FFmpeg decoding the same file on one thread and, where its file is given, YAMNet in frames of 0.96 s every
half second. Then a fresh `deepasmr classify` hears one second. Fails where a bound is not kept.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import soundfile

from models.audio.ahead import ahead
from models.audio.decode import DecodeLimits, stream, to_mono
from models.audio.foley import PERFORMANCES, perform
from models.audio.mel import MEL
from models.audio.segmentation import segment
from models.inference.classify import Classifier, load_classifier
from models.inference.listen import listen
from models.inference.tagger import TAGGER_RATE_HZ, TAGGER_SAMPLES, Tagger
from worker.decoder import apart

LIMITS = DecodeLimits(max_seconds=12 * 3600.0, max_bytes=1 << 34)
MOST_TIMES_FFMPEG = 1.6
MOST_COLD_S = 8.0


def write_foley(path: Path, hours: float) -> None:
    """Write performances in random order and at random levels; the same every time."""
    rng = np.random.default_rng(0)
    takes = [np.ascontiguousarray(perform(each).T, dtype=np.float32) for each in PERFORMANCES]
    with av.open(str(path), "w") as container:
        track = container.add_stream("libopus", rate=48000)
        track.codec_context.layout, track.bit_rate = "stereo", 128_000
        resampler = av.AudioResampler(format=track.codec_context.format, layout="stereo", rate=48000)
        n_left, n_written = round(hours * 3600 * 44100), 0
        while n_left > 0:
            take = takes[rng.integers(len(takes))][:, :n_left] * np.float32(10.0 ** (rng.uniform(-12.0, 0.0) / 20.0))
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(take), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 44100, n_written
            n_left, n_written = n_left - take.shape[1], n_written + take.shape[1]
            for piece in resampler.resample(frame):
                container.mux(track.encode(piece))
        container.mux(track.encode(None))


def hear(path: Path, classifier: Classifier) -> int:
    """Find the sounds of a file; how many."""
    with apart.opened(path, LIMITS) as file:
        blocks = file.stream(sample_rate_hz=MEL.sample_rate_hz, is_mono=True)
        heard = list(listen(ahead(blocks), classifier))
    probabilities, levels_db, outline = (
        np.concatenate([getattr(part, name) for part in heard]) for name in ("probabilities", "levels_db", "outline")
    )
    return len(segment(probabilities, classifier.labels, levels_db=levels_db, outline=outline))


def hear_by_tagger(path: Path, tagger: Path) -> int:
    """Hear a file as YAMNet does, a frame of 0.975 s every half second; how many frames."""
    yamnet = Tagger(tagger)
    pending, n_frames = np.empty(0, dtype=np.float32), 0
    for block in ahead(stream(path, limits=LIMITS, sample_rate_hz=TAGGER_RATE_HZ)):
        pending = np.concatenate([pending, to_mono(block)])
        while len(pending) >= TAGGER_SAMPLES:
            yamnet.embed(pending)
            pending, n_frames = pending[TAGGER_RATE_HZ // 2 :], n_frames + 1
    return n_frames


def cold_start_s(folder: Path) -> float:
    """Time (s) that the command line takes for a second of sound, from nothing."""
    path = folder / "second.flac"
    soundfile.write(path, perform(PERFORMANCES[0])[: MEL.sample_rate_hz], MEL.sample_rate_hz)
    began_s = time.perf_counter()
    subprocess.run([sys.executable, "-m", "deepasmr", "classify", str(path)], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began_s


def main() -> None:
    """Print the times and their ratios."""
    parser = argparse.ArgumentParser()
    parser.add_argument("hours", nargs="?", type=float, default=1.0)
    parser.add_argument("--tagger", type=Path, default=os.environ.get("DEEPASMR_TAGGER"))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "foley.opus"
        write_foley(path, asked.hours)
        classifier = load_classifier()
        classifier.predict(np.full((128, 100, 128), -60.0, dtype=np.float32))
        began_s = time.perf_counter()
        subprocess.run(["ffmpeg", "-v", "error", "-threads", "1", "-i", str(path), "-f", "null", "-"], check=True)
        ffmpeg_s = time.perf_counter() - began_s
        began_s, before_mib = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        n_sounds = hear(path, classifier)
        ours_s, after_mib = time.perf_counter() - began_s, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
        print(
            f"{asked.hours:g} h: ffmpeg {ffmpeg_s:.1f} s, hearing {ours_s:.1f} s, {ours_s / ffmpeg_s:.2f} times "
            f"(at most {MOST_TIMES_FFMPEG}); {n_sounds} sounds; peak memory {before_mib:.0f} then {after_mib:.0f} MiB"
        )
        if asked.tagger is None:
            print("YAMNet: not run, --tagger names no file")
        else:
            began_s = time.perf_counter()
            n_frames = hear_by_tagger(path, Path(asked.tagger))
            tagger_s = time.perf_counter() - began_s
            print(f"YAMNet: {n_frames} frames in {tagger_s:.1f} s, {tagger_s / ours_s:.2f} times ours")
        cold_s = cold_start_s(Path(folder))
        print(f"a fresh `deepasmr classify` of one second: {cold_s:.1f} s (at most {MOST_COLD_S:g})")
    if ours_s > MOST_TIMES_FFMPEG * ffmpeg_s or cold_s > MOST_COLD_S:
        sys.exit("A bound is not kept.")


if __name__ == "__main__":
    main()
