"""A connection's line to its platform: a request waits there for its turn, and gets the credentials of the moment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from connector_runtime.values import Leave, Request, Response, Send


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

    async def ready(self, patience_s: float) -> Ticket:
        """Those that are good now; waits for so many seconds at most. Raises why there are none."""

    async def renewed(self, refused: Ticket) -> bool:
        """Whether there are others than these, which the platform has refused."""


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
    ) -> None:
        self._send, self._access, self._budget = send, access, budget
        self._free = Free(send, secrets)

    async def leave(self, run: str, patience_s: float) -> Leave:
        """The leave to send one request of a run; waits for so many seconds at most until its turn comes.

        Raises NotNow, or why there are no credentials; nothing was sent.
        """
        if self._access is None and self._budget is None:
            return self._free
        turn = None if self._budget is None else await self._budget.turn(run, patience_s)
        try:
            ticket = None if self._access is None else await self._access.ready(patience_s)
        except BaseException:
            if turn is not None:
                turn.unused()
            raise
        return Once(self._send, turn, self._access, ticket, self._free.secrets)


class Free:
    """Leave for any number of requests, at any time, as they are."""

    waited = None

    def __init__(self, send: Send, secrets: frozenset[str]) -> None:
        self._send = send
        self.secrets = secrets

    async def send(self, request: Request) -> Response:
        """Send a request."""
        return await self._send(request)

    async def renewed(self) -> bool:
        """There are no others."""
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
        self.waited = None if turn is None else turn.waited
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

    async def renewed(self) -> bool:
        """Whether there are other credentials by now."""
        if self._access is None or self._ticket is None:
            return False
        return await self._access.renewed(self._ticket)

    def unused(self) -> None:
        """Give the turn back: nothing will be sent."""
        if self._turn is not None:
            self._turn.unused()
