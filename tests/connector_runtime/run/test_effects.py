"""What a run says about its effect, whatever its requests are answered."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition.grammar import Emit
from connector_runtime.handler import Call, Flow, Refused, UnexpectedOutput, UnknownOutcome
from connector_runtime.run import OPEN, run
from connector_runtime.values import Response
from tests.connector_runtime.run.declarations import OK, READ, WRITE, look_first, twice
from tests.connector_runtime.workshop import LOST, NEVER_SENT, Platform, answer, handler, housed, perform


def late(call: Call) -> Flow:
    """What the second change causes is known after the first."""
    yield call.request()
    call.expect("told", {"id": 9}, exactly=1)
    response = yield call.request()
    return call.output(response)


async def test_done_is_committed_before_the_answer_is_mapped() -> None:
    record, shelf, _ = await perform(housed(WRITE), "act", {"id": 7}, answer({"undocumented": 1}))
    assert (record.failure.__class__, record.effect) == (UnexpectedOutput, "done")
    running = [document["effect"] for document in shelf.documents if document["status"] == "running"]
    assert running[-1] == "done"


async def test_a_read_has_no_effect() -> None:
    record, shelf, _ = await perform(housed(READ), "act", {"id": 7}, OK)
    assert record.succeeded
    assert shelf.effects == ["none"]


PATHS: list[tuple[str, Any, str, str]] = [
    ("a 400", answer({"message": "no"}, 400), "Refused", "none"),
    ("a 401", answer({}, 401), "Unauthorized", "none"),
    ("a 404", answer({"message": "no"}, 404), "NotFound", "none"),
    ("a 429", answer({}, 429), "RateLimited", "none"),
    ("a 302", answer({}, 302, location="/elsewhere"), "Refused", "none"),
    ("a 500", answer({}, 500), "UnknownOutcome", "unknown"),
    ("a 503", answer({}, 503), "UnknownOutcome", "unknown"),
    ("a lost answer", LOST, "UnknownOutcome", "unknown"),
    ("no connection", NEVER_SENT, "Unreachable", "none"),
    ("an unreadable 2xx", Response(200, content=b"<html>"), "UnknownOutcome", "unknown"),
    ("a 2xx without the documented object", answer([], 200), "UnknownOutcome", "unknown"),
    ("a broken transport", RuntimeError("oops"), "UnknownOutcome", "unknown"),
]


@pytest.mark.parametrize(("told", "error", "effect"), [path[1:] for path in PATHS], ids=[path[0] for path in PATHS])
async def test_a_write_leaves_the_truth_about_its_effect(told: Any, error: str, effect: str) -> None:
    record, shelf, platform = await perform(housed(WRITE), "act", {"id": 7}, told)
    assert record.error is not None
    assert (record.status, record.error["type"], record.effect) == ("failed", error, effect)
    assert record.error["effect"] == effect
    assert record.failure is not None and record.failure.effect == effect
    assert record.output is None
    assert record.events == []
    assert len(platform.requests) == 1
    assert shelf.documents[-1] == record.document()


@pytest.mark.parametrize(
    ("told", "half", "may_cause"),
    [
        (LOST, None, [7]),
        (answer({"message": "no"}, 400), None, []),
        (NEVER_SENT, None, []),
        (OK, handler(late), [7, 9]),
    ],
)
async def test_what_a_change_may_cause_is_known_before_it_is_sent(told: Any, half: Any, may_cause: list[int]) -> None:
    action = replace(WRITE, emits=[Emit(event="made", match={"id": "id"}), Emit(event="told", when_input="free")])
    kept: list[Any] = []
    connector, platform = housed(action, half), Platform(*[told] * 2)
    line, seen = Line(platform.send), lambda record: kept.append((record.effect, record.may_cause))
    record = await run(connector, "act", {"id": 7}, line=line, connection="c", keep=seen, gate=OPEN)
    assert [event["match"]["id"] for event in record.may_cause or ()] == may_cause
    first = next(cause for effect, cause in kept if effect == "unknown")
    assert [event["match"]["id"] for event in first] == [7], "at the very commit that precedes the request"
    assert kept[0] == ("none", None)


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (answer({}, 500), "PlatformBroken"),
        (LOST, "Unreachable"),
        (NEVER_SENT, "Unreachable"),
        (Response(200, content=b"<html>"), "UnexpectedOutput"),
        (RuntimeError("oops"), "UnexpectedOutput"),
    ],
)
async def test_a_read_that_fails_has_no_effect(told: Any, error: str) -> None:
    record, shelf, _ = await perform(housed(READ), "act", {"id": 7}, told)
    assert record.error is not None
    assert (record.error["type"], record.error["effect"]) == (error, "none")
    assert shelf.effects == ["none"]


async def test_a_change_may_be_answered_without_a_body() -> None:
    record, shelf, _ = await perform(housed(WRITE), "act", {"id": 7}, Response(204))
    assert (record.status, record.output, record.effect) == ("succeeded", {"n": None}, "done")
    assert shelf.effects == ["none", "unknown", "done"]


async def test_a_refusal_read_in_a_2xx_has_no_effect() -> None:
    def run(call: Call) -> Flow:
        response = yield call.request()
        raise Refused(response, "the seat is taken")

    record, shelf, _ = await perform(housed(WRITE, handler(run)), "act", {"id": 7}, OK)
    assert record.error is not None
    assert (record.error["type"], record.error["code"], record.error["fix"]) == ("Refused", "taken", "Choose another.")
    assert shelf.effects == ["none", "unknown", "none"]


async def test_an_outcome_that_the_handler_calls_unknown_is_unknown() -> None:
    def run(call: Call) -> Flow:
        yield call.request()
        raise UnknownOutcome("the answer does not say")

    record, _, _ = await perform(housed(WRITE, handler(run)), "act", {"id": 7}, OK)
    assert record.error is not None
    assert (record.error["type"], record.effect, record.error["effect"]) == ("UnknownOutcome", "unknown", "unknown")


async def test_an_unknown_outcome_says_what_to_look_at() -> None:
    record, _, _ = await perform(housed(WRITE), "act", {"id": "7"}, LOST)
    assert record.error is not None
    assert "Act, with ID 7" in record.error["fix"]


async def test_an_unknown_outcome_says_what_to_look_at_for_input_that_came_as_text() -> None:
    record, _, _ = await perform(housed(WRITE), "act", '{"id": "7"}', LOST)
    assert record.error is not None
    assert "Act, with ID 7" in record.error["fix"]


TWO: list[tuple[str, list[Any], str, str | None]] = [
    ("both accepted", [OK, OK], "done", None),
    ("refused, never tried again", [answer({}, 400)], "none", "Refused"),
    ("accepted, then refused", [OK, answer({}, 400)], "done", "Refused"),
    ("accepted, then never sent", [OK, NEVER_SENT], "done", "Unreachable"),
    ("accepted, then lost", [OK, LOST], "unknown", "UnknownOutcome"),
    ("lost", [LOST], "unknown", "UnknownOutcome"),
]


@pytest.mark.parametrize(("answers", "effect", "error"), [case[1:] for case in TWO], ids=[case[0] for case in TWO])
async def test_of_two_writes_unknown_outweighs_done_and_done_outweighs_none(
    answers: list[Any], effect: str, error: str | None
) -> None:
    record, _, platform = await perform(housed(WRITE, handler(twice)), "act", {"id": 7}, *answers)
    assert record.effect == effect
    assert (record.error or {}).get("type") == error
    assert len(platform.requests) == len(record.requests) == len(answers)


@pytest.mark.parametrize("refusal", [answer({}, 418), answer({}, 400), answer({}, 401), answer({}, 404)])
async def test_advice_never_says_that_nothing_was_changed_when_something_was(refusal: Response) -> None:
    record, _, _ = await perform(housed(WRITE, handler(twice)), "act", {"id": 7}, OK, refusal)
    assert record.error is not None
    assert record.effect == "done"
    assert "othing was changed" not in record.error["fix"] + record.error["message"]


async def test_an_accepted_first_write_is_committed_before_the_second_leaves() -> None:
    _, shelf, _ = await perform(housed(WRITE, handler(twice)), "act", {"id": 7}, OK, OK)
    assert shelf.effects == ["none", "unknown", "done", "unknown", "done"]


async def test_a_look_before_the_write_leaves_the_effect_alone() -> None:
    record, shelf, platform = await perform(housed(WRITE, handler(look_first)), "act", {"id": 7}, answer({}), OK)
    assert [request.write for request in platform.requests] == [False, True]
    assert shelf.effects == ["none", "unknown", "done"]
    assert record.succeeded


@pytest.mark.parametrize("told", [answer({}, 404), answer({}, 500), LOST, Response(200, content=b"<")])
async def test_a_look_that_fails_before_the_write_means_that_nothing_happened(told: Any) -> None:
    record, _, platform = await perform(housed(WRITE, handler(look_first)), "act", {"id": 7}, told)
    assert (record.status, record.effect, len(platform.requests)) == ("failed", "none", 1)
