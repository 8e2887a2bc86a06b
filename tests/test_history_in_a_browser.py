"""The history, the subscribers and the connections as recipe builders have them, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.browsing import DESK, window
from tests.hosted import SLOWEST_MS, Served, enrolled, enter


@pytest.fixture
def page(browser: Any, served: Served) -> Iterator[Any]:
    """Somebody at a desk who is let in."""
    with window(browser, DESK) as opened:
        opened.context.grant_permissions(["clipboard-read", "clipboard-write"])
        enter(opened, served)
        yield opened


def ids(page: Any) -> list[str]:
    return [each.strip() for each in page.locator("tbody td:first-child a").all_inner_texts()]


def test_a_run_is_found_by_who_it_was_about_and_run_again_by_a_person_only(page: Any, served: Served) -> None:
    seven, eight = enrolled(page, served, "7", "42"), enrolled(page, served, "8", "42")
    page.get_by_role("link", name="Runs").first.click()
    page.get_by_label("Search").fill("user_id=7")
    page.get_by_label("Action").select_option(label="Enroll user into a course")
    page.get_by_role("button", name="Show", exact=True).click()
    assert ids(page) == [seven] and page.get_by_text("1 found.").is_visible()
    page.get_by_role("link", name="Show all runs").click()
    assert {seven, eight} <= set(ids(page))
    page.get_by_role("link", name=f"Run again: {seven}").click()
    assert page.locator("#f-user_id").input_value() == "7" and page.locator("#f-course_id").input_value() == "42"
    page.goto(f"{served.url}/runs?search=user_id%3D7")
    assert ids(page) == [seven], "opening the form has run nothing"


def test_a_day_without_runs_has_none_and_a_status_counts(page: Any, served: Served) -> None:
    enrolled(page, served, "9", "42")
    enrolled(page, served, "nobody", "42")
    page.goto(f"{served.url}/runs")
    page.get_by_label("To day").fill("2020-01-01")
    page.get_by_role("button", name="Show", exact=True).click()
    assert page.get_by_text("No run is like this.").is_visible()
    page.get_by_label("To day").fill("")
    page.get_by_label("Outcome").select_option(label="Failed")
    page.get_by_role("button", name="Show", exact=True).click()
    rows = page.locator("tbody tr").count()
    assert rows >= 1 and page.get_by_text(re.compile(rf"^{rows} runs?: {rows} failed\.$")).is_visible()
    assert page.get_by_label("Outcome").input_value() == "failed"


def test_a_subscriber_is_added_fed_again_and_removed(page: Any, served: Served) -> None:
    enrolled(page, served, "10", "42")
    page.locator("[data-status]", has_text="Seen").wait_for(timeout=SLOWEST_MS)
    page.goto(f"{served.url}/events")
    assert page.locator("section", has_text="How well they are delivered").get_by_text("sandbox").count() >= 1
    page.get_by_role("link", name="Subscribers").click()
    page.get_by_label("Name").fill("warehouse")
    page.get_by_label("URL").fill("https://hooks.example.com/in")
    page.get_by_label("User enrolled in a course").check()
    page.get_by_label("Only where").fill("user_id=10")
    page.get_by_role("button", name="Subscribe", exact=True).click()
    assert "warehouse is subscribed" in page.locator("#new").inner_text()
    page.get_by_role("button", name="Copy the secret").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("whsec_")
    page.get_by_role("link", name="Events").last.click()
    page.locator("input[name=cursor]").first.check()
    page.get_by_role("button", name="Bring again").click()
    assert page.get_by_role("heading", name="Bring 1 event to warehouse once more?").is_visible()
    assert page.evaluate("document.activeElement.textContent") == "Leave it as it is"
    page.get_by_role("button", name="Bring again").click()
    assert "1 event will be brought to warehouse once more." in page.get_by_role("status").first.inner_text()
    page.goto(f"{served.url}/subscribers")
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("link", name="Leave it as it is").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Remove").click()
    assert page.get_by_text("Nobody is subscribed yet.").is_visible()


def test_what_is_wrong_with_a_subscriber_is_said_and_what_was_typed_stays(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/subscribers")
    page.get_by_label("Name").fill("desk")
    page.get_by_label("URL").fill("https://hooks.example.com/in")
    page.get_by_role("button", name="Subscribe", exact=True).click()
    alert = page.get_by_role("alert")
    assert "choose at least one" in alert.inner_text() and page.get_by_label("Name").input_value() == "desk"
    assert page.evaluate("document.activeElement.id") == "wrong", "a screen reader begins with it"


def test_the_redirect_uri_is_copied_as_the_platform_will_see_it(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/connections")
    page.get_by_text("Sign in with the browser").click()
    page.get_by_role("button", name="Copy the redirect URI").click()
    assert page.evaluate("navigator.clipboard.readText()") == f"{served.url}/connected/main"
