"""A run's record: strict JSON whatever was given and answered, and without secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.errors import Unreachable
from connector_runtime.record import may_show
from connector_runtime.run import run
from connector_runtime.values import Json, Response, json_text
from tests.connector_runtime.run.declarations import OK, READ, WRITE
from tests.connector_runtime.workshop import LOST, NEVER_SENT, Platform, answer, declared, housed, perform


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
        line=Line(Platform(Response(200, content=content)).send),
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


async def test_raise_if_failed_raises_what_went_wrong_and_else_returns_the_record() -> None:
    record, _, _ = await perform(housed(READ), "act", {"id": 7}, OK)
    assert record.raise_if_failed() is record
    record, _, _ = await perform(housed(READ), "act", {"id": 7}, NEVER_SENT)
    with pytest.raises(Unreachable):
        record.raise_if_failed()


@pytest.mark.parametrize("said", ['a"b/c-12345 é', "a%22b%2Fc-12345%20%C3%A9", "a%22b/c-12345+%C3%A9"])
def test_a_secret_may_show_in_each_of_its_spellings_and_not_where_none_of_it_is(said: str) -> None:
    secrets = frozenset({'a"b/c-12345 é'})
    assert may_show(json_text({"said": said}).encode(), secrets)
    assert not may_show(json_text({"said": "something else"}).encode(), secrets)
    assert not may_show(json_text({"said": said}).encode(), frozenset())


@pytest.mark.parametrize("said", [b'"\\u0061bcdefgh"', b'"abc\\u0064efgh"', b'"\\u003cabcdefgh>"'])
def test_a_secret_may_show_where_a_platform_escapes_what_need_not_be(said: bytes) -> None:
    assert may_show(said, frozenset(["abcdefgh"]))
    assert not may_show(b'"\\u00e9 abc defgh"', frozenset(["abcdefgh"]))
