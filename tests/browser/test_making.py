"""A sound is heard while it is made, and goes on as the sound that is kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Hold, Open
from tests.browser.live import Live
from tests.browser.test_journeys import JOB_MS, advances, now_s
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]

SECONDS = 60
READY_PERCENT = "element => parseFloat(element.style.getPropertyValue('--ready'))"


def go_to(page: Page, moment_s: float) -> None:
    page.locator("#player-position").evaluate(
        "(slider, to) => { slider.value = to; slider.dispatchEvent(new Event('input')) }", moment_s
    )


def test_a_long_sound_is_heard_before_it_is_made_and_sought_in_after(
    visit: Open, platform: Live, hold_worker: Hold
) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    page.locator("#seconds").fill(str(SECONDS))
    page.get_by_role("radio", name="1", exact=True).check()
    page.get_by_label("Play as soon as it can be heard").check()
    page.get_by_role("button", name="Generate", exact=True).click()
    made, position = page.locator("#made .candidate"), page.locator("#player-position")
    expect(made).to_have_attribute("data-making", "ready", timeout=JOB_MS)
    with hold_worker():
        eventually(lambda: now_s(page) > 0.1, JOB_MS / 1000)
        expect(page.locator("#player-trigger")).to_have_text("Being made")
        assert position.evaluate("slider => Number(slider.max)") == SECONDS
        eventually(lambda: position.evaluate(READY_PERCENT) > 0)
        ready_s = position.evaluate(READY_PERCENT) / 100 * SECONDS
        assert ready_s < SECONDS
        # What is not there yet cannot be gone to.
        go_to(page, SECONDS - 1)
        eventually(lambda: now_s(page) <= ready_s + 0.5)
        go_to(page, 0)
    advances(page)
    expect(page.locator("#made .candidate[data-sound-id]:not([data-making])")).to_be_visible(timeout=JOB_MS)
    expect(page.locator("#player-title")).to_have_attribute("href", re.compile("^/sounds/"))
    # It has neither stopped nor begun anew.
    expect(made).to_have_class(re.compile("is-playing"))
    assert now_s(page) > 0.3
    advances(page)
    go_to(page, SECONDS - 8)
    eventually(lambda: now_s(page) > SECONDS - 7.5)
