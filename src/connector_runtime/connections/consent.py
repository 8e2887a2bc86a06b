"""Consent: where a person allows a connection, and what the browser brings back (RFC 6749, RFC 7636). Pure."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from connector_runtime.connections.extra import extra
from connector_runtime.definition.connection import Authentication
from connector_runtime.errors import InvalidInput, Unauthorized
from connector_runtime.values import Problem, Response

REASON_LENGTH = 300
"""What stands in an address can be anything; more than this is no reason."""


def new_verifier() -> str:
    """A secret of one consent: with it, who redeems the code proves to have asked for it. 86 characters."""
    return secrets.token_urlsafe(64)


def new_state() -> str:
    """A word that is sent along and must come back: an answer without it answers somebody else's question."""
    return secrets.token_urlsafe(32)


def consent_url(
    way: Authentication, base_url: str, fields: Mapping[str, str], redirect_uri: str, state: str, verifier: str
) -> str:
    """The address at which a person allows the connection; it holds no secret, but for the state.

    oauthlib would refuse http, which is right on loopback; whether an address may be used is judged where it is typed.
    """
    with extra("connections"):
        from oauthlib.oauth2 import WebApplicationClient
    challenge: str = WebApplicationClient("").create_code_challenge(verifier, "S256")
    assert way.authorize is not None, "a definition that has this grant says where"
    query = {
        "response_type": "code",
        "client_id": fields["client_id"],
        "redirect_uri": redirect_uri,
        "scope": way.scope or "",
        "state": state,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    return f"{base_url}{way.authorize}?{urlencode({name: value for name, value in query.items() if value})}"


def code_in(brought: str, state: str) -> str:
    """The code in what the browser brought back: the whole address, or its query alone.

    Raises InvalidInput when it does not answer this question, Unauthorized with the platform's reason when the answer
    is no. Neither has a word of the code or the state.
    """
    before, mark, after = brought.strip().partition("#")[0].partition("?")
    said = dict(parse_qsl(after if mark else before))
    if not secrets.compare_digest(_as_bytes(said.get("state", "")), _as_bytes(state)):
        raise _mismatch("this is no answer to what was just asked: it belongs to an earlier attempt, or to nobody's")
    if error := said.get("error"):
        raise _refusal(error, said.get("error_description", ""))
    if not (code := said.get("code")):
        raise _mismatch("there is no code in it")
    return code


def _refusal(error: str, description: str) -> Unauthorized:
    reason = re.sub(r"[^\x20-\x7e]+", " ", f"{description} ({error})" if description else error)[:REASON_LENGTH]
    if error == "access_denied":
        return Unauthorized(Response(0), f"the connection was not allowed: {reason}", code="consent_denied")
    return Unauthorized(Response(0), f"the platform did not ask: {reason}", code="consent_refused")


def _mismatch(words: str) -> InvalidInput:
    return InvalidInput([Problem("redirect", words, "Browser")], code="consent_mismatch")


def _as_bytes(text: str) -> bytes:
    return text.encode(errors="replace")
