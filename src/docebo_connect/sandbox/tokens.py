"""Access and refresh tokens: 40 hexadecimal digits, each for one user."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.refusals import unauthorized
from docebo_connect.sandbox.store import TIME_FORMAT, Row, Store

ACCESS_LIFETIME_S = 3600
REFRESH_LIFETIME_S = (
    14 * 24 * 3600
)  # [I] the vendor's refresh tokens live longer than an hour; how long is not documented
CODE_LIFETIME_S = 600  # RFC 6749 section 4.1.2 recommends ten minutes at most
SUPERADMIN = 1
CONNECTION_HEADER = "x-sandbox-connection"
BEARER = re.compile(r"\ABearer +(\S+) *\Z", re.IGNORECASE)


def expiry(store: Store, lifetime_s: int) -> str:
    """When something that is issued now ends."""
    return (store.clock() + timedelta(seconds=lifetime_s)).strftime(TIME_FORMAT)


def issue(store: Store, user_id: int, client_id: str, *, refreshable: bool) -> dict[str, Any]:
    """The answer of the token endpoint; `refreshable` for the grants in which a person took part."""
    answer: dict[str, Any] = {
        "access_token": _keep(store, "access", user_id, client_id, ACCESS_LIFETIME_S),
        "expires_in": ACCESS_LIFETIME_S,
        "token_type": "Bearer",
        "scope": "api",
    }
    if refreshable:
        answer["refresh_token"] = _keep(store, "refresh", user_id, client_id, REFRESH_LIFETIME_S)
    return answer


def _keep(store: Store, kind: str, user_id: int, client_id: str, lifetime_s: int) -> str:
    token = secrets.token_hex(20)
    store.insert(
        "tokens",
        [
            {
                "token": token,
                "kind": kind,
                "user_id": user_id,
                "client_id": client_id,
                "expires_at": expiry(store, lifetime_s),
            }
        ],
    )
    return token


def bearer(exchange: Exchange) -> Row:
    """The active user of the request's access token; 401 otherwise."""
    token = token_in(exchange.request.headers)
    user_id = None if token is None else _user_of(exchange.store, token)
    user = exchange.store.row("SELECT * FROM users WHERE id = ? AND active = 1", (user_id,))
    if user is None:
        raise unauthorized()
    return user


def token_in(headers: Mapping[str, str]) -> str | None:
    """The access token that a request brings."""
    match = BEARER.match(headers.get("authorization", ""))
    return None if match is None else match[1]


def connection_of(store: Store, headers: Mapping[str, str]) -> str | None:
    """What tells connections apart: the name that a request says, or the application and user of its access token.

    Both stay the same when a token is refreshed. None for a request that has neither.
    """
    if name := headers.get(CONNECTION_HEADER):
        return f"named {name}"
    token = token_in(headers)
    if token is None or token == store.meta("token"):
        return None if token is None else "the sandbox's own"
    row = store.row("SELECT client_id, user_id FROM tokens WHERE token = ?", (token,))
    return None if row is None else connection_for(row["client_id"], row["user_id"])


def connection_for(client_id: str, user_id: int) -> str:
    """The connection whose tokens an application has for a user."""
    return f"{client_id} for user {user_id}"


def _user_of(store: Store, token: str) -> int | None:
    own = store.meta("token")  # the token of the in-process connection, which does not expire
    if own is not None and secrets.compare_digest(own.encode(), token.encode("utf-8", "replace")):
        return SUPERADMIN
    row = store.row(
        "SELECT user_id FROM tokens WHERE token = ? AND kind = 'access' AND expires_at > ?", (token, store.now())
    )
    return None if row is None else int(row["user_id"])
