"""Runs in words: who was meant by an ID, as far as that can be said at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.pages import naming
from connector_runtime.hosts.http.pages.naming import Given, in_words
from connector_runtime.hosts.session import Session
from connector_runtime.values import Json
from tests.connector_runtime.hosts.http.pages.test_history import keep

LENT = {"member_id": 7, "book_code": "B-1", "term": 14}


class Platform:
    """What a platform says of names, how often it was asked, and when it answers."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {"/member_id": "7 — Ann <Lee>"}
        self.asked: list[Json] = []
        self.answers = asyncio.Event()
        self.answers.set()


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    there = Platform()

    async def labels(self: Session, action: str, given: Any, *, fresh: bool = False) -> dict[str, str]:
        there.asked.append(given)
        await there.answers.wait()
        return {f"/{name}": there.names.get(f"/{name}", str(value)) for name, value in given.items()}

    monkeypatch.setattr(Session, "labels", labels)
    yield there
    there.answers.set()


async def test_a_run_says_who_was_meant_and_the_history_does_too(
    browser: httpx.AsyncClient, host: Host, platform: Platform
) -> None:
    first, other = keep(host, 1, input=LENT), keep(host, 2, input=LENT)
    assert "Ann" not in (await browser.get("/runs")).text, "nothing is asked for a list"
    assert platform.asked == []
    page = (await browser.get(f"/runs/{first}")).text
    assert "<dt>Member ID</dt><dd>7 — Ann &lt;Lee&gt;</dd>" in page and "<dd>14 — Two weeks</dd>" in page
    assert "<dt>Book code</dt><dd>B-1</dd>" in page and "data-late-names" not in page
    assert (await browser.get("/runs")).text.count("7 — Ann &lt;Lee&gt;") == 2
    assert "7 — Ann" in (await browser.get(f"/runs/{other}")).text and len(platform.asked) == 1


async def test_a_platform_that_takes_long_holds_up_no_page(
    browser: httpx.AsyncClient, host: Host, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(naming, "AT_ONCE_S", 0.01)
    platform.answers.clear()
    run_id = keep(host, 1, input=LENT)
    page = (await browser.get(f"/runs/{run_id}")).text
    assert "<dt>Member ID</dt><dd>7</dd>" in page and f'data-late-names="/runs/{run_id}?names=wait"' in page
    waiting = asyncio.ensure_future(browser.get(f"/runs/{run_id}?names=wait"))
    platform.answers.set()
    told = (await waiting).text
    assert "7 — Ann" in told and "data-late-names" not in told and len(platform.asked) == 1


async def test_ids_of_another_platform_have_no_names_here(
    browser: httpx.AsyncClient, host: Host, platform: Platform
) -> None:
    moved = keep(host, 1, input=LENT, platform="https://elsewhere.invalid/api")
    gone = keep(host, 2, input=LENT, connection="forgotten")
    for run_id in (moved, gone):
        assert "<dt>Member ID</dt><dd>7</dd>" in (await browser.get(f"/runs/{run_id}")).text
    assert platform.asked == []


async def test_what_has_no_name_is_not_asked_for_again_and_again(
    browser: httpx.AsyncClient, host: Host, platform: Platform
) -> None:
    run_id = keep(host, 1, action="list_loans", input={"member_ids": [7, 8]})
    platform.names = {"/member_ids": "[7, 8]"}
    await browser.get(f"/runs/{run_id}")
    await browser.get(f"/runs/{run_id}")
    assert len(platform.asked) == 2, "perhaps it was away"


async def test_a_search_by_a_name_says_that_runs_keep_ids(browser: httpx.AsyncClient, host: Host) -> None:
    keep(host, 1, input=LENT)
    assert "search by the ID" in (await browser.get("/runs?search=ann")).text


def test_values_of_a_list_share_its_title(toy: Connector) -> None:
    lend, loans = toy.actions["lend_book"], toy.actions["list_loans"]
    given = {"companions": [{"name": "Bo", "age": 9}, {"name": "Al"}], "labels": {"a": "x"}, "due_at": ""}
    assert in_words(lend, given, {}) == [
        Given("Companions, row 1, Name", ["Bo"]),
        Given("Companions, row 1, Age", ["9"]),
        Given("Companions, row 2, Name", ["Al"]),
        Given("Labels, a", ["x"]),
    ]
    (ids,) = in_words(loans, {"member_ids": list(range(1, 41))}, {"/member_ids/1": "2 — Bo"})
    assert ids.texts[:3] == ["1", "2 — Bo", "3"] and ids.more == 10
