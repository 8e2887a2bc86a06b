"""The events that a run expects to follow."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.definition.grammar import Emit, RequestTemplate
from connector_runtime.handler import Call, Flow
from connector_runtime.values import Json
from tests.connector_runtime.workshop import answer, declared, handler, housed, perform


def emitting(*emits: Emit) -> Any:
    return declared(
        input={"properties": {"id": {"title": "ID", "type": "integer"}, "told": {"title": "Told", "type": "boolean"}}},
        kind="create",
        request=RequestTemplate(method="POST", path="/x"),
        natural_key=["id"],
        emits=list(emits),
    )


def counting(call: Call) -> Flow:
    call.expect("made", {"id": 9}, exactly=2)
    yield call.request()
    return {}


MADE = {"event": "made", "status": "expected"}


@pytest.mark.parametrize(
    ("emit", "raw", "run", "events"),
    [
        (Emit(event="made", match={"id": "id"}), {"id": 7}, None, [{**MADE, "match": {"id": 7}, "count": 1}]),
        (Emit(event="made", match={"id": "id"}), {}, None, [{**MADE, "match": {}, "count": 1}]),
        (Emit(event="made", when_input="told"), {"told": False}, None, []),
        (Emit(event="made", when_input="told"), {}, None, []),
        (Emit(event="made", when_input="told"), {"told": True}, None, [{**MADE, "match": {}, "count": "one or more"}]),
        (Emit(event="made", when_input="told"), {"told": True}, counting, [{**MADE, "match": {"id": 9}, "count": 2}]),
        (Emit(event="made"), {}, counting, [{**MADE, "match": {"id": 9}, "count": 2}]),
    ],
)
async def test_the_events_to_expect_are_those_declared_or_counted(
    emit: Emit, raw: Json, run: Any, events: Json
) -> None:
    half = handler(run) if run else handler()
    record, _, _ = await perform(housed(emitting(emit), half), "act", raw, answer({}))
    assert record.events == events


async def test_a_run_that_fails_expects_no_events() -> None:
    record, _, _ = await perform(housed(emitting(Emit(event="made"))), "act", {}, answer({}, 400))
    assert record.events == []
