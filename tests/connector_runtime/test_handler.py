"""What a handler can do, and what it may import."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector_runtime import handler
from connector_runtime.definition.grammar import Emit, RequestTemplate
from connector_runtime.errors import UnknownOutcome
from connector_runtime.handler import Call
from tests.connector_runtime.workshop import HABITS, answer, declared

ACTION = replace(
    declared(kind="create", request=RequestTemplate(method="POST", path="/x/{id}", query=["at"], body=["id"])),
    emits=[Emit(event="made")],
)


@pytest.fixture
def call() -> Call:
    return Call(ACTION, HABITS, {"id": 7})


def test_everything_that_handlers_are_promised_is_there() -> None:
    assert [name for name in handler.__all__ if not hasattr(handler, name)] == []


def test_inputs_replace_checked_inputs_before_mapping(call: Call) -> None:
    request = call.request(inputs={"id": 8, "at": "now"})
    assert (request.path, request.query, request.body) == ("/x/8", {"at": "now"}, {"id": 8})
    assert call.inputs == {"id": 7}


def test_path_query_and_body_come_after_mapping(call: Call) -> None:
    request = call.request(path="/y/{id}", query={"extra": True}, body={"more": 1})
    assert (request.path, request.query, request.body) == ("/y/7", {"extra": "1"}, {"id": 7, "more": 1})


def test_a_look_changes_nothing(call: Call) -> None:
    request = call.read("/z/{id}", {"ids": [1]})
    assert (request.method, request.path, request.query, request.write) == ("GET", "/z/7", {"ids[]": ["1"]}, False)
    assert call.read("/z").query == {}


def test_the_output_is_the_answers_documented_part(call: Call) -> None:
    assert call.output(answer({"a": 1})) == {"a": 1}
    with pytest.raises(UnknownOutcome):
        call.output(answer([]))


def test_a_warning_is_kept_with_its_pointer(call: Call) -> None:
    call.warn("/a", "is odd")
    assert call.warnings == [{"pointer": "/a", "message": "is odd"}]


@pytest.mark.parametrize(("how", "count"), [({"exactly": 3}, 3), ({"exactly": 1}, 1), ({"at_least": 1}, "one or more")])
def test_an_expected_event_says_how_many(call: Call, how: dict[str, int], count: int | str) -> None:
    call.expect("made", {"id": 7}, **how)
    assert call.expected == [{"event": "made", "status": "expected", "match": {"id": 7}, "count": count}]


def test_expecting_none_expects_nothing(call: Call) -> None:
    call.expect("made", {}, exactly=0)
    assert call.expected == []


def test_an_event_that_is_not_declared_cannot_be_expected(call: Call) -> None:
    with pytest.raises(ValueError, match="act does not declare the event unmade"):
        call.expect("unmade", {}, exactly=1)


@pytest.mark.parametrize("how", [{}, {"exactly": 1, "at_least": 1}])
def test_how_many_is_said_in_one_way(call: Call, how: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="either `exactly` or `at_least`"):
        call.expect("made", {}, **how)
