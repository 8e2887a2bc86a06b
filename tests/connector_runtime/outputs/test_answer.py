"""The part of an answer that the output describes, and when it is parsed."""

from __future__ import annotations

import pytest

from connector_runtime.definition.grammar import AnswerTemplate, Paging
from connector_runtime.errors import UnexpectedOutput, UnknownOutcome
from connector_runtime.outputs import answered, read_output
from connector_runtime.values import Json, NotJson, Response
from tests.connector_runtime.workshop import answer, declared

OUTPUT = {"properties": {"a": {"type": "integer"}}}
BROKEN = Response(200, content=b'{"a": 1')


def test_an_answer_to_a_change_that_proves_nothing_is_an_unknown_outcome() -> None:
    with pytest.raises(UnknownOutcome, match="no object at /"):
        answered(declared(kind="create"), answer([1]))
    assert answered(declared(kind="create"), Response(204)) == {}
    assert answered(declared(kind="create"), answer({"a": 1})) == {"a": 1}


@pytest.mark.parametrize(
    ("root", "content", "said"),
    [
        ("/data", b"", "no object at /data"),
        ("/data", b"{}", "no object at /data"),
        ("/data", b'{"data": []}', "no object at /data"),
        ("", b"[1]", "no object at /"),
        ("", b"null", "no object at /"),
    ],
)
def test_an_answer_without_the_documented_object_is_unexpected(root: str, content: bytes, said: str) -> None:
    action = declared(response=AnswerTemplate(root=root))
    with pytest.raises(UnexpectedOutput, match=said):
        read_output(action, answered(action, Response(200, content=content)), [])


def test_the_documented_object_is_found_at_its_root() -> None:
    action = declared(response=AnswerTemplate(root="/data/0"))
    assert answered(action, answer({"data": [{"a": 1}]})) == {"a": 1}


def test_a_reads_answer_is_not_parsed_before_somebody_looks_into_it() -> None:
    found = answered(declared(), BROKEN)
    with pytest.raises(NotJson, match="truncated"):
        found["a"]


def test_what_cannot_be_read_is_found_out_when_the_output_is_read() -> None:
    with pytest.raises(NotJson, match="truncated"):
        read_output(declared(output=OUTPUT), answered(declared(), BROKEN), [])


def test_a_handler_may_look_into_an_answer_and_add_to_it() -> None:
    action = declared(output={"properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}})
    found = answered(action, answer({"a": 1, "c": 3}))
    assert (found["a"], "b" in found, len(found), list(found)) == (1, False, 2, ["a", "c"])
    assert read_output(action, {**found, "b": 2}, []).output == {"a": 1, "b": 2}


def test_an_answers_output_is_the_same_whether_or_not_somebody_has_looked_into_it() -> None:
    action = declared(output=OUTPUT)
    seen = answered(action, answer({"a": "1", "b": 2}))
    assert seen["b"] == 2
    for found in (seen, answered(action, answer({"a": "1", "b": 2}))):
        reading = read_output(action, found, [])
        assert (reading.output, reading.warnings, reading.undocumented) == ({"a": 1}, [], 1)


@pytest.mark.parametrize("page", [{"rows": None}, {"rows": ""}])
def test_a_page_without_a_list_of_rows_is_no_page(page: Json) -> None:
    rows = {"items": {"properties": {"id": {"type": "integer"}}}}
    paging = Paging(page="page", size="size", items="/rows", more="/more", total="/total")
    action = declared(output={"properties": {"rows": rows}}, paging=paging)
    with pytest.raises(UnexpectedOutput, match="no rows"):
        read_output(action, answered(action, answer(page)), [])
