"""A plan: everything that a run would do, without its changes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput, NotFound, Refused, UnexpectedOutput, Unreachable
from connector_runtime.run import Plan, plan
from connector_runtime.values import Json
from tests.connector_runtime.run.lists import loans, page
from tests.connector_runtime.workshop import LOST, NEVER_SENT, Platform, answer, declared, handler, housed


async def planned(connector: Connector, key: str, raw: Json, *answers: Any) -> tuple[Plan, Platform]:
    platform = Platform(*answers)
    return await plan(connector, key, raw, line=Line(platform.send), connection="script"), platform


async def test_a_plan_of_a_write_sends_nothing_and_shows_the_request_and_its_events(toy: Connector) -> None:
    whole, platform = await planned(toy, "lend_book", {"member_id": "7", "book_code": "B-1", "due_at": "2026-03-01"})
    assert platform.requests == []
    assert list(whole.document()) == [
        "action",
        "connection",
        "input",
        "requests",
        "events",
        "changes",
        "warnings",
        "estimate",
    ]
    assert whole.input == {"member_id": 7, "book_code": "B-1", "due_at": "2026-03-01T00:00:00Z"}
    body = {"member": 7, "due": "01.03.2026 00:00", "copies": ["B-1"], "channel": "connector"}
    assert whole.requests == [{"method": "POST", "path": "/books/B-1/loans", "query": {}, "body": body, "sent": False}]
    assert whole.events == [{"event": "loan.made", "status": "expected", "match": {"book_code": "B-1"}, "count": 1}]
    assert whole.changes == "create: Lend a book, with Member ID 7, Book code B-1"


async def test_a_plan_sends_the_looks_before_the_first_write(toy: Connector) -> None:
    raw = {"member_email": "a@b.c", "book_code": "B-1"}
    whole, platform = await planned(toy, "lend_book", raw, answer({"result": [{"id": 7}]}))
    assert [request.path for request in platform.requests] == ["/members"]
    assert [request["sent"] for request in whole.requests] == [True, False]
    assert whole.requests[1]["body"]["member"] == 7


async def test_a_plan_stops_at_the_first_write(toy: Connector) -> None:
    whole, platform = await planned(toy, "return_books", {"book_codes": ["a", "b"], "notify": True})
    assert platform.requests == []
    assert len(whole.requests) == 1
    assert whole.events == [{"event": "loan.ended", "status": "expected", "match": {}, "count": 2}]


async def test_a_plan_of_a_read_drafts_its_request_and_changes_nothing(toy: Connector) -> None:
    whole, platform = await planned(toy, "list_loans", {"member_ids": [7]})
    assert platform.requests == []
    assert [request["sent"] for request in whole.requests] == [False]
    assert whole.changes == "nothing: this action only reads"
    assert whole.events == []


async def test_a_plan_refuses_what_the_run_would_refuse(toy: Connector) -> None:
    with pytest.raises(InvalidInput, match=r"fill in Member ID or Member email \(both is allowed\)"):
        await planned(toy, "lend_book", {"book_code": "B-1"})
    with pytest.raises(InvalidInput, match="there is no action"):
        await planned(toy, "lend", {})


@pytest.mark.parametrize(
    ("told", "error"),
    [(answer({}, 404), NotFound), (LOST, Unreachable), (NEVER_SENT, Unreachable), (answer({"result": []}), Refused)],
)
async def test_a_look_that_fails_fails_the_plan_as_it_would_the_run(
    toy: Connector, told: Any, error: type[Exception]
) -> None:
    with pytest.raises(error) as caught:
        await planned(toy, "lend_book", {"member_email": "a@b.c", "book_code": "B-1"}, told)
    assert caught.value.effect == "none"  # type: ignore[attr-defined]


async def test_a_refused_look_is_explained_by_the_catalogue(toy: Connector) -> None:
    with pytest.raises(NotFound) as caught:
        await planned(
            toy, "lend_book", {"member_email": "a@b.c", "book_code": "B-1"}, answer({"problem": {"text": "x"}}, 404)
        )
    assert caught.value.code == "unknown_to_the_library"


async def test_a_handler_that_crashes_fails_the_plan_with_a_named_error() -> None:
    def run(call: Any) -> Any:
        raise KeyError("x")
        yield

    with pytest.raises(UnexpectedOutput):
        await planned(housed(declared(), handler(run)), "act", {})


async def test_a_plan_that_fails_shows_no_secret(toy: Connector) -> None:
    def run(call: Any) -> Any:
        raise UnexpectedOutput(f"the card {call.inputs['pin']} is odd")
        yield

    pins: Json = {"properties": {"pin": {"title": "PIN", "type": "string", "x-secret": True}}}
    with pytest.raises(UnexpectedOutput) as caught:
        await planned(housed(declared(input=pins), handler(run)), "act", {"pin": "CANARY"})
    assert "CANARY" not in str(caught.value) + json.dumps(caught.value.document())


async def test_a_plan_shows_no_secret(toy: Connector) -> None:
    raw = {"member_id": 7, "book_code": "B-1", "pin": "CANARY"}
    whole, _ = await planned(toy, "lend_book", raw)
    assert "CANARY" not in json.dumps(whole.document())


async def test_a_plan_is_strict_json(toy: Connector) -> None:
    raw = {"member_id": 7, "book_code": "B-1", "due_at": "2026-03-01", "companions": [{"name": "A"}]}
    whole, _ = await planned(toy, "lend_book", raw)
    assert json.loads(json.dumps(whole.document(), allow_nan=False)) == whole.document()


async def test_a_plan_of_all_pages_reads_the_first_and_tells_what_the_rest_takes(toy: Connector) -> None:
    first = page(loans(1, 2), total=41)
    platform = Platform(first)
    whole = await plan(toy, "list_loans", {"late": True}, line=Line(platform.send), connection="script", all_pages=True)
    assert [request.query["per_page"] for request in platform.requests] == ["50"]
    assert [request["sent"] for request in whole.requests] == [True]
    assert whole.document()["estimate"] == {"records": 41, "calls": 21}


async def test_a_plan_of_all_pages_is_honest_when_the_platform_does_not_say(toy: Connector) -> None:
    platform = Platform(page(loans(1, 2)))
    whole = await plan(toy, "list_loans", {}, line=Line(platform.send), connection="script", all_pages=True)
    assert whole.document()["estimate"] is None


async def test_a_write_has_no_plan_of_all_pages(toy: Connector) -> None:
    platform = Platform()
    with pytest.raises(InvalidInput, match="has no pages to follow"):
        await plan(
            toy,
            "lend_book",
            {"member_id": 7, "book_code": "B-1"},
            line=Line(platform.send),
            connection="x",
            all_pages=True,
        )
    assert platform.requests == []
