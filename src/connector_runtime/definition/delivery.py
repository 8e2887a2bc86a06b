"""Deliveries of webhook events held to their declaration: the samples beside a trigger, and any payload. Pure.

A platform sends null where a field has nothing, so a payload is held to its schema without its nulls: what must not
be null is required.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any

from connector_runtime.definition.grammar import Identity
from connector_runtime.definition.trigger import DeliveryHabits, Trigger
from connector_runtime.values import Json, at, pointer_to
from connector_runtime.yamlfile import Document

Fault = tuple[str, str]
"""A JSON pointer, and what is wrong there."""


def sample_faults(trigger: Trigger, identity: Identity, sample: Document) -> list[str]:
    """What is wrong with one sample delivery, each with file:line:column."""
    if (habits := identity.deliveries) is None:
        return []
    found = [
        (pointer, f"a delivery has {what} at {pointer}")
        for pointer, what in ((habits.id, "an id"), (habits.event, "its event's id"))
        if at(sample.value, pointer) is None
    ]
    if (event := at(sample.value, habits.event)) not in (None, trigger.event):
        found.append((habits.event, f"this is a sample of {trigger.event}, not of {event}"))
    places = list(payload_pointers(habits, sample.value))
    if not places:
        ways = " or ".join(pointer for pointer in (habits.payload, habits.payloads) if pointer)
        found.append(("", f"a delivery has either a payload or several, at {ways}"))
    for place in places:
        found += [(place + pointer, said) for pointer, said in payload_faults(trigger, at(sample.value, place))]
        moment = at(sample.value, place + pointer_to([trigger.order.by]))
        if not _reads(moment, identity.wire.date_time):
            said = (
                f"orders the occurrences, so it is a date-time as connector.yaml writes it ({identity.wire.date_time})"
            )
            found.append((place + pointer_to([trigger.order.by]), said))
    return [sample.fault(*fault) for fault in found]


def payload_pointers(habits: DeliveryHabits, delivery: Json) -> Iterator[str]:
    """JSON pointers to the payloads of a delivery; none where it has neither one nor several, or both."""
    single = at(delivery, habits.payload)
    several = None if habits.payloads is None else at(delivery, habits.payloads)
    if single is not None and several is None:
        yield habits.payload
    elif single is None and isinstance(several, list):
        yield from (f"{habits.payloads}/{index}" for index in range(len(several)))


def payload_faults(trigger: Trigger, payload: Json) -> Iterator[Fault]:
    """What jsonschema finds wrong with a payload, by JSON pointer into it."""
    for error in _validator(trigger).iter_errors(_without_nulls(payload)):
        yield pointer_to(error.absolute_path), error.message


def _without_nulls(value: Json) -> Json:
    if isinstance(value, dict):
        return {key: _without_nulls(part) for key, part in value.items() if part is not None}
    return [_without_nulls(part) for part in value] if isinstance(value, list) else value


def _reads(moment: Json, form: str) -> bool:
    try:
        datetime.strptime(moment, form)
    except (TypeError, ValueError):
        return False
    return True


@lru_cache(maxsize=256)
def _validator(trigger: Trigger) -> Any:
    from jsonschema import Draft202012Validator  # a large import that a kept connector never needs

    Draft202012Validator.check_schema(trigger.payload)
    return Draft202012Validator(trigger.payload)
