"""The player as a listener hears it: what comes out of the page is measured where it leaves for the loudspeakers."""

from __future__ import annotations

import json
import re
from pathlib import Path
from uuid import UUID

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Page, expect

from backend.settings import Settings
from tests.browser import live
from tests.browser.conftest import Open
from tests.browser.live import SAMPLE_RATE_HZ, Live
from tests.visits import Web
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Newest first, as the page shows them.
TITLES = ("Short low tone", "Loud high tone", "Quiet low tone", "Fourth", "Fifth")
SHORT_S = 1.6

# Listens where all sound leaves the page: the loudness of every 10 ms of the last 0.7 s, and the largest step.
TAP = """
(() => {
  const connect = AudioNode.prototype.connect
  AudioNode.prototype.connect = function (to, ...rest) {
    if (to === this.context.destination) {
      window.tap = this.context.createAnalyser()
      window.tap.fftSize = 32768
      connect.call(this, window.tap)
    }
    return connect.call(this, to, ...rest)
  }
  window.listen = () => {
    if (!window.tap) return { levels: [0], step: 0 }
    const samples = new Float32Array(window.tap.fftSize)
    window.tap.getFloatTimeDomainData(samples)
    const block = Math.round(window.tap.context.sampleRate / 100)
    const levels = []
    for (let at = 0; at + block <= samples.length; at += block)
      levels.push(Math.sqrt(samples.slice(at, at + block).reduce((sum, value) => sum + value * value, 0) / block))
    let step = 0
    for (let i = 1; i < samples.length; i += 1) step = Math.max(step, Math.abs(samples[i] - samples[i - 1]))
    return { levels, step }
  }
})()
"""


def tone(frequency_hz: float, amplitude: float, seconds: float) -> NDArray[np.float32]:
    """A steady stereo tone."""
    times_s = np.arange(int(seconds * SAMPLE_RATE_HZ)) / SAMPLE_RATE_HZ
    wave = amplitude * np.sin(2 * np.pi * frequency_hz * times_s)
    return np.stack([wave, wave], axis=1).astype(np.float32)


def hear(page: Page) -> tuple[list[float], float]:
    """Loudness of each 10 ms of the last 0.7 s that left the page, and the largest step between two samples."""
    heard = page.evaluate("window.listen()")
    return heard["levels"], heard["step"]


def loudness(page: Page) -> float:
    return float(np.median(hear(page)[0]))


def time_s(page: Page) -> float:
    return float(page.locator("#player-position").input_value())


def advances(page: Page) -> None:
    before_s = time_s(page)
    eventually(lambda: time_s(page) > before_s + 0.2)


def sounds_steadily(page: Page) -> None:
    """Wait until nothing but sound has left the page for 0.7 s."""
    eventually(lambda: min(hear(page)[0]) > 0.005)


def press_play(page: Page, title: str) -> None:
    page.get_by_role("button", name=f"Play {title}", exact=True).click()
    expect(page.locator("#player-title")).to_have_text(title)


def add(page: Page, title: str) -> None:
    page.locator(".card").filter(has_text=title).locator("[data-enqueue]").click()


def is_queued(page: Page, *titles: str) -> None:
    expect(page.locator("#queue [data-title]")).to_have_text(titles)


@pytest.fixture(scope="module")
def platform(emptied: Web, tmp_path_factory: pytest.TempPathFactory) -> Live:
    """Pages with tones alone, so that what is heard can be told apart."""
    folder = tmp_path_factory.mktemp("heard")
    waves = [tone(220, 0.1, 3), tone(260, 0.1, 3), tone(220, 0.02, 12), tone(331, 0.4, 12), tone(220, 0.1, SHORT_S)]
    with emptied.rows() as session:
        ids: list[UUID] = [
            live.put_sound(session, emptied.storage, folder, wave, title, "rain")
            for wave, title in zip(waves, reversed(TITLES), strict=True)
        ]
    visitor = emptied.visitor()
    for sound_id in ids:
        # Converted at its first hearing: not what is measured here.
        assert visitor.get(f"/api/v1/sounds/{sound_id}/audio?format=opus").status_code == 200
    return Live(emptied.address, folder, ids)


