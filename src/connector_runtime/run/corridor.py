"""The corridor: the one place that knows the order of the rooms."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from connector_runtime.definition import Action, Connector
from connector_runtime.errors import ConnectorError, InvalidInput, NotNow, Refused, UnexpectedOutput, UnknownOutcome
from connector_runtime.handler import Call
from connector_runtime.inputs import as_given, check_inputs, declared_only, secrets_in
from connector_runtime.outputs import check_filters, read_output
from connector_runtime.record import Keep, Record, Watch
from connector_runtime.refusal import explained, refused
from connector_runtime.run.gate import CLOSED, Gate
from connector_runtime.schema import title_at
from connector_runtime.values import Flow, Inputs, Json, NotJson, Request, Response, Send

logger = logging.getLogger("connector_runtime")


async def run(
    connector: Connector, key: str, raw: Json, *, send: Send, connection: str, keep: Keep, gate: Gate = CLOSED
) -> Record:
    """Run one action. Every run, good or bad, leaves exactly one record, which is returned.

    `keep` commits the record: once before anything is sent, then whenever the effect changes, and at the end.
    Raises InvalidInput only when there is no such action.
    """
    action = connector.action(key)
    given = as_given(raw)
    with recorded(connector, action, given, connection, keep) as record:
        record.warnings += gate.check(action, connection)
        inputs = check_inputs(action, connector.handler(action), given)
        answer = await ask(connector, action, inputs, record, send, keep, record.warnings)
        record.output = documented(connector, action, inputs, answer, record.warnings)
    return record


@contextmanager
def recorded(
    connector: Connector, action: Action, given: dict[str, Json] | InvalidInput, connection: str, keep: Keep
) -> Iterator[Record]:
    """The record of what happens in the block: committed before, closed after, whatever it was. Swallows errors."""
    record = Record.begin(
        action=action.key,
        version=connector.identity.version,
        connection=connection,
        given=declared_only(action, given),
        secrets=secrets_in(action, given),
    )
    keep(record)
    began = time.perf_counter()
    failure: ConnectorError | None = None
    try:
        yield record
    except ConnectorError as error:
        failure = told(connector, action, record, error)
    except Exception as error:
        failure = crashed(error)
    except GeneratorExit:  # the reader of a stream has had enough
        raise
    except BaseException:
        failure = told(connector, action, record, _interrupted(record))
        raise
    finally:
        record.close(failure, time.perf_counter() - began)
        keep(record)


async def ask(
    connector: Connector,
    action: Action,
    inputs: Inputs,
    record: Record,
    send: Send,
    keep: Keep,
    warnings: list[dict[str, str]],
    notes: list[dict[str, Json]] | None = None,
) -> Json:
    """Run the handler once, to what it returns; what is odd goes to `warnings`, its requests to `notes` or the record.

    A change that was made causes its events, however the rest of the run goes.
    """
    call = Call(action, connector.identity.wire, inputs)

    def meaning(response: Response) -> ConnectorError | None:
        return refused(connector.identity.errors, response)

    watch = Watch(record, keep, send, meaning, reads=action.kind == "read", notes=notes)
    try:
        return await drive(connector.handler(action).run(call), watch)
    finally:
        warnings += call.warnings
        if record.effect == "done":
            record.events = expected_events(call)


def documented(
    connector: Connector, action: Action, inputs: Inputs, answer: Json, warnings: list[dict[str, str]]
) -> Json:
    """What a handler returned, as the documented output; what is odd goes to `warnings`."""
    reading = read_output(action, answer, connector.identity.wire.no_value)
    warnings += reading.warnings
    if logger.isEnabledFor(logging.DEBUG) and reading.undocumented:
        logger.debug("%s: %d undocumented keys dropped", action.key, reading.undocumented)
    check_filters(action, inputs, reading.output)
    return reading.output


async def drive(flow: Flow, watch: Watch) -> Json:
    """Answer each request the handler yields until it returns. A refusal is raised at its `yield`."""
    answer: Response | ConnectorError | None = None
    while True:
        try:
            request: Request = _step(flow, answer)
        except StopIteration as end:
            watch.read()
            return end.value
        except Exception as error:
            watch.failed(error)
            raise
        watch.read()
        try:
            answer = await watch.send(request)
        except ConnectorError as error:
            answer = error


def _step(flow: Flow, answer: Response | ConnectorError | None) -> Any:
    """The handler's next request."""
    if answer is None:
        return next(flow)
    return flow.throw(answer) if isinstance(answer, ConnectorError) else flow.send(answer)


def expected_events(call: Call) -> list[dict[str, Json]]:
    """The events that the call, when it succeeds, will cause: those declared, and those its handler counted."""
    events: list[dict[str, Json]] = []
    for emit in call.action.emits:
        match = {name: call.inputs[key] for name, key in emit.match.items() if key in call.inputs}
        event: dict[str, Json] = {"event": emit.event, "status": "expected", "match": match, "count": 1}
        if emit.event in call.counted:
            continue
        if emit.when_input is None:
            events.append(event)
        elif call.inputs.get(emit.when_input):
            events.append(event | {"count": "one or more"})
    return events + call.expected


def told(connector: Connector, action: Action, record: Record, error: ConnectorError) -> ConnectorError:
    """The error in its best words: a refusal from the catalogue, an unknown outcome with what to look at."""
    if isinstance(error, Refused) and error.response.status < 300:  # read by the handler; others came explained
        return explained(connector.identity.errors, error)
    if isinstance(error, UnknownOutcome) and error.fix == UnknownOutcome.fix:
        what = in_words(action, record.document()["input"])
        error.fix = f"Look on the platform whether this was done: {what}. Run it again only if it was not."
    return error


def in_words(action: Action, inputs: Inputs | None) -> str:
    """`Open an account, with Owner ID 7`: what a write changes, by its natural key."""
    given = inputs or {}
    named = [f"{title_at(action.input, [key])} {given[key]}" for key in action.natural_key if key in given]
    return f"{action.title}, with {', '.join(named)}"


def crashed(error: Exception) -> UnexpectedOutput:
    """Whatever a handler or we did wrong, as a named error with its place; never a traceback."""
    if isinstance(error, NotJson):
        return UnexpectedOutput(f"the answer cannot be read ({error})")
    logger.debug("a run failed inside the connector", exc_info=error)
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}, line {frame.lineno}"
    named = UnexpectedOutput(f"the connector failed: {type(error).__name__} in {place}", code="internal")
    named.__cause__ = error
    return named


def _interrupted(record: Record) -> ConnectorError:
    if record.effect == "unknown":
        return UnknownOutcome("the run was interrupted after the change was sent", code="interrupted")
    return NotNow("the run was interrupted", code="interrupted")
