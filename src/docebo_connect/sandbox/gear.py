"""Test gear under /sandbox: no part of the vendor's API and, being for loopback, without authorization."""

from __future__ import annotations

from typing import Any

from starlette.responses import JSONResponse, Response

from docebo_connect.sandbox import webhooks
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.oauth import can_be_redirected_to
from docebo_connect.sandbox.parameters import LARGEST_ID
from docebo_connect.sandbox.refusals import bad_request

LARGEST_GROUP = 1000


def list_deliveries(exchange: Exchange) -> Response:
    """GET /sandbox/deliveries?after=N: the envelopes made so far without the first N; `last` is the next N."""
    after = max(0, min(exchange.query.integer("after") or 0, LARGEST_ID))
    found = webhooks.deliveries(exchange.store, after)
    return JSONResponse({"deliveries": found, "last": after + len(found)})


def announce(exchange: Exchange) -> Response:
    """POST /sandbox/deliveries {"event", "payloads": [{…}]}: announce what no route of the sandbox causes."""
    body = exchange.json_object()
    payloads = body.get("payloads")
    if not isinstance(payloads, list) or not 0 < len(payloads) <= LARGEST_GROUP:
        raise bad_request(f"payloads must be an array of 1 to {LARGEST_GROUP} objects.")
    event = _text(body, "event")
    for payload in payloads:
        if not isinstance(payload, dict):
            raise bad_request("payloads must hold objects.")
        exchange.announcements.add(event, payload)
    return JSONResponse({"announced": len(payloads)}, 202)


def subscribe(exchange: Exchange) -> Response:
    """POST /sandbox/webhooks {"url", "events"?, "username"?, "password"?}."""
    body = exchange.json_object()
    url = _text(body, "url")
    if not url.startswith(("http://", "https://")) or not can_be_redirected_to(url):
        raise bad_request("url must be an HTTP address.")
    events = body.get("events")
    if events is not None and not (isinstance(events, list) and all(isinstance(event, str) for event in events)):
        raise bad_request("events must be an array of event ids.")
    username = _text(body, "username") if body.get("username") is not None else None
    password = _text(body, "password") if body.get("password") is not None else None
    return JSONResponse({"webhook_id": webhooks.subscribe(exchange.store, url, events, username, password)}, 201)


def register_redirect_uri(exchange: Exchange) -> Response:
    """POST /sandbox/redirect_uris {"redirect_uri"}: what an administrator enters for the application."""
    uri = _text(exchange.json_object(), "redirect_uri")
    if not can_be_redirected_to(uri):
        raise bad_request("redirect_uri must be an absolute address without fragment.")
    exchange.store.execute("INSERT OR IGNORE INTO redirect_uris (uri) VALUES (?)", (uri,))
    return JSONResponse({"redirect_uri": uri}, 201)


def register_jwt_key(exchange: Exchange) -> Response:
    """POST /sandbox/jwt_keys {"iss", "public_key"}: the PEM public key of an application."""
    body = exchange.json_object()
    issuer, public_key = _text(body, "iss"), _text(body, "public_key")
    exchange.store.execute("INSERT OR REPLACE INTO jwt_keys (issuer, public_key) VALUES (?, ?)", (issuer, public_key))
    return JSONResponse({"iss": issuer}, 201)


def reset(exchange: Exchange) -> Response:
    """POST /sandbox/reset {"seed"?}: create the world anew."""
    seed = exchange.json_object().get("seed")
    if seed is not None and (isinstance(seed, bool) or not isinstance(seed, int)):
        raise bad_request("seed must be an integer.")
    exchange.site.reset(seed)
    return JSONResponse({"seed": int(exchange.store.meta("seed") or 1)})


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise bad_request(f"{name} must be a string.")
    return value