def test_one_sound_follows_another_without_a_gap_a_click_or_a_jump_in_loudness(visit: Open) -> None:
    page = visit("/nowhere")
    page.context.add_init_script(TAP)
    page.goto("/")
    press_play(page, "Quiet low tone")
    sounds_steadily(page)
    quiet, quiet_step = hear(page)
    press_play(page, "Loud high tone")
    eventually(lambda: page.locator("#player").evaluate("bar => !bar.classList.contains('is-waiting')"))
    eventually(lambda: 0.2 < time_s(page))
    levels, step = hear(page)
    # Recorded 26 dB apart, they leave the page as loud as each other.
    sounds_steadily(page)
    assert loudness(page) == pytest.approx(float(np.median(quiet)), rel=0.15)
    assert min(levels) > 0.5 * float(np.median(quiet))
    assert max(levels) < 1.5 * float(np.median(quiet))
    # A tone of 331 Hz steps by half as much again as one of 220 Hz; a click is a step of the whole amplitude.
    assert step < 2.2 * quiet_step


def test_a_short_sound_goes_round_and_is_never_silent(visit: Open) -> None:
    page = visit("/nowhere")
    page.context.add_init_script(TAP)
    page.goto("/")
    # Told to repeat before it plays: it is over sooner than a slow machine presses another button.
    press_play(page, "Quiet low tone")
    page.get_by_role("button", name="Repeat this sound").click()
    press_play(page, "Short low tone")
    # By then nothing of the change is among what is listened to.
    eventually(lambda: 0.9 < time_s(page) < SHORT_S)
    sounds_steadily(page)
    rounds = 0
    last_s = time_s(page)
    steady, steady_step = hear(page)
    quietest, largest_step = 1.0, 0.0

    def has_gone_round_twice() -> bool:
        nonlocal rounds, last_s, quietest, largest_step
        levels, step = hear(page)
        quietest, largest_step = min(quietest, *levels), max(largest_step, step)
        now_s = time_s(page)
        rounds += now_s < last_s - 0.3
        last_s = now_s
        return rounds >= 2

    eventually(has_gone_round_twice, 30)
    assert quietest > 0.5 * float(np.median(steady))
    assert largest_step < 1.6 * steady_step
    # Told to end, it goes on to the next at the end of its round.
    page.get_by_role("button", name="Repeat this sound").click()
    expect(page.locator("#player-title")).to_have_text("Loud high tone")
    advances(page)


def test_the_seam_of_a_loop_is_neither_heard_as_a_click_nor_as_a_dip(visit: Open, platform: Live) -> None:
    page = visit("/")
    manifest = json.loads((Settings().frontend_dist / "manifest.json").read_text("utf-8"))
    measured = page.evaluate(
        """
        async (address) => {
          const { makeSeamless } = await import(address)
          const rate = 44100
          const render = async (fill, isSeamless) => {
            const context = new OfflineAudioContext(1, 6 * rate, rate)
            const buffer = context.createBuffer(1, 2 * rate, rate)
            const samples = buffer.getChannelData(0)
            for (let i = 0; i < samples.length; i += 1) samples[i] = fill(i / rate)
            const node = context.createBufferSource()
            node.buffer = buffer
            node.loop = true
            if (isSeamless) node.loopStart = makeSeamless(buffer)
            node.connect(context.destination)
            node.start()
            const heard = (await context.startRendering()).getChannelData(0)
            let step = 0
            for (let i = 1; i < heard.length; i += 1) step = Math.max(step, Math.abs(heard[i] - heard[i - 1]))
            const levels = []
            for (let at = 0; at + 2205 <= heard.length; at += 2205)
              levels.push(Math.sqrt(heard.slice(at, at + 2205).reduce((sum, value) => sum + value * value, 0) / 2205))
            return { step, least: Math.min(...levels), most: Math.max(...levels) }
          }
          let seed = 1
          const noise = () => ((seed = (seed * 16807) % 2147483647) / 2147483647) * 2 - 1
          // A period that does not fit the length: looped as it is, it clicks.
          const tone = (second) => Math.cos(2 * Math.PI * 100.25 * second)
          return { hard: await render(tone, false), soft: await render(tone, true), noise: await render(noise, true) }
        }
        """,
        f"/static/{manifest['src/loop.ts']['file']}",
    )
    largest_within = 2 * np.pi * 100.25 / 44100
    assert measured["hard"]["step"] > 10 * largest_within
    assert measured["soft"]["step"] < 1.5 * largest_within
    even = np.sqrt(1 / 3)
    assert 20 * np.log10(measured["noise"]["least"] / even) > -1
    assert 20 * np.log10(measured["noise"]["most"] / even) < 1


