"""What a client sends to the token endpoint: a form, multipart or JSON, its credentials inside or as HTTP Basic."""

from __future__ import annotations

import base64
import binascii
import secrets
from urllib.parse import unquote_plus

from starlette.exceptions import HTTPException
from starlette.requests import Request

from docebo_connect.sandbox.credentials import CLIENT_ID, CLIENT_SECRET
from docebo_connect.sandbox.exchange import Exchange, read_json
from docebo_connect.sandbox.refusals import OAuthRefusal, Refusal

Form = dict[str, str]


async def form_of(request: Request) -> Form:
    """The parameters of the body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _json(await request.body()) if kind == "application/json" else await _fields(request)


def _json(body: bytes) -> Form:
    """Members that are not text are left out, as no grant has any."""
    try:
        content = read_json(body)
    except Refusal as refusal:
        raise OAuthRefusal("invalid_request", "The request body is not valid JSON") from refusal
    if not isinstance(content, dict):
        raise OAuthRefusal("invalid_request", "The request body must be a JSON object")
    return {name: value for name, value in content.items() if isinstance(value, str)}


async def _fields(request: Request) -> Form:
    try:
        form = {name: str(value) for name, value in (await request.form(max_files=0)).items()}
        "".join(form.values()).encode()  # fails on lone surrogates, which a part in an odd charset may hold
    except (HTTPException, ValueError) as error:
        raise OAuthRefusal("invalid_request", "The request body cannot be read") from error
    return form


def client_of(exchange: Exchange, form: Form, *, optional: bool) -> str:
    """The client's id, once its secret is right; `optional` where something else proves who asks."""
    pair = _basic(exchange.request.headers.get("authorization", ""))
    if pair is None and optional and not form.get("client_id") and not form.get("client_secret"):
        return CLIENT_ID
    client_id, secret = pair or (form.get("client_id", ""), form.get("client_secret", ""))
    known = _same(client_id, CLIENT_ID) or _same(unquote_plus(client_id), CLIENT_ID)
    if not (known and (_same(secret, CLIENT_SECRET) or _same(unquote_plus(secret), CLIENT_SECRET))):
        headers = {} if pair is None else {"www-authenticate": 'Basic realm="Docebo"'}
        raise OAuthRefusal("invalid_client", "The client credentials are invalid", 401, headers)
    return CLIENT_ID


def _basic(header: str) -> tuple[str, str] | None:
    """User and password of HTTP Basic; a header that cannot be read counts as wrong credentials."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        user, _, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, ValueError):
        return "", ""
    return user, password


def _same(given: str, expected: str) -> bool:
    return secrets.compare_digest(given.encode("utf-8", "replace"), expected.encode())
