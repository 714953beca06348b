"""The worker's side of a fetch: start the child process, follow its answers, keep time, and kill it when told to."""

import dataclasses
import json
import os
import queue
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import urlsplit

from backend.catalogue import errors
from worker import children
from worker.video.facts import SiteBusy, VideoFacts, VideoLimits

OnProgress = Callable[[float | None], None]
"""Told the share that has arrived, 0 to 1, or None while that is unknown; called several times a second. What it
raises ends the fetch at once."""

MAX_ANSWER_CHARACTERS = 64 * 1024
_TICK_S = 0.2
_ERRORS = {
    error.slug: error
    for error in (
        errors.NoAudioInVideo,
        errors.PlaylistNotSupported,
        errors.PrivateAddress,
        errors.StorageFull,
        errors.UnsupportedSite,
        errors.VideoGeoBlocked,
        errors.VideoIsLive,
        errors.VideoNeedsLogin,
        errors.VideoRemoved,
        errors.VideoTooLarge,
        errors.VideoTooLong,
        errors.VideoUnavailable,
    )
}


def look_up(url: str, limits: VideoLimits, on_progress: OnProgress) -> VideoFacts:
    """Ask a site about the video at an address, without fetching it.

    Args:
        url: http or https address of one video.
        limits: Bounds on the video and on the time taken.
        on_progress: Called several times a second; may raise to give up.

    Raises:
        CatalogueError: PrivateAddress, UnsupportedSite, VideoRemoved …: the video cannot be had.
        SiteBusy: if another try later may succeed.
    """
    with tempfile.TemporaryDirectory(prefix="deepasmr-look-up-") as folder:
        answer = _carry_out("look_up", url, Path(folder), limits, limits.look_up_timeout_s, on_progress)
    return VideoFacts(**answer["facts"])


def download(url: str, folder: Path, limits: VideoLimits, on_progress: OnProgress) -> Path:
    """Fetch the best audio of the video at an address, as the site has it.

    Args:
        url: http or https address of one video.
        folder: An empty folder to write to.
        limits: Bounds on the video and on the time taken.
        on_progress: Told the share that has arrived, several times a second; may raise to give up.

    Returns:
        A file in folder that holds one sound track and no pictures but a cover.

    Raises:
        CatalogueError: as look_up does.
        SiteBusy: if another try later may succeed.
    """
    answer = _carry_out("download", url, folder, limits, limits.download_timeout_s, on_progress)
    return Path(answer["path"])


def _carry_out(
    deed: str, url: str, folder: Path, limits: VideoLimits, timeout_s: float, on_progress: OnProgress
) -> dict[str, Any]:
    if urlsplit(url).scheme not in ("http", "https"):
        raise errors.NotAVideoAddress(f"{url!r} is not an http or https address.")
    order = {
        "deed": deed,
        "url": url,
        "folder": str(folder),
        "limits": dataclasses.asdict(limits),
        "parent": os.getpid(),
    }
    with _child(order, folder) as answers:
        answer = _last_answer(answers, limits, timeout_s, on_progress)
    if "busy" in answer:
        raise SiteBusy(answer["busy"])
    if "refused" in answer:
        raise _ERRORS.get(answer["refused"], errors.VideoUnavailable)(answer["detail"])
    return answer


def _last_answer(
    answers: "queue.Queue[dict[str, Any] | None]", limits: VideoLimits, timeout_s: float, on_progress: OnProgress
) -> dict[str, Any]:
    """Follow the child's answers to the last, and keep time."""
    started_at = moved_at = time.monotonic()
    fraction: float | None = None
    n_bytes = -1
    while True:
        on_progress(fraction)
        now = time.monotonic()
        if now - started_at > timeout_s or now - moved_at > max(limits.stall_timeout_s, _TICK_S):
            raise SiteBusy("The site took too long to answer.")
        try:
            answer = answers.get(timeout=_TICK_S)
        except queue.Empty:
            continue
        if answer is None:
            raise SiteBusy("The video could not be fetched.")
        if "n_bytes" not in answer:
            return answer
        if answer["n_bytes"] != n_bytes:
            n_bytes, moved_at = answer["n_bytes"], now
        if answer["n_bytes_total"]:
            fraction = min(n_bytes / answer["n_bytes_total"], 1.0)


@contextmanager
def _child(order: dict[str, Any], folder: Path) -> "Iterator[queue.Queue[dict[str, Any] | None]]":
    """Run a child process that carries out an order; none of its processes outlives the block."""
    process = subprocess.Popen(
        children.command("worker.video.child"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=children.bare_environment(
            YTDLP_NO_PLUGINS="1", DENO_NO_UPDATE_CHECK="1", HOME=str(folder), TMPDIR=str(folder)
        ),
        cwd=folder,
        text=True,
        start_new_session=True,
    )
    answers: queue.Queue[dict[str, Any] | None] = queue.Queue()
    orders, lines = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
    reader = threading.Thread(target=_read_answers, args=(lines, answers), name="video-answers", daemon=True)
    try:
        with orders:
            json.dump(order, orders)
        reader.start()
        yield answers
    finally:
        # The whole session, because a JavaScript runtime may still be thinking.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        if reader.ident is not None:
            reader.join()
        lines.close()


def _read_answers(lines: IO[str], answers: "queue.Queue[dict[str, Any] | None]") -> None:
    # A line without an end is no answer, and would fill the worker's memory.
    while (line := lines.readline(MAX_ANSWER_CHARACTERS)).endswith("\n"):
        answers.put(json.loads(line))
    answers.put(None)
