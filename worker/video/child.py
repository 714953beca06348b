"""The process that meets the web: reads one order from standard input, answers in JSON lines, dies with its parent.

Order: {"deed": "look_up" | "download", "url", "folder", "limits": {…}}.
Answers: {"n_bytes", "n_bytes_total"} while bytes arrive, then one of {"facts"}, {"facts", "path"},
{"refused", "detail"}, {"busy"}.
"""

import dataclasses
import io
import json
import resource
import sys
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

from worker.children import bind_to_parent, private_answers
from worker.video import guard
from worker.video.facts import VideoLimits

_REPORT_EVERY_S = 0.25
_BYTES_BEYOND_LIMIT = 1 << 20
"""The kernel's cap on a file's size stands a little above ours, so that ours gets to say why."""


def main() -> None:
    """Carry out one order."""
    answers = io.TextIOWrapper(private_answers(), encoding="utf-8")
    order = json.load(sys.stdin)
    limits = VideoLimits(**{**order["limits"], "open_networks": tuple(order["limits"]["open_networks"])})
    bind_to_parent(order["parent"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    most_bytes = limits.max_bytes + _BYTES_BEYOND_LIMIT
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_DATA, (limits.max_memory_bytes, limits.max_memory_bytes))
    guard.install(limits.open_networks)
    _answer(answers, _carry_out(order["deed"], order["url"], Path(order["folder"]), limits, answers))


def _carry_out(deed: str, url: str, folder: Path, limits: VideoLimits, answers: TextIO) -> dict[str, Any]:
    """Look a video up or download it, and tell how it went."""
    # Imported under the guard, so that nothing these libraries do on import escapes it.
    from worker.video import audio_track, extraction, refusals  # noqa: PLC0415

    reported_at = 0.0
    arrived: dict[str, int] = {}

    def on_bytes(progress: dict[str, Any]) -> None:
        nonlocal reported_at
        arrived[str(progress.get("filename"))] = int(progress.get("downloaded_bytes") or 0)
        n_bytes = sum(arrived.values())
        if n_bytes > limits.max_bytes:
            raise refusals.Refused("video-too-large", f"The audio has more than {limits.max_bytes} bytes.")
        if time.monotonic() - reported_at >= _REPORT_EVERY_S:
            reported_at = time.monotonic()
            total = progress.get("total_bytes") or progress.get("total_bytes_estimate")
            _answer(answers, {"n_bytes": n_bytes, "n_bytes_total": int(total) if total else None})

    try:
        with extraction.downloader(limits, folder, [on_bytes]) as ydl:
            info = extraction.find_video(ydl, url, limits)
            facts = dataclasses.asdict(extraction.facts_of(info))
            if deed == "look_up":
                return {"facts": facts}
            path, duration_s = audio_track.keep_sound_track(extraction.fetch(ydl, info, folder))
        if duration_s is not None and duration_s > limits.max_seconds:
            return {
                "refused": "video-too-long",
                "detail": f"The video lasts {duration_s:.0f} s; at most {limits.max_seconds:.0f} s are taken.",
            }
        return {"facts": facts, "path": str(path)}
    except audio_track.NoSoundTrack:
        return {"refused": "no-audio-in-video", "detail": "The video has no sound."}
    except audio_track.NotMedia:
        return {"refused": "unsupported-site", "detail": "What the address answers is no video or audio file."}
    except Exception as error:
        if not refusals.is_expected(error):
            traceback.print_exception(error)  # for the operator; the listener gets one sentence
        slug, detail = refusals.meaning_of(error)
        return {"busy": detail} if slug == refusals.BUSY else {"refused": slug, "detail": detail}


def _answer(answers: TextIO, line: dict[str, Any]) -> None:
    answers.write(json.dumps(line) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
