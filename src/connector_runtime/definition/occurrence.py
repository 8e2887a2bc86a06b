"""How a trigger tells its occurrences apart and orders them: whether it names fields that can. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from connector_runtime.definition.trigger import Trigger
from connector_runtime.schema import children
from connector_runtime.values import did_you_mean

Fault = tuple[str, str]
"""A JSON pointer into the file, and what is wrong there."""


def faults(trigger: Trigger) -> Iterator[Fault]:
    """What is wrong with a trigger's `identity` and `order`, whose fields every payload must have."""
    known = children(trigger.payload)
    named = [(f"/identity/{index}", name) for index, name in enumerate(trigger.identity)]
    named += [(f"/order/per/{index}", name) for index, name in enumerate(trigger.order.per)]
    for pointer, name in [*named, ("/order/by", trigger.order.by)]:
        if name not in known:
            yield pointer, f"the event has no field `{name}`{did_you_mean(name, known)}"
        elif name not in trigger.payload.get("required", []):
            yield pointer, f"`{name}` tells occurrences apart, so /payload/required must name it"
    if not trigger.identity:
        yield "/identity", "name at least one field"
    if known.get(trigger.order.by, {"type": "string"}).get("type") != "string":
        yield "/order/by", f"`{trigger.order.by}` is not a text, so no date-time either"
