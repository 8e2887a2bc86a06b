"""A handler's work, begun again where that is safe; and a change whose answer was lost, which is looked up.

Nothing is guessed: a change is sent again only when it is certain that it was not made.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from connector_runtime.connections import Line
from connector_runtime.definition import Action, Connector
from connector_runtime.errors import ConnectorError, NotNow, Refused, Unauthorized, UnexpectedOutput, UnknownOutcome
from connector_runtime.handler import Call
from connector_runtime.record import Keep, Record
from connector_runtime.refusal import explained, refused
from connector_runtime.run.attempts import NO_RETRIES, Attempts, Retries
from connector_runtime.run.driving import drive
from connector_runtime.run.events import expected_events
from connector_runtime.run.watch import Watch
from connector_runtime.values import Effect, Inputs, Json, Request, Response


class Asking:
    """One handler's work for one record. What is odd goes to `warnings`, requests to `notes`: else to the record's."""

    def __init__(
        self,
        connector: Connector,
        action: Action,
        inputs: Inputs,
        record: Record,
        *,
        line: Line,
        keep: Keep,
        retries: Retries = NO_RETRIES,
        warnings: list[dict[str, str]] | None = None,
        notes: list[dict[str, Json]] | None = None,
    ) -> None:
        self._connector, self._action, self._inputs, self._record = connector, action, inputs, record
        self._half = connector.handler(action)
        self._commit, self._notes = keep, notes
        self._warnings = record.warnings if warnings is None else warnings
        self._attempts = Attempts(retries, record, line)
        self._call = self._fresh_call()
        self._free_at: datetime | None = None
        """Until then, somebody may still be sending the change."""

    async def answer(self, lost: UnknownOutcome | None = None, *, on_its_way_s: float = 0) -> Json:
        """What the handler returns in the end. With a change that is `lost` already, it begins by looking for it; for
        `on_its_way_s` after it was sent, somebody may still be sending it, so that it is not sent again.

        A change that was made causes its events, however the rest of the run goes.
        """
        sent_at = self._record.last_sent_at or self._record.sent_at  # by somebody else
        if sent_at is not None and on_its_way_s:
            self._free_at = datetime.fromisoformat(sent_at) + timedelta(seconds=on_its_way_s)
        try:
            return await self._until_settled(lost)
        finally:
            self._warnings += self._call.warnings
            if self._record.effect == "done":
                self._record.events = expected_events(self._call)

    async def _until_settled(self, lost: UnknownOutcome | None) -> Json:
        unsettled = lost if self._record.effect == "unknown" else None
        while True:
            if unsettled is not None:
                lost = unsettled
                if await self._was_made_after_all(lost):
                    return self._recovered()
            self._call, watch = self._fresh_call(), self._watch(doubt=lost is not None)
            unsettled = None
            try:
                return await drive(self._half.run(self._call), watch)
            except UnknownOutcome as unknown:
                if watch.changed:  # another change of this attempt was made: the whole cannot be begun again
                    raise
                unsettled = unknown
            except Unauthorized:  # nothing was carried out since the look that showed that it was not made
                raise
            except Refused as refusal:
                if self._record.effect != "none":
                    raise
                is_so = self._is_already_so(refusal)
                if lost is not None and await self._is_refused_as_made(lost, is_so=is_so):
                    return self._recovered()
                if not is_so or self._record.if_already != "succeed":
                    raise
                return self._as_it_was(refusal)
            except NotNow as wrong:
                if self._record.effect != "none" or not await self._attempts.another(wrong):
                    raise

    async def finish(self) -> Json:
        """What there is to say of a change that was made for certain, and whose output was never read."""
        made = UnknownOutcome("the change was made")
        if self._half.applied is not None and await self._look(made):
            self._warnings += self._call.warnings
            self._record.events = expected_events(self._call)
            return self._recovered()
        raise UnexpectedOutput("the change was made, but the process ended before its answer was read", effect="done")

    async def _was_made_after_all(self, lost: UnknownOutcome) -> bool:
        """False only when the change was not there after a wait either: then it may be sent again.

        Raises `lost` where that cannot be told.
        """
        made, again = await self._look_twice(lost)
        if made is False and self._is_on_its_way():
            lost.message = f"{lost.message}; it is not there yet, and may still be on its way"
            raise lost
        if made is False and again:
            self._set("none")
            return False
        if not made:
            raise lost
        return True

    def _is_on_its_way(self) -> bool:
        return self._free_at is not None and datetime.now(UTC) < self._free_at

    async def _is_refused_as_made(self, lost: UnknownOutcome, *, is_so: bool) -> bool:
        """Whether a change that was lost before is refused since it has been made. Raises `lost` where nobody knows:
        also where the refusal says that it `is_so`, but no look has seen since when, so that one of them is late.
        """
        made, _ = await self._look_twice(lost)
        if made is None or (made is False and is_so and not self._call.saw_older):
            self._set("unknown")
            raise lost
        return made

    async def _look_twice(self, lost: UnknownOutcome) -> tuple[bool | None, bool]:
        """What was seen, and whether that was after a wait: what was still on its way is there by then."""
        made = await self._look(lost)
        if made is False and await self._attempts.another(lost):
            return await self._look(lost), True
        return made, False

    async def _look(self, lost: UnknownOutcome) -> bool | None:
        """What the handler's `applied` sees; None, with the reason added to `lost`, where it cannot look."""
        if self._half.applied is None:
            return None
        while True:
            try:
                seen: bool | None = await drive(
                    self._half.applied(self._call), Looking(self._watch(doubt=True), self._call, self._record)
                )
            except NotNow as wrong:
                if await self._attempts.another(wrong):
                    continue
                why = str(wrong)
            except ConnectorError as wrong:
                why = str(wrong)
            except Exception as wrong:  # that the change was sent matters more than what is wrong with the look
                why = type(wrong).__name__
            else:
                return seen
            lost.message = f"{lost.message}; whether it was made could not be looked up ({why})"
            return None

    def _is_already_so(self, refusal: Refused) -> bool:
        """Whether the platform refused as nothing is left to do."""
        if self._action.if_already is None:
            return False
        return explained(self._connector.identity.errors, refusal).code in self._action.if_already.codes

    def _as_it_was(self, refusal: Refused) -> Json:
        """What there is to say where nothing was changed: no more than that."""
        self._record.already = True
        self._warnings.append({"pointer": "", "message": f"nothing was changed: {refusal}"})
        return {}

    def _recovered(self) -> Json:
        self._set("done", recovered=True)
        return self._call.recovered

    def _set(self, effect: Effect, *, recovered: bool = False) -> None:
        """Commit what a look showed; what could not be committed has not been shown."""
        record = self._record
        before = record.effect, record.recovered
        record.effect, record.recovered = effect, recovered
        try:
            self._keep(record)
        except BaseException:
            record.effect, record.recovered = before
            raise

    def _keep(self, record: Record) -> None:
        """Commit the record. Before a change leaves, what it will cause is known with it: an event may be quicker than
        the answer.
        """
        if record.effect != "done":
            record.may_cause = expected_events(self._call) if record.effect == "unknown" else []
        self._commit(record)

    def _fresh_call(self) -> Call:
        return Call(self._action, self._connector.identity.wire, self._inputs)

    def _watch(self, *, doubt: bool = False) -> Watch:
        return Watch(
            self._record,
            self._keep,
            self._attempts.leave,
            self._meaning,
            reads=self._action.kind == "read",
            notes=self._notes,
            attempt=self._attempts.number,
            page=self._attempts.page,
            doubt=doubt,
        )

    def _meaning(self, response: Response) -> ConnectorError | None:
        return refused(self._connector.identity.errors, response)


