"""Whom a form means, on a host of enrollments: never another than those who were named or shown."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import NotNow
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.session import Session
from connector_runtime.run.choices import Choice, Choices
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.enrolling import ANSWER, ENROLL, RSVP, SESSION, carried, enrolled, runs


@pytest.fixture
def toy(connector: Connector) -> Connector:
    """The connector of enrollments is hosted here."""
    return connector


async def test_a_user_name_that_is_anothers_name_is_offered(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = Choices([Choice(501, "Anna", "b.anna · b@x"), Choice(77, "Anna Berg", "anna · anna.berg@x")], more=False)

    async def choices(*_: Any, **__: Any) -> Choices:
        return both

    monkeypatch.setattr(Session, "choices", choices)
    page = await enrolled(browser, "anna", "42")
    assert page.status_code == 422 and runs(host) == []
    assert '<option value="501@sandbox">Anna' in page.text and '<option value="77@sandbox">Anna Berg' in page.text
    both = Choices([Choice(501, "Anna", "b.anna · b@x"), Choice(77, "Anna Berg", "anna.berg@x")], more=False)
    assert (await enrolled(browser, "anna", "42")).status_code == 303, "a part of another's name is not that name"
    assert runs(host)[0]["user_id"] in (501, "501")


async def test_digits_that_are_anothers_name_are_offered(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    async def choices(self: Session, action: str, field: str, given: Any, *, search: str = "", **_: Any) -> Choices:
        asked.append(search)
        badge = field == "/user_id" and search == "42"
        return Choices([Choice(152, "Priya Lopez", "42 · priya@x")] if badge else [], more=False)

    monkeypatch.setattr(Session, "choices", choices)
    page = await enrolled(browser, "42", "42")
    assert page.status_code == 422 and runs(host) == []
    assert "“42” is the ID of one entry and what another is called" in page.text
    assert '<option value="152@sandbox">Priya Lopez' in page.text and re.search(
        r'<option value="42@sandbox">[^<]+ · ID 42', page.text
    )
    picked = {**carried(page), "/user_id~pick": "42@sandbox"}
    shown = await enrolled(browser, "42", "42", "preview", **picked)
    assert shown.status_code == 200 and carried(shown)["/user_id~id"] == "42@sandbox\n@sandbox"
    asked.clear()
    assert (await enrolled(browser, "42", "42", **carried(shown))).status_code == 303, (
        "who was shown is not asked again"
    )
    assert asked == [] and runs(host)[0]["user_id"] == "42"
    moved = await enrolled(browser, "43", "42", **carried(shown))
    assert moved.status_code == 303 and asked == ["43"], "another number was not shown"


async def test_a_guess_is_to_be_confirmed_also_after_something_else_was_wrong(
    browser: httpx.AsyncClient, host: Host
) -> None:
    wrong = await enrolled(browser, "maya", "no such course")
    assert wrong.status_code == 422 and 'name="/user_id" value="maya"' in wrong.text, "it is no ID yet"
    page = await enrolled(browser, "maya", "42", **carried(wrong))
    assert "Is this what you meant?" in page.text and runs(host) == []
    assert 'name="/user_id" value="7"' in page.text
    assert (await enrolled(browser, "7", "42", **carried(page))).status_code in (303, 422)


async def test_what_a_word_means_is_read_anew_before_something_is_written(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads, fresh = Session.choices, list[bool]()

    async def choices(self: Session, *given: Any, **how: Any) -> Choices:
        fresh.append(bool(how.get("fresh")))
        return await reads(self, *given, **how)

    monkeypatch.setattr(Session, "choices", choices)
    for do in ("preview", "run"):  # who was shown in a preview is taken for an ID from then on
        await enrolled(browser, "priya lopez", "EL-042", do)
        assert set(fresh) == {True}
        fresh.clear()
    await browser.get(f"{ENROLL}/choices", params={"field": "/user_id", "search": "priya"})
    assert set(fresh) == {False}, "while somebody types, what was read lately will do"
    fresh.clear()
    await browser.post("/actions/get_course_enrollments", data={"/user_ids": "priya lopez", "do": "run"}, headers=OWN)
    assert set(fresh) == {False}, "a list that is read can be read again"


async def test_an_event_is_of_the_session_that_is_chosen(browser: httpx.AsyncClient, host: Host) -> None:
    async def listed(field: str, **chosen: str) -> list[Any]:
        asked = {f"beside/{name}": value for name, value in chosen.items()}
        found: list[Any] = (await browser.get(f"{RSVP}/choices", params={"field": field, **asked})).json()["items"]
        return found

    sessions = [
        (course, each["value"]) for course in ("1", "4") for each in await listed("beside/session_id", course_id=course)
    ]
    (one, first), (other, second) = sessions[0], sessions[-1]
    event = (await listed("/event_id", course_id=one, session_id=first))[0]["value"]
    chosen = {**ANSWER, "/event_id": str(event), "beside/course_id": other, "beside/session_id": second}
    for do in ("run", "preview"):
        page = await browser.post(RSVP, data={**chosen, "do": do}, headers=OWN)
        assert page.status_code == 422 and runs(host) == []
        assert f"{event} is not in the list of the Session that is chosen" in page.text
        assert 'id="f-event_id-wrong"' in page.text
    chosen["beside/session_id"] = first  # which is a session of the other course
    page = await browser.post(RSVP, data={**chosen, "do": "run"}, headers=OWN)
    assert f"{first} is not in the list of the Course that is chosen" in page.text and runs(host) == []
    chosen["beside/course_id"] = one
    assert (await browser.post(RSVP, data={**chosen, "do": "run"}, headers=OWN)).status_code == 303
    alone = {**ANSWER, "/event_id": str(event), "do": "preview"}
    assert (await browser.post(RSVP, data=alone, headers=OWN)).status_code == 200, "nothing was chosen beside it"


async def test_a_session_of_another_course_is_confirmed(browser: httpx.AsyncClient, host: Host) -> None:
    asked = {"field": "/session_id", "/course_id": "1"}
    own = (await browser.get(f"{SESSION}/choices", params=asked)).json()["items"][0]["value"]
    given = {"/user_id": "18", "/level": "3", "/course_id": "4", "/session_id": str(own), "do": "run"}
    page = await browser.post(SESSION, data=given, headers=OWN)
    assert "Is this what you meant?" in page.text and runs(host) == []
    assert f"Session ID: {own} is not in the list of the Course ID that is chosen." in page.text
    await browser.post(SESSION, data={**given, **carried(page)}, headers=OWN)
    assert len(runs(host)) == 1, "who was asked and says so is believed"
    again = await browser.post(SESSION, data={**given, **carried(page), "/course_id": "43"}, headers=OWN)
    assert "Is this what you meant?" in again.text, "that was of another course"
    another = {**given, **carried(page), "/course_id~pick": "43@sandbox", "/course_id~was": "4"}
    again = await browser.post(SESSION, data=another, headers=OWN)
    assert "Is this what you meant?" in again.text, "also where the other course was shown"
    right = await browser.post(SESSION, data={**given, "/course_id": "1"}, headers=OWN)
    assert right.status_code == 303


async def test_an_event_whose_list_is_refused_is_not_taken(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def choices(*_: Any, **__: Any) -> Choices:
        raise NotNow("Closed today.", code="closed", fix="Come tomorrow.")

    monkeypatch.setattr(Session, "choices", choices)
    chosen = {**ANSWER, "/event_id": "1", "beside/session_id": "1", "do": "run"}
    page = await browser.post(RSVP, data=chosen, headers=OWN)
    assert "1 could not be looked up in the list of the Session: Closed today." in page.text and runs(host) == []


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """How lists are read, all with `fresh` or not; a list of users that is `pages` long for the digits of `2024`."""
    reads = Session.choices
    told: dict[str, Any] = {"fresh": set(), "pages": 2, "names": 0}

    async def choices(
        self: Session, action: str, field: str, given: Any, *, search: str = "", page: int = 1, fresh: bool = False
    ) -> Choices:
        told["fresh"].add(fresh)
        told["names"] += bool(search)
        if not search.startswith("2024"):
            return await reads(self, action, field, given, search=search, page=page, fresh=fresh)
        if page == told["pages"]:
            return Choices([Choice(77, "2024", "y")], more=False)
        return Choices([Choice(1000 + page, f"Trainee of {search}")], more=True)

    monkeypatch.setattr(Session, "choices", choices)
    return told


async def test_a_name_of_digits_is_found_on_a_later_page_and_as_the_list_is_now(
    browser: httpx.AsyncClient, host: Host, read: dict[str, Any]
) -> None:
    page = await enrolled(browser, "2024", "42")
    assert page.status_code == 422 and '<option value="77@sandbox">2024' in page.text and runs(host) == []
    assert read["fresh"] == {True}
    read["pages"] = 99
    page = await enrolled(browser, "2024", "42")
    assert "Is this what you meant?" in page.text and runs(host) == []
    assert "User ID: 2024 is taken for an ID." in page.text
    assert (await enrolled(browser, "2024", "42", **carried(page))).status_code == 303, "who was asked is believed"


async def test_every_number_of_a_long_form_is_looked_up_as_a_name(
    browser: httpx.AsyncClient, host: Host, read: dict[str, Any]
) -> None:
    users = {f"/items/{number}/user_id": str(100 + number) for number in range(40)} | {"/items/39/user_id": "2024"}
    answers = {f"/items/{number}/user_rsvp_response": "1" for number in range(40)}
    page = await browser.post(RSVP, data={"/event_id": "1", **users, **answers, "do": "run"}, headers=OWN)
    assert page.status_code == 422 and runs(host) == [] and read["names"] > 40
    assert '<option value="77@sandbox">2024' in page.text and "“2024” is the ID of one entry" in page.text


async def test_what_is_beyond_the_pages_that_are_read_is_to_be_confirmed(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[tuple[str, int]] = []

    async def choices(
        self: Session, action: str, field: str, given: Any, *, search: str = "", page: int = 1, fresh: bool = False
    ) -> Choices:
        if field == "/event_id":
            looked.append((search, page))
            return Choices([] if search else [Choice(500 + page, "An event")], more=not search)
        return Choices([Choice(int(search or 1), "One")], more=False)

    monkeypatch.setattr(Session, "choices", choices)
    sent = {**ANSWER, "/event_id": "9", "beside/course_id": "1", "beside/session_id": "1", "do": "run"}
    page = await browser.post(RSVP, data=sent, headers=OWN)
    assert "Is this what you meant?" in page.text and runs(host) == []
    assert "9 is not among those that were read of the list of the Session, which is longer" in page.text
    assert ("9", 1) in looked and len([each for each in looked if not each[0]]) == 4, (
        "it was searched for, not for ever"
    )
    assert (await browser.post(RSVP, data={**sent, **carried(page)}, headers=OWN)).status_code == 303
