"""What holds for every action, whatever the platform answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import copy
from functools import cache
from typing import Any

import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from connector_runtime.errors import ConnectorError, Unreachable
from connector_runtime.values import Json, Response, at, pointer_to, steps
from tests.connector_runtime.properties.actions import CONNECTORS, JSON, every_action, performed
from tests.connector_runtime.test_errors import tree

NAMED = {error.__name__ for error in tree(ConnectorError)}


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
