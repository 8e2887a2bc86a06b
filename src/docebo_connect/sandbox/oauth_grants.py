"""The five ways to get a token."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable
from typing import Any

from docebo_connect.sandbox.credentials import HOST, PASSWORD
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.oauth_requests import Form
from docebo_connect.sandbox.refusals import OAuthRefusal
from docebo_connect.sandbox.store import Row, Store
from docebo_connect.sandbox.tokens import SUPERADMIN, issue

JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
Grant = Callable[[Exchange, Form, str], dict[str, Any]]


def authorization_code(exchange: Exchange, form: Form, client_id: str) -> dict[str, Any]:
    """A code is good once, for the redirect URI and the PKCE challenge it was made with."""
    store = exchange.store
    code = store.row("SELECT * FROM codes WHERE code = ? AND expires_at > ?", (_required(form, "code"), store.now()))
    if code is None:
        raise OAuthRefusal("invalid_grant", "Authorization code doesn't exist or is invalid for the client")
    if form.get("redirect_uri") != code["redirect_uri"]:
        raise OAuthRefusal("redirect_uri_mismatch", "The redirect URI is missing or do not match")
    if not _proves(form.get("code_verifier"), code):
        raise OAuthRefusal("invalid_grant", "The code verifier does not match the code challenge")
    store.execute("DELETE FROM codes WHERE code = ?", (code["code"],))
    return issue(store, code["user_id"], client_id, refreshable=True)


def _proves(verifier: str | None, code: Row) -> bool:
    """RFC 7636 section 4.6; a verifier without a challenge is refused too (RFC 9700 section 2.1.1)."""
    if code["challenge"] is None or verifier is None:
        return code["challenge"] is None and verifier is None
    proof = verifier.encode("utf-8", "replace")
    if code["challenge_method"] == "S256":
        proof = base64.urlsafe_b64encode(hashlib.sha256(proof).digest()).rstrip(b"=")
    return secrets.compare_digest(proof, code["challenge"].encode("utf-8", "replace"))


def client_credentials(exchange: Exchange, form: Form, client_id: str) -> dict[str, Any]:
    """The application itself; its token may do what a superadmin may [I]."""
    return issue(exchange.store, SUPERADMIN, client_id, refreshable=False)


def password(exchange: Exchange, form: Form, client_id: str) -> dict[str, Any]:
    """A user's name and password; in the sandbox all users share one password."""
    store = exchange.store
    user = _active_user(store, _required(form, "username"))
    given = _required(form, "password").encode("utf-8", "replace")
    if user is None or not secrets.compare_digest(given, PASSWORD.encode()):
        raise OAuthRefusal("invalid_grant", "Invalid username and password combination")
    return issue(store, user["id"], client_id, refreshable=True)


def refresh_token(exchange: Exchange, form: Form, client_id: str) -> dict[str, Any]:
    """A new pair of tokens; the old refresh token ends.

    Whether it does on the real platform is unknown; a client that keeps the new one is right either way [I]. A fault
    script can keep the old one good, with or without a new one beside it.
    """
    store, token = exchange.store, _required(form, "refresh_token")
    row = store.row(
        "SELECT user_id FROM tokens WHERE token = ? AND kind = 'refresh' AND expires_at > ?", (token, store.now())
    )
    if row is None:
        raise OAuthRefusal("invalid_grant", "Invalid refresh token")
    kept = exchange.incident.find("kept_refresh_token")
    if kept is None:
        # It is not forgotten: who comes with it again is known, and meets their own faults.
        store.execute("UPDATE tokens SET kind = 'used' WHERE token = ?", (token,))
    return issue(store, row["user_id"], client_id, refreshable=kept is None or kept.options["renewed"])


def jwt_bearer(exchange: Exchange, form: Form, client_id: str) -> dict[str, Any]:
    """An assertion signed with the application's private key, for the user it names."""
    try:
        from docebo_connect.sandbox.assertions import subject_of
    except ImportError as error:
        message = "This sandbox cannot verify assertions: the Python package cryptography is not installed"
        raise OAuthRefusal("unsupported_grant_type", message) from error
    store, address = exchange.store, exchange.request.headers.get("host", HOST)
    # Served on loopback, the sandbox is known to its clients by that address, with or without the port.
    hosts = frozenset({HOST, address, address.rpartition(":")[0]})
    user = _active_user(store, subject_of(store, _required(form, "assertion"), hosts))
    if user is None:
        raise OAuthRefusal("invalid_grant", "Invalid subject (sub): there is no such user")
    return issue(store, user["id"], client_id, refreshable=False)


def _required(form: Form, name: str) -> str:
    if not form.get(name):
        raise OAuthRefusal("invalid_request", f'Missing parameter: "{name}" is required')
    return form[name]


def _active_user(store: Store, username: str) -> Row | None:
    return store.row("SELECT id FROM users WHERE username = ? AND active = 1", (username,))


GRANTS: dict[str, Grant] = {
    "authorization_code": authorization_code,
    "client_credentials": client_credentials,
    "password": password,
    "refresh_token": refresh_token,
    JWT_BEARER: jwt_bearer,
}
