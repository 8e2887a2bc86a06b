"""Every hosted page, and every state in which something is wrong, before axe and html-validate: light, dark, narrow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from docebo_connect.sandbox import site
from tests.browsing import AXE, DESK, PHONE, Look, chromium, found_by_the_validator, window
from tests.hosted import SLOWEST_MS, Served, enrolled, enter, hosting
from tests.served import served as sandbox

LOOKS = (DESK, Look("dark", "dark", 1280), Look("narrow", "light", 360), PHONE)
PATHS = {
    "gallery": "/",
    "form": "/actions/enroll_user_into_a_course",
    "list": "/actions/get_enrollments",
    "rows": "/actions/batch_update_rsvp_event",
    "trigger": "/triggers/course.enrollment.created",
    "runs": "/runs",
    "no-runs": "/runs?until=2020-01-01",
    "wrong-filter": "/runs?since=soon",
    "search": "/runs?search=user_id%3D7",
    "connections": "/connections",
    "events": "/events",
    "subscribers": "/subscribers",
    "health": "/health",
    "not-there": "/actions/nothing",
    "no-page": "/events/subscribers/none",
    "found": "/?search=enroll",
    "none-found": "/?search=%3Czz%3E",
    "sure": "/connections/village?do=forget",
    "new-address": "/connections/sandbox?do=webhooks",
    "runs-of-the-host": "/runs?host=too",
    "no-run": "/runs/20200101-000000-00000000",
}
STATES = len(PATHS) + 17
"""The pages, and what they are when something was done or is wrong."""

NOTE = {"items": [], "more": False, "note": "the platform refused the list. Type the ID instead."}


class Seen(NamedTuple):
    """What was found, by page and look; `folder` has each page as it was sent."""

    violations: dict[str, list[str]]
    wider: dict[str, int]
    folder: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A host on which a platform is connected, beside the sandbox."""
    platform = site(tmp_path_factory.mktemp("platform"))
    with sandbox(platform) as (address, _), hosting(tmp_path_factory.mktemp("host")) as told:
        fields = {"domain": address, "client_id": "docebo-connect-sandbox", "client_secret": "a-sandbox-has-no-secrets"}
        body = {"name": "village", "method": "app", "fields": fields}
        made = httpx.post(f"{told.url}/v1/connections", json=body, headers={"authorization": f"Bearer {told.key}"})
        assert made.status_code == 201, made.text
        yield told


