"""One run: its record from before anything is sent until everything is known, on every path."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.handler import Call, Flow, NotFound, UnexpectedOutput
from connector_runtime.record import Record
from connector_runtime.run import run
from connector_runtime.values import Json, Request, Response
from tests.connector_runtime.run.declarations import OK, READ, WRITE
from tests.connector_runtime.workshop import LOST, Platform, Shelf, answer, handler, housed, perform

KEYS = [
    "run_id", "action", "version", "connection", "platform", "status", "input", "requests", "output", "events", "waits",
    "effect", "sent_at", "last_sent_at", "recovered", "if_already", "already", "because_of", "presumed", "chain",
    "warnings", "error", "started_at", "duration_s",
]  # fmt: skip


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

    await run(housed(WRITE), "act", {"id": 7}, line=Line(send), connection="x", keep=shelf.keep)
    assert shelf.effects == ["none", "unknown", "done"]
    assert [document["status"] for document in shelf.documents] == ["running"] * (len(shelf.documents) - 1) + [
        "succeeded"
    ]
    assert len({document["run_id"] for document in shelf.documents}) == 1


async def test_a_read_may_not_be_answered_without_a_body() -> None:
    record, _, _ = await perform(housed(READ), "act", {"id": 7}, Response(204))
    assert isinstance(record.failure, UnexpectedOutput)


async def test_a_request_without_an_answer_has_no_status() -> None:
    record, _, _ = await perform(housed(WRITE), "act", {"id": 7}, LOST)
    assert record.requests[0]["status"] is None
    assert record.requests[0]["duration_s"] is not None


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
        await run(housed(WRITE), "axt", {}, line=Line(Platform().send), connection="x", keep=shelf.keep)
    assert shelf.documents == []


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
    task = asyncio.create_task(run(connector, "act", {"id": 7}, line=Line(send), connection="x", keep=shelf.keep))
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
        await run(housed(WRITE), "act", {"id": 7}, line=Line(platform.send), connection="x", keep=shelf.keep)
    assert (shelf.documents[-1]["status"], shelf.documents[-1]["effect"]) == ("failed", "unknown")


async def test_a_write_whose_record_cannot_be_kept_is_not_sent() -> None:
    platform, kept = Platform(OK), 0

    def keep(record: Record) -> None:
        nonlocal kept
        kept += 1
        if kept > 1:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="full"):
        await run(housed(WRITE), "act", {"id": 7}, line=Line(platform.send), connection="x", keep=keep)
    assert platform.requests == []


async def test_a_filter_that_was_ignored_withholds_the_answer(toy: Connector) -> None:
    row = {"loan_id": 1, "member_id": 8}
    record, shelf, _ = await perform(toy, "list_loans", {"member_ids": [7]}, answer({"result": {"loans": [row]}}))
    assert record.error is not None
    assert (record.error["type"], record.error["code"], record.output) == ("UnexpectedOutput", "filter_ignored", None)
    assert "loan_id" not in json.dumps(shelf.documents)


async def test_runs_side_by_side_do_not_mix() -> None:
    async def send(request: Request) -> Response:
        await asyncio.sleep(0)
        return answer({"n": int(request.path.rpartition("/")[2])})

    connector = housed(WRITE)
    records = await asyncio.gather(
        *(run(connector, "act", {"id": n}, line=Line(send), connection="x", keep=lambda _: None) for n in range(1, 30))
    )
    assert [record.output["n"] for record in records] == list(range(1, 30))
    assert len({record.run_id for record in records}) == 29
