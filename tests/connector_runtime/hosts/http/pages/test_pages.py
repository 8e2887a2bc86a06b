"""The pages, without a browser: who is let in, what a form does, and what never happens."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import urlencode

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.host import Host, add_tenant, first_key
from connector_runtime.hosts.http.keys import Scope, drawn, now_utc
from connector_runtime.hosts.http.pages.entering import place_here
from connector_runtime.hosts.http.pages.finding import fits, of_action
from tests.connector_runtime.hosts.http.hosting import OWN

LEND = {"/member_id": "7", "/book_code": "B-1", "connection": "sandbox", "once": "k-1", "do": "run"}


async def test_nobody_sees_a_page_without_being_let_in(stranger: httpx.AsyncClient, host: Host) -> None:
    first_key(host.tenants)
    for path in ("/", "/actions/lend_book", "/runs", "/connections", "/events", "/health", "/triggers/loan.made"):
        answer = await stranger.get(path)
        to = {"/": ""}.get(path, f"?{urlencode({'to': path})}")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/enter{to}"), path
    assert (await stranger.post("/actions/lend_book", data=LEND, headers=OWN)).headers["location"] == "/enter"
    wrong = await stranger.post("/enter", data={"key": "key_0_x"}, headers=OWN)
    assert wrong.status_code == 401 and "set-cookie" not in wrong.headers


async def test_a_form_runs_once_however_often_it_is_sent(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.get("/actions/lend_book")
    assert page.status_code == 200 and 'name="/member_id"' in page.text
    places = {(await browser.post("/actions/lend_book", data=LEND, headers=OWN)).headers["location"] for _ in range(3)}
    assert len(places) == 1
    assert len(host.opened("main").home.runs.search(limit=10)) == 1
    shown = await browser.get(places.pop())
    assert shown.status_code == 200 and "The change was made." in shown.text


async def test_a_preview_changes_nothing(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.post("/actions/lend_book", data={**LEND, "do": "preview"}, headers=OWN)
    assert page.status_code == 200 and "Nothing was changed." in page.text and "/books/B-1/loans" in page.text
    assert host.opened("main").home.runs.search(limit=10) == []


async def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(browser: httpx.AsyncClient) -> None:
    given = {**LEND, "/book_code": "", "/member_id": "<seven>", "once": "k-2"}
    page = await browser.post("/actions/lend_book", data=given, headers=OWN)
    assert page.status_code == 422 and "&lt;seven&gt;" in page.text and "<seven>" not in page.text
    assert 'aria-invalid="true"' in page.text


async def test_another_sites_page_changes_nothing(browser: httpx.AsyncClient, host: Host) -> None:
    for headers in ({"origin": "https://evil.example"}, {}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}):
        for path, data in (
            ("/actions/lend_book", LEND),
            ("/connections/sandbox", {"do": "webhooks"}),
            ("/leave", {}),
        ):
            answer = await browser.post(path, data=data, headers=headers)
            assert answer.status_code in (403, 500) and "other" not in answer.headers.get("location", ""), path
    assert host.opened("main").home.runs.search(limit=10) == []
    assert (await browser.get("/")).status_code == 200, "still let in"
    answer = await browser.post(
        "/v1/actions/lend_book/run", json={"input": {}}, headers={"origin": "https://evil.example"}
    )
    assert answer.status_code == 401, "a cookie is no key for what changes something"


async def test_another_tenants_run_is_not_there(browser: httpx.AsyncClient, host: Host) -> None:
    place = (await browser.post("/actions/lend_book", data=LEND, headers=OWN)).headers["location"]
    other = add_tenant(host.tenants, "other")
    await browser.post("/enter", data={"key": other}, headers=OWN)
    for path in (place, f"{place}/table.csv?path=/x", f"/actions/lend_book?from={place.rpartition('/')[2]}"):
        assert (await browser.get(path)).status_code == 404, path
    assert (await browser.post(f"{place}/resume", headers=OWN)).status_code == 404


async def test_every_page_holds_the_browser_to_a_strict_policy(browser: httpx.AsyncClient) -> None:
    for path in ("/", "/actions/lend_book", "/runs", "/connections", "/events", "/health", "/nothing-here"):
        answer = await browser.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "unsafe" not in policy, path
        assert "frame-ancestors 'none'" in policy and answer.headers["x-content-type-options"] == "nosniff"


async def test_who_leaves_is_let_in_no_longer(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/leave", headers=OWN)).headers["location"] == "/enter"
    assert (await browser.get("/")).headers["location"] == "/enter"


async def with_key(browser: httpx.AsyncClient, host: Host, *scopes: Scope) -> None:
    shown, key = drawn("main", "made", scopes, now=now_utc())
    host.tenants.add_key(key)
    await browser.post("/enter", data={"key": shown}, headers=OWN)


async def test_who_signs_in_comes_to_where_the_link_led(stranger: httpx.AsyncClient, host: Host) -> None:
    asked = await stranger.get("/runs?status=failed&search=a%26b")
    form = await stranger.get(asked.headers["location"])
    (to,) = re.findall(r'name="to" value="([^"]*)"', form.text)
    wrong = await stranger.post("/enter", data={"key": "no", "to": unescape(to)}, headers=OWN)
    assert f'name="to" value="{to}"' in wrong.text, "one wrong key loses nothing"
    key = first_key(host.tenants)
    entered = await stranger.post("/enter", data={"key": key, "to": unescape(to)}, headers=OWN)
    assert entered.headers["location"] == "/runs?status=failed&search=a%26b"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example/",
        "evil",
        "/a\r\nset-cookie: x",
        "/\t/evil.example",
        "/ü",
        "javascript:1",
        "/enter?to=/enter",
        "/leave",
        "",
    ],
)
def test_signing_in_leads_nowhere_else(elsewhere: str) -> None:
    assert place_here(elsewhere) == "/"


async def test_a_link_on_another_site_is_asked_for_once_more(browser: httpx.AsyncClient) -> None:
    browser.cookies.clear()
    page = await browser.get("/runs?search=%22%3E", headers={"sec-fetch-site": "cross-site"})
    assert page.status_code == 200 and 'content="0; url=/runs?search=%22%3E"' in page.text
    again = await browser.get("/runs", headers={"sec-fetch-site": "same-origin"})
    assert again.headers["location"] == "/enter?to=%2Fruns"


async def test_a_page_that_there_is_not_is_told_as_a_page_to_browsers_only(browser: httpx.AsyncClient) -> None:
    page = await browser.get("/events/subscribers", headers={"accept": "text/html,*/*"})
    assert page.status_code == 404 and "there is no page `/events/subscribers`" in page.text
    assert "To the actions" in page.text and page.headers["content-type"].startswith("text/html")
    for path, accept in (("/events/subscribers", "application/json"), ("/v1/nothing", "text/html")):
        told = await browser.get(path, headers={"accept": accept})
        assert told.status_code == 404 and told.json()["code"] == "unknown", path
    assert (await browser.post("/events/subscribers", headers=OWN)).json()["code"] == "unknown"


async def test_a_key_for_looking_sees_no_buttons_that_are_not_for_it(browser: httpx.AsyncClient, host: Host) -> None:
    run = (await browser.post("/actions/lend_book", data=LEND, headers=OWN)).headers["location"]
    may = (await browser.get("/connections")).text
    assert 'value="test"' in may and "Connect a platform" in may
    await with_key(browser, host, "read")
    pages = {path: (await browser.get(path)).text for path in ("/actions/lend_book", "/connections", "/runs", run)}
    for part in ('name="do" value="run"', 'name="do" value="preview"', 'value="test"', "Connect a platform", "from="):
        assert [path for path, text in pages.items() if part in text] == [], part
    assert "only for looking" in pages["/actions/lend_book"] and "not for connections" in pages["/connections"]


async def test_a_refused_press_comes_back_with_what_was_filled_in(browser: httpx.AsyncClient, host: Host) -> None:
    await with_key(browser, host, "read")
    page = await browser.post("/actions/lend_book", data=LEND, headers=OWN)
    assert page.status_code == 403 and "this key is not for `run`" in page.text
    assert 'value="B-1"' in page.text and 'name="/member_id" value="7"' in page.text


async def test_the_gallery_is_searched_without_scripts(browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/?search=lend+BOOK")).text
    assert re.findall(r'<h3><a href="([^"]+)"', page) == ["/actions/lend_book"]
    assert 'value="lend BOOK"' in page and "1 found" in page
    none = (await browser.get("/?search=<zz>")).text
    assert 'action="/" class="search"' in page and "0 found" in none and "<h2" not in none
    assert "Try one word of what you want to do" in none and 'id="nothing" hidden' not in none
    assert 'id="nothing" hidden' in page and "Events that recipes start from" not in page


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("lend_book", ["lend_book"]),
        ("give back", []),
        ("who is it", ["list_loans"]),
        ("adding books to a member", ["lend_book"]),
        ("pick up", ["lend_book"]),
        ("loan.made", ["lend_book"]),
        ("of the", []),
    ],
)
def test_an_action_is_found_by_its_key_its_fields_and_what_people_say(
    toy: Connector, search: str, found: list[str]
) -> None:
    assert [each.key for each in toy.actions.values() if fits(search, of_action(toy, each))] == found


async def test_pages_speak_of_what_is_on_them(browser: httpx.AsyncClient) -> None:
    given = {"name": "in", "url": "https://hooks.example.com/in#part", "event": "loan.made"}
    page = (await browser.post("/subscribers", data=given, headers=OWN)).text
    assert "URL: nothing with # may follow" in page and "To:" not in page
