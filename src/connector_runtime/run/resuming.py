"""A run taken up again that was left open, or whose outcome nobody knew."""

from __future__ import annotations

from typing import Any

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput, NotNow, Unauthorized, UnknownOutcome
from connector_runtime.inputs import NOT_RECORDED, as_given, check_inputs, secrets_in
from connector_runtime.record import HIDDEN, Keep, Record
from connector_runtime.run.asking import Asking
from connector_runtime.run.attempts import NO_RETRIES, Retries
from connector_runtime.run.corridor import carried_out, documented, recorded
from connector_runtime.run.forms import Forms
from connector_runtime.run.gate import CLOSED, Gate
from connector_runtime.run.settling import as_settled
from connector_runtime.values import Json, Problem, json_text

NO_CREDENTIALS = ("no_token", "key_unusable")
"""Codes of what kept a connection from having credentials, so that nothing was sent."""


def is_open(record: Record) -> bool:
    """Whether a kept run may be taken up again: it never ended, its moment was bad, the platform did not let the
    connection in, or its outcome is unknown.
    """
    failure = record.failure
    not_let_in = isinstance(failure, Unauthorized) or (failure is not None and failure.code in NO_CREDENTIALS)
    bad_moment = record.effect == "none" and (not_let_in or isinstance(failure, NotNow))
    return record.status == "running" or record.effect == "unknown" or bad_moment


async def resume(
    connector: Connector,
    record: Record,
    *,
    given: dict[str, Json] | InvalidInput | None = None,
    line: Line,
    keep: Keep,
    gate: Gate = CLOSED,
    retries: Retries = NO_RETRIES,
    forms: Forms | None = None,
    on_its_way_s: float = 0,
) -> Record:
    """Bring a run that is open to its end, in its own record. Nobody else may be working on it.

    A change that may have been sent is looked for before anything is sent; for `on_its_way_s` after it was sent, it is
    not sent again, as whoever sent it may still be about it. `given` is the same input once more, for a
    host that has it; else it is the record's. Raises InvalidInput for a run that cannot be taken up again.
    """
    _check(record, whole=given is not None)
    action = connector.declared.get(record.action) or connector.action(record.action)
    again = as_given(record.input) if given is None else given
    record.status, record.error, record.failure = "running", None, None
    record.secrets = secrets_in(action, again)
    again = as_settled(action, again, record)
    if record.effect == "done":
        with recorded(connector, action, record, keep):
            inputs = check_inputs(action, connector.handler(action), again)
            asking = Asking(connector, action, inputs, record, line=line, keep=keep, retries=retries)
            record.output = documented(connector, action, inputs, await asking.finish(), record.warnings)
        return record
    # What was sent was settled then: a field that is gone meanwhile must not keep the change from being looked for.
    forms = None if record.sent_at else forms
    lost = UnknownOutcome("the change was sent, but its answer was never read") if record.sent_at else None
    means: dict[str, Any] = {"line": line, "keep": keep, "gate": gate, "retries": retries, "forms": forms}
    return await carried_out(connector, action, again, record, **means, lost=lost, on_its_way_s=on_its_way_s)


def _check(record: Record, *, whole: bool) -> None:
    """`whole`: its input is there, whatever the record has of it."""
    if record.counts is not None:
        raise _cannot(record, "reads a list", f"Run it again with: --all-pages --after {record.run_id}")
    if not is_open(record):
        raise _cannot(record, f"has {record.status}", "Run the action anew, if that is what you want.")
    if not whole and any(hidden in json_text(record.input) for hidden in (HIDDEN, NOT_RECORDED)):
        raise _cannot(
            record, "had input that is not kept", "Look at the platform, and run it anew if the change was not made."
        )


def _cannot(record: Record, why: str, fix: str) -> InvalidInput:
    return InvalidInput(
        [Problem("run_id", f"run {record.run_id} {why}, so it cannot be taken up again", "ID")], fix=fix
    )
