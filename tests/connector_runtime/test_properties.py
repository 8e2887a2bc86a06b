"""What holds for every action, whatever it is given and whatever the platform answers."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import json
from collections.abc import Iterator
from copy import copy
from datetime import date, datetime
from functools import cache
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connector_runtime.definition import Action, Connector, load
from connector_runtime.definition.grammar import Constant
from connector_runtime.errors import ConnectorError, Unreachable
from connector_runtime.inputs.checking import moment
from connector_runtime.record import Record
from connector_runtime.run import run
from connector_runtime.schema import fields
from connector_runtime.values import Json, Request, Response, at, pointer_to, steps
from tests.casebook import ROOT
from tests.connector_runtime.test_errors import tree
from tests.connector_runtime.workshop import TOY

CONNECTORS = {"toy": load(TOY), "own": load(ROOT)}
EVERY = [(name, key) for name, connector in CONNECTORS.items() for key in connector.actions]
NAMED = {error.__name__ for error in tree(ConnectorError)}
every_action = pytest.mark.parametrize(("whose", "key"), EVERY, ids=[f"{whose}/{key}" for whose, key in EVERY])

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSON = st.recursive(
    SCALARS | st.sampled_from(["", "0", "7", "1.5", "true", "0000-00-00", "2026-01-10 09:00:00", -1, 2**63, 2**64]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def performed(connector: Connector, key: str, raw: Json, *answers: Any) -> tuple[Record, list[Request]]:
    """Run an action on a platform that gives these answers, and the last one from then on."""
    requests: list[Request] = []
    left = list(answers)

    async def send(request: Request) -> Response:
        requests.append(request)
        told = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(told, Exception):
            raise told
        response: Response = told
        return response

    def keep(record: Record) -> None:
        json.dumps(record.document(), allow_nan=False)

    return asyncio.run(run(connector, key, raw, send=send, connection="any", keep=keep)), requests


WORDS = st.text(st.characters(exclude_categories=["C"]), min_size=2, max_size=8)

# Whatever is given ----------------------------------------------------------------------------------------------------


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


# Whatever the platform answers ----------------------------------------------------------------------------------------


def pointers(value: Json, parts: tuple[str | int, ...] = ()) -> Iterator[str]:
    yield pointer_to(parts)
    if isinstance(value, dict):
        for name, part in value.items():
            yield from pointers(part, (*parts, name))
    elif isinstance(value, list):
        for index, part in enumerate(value):
            yield from pointers(part, (*parts, index))


def replaced(whole: Json, pointer: str, part: Json) -> Json:
    if not pointer:
        return part
    fresh = json.loads(json.dumps(whole))
    *way, last = steps(pointer)
    place = at(fresh, pointer_to(way))
    place[int(last) if isinstance(place, list) else last] = part
    return fresh


@cache
def bodies(whose: str, key: str) -> st.SearchStrategy[Json]:
    """Answers of an action's cases, whole or with any part of them replaced."""
    connector = CONNECTORS[whose]
    told = [
        exchange.response.body
        for name in connector.cases(key)
        for exchange in connector.case(key, name).exchanges
        if exchange.response.status < 300 and isinstance(exchange.response.body, dict)
    ]
    spoilt = st.sampled_from(told).flatmap(
        lambda body: st.tuples(st.sampled_from(list(pointers(body))), JSON).map(lambda spot: replaced(body, *spot))
    )
    return spoilt | st.sampled_from(told)


@cache
def accepted(whose: str, key: str) -> st.SearchStrategy[Any]:
    """Answers that accept a call and say nearly what they should."""
    content = bodies(whose, key).map(lambda body: json.dumps(body).encode())
    return st.builds(Response, st.sampled_from([200, 201]), st.just({}), content)


@cache
def anything(whose: str, key: str) -> st.SearchStrategy[Any]:
    """Arbitrary JSON and arbitrary bytes with any status, and no answer at all."""
    content = (JSON | bodies(whose, key)).map(lambda body: json.dumps(body).encode()) | st.binary()
    status = st.sampled_from([200, 204]) | st.integers(100, 599)
    headers = st.dictionaries(st.sampled_from(["retry-after", "content-type"]), st.text(max_size=9))
    never_sent, lost = Unreachable("not there"), Unreachable("lost", effect="unknown")
    answers = st.builds(Response, status, headers, content)
    return st.one_of(answers, answers, answers, st.sampled_from([never_sent, lost]).map(copy))


@cache
def sample(whose: str, key: str) -> Json:
    connector = CONNECTORS[whose]
    return connector.case(key, connector.actions[key].samples[0]).given


def nullable(schema: Json) -> Json:
    """The output schema as results meet it: every field there, and null where there is nothing."""
    whole = {
        key: part for key, part in schema.items() if not key.startswith("x-") and key not in ("title", "description")
    }
    if "properties" in schema:
        whole["properties"] = {key: nullable(child) for key, child in schema["properties"].items()}
        whole["required"] = list(schema["properties"])
        whole["additionalProperties"] = False
    if "items" in schema:
        whole["items"] = nullable(schema["items"])
    kind = "number" if schema["type"] == "integer" else schema["type"]  # a score of 87.5 is kept
    return whole | {"type": [kind, "null"]}


def documented(schema: Json, value: Json, path: str = "") -> Iterator[str]:
    """Places where a value's keys are not exactly the documented ones, in their order."""
    if isinstance(value, dict) and "properties" in schema:
        if list(value) != list(schema["properties"]):
            yield path or "/"
        for key, child in schema["properties"].items():
            yield from documented(child, value.get(key), f"{path}/{key}")
    elif isinstance(value, list) and "items" in schema:
        for index, part in enumerate(value):
            yield from documented(schema["items"], part, f"{path}/{index}")


@pytest.mark.parametrize("answers_for", [accepted, anything])
@every_action
@given(data=st.data())
def test_any_answer_ends_in_the_documented_output_or_in_a_named_error(
    whose: str, key: str, answers_for: Any, data: st.DataObject
) -> None:
    connector = CONNECTORS[whose]
    action = connector.actions[key]
    given_input = sample(whose, key)
    answers = data.draw(st.lists(answers_for(whose, key), min_size=1, max_size=2))
    record, requests = performed(connector, key, given_input, *answers)
    event(record.error["type"] if record.error else record.status)
    assert requests
    if record.error is not None:
        assert record.error["type"] in NAMED
        assert record.error["code"] != "internal", record.failure
        assert record.output is None
        return
    assert isinstance(record.output, dict)
    assert list(documented(action.output, record.output)) == []
    verdict = Draft202012Validator(nullable(action.output)).iter_errors(record.output)
    assert [error.message for error in verdict] == []
    for warning in record.warnings:
        assert warning["message"]
        assert warning["pointer"] == "" or warning["pointer"].startswith("/")


@every_action
def test_the_samples_own_answer_validates_against_the_nullable_output(whose: str, key: str) -> None:
    connector = CONNECTORS[whose]
    action = connector.actions[key]
    for name in action.samples:
        returns = connector.case(key, name).returns
        if returns is None:  # a sample of a refusal
            continue
        assert [error.message for error in Draft202012Validator(nullable(action.output)).iter_errors(returns)] == []
