"""What holds for every schema and every answer: the fast reader gives the tolerant one's output, or leaves it alone."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connector_runtime.definition import Action
from connector_runtime.definition.grammar import AnswerTemplate
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.outputs import Reading, answered, compiled, read_output
from connector_runtime.outputs.compiled import Compiled
from connector_runtime.values import Json, NotJson, Response, steps
from tests.connector_runtime.properties.actions import CONNECTORS, JSON, every_action
from tests.connector_runtime.properties.test_answers import bodies, documented, nullable
from tests.connector_runtime.workshop import declared

NO_VALUE = ("0000-00-00", "0000-00-00 00:00:00")
KEYS = ["a", "b", "id", "class", "é", "x y", "a/b"]
ODD_KEYS = ["__dict__", "ﬁ", "", "0", 'q"t', *KEYS]
POINTERS = ["/a", "/b", "/id", "/c/id", "/c/name", "/d/e/f", "/a~1b", "/é"]
ODD_POINTERS = ["", "/a/id", "/b/0", "/b/0/id", "/12", '/q"t', "/\n", *POINTERS]
LEAVES = st.sampled_from(["string", "integer", "number", "boolean", "object", "array"]).map(lambda kind: {"type": kind})


def objects(children: st.SearchStrategy[Json], keys: list[str], pointers: list[str]) -> st.SearchStrategy[Json]:
    """Schemas of objects; some fields stand elsewhere on the wire, and some objects are wrappers that are not there."""
    wires = st.sampled_from(pointers) | st.lists(st.sampled_from(pointers), min_size=1, max_size=3)
    wired = st.tuples(children, wires).map(lambda pair: pair[0] | {"x-wire": pair[1]})
    fields = st.dictionaries(st.sampled_from(keys), children | children | wired, min_size=1, max_size=5)
    return fields.map(lambda known: {"type": "object", "properties": known})


def schemas(keys: list[str], pointers: list[str]) -> st.SearchStrategy[Json]:
    """Schemas of fields."""

    def larger(part: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
        whole = objects(part, keys, pointers)
        rows = (whole | part).map(lambda items: {"type": "array", "items": items})
        return whole | rows | whole.map(lambda wrapper: wrapper | {"x-wire": ""})

    return st.recursive(LEAVES, larger, max_leaves=8)


PLAIN, ODD = schemas(KEYS, POINTERS), schemas(ODD_KEYS, ODD_POINTERS)
SCHEMAS = objects(PLAIN, KEYS, POINTERS) | objects(ODD, KEYS, POINTERS) | objects(ODD, ODD_KEYS, ODD_POINTERS)
SPELLINGS: dict[str, st.SearchStrategy[Json]] = {
    "string": st.text(max_size=3) | st.sampled_from([*NO_VALUE, "", True, False, 12, -0.0, 12.5, 2**70]),
    "integer": st.integers() | st.sampled_from(["12", " -3 ", "53.00", 12.0, 87.5, True, "", NO_VALUE[0], 2**80]),
    "number": st.floats(allow_nan=False, allow_infinity=False) | st.sampled_from(["1e3", "12.50", 3, False, ""]),
    "boolean": st.booleans() | st.sampled_from([0, 1, "0", "1", "true", " False ", 1.0, ""]),
    "object": st.dictionaries(st.text(max_size=2), st.integers(), max_size=2),
    "array": st.lists(st.integers() | st.just([{}]), max_size=2),
}


def likely(schema: Json) -> st.SearchStrategy[Json]:
    """What a platform sends for a schema, in all its spellings: null, a list of one for an object, `[]` for none."""
    if "items" in schema:
        rows = st.lists(likely(schema["items"]), max_size=3)
        return st.integers(0, 9).flatmap(lambda chance: rows if chance else st.sampled_from(["", None, {"0": 1}]))
    if "properties" not in schema:
        return SPELLINGS[schema["type"]] | st.none()
    rare = within(schema).map(lambda value: [value]) | st.sampled_from([[], "", None, {}]) | JSON
    return st.integers(0, 9).flatmap(lambda chance: within(schema) if chance else rare)


def within(schema: Json) -> st.SearchStrategy[Json]:
    """An object as a platform sends it: all fields or some, and others that nobody documents."""
    known = {key: likely(child) for key, child in schema["properties"].items()}
    fields = st.fixed_dictionaries(known, optional={"more": JSON}) | st.fixed_dictionaries({}, optional=known)
    return st.tuples(fields, *[moved(child) for child in schema["properties"].values()]).map(merged)


def moved(schema: Json) -> st.SearchStrategy[Json]:
    """An object that has a field's value at the ways on the wire that its schema names."""
    wires = schema.get("x-wire", [])
    pointers = [wires] if isinstance(wires, str) else wires
    return st.tuples(*[likely_at(schema, steps(pointer)) for pointer in pointers if pointer]).map(merged)


