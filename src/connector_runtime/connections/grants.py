"""Requests for tokens, one for each grant (RFC 6749, RFC 7523). Pure: oauthlib builds, somebody else sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from connector_runtime.connections.assertions import assertion
from connector_runtime.connections.concealed import Concealed, Unpicklable
from connector_runtime.connections.extra import extra
from connector_runtime.definition.connection import GRANT_FIELDS, Authentication, Grant, Method
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import title_at
from connector_runtime.values import Problem, Request

Fields: TypeAlias = Mapping[str, str]
"""What somebody filled in, under the names of GRANT_FIELDS; secrets are among them."""

GRANT_TYPES: Mapping[Grant, str] = {
    "authorization_code": "authorization_code",
    "client_credentials": "client_credentials",
    "password": "password",
    "jwt_bearer": "urn:ietf:params:oauth:grant-type:jwt-bearer",  # RFC 7523, section 2.1
}
"""What each grant is called on the wire; `token` asks for nothing."""


@dataclass(frozen=True)
class Code(Unpicklable):
    """What a consent brought: the code, where it was sent to, and the verifier that goes with it."""

    code: str = field(repr=False)
    redirect_uri: str
    verifier: str = field(repr=False)


def token_request(
    way: Authentication, method: Method, fields: Fields, *, host: str, now: float, code: Code | None = None
) -> Request:
    """The request for a first token. The grant `token` has none: its token is in `fields`.

    `host` is the platform's, without scheme and port; `now` is in seconds since 1970; `code` is for
    `authorization_code`. Raises InvalidInput, by the fields' titles, for what is missing or cannot be sent.
    """
    problems = list(_faults(way, method.grant, fields))
    if problems:
        raise InvalidInput(problems)
    return _asking(way, GRANT_TYPES[method.grant], _parameters(way, method.grant, fields, host, now, code))


def refresh_request(way: Authentication, fields: Fields, refresh_token: str) -> Request:
    """The request for a new token instead of an old one, with the same scope as that."""
    own = {name: fields[name] for name in ("client_id", "client_secret") if name in fields}
    return _asking(way, "refresh_token", own | {"refresh_token": refresh_token})


def _parameters(
    way: Authentication, grant: Grant, fields: Fields, host: str, now: float, code: Code | None
) -> dict[str, str]:
    """What is asked with. Client ID and secret are among it: not every platform takes them as HTTP Basic."""
    scope = {"scope": way.scope or ""}
    if grant == "jwt_bearer":
        return scope | {"assertion": assertion(way, fields, host=host, now=now)}
    own = {name: fields[name] for name in GRANT_FIELDS[grant]}
    if grant != "authorization_code":
        return scope | own
    assert code is not None, "this grant begins with a code"  # and with it, the scope was said
    return own | {"code": code.code, "redirect_uri": code.redirect_uri, "code_verifier": code.verifier}


def _asking(way: Authentication, grant_type: str, parameters: dict[str, Any]) -> Request:
    with extra("connections"):
        from oauthlib.oauth2.rfc6749.parameters import prepare_token_request
    assert way.token is not None, "a definition that has this grant says where"
    body = prepare_token_request(grant_type, **parameters)
    return Request(method="POST", path=way.token, form=Concealed(parse_qsl(body, keep_blank_values=True)))


def _faults(way: Authentication, grant: Grant, fields: Fields) -> Iterator[Problem]:
    for name in GRANT_FIELDS[grant]:
        value, title = fields.get(name) or "", title_at(way.input, [name])
        if not value:
            yield Problem(name, "fill this in", title)
        elif any("\ud800" <= sign <= "\udfff" for sign in value):
            yield Problem(name, "there is half a character in it, which cannot be sent", title)
