"""Whom a form means, in a real browser: what is picked, typed and searched for, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from docebo_connect.sandbox import site as open_site
from tests.browsing import DESK, PHONE, Look, window
from tests.hosted import SLOWEST_MS, Served, enter, hosting
from tests.served import served as serving

ENROLL = "/actions/enroll_user_into_a_course"
RSVP = "/actions/batch_update_rsvp_event"
COURSE = "/actions/get_course_enrollments"
FILTER = "Search to add: User IDs"


def needs_users(page: Any, served: Served) -> Any:
    """The box in which users are searched for, to be added."""
    page.goto(served.url + COURSE)
    if not page.get_by_label(FILTER).is_visible():
        page.locator("details.advanced > summary").click()
    return page.get_by_label(FILTER)


def test_what_is_left_where_users_are_searched_is_not_lost(page: Any, served: Served) -> None:
    needs_users(page, served).press_sequentially("priya lopez")
    page.get_by_role("button", name="Run", exact=True).click()
    page.wait_for_url(f"{served.url}/runs/*")
    assert "152" in page.locator("main").inner_text()
    rows = page.locator("tbody tr")
    assert 0 < rows.count() < 20, "it lists her, and not everybody"
    box = needs_users(page, served)
    box.press_sequentially("152")
    assert page.locator("#f-user_ids").input_value() == "", "1 on the way to 152 is nobody's"
    box.press("Tab")
    assert page.locator("#f-user_ids").input_value() == "152" and box.input_value() == ""
    box.press_sequentially("priya moreau")
    box.press("Enter")
    page.locator("#result").wait_for(timeout=SLOWEST_MS)
    assert page.locator("#f-user_ids").input_value().split() == ["152", "51"]


def test_what_is_picked_stands_in_the_field(page: Any, served: Served) -> None:
    page.goto(served.url + ENROLL)
    page.locator("#f-user_id").fill("priya")
    page.locator("#f-course_id").fill("42")
    page.get_by_role("button", name="Preview").click()
    offered = page.get_by_label("Which is meant: User ID")
    offered.wait_for(timeout=SLOWEST_MS)
    page.locator("#f-user_id").fill("tom becker")
    offered.select_option(index=1)
    assert f"{page.locator('#f-user_id').input_value()}@sandbox" == offered.input_value()
    offered.select_option("")
    assert page.locator("#f-user_id").input_value() == "tom becker", "what was typed is there again"


def test_another_connection_knows_no_names(browser: Any, tmp_path: Path) -> None:
    platform = open_site(tmp_path / "platform")
    with serving(platform) as (address, _), hosting(tmp_path / "data") as host, window(browser, DESK) as page:
        fields = {name: platform.credentials[name] for name in ("client_id", "client_secret", "username", "password")}
        made = httpx.post(
            f"{host.url}/v1/connections",
            headers={"authorization": f"Bearer {host.key}"},
            json={"name": "campus", "method": "password", "fields": {"domain": address, **fields}},
            timeout=60,
        )
        assert made.status_code == 201, made.text
        enter(page, host)
        page.goto(host.url + ENROLL)
        user = page.locator("#f-user_id")
        user.press_sequentially("maya")
        page.locator('#f-user_id-choices option[value="7"]').wait_for(state="attached", timeout=SLOWEST_MS)
        user.fill("7")
        name = page.locator(".field", has=user).locator(".picked")
        assert name.inner_text() == "Maya Okafor"
        page.get_by_label("Connection").select_option("campus")
        assert name.inner_text() == "" and user.input_value() == "7"
        page.locator("#f-course_id").fill("40")
        page.get_by_role("button", name="Enroll user into a course").click()
        asked = page.get_by_role("alert")
        asked.wait_for(timeout=SLOWEST_MS)
        assert "Is this what you meant?" in asked.inner_text() and "User ID on campus: 7 — " in asked.inner_text()
    platform.close()


def test_a_form_opens_at_its_top_in_the_first_field_to_fill_in(page: Any, served: Served) -> None:
    for path, first in ((ENROLL, "/user_id"), (RSVP, "/items/0/user_id")):
        page.goto(served.url + path)
        page.locator(f'[name="{first}"]:focus').wait_for(timeout=SLOWEST_MS)
        assert page.evaluate("window.scrollY") == 0
    page.get_by_role("button", name="Add another").click()
    page.locator('[name="/items/1/user_id"]:focus').wait_for(timeout=SLOWEST_MS)
    assert page.get_by_text("is needed for the choices").count() == 0, "nobody asked for events yet"


def test_what_to_fill_in_first_is_said_until_it_is(page: Any, served: Served) -> None:
    page.goto(served.url + "/actions/enroll_user_into_a_session")
    hint = page.locator("#f-session_id-first")
    assert "fill in Course ID first" in hint.inner_text()
    page.locator("#f-course_id").fill("fire safety (workshop)")
    assert hint.inner_text() == ""
    page.locator("#f-session_id").focus()
    page.locator("#f-session_id-choices option").first.wait_for(state="attached", timeout=SLOWEST_MS)
    page.locator("#f-course_id").fill("")
    assert "fill in Course ID first" in hint.inner_text()
    page.locator("#f-course_id").fill("43")
    page.locator("#f-session_id").focus()
    page.get_by_text("There is no session for this course.").wait_for(timeout=SLOWEST_MS)


@pytest.mark.parametrize("look", [DESK, PHONE], ids=lambda look: look.name)
def test_who_types_on_without_scripts_is_asked_which_is_meant(browser: Any, served: Served, look: Look) -> None:
    with window(browser, look, java_script_enabled=False) as plain:
        enter(plain, served)
        typed_on(plain, served)


def typed_on(plain: Any, served: Served) -> None:
    """Somebody picks, and then types somebody else."""
    plain.goto(served.url + ENROLL)
    plain.locator("#f-user_id").fill("4")
    plain.get_by_role("button", name="Show the list: User ID", exact=True).click()
    offered = plain.get_by_label("Pick from the list: User ID")
    assert offered.input_value() == "", "nobody is picked before somebody has picked"
    offered.select_option(index=1)
    plain.locator("#f-user_id").fill("5")
    plain.locator("#f-course_id").fill("42")
    plain.get_by_role("button", name="Enroll user into a course").click()
    assert "“5” is typed here" in plain.locator("#f-user_id-wrong").inner_text() and "/runs/" not in plain.url
