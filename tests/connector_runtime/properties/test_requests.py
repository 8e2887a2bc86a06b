"""What holds for every action, whatever it is given."""

from __future__ import annotations

import ast
import contextlib
import json
from collections.abc import Iterator
from datetime import date, datetime
from functools import cache
from urllib.parse import unquote

from hypothesis import event, given
from hypothesis import strategies as st

from connector_runtime.definition import Action
from connector_runtime.definition.mapping import Constant
from connector_runtime.inputs.spellings import moment
from connector_runtime.schema import fields
from connector_runtime.values import Json, Response
from tests.connector_runtime.properties.actions import CONNECTORS, JSON, SCALARS, every_action, performed

WORDS = st.text(st.characters(exclude_categories=["C"]), min_size=2, max_size=8)


def plausible(schema: Json) -> st.SearchStrategy[Json]:
    """Values that a field may well accept, and some that it nearly does."""
    choices = schema.get("oneOf") or schema.get("x-choices") or []
    words = st.sampled_from([word for choice in choices for word in (choice["const"], choice["title"])] or ["x"])
    if "x-choices" in schema:
        return st.lists(words, min_size=1, max_size=3).map(", ".join)
    if choices:
        return words
    if "items" in schema:
        inner = plausible(schema["items"])
        if item := schema.get("x-item"):
            inner |= plausible(schema["items"]["properties"][item])
        return st.lists(inner, min_size=1, max_size=3)
    if "properties" in schema:
        return filled_in(schema)
    if schema.get("format") == "date":
        return st.dates().map(date.isoformat)
    if schema.get("format") == "date-time":
        return st.datetimes(datetime(1000, 1, 1)).map(lambda when: when.isoformat())
    return {
        "integer": st.integers(1, 9_999) | st.integers(1, 200).map(str),
        "number": st.floats(0, 100),
        "boolean": st.sampled_from([True, False, "yes", "no", 0, 1]),
        "object": st.dictionaries(st.text("abc123", min_size=1, max_size=4), SCALARS, max_size=3),
    }.get(schema["type"], WORDS | st.sampled_from(["a, b", "A-1", "Ada Lovelace"]))


def filled_in(schema: Json) -> st.SearchStrategy[Json]:
    """Objects with every field, and objects with the required ones and some others."""
    known = {key: plausible(child) for key, child in schema["properties"].items()}
    required = {key: known[key] for key in schema.get("required", [])}
    others = {key: values for key, values in known.items() if key not in required}
    return st.fixed_dictionaries(known) | st.fixed_dictionaries(required, optional=others)


@cache
def inputs_for(action: Action) -> st.SearchStrategy[Json]:
    right = filled_in(action.input)
    known = {key: plausible(child) | JSON for key, child in action.input["properties"].items()}
    odd = st.fixed_dictionaries({}, optional=known)
    return (
        right | right | right | odd | JSON | st.tuples(right, JSON).map(lambda pair: {**pair[0], "nonsense": pair[1]})
    )


def leaves(value: Json) -> Iterator[Json]:
    if isinstance(value, dict):
        for part in value.values():
            yield from leaves(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    else:
        yield value


def forms(value: Json, date_time: str) -> Iterator[str]:
    """A given value in every form in which it may leave."""
    text = str(value)
    yield from (text, text.strip(), text.lower(), *(part.strip() for part in text.split(",")))
    if isinstance(value, bool) or str(value).strip().lower() in ("yes", "no", "true", "false", "0", "1"):
        truth = str(value).strip().lower() in ("yes", "true", "1")
        yield from (str(truth), str(truth).lower(), str(int(truth)))
    with contextlib.suppress(TypeError, ValueError, OverflowError):
        yield str(int(value))
    try:
        yield moment(text).strftime(date_time)
        yield date.fromisoformat(text).isoformat()
    except ValueError:
        pass


def from_there(value: Json, allowed: frozenset[str]) -> bool:
    """Whether a value, or each part of a comma list, is one of those."""
    return str(value) in allowed or all(part.strip() in allowed for part in str(value).split(","))


@cache
def constants(whose: str, key: str) -> frozenset[str]:
    """Every value that the declaration itself may send: constants, choices, and literals of its Python half."""
    connector = CONNECTORS[whose]
    action = connector.actions[key]
    found: list[Json] = [*action.request.path.split("/")]
    for entry in [*action.request.query, *(action.request.body or [])]:
        if isinstance(entry, dict):
            found += [
                leaf for source in entry.values() if isinstance(source, Constant) for leaf in leaves(source.const)
            ]
    for _, schema in fields(action.input):
        found += [choice["const"] for choice in schema.get("oneOf") or schema.get("x-choices") or []]
    source = (connector.folder / "actions" / f"{action.key}.py").read_text(encoding="utf-8")
    literals = [node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant)]
    found += [part for literal in literals for part in [literal, *str(literal).split("/")]]
    return frozenset(form for value in found for form in forms(value, connector.identity.wire.date_time))


@every_action
@given(data=st.data())
def test_what_is_sent_comes_from_the_input_or_the_declaration_and_else_nothing_is_sent(
    whose: str, key: str, data: st.DataObject
) -> None:
    connector = CONNECTORS[whose]
    action = connector.actions[key]
    raw = data.draw(inputs_for(action))
    given_as = data.draw(st.sampled_from([raw, json.dumps(raw)]))
    record, requests = performed(connector, key, given_as, Response(200, content=b"{}"))
    event("sent" if requests else "not sent")
    if record.error and record.error["type"] == "InvalidInput":
        assert requests == []
        assert record.error["problems"]
        return
    assert requests
    wire = connector.identity.wire
    allowed = constants(whose, key) | {form for leaf in leaves(raw) for form in forms(leaf, wire.date_time)}
    for request in requests:
        segments = [unquote(part) for part in request.path.split("/")]
        sent = [*segments, *leaves(dict(request.query)), *leaves(request.body or {})]
        assert [value for value in sent if not from_there(value, allowed) and value not in leaves(raw)] == []
