"""Looking inside JSON, and the plain things that the rooms hand to each other."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_runtime.values import Json, NotJson, Response, at, did_you_mean, json_text, parse_json, pointer_to, steps

DOCUMENT = {"a": [{"b": 1}, [2]], "": 0, "x/y": {"m~n": "deep"}, "0": "key", "null": None}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [
        ("", DOCUMENT),
        ("/a/0/b", 1),
        ("/a/1/0", 2),
        ("/", 0),
        ("/x~1y/m~0n", "deep"),
        ("/0", "key"),
        ("/null", None),
        ("/missing", None),
        ("/a/2", None),
        ("/a/-1", None),
        ("/a/b", None),
        ("/a/0/b/c", None),
        ("/null/x", None),
    ],
)
def test_a_pointer_finds_its_value_or_nothing(pointer: str, value: Json) -> None:
    assert at(DOCUMENT, pointer) == value


@given(st.lists(st.text()))
def test_a_pointer_made_of_any_parts_leads_back_to_them(parts: list[str]) -> None:
    assert steps(pointer_to(parts)) == tuple(parts)


@pytest.mark.parametrize(
    "text",
    ["", "nul", "{'a': 1}", "NaN", "[Infinity]", '"\\ud800"', "1 2", "[" * 100_000, "\ud800", b'"\xff"', b"1e400"],
)
def test_what_is_not_strict_json_is_refused_as_such(text: str | bytes) -> None:
    with pytest.raises(NotJson):
        parse_json(text)


@given(st.binary())
def test_any_bytes_are_json_or_refused_as_such(content: bytes) -> None:
    try:
        found = Response(200, content=content).json
    except NotJson:
        return
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize("content", [b"", b"  \r\n"])
def test_an_empty_answer_has_no_json(content: bytes) -> None:
    assert Response(204, content=content).json is None


def test_an_answer_can_be_asked_for_a_place() -> None:
    assert Response(200, content=b'{"data": {"errors": ["no"]}}').at("/data/errors/0") == "no"


def test_a_nearly_known_word_gets_a_suggestion() -> None:
    assert did_you_mean("levl", ["level", "user_id"]) == ", did you mean `level`?"
    assert did_you_mean("zzz", ["level"]) == ""


@pytest.mark.parametrize("value", [{"a": [1, None, True, "é", 1.5]}, 10**30, {"a": "\ud800"}, "line\nend"])
def test_a_value_as_json_text_reads_as_the_same_value(value: Json) -> None:
    text = json_text(value)
    assert (json.loads(text), "\n" in text) == (value, False)
