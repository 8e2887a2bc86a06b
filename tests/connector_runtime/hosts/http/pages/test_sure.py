"""What cannot be undone asks first, without scripts as with them; and an address that is replaced lets in for a day."""

from __future__ import annotations

import re
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from connector_runtime.hosts.directories import events_file, outbox_file
from connector_runtime.hosts.http.host import Host
from connector_runtime.hosts.http.pages import connecting
from connector_runtime.hosts.registrar import GRACE
from connector_runtime.store import events as stored
from connector_runtime.store.events import Events
from connector_runtime.store.outbox import Failed, Outbox
from tests.connector_runtime.events.sending import basic, loan
from tests.connector_runtime.events.test_dispatch import keep
from tests.connector_runtime.hosts.http.hosting import OWN
from tests.connector_runtime.hosts.http.pages.test_following import DESK


def sent(page: str) -> tuple[str, dict[str, list[str]]]:
    """Where a page that asks leads to, and what it sends there."""
    (form,) = re.findall(r'<form method="post" action="([^"]+)" class="buttons">(.*?)</form>', page, re.DOTALL)
    told: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form[1]):
        told.setdefault(name, []).append(unescape(value))
    return unescape(form[0]), told


async def answered(browser: httpx.AsyncClient, page: str) -> httpx.Response:
    """The question of a page, answered with its button."""
    to, told = sent(page)
    return await browser.post(to, data=told, headers=OWN)


@pytest.mark.parametrize(
    ("query", "question", "came_of_it"),
    [
        ("do=remove", "Remove desk?", "desk is brought nothing any more."),
        ("do=parked", "Bring desk the parked events again?", "1 event will be brought to desk once more."),
        ("do=replay&after=1&until=3", "after event 1, up to event 3", "1 event will be brought to desk once more."),
    ],
)
async def test_what_is_done_to_a_subscriber_asks_first(
    browser: httpx.AsyncClient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    question: str,
    came_of_it: str,
) -> None:
    async def nothing(*_given: Any, **_more: Any) -> None:
        """The test does what a sender would."""

    monkeypatch.setattr("connector_runtime.hosts.http.host.delivered", nothing)
    keep(tmp_path, 1, 2, 3)
    await browser.post("/subscribers", data=DESK, headers=OWN)
    await browser.post("/subscribers/desk", data={"do": "replay", "until": "1"}, headers=OWN)
    with closing(Outbox(outbox_file(tmp_path))) as kept:
        kept.settle("desk", [], [Failed(kept.due("desk", time.time() + 1, 1)[0], 1.0, None, "no")])
    shown = (await browser.get("/subscribers")).text
    do = query.partition("&")[0].removeprefix("do=")
    assert 'action="/subscribers/desk"' in shown and re.search(rf'value="{do}"[^>]*formmethod="get"', shown)
    page = await browser.get(f"/subscribers/desk?{query}")
    assert page.status_code == 200 and question in page.text and 'href="/subscribers"' in page.text
    assert "desk" in (await browser.get("/subscribers")).text, "nothing is done yet"
    assert came_of_it in (await answered(browser, page.text)).text


async def test_what_is_wrong_with_what_is_asked_is_said(browser: httpx.AsyncClient) -> None:
    await browser.post("/subscribers", data=DESK, headers=OWN)
    wrong = await browser.get("/subscribers/desk?do=replay&after=soon")
    assert wrong.status_code == 422 and "must be the number of an event" in wrong.text
    assert (await browser.get("/subscribers/nobody?do=remove")).status_code == 404
    assert (await browser.get("/subscribers/desk?do=this")).headers["location"] == "/subscribers"
    assert (await browser.get("/connections/nobody?do=forget")).status_code == 404
    assert (await browser.get("/connections/sandbox?do=forget")).headers["location"] == "/connections"


async def test_events_that_are_ticked_are_brought_again_when_it_is_said_once_more(
    browser: httpx.AsyncClient, tmp_path: Path
) -> None:
    keep(tmp_path, 1, 2, 3)
    await browser.post("/subscribers", data={**DESK, "after": ""}, headers=OWN)
    assert 'formmethod="get" formaction="/events/again"' in (await browser.get("/events")).text
    page = await browser.get("/events/again?cursor=1&cursor=3&cursor=x&subscriber=desk")
    assert "Bring 2 events to desk once more?" in page.text
    assert sent(page.text) == ("/events", {"subscriber": ["desk"], "cursor": ["1", "3"]})
    assert "2 events will be brought to desk" in (await answered(browser, page.text)).text
    none = await browser.get("/events/again?subscriber=desk")
    assert none.status_code == 422 and "tick at least one" in none.text


async def test_a_connection_is_forgotten_when_it_is_said_once_more(
    browser: httpx.AsyncClient, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    forgotten: list[str] = []
    kept = [{"name": "branch", "method": "card", "base_url": "", "fields": {}}]
    monkeypatch.setattr(host.opened("main").home, "connections", lambda: kept)
    monkeypatch.setattr(connecting, "forget", lambda directory, program, name: forgotten.append(name))
    assert re.search(r'value="forget"[^>]*formmethod="get"', (await browser.get("/connections")).text)
    page = (await browser.get("/connections/branch?do=forget")).text
    assert "Forget branch?" in page and forgotten == []
    assert "branch is forgotten." in (await answered(browser, page)).text and forgotten == ["branch"]


def password_of(page: str) -> tuple[str, tuple[str, str]]:
    url, user, password = re.findall(r"<dd><code>([^<]+)</code></dd>", page)
    return unescape(url), (unescape(user), unescape(password))


async def brought(browser: httpx.AsyncClient, number: int, url: str, auth: tuple[str, str]) -> int:
    headers = {"authorization": basic(*auth)}
    at = datetime.now(UTC).strftime("%d.%m.%Y %H:%M")
    return (await browser.post(url, content=loan(number, at=at), headers=headers)).status_code


async def test_an_address_that_is_replaced_lets_in_for_a_day(
    browser: httpx.AsyncClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ">Let webhooks in</button>" in (await browser.get("/connections")).text
    unasked = await browser.get("/connections/sandbox?do=webhooks")
    first = await browser.post("/connections/sandbox", data={"do": "webhooks"}, headers=OWN)
    assert (
        'formmethod="get">Make a new address</button>' in first.text and ">Let webhooks in</button>" not in first.text
    )
    asked = await browser.get("/connections/sandbox?do=webhooks")
    assert (
        "Make an address for webhooks of sandbox by hand?" in unasked.text and "lets in for one more day" in asked.text
    )
    second = await answered(browser, asked.text)
    old, new = password_of(first.text), password_of(second.text)
    assert old != new
    assert [await brought(browser, 1, *old), await brought(browser, 2, *new)] == [202, 202]
    later = datetime.now(UTC) + GRACE + timedelta(minutes=1)
    monkeypatch.setattr(stored, "datetime", SimpleNamespace(now=lambda zone: later))
    with closing(Events(events_file(tmp_path))) as kept:
        assert len(kept.endpoints()) == 1
