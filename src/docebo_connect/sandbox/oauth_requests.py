"""What a client sends to the token endpoint: a form, multipart or JSON, its credentials inside or as HTTP Basic."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus

from docebo_connect.sandbox.credentials import CLIENT_ID, CLIENT_SECRET
from docebo_connect.sandbox.exchange import Exchange, read_json
from docebo_connect.sandbox.refusals import OAuthRefusal, Refusal

if TYPE_CHECKING:
    from python_multipart.multipart import Field

Form = dict[str, str]


def form_of(exchange: Exchange) -> Form:
    """The parameters of the body; those that are not text are left out, as no grant has any."""
    kind = exchange.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind == "application/json":
        return _json(exchange.body)
    if kind == "multipart/form-data":
        return _multipart(exchange)
    try:
        text = exchange.body.decode("utf-8")
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=1000))
    except ValueError as error:
        raise OAuthRefusal("invalid_request", "The request body cannot be read") from error


def _json(body: bytes) -> Form:
    try:
        content = read_json(body)
    except Refusal as refusal:
        raise OAuthRefusal("invalid_request", "The request body is not valid JSON") from refusal
    if not isinstance(content, dict):
        raise OAuthRefusal("invalid_request", "The request body must be a JSON object")
    return {key: value for key, value in content.items() if isinstance(value, str)}


def _multipart(exchange: Exchange) -> Form:
    from io import BytesIO

    from python_multipart import parse_form
    from python_multipart.exceptions import FormParserError

    form: Form = {}

    def keep(field: Field) -> None:
        name, value = field.field_name or b"", field.value or b""
        form[name.decode("utf-8", "replace")] = value.decode("utf-8", "replace")

    headers = {"Content-Type": exchange.headers["content-type"].encode("latin-1")}
    try:
        parse_form(headers, BytesIO(exchange.body), keep, lambda file: None)
    except (FormParserError, ValueError) as error:
        raise OAuthRefusal("invalid_request", "The request body cannot be read") from error
    return form


def client_of(exchange: Exchange, form: Form, *, optional: bool) -> str:
    """The client's id, once its secret is right; `optional` where something else proves who asks."""
    pair = _basic(exchange.headers.get("authorization", ""))
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
