"""Forms that come back, on a host of enrollments: with a list where something is to be picked again, with rows by the
numbers that are shown, and with everything that is wrong.
"""

from __future__ import annotations

import re

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.host import Host
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.enrolling import RSVP, SESSION, carried, enrolled, runs

FOUND = "/actions/get_enrollments"


@pytest.fixture
def toy(connector: Connector) -> Connector:
    """The connector of enrollments is hosted here."""
    return connector


def ticks(page: httpx.Response) -> list[str]:
    """What can be ticked at the users."""
    return re.findall(r'name="/id_user~pick" value="([^"]+)"', page.text)


def said(page: httpx.Response) -> str:
    """What is wrong, in words."""
    return " ".join(re.sub("<[^>]+>", " ", page.text.partition('id="problems"')[2].partition("</div>")[0]).split())


async def test_what_was_ticked_stays_when_a_word_is_added(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.post(FOUND, data={"/id_user": "priya", "do": "run"}, headers=OWN)
    tick = ticks(page)[0]
    more = {**carried(page), "/id_user": "priya\ntom becker", "/id_user~pick": tick, "do": "run"}
    page = await browser.post(FOUND, data=more, headers=OWN)
    assert page.status_code == 303
    assert [str(each["id"]) for each in runs(host)[0]["id_user"]] == ["4", tick.removesuffix("@sandbox")]


async def test_what_is_to_be_ticked_again_can_be_ticked(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.post(FOUND, data={"/id_user": "18\npriya", "do": "run"}, headers=OWN)
    for typed in ("18", "18\ntom becker"):
        gone = {**carried(page), "/id_user": typed, "/id_user~pick": ticks(page)[0], "do": "run"}
        again = await browser.post(FOUND, data=gone, headers=OWN)
        assert again.status_code == 422 and runs(host) == []
        assert "tick again what is meant" in said(again) and set(ticks(page)) == set(ticks(again))
        assert "whole number" not in again.text


async def test_what_is_to_be_picked_again_can_be_picked(browser: httpx.AsyncClient, host: Host) -> None:
    page = await enrolled(browser, "priya", "42")
    pick = re.findall(r'<option value="(\d+@sandbox)">Priya', page.text)[0]
    for typed in ("priya m", "", "5"):
        page = await enrolled(browser, typed, "42", **{**carried(page), "/user_id~was": "priya", "/user_id~pick": pick})
        assert page.status_code == 422 and "pick again" in said(page) and runs(host) == []
        assert '<select id="f-user_id-offered-0" name="/user_id~pick"' in page.text
        found = re.findall(r'<option value="(\d+@sandbox)">', page.text)
        assert (pick in found or (typed == "priya m" and found)) and said(page).count("User ID") == 1
    kept = {"/user_id": "5", "/user_id~was": "priya", "/user_id~pick": pick, "/course_id": "42", "more": "/none"}
    assert 'name="/user_id~pick" data-offered' in (await browser.post(SESSION, data=kept, headers=OWN)).text


async def test_rows_are_numbered_as_they_are_shown(browser: httpx.AsyncClient, host: Host) -> None:
    rows = {
        "/items/0/user_id": "",
        "/items/0/user_id~id": "@sandbox",
        "/items/1/user_id": "5",
        "/items/1/user_id~was": "priya",
        "/items/1/user_id~pick": "18@elsewhere",
        "/items/1/user_id~id": "@elsewhere",
        "/items/1/user_rsvp_response": "1",
    }
    page = await browser.post(RSVP, data={"/event_id": "1", **rows, "do": "run"}, headers=OWN)
    assert "“5” is typed here, and 18 was picked" in page.text and 'id="f-items-0-user_id-wrong"' in page.text
    assert carried(page)["/items/0/user_id~id"] == "@elsewhere\n@sandbox" and runs(host) == []
    listed = await browser.post(RSVP, data={**rows, "list": "/items/0/user_id"}, headers=OWN)
    assert 'id="f-items-1-user_id-pick"' in listed.text, "the row that was asked for has its list, now as the second"
    assert 'name="/items/0/user_id" value="5"' in listed.text


async def test_what_is_missing_is_said_before_it_is_asked_who_was_meant(browser: httpx.AsyncClient, host: Host) -> None:
    sent = {"/user_id": "maya", "/course_id": "4", "do": "run"}
    page = await browser.post(SESSION, data=sent, headers=OWN)
    assert page.status_code == 422 and "Is this what you meant?" not in page.text
    assert "Session ID : is required" in said(page) or "Session ID: is required" in said(page)
    assert runs(host) == []


async def test_a_form_that_was_run_already_says_so_and_can_be_run_once_more(
    browser: httpx.AsyncClient, host: Host
) -> None:
    run = await enrolled(browser, "18", "42", once="first")
    page = await enrolled(browser, "19", "42", once="first")
    assert page.status_code == 409 and len(runs(host)) == 1
    assert "This form was run already, with something else filled in." in said(page) and "key" not in said(page)
    assert f'<a href="{run.headers["location"]}">The run that was made of this form</a>' in page.text
    once = re.findall(r'name="once" value="([^"]+)"', page.text)[0]
    again = await enrolled(browser, "19", "42", once=once, **carried(page))
    assert again.status_code == 303 and [each["user_id"] for each in runs(host)] == ["19", "18"]
    same = await enrolled(browser, "18", "42", once="first")
    assert same.headers["location"] == run.headers["location"], "the same form is run once, however often it is sent"


async def test_a_form_of_very_many_rows_is_read(browser: httpx.AsyncClient, host: Host) -> None:
    rows = {f"/items/{2 * number}/{part}": "1" for number in range(900) for part in ("user_id", "user_rsvp_response")}
    known = {f"/items/{2 * number}/user_id~id": "@sandbox" for number in range(900)}
    page = await browser.post(
        RSVP, data={**rows, **known, "/items/9999/user_id": "x" * 9, "more": "/items"}, headers=OWN
    )
    assert page.status_code == 200 and page.text.count('class="row"') > 901 and runs(host) == []
    assert 'name="/items/900/user_id" value="xxxxxxxxx"' in page.text
    odd = await browser.post(RSVP, data={f"/items/{'9' * 5000}/user_id": "7", "do": "preview"}, headers=OWN)
    assert odd.status_code == 422
