"""Deliveries that come twice, in another order, spoilt or not at all, and those that should not come."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from docebo_connect.sandbox.events import EVENTS
from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import COURSE_LIST, Client
from tests.docebo_connect.sandbox.mishaps import ENROLL, befalls, enrolled
from tests.docebo_connect.sandbox.receiver import Receiver, outbox_is_empty


def enroll_several(api: Client, *users: int) -> None:
    for user_id in users:
        assert api.post(f"/learn/v1/enrollments/42/{user_id}").json()["data"]["enrolled"]


def announced(site: Site) -> list[int]:
    return [delivery["payload"]["user_id"] for delivery in site.deliveries()]


def test_a_webhook_comes_twice_under_one_number(site: Site, api: Client) -> None:
    befalls(site, "duplicate_webhook", nth=2)
    enroll_several(api, 101, 102, 103)
    assert announced(site) == [101, 102, 102, 103]
    first, second = site.deliveries()[1:3]
    assert first == second


def test_a_webhook_comes_after_a_later_one(site: Site, api: Client) -> None:
    befalls(site, "reordered_webhook", nth=[1, 2])
    enroll_several(api, 101, 102)
    assert announced(site) == []
    api.get(COURSE_LIST)
    enroll_several(api, 103, 104)
    assert announced(site) == [103, 101, 102, 104]


def test_a_webhook_that_waits_comes_when_the_sandbox_closes(open_site: Callable[..., Site]) -> None:
    site = open_site(faults=[{"fault": "reordered_webhook"}])
    enroll_several(Client(site, site.headers), 101)
    site.close()
    assert announced(open_site()) == [101]


def test_a_refused_change_holds_nothing_back(site: Site, api: Client) -> None:
    befalls(site, "reordered_webhook")
    assert api.post("/learn/v1/enrollments/42/x").status_code == 400
    assert site.held == []


def test_a_dropped_webhook_comes_nowhere_and_the_change_stays(site: Site, api: Client, receiver: Receiver) -> None:
    site.subscribe(receiver.url)
    befalls(site, "dropped_webhook", nth=1)
    api.post(ENROLL)
    enroll_several(api, 101)
    assert enrolled(site)
    assert announced(site) == [101]
    assert [envelope["payload"]["user_id"] for envelope in receiver.wait(1)] == [101]
    assert outbox_is_empty(site)
    assert len(receiver.got) == 1


def test_a_cut_webhook_ends_early_in_every_attempt_and_is_listed_whole(
    site: Site, api: Client, receiver: Receiver
) -> None:
    receiver.statuses = [400]
    site.subscribe(receiver.url)
    befalls(site, "malformed_webhook", share=0.9)
    enroll_several(api, 101)
    first, second = receiver.bodies(2)
    assert first == second
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(first)
    [whole] = site.deliveries()
    assert first.startswith(b'{"message_id":"' + whole["message_id"].encode())


def test_a_whole_share_lacks_the_last_byte(site: Site, api: Client, receiver: Receiver) -> None:
    site.subscribe(receiver.url)
    befalls(site, "malformed_webhook", share=1)
    enroll_several(api, 101)
    [body] = receiver.bodies(1)
    assert json.loads(body + b"}") == {**site.deliveries()[0], "webhook_id": 1}


@pytest.mark.parametrize(
    ("said", "users", "changed"),
    [
        ({}, [101], {"payload": "unexpected"}),
        ({}, [101, 102], {"payloads": "unexpected"}),
        ({"value": 7}, [101], {"payload": 7}),
        ({"pointer": "/event", "value": None}, [101], {"event": None}),
        ({"pointer": "/no/such/place"}, [101], {}),
    ],
)
def test_a_wrongly_typed_webhook_is_so_at_one_place(
    site: Site, api: Client, receiver: Receiver, said: dict[str, Any], users: list[int], changed: dict[str, Any]
) -> None:
    site.subscribe(receiver.url)
    befalls(site, "malformed_webhook", how="wrong_type", **said)
    api.post("/learn/v1/enrollments", json={"course_ids": [42], "user_ids": users})
    [envelope] = receiver.wait(1)
    assert envelope == {**site.deliveries()[0], "webhook_id": 1, **changed}


def invented(site: Site, api: Client, seed: int, *, reads: int = 4) -> list[tuple[str, dict[str, Any]]]:
    """What is invented while a script of that seed strikes a few reads."""
    before = len(site.deliveries())
    site.faults.set({"seed": seed, "rules": [{"fault": "invented_webhook"}]})
    for _ in range(reads):
        assert api.get(COURSE_LIST).status_code == 200
    return [(delivery["event"], delivery["payload"]) for delivery in site.deliveries()[before:]]


def test_the_same_seed_invents_the_same(site: Site, api: Client) -> None:
    first = invented(site, api, 5)
    assert len(first) == 4
    assert len({json.dumps(told) for told in first}) == 4
    assert invented(site, api, 5) == first
    assert invented(site, api, 6) != first


def test_an_invention_comes_beside_what_the_request_causes(site: Site, api: Client) -> None:
    befalls(site, "invented_webhook", event="learningplan.enrollment.created", nth=2)
    enroll_several(api, 101, 102)
    assert [delivery["event"] for delivery in site.deliveries()] == [
        "course.enrollment.created",
        "course.enrollment.created",
        "learningplan.enrollment.created",
    ]


PLACES = {
    "course_id": "SELECT COUNT(*) FROM course_enrollments WHERE user_id = ? AND course_id = ?",
    "session_id": "SELECT COUNT(*) FROM session_enrollments WHERE user_id = ? AND session_id = ?",
    "learningplan_id": "SELECT COUNT(*) FROM learning_plan_enrollments WHERE user_id = ? AND learning_plan_id = ?",
}


@pytest.mark.parametrize("event", EVENTS)
def test_what_is_invented_did_not_happen(site: Site, api: Client, event: str) -> None:
    befalls(site, "invented_webhook", event=event)
    api.get(COURSE_LIST)
    [delivery] = site.deliveries()
    assert delivery["event"] == event
    payload = delivery["payload"]
    place = next(name for name in ("session_id", "learningplan_id", "course_id") if name in payload)
    known = site.store.number(PLACES[place], (payload["user_id"], payload[place]))
    assert known == (0 if event.endswith(".created") else 1)
    if event.endswith(".completed"):
        completed = f"{PLACES[place]} AND status = 'completed'"
        assert site.store.number(completed, (payload["user_id"], payload[place])) == 0
        assert payload["completion_date"] == payload["fired_at"]


@pytest.mark.parametrize("event", ["ilt.session.enrollment.deleted", "ilt.session.enrollment.created"])
def test_nothing_is_invented_of_nobody(site: Site, api: Client, event: str) -> None:
    site.store.execute("DELETE FROM session_enrollments")
    site.store.execute("DELETE FROM sessions")
    befalls(site, "invented_webhook", event=event)
    assert api.get(COURSE_LIST).status_code == 200
    assert site.deliveries() == []


def test_a_refused_request_invents_nothing(site: Site, api: Client) -> None:
    befalls(site, "invented_webhook")
    assert api.post("/learn/v1/enrollments/42/x").status_code == 400
    assert site.deliveries() == []


@pytest.mark.parametrize("asked", ["päss", None])
def test_a_forged_webhook_brings_a_wrong_password_once_and_is_nowhere_listed(
    site: Site, api: Client, receiver: Receiver, asked: str | None
) -> None:
    receiver.statuses = [401]
    site.subscribe(receiver.url, username=None if asked is None else "docebo", password=asked)
    befalls(site, "forged_webhook", event="course.enrollment.deleted")
    api.get(COURSE_LIST)
    receiver.bodies(1)
    assert outbox_is_empty(site)
    [(headers, body)] = receiver.got
    name, _, password = base64.b64decode(headers["Authorization"].removeprefix("Basic ")).decode().partition(":")
    assert name == "docebo"
    assert password != (asked or "")
    assert json.loads(body)["event"] == "course.enrollment.deleted"
    assert site.deliveries() == []


def test_a_forged_webhook_may_have_no_password(site: Site, api: Client, receiver: Receiver) -> None:
    site.subscribe(receiver.url, username="docebo", password="secret")
    befalls(site, "forged_webhook", password="missing")
    api.get(COURSE_LIST)
    receiver.bodies(1)
    assert outbox_is_empty(site)
    assert "Authorization" not in receiver.got[0][0]


def test_a_genuine_webhook_comes_beside_the_forged_one_and_keeps_its_place(
    site: Site, api: Client, anybody: Client, receiver: Receiver
) -> None:
    site.subscribe(receiver.url, username="docebo", password="secret")
    befalls(site, "forged_webhook", event="course.enrollment.deleted")
    enroll_several(api, 101, 102)
    assert announced(site) == [101, 102]
    assert [delivery["payload"]["user_id"] for delivery in site.deliveries(after=1)] == [102]
    assert anybody.get("/sandbox/deliveries?after=1").json()["last"] == 2
    receiver.bodies(4)
    right = "Basic " + base64.b64encode(b"docebo:secret").decode()
    genuine = [json.loads(body)["event"] for headers, body in receiver.got if headers["Authorization"] == right]
    assert genuine == ["course.enrollment.created"] * 2
