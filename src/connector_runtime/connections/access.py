"""A kept connection's credentials: fresh for every request, renewed once for all who share them.

Whoever renews does so alone, so that of all tasks, sessions and processes one asks the platform and the others wait for
its answer. What it gets is kept by compare-and-swap before it is used: a platform that gives a new refresh token with
each answer may have ended the old one.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

from connector_runtime.connections.concealed import SHORTEST_SECRET
from connector_runtime.connections.grants import Code, refresh_request, token_request
from connector_runtime.connections.kept import Kept
from connector_runtime.connections.line import TOLD_S, Budget, Ticket
from connector_runtime.connections.safe import Safe
from connector_runtime.connections.tokens import Tokens, tokens_in
from connector_runtime.definition.grammar import Identity
from connector_runtime.errors import ConnectorError, InvalidInput, NotNow, Refused, Unauthorized, Unreachable
from connector_runtime.record import discreet
from connector_runtime.refusal import refused
from connector_runtime.values import NotJson, Problem, Request, Response, Send

logger = logging.getLogger("connector_runtime")

TURN_S = 60
"""For how long a request for a token may wait for its turn."""

POLL_S = 0.05
"""Between two looks whether another process has an answer."""

KEEP_AGAIN_S = 0.5
"""Between two attempts to keep tokens that the disk did not take."""

LAST_TIMES = 20
"""How often that is tried once the session ends."""

REFUSED_S = 300
"""For how long a platform that refused to renew is not asked again: many refusals may lock a user out."""

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


class Access:
    """The credentials of one kept connection, for one session. `tell` hears of long waits, in words."""

    def __init__(
        self,
        safe: Safe,
        kept: Kept,
        sign_in: SignIn,
        scheme: str,
        *,
        tell: Callable[[str], None] | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._safe, self._sign_in, self._scheme, self._tell = safe, sign_in, scheme, tell
        self._now, self._sleep = now, sleep
        self._discarded: int | None = None
        """The version whose tokens the platform has refused although their time had not come."""
        self._refusal: tuple[int, float, ConnectorError] | None = None
        """The version that the platform refused to renew, until when it is not asked again, and what it said."""
        self._renewal: asyncio.Task[None] | None = None
        self._unkept: ConnectorError | None = None
        """Why tokens that have come cannot be kept at present."""
        self._closing = False
        self._take(kept)

    def at_hand(self) -> Ticket | None:
        """Credentials that are good for a while; None where they have to be renewed first."""
        tokens = self._kept.tokens
        over = tokens is None or (tokens.renew_at is not None and tokens.renew_at <= self._now())
        return None if over or self._kept.version == self._discarded else self._ticket

    async def renew(self, patience_s: float) -> None:
        """Have good credentials at hand, by whomever they are renewed; waits for so many seconds at most.

        Raises why there are none. Whoever is interrupted or loses patience interrupts nobody.
        """
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(_heard)
        try:
            async with asyncio.timeout(max(0, patience_s)):
                await asyncio.shield(self._renewal)
        except TimeoutError:
            if self._unkept is not None:
                raise NotNow(f"the access is renewed, but cannot be kept: {self._unkept}", code="not_kept") from None
            raise Unreachable("the platform has not renewed the access in time") from None
        except ConnectorError as wrong:  # each run writes on its own
            raise wrong.again() from None

    def discard(self, ticket: Ticket) -> bool:
        """Show these credentials no more, which the platform has refused. False where there is no way to others, so
        that they are all there is.
        """
        if ticket.version != self._kept.version:
            return True
        if not self._sign_in.can_renew(self._kept):
            return False
        self._discarded = ticket.version
        return True

    async def close(self) -> None:
        """Wait for a renewal that is on its way: what it brings would be lost."""
        self._closing = True
        if self._renewal is not None:
            await asyncio.wait({self._renewal})  # whoever is impatient with this does not end it

    async def _renew(self) -> None:
        """Take good tokens from whoever has renewed them, or renew them alone."""
        told = asyncio.get_running_loop().call_later(TOLD_S, self._say, "Waiting for access to be renewed.")
        try:
            while not self._took_good():
                with self._safe.alone(self._kept) as mine:
                    if self._closing:  # nobody needs them any more
                        raise Unreachable("the session has ended before the access was renewed")
                    if mine and not self._took_good():  # who was alone until now may have left something
                        await self._ask()
                    if mine:
                        return
                await self._sleep(POLL_S)
        finally:
            told.cancel()

    async def _ask(self) -> None:
        self._check_refusal()
        self._safe.check_key(self._kept.name)
        try:
            tokens = await self._sign_in.again(self._kept)
        except Unauthorized as refusal:
            if refusal.code != "access_ended":
                until = self._now() + REFUSED_S
                self._refusal = (self._kept.version, until, refusal.again())
                with suppress(NotNow):  # the refusal is what matters; this session knows of it anyhow
                    self._safe.refuse(self._kept, refusal, until)
            raise
        swapped = await self._kept_with(tokens)
        # None: somebody has connected anew meanwhile, and what they have is newer.
        self._take(swapped or self._still_there())

    async def _kept_with(self, tokens: Tokens) -> Kept | None:
        """Keep tokens, however often that has to be tried: there may be no others. Until then nobody else renews."""
        left = LAST_TIMES
        try:
            while True:
                try:
                    return self._safe.swap_tokens(self._kept, tokens)
                except (NotNow, InvalidInput) as wrong:  # the disk is full, or the key has gone
                    if self._unkept is None:
                        self._say(f"The access is renewed, but cannot be kept; it is tried again: {wrong}")
                    self._unkept = wrong
                    if self._closing and (left := left - 1) < 0:
                        raise
                await self._sleep(KEEP_AGAIN_S)
        except BaseException:
            logger.error("the renewed access of %s is lost: %s", self._kept.name, self._unkept or "it was interrupted")
            raise
        finally:
            self._unkept = None

    def _check_refusal(self) -> None:
        """Raises what the platform said to these tokens a moment ago."""
        known = self._safe.refusal(self._kept)
        if known is None and self._refusal is not None and self._refusal[0] == self._kept.version:
            known = self._refusal[1:]
        if known is not None and 0 < (left_s := known[0] - self._now()) <= REFUSED_S:
            refusal = known[1].again()
            refusal.say(f"{refusal.message}; it is asked again in {left_s:.0f} seconds, or by a test of the connection")
            raise refusal

    def _took_good(self) -> bool:
        """Whether good tokens are kept by now."""
        self._take(self._still_there())
        return self.at_hand() is not None

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

    def _take(self, kept: Kept) -> None:
        self._kept = kept
        access = "" if kept.tokens is None else kept.tokens.access
        self._ticket = Ticket(f"{self._scheme} {access}", secrets_of(kept), kept.version)

    def _say(self, words: str) -> None:
        if self._tell is not None:
            with suppress(Exception):  # nobody who listens may stop those who wait
                self._tell(words)


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


def _heard(renewal: asyncio.Task[None]) -> None:
    """How a renewal ended is told to those who wait, and nobody need be waiting."""
    if not renewal.cancelled():
        renewal.exception()


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
