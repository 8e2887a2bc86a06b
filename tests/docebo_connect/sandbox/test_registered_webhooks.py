"""Webhooks by API: who may, what is told, how many there may be, and what they bring."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest

from docebo_connect.sandbox.events import EVENTS
from docebo_connect.sandbox.registered_webhooks import MOST_ENABLED, MOST_EVENTS
from docebo_connect.sandbox.sites import Site
from tests.docebo_connect.sandbox.client import Client, is_api_error

HOOKS = "/webhook/v1/webhooks"
CREATED, DELETED = "course.enrollment.created", "course.enrollment.deleted"
BODY: dict[str, Any] = {"name": "ours", "url": "http://127.0.0.1:9/x", "events": [CREATED]}


def waiting(site: Site) -> list[int]:
    """The webhooks for which something is in the outbox."""
    return [row["webhook_id"] for row in site.store.rows("SELECT webhook_id FROM outbox ORDER BY webhook_id")]


@pytest.fixture
def quiet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A site whose courier stays at home."""
    site = Site(tmp_path)
    monkeypatch.setattr(site.courier, "wake", lambda: None)
    yield site
    site.close()


def test_a_webhook_is_made_listed_and_removed(quiet: Site) -> None:
    admin = Client(quiet, quiet.headers)
    quiet.subscribe("https://elsewhere.invalid/")
    number = admin.post(HOOKS, json={**BODY, "username": "u", "password": "secret"}).json()["data"]["id"]
    answer = admin.get(HOOKS)
    assert "secret" not in answer.text
    assert answer.json()["data"]["items"] == [
        {"id": 1, "name": "Webhook 1", "url": "https://elsewhere.invalid/", "enabled": True, "events": list(EVENTS)},
        {"id": number, "name": "ours", "url": BODY["url"], "enabled": True, "events": [CREATED]},
    ]
    assert admin.delete(f"{HOOKS}/{number}").json()["data"] == {"id": number}
    assert is_api_error(admin.delete(f"{HOOKS}/{number}"), 404)
    assert admin.get(HOOKS).json()["data"]["total_count"] == 1
    assert admin.post(HOOKS, json=BODY).json()["data"]["id"] > number, "no number is given twice"


def test_only_enabled_webhooks_get_the_events_that_they_chose(quiet: Site) -> None:
    admin = Client(quiet, quiet.headers)
    created = admin.post(HOOKS, json=BODY).json()["data"]["id"]
    deleted = admin.post(HOOKS, json={**BODY, "events": [DELETED]}).json()["data"]["id"]
    admin.post(HOOKS, json={**BODY, "enabled": False})
    assert admin.post("/learn/v1/enrollments/42/7").is_success
    assert waiting(quiet) == [created]
    assert admin.delete("/learn/v1/enrollments/42/7").is_success
    assert waiting(quiet) == [created, deleted]
    admin.delete(f"{HOOKS}/{created}")
    assert waiting(quiet) == [deleted], "what a removed webhook has not brought goes with it"


def test_there_are_so_many_webhooks_of_so_many_events(quiet: Site) -> None:
    admin = Client(quiet, quiet.headers)
    assert is_api_error(admin.post(HOOKS, json={**BODY, "events": list(EVENTS)[: MOST_EVENTS + 1]}), 400)
    for _ in range(MOST_ENABLED):
        assert admin.post(HOOKS, json={**BODY, "events": list(EVENTS)[:MOST_EVENTS]}).is_success
    assert is_api_error(admin.post(HOOKS, json=BODY), 400)
    assert admin.post(HOOKS, json={**BODY, "enabled": False}).is_success, "one that is disabled is no burden"


def test_a_delivery_shows_the_password_that_was_registered(tmp_path: Path) -> None:
    from tests.served import serving

    heard: list[dict[str, str]] = []

    async def receiver(scope: Any, receive: Any, send: Any) -> None:
        heard.append({name.decode(): value.decode() for name, value in scope["headers"]})
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with serving(receiver) as address, Site(tmp_path) as site:  # which brings what is due before it closes
        admin = Client(site, site.headers)
        admin.post(HOOKS, json={**BODY, "url": address, "username": "u", "password": "p"})
        admin.post("/learn/v1/enrollments/42/7")
    expected = httpx.BasicAuth("u", "p")._auth_header
    assert [each["authorization"] for each in heard] == [expected]
