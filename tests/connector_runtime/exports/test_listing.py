"""An action as other programs read it."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest

from connector_runtime.definition import Connector
from connector_runtime.exports.listing import action_document, choices_of, kind_in_words

KEYS = [
    "key",
    "title",
    "action_name",
    "summary",
    "description",
    "input",
    "output",
    "request",
    "emits",
    "kind",
    "if_already",
    "samples",
    "source",
]


@pytest.mark.parametrize("whose", ["toy", "connector"])
def test_a_published_action_has_these_keys_in_this_order(whose: str, request: pytest.FixtureRequest) -> None:
    connector: Connector = request.getfixturevalue(whose)
    for action in connector.actions.values():
        document = action_document(action)
        assert list(document) == KEYS
        assert json.loads(json.dumps(document, allow_nan=False)) == document
        assert "$ref" not in json.dumps([document["input"], document["output"]])


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "Integer"),
        ({"type": "number"}, "Number"),
        ({"type": "boolean"}, "Boolean"),
        ({"type": "string"}, "String"),
        ({"type": "string", "format": "date"}, "Date"),
        ({"type": "string", "format": "date-time"}, "Date/Time"),
        ({"type": "object"}, "Object"),
        ({"type": "array", "items": {"type": "object", "properties": {}}}, "Array of Objects"),
        ({"type": "array", "items": {"type": "integer"}}, "Array of Integers"),
        ({"type": "array"}, "Array of Objects"),
    ],
)
def test_a_data_type_is_told_in_the_articles_words(schema: Any, words: str) -> None:
    assert kind_in_words(schema) == words


def test_choices_are_those_of_a_dropdown_or_of_a_comma_list() -> None:
    one = [{"const": 1, "title": "One"}]
    assert choices_of(cast(Any, {"oneOf": one})) == choices_of(cast(Any, {"x-choices": one})) == one
    assert choices_of({"type": "string"}) == []
