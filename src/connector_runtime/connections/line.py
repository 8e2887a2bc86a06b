"""A connection's line to its platform: a request waits there for its turn, and gets the credentials of the moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from connector_runtime.values import Leave, Request, Response, Send

NOTED_S = 0.05
"""A shorter wait is not worth a word in the record."""

RENEWED = "the access had to be renewed"
"""Why a renewal was waited for."""

TOLD_S = 1.0
"""A shorter wait is not told to whoever watches."""


@dataclass(frozen=True)
class Ticket:
    """What a platform is shown: the value of the header Authorization, and of which version of the connection it is.

    `secrets` are texts that no record may show.
    """

    authorization: str = field(repr=False)
    secrets: frozenset[str] = field(repr=False)
    version: int


class Access(Protocol):
    """Where credentials come from."""

    def at_hand(self) -> Ticket | None:
        """Those that are good now; None where they have to be renewed first."""

    async def renew(self, patience_s: float) -> None:
        """Have good ones at hand; waits for so many seconds at most. Raises why there are none."""

    def discard(self, ticket: Ticket) -> bool:
        """Show these no more, which the platform has refused. Whether there is a way to others."""


class Turn(Protocol):
    """A place among the calls that a platform takes."""

    @property
    def waited(self) -> tuple[float, str] | None:
        """For how many seconds it has waited, and why."""

    def answered(self, response: Response | None) -> None:
        """The call has been answered, or will never be."""

    def unused(self) -> None:
        """Nothing was sent."""


class Budget(Protocol):
    """How many calls a platform takes."""

    async def turn(self, run: str, patience_s: float) -> Turn:
        """Wait for a call's turn. Raises RateLimited when it would come too late."""


class Line:
    """The way to a platform, for all runs of a session. Without `access` and `budget` a request leaves as it is.

    `send` sends a request, with an Authorization where there is one, and returns its answer.
    """

    def __init__(
        self,
        send: Send,
        *,
        access: Access | None = None,
        budget: Budget | None = None,
        secrets: frozenset[str] = frozenset(),
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._send, self._access, self._budget, self._now = send, access, budget, now
        self._free = Free(send, secrets)

    async def leave(self, run: str, left_s: Callable[[], float], note: Callable[[float, str], None]) -> Leave:
        """The leave to send one request of a run, which has so many seconds left to wait for it. `note` hears how long
        something was waited for, in seconds, and why: of a turn as far as that is worth a word, of a renewal always.

        Raises NotNow, or why there are no credentials; nothing was sent.
        """
        if self._access is None and self._budget is None:
            return self._free
        while True:
            if self._access is not None and self._access.at_hand() is None:
                began = self._now()
                try:
                    await self._access.renew(left_s())
                finally:
                    note(self._now() - began, RENEWED)
            turn = None if self._budget is None else await self._budget.turn(run, left_s())
            if turn is not None and turn.waited is not None:
                note(*turn.waited)
            ticket = None if self._access is None else self._access.at_hand()
            if self._access is None or ticket is not None:
                return Once(self._send, turn, self._access, ticket, self._free.secrets)
            if turn is not None:  # their time came while the turn was waited for
                turn.unused()


class Free:
    """Leave for any number of requests, at any time, as they are."""

    def __init__(self, send: Send, secrets: frozenset[str]) -> None:
        self._send = send
        self.secrets = secrets

    async def send(self, request: Request) -> Response:
        """Send a request."""
        return await self._send(request)

    def discard(self) -> bool:
        """There are no other credentials."""
        return False

    def unused(self) -> None:
        """Nothing was taken."""


class Once:
    """Leave for one request."""

    def __init__(
        self,
        send: Send,
        turn: Turn | None,
        access: Access | None,
        ticket: Ticket | None,
        secrets: frozenset[str],
    ) -> None:
        self._send, self._turn, self._access, self._ticket = send, turn, access, ticket
        self.secrets = secrets if ticket is None else secrets | ticket.secrets

    async def send(self, request: Request) -> Response:
        """Send the request; its place among the calls is free again some time after its answer."""
        response: Response | None = None
        try:
            shown: Any = () if self._ticket is None else (self._ticket.authorization,)
            response = await self._send(request, *shown)
            return response
        finally:
            if self._turn is not None:
                self._turn.answered(response)

    def discard(self) -> bool:
        """Show the credentials no more, which the platform has refused. Whether there is a way to others."""
        return self._access is not None and self._ticket is not None and self._access.discard(self._ticket)

    def unused(self) -> None:
        """Give the turn back: nothing will be sent."""
        if self._turn is not None:
            self._turn.unused()
