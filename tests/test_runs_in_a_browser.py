"""A run's page in a real browser: followed while it goes on, and in words."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

from connector_runtime.hosts.directories import records_file
from connector_runtime.store import Store
from tests.browsing import DESK, violations, window
from tests.connector_runtime.store.test_runs import document
from tests.hosted import SLOWEST_MS, Served, enrolled, enter, hosting

RUN = "20260101-090000-0000000a"
WHOLE = {"action": "enroll_user_into_a_course", "connection": "sandbox", "input": {"user_id": 87, "course_id": 4}}


def kept(directory: Path, **changes: Any) -> None:
    with closing(Store(records_file(directory))) as store:
        store.save(document(RUN, **WHOLE, **changes))


def test_a_run_in_progress_is_followed_to_its_end(browser: Any, tmp_path: Path) -> None:
    with hosting(tmp_path) as served, window(browser, DESK) as page:
        kept(tmp_path, status="running")
        enter(page, served)
        page.goto(f"{served.url}/runs/{RUN}")
        followed = page.locator("[data-running]")
        assert followed.inner_text() == "Still running: no change was sent yet."
        assert violations(page) == [] and not page.get_by_text("Look again").is_visible()
        kept(tmp_path, status="running", effect="unknown")
        page.get_by_text("a change may be on its way").wait_for(timeout=SLOWEST_MS)
        kept(tmp_path, status="succeeded", effect="done")
        page.get_by_text("The change was made.").wait_for(timeout=SLOWEST_MS)
        assert page.locator("h1 .tag").inner_text() == "Succeeded" and followed.count() == 0


def test_a_run_says_by_name_who_was_enrolled(page: Any, served: Served) -> None:
    run_id = enrolled(page, served, "87", "4")
    page.locator("#in-words dd", has_text="87 — ").wait_for(timeout=SLOWEST_MS)
    words = page.locator("#in-words").inner_text()
    assert "Priya Adeyemi" in words and "4 — " in words
    page.goto(f"{served.url}/runs?search={run_id}")
    assert "Priya Adeyemi" in page.locator("tbody tr").first.inner_text()


def test_names_that_come_late_appear_by_themselves(page: Any, served: Served) -> None:
    run_id = enrolled(page, served, "88", "4")
    page.locator("#in-words dd", has_text="88 — ").wait_for(timeout=SLOWEST_MS)
    given = '<section class="card" id="in-words"'
    late = f'{given} data-late-names="/runs/{run_id}?names=wait"'

    def first_without(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, body=answer.text().replace(given, late).replace("88 — ", "without "))

    page.route(f"{served.url}/runs/{run_id}", first_without)
    page.goto(f"{served.url}/runs/{run_id}")
    page.locator("#in-words dd", has_text="88 — ").wait_for(timeout=SLOWEST_MS)
    assert "without" not in page.locator("#in-words").inner_text()
