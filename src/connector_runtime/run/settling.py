"""The platform's own fields of a run: names become IDs, and values are held to their types, before anything is drafted.

A run does not fail because the list of fields cannot be read: then what is given goes as it is, and the platform
judges it. Only a name stands for nothing without the list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connector_runtime.definition import Action
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.inputs.own_fields import is_number, settled
from connector_runtime.record import Record
from connector_runtime.run.attempts import Retries
from connector_runtime.run.forms import Forms
from connector_runtime.schema import JsonSchema, children
from connector_runtime.values import Json, Problem, pointer_to

ONE_TRY = Retries(most=1, deadline_s=5)
"""A check is not worth a wait."""

A_MOMENT_S = 10.0
"""What is wrong by a list that is older than this is held to a new one."""

UNCHECKED = "the platform's list of {} could not be read, so they went unchecked: {}"
BY_ID = "Or name each field by its ID, for which no list is needed."


@dataclass(frozen=True)
class Settled:
    """An input with its own fields under their IDs, what is wrong with them, and what could not be checked."""

    given: dict[str, Json] | InvalidInput
    problems: list[Problem] = field(default_factory=list)
    warnings: list[dict[str, str]] = field(default_factory=list)


async def settle(forms: Forms | None, action: Action, given: dict[str, Json] | InvalidInput) -> Settled:
    """The input of a run, settled. Raises ConnectorError where a field is named and the names cannot be read."""
    whole = Settled(given)
    if forms is None or isinstance(given, InvalidInput):
        return whole
    for name in _own(action):
        if isinstance(part := given.get(name), dict) and part:
            whole = await _settle(forms, action, name, part, whole)
    return whole


async def settle_for(
    forms: Forms | None, action: Action, given: dict[str, Json] | InvalidInput, record: Record
) -> Settled:
    """The same for a run, whose record then has the IDs: what it was given means the same after a field is renamed."""
    whole = await settle(forms, action, given)
    record.warnings += whole.warnings
    if isinstance(record.input, dict) and not isinstance(whole.given, InvalidInput) and not whole.problems:
        record.input = record.input | {name: whole.given[name] for name in _own(action) if name in record.input}
    return whole


def as_settled(action: Action, given: dict[str, Json] | InvalidInput, record: Record) -> dict[str, Json] | InvalidInput:
    """What a run that is taken up again was given, with the IDs that its record has of it."""
    if isinstance(given, InvalidInput) or not isinstance(record.input, dict):
        return given
    return given | {name: record.input[name] for name in _own(action) if name in record.input}


def _own(action: Action) -> list[str]:
    return [name for name, schema in children(action.input).items() if "x-dynamic-fields" in schema]


async def _settle(forms: Forms, action: Action, name: str, part: dict[str, Json], whole: Settled) -> Settled:
    assert isinstance(whole.given, dict)
    schema = children(action.input)[name]
    numbers = forms.ids_are_numbers(action, name)
    named = numbers and not all(map(is_number, part))
    try:
        known = await _known(forms, action, name, part, patient=named)
    except ConnectorError as wrong:
        if named:
            wrong.fix = f"{wrong.fix} {BY_ID}"
            raise
        warning = {"pointer": pointer_to([name]), "message": UNCHECKED.format(schema["title"], wrong)}
        return Settled(whole.given, whole.problems, [*whole.warnings, warning])
    values, problems = settled(known, name, part)
    return Settled({**whole.given, name: values}, whole.problems + problems, whole.warnings)


async def _known(forms: Forms, action: Action, name: str, part: dict[str, Json], *, patient: bool) -> JsonSchema:
    """All fields that the platform has; read anew before one that is not among them is called unknown."""
    retries = None if patient else ONE_TRY
    known = await forms.own_fields(action, name, {}, retries=retries)
    if settled(known, name, part)[1]:  # somebody may have added it, or an option, a moment ago
        known = await forms.own_fields(action, name, {}, retries=retries, age_s=A_MOMENT_S)
    return known
