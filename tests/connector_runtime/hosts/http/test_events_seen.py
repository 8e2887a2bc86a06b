"""Which events a key is told of: those of its connections, and of its actions no others' doings."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_runtime.hosts.directories import events_file
from connector_runtime.hosts.http import arrivals
from connector_runtime.hosts.http.application import application
from connector_runtime.hosts.http.pages.site import Site
from connector_runtime.store.causes import Cause
from connector_runtime.store.events import Events
from tests.connector_runtime.events.test_dispatch import keep
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.test_keys import LEND
from tests.connector_runtime.hosts.http.test_seen import browser
from tests.connector_runtime.hosts.http.test_watching import asked

DESK = {"name": "desk", "url": "http://127.0.0.1:9/in", "events": ["loan.made"]}


@pytest.fixture
async def others(api: Hosted, tmp_path: Path) -> str:
    """The run of another action that has caused the third of four events; the second was caused by nobody here, and the
    fourth is of a kind that nothing but returning causes.
    """
    runs = []
    for action, body in (("lend_book", LEND), ("list_loans", {"input": {}})):
        runs.append((await api("POST", f"/v1/actions/{action}/run", body)).json()["run_id"])
    keep(tmp_path, 1, 2, 3)
    keep(tmp_path, 4, event="loan.ended")
    with closing(Events(events_file(tmp_path))) as events:
        events.causes.settle("village", 0, 4, {1: Cause(runs[0], 0), 3: Cause(runs[1], 0)})
    return str(runs[1])


@pytest.mark.parametrize(
    ("only", "seen"),
    [
        ({}, [1, 2, 3, 4]),
        ({"actions": ["lend_book"]}, [1, 2]),
        ({"actions": ["lend_book", "list_loans"]}, [1, 2, 3]),
        ({"actions": ["return_books"]}, [4]),
        ({"actions": ["list_loans"]}, []),
        ({"connections": ["village"]}, [1, 2, 3, 4]),
        ({"connections": ["abbey"]}, []),
        ({"connections": ["village"], "actions": ["lend_book"]}, [1, 2]),
    ],
)
async def test_a_key_is_told_of_the_events_that_its_actions_can_cause(
    api: Hosted, others: str, monkeypatch: pytest.MonkeyPatch, only: dict[str, Any], seen: list[int]
) -> None:
    key = api.made("read", **only)
    listed = await api("GET", "/v1/events", key=key)
    assert [each["cursor"] for each in listed.json()["items"]] == seen
    assert (others in listed.text) == (3 in seen)
    narrowed = (await api("GET", "/v1/events?event=loan.made&connection=village", key=key)).json()["items"]
    assert [each["cursor"] for each in narrowed] == [each for each in seen if each != 4]
    monkeypatch.setattr(arrivals, "LONGEST_WATCH_S", 0.1)
    told = [part async for part in arrivals._arriving(asked(api, key), 0)]
    assert [int(part.split()[1]) for part in told if part.startswith("id: ")] == seen
    figures = (await api("GET", "/v1/events/statistics?days=366", key=key)).json()["events"]
    kinds = {"loan.made" for number in seen if number < 4} | {"loan.ended" for number in seen if number == 4}
    assert {row["event"] for row in figures} <= kinds
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(application(api.host, Site(api.host).routes())), base_url="http://host"
    ) as client:
        page = (await client.get("/events", headers=browser(api, key))).text
    assert [number for number in (1, 2, 3, 4) if f'"book_code": {number},' in page] == seen
    assert (others in page) == (3 in seen)


@pytest.mark.parametrize("only", [{"actions": ["lend_book"]}, {"connections": ["village"]}])
async def test_a_key_for_some_only_has_nothing_brought_to_a_subscriber(api: Hosted, only: dict[str, Any]) -> None:
    answer = await api("POST", "/v1/subscribers", DESK, key=api.made("read", "connect", **only))
    assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed")
    assert (await api("POST", "/v1/subscribers", DESK)).status_code == 201
