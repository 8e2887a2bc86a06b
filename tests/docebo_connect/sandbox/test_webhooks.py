"""Webhooks: envelopes, grouping, and delivery to receivers on loopback."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import CASCADE, Client, is_api_error
from tests.docebo_connect.sandbox.receiver import Receiver, outbox_is_empty


def test_an_envelope_looks_like_a_real_one(site: Site, api: Client) -> None:
    api.post("/learn/v1/enrollments/42/7", json={"date_begin_validity": "2026-01-10"})
    [envelope] = site.deliveries()
    assert re.fullmatch(r"wh-20261001-120000-[0-9a-f-]{36}", envelope.pop("message_id"))
    assert envelope == {
        "webhook_id": 0,
        "original_domain": "sandbox.docebosaas.test",
        "event": "course.enrollment.created",
        "fired_by_batch_action": False,
        "payload": {
            "fired_at": "2026-10-01 12:00:00",
            "user_id": 7,
            "username": "maya.okafor",
            "course_id": 42,
            "course_name": "Information Security Essentials",
            "level": "learner",
            "enrollment_date": "2026-10-01 12:00:00",
            "enrollment_date_begin_validity": "2026-01-10",
            "enrollment_date_end_validity": None,
            "subscribed_by_id": 1,
            "status": "subscribed",
        },
    }


def test_a_session_is_announced_with_its_codes(site: Site, api: Client) -> None:
    api.post("/learn/v1/enrollments", json={"course_ids": [1], "user_ids": [9], "level": 3, "session_id": 1})
    assert list(site.deliveries()[0]["payload"]) == [
        "fired_at", "user_id", "username", "course_id", "course_code", "session_id", "session_code", "session_name",
        "level", "enrollment_date", "subscribed_by_id", "status",
    ]  # fmt: skip


def test_several_of_one_event_are_grouped_by_twenty_five_and_the_flag_stays_false(site: Site, api: Client) -> None:
    users = site.store.rows(
        """SELECT id FROM users WHERE id NOT IN (SELECT user_id FROM course_enrollments WHERE course_id = 42)
        ORDER BY id LIMIT 51"""
    )
    api.post("/learn/v1/enrollments", json={"course_ids": [42], "user_ids": [user["id"] for user in users]})
    first, second, last = site.deliveries()
    assert (len(first["payloads"]), len(second["payloads"])) == (25, 25)
    assert last["payload"]["user_id"] == users[-1]["id"]
    assert "payload" not in first
    assert "payloads" not in last
    assert first["fired_by_batch_action"] is False


def test_deliveries_are_read_from_a_place_on(site: Site, api: Client, anybody: Client) -> None:
    for course_id in (42, 45, 48):
        api.post(f"/learn/v1/enrollments/{course_id}/2")
    everything = site.deliveries()
    assert site.deliveries(after=1) == everything[1:]
    answer = anybody.get("/sandbox/deliveries?after=2").json()
    assert answer == {"deliveries": everything[2:], "last": 3}
    assert anybody.get("/sandbox/deliveries?after=99").json()["deliveries"] == []
    assert anybody.get("/sandbox/deliveries").json()["deliveries"] == everything


def test_any_event_can_be_announced_by_hand(site: Site, anybody: Client) -> None:
    event = "ilt.session.enrollment.deleted"
    assert anybody.post("/sandbox/deliveries", json={"event": event, "payloads": [{"user_id": 7}]}).status_code == 202
    [envelope] = site.deliveries()
    assert (envelope["event"], envelope["payload"]) == (event, {"fired_at": "2026-10-01 12:00:00", "user_id": 7})
    unreadable: tuple[dict[str, Any], ...] = (
        {},
        {"event": event},
        {"payloads": [{}]},
        {"event": event, "payloads": [1]},
    )
    for body in unreadable:
        assert is_api_error(anybody.post("/sandbox/deliveries", json=body), 400)


def test_a_receiver_gets_the_envelope_with_its_own_number(site: Site, api: Client, receiver: Receiver) -> None:
    number = site.subscribe(receiver.url)
    api.post("/learn/v1/enrollments/42/7")
    [envelope] = receiver.wait(1)
    assert envelope == site.deliveries()[0] | {"webhook_id": number}
    headers = receiver.got[0][0]
    assert headers["Content-Type"] == "application/json"
    assert "Authorization" not in headers
    assert outbox_is_empty(site)


def test_a_receiver_gets_the_events_it_asked_for_with_http_basic(
    api: Client, anybody: Client, receiver: Receiver, site: Site
) -> None:
    body = {"url": receiver.url, "events": ["course.enrollment.deleted"], "username": "docebo", "password": "päss"}
    assert anybody.post("/sandbox/webhooks", json=body).json() == {"webhook_id": 1}
    api.post("/learn/v1/enrollments/42/7")
    api.request("DELETE", "/learn/v1/enrollments", json={"user_ids": [7], "learningplan_ids": [1], CASCADE: True})
    [envelope] = receiver.wait(1)
    assert [payload["course_id"] for payload in envelope["payloads"]] == [3, 6, 9, 12]
    expected = "Basic " + base64.b64encode("docebo:päss".encode()).decode()
    assert receiver.got[0][0]["Authorization"] == expected
    assert outbox_is_empty(site)
    assert len(receiver.got) == 1


def test_a_delivery_that_fails_comes_again_under_the_same_number(site: Site, api: Client, receiver: Receiver) -> None:
    receiver.statuses = [500, 404]
    site.subscribe(receiver.url)
    api.post("/learn/v1/enrollments/42/7")
    first, second, third = receiver.wait(3)
    assert first == second == third
    assert outbox_is_empty(site)


def test_a_redirect_acknowledges(site: Site, api: Client, receiver: Receiver) -> None:
    receiver.statuses = [302]
    site.subscribe(receiver.url)
    api.post("/learn/v1/enrollments/42/7")
    receiver.wait(1)
    assert outbox_is_empty(site)
    assert len(receiver.got) == 1


def test_a_delivery_is_given_up_after_a_few_attempts(site: Site, api: Client, receiver: Receiver) -> None:
    receiver.statuses = [503] * 10
    site.subscribe(receiver.url)
    api.post("/learn/v1/enrollments/42/7")
    receiver.wait(4)
    assert outbox_is_empty(site)
    assert len(receiver.got) == 4


def test_a_receiver_that_is_not_there_disturbs_nobody(site: Site, api: Client, receiver: Receiver) -> None:
    site.subscribe("http://127.0.0.1:9/")
    site.subscribe(receiver.url)
    assert api.post("/learn/v1/enrollments/42/7").status_code == 200
    receiver.wait(1)
    assert outbox_is_empty(site)


def test_what_could_not_be_brought_is_brought_by_the_next_process(
    open_site: Callable[..., Site], receiver: Receiver
) -> None:
    receiver.statuses = [503]
    site = open_site(backoff_s=(0.05, 0.05))
    site.subscribe(receiver.url)
    Client(site, site.headers).post("/learn/v1/enrollments/42/7")
    receiver.wait(1)
    site.courier.close()
    assert len(receiver.got) == 1
    open_site()
    first, second = receiver.wait(2)
    assert first == second


def test_closing_brings_what_is_due(open_site: Callable[..., Site], receiver: Receiver) -> None:
    site = open_site()
    site.subscribe(receiver.url)
    Client(site, site.headers).post("/learn/v1/enrollments/42/7")
    site.courier.close()
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"url": 7},
        {"url": "ftp://127.0.0.1/"},
        {"url": "http://a b/"},
        {"url": "http://127.0.0.1/", "events": "all"},
        {"url": "http://127.0.0.1/", "events": [1]},
        {"url": "http://127.0.0.1/", "username": 1},
    ],
)
def test_a_webhook_that_cannot_be_read_is_a_400(anybody: Client, body: dict[str, Any]) -> None:
    assert is_api_error(anybody.post("/sandbox/webhooks", json=body), 400)
