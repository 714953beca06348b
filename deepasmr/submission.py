"""Videos sent to the running platform over HTTP, and their jobs followed to the end."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus

import httpx
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from deepasmr.errors import PlatformUnreachable, Refused

ASK_EVERY_S = 0.5
ANSWER_WITHIN_S = 30.0
# The web may be restarted while a job runs; the job is not lost, so neither is its follower.
AWAY_FOR_S = 60.0
END_STATES = frozenset({"done", "failed", "cancelled"})


@dataclass
class Followed:
    """A job as the progress bar sees it."""

    url: str
    job_id: str
    source_id: str
    state: str = "queued"
    detail: str = ""


def send(urls: Sequence[str], *, address: str, admin_token: str | None, wait: bool) -> int:
    """Submit videos one by one and say what became of each.

    Args:
        urls: The videos' addresses.
        address: The platform's address, http://host:port.
        admin_token: Needed where the platform is not bound to loopback.
        wait: Whether to follow each job to its end.

    Returns:
        How many videos were refused or failed.

    Raises:
        PlatformUnreachable: if nobody answers at the address.
    """
    headers = {"X-Admin-Token": admin_token} if admin_token else {}
    said = Console(stderr=True)
    n_failed = 0
    followed: list[Followed] = []
    with httpx.Client(base_url=f"{address.rstrip('/')}/api/v1/", headers=headers, timeout=ANSWER_WITHIN_S) as client:
        for url in urls:
            try:
                followed.append(submit(client, url))
            except Refused as refused:
                said.print(f"{url}: {refused}", markup=False, highlight=False, soft_wrap=True)
                n_failed += 1
        if wait:
            follow(client, followed)
    for each in followed:
        line = f"{each.url}: {each.state}, {address.rstrip('/')}/sources/{each.source_id}"
        line += f" ({each.detail})" if each.detail else ""
        said.print(line, markup=False, highlight=False, soft_wrap=True)
    return n_failed + sum(each.state in END_STATES - {"done"} for each in followed)


def submit(client: httpx.Client, url: str) -> Followed:
    """Ask the platform to catalogue one video.

    Raises:
        PlatformUnreachable: if nobody answers.
        Refused: if the platform says no; the message is its sentence.
    """
    try:
        response = client.post("sources", json={"url": url})
    except httpx.TransportError as error:
        raise PlatformUnreachable(
            f"nobody answers at {client.base_url.copy_with(path='/')}: start the platform with `deepasmr up`, "
            "or say where it is with DEEPASMR_URL"
        ) from error
    if response.status_code != HTTPStatus.ACCEPTED:
        raise Refused(sentence(response))
    body = response.json()
    return Followed(url, job_id=body["job"]["id"], source_id=body["source"]["id"], state=body["job"]["state"])


def follow(client: httpx.Client, followed: Sequence[Followed]) -> None:
    """Show each job's progress until all have ended.

    Raises:
        PlatformUnreachable: if the platform stays away for a minute.
    """
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[phase]}", markup=False),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bars = {each.job_id: progress.add_task(each.url, total=1.0, phase=each.state) for each in followed}
        answered_at = time.monotonic()
        while waiting := [each for each in followed if each.state not in END_STATES]:
            for each in waiting:
                try:
                    response = client.get(f"jobs/{each.job_id}")
                    response.raise_for_status()
                except httpx.HTTPError as error:
                    if time.monotonic() - answered_at > AWAY_FOR_S:
                        raise PlatformUnreachable(f"the platform has not answered for {AWAY_FOR_S:.0f} s") from error
                    continue
                answered_at = time.monotonic()
                job = response.json()
                each.state = job["state"]
                # A video that turns out to be known under another address leads to its first source.
                each.source_id = (job.get("result") or {}).get("source_id") or each.source_id
                each.detail = (job.get("error") or {}).get("detail", "")
                progress.update(bars[each.job_id], completed=job["progress"], phase=job["phase"] or each.state)
            time.sleep(ASK_EVERY_S)


def sentence(response: httpx.Response) -> str:
    """Return the plain sentence of an RFC 9457 problem, or the status where there is none."""
    try:
        problem = response.json()
        return str(problem.get("detail") or problem["title"])
    except (ValueError, KeyError, AttributeError):
        return f"the platform answered {response.status_code} {response.reason_phrase}"
