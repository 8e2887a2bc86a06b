"""Which connection a request for a token belongs to: the one that the token is for, told before it is answered.

Such requests bring no access token. Their form says whom they are for, but for a signed assertion, which only the
grant itself reads.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.types import Message, Receive, Scope

from docebo_connect.sandbox.credentials import CLIENT_ID
from docebo_connect.sandbox.endpoints import LARGEST_BODY
from docebo_connect.sandbox.oauth_requests import Form, form_of
from docebo_connect.sandbox.refusals import OAuthRefusal
from docebo_connect.sandbox.store import Store
from docebo_connect.sandbox.tokens import SUPERADMIN, connection_for

PATH = "/oauth2/token"

OWNERS = {
    "refresh_token": ("refresh_token", "SELECT user_id FROM tokens WHERE token = ?"),
    "authorization_code": ("code", "SELECT user_id FROM codes WHERE code = ?"),
    "password": ("username", "SELECT id AS user_id FROM users WHERE username = ?"),
}
"""Name of a grant → the parameter that says whom it is for, and where that is looked up."""


async def overheard(scope: Scope, receive: Receive) -> tuple[Form, Receive]:
    """The form that a request brings, empty where it cannot be read, and what receives the request all the same."""
    messages: list[Message] = []
    size, more = 0, True
    while more and size <= LARGEST_BODY:
        messages.append(await receive())
        size += len(messages[-1].get("body", b""))
        more = messages[-1].get("more_body", False)
    whole = b"".join(message.get("body", b"") for message in messages)

    async def once() -> Message:
        return {"type": "http.request", "body": whole, "more_body": False}

    async def again() -> Message:
        return messages.pop(0) if messages else await receive()

    try:
        return {} if more else await form_of(Request(scope, once)), again
    except OAuthRefusal:  # as the platform will say
        return {}, again


def connection_asking(store: Store, form: Form) -> str | None:
    """The connection that will have the token; None where the form does not say, or names nobody who is there."""
    grant = form.get("grant_type")
    if grant == "client_credentials":
        return connection_for(CLIENT_ID, SUPERADMIN)
    if grant not in OWNERS:
        return None
    parameter, question = OWNERS[grant]
    row = store.row(question, (form.get(parameter),))
    return None if row is None else connection_for(CLIENT_ID, row["user_id"])
