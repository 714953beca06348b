"""The process that decodes: takes orders from standard input, answers on standard output, dies with its parent."""

import dataclasses
import sys
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from models.audio.decode import DecodeLimits, probe, stream, to_mono
from models.errors import SoundError
from worker.children import bind_to_parent, private_answers
from worker.decoder import messages
from worker.decoder.confinement import confine

_CPU_S = 60
_CPU_S_PER_SECOND = 0.1
"""A recording is decoded twice, at 200 times its own speed or more; a file that takes ten times that means harm."""


def main() -> None:
    """Decode one file, as often as the worker asks."""
    answers, orders = private_answers(), cast("BufferedReader", sys.stdin.buffer)
    order = messages.receive(orders)
    bind_to_parent(order["parent"])
    path, limits = Path(order["path"]), DecodeLimits(**order["limits"])
    confine(path, max_cpu_s=_CPU_S + round(_CPU_S_PER_SECOND * limits.max_seconds))
    try:
        _serve(path, limits, orders, answers)
    except SoundError as error:
        messages.send(answers, messages.written(error))


def _serve(path: Path, limits: DecodeLimits, orders: BufferedReader, answers: BinaryIO) -> None:
    messages.send(answers, {"facts": dataclasses.asdict(probe(path))})
    while orders.peek(1):
        order = messages.receive(orders)
        for block in stream(path, limits=limits, sample_rate_hz=order["sample_rate_hz"]):
            samples = to_mono(block)[:, None] if order["is_mono"] else block
            messages.send(answers, {"block": samples.shape}, samples)
        messages.send(answers, {"end": True})


if __name__ == "__main__":
    main()
