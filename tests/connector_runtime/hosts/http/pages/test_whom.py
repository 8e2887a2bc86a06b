"""Whom a form means, on a host of enrollments: never another than those who were named or shown."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import NotNow
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.session import Session
from connector_runtime.run.choices import Choice, Choices
from connector_runtime.store import Store
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.enrolling import ANSWER, ENROLL, RSVP, SESSION, carried, enrolled, runs

CAMPUS = {"connection": "campus", "platform": "https://campus.example"}
THERE = f"{{}}@{CAMPUS['platform']}\n@{CAMPUS['platform']}"


@pytest.fixture
def toy(connector: Connector) -> Connector:
    """The connector of enrollments is hosted here."""
    return connector


@pytest.fixture
def campus(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """One connection more, to a platform where everybody is called otherwise; empty it, and the connection is gone."""
    known: list[dict[str, Any]] = [{"name": "campus", "method": "password", "base_url": "https://campus.example"}]
    session, connections, labels = Home.session, Home.connections, Session.labels

    async def opened(self: Home, name: str) -> Session:
        return await session(self, "sandbox" if any(each["name"] == name for each in known) else name)

    async def named(self: Session, action: str, given: Any, **how: Any) -> dict[str, str]:
        return {place: f"{said}, here" for place, said in (await labels(self, action, given, **how)).items()}

    monkeypatch.setattr(Home, "session", opened)
    monkeypatch.setattr(Home, "connections", lambda self: connections(self) + known)
    monkeypatch.setattr(Session, "labels", named)
    return known


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


@pytest.mark.usefixtures("campus")
async def test_ids_of_one_connection_are_confirmed_on_another(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.get(ENROLL)
    assert carried(page)["/user_id~id"] == "@sandbox"
    moved = {**carried(page), "connection": "campus"}
    again = await browser.post(ENROLL, data={**moved, "/user_id": "7", "more": "/none"}, headers=OWN)
    assert carried(again)["/user_id~id"] == f"@{CAMPUS['platform']}\n@sandbox", (
        "what only shows the form again confirms nothing"
    )
    asked = await enrolled(browser, "7", "60", **moved)
    assert asked.status_code == 200 and runs(host) == []
    assert "Is this what you meant?" in asked.text and "User ID on campus: 7 — Maya Okafor, here." in asked.text
    assert "Course ID on campus: 60 — " in asked.text and carried(asked)["/user_id~id"] == THERE.format(7)
    shown = await enrolled(browser, "7", "60", "preview", **moved)
    assert shown.text.count("User ID on campus: 7 — Maya Okafor, here.") == 2 and carried(shown)[
        "/user_id~id"
    ] == THERE.format(7)
    nobody = await enrolled(browser, "999999", "60", **moved)
    assert "User ID on campus: 999999, for which there is no name." in nobody.text and runs(host) == []
    names = await enrolled(browser, "priya lopez", "fire safety", **moved)
    assert names.status_code == 303, "names are looked up there"


async def test_a_run_whose_connection_is_gone_is_not_run_again_on_another(
    browser: httpx.AsyncClient, host: Host, campus: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await enrolled(browser, "18", "3", connection="sandbox")
    record = host.opened("main").home.runs.search(limit=1)[0][1]
    assert run.status_code == 303
    monkeypatch.setattr(Store, "find", lambda self, run_id: [{**record, **CAMPUS}])
    campus.clear()
    page = await browser.get(f"{ENROLL}?from={record['run_id']}")
    assert page.status_code == 200
    assert "There is no connection `campus` any more, or this key is not for it. Choose a connection." in page.text
    assert (
        '<option value="" selected>Choose one</option>' in page.text
        and carried(page)["/user_id~id"] == "@" + CAMPUS["platform"]
    )
    for connection in ("", "campus"):
        again = await enrolled(browser, "18", "3", **{**carried(page), "connection": connection})
        assert again.status_code == 422 and "Choose a connection." in again.text and 'value="18"' in again.text
    asked = await enrolled(browser, "18", "3", **{**carried(page), "connection": "sandbox"})
    assert "User ID on sandbox: 18 — " in asked.text and len(runs(host)) == 1


async def test_a_connection_that_leads_elsewhere_now_is_another(
    browser: httpx.AsyncClient, host: Host, campus: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    await enrolled(browser, "18", "3", connection="campus")
    record = {**host.opened("main").home.runs.search(limit=1)[0][1], **CAMPUS}
    monkeypatch.setattr(Store, "find", lambda self, run_id: [record])
    same = await browser.get(f"{ENROLL}?from={record['run_id']}")
    campus[0]["base_url"] = "https://elsewhere.example"
    for page in (same, await browser.get(f"{ENROLL}?from={record['run_id']}")):
        assert f"@{CAMPUS['platform']}" in carried(page)["/user_id~id"].split("\n")
        asked = await enrolled(browser, "18", "4", **{**carried(page), "connection": "campus"})
        assert "Is this what you meant?" in asked.text and len(runs(host)) == 1
    campus.append({"name": "as-me", "method": "browser", "base_url": "https://elsewhere.example"})
    confirmed = {**carried(asked), "connection": "as-me"}
    assert "Is this what you meant?" not in (await enrolled(browser, "18", "4", **confirmed)).text, (
        "the IDs are the same"
    )


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


@pytest.mark.usefixtures("campus")
@pytest.mark.parametrize("picks", [True, False], ids=["picked", "shown"])
async def test_an_id_of_another_connection_is_asked_about_also_after_going_back(
    browser: httpx.AsyncClient, host: Host, picks: bool
) -> None:
    page = await browser.get(ENROLL)
    typed = "" if picks else "18"
    sent = {"/course_id": "42", "/user_id": typed, "connection": "campus", **carried(page)}
    page = await browser.post(ENROLL, data={**sent, "list": "/user_id"}, headers=OWN)
    assert f'<option value="18@{CAMPUS["platform"]}">' in page.text
    pick = {"/user_id~pick": f"18@{CAMPUS['platform']}"} if picks else {}
    early = {**sent, **carried(page), **pick, "connection": "sandbox", "do": "run"}
    asked = await browser.post(ENROLL, data=early, headers=OWN)
    assert "Is this what you meant?" in asked.text and "User ID on sandbox: 18 — " in asked.text and runs(host) == []
    page = await browser.post(ENROLL, data={**sent, **carried(page), **pick, "list": "/course_id"}, headers=OWN)
    assert "18 — Samir Dubois, here" in page.text
    asked = await enrolled(browser, "18", "42", **{**carried(page), "connection": "sandbox"})
    assert "User ID on sandbox: 18 — " in asked.text and runs(host) == []
    assert (await enrolled(browser, "18", "42", **carried(asked), connection="sandbox")).status_code == 303


async def test_ids_of_a_form_that_began_without_a_connection_are_confirmed(
    browser: httpx.AsyncClient, host: Host, campus: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    campus.append({"name": "north", "method": "password", "base_url": "https://north.example"})
    monkeypatch.setattr(Home, "connections", lambda self: campus)
    page = await browser.get(ENROLL)
    assert carried(page)["/user_id~id"] == "@"
    asked = await enrolled(browser, "18", "42", **{**carried(page), "connection": "north"})
    assert "User ID on north: 18 — " in asked.text and runs(host) == []
    moved = await enrolled(browser, "18", "42", **{**carried(asked), "connection": "campus"})
    assert "User ID on campus: 18 — " in moved.text and runs(host) == []


async def test_a_name_that_was_found_on_one_connection_is_an_id_of_that_one(
    browser: httpx.AsyncClient, host: Host, campus: list[dict[str, Any]]
) -> None:
    page = await browser.get(ENROLL)
    wrong = await enrolled(browser, "priya lopez", "no such course", **{**carried(page), "connection": "campus"})
    found = re.findall(r'name="/user_id" value="(\d+)"', wrong.text)[0]
    asked = await enrolled(browser, found, "42", **{**carried(wrong), "connection": "sandbox"})
    assert f"User ID on sandbox: {found} — " in asked.text and runs(host) == []
    GET = "/actions/get_enrollments"
    page = await browser.get(GET)
    words = {**carried(page), "/id_user": "priya lopez\n18", "connection": "campus", "do": "preview"}
    asked = await browser.post(GET, data=words, headers=OWN)
    assert "18 — Samir Dubois, here." in asked.text