def test_the_sleep_timer_counts_down_across_pages_and_fades_into_silence(visit: Open) -> None:
    page = visit("/nowhere")
    page.clock.install()
    page.context.add_init_script(TAP)
    page.goto("/")
    press_play(page, "Quiet low tone")
    page.get_by_role("button", name="Repeat this sound").click()
    sounds_steadily(page)
    awake = loudness(page)
    page.get_by_role("button", name="Sleep timer").click()
    page.get_by_text("15 minutes").click()
    left = page.locator("#player-sleep-left")
    expect(left).to_have_text(re.compile(r"^1[45]:\d\d$"))
    page.get_by_role("link", name="Upload", exact=True).click()
    expect(page).to_have_title(re.compile("Upload"))
    page.clock.fast_forward("14:45")
    expect(left).to_have_text(re.compile(r"^0:[01]\d$"))
    eventually(lambda: 0 < loudness(page) < awake / 4)
    page.clock.fast_forward("00:15")
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Play")
    expect(left).to_have_text("")
    eventually(lambda: loudness(page) == 0)
    # In the morning it is as loud as ever.
    page.locator("#player-play").click()
    eventually(lambda: loudness(page) == pytest.approx(awake, rel=0.2))


def test_the_last_sound_of_the_night_ends_and_nothing_follows(visit: Open) -> None:
    page = visit("/")
    press_play(page, "Quiet low tone")
    page.get_by_role("button", name="Sleep timer").click()
    page.get_by_text("End of this sound").click()
    # The timer first and the end then, however slow the machine.
    page.locator("#player-position").fill("11")
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Play")
    expect(page.locator("#player-title")).to_have_text("Quiet low tone")
    expect(page.locator("#player-sleep-left")).to_have_text("")


def test_the_queue_is_ordered_by_keys_and_by_hand_and_outlives_a_reload(visit: Open) -> None:
    page = visit("/")
    press_play(page, "Quiet low tone")
    add(page, "Loud high tone")
    expect(page.get_by_role("status").filter(has_text="Loud high tone")).to_be_visible()
    add(page, "Short low tone")
    page.locator("#player-queue").click()
    panel = page.get_by_role("dialog", name="Queue", exact=True)
    expect(panel.locator("[data-now]")).to_have_text("Quiet low tone")
    # What was asked for comes before the rest of the page, once.
    is_queued(page, "Loud high tone", "Short low tone", "Fourth", "Fifth")
    panel.get_by_role("button", name="Move Short low tone").press("ArrowUp")
    is_queued(page, "Short low tone", "Loud high tone", "Fourth", "Fifth")
    expect(panel.get_by_role("status")).to_have_text("Short low tone: place 1 of 4")
    expect(panel.get_by_role("button", name="Move Short low tone")).to_be_focused()
    panel.get_by_role("button", name="Take Fourth out of the queue").press("Enter")
    is_queued(page, "Short low tone", "Loud high tone", "Fifth")
    panel.get_by_role("button", name="Move Fifth").hover()
    page.mouse.down()
    box = panel.get_by_role("button", name="Move Short low tone").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 8, box["y"] + 60, steps=4)
    page.mouse.move(box["x"] + 8, box["y"] + 2, steps=4)
    page.mouse.up()
    is_queued(page, "Fifth", "Short low tone", "Loud high tone")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="한국어").click()
    expect(page.locator("#player-title")).to_have_text("Quiet low tone")
    page.locator("#player-queue").click()
    is_queued(page, "Fifth", "Short low tone", "Loud high tone")
    page.locator("#queue [data-jump]").first.click()
    expect(page.locator("#player-title")).to_have_text("Fifth")
    advances(page)
    page.locator("#queue [data-clear]").click()
    expect(page.locator("#queue [data-empty]")).to_be_visible()


def test_keys_find_seek_and_help_until_they_are_turned_off(visit: Open) -> None:
    page = visit("/upload")
    page.keyboard.press("/")
    expect(page.locator("#q")).to_be_focused()
    page.keyboard.type("tone?")
    expect(page.locator("#q")).to_have_value("tone?")
    page.locator("h1").click()
    press_play(page, "Quiet low tone")
    page.locator("h1").click()
    page.keyboard.press("k")
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Play")
    page.locator("#player-position").fill("1")
    page.locator("h1").click()
    page.keyboard.press("l")
    assert time_s(page) == pytest.approx(11, abs=0.1)
    page.keyboard.press("j")
    assert time_s(page) == pytest.approx(1, abs=0.1)
    page.keyboard.press("?")
    help_dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_dialog).to_be_visible()
    help_dialog.get_by_label("Single-key shortcuts").uncheck()
    page.keyboard.press("Escape")
    page.reload()
    for key in ("k", " ", "/", "?"):
        page.keyboard.press(key)
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Play")
    expect(page.locator("#q")).not_to_be_focused()
    expect(help_dialog).to_be_hidden()
    # There is a way back that needs no key.
    page.get_by_role("button", name="Keyboard shortcuts").click()
    help_dialog.get_by_label("Single-key shortcuts").check()
    help_dialog.get_by_role("button", name="Close").click()
    page.locator("h1").click()
    page.keyboard.press(" ")
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Pause")