@pytest.fixture(scope="module")
def seen(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    """Each state is made once in each look."""
    found = Seen({}, {}, tmp_path_factory.mktemp("pages"))
    with chromium() as browser:
        for number, look in enumerate(LOOKS):
            with window(browser, look) as page:
                see(page, served, look, found, user=str(20 + number))
    return found


def see(page: Any, served: Served, look: Look, found: Seen, user: str) -> None:
    sent: dict[str, Any] = {}

    def keep(response: Any) -> None:
        if response.request.resource_type == "document" and response.status not in (302, 303):
            sent["last"] = response

    def held(name: str) -> None:
        """Hold what is shown now to axe's rules, and keep what was sent."""
        page.wait_for_load_state()
        page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        page.evaluate(AXE.read_text(encoding="utf-8"))
        rules = page.evaluate("axe.run({preload: false})")["violations"]
        found.violations[f"{name}, {look.name}"] = [f"{r['id']}: {n['html'][:200]}" for r in rules for n in r["nodes"]]
        found.wider[f"{name}, {look.name}"] = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        if look is DESK:
            (found.folder / f"{name}.html").write_text(sent["last"].text(), encoding="utf-8")

    page.on("requestfinished", lambda request: keep(request.response()))
    page.goto(served.url)
    held("signed-out")
    page.get_by_label("API key").fill("key_none")
    page.get_by_role("button", name="Sign in").click()
    held("wrong-key")
    enter(page, served)
    enrolled(page, served, user, "42")
    page.locator("[data-status]", has_text="Seen").wait_for(timeout=SLOWEST_MS)
    held("run")
    enrolled(page, served, user, "999999")
    held("failed-run")
    enrolled(page, served, "seven", "")
    held("form-with-errors")
    page.locator("#f-user_id").fill(user)
    page.locator("#f-course_id").fill("43")
    page.get_by_role("button", name="Preview").click()
    held("preview")
    page.locator("#f-user_id").fill("priya")
    page.locator("#f-course_id").fill("no such course")
    page.get_by_role("button", name="Preview").click()
    page.locator("#problems").wait_for(timeout=SLOWEST_MS)
    held("several-offered")
    page.goto(f"{served.url}/actions/enroll_user_into_a_course")
    page.locator("#f-user_id").fill(user)
    page.locator("#f-course_id").fill("EL-042")
    page.get_by_role("button", name="Enroll user into a course").click()
    page.locator("#confirm").wait_for(timeout=SLOWEST_MS)
    held("to-confirm")
    page.goto(f"{served.url}/actions/get_course_enrollments")
    page.get_by_role("button", name="Run", exact=True).click()
    held("run-with-a-table")
    followed(page, served, look, held)
    connected(page, served, held)
    for name, path in PATHS.items():
        page.goto(served.url + path)
        held(name)
    page.route("**/choices?*", lambda route: route.fulfill(json=NOTE))
    page.goto(f"{served.url}/actions/enroll_user_into_a_course")
    page.locator("#f-user_id").focus()
    page.get_by_text("the platform refused the list").first.wait_for(timeout=SLOWEST_MS)
    held("refused-choices")


def followed(page: Any, served: Served, look: Look, held: Any) -> None:
    """A subscriber, with what can be wrong with it."""
    page.goto(f"{served.url}/subscribers")
    page.get_by_label("Name").fill(f"desk-{look.name}")
    page.get_by_label("URL").fill("https://hooks.example.com/in")
    page.get_by_role("button", name="Subscribe", exact=True).click()
    held("wrong-subscriber")
    page.get_by_label("User enrolled in a course").check()
    page.get_by_role("button", name="Subscribe", exact=True).click()
    held("subscribed")
    page.goto(f"{served.url}/events")
    page.get_by_role("button", name="Bring again").click()
    held("nothing-ticked")


def connected(page: Any, served: Served, held: Any) -> None:
    """The page of connections, with what is shown once, and with an error."""
    page.goto(f"{served.url}/connections")
    page.get_by_role("button", name="Test", exact=True).first.click()
    held("tested")
    card = page.locator("li.card", has_text="village")
    card.get_by_label("Client ID").fill("")
    card.get_by_role("button", name="Replace credentials").click()
    held("not-rotated")
    way = page.locator("details.card", has_text="An access token")  # opened by what held the page
    for label, text in (("Name", "acme"), ("Domain", "no domain"), ("Access token", "none")):
        way.get_by_label(label).fill(text)
    way.get_by_role("button", name="Connect").click()
    held("not-connected")
    way = page.locator("details.card", has_text="Sign in with the browser")
    address = page.locator("li.card", has_text="village").locator("p").first.inner_text()
    for label, text in (("Name", "signs"), ("Domain", address.removeprefix("http://")), ("Client ID", "app")):
        way.get_by_label(label).first.fill(text)
    way.get_by_label("Client secret").fill("secret")
    way.get_by_role("button", name="Sign in on the platform").click()
    page.get_by_role("link", name="Go on to the platform").wait_for(timeout=SLOWEST_MS)
    held("onward")


def test_axe_finds_nothing(seen: Seen) -> None:
    assert {page: found for page, found in seen.violations.items() if found} == {}
    assert len(seen.violations) == len(LOOKS) * STATES


def test_no_page_is_wider_than_its_window(seen: Seen) -> None:
    assert {page: pixels for page, pixels in seen.wider.items() if pixels > 0} == {}


def test_a_validator_finds_nothing(seen: Seen, tmp_path: Path) -> None:
    assert found_by_the_validator(seen.folder, tmp_path / "report.json") == []
    assert len(list(seen.folder.glob("*.html"))) == STATES
