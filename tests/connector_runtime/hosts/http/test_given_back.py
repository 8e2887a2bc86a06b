"""What reads much lets others have their turn meanwhile: one request does not stop the host."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.events.loop import Loop
from connector_runtime.events.replay import Replay
from connector_runtime.hosts.directories import events_file
from connector_runtime.hosts.http import arrivals
from connector_runtime.hosts.http import host as module
from connector_runtime.hosts.http.keys import now_utc
from connector_runtime.store import Store
from connector_runtime.store.events import Events
from tests.connector_runtime.events.sending import loan
from tests.connector_runtime.events.test_dispatch import keep, subscribed, until
from tests.connector_runtime.hosts.http.hosting import Hosted
from tests.connector_runtime.hosts.http.test_keys import LEND

EVENTS, RUNS = "/v1/events", "/v1/runs"
REPLAY = "/v1/subscribers/desk/replay"


@pytest.mark.parametrize(
    ("owner", "name", "method", "path", "body"),
    [
        (Loop, "after", "GET", EVENTS, None),
        (Loop, "after", "GET", f"{EVENTS}?connection=abbey", None),
        (Loop, "decided", "GET", EVENTS, None),
        (Loop, "statistics", "GET", f"{EVENTS}/statistics", None),
        (Replay, "between", "POST", REPLAY, {"after": 0}),
        (Store, "search", "GET", RUNS, None),
        (Store, "look_through", "GET", f"{RUNS}?search=B-1", None),
        (Store, "count", "GET", f"{RUNS}/counts", None),
        (Loop, "arrived", "GET", f"{RUNS}/RUN", None),
    ],
)
async def test_others_are_answered_while_much_is_read(
    api: Hosted,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    name: str,
    method: str,
    path: str,
    body: Any,
) -> None:
    run_id = (await api("POST", "/v1/actions/lend_book/run", LEND)).json()["run_id"]
    assert (await api("PUT", "/v1/connections/sandbox/webhooks", {})).status_code == 201
    keep(tmp_path, 1)
    subscribed(tmp_path, "http://127.0.0.1:9/in")
    begun, answered, waited, real = threading.Event(), threading.Event(), list[bool](), getattr(owner, name)

    def slow(*args: Any, **others: Any) -> Any:
        begun.set()
        waited.append(answered.wait(5))  # in vain, where it keeps the loop
        return real(*args, **others)

    monkeypatch.setattr(owner, name, slow)
    asking = asyncio.create_task(api(method, path.replace("RUN", run_id), body))
    await until(begun.is_set)
    assert (await api.client.get("/livez")).status_code == 200
    answered.set()
    assert (await asking).status_code == 200
    assert waited and all(waited)


async def test_a_list_looks_at_so_many_events_and_says_where_it_goes_on(
    api: Hosted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrivals, "PAGE", 2)
    monkeypatch.setattr(arrivals, "LOOKED_AT", 4)
    for number in range(1, 6):
        keep(tmp_path, number)
    monkeypatch.setattr(arrivals, "without_others", lambda loop, caller, events: events)
    everything = (await api("GET", "/v1/events?limit=3")).json()
    assert ([each["cursor"] for each in everything["items"]], everything["next"]) == ([1, 2, 3], 3)
    monkeypatch.setattr(arrivals, "without_others", lambda loop, caller, events: [])
    assert (await api("GET", "/v1/events")).json() == {"items": [], "next": 4}
    assert (await api("GET", "/v1/events?after=4")).json() == {"items": [], "next": None}


async def test_figures_are_of_a_year_at_most(api: Hosted) -> None:
    assert (await api("GET", "/v1/events/statistics?days=366")).status_code == 200
    assert (await api("GET", "/v1/events/statistics?days=367")).status_code == 422


async def test_what_caused_many_events_is_found_out_before_anybody_asks(
    api: Hosted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SETTLED_AT_ONCE", 3)
    webhook = (await api("PUT", "/v1/connections/sandbox/webhooks", {})).json()
    own, at = (webhook["username"], webhook["password"]), f"{now_utc():%d.%m.%Y %H:%M}"
    with closing(Events(events_file(api.host.directory("main")))) as events:
        for number, settled in ((1, 0), (2, 0), (3, 3), (4, 3), (5, 3), (6, 6)):
            brought = await api.client.post(webhook["url"], content=loan(number, at=at), auth=own)
            assert brought.status_code == 202
            await until(lambda: not api.host.opened("main").settling)
            assert (events.latest(), events.causes.settled("sandbox")) == (number, settled)
