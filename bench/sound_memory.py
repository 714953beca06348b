"""Memory and speed of listening to a three-hour file: `python bench/sound_memory.py [HOURS]`.

Writes a stereo Opus and a FLAC file of that length, then, each in a process of its own, streams it through decoding,
the mel picture and the windows, and reports peak resident memory after one minute and at the end: they should be equal.
"""

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import av
import numpy as np

from models.audio.decode import DecodeLimits, stream, to_mono
from models.audio.mel import MelStream
from models.audio.windows import WindowStream

LIMITS = DecodeLimits(max_seconds=12 * 3600.0, max_bytes=1 << 34)


def write_long(path: Path, codec: str, hours: float) -> None:
    """Write a recording of that many hours, the same noisy minute again and again."""
    dice = np.random.default_rng(0)
    second = (0.1 * dice.standard_normal((2, 48000))).astype(np.float32)
    with av.open(str(path), "w") as container:
        track = container.add_stream(codec, rate=48000)
        track.codec_context.layout = "stereo"
        resampler = av.AudioResampler(format=track.codec_context.format, layout="stereo", rate=48000)
        for number in range(round(hours * 3600)):
            frame = av.AudioFrame.from_ndarray(np.roll(second, 977 * number, axis=1), format="fltp", layout="stereo")
            frame.sample_rate, frame.pts = 48000, 48000 * number
            for piece in resampler.resample(frame):
                container.mux(track.encode(piece))
        container.mux(track.encode(None))


def peak_mib() -> float:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def listen(path: Path) -> None:
    """Stream a file to its windows and print what that took."""
    idle_mib, began_s = peak_mib(), time.perf_counter()
    frames, windows = MelStream(), WindowStream()
    n_windows, n_samples, minute_mib = 0, 0, 0.0
    for block in stream(path, limits=LIMITS):
        n_samples += len(block)
        n_windows += len(windows.push(frames.push(to_mono(block))))
        if minute_mib == 0.0 and n_samples >= 60 * 44100:
            minute_mib = peak_mib()
    seconds = n_samples / 44100
    print(
        f"{path.name}: {seconds / 3600:.2f} h, {path.stat().st_size / 2**20:.0f} MiB, {n_windows} windows; peak memory "
        f"{idle_mib:.0f} MiB before, {minute_mib:.0f} MiB after one minute, {peak_mib():.0f} MiB at the end; "
        f"{seconds / (time.perf_counter() - began_s):.0f} x real time",
        flush=True,
    )


def main() -> None:
    """Write the files and listen to each in its own process."""
    if len(sys.argv) == 3 and sys.argv[1] == "--listen":
        listen(Path(sys.argv[2]))
        return
    hours = float(sys.argv[1]) if len(sys.argv) > 1 else 3.0
    with tempfile.TemporaryDirectory() as folder:
        for name, codec in (("long.opus", "libopus"), ("long.flac", "flac")):
            write_long(Path(folder) / name, codec, hours)
            subprocess.run([sys.executable, __file__, "--listen", str(Path(folder) / name)], check=True)


if __name__ == "__main__":
    main()