def likely_at(schema: Json, way: tuple[str, ...]) -> st.SearchStrategy[Json]:
    found = likely({key: part for key, part in schema.items() if key != "x-wire"})
    for name in reversed(way):
        found = st.fixed_dictionaries({}, optional={name: found})
    return found


def merged(parts: tuple[Json, ...]) -> Json:
    return {name: part for each in parts if isinstance(each, dict) for name, part in each.items()}


@st.composite
def spoilt(draw: st.DrawFn, content: bytes) -> bytes:
    """Bytes with something in them replaced."""
    place = draw(st.integers(0, len(content)))
    other = draw(
        st.sampled_from([b"", b'"', b",", b"{}", b"[]", b"null", b"\xff", b"\\ud800", b"\\", b"7", b"\xed\xa0\x80"])
    )
    return content[:place] + other + content[place + draw(st.integers(0, 3)) :]


@st.composite
def answers(draw: st.DrawFn, values: st.SearchStrategy[Json]) -> bytes:
    """Answers as bytes, few of them spoilt."""
    value = draw(values)
    content = json.dumps(value, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1]))).encode()
    return draw(spoilt(content)) if draw(st.integers(0, 5)) == 0 else content


def tolerantly(action: Action, content: bytes) -> Reading | str:
    """The reference's reading, or why there is none."""
    try:
        root = Response(200, content=content).at(action.response.root)
        if not isinstance(root, dict):
            return "no object"
        return read_output(action, root, list(NO_VALUE))
    except (UnexpectedOutput, NotJson) as wrong:
        return str(wrong)


def exactly(value: Json) -> str:
    """A value with the types and the order of its parts."""
    return json.dumps(value)


def hold_together(action: Action, contents: list[bytes]) -> None:
    """Assert that the fast reader says what the reference says, however much it has learned before."""
    action = replace(action, paging=None)  # whether a page has rows is asked of either reader's output
    reader = Compiled(action, NO_VALUE)
    for content in [*contents, *contents]:
        expected = tolerantly(action, content)
        if isinstance(expected, str) and "out of range" in expected:
            continue  # a number that nobody documents and nobody can hold may be skipped
        output = reader.read(content)
        if output is None:
            event("left to the tolerant reader")
            continue
        event("read fast")
        assert isinstance(expected, Reading), f"{expected}, but was read as {output}"
        assert (exactly(output), expected.warnings) == (exactly(expected.output), [])
        assert list(documented(action.output, output)) == []
        assert Draft202012Validator(nullable(action.output)).is_valid(output)


@pytest.fixture(autouse=True, scope="module")
def at_once() -> Any:
    """Programs are written for the first byte."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled, "WORTH_A_PROGRAM", 0)
        yield


@given(data=st.data())
def test_the_fast_reader_says_what_the_tolerant_one_says_whatever_is_declared(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS)
    root = data.draw(st.sampled_from(["", "", "/data", "/data/x", "/data/x", "/0"]))
    values = within(schema)
    for name in reversed(steps(root)):
        values = st.fixed_dictionaries({name: values}, optional={"other": JSON})
    action = declared(output=schema, response=AnswerTemplate(root=root))
    hold_together(action, data.draw(st.lists(answers(values), min_size=1, max_size=3)))


@every_action
@given(data=st.data())
def test_the_fast_reader_says_what_the_tolerant_one_says_of_every_actions_answers(
    whose: str, key: str, data: st.DataObject
) -> None:
    hold_together(
        CONNECTORS[whose].actions[key], data.draw(st.lists(answers(bodies(whose, key)), min_size=1, max_size=3))
    )


@given(data=st.data())
def test_a_reading_is_the_same_whether_or_not_somebody_has_looked_into_the_answer(data: st.DataObject) -> None:
    schema = data.draw(SCHEMAS)
    action = declared(output=schema)
    content = data.draw(answers(within(schema)))
    expected = tolerantly(action, content)
    if isinstance(expected, str):
        with pytest.raises((UnexpectedOutput, NotJson)):
            read_output(action, answered(action, Response(200, content=content)), list(NO_VALUE))
        return
    for _ in range(2):
        found = read_output(action, answered(action, Response(200, content=content)), list(NO_VALUE))
        assert exactly(found.output) == exactly(expected.output)
        assert (found.warnings, found.undocumented) == (expected.warnings, expected.undocumented)