def test_a_lost_connection_is_told_and_mended_while_the_sound_goes_on(visit: Open) -> None:
    page = visit("/")
    press_play(page, "Loud high tone")
    # However slow the machine, it does not come to its end.
    page.get_by_role("button", name="Repeat this sound").click()
    advances(page)
    page.context.set_offline(True)
    notice = page.locator("#notice")
    expect(notice).to_contain_text("No connection")
    page.get_by_role("link", name="Upload", exact=True).click()
    expect(page).to_have_title(re.compile("Quiet sounds"))
    # What cannot be had leaves what plays alone.
    page.get_by_role("button", name="Play Short low tone").click()
    expect(page.locator("#player-title")).to_have_text("Loud high tone")
    advances(page)
    page.context.set_offline(False)
    expect(page).to_have_title(re.compile("Upload"))
    expect(notice).not_to_contain_text("No connection")
    advances(page)


def test_a_page_asked_for_without_a_connection_comes_by_itself_later(visit: Open) -> None:
    page = visit("/upload")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    page.reload()
    expect(page.get_by_role("heading", name="No connection")).to_be_visible()
    page.context.set_offline(False)
    expect(page).to_have_title(re.compile("Upload"))
    # Nobody's page and no sound was kept.
    kept = page.evaluate(
        """async () => {
          const caches_ = await Promise.all((await caches.keys()).map((name) => caches.open(name)))
          const requests = await Promise.all(caches_.map((cache) => cache.keys()))
          return requests.flat().map((request) => new URL(request.url).pathname)
        }"""
    )
    assert "/offline" in kept
    assert [path for path in kept if path != "/offline" and not path.startswith("/static/assets/")] == []


def test_the_pages_can_be_installed(visit: Open, platform: Live) -> None:
    page = visit("/")
    manifest = page.request.get(page.locator("link[rel=manifest]").get_attribute("href") or "").json()
    assert (manifest["start_url"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    assert {icon.get("purpose", "any") for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        answer = page.request.get(icon["src"])
        assert answer.ok
        assert answer.headers["content-type"] == icon["type"]
        if icon["type"] == "image/png":
            side = int.from_bytes(answer.body()[16:20], "big")
            assert icon["sizes"] == f"{side}x{side}"


def test_the_bar_of_a_phone_stays_low_and_unfolds(visit: Open) -> None:
    page = visit("/", viewport={"width": 360, "height": 740}, has_touch=True)
    page.get_by_role("button", name="Play Short low tone").tap()
    bar = page.locator("#player")
    assert bar.evaluate("bar => bar.offsetHeight") <= 72
    expect(page.get_by_role("slider", name="Volume")).to_be_hidden()
    page.get_by_role("button", name="More controls").tap()
    expect(page.get_by_role("slider", name="Volume")).to_be_visible()
    page.get_by_role("button", name="Sleep timer").tap()
    menu = page.get_by_role("dialog", name="Sleep timer")
    expect(menu).to_be_visible()
    # Nothing is wider than the phone, nothing is too small for a finger.
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    small = bar.locator("button:visible, input:visible").evaluate_all(
        "all => all.filter(one => one.offsetHeight < 24 || one.offsetWidth < 24).map(one => one.id)"
    )
    assert small == []


def test_a_first_page_is_light() -> None:
    """Script and style of a first page, compressed, without what single pages fetch for themselves."""
    import gzip

    dist: Path = Settings().frontend_dist
    manifest = json.loads((dist / "manifest.json").read_text("utf-8"))

    def needed(name: str) -> set[str]:
        entry = manifest[name]
        return {entry["file"], *entry.get("css", ())}.union(*map(needed, entry.get("imports", ())))

    n_bytes = sum(len(gzip.compress((dist / file).read_bytes())) for file in needed("src/main.ts"))
    assert n_bytes < 150_000
