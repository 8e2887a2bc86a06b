"""RSVPs of an event, in batches."""

from __future__ import annotations

from typing import Any

import pytest

from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import Client, is_api_error

URL = "/course/v1/events/1/rsvp/batch"


def stored(site: Site, user_id: int) -> tuple[int, str] | None:
    row = site.store.row("SELECT response, synchronized_at FROM rsvps WHERE event_id = 1 AND user_id = ?", (user_id,))
    return None if row is None else (row["response"], row["synchronized_at"])


def results(api: Client, *items: Any, **body: Any) -> list[dict[str, Any]]:
    response = api.post(URL, json={"items": list(items), **body})
    assert response.status_code == 200
    assert set(response.json()) == {"data", "version", "_links"}
    rows: list[dict[str, Any]] = response.json()["data"]
    assert [row["row_index"] for row in rows] == list(range(len(items)))
    assert all(set(row) == {"row_index", "success", "message"} for row in rows)
    return rows


def test_users_are_named_by_number_or_mail(site: Site, api: Client) -> None:
    rows = results(
        api,
        {"user_id": 7, "user_rsvp_response": 1},
        {"user_email": "SEAN.OBRIEN@acme.example", "user_rsvp_response": 2},
        {"user_id": "9", "user_email": "ignored@acme.example", "user_rsvp_response": "3"},
    )
    assert [(row["success"], row["message"]) for row in rows] == [(True, "")] * 3
    assert stored(site, 7) == (1, "2026-10-01 12:00:00")
    assert stored(site, 8) == (2, "2026-10-01 12:00:00")
    assert stored(site, 9) == (3, "2026-10-01 12:00:00")


def test_each_row_stands_for_itself(site: Site, api: Client) -> None:
    rows = results(
        api,
        {"user_id": 99999, "user_rsvp_response": 1},
        {"user_email": "nobody@acme.example", "user_rsvp_response": 1},
        {"user_rsvp_response": 1},
        {"user_id": 7},
        {"user_id": 7, "user_rsvp_response": 4},
        {"user_id": 7, "user_rsvp_response": "yes"},
        {"user_id": "maya", "user_rsvp_response": 1},
        {"user_id": 2**70, "user_rsvp_response": 1},
        "junk",
        {"user_id": 7, "user_rsvp_response": 1},
    )
    assert [row["success"] for row in rows] == [False] * 9 + [True]
    assert all(row["message"] for row in rows[:9])


def test_a_stale_synchronization_fails_the_row(site: Site, api: Client) -> None:
    before = stored(site, 8)
    assert before is not None
    item = {"user_id": 8, "user_rsvp_response": 2}
    [row] = results(api, item, synchronization_timestamp="2026-08-31 11:59:59")
    assert not row["success"]
    assert stored(site, 8) == before
    [row] = results(api, item, synchronization_timestamp="2026-08-31 12:00:00")
    assert row["success"]
    assert stored(site, 8) == (2, "2026-08-31 12:00:00")


def test_an_unknown_event_is_a_404_with_the_apis_body(api: Client) -> None:
    body = {"items": [{"user_id": 7, "user_rsvp_response": 1}]}
    assert is_api_error(api.post("/course/v1/events/9999/rsvp/batch", json=body), 404)
    assert is_api_error(api.post("/course/v1/events/x/rsvp/batch", json=body), 400)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"items": []},
        {"items": "x"},
        {"items": {"user_id": 7}},
        {"items": [{}] * 1001},
        {"items": [{"user_id": 7, "user_rsvp_response": 1}], "synchronization_timestamp": "yesterday"},
        {"items": [{"user_id": 7, "user_rsvp_response": 1}], "synchronization_timestamp": 1790000000},
    ],
)
def test_a_batch_that_cannot_be_read_is_a_400(api: Client, body: dict[str, Any]) -> None:
    assert is_api_error(api.post(URL, json=body), 400)


def test_rsvps_announce_nothing(site: Site, api: Client) -> None:
    results(api, {"user_id": 7, "user_rsvp_response": 1})
    assert site.deliveries() == []


def test_plain_users_may_not_and_power_users_only_for_those_they_manage(api: Client) -> None:
    item = {"user_id": 8, "user_rsvp_response": 1}
    assert is_api_error(api.as_user("maya.okafor").post(URL, json={"items": [item]}), 403)
    assert not results(api.as_user("ines.duarte"), item)[0]["success"]
