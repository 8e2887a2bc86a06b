"""What is sent for a run, watched: each change of its effect is committed before it matters."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from connector_runtime.errors import (
    ConnectorError,
    InvalidInput,
    Refused,
    Unauthorized,
    UnexpectedOutput,
    UnknownOutcome,
    Unreachable,
)
from connector_runtime.record import Keep, Record, describe, discreet
from connector_runtime.steps import Step
from connector_runtime.values import Effect, Json, Leave, NotJson, Request, Response, as_text


class Watch:
    """The transport, watched: every request noted, every change of the effect committed before it matters."""

    def __init__(
        self,
        record: Record,
        keep: Keep,
        leave: Callable[[], Awaitable[Leave]],
        refusal_of: Callable[[Response], ConnectorError | None],
        *,
        reads: bool = False,
        notes: list[dict[str, Json]] | None = None,
        attempt: int = 1,
        page: int = 1,
        doubt: bool = False,
    ) -> None:
        """`reads`: no change is to follow, so what an accepted answer says is left to whoever reads it. `notes`: where
        requests are noted, if not in the record. `attempt`: the number of this one, `page` that of the page. `doubt`:
        the same change was sent before, and its answer was lost.
        """
        self._doubt = doubt
        self._attempt, self._page = attempt, page
        self._record = record
        self._notes = record.requests if notes is None else notes
        self._keep = keep
        self._leave = leave
        self._refusal_of = refusal_of
        self._reads = reads
        self._effects: list[Effect] = []
        self._answered = False  # whether the last write has a 2xx whose meaning the handler has yet to read

    async def send(self, request: Request) -> Response:
        """Send one request, and once more where the platform accepts its credentials no longer but there is a way to
        others. Raises what the answer, or its absence, means.
        """
        leave = await self._leave()
        try:
            return await self._sent(request, leave)
        except Unauthorized:  # so it was not carried out
            if not leave.discard():
                raise
        return await self._sent(request, await self._leave())

    async def _sent(self, request: Request, leave: Leave) -> Response:
        note = describe(request) | {"status": None, "attempt": self._attempt, "duration_s": None}
        self._notes.append(note)
        if request.write:
            try:
                self._effects.append("none")
                self._record.last_sent_at = as_text(datetime.now(UTC))
                self._record.sent_at = self._record.sent_at or self._record.last_sent_at
                self._commit("unknown")
            except BaseException:
                leave.unused()
                raise
        began, began_at = time.perf_counter(), time.time()
        try:
            response: Response = await leave.send(request)
            note["status"] = response.status
        except (Unreachable, InvalidInput) as lost:  # the latter: the connection may not go there
            if request.write and lost.effect != "none":
                raise UnknownOutcome(f"the change was sent, but no answer came: {lost}") from lost
            lost.effect = "none"
            self._commit("none", request.write)
            raise
        except Exception as wrong:
            if request.write:
                named = wrong if isinstance(wrong, ConnectorError) else type(wrong).__name__  # others may name secrets
                raise UnknownOutcome(f"the change may have been sent ({named})") from wrong
            raise
        finally:
            note["duration_s"] = round(time.perf_counter() - began, 6)
            self._record.steps.add(self._step(note, began_at))
        self._judge(request, response)
        return response

    def _step(self, note: dict[str, Json], began_at: float) -> Step:
        told = {name: note[name] for name in ("method", "path", "status", "attempt")}
        return Step(kind="request", page=self._page, began_at=began_at, seconds=note["duration_s"], **told)

    @property
    def changed(self) -> bool:
        """Whether one of the changes sent under this watch was made for certain."""
        return "done" in self._effects

    def read(self) -> None:
        """The handler has read the last answer and found no refusal in it."""
        self._settle("done")

    def failed(self, error: Exception) -> None:
        """The handler has read the last answer as this error: a refusal, or a change that it saw, or neither."""
        if isinstance(error, Refused):
            self._settle("none")
        else:
            self._settle("done" if getattr(error, "effect", None) == "done" else "unknown")

    def _settle(self, effect: Effect) -> None:
        if self._answered:
            self._answered = False
            self._commit(effect)

    def _judge(self, request: Request, response: Response) -> None:
        error = discreet(self._refusal_of, response, self._record.secrets)
        if error is not None:
            # An accepted answer that speaks of an expiry may have been given after the change: whoever wrote it is not
            # known as well as a 401 is.
            if request.write and (response.status >= 500 or response.status < 300):
                raise UnknownOutcome(f"the change was sent, but {error}") from error
            self._commit("none", request.write)
            raise error
        if not self._reads:
            _check_readable(request, response)
        self._answered = request.write

    def _commit(self, effect: Effect, write: bool = True) -> None:
        """The last write's effect, and with it the run's: unknown outweighs done, done outweighs none."""
        if not write:
            return
        before, known = self._record.effect, [*self._effects[:-1], effect]
        self._record.effect = "unknown" if "unknown" in known else "done" if "done" in known else "none"
        if self._record.effect == "none" and not self._doubt:
            self._record.sent_at = self._record.last_sent_at = None
        try:
            self._keep(self._record)
        except BaseException:  # what could not be committed has not happened
            self._record.effect = before
            raise
        self._effects = known


def _check_readable(request: Request, response: Response) -> None:
    try:
        _ = response.json
    except NotJson as wrong:
        if request.write:
            raise UnknownOutcome(f"the change was sent, but its answer cannot be read ({wrong})") from wrong
        raise UnexpectedOutput(f"the answer cannot be read ({wrong})") from wrong
