"""What the connector publishes, held against the vendor's article as data: nothing missing, nothing extra."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from connector_runtime.definition import Connector
from connector_runtime.exports.listing import action_document
from connector_runtime.values import Json
from tests.casebook import ROOT

ARTICLE: list[dict[str, Json]] = json.loads((ROOT / "tests/article/fields.json").read_text(encoding="utf-8"))
ACTIONS = [pytest.param(told, id=told["key"]) for told in ARTICLE]

# What `actions --json` promises for every action.
DOCUMENTED_KEYS = (
    *("key", "title", "action_name", "summary", "description"),
    *("input", "output", "request", "emits", "kind", "if_already", "samples", "source"),
)

TYPES = {"string": "String", "integer": "Integer", "boolean": "Boolean", "object": "Object"}
FORMATS = {"date": "Date", "date-time": "Date/Time"}

Row = tuple[str, str, str, bool]
"""A row of the article's tables: path of keys, label, data type, whether it is required."""


def published(connector: Connector, key: str) -> dict[str, Json]:
    """An action as programs read it: plain JSON, after a journey through text."""
    assert key in connector.actions, f"there is no action {key}"
    document: dict[str, Json] = json.loads(json.dumps(action_document(connector.actions[key])))
    return document


def rows_of(schema: Json, inside: str = "") -> Iterator[Row]:
    """The rows of a published schema, parents first, in its order.

    What is inside a row of an `x-item` list ({id: 12}) is ours: the article says Array of Objects, and not of which.
    """
    required = schema.get("required", [])
    for key, field in schema.get("properties", {}).items():
        yield f"{inside}{key}", field["title"], data_type(field), key in required
        if "x-item" not in field:
            yield from rows_of(field.get("items", field), f"{inside}{key}/")


def data_type(field: Json) -> str:
    """A field's type in the article's words."""
    if field["type"] == "array":
        return f"Array of {data_type(field['items'])}s"
    return FORMATS.get(field.get("format"), TYPES[field["type"]])


def documented(rows: list[Json], inside: str = "") -> Iterator[Row]:
    """The same rows as the article has them."""
    for row in rows:
        yield f"{inside}{row['key']}", row["label"], row["type"], row.get("required", False)
        yield from documented(row.get("children", []), f"{inside}{row['key']}/")


def of_the_article(connector: Connector) -> list[str]:
    """The actions that say that they are the article's; a connector may have others, of its own."""
    return [key for key, action in connector.actions.items() if action.source.article is not None]


def test_the_actions_of_the_article_are_its_ten_and_no_others(connector: Connector) -> None:
    assert sorted(of_the_article(connector)) == sorted(told["key"] for told in ARTICLE)
    assert len(of_the_article(connector)) == 10


@pytest.mark.parametrize("told", ACTIONS)
def test_an_action_is_called_what_the_article_calls_it(connector: Connector, told: Json) -> None:
    document = published(connector, told["key"])
    assert document["title"] == told["title"]
    assert document["action_name"] == told["action_name"]
    assert document["source"]["article"] == told["title"], "the heading in the article"


@pytest.mark.parametrize("told", ACTIONS)
def test_an_action_calls_the_endpoint_that_the_article_names(connector: Connector, told: Json) -> None:
    document = published(connector, told["key"])
    assert document["request"]["endpoint"] == ("internal" if told["internal"] else "public")
    if told["endpoint"] is None:
        assumed = document["source"]["assumed"]
        assert {"/request/method", "/request/path"} <= assumed.keys(), "what the article does not name is assumed"
    else:
        assert {name: document["request"][name] for name in ("method", "path")} == told["endpoint"]


@pytest.mark.parametrize("told", ACTIONS)
def test_an_action_announces_the_webhook_events_of_the_article(connector: Connector, told: Json) -> None:
    emits = published(connector, told["key"])["emits"]
    always = [event for event in told["events"] if isinstance(event, str)]
    sometimes = [event["event"] for event in told["events"] if not isinstance(event, str)]
    assert [emit["event"] for emit in emits if emit["when_input"] is None] == always
    assert [emit["event"] for emit in emits if emit["when_input"] is not None] == sometimes


@pytest.mark.parametrize("told", ACTIONS)
def test_the_inputs_are_the_articles_row_by_row(connector: Connector, told: Json) -> None:
    assert list(rows_of(published(connector, told["key"])["input"])) == list(documented(told["input"]))


@pytest.mark.parametrize("told", ACTIONS)
def test_the_outputs_are_the_articles_row_by_row(connector: Connector, told: Json) -> None:
    found = [row[:3] for row in rows_of(published(connector, told["key"])["output"])]
    assert found == [row[:3] for row in documented(told["output"])]


def test_the_rows_number_82_for_inputs_and_176_for_outputs(connector: Connector) -> None:
    documents = [published(connector, key) for key in of_the_article(connector)]
    assert sum(len(list(rows_of(document["input"]))) for document in documents) == 82
    assert sum(len(list(rows_of(document["output"]))) for document in documents) == 176


def test_a_list_written_as_objects_has_one_field_and_it_is_required(connector: Connector) -> None:
    fields = [
        field
        for key in connector.actions
        for field in published(connector, key)["input"]["properties"].values()
        if "x-item" in field
    ]
    assert fields
    for field in fields:
        assert list(field["items"]["properties"]) == field["items"]["required"] == [field["x-item"]]


def test_every_published_field_says_what_it_is(connector: Connector) -> None:
    silent = [
        f"{key}/{part}/{path}"
        for key in connector.actions
        for part in ("input", "output")
        for path, description in descriptions(published(connector, key)[part])
        if not description
    ]
    assert silent == []


def descriptions(schema: Json, inside: str = "") -> Iterator[tuple[str, str]]:
    """Path and description of every field, those inside `x-item` lists included."""
    for key, field in schema.get("properties", {}).items():
        yield f"{inside}{key}", field.get("description", "")
        yield from descriptions(field.get("items", field), f"{inside}{key}/")


def test_the_command_line_lists_every_action_with_the_documented_keys(connector: Connector) -> None:
    command = [sys.executable, "-m", "docebo_connect", "actions", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=True)
    listed = json.loads(done.stdout)
    assert [action["key"] for action in listed] == list(connector.actions)
    assert {told["key"] for told in ARTICLE} <= {action["key"] for action in listed}
    assert {tuple(action) for action in listed} == {DOCUMENTED_KEYS}
    assert listed == [published(connector, action["key"]) for action in listed]
