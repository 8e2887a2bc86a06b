"""The hosted pages as recipe builders have them: in a real browser, on a desk and a phone, by mouse and keyboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browsing import DESK, PHONE, Look, Visit, visit, window
from tests.hosted import SLOWEST_MS, Served, enter

PAGES = (
    "/",
    "/actions/enroll_user_into_a_course",
    "/actions/get_enrollments",
    "/actions/batch_update_rsvp_event",
    "/triggers/course.enrollment.created",
    "/runs",
    "/connections",
    "/events",
    "/health",
)


def enrolled(page: Any, served: Served, user: str, course: str) -> None:
    """Enroll somebody by words alone."""
    page.goto(f"{served.url}/actions/enroll_user_into_a_course")
    for label, words in (("User ID", user), ("Course ID", course)):
        field = page.get_by_label(label, exact=False).first
        field.fill(words)
        name = field.get_attribute("id")
        option = page.locator(f'#{name}-choices option[label*="{words}" i]').first
        option.wait_for(state="attached", timeout=SLOWEST_MS)
        field.fill(option.get_attribute("value"))
    page.get_by_role("button", name="Enroll user into a course").click()
    page.wait_for_url(f"{served.url}/runs/*")


@pytest.mark.parametrize("look", [DESK, PHONE], ids=lambda look: look.name)
def test_axe_finds_nothing_and_nothing_leaves_the_host(browser: Any, served: Served, look: Look) -> None:
    with window(browser, look) as opened:
        enter(opened, served)
        enrolled(opened, served, "priya adeyemi" if look is DESK else "priya lopez", "EL-003")
        seen: dict[str, Visit] = {opened.url: visit(opened, opened.url)}
        seen |= {path: visit(opened, served.url + path) for path in PAGES}
        opened.goto(served.url + "/actions/enroll_user_into_a_course")
        opened.get_by_role("button", name="Preview").click(no_wait_after=True)
    assert {path: each.violations for path, each in seen.items() if each.violations} == {}
    said = {path: [m for m in each.messages if not m.startswith("[DOM]")] for path, each in seen.items()}  # hints
    assert {path: messages for path, messages in said.items() if messages} == {}
    assert {path: each.elsewhere for path, each in seen.items() if each.elsewhere} == {}
    assert {path: each.wider for path, each in seen.items() if each.wider > 0} == {}


def test_an_enrollment_is_made_by_words_and_its_event_is_seen(page: Any, served: Served) -> None:
    enrolled(page, served, "maya okafor", "EL-042")
    page.locator("[data-status]", has_text="Seen").wait_for(timeout=SLOWEST_MS)
    assert page.locator("h1").inner_text().startswith("Enroll user into a course")
    page.goto(f"{served.url}/events")
    row = page.locator("#arrived tr").first
    assert "course.enrollment.created" in row.inner_text() and row.locator("a").count() == 2


def test_what_is_wrong_is_said_where_it_is_and_leads_there(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/actions/enroll_user_into_a_course")
    page.get_by_label("User ID", exact=False).first.fill("seven")
    page.get_by_label("Course ID", exact=False).first.fill("42")
    page.get_by_role("button", name="Enroll user into a course").click()
    alert = page.get_by_role("alert")
    assert "User ID" in alert.inner_text()
    alert.get_by_role("link", name="User ID").click()
    assert page.locator("#f-user_id").get_attribute("aria-invalid") == "true"
    assert page.locator("#f-user_id").input_value() == "seven"


def test_a_whole_flow_needs_no_mouse(page: Any, served: Served) -> None:
    """From the gallery to the result of a list, with the keyboard alone."""
    page.goto(f"{served.url}/")
    press = page.keyboard.press

    def reach(said: str) -> None:
        for _ in range(120):
            press("Tab")
            if page.evaluate("document.activeElement.innerText || ''").strip() == said:
                return
        raise AssertionError(f"{said} is not reached with Tab")

    reach("Get Course Enrollments")
    press("Enter")
    page.wait_for_url("**/actions/get_course_enrollments")
    reach("Run")
    press("Enter")
    page.wait_for_url("**/runs/*")
    assert page.evaluate("document.activeElement.tagName") == "H1", "a screen reader begins with what has happened"
    first = page.locator("tbody td").first.inner_text()
    reach("Username")
    press("Enter")
    assert page.locator("th[aria-sort=ascending]").inner_text().strip() == "Username"
    assert page.locator("tbody td").first.inner_text() != first or page.locator("tbody tr").count() > 1


def test_an_event_that_arrives_appears_by_itself(page: Any, served: Served, browser: Any) -> None:
    page.goto(f"{served.url}/events")
    before = page.locator("#arrived tr").count()
    with window(browser, DESK) as other:
        enter(other, served)
        enrolled(other, served, "priya chang", "EL-003")
    page.locator("#arrived tr").nth(before).wait_for(timeout=SLOWEST_MS)


def test_two_clicks_enroll_by_words(page: Any, served: Served) -> None:
    """One for the action, one for its button: the rest is typed, and Enter looks and never runs."""
    page.goto(f"{served.url}/")
    page.get_by_role("link", name="Enroll user into a course").click()
    page.locator("#f-user_id:focus").wait_for(timeout=SLOWEST_MS)
    page.keyboard.type("priya adeyemi")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "f-course_id"
    page.keyboard.type("EL-042")
    page.keyboard.press("Enter")
    page.locator("#result").wait_for(timeout=SLOWEST_MS)
    told = page.locator("#result").inner_text()
    assert "was meant by “priya adeyemi”" in told and "was meant by “EL-042”" in told and "/runs/" not in page.url
    page.get_by_role("button", name="Enroll user into a course").click()
    page.wait_for_url(f"{served.url}/runs/*")


def test_back_finds_what_was_filled_in(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/actions/enroll_user_into_a_course")
    page.locator("#f-user_id").fill("31")
    page.locator("#f-course_id").fill("42")
    level = page.locator("#f-level")
    level.evaluate("each => { each.closest('details')?.setAttribute('open', ''); each.selectedIndex = 2; }")
    chosen = level.input_value()
    page.get_by_role("button", name="Preview").click()  # what is sent back for a form has no place to go back to
    page.locator("#result").wait_for(timeout=SLOWEST_MS)
    page.get_by_role("button", name="Enroll user into a course").click()
    page.wait_for_url(f"{served.url}/runs/*")
    page.go_back()
    page.wait_for_url("**/actions/enroll_user_into_a_course")
    values = [page.locator(f"#f-{name}").input_value() for name in ("user_id", "course_id", "level")]
    assert values == ["31", "42", chosen] and chosen


def test_several_are_offered_with_scripts_too(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/actions/enroll_user_into_a_course")
    page.locator("#f-user_id").fill("priya")
    page.locator("#f-course_id").fill("42")
    page.get_by_role("button", name="Preview").click()
    offered = page.get_by_label("Which is meant: User ID")
    offered.wait_for(timeout=SLOWEST_MS)
    offered.select_option(index=1)
    picked = offered.input_value()
    page.locator("#f-user_id").press_sequentially("x")
    assert offered.input_value() == "", "who types on has not picked"
    page.locator("#f-user_id").fill("priya")
    offered.select_option(picked)
    page.get_by_role("button", name="Preview").click()
    page.locator("#result").wait_for(timeout=SLOWEST_MS)
    assert f"{page.locator('#f-user_id').input_value()}@sandbox" == picked


def test_a_phone_shows_of_a_run_what_became_of_it(browser: Any, served: Served) -> None:
    with window(browser, PHONE) as opened:
        enter(opened, served)
        enrolled(opened, served, "priya lopez", "EL-042")
        opened.goto(f"{served.url}/runs")
        row = opened.locator("tbody tr").first
        for part in (row.locator(".tag"), row.get_by_role("link", name="Run again"), row.locator("td.first")):
            box = part.bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= PHONE.width
        opened.goto(f"{served.url}/enter")
        field, button = opened.locator("#key").bounding_box(), opened.locator("main button").bounding_box()
        assert button["y"] - field["y"] - field["height"] >= 8


def test_the_gallery_is_searched_by_words(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/")
    page.get_by_label("Search actions and events").fill("unenroll session")
    assert page.locator(".cards > li:visible h3").all_inner_texts() == [
        "Unenroll user from session",
        "User unenrolled from ILT session",
    ]
    assert page.locator("#found").inner_text() == "2 found"
    page.get_by_label("Search actions and events").fill("who is nowhere")
    assert page.locator("#nothing").is_visible() and page.locator("h2:visible").count() == 0
    page.get_by_label("Search actions and events").fill("enroll_user_into_a_course")
    assert page.locator(".cards > li:visible h3").all_inner_texts() == ["Enroll user into a course"]
    assert page.locator("h2:visible").all_inner_texts() == ["Actions"] and not page.locator("#nothing").is_visible()
    page.get_by_label("Search actions and events").fill("take out of the learning plan")
    page.keyboard.press("Enter")  # what is found alone is opened
    page.wait_for_url("**/actions/*")


def test_a_table_can_be_downloaded(page: Any, served: Served) -> None:
    page.goto(f"{served.url}/actions/get_course_enrollments")
    page.get_by_role("button", name="Run").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").first.click()
    text = Path(download.value.path()).read_text(encoding="utf-8")
    assert text.startswith("User ID,Username,") and len(text.splitlines()) > 2
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV: all").click()
    whole = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert whole[0] == text.splitlines()[0] and len(whole) > len(text.splitlines())
    assert download.value.suggested_filename.startswith("get_course_enrollments-")
