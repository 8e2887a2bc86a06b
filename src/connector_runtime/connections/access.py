"""A kept connection's credentials: fresh for every request, renewed once for all who share them.

Whoever renews holds a lease in the store, so that of all tasks, sessions and processes one asks the platform and the
others wait for its answer. What it gets is kept by compare-and-swap before it is used: a platform that gives a new
refresh token with each answer may have ended the old one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from secrets import token_hex
from urllib.parse import urlsplit

from connector_runtime.connections.concealed import SHORTEST_SECRET
from connector_runtime.connections.grants import Code, refresh_request, token_request
from connector_runtime.connections.kept import Kept
from connector_runtime.connections.line import Budget, Ticket
from connector_runtime.connections.safe import Safe
from connector_runtime.connections.tokens import Tokens, tokens_in
from connector_runtime.definition.grammar import Identity
from connector_runtime.errors import ConnectorError, InvalidInput, Refused, Unauthorized, Unreachable
from connector_runtime.record import discreet
from connector_runtime.refusal import refused
from connector_runtime.values import Problem, Request, Response, Send

SKEW_S = 60
"""Tokens are renewed so long before they end: a request may be on its way for a while, and clocks differ."""

ASKING_S = 30
"""For how long a request for a token may wait for its turn, and again for its answer."""

LEASE_S = 4.5 * ASKING_S
"""For how long whoever renews is waited for: longer than he may take, or two would use one refresh token."""

POLL_S = 0.05
"""Between two looks whether another process has an answer."""

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
        return await self._asked(kept, request)

    async def again(self, kept: Kept) -> Tokens:
        """The next tokens: by the refresh token, or by signing in anew where nobody is needed for that."""
        grant = self._way.methods[kept.method].grant
        if kept.tokens is not None and kept.tokens.refresh is not None:
            request = refresh_request(self._way, kept.all_fields(), kept.tokens.refresh)
            try:
                return await self._asked(kept, request)
            except Refused as refusal:
                if grant not in ONCE_MORE or refusal.code != "sign_in_refused":
                    raise
        if grant not in ONCE_MORE:
            raise Unauthorized(Response(401), "the access has expired, and cannot be renewed", code="access_ended")
        return await self.first(replace(kept, tokens=None))  # a refresh token that was refused is not kept

    async def _asked(self, kept: Kept, request: Request) -> Tokens:
        turn = None if self._budget is None else await self._budget.turn(f"tokens of {kept.name}", ASKING_S)
        response: Response | None = None
        try:
            async with asyncio.timeout(ASKING_S):
                response = await self._send(request)
        except TimeoutError:
            raise Unreachable("the platform took too long to give a token") from None
        finally:
            if turn is not None:
                turn.answered(response)
        error = discreet(partial(refused, self._errors), response, _all_of(request, kept))
        if error is not None:
            raise _without_answer(error)
        return tokens_in(response, self._now(), kept.tokens)


class Access:
    """The credentials of one kept connection, for one session."""

    def __init__(
        self,
        safe: Safe,
        kept: Kept,
        sign_in: SignIn,
        scheme: str,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._safe, self._sign_in, self._scheme = safe, sign_in, scheme
        self._now, self._sleep = now, sleep
        self._owner = token_hex(8)
        self._renewal: asyncio.Task[None] | None = None
        self._take(kept)

    async def ready(self, patience_s: float) -> Ticket:
        """Credentials that are good for a while. Raises why there are none."""
        if self._ends_soon():
            await self._renewed(self._kept.version, patience_s)
        return self._ticket

    async def renewed(self, refused: Ticket) -> bool:
        """Whether there are others than these, which the platform has refused although their time has not come.

        False for a token that nobody can renew.
        """
        try:
            await self._renewed(refused.version, LEASE_S)
        except Unauthorized as wrong:
            if wrong.code != "access_ended":
                raise
            return False
        return True

    async def close(self) -> None:
        """Wait for a renewal that is on its way: what it brings would be lost."""
        if self._renewal is not None:
            await asyncio.wait({self._renewal})  # whoever is impatient with this does not end it

    async def _renewed(self, stale: int, patience_s: float) -> None:
        """Wait for tokens of another version than this. Whoever is interrupted or loses patience interrupts nobody."""
        if self._is_good(stale):
            return
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(stale))
        try:
            async with asyncio.timeout(max(0, patience_s)):
                await asyncio.shield(self._renewal)
        except TimeoutError:
            raise Unreachable("the platform has not renewed the access in time") from None
        except ConnectorError as wrong:  # each run writes on its own
            raise wrong.again() from None

    async def _renew(self, stale: int) -> None:
        """Get tokens of another version than this, by whomever they are renewed."""
        while True:
            self._take(self._still_there())
            if self._is_good(stale):
                return
            if self._safe.lease(self._kept, self._owner, self._now(), self._now() + LEASE_S):
                break
            await self._sleep(POLL_S)
        try:
            tokens = await self._sign_in.again(self._kept)
            swapped = self._safe.swap_tokens(self._kept, tokens)
        except BaseException:
            self._safe.release(self._kept.name, self._owner)
            raise
        # None: somebody has connected anew meanwhile, and what they have is newer.
        self._take(swapped or self._still_there())

    def _still_there(self) -> Kept:
        """The connection as it is kept now. Raises InvalidInput when its name stands for another by now: one platform's
        secrets do not go to another.
        """
        kept = self._safe.get(self._kept.name)
        if (kept.base_url, kept.method) != (self._kept.base_url, self._kept.method):
            words = f"{kept.name} was connected anew meanwhile, to another address or in another way"
            raise InvalidInput(
                [Problem("connection", words, "Connection")], fix="Begin again: a new session takes the new connection."
            )
        return kept

    def _is_good(self, stale: int) -> bool:
        return self._kept.version != stale and not self._ends_soon()

    def _ends_soon(self) -> bool:
        tokens = self._kept.tokens
        return tokens is None or (tokens.expires_at is not None and tokens.expires_at - SKEW_S <= self._now())

    def _take(self, kept: Kept) -> None:
        self._kept = kept
        access = "" if kept.tokens is None else kept.tokens.access
        self._ticket = Ticket(f"{self._scheme} {access}", secrets_of(kept), kept.version)


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


def _without_answer(error: ConnectorError) -> ConnectorError:
    """The error without the answer itself, whose headers may hold anything."""
    if isinstance(error, Refused):
        error.response = Response(error.response.status)
    return error
