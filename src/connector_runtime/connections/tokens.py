"""Tokens, and how they stand in the answer of a token endpoint. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, TypeGuard

from connector_runtime.connections.concealed import Unpicklable
from connector_runtime.connections.extra import extra
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.values import Json, NotJson, Response

AHEAD_S = 60
"""Tokens are renewed so long before they end: a request may be on its way for a while, and clocks differ. Those that
live for less than twice as long are renewed at half time.
"""

LONGEST_S = 10 * 365 * 24 * 3600
"""No access lasts longer, whatever an answer says."""


@dataclass(frozen=True)
class Tokens(Unpicklable):
    """What access was given; no `refresh`, no renewal. `renew_at` is when it is to be renewed, ahead of its end, in
    seconds since 1970; None where nobody said when it ends.
    """

    access: str = field(repr=False)
    refresh: str | None = field(default=None, repr=False)
    renew_at: float | None = None

    def as_document(self) -> dict[str, Json]:
        """As they are sealed."""
        return {"access": self.access, "refresh": self.refresh, "renew_at": self.renew_at}

    @classmethod
    def from_document(cls, document: dict[str, Json]) -> Tokens:
        """As they were sealed."""
        return cls(document["access"], document["refresh"], document.get("renew_at"))


def tokens_in(response: Response, now: float, kept: Tokens | None = None) -> Tokens:
    """The tokens in an accepted answer (2xx), which came at `now`, in seconds since 1970.

    Where it brings no refresh token, the one that was kept stays good (RFC 6749, section 6). Raises UnexpectedOutput,
    without a word of the answer, when there is no token in it.
    """
    said = _parsed(response)
    access, refresh, lifetime_s = (said.get(name) for name in ("access_token", "refresh_token", "expires_in"))
    if not _is_token(access):
        raise UnexpectedOutput("the token endpoint's answer has no access token", code="no_token")
    if not _is_token(refresh):
        refresh = None if kept is None else kept.refresh
    if lifetime_s is None or lifetime_s <= 0:  # what has ended when it comes was not meant to say when it ends
        return Tokens(access, refresh)
    lifetime_s = min(lifetime_s, LONGEST_S)
    return Tokens(access, refresh, now + lifetime_s - min(AHEAD_S, lifetime_s / 2))


def _is_token(said: Any) -> TypeGuard[str]:
    """RFC 6749, appendices A.12 and A.17: what can stand in a header and in a form."""
    return isinstance(said, str) and said != "" and said.isascii() and said.isprintable()


def _parsed(response: Response) -> dict[str, Any]:
    """What oauthlib reads in the answer; nothing where it reads nothing."""
    with extra("connections"):
        from oauthlib.oauth2 import WebApplicationClient
    try:
        parsed: dict[str, Any] = WebApplicationClient("").parse_request_body_response(response.content.decode())
    except Exception:  # it raises whatever an odd answer makes it stumble on, and some of that quotes the answer
        return _plain(response)
    return parsed


def _plain(response: Response) -> dict[str, Any]:
    """The tokens alone, where oauthlib stumbles on what stands beside them: a refresh token that was exchanged may be
    good once, so that one that is there is not thrown away.
    """
    try:
        said = response.json
    except NotJson:
        return {}
    if not isinstance(said, dict) or "error" in said:
        return {}
    return {name: said.get(name) for name in ("access_token", "refresh_token")}
