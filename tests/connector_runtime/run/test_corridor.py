"""One run: its record from before anything is sent until everything is known, on every path."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.definition.grammar import Emit, RequestTemplate
from connector_runtime.errors import InvalidInput, Unreachable
from connector_runtime.handler import Call, Flow, NotFound, Refused, UnexpectedOutput, UnknownOutcome
from connector_runtime.record import Record
from connector_runtime.run import run
from connector_runtime.values import Json, Request, Response
from tests.connector_runtime.workshop import (
    LOST,
    NEVER_SENT,
    Platform,
    Shelf,
    answer,
    declared,
    handler,
    housed,
    perform,
)

POST = RequestTemplate(method="POST", path="/things/{id}", body=["id", "pin"])
INPUT: Json = {
    "required": ["id"],
    "properties": {
        "id": {"title": "ID", "type": "integer"},
        "at": {"title": "At", "type": "string", "format": "date-time"},
        "day": {"title": "Day", "type": "string", "format": "date"},
        "pin": {"title": "PIN", "type": "string", "x-secret": True},
        "free": {"title": "Free", "type": "object"},
    },
}
OUTPUT: Json = {"properties": {"n": {"title": "N", "type": "integer"}}}
WRITE = declared(input=INPUT, output=OUTPUT, kind="create", request=POST, natural_key=["id"])
READ = declared(input=INPUT, output=OUTPUT)
OK = answer({"n": "1"})
KEYS = [
    "run_id", "action", "version", "connection", "status", "input", "requests", "output", "events", "effect",
    "warnings", "error", "started_at", "duration_s",
]  # fmt: skip


def twice(call: Call) -> Flow:
    """Two writes."""
    yield call.request()
    response = yield call.request()
    return call.output(response)


def look_first(call: Call) -> Flow:
    """A read, then a write."""
    yield call.read("/things")
    response = yield call.request()
    return call.output(response)


async def test_a_run_that_succeeds_leaves_its_whole_record() -> None:
    record, shelf, _ = await perform(housed(WRITE), "act", {"id": "7"}, OK)
    document = record.document()
    assert list(document) == KEYS
    assert document["run_id"] and document["started_at"].endswith("Z")
    assert (document["action"], document["version"], document["connection"]) == ("act", "1.2.3", "script")
    assert (document["status"], document["effect"], document["error"]) == ("succeeded", "done", None)
    assert (document["input"], document["output"], document["warnings"]) == ({"id": "7"}, {"n": 1}, [])
    (request,) = document["requests"]
    assert list(request) == ["method", "path", "query", "body", "status", "attempt", "duration_s"]
    assert (request["method"], request["path"], request["query"], request["body"]) == (
        "POST",
        "/things/7",
        {},
        {"id": 7},
    )
    assert (request["status"], request["attempt"]) == (200, 1)
    assert 0 <= request["duration_s"] <= document["duration_s"]
    assert shelf.documents[-1] == document


async def test_the_record_is_there_before_anything_is_sent_and_unknown_before_a_write_leaves() -> None:
    shelf = Shelf()

    async def send(request: Request) -> Response:
        assert [document["effect"] for document in shelf.documents] == ["none", "unknown"]
        assert shelf.documents[0]["requests"] == []
        assert shelf.documents[1]["requests"][0]["path"] == request.path
        assert shelf.documents[1]["requests"][0]["status"] is None
        return OK

    await run(housed(WRITE), "act", {"id": 7}, send=send, connection="x", keep=shelf.keep)
    assert shelf.effects == ["none", "unknown", "done"]
    assert [document["status"] for document in shelf.documents] == ["running"] * (len(shelf.documents) - 1) + [
        "succeeded"
    ]
    assert len({document["run_id"] for document in shelf.documents}) == 1


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


async def test_a_read_may_not_be_answered_without_a_body() -> None:
    record, _, _ = await perform(housed(READ), "act", {"id": 7}, Response(204))
    assert isinstance(record.failure, UnexpectedOutput)


async def test_a_request_without_an_answer_has_no_status() -> None:
    record, _, _ = await perform(housed(WRITE), "act", {"id": 7}, LOST)
    assert record.requests[0]["status"] is None
    assert record.requests[0]["duration_s"] is not None


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


async def test_a_handler_that_crashes_on_an_accepted_answer_does_not_claim_that_nothing_happened() -> None:
    def run(call: Call) -> Flow:
        response = yield call.request()
        return {"n": response.json["nonsense"]["deep"]}

    record, shelf, _ = await perform(housed(WRITE, handler(run)), "act", {"id": 7}, OK)
    assert record.error is not None
    assert (record.error["type"], record.error["code"]) == ("UnexpectedOutput", "internal")
    assert "KeyError" in record.error["message"]
    assert record.effect in ("unknown", "done")
    assert shelf.documents[-1]["status"] == "failed"


@pytest.mark.parametrize("crash", [ValueError("x"), RecursionError(), StopIteration(), AssertionError("x")])
async def test_a_handler_that_crashes_before_anything_is_sent_is_a_named_error(crash: Exception) -> None:
    def run(call: Call) -> Flow:
        if call.inputs:
            raise crash
        yield call.request()

    record, _, platform = await perform(housed(WRITE, handler(run)), "act", {"id": 7})
    assert record.error is not None
    assert (record.error["type"], record.effect, platform.requests) == ("UnexpectedOutput", "none", [])


async def test_a_handler_that_yields_no_request_is_a_named_error() -> None:
    def run(call: Call) -> Any:
        yield "nonsense"

    record, _, _ = await perform(housed(WRITE, handler(run)), "act", {"id": 7})
    assert record.error is not None
    assert (record.error["type"], record.effect) == ("UnexpectedOutput", "none")


async def test_a_check_that_crashes_is_a_named_error_and_nothing_is_sent() -> None:
    def check(inputs: Json) -> Any:
        raise KeyError("x")

    record, _, platform = await perform(housed(WRITE, handler(check=check)), "act", {"id": 7})
    assert record.error is not None
    assert (record.error["code"], platform.requests) == ("internal", [])


async def test_invalid_input_is_recorded_and_nothing_is_sent() -> None:
    record, shelf, platform = await perform(housed(WRITE), "act", {"id": "x", "password": "CANARY"})
    assert record.error is not None
    assert (record.error["type"], record.effect, platform.requests) == ("InvalidInput", "none", [])
    assert [problem["field"] for problem in record.error["problems"]] == ["id", "password"]
    assert "CANARY" not in json.dumps(shelf.documents)


async def test_an_unknown_action_leaves_no_record() -> None:
    shelf = Shelf()
    with pytest.raises(InvalidInput):
        await run(housed(WRITE), "axt", {}, send=Platform().send, connection="x", keep=shelf.keep)
    assert shelf.documents == []


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


async def test_a_refusal_is_raised_at_the_yield_and_may_be_tolerated() -> None:
    def run(call: Call) -> Flow:
        try:
            response = yield call.request()
        except NotFound as refusal:
            assert not refusal.from_api
            response = yield call.request(path="/other")
        return call.output(response)

    record, shelf, platform = await perform(housed(WRITE, handler(run)), "act", {"id": 7}, Response(404), OK)
    assert record.succeeded
    assert [request.path for request in platform.requests] == ["/things/7", "/other"]
    assert shelf.effects == ["none", "unknown", "none", "unknown", "done"]


async def test_a_handlers_warnings_come_before_the_readers() -> None:
    def run(call: Call) -> Flow:
        response = yield call.request()
        call.warn("", "is odd")
        return call.output(response)

    record, _, _ = await perform(housed(READ, handler(run)), "act", {"id": 7}, answer({"n": "x"}))
    assert [warning["pointer"] for warning in record.warnings] == ["", "/n"]


@pytest.mark.parametrize("effect_before", ["none", "unknown"])
async def test_a_cancelled_run_closes_its_record_with_what_is_known(effect_before: str) -> None:
    shelf, waiting = Shelf(), asyncio.Event()

    async def send(request: Request) -> Response:
        waiting.set()
        await asyncio.Event().wait()
        raise AssertionError("never")

    connector = housed(WRITE if effect_before == "unknown" else READ)
    task = asyncio.create_task(run(connector, "act", {"id": 7}, send=send, connection="x", keep=shelf.keep))
    await waiting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    last = shelf.documents[-1]
    assert (last["status"], last["effect"], last["error"]["code"]) == ("failed", effect_before, "interrupted")
    assert last["error"]["type"] == ("UnknownOutcome" if effect_before == "unknown" else "NotNow")


async def test_an_interrupt_from_the_keyboard_closes_the_record_too() -> None:
    shelf = Shelf()
    platform = Platform(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        await run(housed(WRITE), "act", {"id": 7}, send=platform.send, connection="x", keep=shelf.keep)
    assert (shelf.documents[-1]["status"], shelf.documents[-1]["effect"]) == ("failed", "unknown")


async def test_a_write_whose_record_cannot_be_kept_is_not_sent() -> None:
    platform, kept = Platform(OK), 0

    def keep(record: Record) -> None:
        nonlocal kept
        kept += 1
        if kept > 1:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await run(housed(WRITE), "act", {"id": 7}, send=platform.send, connection="x", keep=keep)
    assert platform.requests == []


@pytest.mark.parametrize(
    "raw",
    [
        {"id": 7, "at": datetime(2026, 1, 1, tzinfo=UTC), "day": date(2026, 1, 1)},
        {"id": 7, "free": {"deep": [date(2026, 1, 1)]}},
        {"id": 7, "free": {1, 2}},
        {"id": 7, "free": object()},
        {"id": 7, "free": float("nan")},
        {"id": 7, "free": "\ud800"},
        {"id": 7, ("a", 1): 1},
        {"id": 7, "free": b"bytes"},
        {"id": 7, 7: 8},
    ],
    ids=["dates", "deep date", "set", "object", "nan", "surrogate", "tuple key", "bytes", "number key"],
)
async def test_a_record_is_strict_json_whatever_was_given(raw: Json) -> None:
    record, shelf, _ = await perform(housed(READ), "act", raw, OK)
    for document in shelf.documents:
        text = json.dumps(document, allow_nan=False)
        assert json.loads(text) == document
        text.encode()
    assert record.status in ("succeeded", "failed")


async def test_a_record_shows_a_python_date_as_it_was_understood() -> None:
    record, _, _ = await perform(housed(READ), "act", {"id": 7, "day": date(2026, 1, 31)}, OK)
    assert record.input == {"id": 7, "day": "2026-01-31"}


async def test_input_that_is_too_large_is_not_kept() -> None:
    _, shelf, _ = await perform(housed(READ), "act", {"id": 7, "free": {"a": "x" * 10_000_000}})
    assert max(len(json.dumps(document)) for document in shelf.documents) < 2_000_000


@pytest.mark.parametrize("pin", [None, "1234"])
@pytest.mark.parametrize("depth", [400, 900, 3_000, 100_000])
async def test_a_deep_answer_does_not_break_the_record(depth: int, pin: str | None) -> None:
    pins: Json = {"properties": {"pin": {"title": "PIN", "type": "string", "x-secret": True}}}
    connector = housed(declared(input=pins, output={"properties": {"free": {"type": "object"}}}))
    content = b'{"free": ' + b'{"a":' * depth + b"1" + b"}" * depth + b"}"
    kept: list[str] = []
    record = await run(
        connector,
        "act",
        {"pin": pin},
        send=Platform(Response(200, content=content)).send,
        connection="x",
        keep=lambda record: kept.append(json.dumps(record.document())),
    )
    assert json.loads(kept[-1])["status"] == record.status
    assert record.status in ("succeeded", "failed")


@pytest.mark.parametrize("wrap", [lambda raw: raw, json.dumps, lambda raw: json.dumps(raw).encode()])
@pytest.mark.parametrize(
    "told", [OK, answer({"message": "CANARY-PIN is wrong"}, 400), LOST, answer({"n": "CANARY-PIN"})]
)
async def test_a_secret_input_is_sent_but_stands_in_no_record(wrap: Callable[[Json], Json], told: Any) -> None:
    raw = wrap({"id": 7, "pin": "CANARY-PIN"})
    record, shelf, platform = await perform(housed(WRITE), "act", raw, told)
    assert platform.requests[0].body == {"id": 7, "pin": "CANARY-PIN"}
    assert "CANARY-PIN" not in json.dumps([*shelf.documents, record.document()])


async def test_a_secret_inside_a_row_stands_in_no_record() -> None:
    rows = {"title": "Cards", "items": {"properties": {"pin": {"title": "PIN", "type": "string", "x-secret": True}}}}
    action = declared(
        input={"properties": {"cards": rows}},
        kind="create",
        request=RequestTemplate(method="POST", path="/x", body=["cards"]),
    )
    _, shelf, platform = await perform(housed(action), "act", {"cards": [{"pin": "CANARY-PIN"}]}, answer({}))
    assert platform.requests[0].body == {"cards": [{"pin": "CANARY-PIN"}]}
    assert "CANARY-PIN" not in json.dumps(shelf.documents)


async def test_input_that_came_as_text_is_recorded_like_any_other() -> None:
    record, _, _ = await perform(housed(READ), "act", '{"id": 7}', OK)
    assert record.input == {"id": 7}


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


async def test_a_filter_that_was_ignored_withholds_the_answer(toy: Connector) -> None:
    row = {"loan_id": 1, "member_id": 8}
    record, shelf, _ = await perform(toy, "list_loans", {"member_ids": [7]}, answer({"result": {"loans": [row]}}))
    assert record.error is not None
    assert (record.error["type"], record.error["code"], record.output) == ("UnexpectedOutput", "filter_ignored", None)
    assert "loan_id" not in json.dumps(shelf.documents)


async def test_raise_if_failed_raises_what_went_wrong_and_else_returns_the_record() -> None:
    record, _, _ = await perform(housed(READ), "act", {"id": 7}, OK)
    assert record.raise_if_failed() is record
    record, _, _ = await perform(housed(READ), "act", {"id": 7}, NEVER_SENT)
    with pytest.raises(Unreachable):
        record.raise_if_failed()


async def test_runs_side_by_side_do_not_mix() -> None:
    async def send(request: Request) -> Response:
        await asyncio.sleep(0)
        return answer({"n": int(request.path.rpartition("/")[2])})

    connector = housed(WRITE)
    records = await asyncio.gather(
        *(run(connector, "act", {"id": n}, send=send, connection="x", keep=lambda _: None) for n in range(1, 30))
    )
    assert [record.output["n"] for record in records] == list(range(1, 30))
    assert len({record.run_id for record in records}) == 29
