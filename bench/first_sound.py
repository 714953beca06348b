"""How soon a sound is heard while it is made: `python bench/first_sound.py ADDRESS [--seconds 60 120 600]`.

On the page of a running platform's first sound, presses "Generate" with "Play as soon as it can be heard" and measures
from the press until the player's element plays, then until the job is done; then it seeks to the end and waits for
that to play. With the platform on this machine it tells as well what processor time the worker took until then and for
the whole, and the most memory that worker and web ever held: on a shared machine the wall says little. Needs Chromium.
"""

from __future__ import annotations

import argparse
import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
MOST_S = 2.0
PATIENCE_MS = 1_800_000
IS_HEARD = "() => [...document.querySelectorAll('audio')].some(a => !a.paused && a.currentTime > 0.02)"
PRESS = "button => { window.pressed = performance.now(); button.click() }"
HEARD_AFTER_MS = f"""async () => {{
  const isHeard = {IS_HEARD}
  while (!isHeard()) await new Promise(again => setTimeout(again, 5))
  return performance.now() - window.pressed
}}"""
GO_TO = "(slider, to) => { slider.value = to; slider.dispatchEvent(new Event('input')) }"


def processes(address: str) -> dict[str, psutil.Process]:
    """The worker and the web of the platform at an address, if they run here: both are children of `deepasmr up`."""
    port = urlsplit(address).port
    webs = {c.pid for c in psutil.net_connections("tcp") if c.laddr.port == port and c.status == psutil.CONN_LISTEN}
    web = next((psutil.Process(pid) for pid in webs if pid), None)
    family = web.parent().children(recursive=True) if web and web.parent() else []
    workers = [each for each in family if "sound" in each.cmdline()]
    return {name: found for name, found in (("web", web), ("worker", next(iter(workers), None))) if found}


def processor_s(process: psutil.Process | None) -> float:
    """Processor time that a process has taken (s)."""
    return sum(process.cpu_times()[:2]) if process else float("nan")


def most_mb(process: psutil.Process) -> int:
    """The most memory that a process ever held (MB), on Linux."""
    facts = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
    return int(facts["VmHWM"].split()[0]) // 1024


def heard(browser: Browser, address: str, seconds: int) -> str:
    """Ask for a sound of this length (s) and listen; tell in a line what was measured."""
    found = processes(address)
    worker = found.get("worker")
    before_mb = {name: most_mb(process) for name, process in found.items()}
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE_MS)
    page.goto(address)
    page.goto(address + str(page.locator("#page .card-title").first.get_attribute("href")))
    page.locator("details.drawer").evaluate("drawer => { drawer.open = true }")
    page.locator("[name=n_candidates][value='1']").evaluate("choice => { choice.checked = true }")
    if seconds > 60:
        page.locator("#longer").select_option(str(seconds))
    else:
        page.locator("#seconds").fill(str(seconds))
    page.locator("[data-at-once] input").check()
    began_s, taken_s = time.monotonic(), processor_s(worker)
    page.locator("form[data-new-seed] button[type=submit]").first.evaluate(PRESS)
    first_s = page.evaluate(HEARD_AFTER_MS) / 1000
    first_taken_s = processor_s(worker) - taken_s
    page.wait_for_selector("#made .candidate[data-sound-id]:not([data-making])")
    done_s, done_taken_s = time.monotonic() - began_s, processor_s(worker) - taken_s
    page.wait_for_selector("#player-title[href^='/sounds/']")
    page.locator("#player-position").evaluate(GO_TO, seconds - 4)
    page.wait_for_function("s => Number(document.querySelector('#player-position').value) > s - 3", arg=seconds)
    page.context.close()
    memory = "; ".join(f"{name} {before_mb[name]} -> {most_mb(process)} MB" for name, process in found.items())
    verdict = "ok" if first_s <= MOST_S else f"above {MOST_S:g} s"
    return (
        f"{seconds:4d} s: heard after {first_s:.2f} s ({verdict}; worker's processor {first_taken_s:.2f} s), "
        f"done after {done_s:.1f} s ({done_taken_s:.1f} s, {seconds / done_taken_s:.1f} x real time); {memory}"
    )


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    words.add_argument("address")
    words.add_argument("--seconds", type=int, nargs="+", default=[60, 60, 600], choices=(30, 60, 120, 300, 600))
    asked = words.parse_args()
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for seconds in asked.seconds:
            print(heard(browser, asked.address.rstrip("/"), seconds), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
