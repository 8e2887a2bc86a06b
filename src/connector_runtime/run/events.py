"""The webhook events that a change will cause."""

from __future__ import annotations

from connector_runtime.handler import Call
from connector_runtime.values import Json


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
