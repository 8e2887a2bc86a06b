"""Forms that ask the platform: for its own fields and for lists, without a script, and whatever it answers."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx
import pytest

from connector_runtime.errors import NotNow
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.keys import drawn, now_utc
from connector_runtime.hosts.http.pages.site import Site
from connector_runtime.hosts.session import Session
from tests.connector_runtime.hosts.http.hosting import OWN

PAGE = "/actions/lend_book"


def shows(page: httpx.Response, *parts: str) -> list[str]:
    """Those of the parts that a page does not have, as spaces do not matter."""
    text = " ".join(page.text.split())
    return [part for part in parts if part not in text]


async def test_the_platforms_own_fields_are_controls_by_name(browser: httpx.AsyncClient) -> None:
    page = await browser.get(PAGE)
    gift = '<label for="f-marks-gift">Is a gift <span class="type">Yes or no</span></label>'
    assert (
        shows(page, gift, '<select id="f-marks-state" name="/marks/state">', '<option value="ok">As new</option>') == []
    )
    assert shows(page, '<textarea id="f-marks-note"', 'name="fresh" value="/marks"', "Leave empty</option>") == []
    assert "Field ID" not in page.text and "data-late" not in page.text


async def test_what_is_filled_in_by_controls_is_run_and_shown_again(browser: httpx.AsyncClient) -> None:
    sent = {
        "/member_id": "7",
        "/book_code": "B-1",
        "/marks/gift": "true",
        "/marks/state": "ok",
        "/marks/note": "a\r\nb",
    }
    run = await browser.post(PAGE, data={**sent, "do": "run", "once": "k"}, headers=OWN)
    assert run.status_code == 303
    again = await browser.get(f"{PAGE}?from={run.headers['location'].rpartition('/')[2]}")
    chosen = [
        '<option value="true" selected>Yes</option>',
        '<option value="ok" selected>As new</option>',
        "a b</textarea>",
    ]
    assert shows(again, *chosen) == []


async def test_a_stored_value_outlives_its_field(browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = {"/member_id": "7", "/book_code": "B-1", "/marks/state": "ok", "/marks/note": "mine"}
    run = await browser.post(PAGE, data={**sent, "do": "run"}, headers=OWN)
    renamed = {"type": "object", "properties": {"note": {"title": "Remark", "type": "string"}}}

    async def fields(*_: Any, **__: Any) -> dict[str, Any]:
        return {"marks": renamed}

    monkeypatch.setattr(Session, "fields", fields)
    again = await browser.get(f"{PAGE}?from={run.headers['location'].rpartition('/')[2]}")
    assert (
        shows(again, '<label for="f-marks-note">Remark', "mine</textarea>", "Field state", "this field no longer") == []
    )
    assert shows(again, 'name="/marks/state"', "ok</textarea>") == []


async def test_a_refusal_leaves_pairs_and_says_why(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, host: Host
) -> None:
    async def fields(*_: Any, **__: Any) -> dict[str, Any]:
        raise NotNow("Only librarians see the <marks>.", code="closed", fix="Ask one.")

    monkeypatch.setattr(Session, "fields", fields)
    page = await browser.get(PAGE)
    assert page.status_code == 200
    assert shows(page, "Only librarians see the &lt;marks&gt;. Ask one.", "Field ID", "Ask the platform again") == []
    sent = {"/member_id": "7", "/book_code": "B-1", "/marks~/0/name": "note", "/marks~/0/value": "x", "more": "/marks"}
    longer = await browser.post(PAGE, data=sent, headers=OWN)
    assert shows(longer, 'name="/marks~/0/name" value="note"', 'name="/marks~/1/name" value=""') == []
    run = await browser.post(PAGE, data={**sent, "more": "", "do": "run"}, headers=OWN)
    assert host.opened("main").home.runs.search(limit=1)[0][1]["input"]["marks"] == {"note": "x"}, run.text


async def test_a_value_of_several_parts_gets_one_more_where_it_was_asked_for(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fields(*_: Any, **__: Any) -> dict[str, Any]:
        return {"marks": {"type": "object", "properties": {"frame": {"title": "Frame", "type": "object"}}}}

    monkeypatch.setattr(Session, "fields", fields)
    pair = {"/marks/frame~/0/name": "title", "/marks/frame~/0/value": "Sales"}
    page = await browser.post(PAGE, data={**pair, "more": "/marks/frame"}, headers=OWN)
    assert shows(page, 'name="/marks/frame~/0/name" value="title"', 'name="/marks/frame~/1/name" value=""') == []
    for odd in ("/", "/member_id/x/y", "marks", "/marks/none/deep"):
        assert (await browser.post(PAGE, data={**pair, "more": odd}, headers=OWN)).status_code == 200, odd


async def test_a_slow_platform_does_not_hold_up_the_page(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, site: Site
) -> None:
    known, answers = (
        await (await site.means.host.opened("main").home.session("sandbox")).fields("lend_book"),
        asyncio.Event(),
    )

    async def fields(*_: Any, **__: Any) -> dict[str, Any]:
        await answers.wait()
        return dict(known)

    async def labels(*_: Any, **__: Any) -> dict[str, str]:
        await answers.wait()
        return {"/member_id": "7 — Ada"}

    monkeypatch.setattr(Session, "fields", fields)
    monkeypatch.setattr(Session, "labels", labels)
    site.means.patience.paint_s = 0.01
    page = await browser.get(PAGE)
    assert page.status_code == 200 and shows(page, "data-late", "takes long to answer", "Field ID") == []
    asked = asyncio.ensure_future(browser.post(PAGE, data={"/member_id": "7", "fields": "/marks"}, headers=OWN))
    await asyncio.sleep(0.05)
    answers.set()
    later = await asked
    assert shows(later, "Is a gift", 'name="/member_id" value="7"') == [] and "data-late" not in later.text


async def test_the_fields_are_read_anew_when_somebody_asks(
    browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fresh: list[bool] = []
    reads = Session.fields

    async def fields(self: Session, *given: Any, **how: Any) -> dict[str, Any]:
        fresh.append(how["fresh"])
        return dict(await reads(self, *given, **how))

    monkeypatch.setattr(Session, "fields", fields)
    await browser.get(PAGE)
    page = await browser.post(PAGE, data={"/marks/note": "kept", "fresh": "/marks"}, headers=OWN)
    await browser.post(PAGE, data={"fields": "/marks"}, headers=OWN)
    assert fresh == [False, True, False]
    assert shows(page, "kept</textarea>") == []
    assert re.search(r'name="fresh"[^>]*autofocus', page.text), "who asked goes on where they were"


async def test_what_the_action_lacks_is_chosen_first_and_is_not_sent(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.get(PAGE)
    assert shows(page, "First choose, to pick Book code from a list", 'name="beside/shelf"') == []
    missing = await browser.post(PAGE, data={"list": "/book_code"}, headers=OWN)
    assert shows(missing, "Shelf: is needed for the choices of Book code. Fill that in first.") == []
    shelves = await browser.post(PAGE, data={"list": "beside/shelf"}, headers=OWN)
    number = re.findall(r'<option value="([^"]+)"', shelves.text[shelves.text.index("beside/shelf~pick") :])[0]
    assert shows(shelves, 'name="beside/shelf~pick" autofocus') == []
    books = await browser.post(PAGE, data={"beside/shelf~pick": number, "list": "/book_code"}, headers=OWN)
    assert (
        shows(books, f'name="beside/shelf" value="{number.removesuffix("@sandbox")}"', 'name="/book_code~pick"') == []
    )
    code = re.findall(r'<option value="([^"]+)"', books.text[books.text.index("/book_code~pick") :])[0]
    sent = {"beside/shelf": number.removesuffix("@sandbox"), "/book_code~pick": code, "/member_id": "7", "do": "run"}
    run = await browser.post(PAGE, data=sent, headers=OWN)
    assert run.status_code == 303
    lent = {"member_id": "7", "book_code": code.removesuffix("@sandbox")}
    assert host.opened("main").home.runs.search(limit=1)[0][1]["input"] == lent


async def test_a_list_is_searched_for_what_is_typed(browser: httpx.AsyncClient) -> None:
    page = await browser.post(PAGE, data={"/member_id": "nobody like that", "list": "/member_id"}, headers=OWN)
    assert shows(page, "Nothing is called “nobody like that”.", 'value="nobody like that"') == []
    page = await browser.post(PAGE, data={"/member_id": "7", "list": "/member_id"}, headers=OWN)
    assert shows(page, 'name="/member_id~pick"', 'name="/member_id~was" value="7"', '<option value="7@sandbox">') == []
    assert 'value="7" selected' not in page.text, "what is typed is not picked as well"


async def test_scripts_read_lists_with_what_was_chosen_beside(browser: httpx.AsyncClient) -> None:
    shelves = (await browser.get(f"{PAGE}/choices?field=beside/shelf")).json()["items"]
    asked = f"{PAGE}/choices?field=/book_code&beside/shelf={shelves[0]['value']}"
    assert (await browser.get(asked)).json()["items"]
    assert "is needed" in (await browser.get(f"{PAGE}/choices?field=/book_code")).json()["note"]


async def test_a_slow_list_says_so(browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, site: Site) -> None:
    async def choices(*_: Any, **__: Any) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(Session, "choices", choices)
    site.means.patience.asked_s = 0.01
    page = await browser.post(PAGE, data={"list": "/member_id"}, headers=OWN)
    assert shows(page, "takes long to answer. Ask for the list again") == []


async def test_who_may_only_look_sees_lists_and_changes_nothing(stranger: httpx.AsyncClient, host: Host) -> None:
    shown, key = drawn("main", "looks", ["read"], now=now_utc())
    host.tenants.add_key(key)
    await stranger.post("/enter", data={"key": shown}, headers=OWN)
    assert (await stranger.post(PAGE, data={"list": "/member_id"}, headers=OWN)).status_code == 200
    assert (await stranger.post(PAGE, data={"/member_id": "7", "do": "run"}, headers=OWN)).status_code == 403
    assert host.opened("main").home.runs.search(limit=1) == []


async def test_the_form_of_a_failed_run_says_what_was_wrong_where_it_was(
    browser: httpx.AsyncClient, host: Host
) -> None:
    session = await host.opened("main").home.session("sandbox")
    record = await session.run("lend_book", {"member_id": 7, "book_code": "B-1", "marks": {"state": "torn"}})
    page = await browser.get(f"{PAGE}?from={record.run_id}")
    assert page.status_code == 200
    assert shows(page, 'id="f-marks-state-wrong">', "torn (not among the choices)", 'href="#f-marks-state">State') == []
