"""Forms of a host with two platforms, in a real browser: an ID of one of them is nobody's on the other before somebody
has said so, with and without scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from docebo_connect.sandbox import site
from tests.browsing import DESK, window
from tests.hosted import SLOWEST_MS, Served, enter, hosting
from tests.served import served as sandbox

ENROLL = "/actions/enroll_user_into_a_course"
SECRETS = ("client_id", "client_secret", "username", "password")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A host with a key for the platforms `campus` and `north`, and for no sandbox."""
    sites = {name: site(tmp_path_factory.mktemp(name)) for name in ("campus", "north")}
    with (
        sandbox(sites["campus"]) as (campus, _),
        sandbox(sites["north"]) as (north, _),
        hosting(tmp_path_factory.mktemp("host")) as host,
        httpx.Client(headers={"authorization": f"Bearer {host.key}"}, timeout=60) as client,
    ):
        for name, address in (("campus", campus), ("north", north)):
            fields = {"domain": address, **{each: sites[name].credentials[each] for each in SECRETS}}
            body = {"name": name, "method": "password", "fields": fields}
            assert client.post(f"{host.url}/v1/connections", json=body).status_code == 201
        body = {"name": "two", "scopes": ["read", "run"], "connections": list(sites)}
        key = client.post(f"{host.url}/v1/keys", json=body).json()["key"]
        yield Served(host.url, key)
    for each in sites.values():
        each.close()


def choose(page: Any, connection: str) -> None:
    page.get_by_label("Connection").select_option(connection)


def press(page: Any) -> None:
    page.get_by_role("button", name="Enroll user into a course").click()


def asked(page: Any) -> str:
    """What is to be confirmed."""
    page.get_by_role("heading", name="Is this what you meant?").wait_for(timeout=SLOWEST_MS)
    return str(page.locator("#confirm ul").inner_text())


def pick(page: Any, words: str) -> str:
    """A user's ID from the list that the browser shows for words, and the name that stands below the field then."""
    field = page.locator("#f-user_id")
    field.fill("")
    field.press_sequentially(words)
    option = page.locator(f'#f-user_id-choices option[label*="{words}" i]').first
    option.wait_for(state="attached", timeout=SLOWEST_MS)
    value = str(option.get_attribute("value"))
    field.fill(value)
    assert words in page.locator(".field", has=field).locator(".picked").first.inner_text().lower()
    return value


def test_an_id_that_was_typed_before_a_connection_was_chosen(page: Any, served: Served) -> None:
    page.goto(served.url + ENROLL)
    page.locator("#f-user_id").fill("7")
    page.locator("#f-course_id").fill("40")
    choose(page, "campus")
    choose(page, "north")
    press(page)
    assert "User ID on north: 7 — Maya Okafor" in asked(page)
    press(page)
    page.wait_for_url(f"{served.url}/runs/*")


def test_an_id_that_was_picked_elsewhere_is_asked_about_after_going_back(page: Any, served: Served) -> None:
    page.goto(served.url + ENROLL)
    choose(page, "campus")
    page.locator("#f-user_id").fill("7")
    choose(page, "north")
    user = pick(page, "tom")
    choose(page, "campus")
    page.locator("#f-course_id").fill("42")
    press(page)
    assert f"User ID on campus: {user} — Tom Becker" in asked(page)
    assert "Course" not in page.locator("#confirm ul").inner_text(), "it was typed for this one"
    choose(page, "north")
    press(page)
    assert f"User ID on north: {user} — Tom Becker" in asked(page)


def test_what_is_picked_where_it_is_run_is_not_asked_about(page: Any, served: Served) -> None:
    page.goto(served.url + ENROLL)
    page.locator("#f-course_id").fill("43")
    choose(page, "campus")
    choose(page, "north")
    page.locator("#f-course_id").fill("43")
    pick(page, "samir")
    press(page)
    page.wait_for_url(f"{served.url}/runs/*")
    assert "On north" in page.locator("main").inner_text()


def test_back_in_the_browser_keeps_where_an_id_was_picked(page: Any, served: Served) -> None:
    page.goto(served.url + ENROLL)
    choose(page, "campus")
    user = pick(page, "samir")
    page.locator("#f-course_id").fill("no such course")
    press(page)
    page.get_by_role("alert").wait_for()
    page.go_back()
    page.locator("#f-course_id").fill("44")
    choose(page, "north")
    press(page)
    assert f"User ID on north: {user} — " in asked(page)


def test_an_id_that_was_picked_elsewhere_without_scripts(browser: Any, served: Served) -> None:
    with window(browser, DESK, java_script_enabled=False) as page:
        enter(page, served)
        page.goto(served.url + ENROLL)
        choose(page, "north")
        page.locator("#f-course_id").fill("44")
        page.locator("#f-user_id").fill("tom")
        page.get_by_role("button", name="Show the list: User ID", exact=True).click()
        page.get_by_label("Pick from the list: User ID").select_option(index=1)
        choose(page, "campus")
        press(page)
        said = asked(page)
        assert "User ID on campus: " in said and "Course ID on campus: 44 — " in said
        choose(page, "north")
        press(page)
        assert "User ID on north: " in asked(page)
        press(page)
        page.wait_for_url(f"{served.url}/runs/*")
