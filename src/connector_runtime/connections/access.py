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

from connector_runtime.connections.kept import Kept
from connector_runtime.connections.line import TOLD_S, Ticket
from connector_runtime.connections.safe import Safe
from connector_runtime.connections.signin import SignIn, secrets_of
from connector_runtime.connections.tokens import Tokens
from connector_runtime.errors import ConnectorError, InvalidInput, NotNow, Unauthorized, Unreachable
from connector_runtime.values import Problem

logger = logging.getLogger("connector_runtime")

POLL_S = 0.05
"""Between two looks whether another process has an answer."""

KEEP_AGAIN_S = 0.5
"""Between two attempts to keep tokens that the disk did not take."""

LAST_TIMES = 20
"""How often that is tried once the session ends."""

REFUSED_S = 300
"""For how long a platform that refused to renew is not asked again: many refusals may lock a user out."""


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


def _heard(renewal: asyncio.Task[None]) -> None:
    """How a renewal ended is told to those who wait, and nobody need be waiting."""
    if not renewal.cancelled():
        renewal.exception()
