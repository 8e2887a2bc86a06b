"""Many events announced at once, with what goes wrong, and how they are brought."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from docebo_connect.sandbox.events import EVENTS
from docebo_connect.sandbox.outbox import FEW
from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import Client, is_api_error
from tests.docebo_connect.sandbox.receiver import Receiver, outbox_is_empty

GEAR = "/sandbox/announce"
CREATED = "course.enrollment.created"


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_is_announced_of_users_that_are_told_of_once(site: Site, anybody: Client, event: str) -> None:
    for _ in range(2):
        answer = anybody.post(GEAR, json={"event": event, "count": 30})
        assert (answer.status_code, answer.json()["announced"]) == (202, 30)
    told = [(envelope["event"], envelope["payload"]["user_id"]) for envelope in site.deliveries()]
    assert {name for name, _ in told} == {event}
    assert len(set(told)) == 60
    assert site.store.number("SELECT count(*) FROM users WHERE id IN (?, ?)", [told[0][1], told[-1][1]]) == 0


def test_each_event_meets_the_script_as_a_request_would(site: Site, anybody: Client) -> None:
    rules = [
        {"fault": "duplicate_webhook", "nth": 1},
        {"fault": "reordered_webhook", "nth": [2, 4]},
        {"fault": "malformed_webhook", "nth": 3},
        {"fault": "forged_webhook", "nth": 1},
    ]
    answer = anybody.post(GEAR, json={"event": CREATED, "count": 4, "faults": rules}).json()
    assert [rule["struck"] for rule in answer["rules"]] == [1, 2, 1, 1]
    users = [envelope["payload"]["user_id"] for envelope in site.deliveries()]
    first = users[0]
    assert users == [first, first, first + 2, first + 1, first + 3]
    kinds = site.store.rows("SELECT flaw_json IS NOT NULL AS spoilt, forged FROM deliveries ORDER BY id")
    assert [(row["spoilt"], row["forged"]) for row in kinds] == [
        (0, None), (0, None), (0, "wrong"), (1, None), (0, None), (0, None),
    ]  # fmt: skip
    assert anybody.get("/sandbox/faults").json()["rules"] == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"event": CREATED},
        {"event": "no.such", "count": 1},
        {"event": [CREATED], "count": 1},
        {"event": CREATED, "count": 0},
        {"event": CREATED, "count": True},
        {"event": CREATED, "count": 1_000_001},
        {"event": CREATED, "count": 1, "faults": [{"fault": "no such"}]},
        {"event": CREATED, "count": 1, "faults": "many"},
    ],
)
def test_what_cannot_be_announced_is_a_400(site: Site, anybody: Client, body: dict[str, Any]) -> None:
    assert is_api_error(anybody.post(GEAR, json=body), 400)
    assert site.deliveries() == []


def test_many_are_brought_each_until_it_is_acknowledged(site: Site, anybody: Client, receiver: Receiver) -> None:
    receiver.statuses = [503] * 40
    site.subscribe(receiver.url)
    anybody.post(GEAR, json={"event": CREATED, "count": 300})
    envelopes = receiver.wait(340)
    assert outbox_is_empty(site)
    brought = Counter(envelope["message_id"] for envelope in envelopes)
    assert brought.keys() == {envelope["message_id"] for envelope in site.deliveries()}
    assert (len(brought), brought.total()) == (300, 340)


def test_two_processes_bring_nothing_twice(
    open_site: Callable[..., Site], anybody: Client, receiver: Receiver, site: Site
) -> None:
    other = open_site()
    site.subscribe(receiver.url)
    anybody.post(GEAR, json={"event": CREATED, "count": 300})
    other.courier.wake()
    receiver.wait(300)
    assert outbox_is_empty(site)
    assert len({json.loads(body)["message_id"] for _, body in receiver.got}) == len(receiver.got) == 300


def test_a_few_are_brought_in_their_order(site: Site, anybody: Client, receiver: Receiver) -> None:
    site.subscribe(receiver.url)
    anybody.post(GEAR, json={"event": CREATED, "count": FEW})
    assert receiver.wait(FEW) == [envelope | {"webhook_id": 1} for envelope in site.deliveries()]


def test_a_forged_one_is_brought_again_only_where_nobody_was_there(
    open_site: Callable[..., Site], receiver: Receiver
) -> None:
    site = open_site(backoff_s=(0.01, 0.01))
    url = receiver.url
    site.subscribe("http://127.0.0.1:9/")
    receiver.statuses = [401]
    forged = [{"fault": "forged_webhook", "event": CREATED}, {"fault": "dropped_webhook"}]
    Client(site).post(GEAR, json={"event": CREATED, "count": 1, "faults": forged})
    tried = threading.Event()
    for _ in range(200):  # until it has found nobody
        row = site.store.row("SELECT attempts FROM outbox")
        if row is not None and row["attempts"]:
            break
        tried.wait(0.001)
    site.store.execute("UPDATE webhooks SET url = ?", (url,))
    receiver.bodies(1)
    assert outbox_is_empty(site)
    assert len(receiver.got) == 1
