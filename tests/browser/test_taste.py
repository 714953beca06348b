"""Hearts, the library, what is proposed, the stream and corrections, as a listener meets them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from models.audio.foley import PERFORMANCES
from tests.browser.conftest import Open
from tests.browser.live import SECONDS, Live
from tests.waiting import eventually

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.tf]

PRESSED = "aria-pressed"


def heart_of(page: Page, sound_id: object) -> Locator:
    return page.locator(f'[data-heart="{sound_id}"] button').first


def test_a_heart_fills_at_the_press_and_the_sound_is_in_the_library(visit: Open, platform: Live) -> None:
    sound_id = platform.sound_ids[-1]
    page = visit("/")
    with page.expect_response("**/favourite"):
        heart_of(page, sound_id).click()
        # At once, before the catalogue has answered.
        assert heart_of(page, sound_id).get_attribute(PRESSED) == "true"
    page.get_by_role("link", name="Library", exact=True).click()
    shelf = page.get_by_role("region", name="Favourites")
    expect(shelf.locator(f'[data-sound-id="{sound_id}"]')).to_be_visible()
    with page.expect_response("**/favourite"):
        heart_of(page, sound_id).press("Enter")
    expect(heart_of(page, sound_id)).to_have_attribute(PRESSED, "false")
    page.reload()
    expect(shelf.get_by_text("No favourites yet")).to_be_visible()


def test_a_heart_that_is_not_taken_empties_again_and_says_so(visit: Open, platform: Live) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(status=429, content_type="text/html", body="later")

    page = visit("/")
    page.route("**/favourite", refuse)
    heart_of(page, platform.sound_ids[-1]).click()
    expect(page.locator("#notice")).to_contain_text("The heart could not be kept")
    expect(heart_of(page, platform.sound_ids[-1])).to_have_attribute(PRESSED, "false")


def test_a_heart_needs_no_scripts(visit: Open, platform: Live) -> None:
    page = visit("/?kind=found", java_script_enabled=False)
    heart_of(page, platform.sound_ids[-1]).click()
    expect(page).to_have_url(re.compile(r"/\?kind=found$"))
    expect(heart_of(page, platform.sound_ids[-1])).to_have_attribute(PRESSED, "true")


def test_what_was_played_is_remembered_proposes_more_and_is_forgotten_on_request(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    played = {"sound_id": str(platform.sound_ids[-1]), "listened_s": 6.0, "how": "ended"}
    assert page.request.post("/api/v1/plays", data=played).ok
    page.goto("/for-you")
    expect(page.get_by_role("list", name="What you like").get_by_role("link")).to_have_count(1)
    page.goto("/library/history")
    page.on("dialog", lambda question: question.accept())
    page.get_by_role("button", name="Forget what I played").click()
    expect(page.get_by_text("Nothing played yet.")).to_be_visible()


def play_from(page: Page, sound_id: object, share: float) -> None:
    """Play a sound's card from a share of its length on, and wait until it is heard."""
    box = page.locator(f'#results [data-sound-id="{sound_id}"] [data-wave]').bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + share * box["width"], box["y"] + box["height"] / 2)
    hears(page, share * SECONDS + 0.1)


def hears(page: Page, until_s: float) -> None:
    eventually(lambda: float(page.locator("#player-position").input_value()) > until_s)


def remembered(page: Page, sound_id: object) -> list[dict[str, object]]:
    plays = page.request.get("/api/v1/preferences").json()["plays"]
    return [play for play in plays if play["sound_id"] == str(sound_id)]


def test_a_sound_that_is_played_to_its_end_is_in_the_history(visit: Open, platform: Live) -> None:
    sound_id = platform.sound_ids[-1]
    # The only card on its page: nothing follows it.
    page = visit(f"/?q={PERFORMANCES[2].title}")
    with page.expect_response("**/api/v1/plays") as told:
        play_from(page, sound_id, 0.7)
    assert told.value.request.post_data_json["how"] == "ended"
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Play")
    page.goto("/library/history")
    expect(page.locator(f'#page [data-sound-id="{sound_id}"]')).to_be_visible()
    (play,) = remembered(page, sound_id)
    assert (play["n_plays"], play["n_skips"]) == (1, 0)
    assert 1 <= float(str(play["listened_s"])) <= 0.3 * SECONDS + 0.5


def test_a_sound_that_is_left_for_the_next_in_its_first_moments_counts_as_skipped(visit: Open, platform: Live) -> None:
    sound_id = platform.sound_ids[-1]
    page = visit("/")
    play_from(page, sound_id, 0.1)
    hears(page, 0.1 * SECONDS + 1.2)
    with page.expect_response("**/api/v1/plays") as told:
        page.locator("#player-next").click()
    assert told.value.request.post_data_json["how"] == "skipped"
    (play,) = remembered(page, sound_id)
    assert (play["n_plays"], play["n_skips"]) == (1, 1)


def test_what_plays_as_its_page_is_left_is_remembered_though_a_worker_stands_between(
    visit: Open, platform: Live
) -> None:
    sound_id = platform.sound_ids[-1]
    page = visit("/")
    eventually(lambda: page.evaluate("navigator.serviceWorker.controller !== null"))
    play_from(page, sound_id, 0.1)
    hears(page, 0.1 * SECONDS + 1.2)
    page.goto("/library/history")
    # The page may be there before the last word of the one that went.
    eventually(lambda: [play["n_skips"] for play in remembered(page, sound_id)] == [0])


def test_the_stream_starts_and_stops_with_one_button_and_goes_on_between_pages(visit: Open) -> None:
    page = visit("/for-you")
    page.get_by_role("button", name="Start the stream").click()
    cards = page.locator("[data-stream-cards] .card")
    expect(cards.first).to_be_visible()
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Pause")
    expect(page.locator("#player-title")).to_have_attribute("href", re.compile("/sounds/"))
    # Hearts of cards that came by themselves are alive too.
    with page.expect_response("**/favourite"):
        cards.first.locator("form.heart button").click()
    expect(cards.first.locator("form.heart button")).to_have_attribute(PRESSED, "true")
    page.get_by_role("link", name="Jobs", exact=True).click()
    expect(page.locator("#page h1")).to_have_text("Jobs")
    # What it has made by itself is not listed among what was asked for.
    expect(page.locator(".job").filter(has_text=re.compile("Generating|Mixing"))).to_have_count(0)
    with page.expect_response("**/api/v1/stream"):
        page.locator("#stream-stop").click()
    expect(page.locator("#stream-stop")).to_be_hidden()
    expect(page.locator("#player-play")).to_have_attribute("aria-label", "Play")


def test_a_listener_says_what_a_sound_is_and_takes_it_back(visit: Open, platform: Live) -> None:
    page = visit(f"/sounds/{platform.sound_ids[-1]}")
    panel = page.locator("#correction")
    panel.locator("summary").click()
    panel.get_by_label("It is").select_option("rain")
    panel.get_by_role("button", name="Say so").click()
    expect(panel.get_by_role("status")).to_have_text("You said: Rain.")
    panel.locator("summary").click()
    panel.get_by_role("button", name="Take it back").click()
    expect(panel.get_by_role("status")).to_have_count(0)
