"""A form that is filled in by words, on a host of enrollments: in what order they are understood, and what is said."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.problems import Declined
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.enrolling import ANSWER, ENROLL, RSVP, SESSION, enrolled, runs


@pytest.fixture
def toy(connector: Connector) -> Connector:
    """The connector of enrollments is hosted here."""
    return connector


async def test_words_are_understood_in_the_order_in_which_they_depend(browser: httpx.AsyncClient) -> None:
    words = {
        **ANSWER,
        "/event_id": "opening day",
        "beside/session_id": "group a",
        "beside/course_id": "fire safety (workshop)",
    }
    page = await browser.post(RSVP, data={**words, "do": "preview"}, headers=OWN)
    assert page.status_code == 200, re.findall(r'class="wrong"[^>]*>([^<]+)', page.text)
    assert "was meant by “fire safety (workshop)”" in page.text and "was meant by “group a”" in page.text
    live = {"field": "beside/session_id", "beside/course_id": "fire safety (workshop)"}
    found = (await browser.get(f"{RSVP}/choices", params=live)).json()
    assert found["items"] and "was meant by “fire safety (workshop)”" in found["note"]
    unclear = {**words, "beside/course_id": "safety"}
    page = await browser.post(RSVP, data={**unclear, "do": "preview"}, headers=OWN)
    assert "“group a” can be looked up when it is clear which Course is meant" in page.text
    assert "Report this" not in page.text
    found = (await browser.get(f"{RSVP}/choices", params={**live, "beside/course_id": "safety"})).json()
    assert found["items"] == [] and "Course: “safety” may be any of" in found["note"]
    listed = await browser.post(
        SESSION, data={"/course_id": "fire safety (workshop)", "list": "/session_id"}, headers=OWN
    )
    assert 'name="/session_id~pick"' in listed.text
    listed = await browser.post(SESSION, data={"/course_id": "safety", "list": "/session_id"}, headers=OWN)
    assert "Course ID: “safety” may be any of" in listed.text and "Report this" not in listed.text


async def test_a_list_that_is_empty_for_what_was_chosen_says_so(browser: httpx.AsyncClient) -> None:
    page = await browser.get(SESSION)
    assert "To pick it from a list, fill in Course ID first." in page.text
    given = {"/course_id": "43", "/session_id": "group a", "/user_id": "7", "do": "preview"}
    page = await browser.post(SESSION, data=given, headers=OWN)
    assert "There is no session for this course" in page.text and "fill in Course ID first" not in page.text
    found = (await browser.get(f"{SESSION}/choices", params={"field": "/session_id", "/course_id": "43"})).json()
    assert found["note"] == "There is no session for this course."


async def test_words_are_found_in_any_order_and_with_any_spaces(browser: httpx.AsyncClient, host: Host) -> None:
    shown = await enrolled(browser, "PRIYA  LOPEZ", "42", "preview")
    assert "Priya Lopez was meant by" in shown.text
    for words in ("lopez, priya", "lopez  Priya"):
        asked = await enrolled(browser, words, "42")
        assert "Is this what you meant?" in asked.text and f"Priya Lopez was meant by “{words}”" in asked.text
    assert runs(host) == []
    live = (await browser.get(f"{ENROLL}/choices", params={"field": "/course_id", "search": "safety fire"})).json()
    assert live["items"] and all("fire" in each["label"].lower() for each in live["items"])


async def test_a_form_that_is_not_looked_at_comes_back(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def turn(self: Home) -> Any:
        raise Declined("too_busy", "256 runs are waiting for their turn", headers={"retry-after": "2"})

    given = {"/user_id": "18", "/course_id": "safety", "/enrollment_fields/5": "mine", "do": "run"}
    with monkeypatch.context() as busy:
        busy.setattr(Home, "turn", turn)
        page = await browser.post(ENROLL, data=given, headers=OWN)
    assert (page.status_code, page.headers["retry-after"]) == (503, "2")
    assert "256 runs are waiting" in page.text and "press the button again" in page.text
    assert 'value="18"' in page.text and 'value="safety"' in page.text and 'value="mine"' in page.text
    host.allowance._most = 0
    host.allowance._left.clear()
    page = await browser.post(ENROLL, data=given, headers=OWN)
    assert page.status_code == 429 and "calls a minute" in page.text and "retry-after" in page.headers
    assert 'value="18"' in page.text and 'value="safety"' in page.text and 'value="mine"' in page.text
    page = await browser.post(ENROLL, data={**given, "connection": "gone"}, headers=OWN)
    assert '<option value="" selected>Choose one</option>' in page.text, "no other is chosen instead"
    assert (await browser.get(ENROLL)).status_code == 429 and runs(host) == []


async def test_a_preview_says_that_only_a_run_can_tell(browser: httpx.AsyncClient) -> None:
    page = await enrolled(browser, "999999", "42", "preview")
    assert "Whether the platform would accept it, only a run can tell." in page.text
    read = await browser.post("/actions/get_course_enrollments", data={"do": "preview"}, headers=OWN)
    assert "This only reads." in read.text and "only a run can tell" not in read.text


async def test_who_asked_for_one_more_goes_on_in_it(browser: httpx.AsyncClient) -> None:
    page = await browser.post(RSVP, data={**ANSWER, "more": "/items"}, headers=OWN)
    assert re.findall(r'name="([^"]+)"[^>]* autofocus', page.text) == ["/items/1/user_id"]
    empty = {"/items/0/user_id": "", "/items/1/user_id": "", "more": "/items"}
    page = await browser.post(RSVP, data=empty, headers=OWN)
    assert re.findall(r'name="([^"]+)"[^>]* autofocus', page.text) == ["/items/2/user_id"], "also below empty ones"
    page = await browser.post(ENROLL, data={"/enrollment_fields~/0/name": "5", "more": "/none"}, headers=OWN)
    assert "autofocus" not in page.text
