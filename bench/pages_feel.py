"""How quickly the pages answer hands: `python bench/pages_feel.py ADDRESS [ADDRESS…] [--rounds 5] [--throttling 4]`.

Opens a running platform's first page in Chromium, its processor slowed down, and measures for a new visitor: when the
first words are painted, how long a press of a card's play button takes to the next paint (what Event Timing calls an
interaction), and when its sound goes. The first press opens the device's sound; the second one finds it open. Several
addresses, such as two versions, take turns, so that they share whatever else goes on here. Needs sounds on the page.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# How long a finger stays down.
PRESS_MS = 80
WATCH = """(() => {
  window.seen = {presses: [], clicked: null, sounding: null}
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) if (entry.interactionId) window.seen.presses.push(entry.duration)
  }).observe({type: 'event', durationThreshold: 16, buffered: true})
  addEventListener('click', (event) => {
    Object.assign(window.seen, {clicked: event.timeStamp, sounding: null})
    const look = () => {
      const sounds = [...document.querySelectorAll('audio')].some(
        (audio) => !audio.paused && audio.currentTime > 0 && audio.src.includes(window.wanted))
      if (sounds) window.seen.sounding = performance.now() - window.seen.clicked
      else setTimeout(look, 2)
    }
    look()
  }, true)
})()"""
PAINTED = """() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"""


def visited(browser: Browser, address: str, throttling: float) -> dict[str, float]:
    """Visit as somebody new and press two play buttons. -> what was measured, ms."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttling})
    page.set_default_timeout(120_000)
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.wait_for_function(f"() => ({PAINTED})()")
    found = {"first contentful paint": float(page.evaluate(PAINTED))}
    for place, name in enumerate(("first press", "second press")):
        card = page.locator("#page [data-sound-id]").nth(place)
        page.evaluate("(id) => { window.wanted = id }", card.get_attribute("data-sound-id"))
        page.evaluate("() => { window.seen.presses = []; window.seen.sounding = null }")
        box = card.locator("[data-play]").bounding_box()
        assert box is not None
        page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        page.wait_for_timeout(400)
        page.mouse.down()
        page.wait_for_timeout(PRESS_MS)
        page.mouse.up()
        page.wait_for_function("() => window.seen.sounding !== null")
        page.wait_for_timeout(500)
        found[f"{name} to paint"] = float(page.evaluate("() => Math.max(16, ...window.seen.presses)"))
        found[f"{name} to sound"] = float(page.evaluate("() => window.seen.sounding"))
    context.close()
    return found


def main() -> None:
    """Measure and print."""
    words = argparse.ArgumentParser(description=__doc__.partition(":")[0])
    words.add_argument("addresses", nargs="+")
    words.add_argument("--rounds", type=int, default=5)
    words.add_argument("--throttling", type=float, default=4.0)
    asked = words.parse_args()
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    times: dict[str, list[dict[str, float]]] = {address: [] for address in asked.addresses}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        for _ in range(asked.rounds):
            for address, found in times.items():
                found.append(visited(browser, address, asked.throttling))
        browser.close()
    print(f"processor slowed {asked.throttling:g} times, load {os.getloadavg()[0]:.1f}; median and worst, ms")
    for address, found in times.items():
        print(address)
        for name in found[0]:
            each = [one[name] for one in found]
            print(f"  {name:24}{statistics.median(each):8.0f}{max(each):8.0f}")


if __name__ == "__main__":
    main()
