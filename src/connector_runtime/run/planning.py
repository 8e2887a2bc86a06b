"""A plan: everything that a run would do, without its changes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError
from connector_runtime.handler import Call
from connector_runtime.inputs import as_given, check_inputs, secrets_in
from connector_runtime.record import Record, describe, without_secrets
from connector_runtime.refusal import refused
from connector_runtime.run.attempts import NO_RETRIES, Attempts
from connector_runtime.run.corridor import crashed, documented, in_words, told
from connector_runtime.run.course import Course
from connector_runtime.run.driving import drive
from connector_runtime.run.events import expected_events
from connector_runtime.run.forms import Forms
from connector_runtime.run.gate import CLOSED, Gate
from connector_runtime.run.progress import Page
from connector_runtime.run.settling import settle
from connector_runtime.run.watch import Watch
from connector_runtime.values import Json, Leave, Request, Response


@dataclass(kw_only=True)
class Plan:
    """What a run would do. `requests` were sent where `sent` is true; a change never is."""

    action: str
    connection: str
    input: dict[str, Json]
    requests: list[dict[str, Json]] = field(default_factory=list)
    events: list[dict[str, Json]] = field(default_factory=list)
    changes: str = "nothing: this action only reads"
    warnings: list[dict[str, str]] = field(default_factory=list)
    estimate: dict[str, Json] | None = None
    """For a read of all pages: how many `records` there are and how many `calls` they take, where the platform says."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """Texts that the plan's document may not show."""

    def document(self) -> dict[str, Json]:
        """The plan as hosts publish it."""
        whole = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "secrets"}
        return without_secrets(whole, self.secrets)  # type: ignore[no-any-return]


class _Stop(BaseException):
    """The first request that a plan must not send. No failure, so nothing that deals with failures may catch it."""


async def plan(
    connector: Connector,
    key: str,
    raw: Json,
    *,
    line: Line,
    connection: str,
    gate: Gate = CLOSED,
    all_pages: bool = False,
    forms: Forms | None = None,
) -> Plan:
    """Check the input, send the reads that come before the first change, and stop there.

    For an action that reads, the request is drafted and not sent; but with `all_pages` the first page is read, for the
    estimate. Leaves no record. Raises what the run would raise up to that point.
    """
    action, given = connector.action(key), as_given(raw)
    warnings = gate.check(action, connection)
    settled = await settle(forms, action, given)
    warnings += settled.warnings
    inputs = check_inputs(action, connector.handler(action), settled.given, settled.problems)
    whole = Plan(
        action=key,
        connection=connection,
        input={name: _shown(value) for name, value in inputs.items()},
        secrets=secrets_in(action, given),
    )
    record = Record.begin(
        action=key, version=connector.identity.version, connection=connection, given=given, secrets=whole.secrets
    )
    try:
        course = Course(action, inputs, record) if all_pages else None
        call = Call(action, connector.identity.wire, course.inputs_at(course.begin.place) if course else inputs)
        answer = await _walk(connector, call, record, whole, line, reads=all_pages)
        if course is not None:
            whole.estimate = _estimate(connector, call, course, answer)
    except ConnectorError as error:
        failure = told(connector, action, record, error)
        record.close(failure, 0)  # hides what is secret in its words
        raise failure from error
    except Exception as error:
        raise crashed(error) from error
    whole.events, whole.warnings = expected_events(call), warnings + call.warnings
    if action.kind != "read":
        whole.changes = f"{action.kind}: {in_words(action, inputs)}"
    return whole


async def _walk(
    connector: Connector, call: Call, record: Record, whole: Plan, line: Line, *, reads: bool = False
) -> Json:
    """Run the handler up to the first request that must not be sent, noting each request in the plan.

    `reads`: an action that only reads may send too; then this is what its handler returns.
    """
    looks = reads or call.action.kind != "read"
    attempts = Attempts(NO_RETRIES, record, line)

    async def leave() -> Leave:
        return Look(whole, attempts, looks)

    watch = Watch(record, lambda _: None, leave, lambda response: refused(connector.identity.errors, response))
    with suppress(_Stop):
        return await drive(connector.handler(call.action).run(call), watch)


class Look:
    """Leave to look at the platform: a request that must not be sent ends the plan."""

    secrets: frozenset[str] = frozenset()

    def __init__(self, whole: Plan, attempts: Attempts, looks: bool) -> None:
        self._whole, self._attempts, self._looks = whole, attempts, looks
        self._leave: Leave

    async def send(self, request: Request) -> Response:
        """Note the request, and send it if it may be sent."""
        sent = self._looks and not request.write
        self._whole.requests.append(describe(request) | {"sent": sent})
        if not sent:
            raise _Stop
        self._leave = await self._attempts.leave()
        self._whole.secrets |= self._leave.secrets
        return await self._leave.send(request)

    def discard(self) -> bool:
        """As for any request."""
        return self._leave.discard()

    def unused(self) -> None:
        """Nothing was taken."""


def _estimate(connector: Connector, call: Call, course: Course, answer: Json) -> dict[str, Json] | None:
    """What the first page says about the whole list."""
    output = documented(connector, call.action, call.inputs, answer, call.warnings)
    page = Page.of(course.paging, course.begin.place, output, [])
    course.turn(page)
    estimate = course.estimate(page)
    return None if estimate is None else asdict(estimate)


def _shown(value: Json) -> Json:
    """A checked input as JSON: date-times as ISO 8601 in UTC."""
    return value.isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
