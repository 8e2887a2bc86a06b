"""OAuth2: where a user consents and where tokens are given out.

One application is registered, with fixed credentials. Whoever consents is the superadmin, or the user named by
`login_hint`: there is no login page, as there is nobody to type a password.
"""

from __future__ import annotations

import secrets
from urllib.parse import urlencode, urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response

from docebo_connect.sandbox.credentials import CLIENT_ID
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.oauth_grants import GRANTS, JWT_BEARER
from docebo_connect.sandbox.oauth_requests import client_of
from docebo_connect.sandbox.refusals import OAuthRefusal
from docebo_connect.sandbox.store import Store
from docebo_connect.sandbox.tokens import CODE_LIFETIME_S, SUPERADMIN, expiry

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
CHALLENGE_METHODS = frozenset({"plain", "S256"})


def authorize(exchange: Exchange) -> Response:
    """GET /oauth2/authorize: consent at once and send the browser back with a code.

    A wrong client or redirect URI is answered here and never redirected to (RFC 6749 section 4.1.2.1).
    """
    query = exchange.query
    redirect_uri = query.string("redirect_uri") or ""
    if query.string("client_id") != CLIENT_ID:
        raise OAuthRefusal("invalid_client", "The client id supplied is invalid")
    if not _is_registered(exchange.store, redirect_uri):
        raise OAuthRefusal("redirect_uri_mismatch", "The redirect URI provided is missing or does not match")
    outcome = _consent(exchange, redirect_uri)
    if state := query.string("state"):
        outcome["state"] = state
    joint = "&" if urlsplit(redirect_uri).query else "?"
    return RedirectResponse(f"{redirect_uri}{joint}{urlencode(outcome)}", 302, {"cache-control": "no-store"})


def _consent(exchange: Exchange, redirect_uri: str) -> dict[str, str]:
    query, store = exchange.query, exchange.store
    if query.string("response_type") != "code":
        return {"error": "unsupported_response_type", "error_description": "The response type must be code."}
    if query.string("scope") not in (None, "api"):
        return {"error": "invalid_scope", "error_description": "The only scope is api."}
    challenge, method = query.string("code_challenge"), query.string("code_challenge_method") or "plain"
    if challenge is not None and method not in CHALLENGE_METHODS:
        return {"error": "invalid_request", "error_description": "The challenge method must be S256 or plain."}
    hint = query.string("login_hint")
    user = store.row("SELECT id FROM users WHERE active = 1 AND (username = ? OR id = ?)", (hint, hint or SUPERADMIN))
    if user is None:
        return {"error": "access_denied", "error_description": "The user denied access."}
    code = secrets.token_hex(20)
    record = {
        "code": code,
        "user_id": user["id"],
        "client_id": CLIENT_ID,
        "redirect_uri": redirect_uri,
        "challenge": challenge,
        "challenge_method": method,
        "expires_at": expiry(store, CODE_LIFETIME_S),
    }
    store.insert("codes", [record])
    return {"code": code}


def _is_registered(store: Store, uri: str) -> bool:
    """Registered URIs match exactly; on loopback every port counts as registered (RFC 8252 section 7.3)."""
    if store.row("SELECT 1 FROM redirect_uris WHERE uri = ?", (uri,)) is not None:
        return True
    try:
        parts = urlsplit(uri)
        _ = parts.port  # raises where it is no port
    except ValueError:
        return False
    return can_be_redirected_to(uri) and parts.scheme == "http" and parts.hostname in LOOPBACK


def can_be_redirected_to(uri: str) -> bool:
    """True for an address that a Location header can carry."""
    return uri.isascii() and uri.isprintable() and " " not in uri and "#" not in uri and "://" in uri


def token(exchange: Exchange) -> Response:
    """POST /oauth2/token, for every grant; the body is a form, multipart or JSON."""
    form = exchange.form
    grant_type = form.get("grant_type", "")
    if not grant_type:
        raise OAuthRefusal("invalid_request", "The grant type was not specified in the request")
    grant = GRANTS.get(grant_type)
    if grant is None:
        raise OAuthRefusal("unsupported_grant_type", f'Grant type "{grant_type}" not supported')
    if form.get("scope", "api") != "api":
        raise OAuthRefusal("invalid_scope", "An unsupported scope was requested")
    client_id = client_of(exchange, form, optional=grant_type == JWT_BEARER)
    return JSONResponse(grant(exchange, form, client_id), headers={"cache-control": "no-store", "pragma": "no-cache"})
