"""What was picked and what is typed: never one for the other, and nothing that was typed is dropped."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.pages.filling import settled
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.test_forms import FORM

PAGE, LOANS = "/actions/lend_book", "/actions/list_loans"


def inputs(host: Host) -> list[Any]:
    return [record["input"] for _, record in host.opened("main").home.runs.search(limit=10)]


@pytest.mark.parametrize(
    ("form", "against"),
    [
        ({"/user_id": "5", "/user_id~pick": "4", "/user_id~was": "4"}, {"/user_id": ("5", "4")}),
        ({"/user_id": "tom", "/user_id~pick": "4", "/user_id~was": "maya"}, {"/user_id": ("tom", "4")}),
        ({"/user_id": "", "/user_id~pick": "4", "/user_id~was": "maya"}, {"/user_id": ("", "4")}),
        ({"/user_id": "5", "/user_id~pick": "4"}, {"/user_id": ("5", "4")}),
        ({"/user_id": " maya ", "/user_id~pick": "4", "/user_id~was": "maya"}, {}),
        ({"/user_id": "4", "/user_id~pick": "4", "/user_id~was": "maya"}, {}),
        ({"/user_id": "5", "/user_id~pick": "", "/user_id~was": "4"}, {}),
        ({"/items/0/who": "5", "/items/0/who~pick": "4"}, {"/items/0/who": ("5", "4")}),
        ({"beside/course": "5", "beside/course~pick": "4", "beside/course~was": "4"}, {"beside/course": ("5", "4")}),
        ({"/numbers": "1\r\n2", "/numbers~pick": "4"}, {}),
        ({"/numbers": "1\r\nann", "/numbers~pick": "4", "/numbers~was": "1\nann"}, {}),
        ({"/numbers": "1\r\nbob", "/numbers~pick": "4", "/numbers~was": "1\nann"}, {"/numbers": ("1\nbob", "4")}),
        ({"/none/at~pick": "4"}, {}),
    ],
)
def test_a_pick_counts_only_for_the_text_at_which_it_was_shown(form: dict[str, str], against: Any) -> None:
    told, found = settled(FORM, form.items())
    assert found == against
    assert [name for name, _ in told if name.endswith("~pick")] == [
        n for n in form if n.endswith("~pick") and not found
    ]


async def test_who_types_another_after_picking_is_asked_which(browser: httpx.AsyncClient, host: Host) -> None:
    listed = await browser.post(PAGE, data={"/member_id": "7", "list": "/member_id"}, headers=OWN)
    chosen = re.findall(r"<option[^>]* selected", listed.text[listed.text.index("/member_id~pick") :])
    assert chosen == [], "nobody is picked before somebody has picked"
    sent = {"/member_id": "8", "/member_id~pick": "7", "/member_id~was": "7", "/book_code": "B-1"}
    for do in ("run", "preview"):
        page = await browser.post(PAGE, data={**sent, "do": do}, headers=OWN)
        assert page.status_code == 422 and inputs(host) == []
        assert "“8” is typed here, and 7 was picked" in page.text and 'name="/member_id" value="8"' in page.text
        assert 'id="f-member_id-wrong"' in page.text
    shelf = {**sent, "beside/shelf": "B", "beside/shelf~pick": "A", "beside/shelf~was": "", "/member_id~pick": ""}
    page = await browser.post(PAGE, data={**shelf, "do": "run"}, headers=OWN)
    assert page.status_code == 422 and 'id="fbeside-shelf-wrong"' in page.text and inputs(host) == []
    kept = await browser.post(PAGE, data={**sent, "more": "/companions"}, headers=OWN)
    assert "“8” is typed here" in kept.text, "also where nothing is run"


async def test_what_stands_where_a_list_is_searched_is_one_value_more(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.post(LOANS, data={"/member_ids~search": "152", "do": "preview"}, headers=OWN)
    assert "152</textarea>" in page.text and 'name="/member_ids~search" type="text" value=""' in page.text
    page = await browser.post(LOANS, data={"/member_ids~search": "nobody", "do": "run"}, headers=OWN)
    assert page.status_code == 422 and "nothing in the list is called “nobody”" in page.text and inputs(host) == []
    run = await browser.post(LOANS, data={"/member_ids": "7", "/member_ids~search": "8", "do": "run"}, headers=OWN)
    assert run.status_code == 303 and inputs(host)[0]["member_ids"] == [{"id": "7"}, {"id": "8"}]


async def test_words_to_search_for_stay_where_something_else_is_asked_for(browser: httpx.AsyncClient) -> None:
    page = await browser.post(LOANS, data={"/member_ids~search": "ada", "more": "/none"}, headers=OWN)
    assert 'name="/member_ids~search" type="text" value="ada"' in page.text and "ada</textarea>" not in page.text
    page = await browser.post(LOANS, data={"/member_ids~search": "ada", "list": "/member_ids"}, headers=OWN)
    assert 'type="text" value=""' in page.text and '~pick" value="7@sandbox"' in page.text, "they were searched for"


async def test_a_value_without_a_name_is_not_left_out(browser: httpx.AsyncClient, host: Host) -> None:
    pair = {"/labels~/0/name": "a", "/labels~/0/value": "x", "/labels~/1/value": "lost"}
    sent = {"/member_id": "7", "/book_code": "B-1", **pair}
    page = await browser.post(PAGE, data={**sent, "do": "run"}, headers=OWN)
    assert page.status_code == 422 and inputs(host) == []
    assert "“lost” stands at no field" in page.text and 'name="/labels~/1/value" value="lost"' in page.text
    half = {"/labels~/1/value": "", "/labels~/1/name": "b", "do": "run"}
    page = await browser.post(PAGE, data={**sent, **half}, headers=OWN)
    assert page.status_code == 422 and "“b” has no value" in page.text
    assert 'name="/labels~/1/name" value="b"' in page.text
    more = await browser.post(PAGE, data={**sent, **half, "more": "/labels"}, headers=OWN)
    assert 'name="/labels~/1/name" value="b"' in more.text and 'name="/labels~/2/name" value=""' in more.text
    named = {**sent, "/labels~/1/name": "b", "do": "run"}
    assert (await browser.post(PAGE, data=named, headers=OWN)).status_code == 303
    assert inputs(host)[0]["labels"] == {"a": "x", "b": "lost"}


async def test_two_values_of_one_name_are_said_and_both_are_kept(browser: httpx.AsyncClient, host: Host) -> None:
    labels = [("a", "x1"), ("a", "x2"), ("", "first"), ("", "second")]
    pairs = {
        f"/labels~/{number}/{part}": text
        for number, pair in enumerate(labels)
        for part, text in zip(("name", "value"), pair, strict=True)
    }
    sent = {"/member_id": "7", "/book_code": "B-1", **pairs}
    for asked in ({"do": "run"}, {"do": "preview"}, {"more": "/labels"}):
        page = await browser.post(PAGE, data={**sent, **asked}, headers=OWN)
        assert "“a” has a value already: leave “x2” out, or the other" in page.text and inputs(host) == []
        assert "“first” stands at no field" in page.text and "“second” stands at no field" in page.text
        shown = re.findall(r'name="/labels~/\d/value" value="([^"]*)"', page.text)
        assert shown == ["x1", "x2", "first", "second", *[""] * ("more" in asked)]
    named = {**sent, "/labels~/1/name": "b", "/labels~/2/value": "", "/labels~/3/value": "", "do": "run"}
    assert (await browser.post(PAGE, data=named, headers=OWN)).status_code == 303
    assert inputs(host)[0]["labels"] == {"a": "x1", "b": "x2"}


async def test_a_field_of_the_platform_that_is_a_pair_too_is_said(browser: httpx.AsyncClient, host: Host) -> None:
    pair = {"/marks~/0/name": "note", "/marks~/0/value": "late", "/marks/note": "mine"}
    page = await browser.post(PAGE, data={"/member_id": "7", "/book_code": "B-1", **pair, "do": "run"}, headers=OWN)
    assert "“note” has a value already: leave “late” out" in page.text and inputs(host) == []
    assert 'value="late"' in page.text and ">mine</textarea>" in "".join(page.text.split("\n"))
