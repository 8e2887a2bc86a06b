"""Words in a field that takes a number: what they are taken for, and that nothing is guessed."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from connector_runtime.errors import NotNow
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.session import Session
from connector_runtime.run.choices import Choice, Choices
from connector_runtime.values import Json
from tests.connector_runtime.hosts.http.hosting import OWN

PAGE = "/actions/lend_book"
LOANS = "/actions/list_loans"
ANN, ANNA, BOB = Choice(7, "Ann Lee", "ann@x"), Choice(8, "Anna Leeson", "anna@x"), Choice(9, "Bob")


@pytest.fixture
def members(monkeypatch: pytest.MonkeyPatch) -> dict[str, Choices]:
    """What the list of members has for words."""
    known = {
        "ann lee": Choices([ANN, ANNA], more=False),
        "ann": Choices([ANN, ANNA], more=False),
        "bob": Choices([BOB], more=False),
        "anna": Choices([ANNA], more=False),
        "lee": Choices([ANN], more=True),
        "odd": Choices([ANN, BOB], more=False, note="The words were ignored.", whole=False),
        "first": Choices([BOB], more=False, note="Of the first 500.", whole=False),
    }

    async def choices(
        self: Session, action: str, field: str, given: Json, *, search: str = "", page: int = 1, fresh: bool = False
    ) -> Choices:
        return known.get(" ".join(search.casefold().split()), Choices([], more=False))

    monkeypatch.setattr(Session, "choices", choices)
    return known


def inputs(host: Host) -> list[Any]:
    return [record["input"] for _, record in host.opened("main").home.runs.search(limit=10)]


async def sent(browser: httpx.AsyncClient, words: str, do: str, page: str = PAGE, **more: Any) -> httpx.Response:
    fields = {"/member_id": words, "/book_code": "B-1"} if page == PAGE else {"/member_ids": words}
    return await browser.post(page, data={**fields, "do": do, **more}, headers=OWN)


@pytest.mark.usefixtures("members")
async def test_a_whole_name_that_one_entry_has_is_run(browser: httpx.AsyncClient, host: Host) -> None:
    assert (await sent(browser, "ann  LEE", "run")).status_code == 303
    assert inputs(host)[0]["member_id"] in (7, "7")


@pytest.mark.usefixtures("members")
async def test_a_part_of_one_name_is_shown_before_anything_is_written(browser: httpx.AsyncClient, host: Host) -> None:
    asked = await sent(browser, "anna", "run")
    assert asked.status_code == 200 and inputs(host) == []
    assert "Anna Leeson was meant by “anna”." in asked.text and 'name="/member_id" value="8"' in asked.text
    assert "Nothing was run yet" in asked.text
    assert (await sent(browser, "8", "run")).status_code == 303
    assert inputs(host)[0]["member_id"] in (8, "8")


@pytest.mark.usefixtures("members")
async def test_a_preview_shows_who_was_meant(browser: httpx.AsyncClient, host: Host) -> None:
    page = await sent(browser, "bob", "preview")
    assert page.text.count("Bob was meant by “bob”.") == 2 and "Nothing was changed." in page.text
    assert 'name="/member_id" value="9"' in page.text and inputs(host) == []


@pytest.mark.usefixtures("members")
@pytest.mark.parametrize("do", ["run", "preview", ""])
@pytest.mark.parametrize("words", ["ann", "lee", "odd"])
async def test_words_that_fit_several_are_offered(browser: httpx.AsyncClient, host: Host, words: str, do: str) -> None:
    page = await sent(browser, words, do)
    assert page.status_code == 422 and inputs(host) == []
    assert f"“{words}” may be any of" in page.text and f'value="{words}"' in page.text
    assert (
        'name="/member_id~pick" data-offered' in page.text and '<option value="7@sandbox">Ann Lee · ann@x' in page.text
    )
    assert "must be a whole number" not in page.text
    assert f'name="/member_id~was" value="{words}"' in page.text
    picked = {"/member_id~pick": "7", "/member_id~was": words}
    assert (await sent(browser, words, "run", **picked)).status_code == 303
    assert inputs(host)[0]["member_id"] in (7, "7")


@pytest.mark.usefixtures("members")
async def test_a_name_is_not_taken_from_a_list_that_was_not_searched_whole(
    browser: httpx.AsyncClient, host: Host, members: dict[str, Choices]
) -> None:
    members["bob"] = Choices([BOB], more=False, note="Of the first 500.", whole=False)
    assert "Is this what you meant?" in (await sent(browser, "bob", "run")).text
    assert (await sent(browser, "first", "run")).status_code == 422, "what the platform found by no word of it"
    assert inputs(host) == []


@pytest.mark.usefixtures("members")
async def test_words_of_nobody_say_to_pick_and_all_else_that_is_wrong(browser: httpx.AsyncClient, host: Host) -> None:
    page = await browser.post(PAGE, data={"/member_id": "<zoe>", "do": "run"}, headers=OWN)
    assert page.status_code == 422 and inputs(host) == []
    assert "nothing in the list is called “&lt;zoe&gt;”; pick from the list" in page.text
    assert 'id="f-book_code-wrong"' in page.text and "must be a whole number" not in page.text


@pytest.mark.usefixtures("members")
async def test_lists_of_values_take_words_among_ids(browser: httpx.AsyncClient) -> None:
    page = await sent(browser, "3\nbob, anna", "preview", LOANS)
    assert "Bob was meant by “bob”." in page.text and "Anna Leeson was meant" in page.text
    assert "3\n9\n8</textarea>" in page.text
    several = await sent(browser, "3\nann", "preview", LOANS)
    assert several.status_code == 422 and several.text.count('name="/member_ids~pick"') == 2
    ticked = {"/member_ids~pick": "8", "/member_ids~was": "3\r\nann"}
    picked = await sent(browser, "3\nann", "preview", LOANS, **ticked)
    assert picked.status_code == 200 and "3\n8</textarea>" in picked.text


async def test_a_list_that_is_refused_says_why(browser: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def choices(*_: Any, **__: Any) -> Choices:
        raise NotNow("Closed today.", code="closed", fix="Come tomorrow.")

    monkeypatch.setattr(Session, "choices", choices)
    page = await sent(browser, "bob", "run")
    assert page.status_code == 422 and "“bob” could not be looked up: Closed today. Come tomorrow." in page.text


@pytest.mark.usefixtures("members")
async def test_the_api_never_guesses(browser: httpx.AsyncClient, host: Host) -> None:
    session = await host.opened("main").home.session("sandbox")
    record = await session.run("lend_book", {"member_id": "bob", "book_code": "B-1"})
    assert record.status == "failed" and record.failure is not None and "whole number" in str(record.error)


@pytest.mark.usefixtures("members")
async def test_a_field_with_a_list_says_that_words_work(browser: httpx.AsyncClient) -> None:
    page = (await browser.get(PAGE)).text
    assert "Integer, or words" in page and 'placeholder="a name, words of it, or the ID"' in page


@pytest.mark.usefixtures("members")
async def test_enter_previews_and_never_runs(browser: httpx.AsyncClient, host: Host) -> None:
    form = (await browser.get(PAGE)).text.partition("data-action=")[2]
    assert form.index('name="do" value="preview"') < form.index('name="list"') < form.index('value="run"')
    for do in ("", "anything"):
        assert "Nothing was changed." in (await sent(browser, "7", do)).text
    assert inputs(host) == []
