"""Whether a run came to what its case tells: value by value, not only key by key."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from connector_runtime.definition import Case
from connector_runtime.record import Record
from connector_runtime.values import Json
from tests.casebook import hold_to

# Nothing else in the world of seed 1 depends on chance, on the moment or on an earlier test.
DRAWN = {("get_enrollments", "/data/cursor"), ("get_enrollments", "/enrollments/data/cursor")}
"""Action and JSON pointer of what is drawn anew in every run: there the JSON type is compared, not the value."""

KINDS = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}


def hold_to_every_value(case: Case, record: Record) -> None:
    """Assert that a record is what the case says, its output value by value."""
    if case.fails is None and record.error is None:
        found = list(differences(record.action, case.returns, record.output, whole=True))
        assert not found, "\n".join(found)
    hold_to(case, replace(record, output=case.returns))


def differences(action: str, told: Json, found: Json, *, whole: bool, at: str = "") -> Iterator[str]:
    """JSON pointers of the values that are not as told. Unless `whole`, an object may hold more than is told."""
    if _kind(told) != _kind(found):
        yield f"{at}: {told!r} is told, {found!r} was found"
    elif isinstance(told, dict):
        for key in sorted(told.keys() | (found.keys() if whole else set())):
            if key in told and key in found:
                yield from differences(action, told[key], found[key], whole=whole, at=f"{at}/{key}")
            else:
                yield f"{at}/{key}: is {'missing' if key in told else 'not told'}"
    elif isinstance(told, list):
        if len(told) != len(found):
            yield f"{at}: {len(told)} rows are told, {len(found)} were found"
        for index, (part, other) in enumerate(zip(told, found, strict=False)):
            yield from differences(action, part, other, whole=whole, at=f"{at}/{index}")
    elif told != found and (action, at) not in DRAWN:
        yield f"{at}: {told!r} is told, {found!r} was found"


def _kind(value: Json) -> str:
    """JSON's types: 1 is not true, but it is 1.0."""
    return "null" if value is None else KINDS[type(value)]
