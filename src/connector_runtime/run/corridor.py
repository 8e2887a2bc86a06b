"""The corridor: the one place that knows the order of the rooms."""

from __future__ import annotations

import logging
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import get_args

from connector_runtime.connections import Line
from connector_runtime.definition import Action, Connector
from connector_runtime.errors import ConnectorError, InvalidInput, NotNow, UnexpectedOutput, UnknownOutcome
from connector_runtime.inputs import as_given, check_inputs, declared_only, secrets_in
from connector_runtime.outputs import check_filters, read_output
from connector_runtime.record import Keep, Record
from connector_runtime.refusal import explained
from connector_runtime.run.asking import Asking
from connector_runtime.run.attempts import NO_RETRIES, Retries
from connector_runtime.run.chain import check_chain
from connector_runtime.run.forms import Forms
from connector_runtime.run.gate import CLOSED, Gate
from connector_runtime.run.settling import settle_for
from connector_runtime.schema import children, title_at
from connector_runtime.values import IfAlready, Inputs, Json, NotJson, Problem, pointer_to
from connector_runtime.wording import HOW_TO_REPORT

logger = logging.getLogger("connector_runtime")


async def run(
    connector: Connector,
    key: str,
    raw: Json,
    *,
    line: Line,
    connection: str,
    keep: Keep,
    gate: Gate = CLOSED,
    retries: Retries = NO_RETRIES,
    if_already: IfAlready | None = None,
    forms: Forms | None = None,
) -> Record:
    """Run one action or operation. Every run, good or bad, leaves exactly one record, which is returned.

    `keep` commits the record: once before anything is sent, then whenever the effect changes, and at the end.
    `if_already`: instead of what the action declares. `forms`: what knows the platform's own fields. Raises
    InvalidInput only when there is no such action, or when it has no such end.
    """
    action, given = connector.declared.get(key) or connector.action(key), as_given(raw)
    record = begun(connector, action, given, connection, if_already)
    return await carried_out(
        connector, action, given, record, line=line, keep=keep, gate=gate, retries=retries, forms=forms
    )


def begun(
    connector: Connector,
    action: Action,
    given: dict[str, Json] | InvalidInput,
    connection: str,
    if_already: IfAlready | None = None,
    *,
    platform: str = "",
) -> Record:
    """The record of a run that begins now; nobody has kept it yet. Raises InvalidInput for an end it cannot have."""
    if if_already is not None and action.if_already is None:
        words = f"{action.title} has no outcome that is already so"
        raise InvalidInput([Problem("if_already", words, "If already")], fix="Leave it out. Nothing was sent.")
    if if_already not in (None, *get_args(IfAlready)):
        raise InvalidInput([Problem("if_already", "must be `succeed` or `fail`", "If already")])
    return Record.begin(
        action=action.key,
        version=connector.identity.version,
        connection=connection,
        platform=platform,
        given=declared_only(action, given),
        if_already=None if action.if_already is None else if_already or action.if_already.default,
        secrets=secrets_in(action, given),
    )


async def carried_out(
    connector: Connector,
    action: Action,
    given: dict[str, Json] | InvalidInput,
    record: Record,
    *,
    line: Line,
    keep: Keep,
    gate: Gate,
    retries: Retries,
    lost: UnknownOutcome | None = None,
    on_its_way_s: float = 0,
    longest_chain: int | None = None,
    forms: Forms | None = None,
) -> Record:
    """Bring a run to its end. `lost`: a change was sent before, and what became of it is not known;
    for `on_its_way_s` it may still be on its way, and is not sent again. `longest_chain`:
    how many runs may have led to it; None for one that was let pass before.
    """
    with recorded(connector, action, record, keep):
        if longest_chain is not None:
            check_chain(record, longest_chain)
        record.warnings += gate.check(action, record.connection)
        whole = await settle_for(forms, action, given, record)
        inputs = check_inputs(action, connector.handler(action), whole.given, whole.problems)
        asking = Asking(connector, action, inputs, record, line=line, keep=keep, retries=retries)
        answer = await asking.answer(lost, on_its_way_s=on_its_way_s)
        record.output = documented(connector, action, inputs, answer, record.warnings)
    return record


@contextmanager
def recorded(connector: Connector, action: Action, record: Record, keep: Keep) -> Iterator[Record]:
    """The record of what happens in the block: committed before, closed after, whatever it was. Swallows errors."""
    keep(record)
    began = time.perf_counter()
    failure: ConnectorError | None = None
    try:
        yield record
    except ConnectorError as error:
        failure = told(connector, action, record, error)
    except Exception as error:
        failure = crashed(error)
    except GeneratorExit:
        if record.counts is None:  # else the reader of a stream has had enough
            failure = told(connector, action, record, _interrupted(record))
        raise
    except BaseException:
        failure = told(connector, action, record, _interrupted(record))
        raise
    finally:
        if failure is not None and failure.report:
            failure.fix += f" {HOW_TO_REPORT.format(run_id=record.run_id)}"
        record.close(failure, time.perf_counter() - began)
        keep(record)


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


def told(connector: Connector, action: Action, record: Record, error: ConnectorError) -> ConnectorError:
    """The error in its best words: those of the catalogue, with the input it is about, or what to look at."""
    error = explained(connector.identity.errors, error)
    known = children(action.input)
    error.pointer = error.pointer or pointer_to([name for name in error.about if name in known][:1])
    if isinstance(error, UnknownOutcome) and error.fix == UnknownOutcome.fix:
        what = in_words(action, record.document()["input"])
        error.fix = (
            f"Look whether this was done: {what}. `runs resume {record.run_id}` looks, and does only what is still to "
            "be done, where that can be told; or look on the platform, and run it again only if it was not."
        )
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
