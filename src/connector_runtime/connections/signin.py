"""How a connection signs in: its first tokens, and the next ones, from the platform's token endpoint."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from connector_runtime.connections.concealed import SHORTEST_SECRET
from connector_runtime.connections.grants import Code, refresh_request, token_request
from connector_runtime.connections.kept import Kept
from connector_runtime.connections.line import Budget
from connector_runtime.connections.tokens import Tokens, tokens_in
from connector_runtime.definition.grammar import Identity
from connector_runtime.errors import ConnectorError, Refused, Unauthorized
from connector_runtime.record import discreet
from connector_runtime.refusal import refused
from connector_runtime.values import NotJson, Request, Response, Send

TURN_S = 60
"""For how long a request for a token may wait for its turn."""

PUBLIC_PARAMETERS = ("grant_type", "scope", "client_id", "redirect_uri", "username")
"""What of a request for tokens may be repeated."""

ONCE_MORE = ("client_credentials", "password", "jwt_bearer")
"""Grants by which a connection can sign in anew by itself."""


class SignIn:
    """How a connection asks for tokens."""

    def __init__(
        self, identity: Identity, send: Send, budget: Budget | None, *, now: Callable[[], float] = time.time
    ) -> None:
        self._way, self._errors = identity.connection.authentication, identity.errors
        self._send, self._budget, self._now = send, budget, now

    async def first(self, kept: Kept, code: Code | None = None) -> Tokens:
        """The first tokens, by what somebody has filled in. Raises what the platform says against it."""
        method = self._way.methods[kept.method]
        if method.grant == "token":
            return Tokens(access=kept.secrets["token"])
        request = token_request(self._way, method, kept.all_fields(), host=host_of(kept), now=self._now(), code=code)
        return self._read(kept, request, await self._answer(kept, request))

    def can_renew(self, kept: Kept) -> bool:
        """Whether there is a way to other tokens without a person."""
        return self._signs_in_alone(kept) or (kept.tokens is not None and kept.tokens.refresh is not None)

    async def again(self, kept: Kept) -> Tokens:
        """The next tokens: by the refresh token, or by signing in anew where nobody is needed for that. Raises
        Unauthorized where the platform refuses, and where there is no way.
        """
        if kept.tokens is not None and kept.tokens.refresh is not None:
            request = refresh_request(self._way, kept.all_fields(), kept.tokens.refresh)
            response = await self._answer(kept, request)
            if not (self._signs_in_alone(kept) and _has_ended(response)):
                return self._read(kept, request, response)
        if not self._signs_in_alone(kept):
            raise Unauthorized(Response(401), "the access has expired, and cannot be renewed", code="access_ended")
        return await self.first(replace(kept, tokens=None))  # a refresh token that was refused is not kept

    def _signs_in_alone(self, kept: Kept) -> bool:
        return self._way.methods[kept.method].grant in ONCE_MORE

    async def _answer(self, kept: Kept, request: Request) -> Response:
        turn = None if self._budget is None else await self._budget.turn(f"tokens of {kept.name}", TURN_S)
        response: Response | None = None
        try:
            response = await self._send(request)
            return response
        finally:
            if turn is not None:
                turn.answered(response)

    def _read(self, kept: Kept, request: Request, response: Response) -> Tokens:
        error = discreet(partial(refused, self._errors), response, _all_of(request, kept))
        if error is not None:
            raise _as_unauthorized(error)
        return tokens_in(response, self._now(), kept.tokens)


def secrets_of(kept: Kept) -> frozenset[str]:
    """The texts of a connection that no record may show."""
    return frozenset(each for each in _all_secrets(kept) if len(each) >= SHORTEST_SECRET)


def host_of(kept: Kept) -> str:
    """The platform's host, without scheme and port."""
    return urlsplit(kept.base_url).hostname or ""


def _all_secrets(kept: Kept) -> list[str]:
    tokens = () if kept.tokens is None else (kept.tokens.access, kept.tokens.refresh or "")
    return [each for each in (*kept.secrets.values(), *tokens) if each]


def _all_of(request: Request, kept: Kept) -> frozenset[str]:
    """What a platform may repeat of a request for tokens, and nobody may show."""
    sent = (value for name, value in (request.form or {}).items() if name not in PUBLIC_PARAMETERS and value)
    return frozenset([*_all_secrets(kept), *sent])


def _has_ended(response: Response) -> bool:
    """Whether a refresh token is refused as one that is good no more (RFC 6749, section 5.2)."""
    try:
        return response.status >= 400 and response.at("/error") == "invalid_grant"
    except NotJson:
        return False


def _as_unauthorized(error: ConnectorError) -> ConnectorError:
    """A refusal as what it is here, whatever its status, without the answer itself: its headers may hold anything."""
    if not isinstance(error, Refused):
        return error
    refusal = Unauthorized(Response(error.response.status), error.message, code=error.code, fix=error.fix)
    refusal.whose, refusal.about, refusal.report, refusal.explained = error.whose, error.about, error.report, True
    return refusal
