"""Webhooks that are managed by API: listed, made and removed, by superadmins only.

The help says that there are such calls; paths, fields and refusals are inferred [I]. Its older pages had at most five,
later ten, enabled webhooks of eight events each [D].
"""

from __future__ import annotations

import json
from typing import Any

from starlette.responses import Response

from docebo_connect.sandbox import webhooks
from docebo_connect.sandbox.envelope import answer, listing, window
from docebo_connect.sandbox.events import EVENTS
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.oauth import can_be_redirected_to
from docebo_connect.sandbox.parameters import read_flag
from docebo_connect.sandbox.refusals import bad_request, forbidden, not_found
from docebo_connect.sandbox.store import Row

MOST_ENABLED = 10
MOST_EVENTS = 8


def list_webhooks(exchange: Exchange) -> Response:
    """GET /webhook/v1/webhooks: all of them, also those that others made."""
    _check_superadmin(exchange)
    rows = exchange.store.rows("SELECT * FROM webhooks ORDER BY id LIMIT ? OFFSET ?", window(exchange))
    total = exchange.store.number("SELECT COUNT(*) FROM webhooks")
    return listing(exchange, [_item(row) for row in rows], total, sort=[])


def create_webhook(exchange: Exchange) -> Response:
    """POST /webhook/v1/webhooks {"name", "url", "events", "username"?, "password"?, "enabled"?}."""
    _check_superadmin(exchange)
    body = exchange.json_object()
    name, url = (_text(body, key) for key in ("name", "url"))
    if not url.startswith(("http://", "https://")) or not can_be_redirected_to(url):
        raise bad_request("url must be an absolute HTTP address.")
    events, enabled = _events(body.get("events")), read_flag(body.get("enabled", True), "enabled")
    if enabled and exchange.store.number("SELECT COUNT(*) FROM webhooks WHERE enabled") >= MOST_ENABLED:
        raise bad_request(f"{MOST_ENABLED} webhooks are enabled already; remove or disable one of them.")
    user = [_text(body, key) if body.get(key) else None for key in ("username", "password")]
    number = webhooks.subscribe(exchange.store, url, events, *user, name=name, enabled=enabled)
    return answer({"id": number})


def remove_webhook(exchange: Exchange) -> Response:
    """DELETE /webhook/v1/webhooks/{id}; what it has not brought yet goes with it."""
    _check_superadmin(exchange)
    number = exchange.path_id("id")
    if exchange.store.row("SELECT 1 FROM webhooks WHERE id = ?", (number,)) is None:
        raise not_found("There is no such webhook.")
    exchange.store.execute("DELETE FROM outbox WHERE webhook_id = ?", (number,))
    exchange.store.execute("DELETE FROM webhooks WHERE id = ?", (number,))
    return answer({"id": number})


def _check_superadmin(exchange: Exchange) -> None:
    if not exchange.is_superadmin():
        raise forbidden()


def _item(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "name": row["name"] or f"Webhook {row['id']}",
        "url": row["url"],
        "enabled": bool(row["enabled"]),
        "events": json.loads(row["events_json"] or "null") or list(EVENTS),
    }


def _events(value: Any) -> list[str]:
    if not value:
        raise bad_request("events cannot be blank.")
    if not isinstance(value, list):
        raise bad_request("events must be an array.")
    if len(value) > MOST_EVENTS:
        raise bad_request(f"events should contain at most {MOST_EVENTS} elements.")
    if any(event not in EVENTS for event in value):
        raise bad_request(f"events must be one of {', '.join(EVENTS)}.")
    return list(value)


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if value in (None, ""):
        raise bad_request(f"{name} cannot be blank.")
    if not isinstance(value, str):
        raise bad_request(f"{name} must be a string.")
    return value
