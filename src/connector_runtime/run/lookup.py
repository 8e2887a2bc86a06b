"""Whether a change whose answer was lost was made: the handler looks, and nothing is guessed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connector_runtime.errors import ConnectorError, NotNow, UnknownOutcome
from connector_runtime.handler import Call
from connector_runtime.record import Keep, Record, Watch
from connector_runtime.run.attempts import Attempts
from connector_runtime.run.driving import drive
from connector_runtime.values import Handler, Json, Request, Response


async def settled(
    half: Handler,
    call: Call,
    record: Record,
    keep: Keep,
    watching: Callable[[], Watch],
    lost: UnknownOutcome,
    attempts: Attempts,
) -> bool:
    """Whether the change was made. False only when it was not there after a wait either: then it may be sent again.

    Raises `lost` where that cannot be told.
    """
    made = await looked_up(half, call, record, watching, attempts, lost)
    if made is False and await attempts.another(lost):  # what was still on its way is there by then
        made = await looked_up(half, call, record, watching, attempts, lost)
        if made is False:
            record.effect = "none"
            keep(record)
            return False
    if not made:
        raise lost
    return True


async def looked_up(
    half: Handler, call: Call, record: Record, watching: Callable[[], Watch], attempts: Attempts, lost: UnknownOutcome
) -> bool | None:
    """What the handler's `applied` sees; None, with the reason added to `lost`, where it cannot look."""
    if half.applied is None:
        return None
    while True:
        try:
            made: bool | None = await drive(half.applied(call), Looking(watching(), call, record))
        except NotNow as wrong:
            if await attempts.another(wrong):
                continue
            why = str(wrong)
        except ConnectorError as wrong:
            why = str(wrong)
        except Exception as wrong:  # that the change was sent matters more than what is wrong with the look
            why = type(wrong).__name__
        else:
            return made
        lost.message = f"{lost.message}; whether it was made could not be looked up ({why})"
        return None


def recovered(call: Call, record: Record, keep: Keep) -> Json:
    """What a run returns whose change was made although its answer was lost."""
    record.effect, record.recovered = "done", True
    keep(record)
    return call.recovered


class Looking:
    """A watch under which nothing is changed, and which hears what time it is on the platform."""

    def __init__(self, watch: Watch, call: Call, record: Record) -> None:
        self._watch, self._call = watch, call
        self._began_at = datetime.fromisoformat(record.started_at)

    async def send(self, request: Request) -> Response:
        """Answer a read."""
        if request.write:
            raise TypeError("`applied` may only read")
        response = await self._watch.send(request)
        self._call.began_at = self._began_at + _ahead(response)
        return response

    def read(self) -> None:
        """Nothing depends on it."""

    def failed(self, error: Exception) -> None:
        """Nothing depends on it."""


def _ahead(response: Response) -> timedelta:
    """How far the platform's clock is ahead of ours, as its answer says (RFC 9110, section 6.6.1); else none."""
    try:
        told = parsedate_to_datetime(response.headers.get("date", ""))
        return told - datetime.now(UTC)
    except (TypeError, ValueError):
        return timedelta()
