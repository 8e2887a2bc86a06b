"""On which platform an ID was shown or typed: on another it is asked whose it is, before anything is run."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.home import Home
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.session import Session
from connector_runtime.store import Store
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.enrolling import ENROLL, carried, enrolled, runs

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
    monkeypatch.setattr(Store, "get", lambda self, run_id: {**record, **CAMPUS})
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
    monkeypatch.setattr(Store, "get", lambda self, run_id: record)
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


@pytest.mark.usefixtures("campus")
async def test_ids_of_a_list_are_each_of_their_own_platform(browser: httpx.AsyncClient, host: Host) -> None:
    found = "/actions/get_enrollments"
    page = await browser.get(found)
    tick = {"/id_user~pick": f"18@{CAMPUS['platform']}", "connection": "campus", "list": "/id_user"}
    page = await browser.post(found, data={**carried(page), **tick}, headers=OWN)
    more = {**carried(page), "/id_user": "18", "/id_user~pick": "7@sandbox", "connection": "sandbox", "do": "run"}
    asked = await browser.post(found, data=more, headers=OWN)
    assert "18 — Samir Dubois, here." in asked.text and runs(host) == []
    assert "Maya" not in asked.text.partition('id="confirm"')[2].partition("</div>")[0], "she was picked here"
    same = {**carried(asked), "/id_user": "18\n7", "connection": "sandbox", "do": "run"}
    assert (await browser.post(found, data=same, headers=OWN)).status_code == 303