class Looking:
    """A watch under which nothing is changed, and which hears what time it is on the platform."""

    def __init__(self, watch: Watch, call: Call, record: Record) -> None:
        self._watch, self._call = watch, call
        self._sent_at = datetime.fromisoformat(record.sent_at or record.started_at)

    async def send(self, request: Request) -> Response:
        """Answer a read."""
        if request.write:
            raise TypeError("`applied` may only read")
        asked_at = datetime.now(UTC)
        response = await self._watch.send(request)
        self._call.sent_at = _on_the_platform(self._sent_at, response, asked_at, datetime.now(UTC))
        return response

    def read(self) -> None:
        """Nothing depends on it."""

    def failed(self, error: Exception) -> None:
        """Nothing depends on it."""


def _on_the_platform(
    moment: datetime, response: Response, asked_at: datetime, answered_at: datetime
) -> tuple[datetime, datetime]:
    """Between which moments of the platform's clock one of ours lies, as far as an answer tells the time.

    It was told, to the second (RFC 9110, section 6.6.1), somewhere between the request and the answer.
    """
    try:
        told = parsedate_to_datetime(response.headers.get("date", ""))
        return moment + (told - answered_at), moment + (told - asked_at) + timedelta(seconds=1)
    except (TypeError, ValueError):
        return moment, moment
