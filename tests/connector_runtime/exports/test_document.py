"""The facts of a listing, gathered."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import jsonschema
import pytest

from connector_runtime.definition import Connector
from connector_runtime.definition.connection import Limits, Window
from connector_runtime.definition.reading import json_schema
from connector_runtime.errors import InvalidInput
from connector_runtime.exports.document import listing_facts
from connector_runtime.exports.facts import ListingFacts
from connector_runtime.exports.releases import releases_of


@pytest.fixture(scope="module")
def facts(toy: Connector) -> ListingFacts:
    return listing_facts(toy)


@pytest.mark.parametrize("whose", ["toy", "connector"])
def test_the_document_is_what_its_schema_says(whose: str, request: pytest.FixtureRequest) -> None:
    document = json.loads(json.dumps(asdict(listing_facts(request.getfixturevalue(whose))), allow_nan=False))
    schema = json_schema(ListingFacts)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document | {"more": 1}, schema, cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize("whose", ["toy", "connector"])
def test_every_action_and_event_is_there_and_they_name_each_other(whose: str, request: pytest.FixtureRequest) -> None:
    connector: Connector = request.getfixturevalue(whose)
    found = listing_facts(connector)
    assert [action.key for action in found.actions] == list(connector.actions)
    assert [event.event for event in found.events] == list(connector.triggers)
    causes = {(caused.event, action.key) for action in found.actions for caused in action.events}
    assert causes == {(event.event, cause.key) for event in found.events for cause in event.caused_by}
    assert causes


@pytest.mark.parametrize("whose", ["toy", "connector"])
def test_every_error_of_an_action_is_explained_and_leads_back(whose: str, request: pytest.FixtureRequest) -> None:
    found = listing_facts(request.getfixturevalue(whose))
    explained = {error.code: [action.key for action in error.actions] for error in found.errors}
    assert any(action.errors for action in found.actions)
    for action in found.actions:
        assert [code for code in action.errors if action.key not in explained[code]] == []
    assert all(meaning.cause and meaning.fix and meaning.move for error in found.errors for meaning in error.meanings)


def test_an_action_has_its_sample_its_permission_and_the_errors_of_its_cases(facts: ListingFacts) -> None:
    lend = next(action for action in facts.actions if action.key == "lend_book")
    assert lend.sample.name == "by_member_id"
    assert lend.sample.input["member_id"] == next(field for field in lend.input if field.key == "member_id").sample
    assert lend.permission == "A card without fines."
    assert {"already_lent", "invalid_input"} <= {*lend.errors}
    assert (lend.kind_in_words, lend.pages, lend.endpoint_assumed) == ("Creates", False, False)


def test_what_it_needs_to_be_allowed_is_said_by_kind_of_action(facts: ListingFacts) -> None:
    told = {
        permission.kind: (permission.needs, [action.key for action in permission.actions])
        for permission in facts.permissions
    }
    assert told == {
        "read": ("A card.", ["list_loans"]),
        "create": ("A card without fines.", ["lend_book"]),
        "delete": ("A card.", ["return_books"]),
    }


def test_the_scopes_and_the_ways_in_are_said(connector: Connector, facts: ListingFacts) -> None:
    assert facts.access.scopes == []
    assert [(way.key, [field.key for field in way.fields]) for way in facts.access.ways] == [("card", ["token"])]
    docebo = listing_facts(connector).access
    assert docebo.scopes == ["api"]
    assert [field.key for field in docebo.ways[0].fields] == ["client_id", "client_secret"]


def test_limits_are_said_in_words(toy: Connector) -> None:
    limits = Limits(
        windows=[Window(calls=1000, seconds=3600), Window(calls=5, seconds=2.5)], token=[Window(calls=1, seconds=60)]
    )
    found = listing_facts(replace(toy, identity=replace(toy.identity, limits=limits))).limits
    assert [limit.in_words for limit in found] == [
        "1,000 calls in an hour",
        "5 calls in 2.5 seconds",
        "1 requests for a token in a minute",
    ]


def test_what_is_assumed_is_told_by_its_declaration(facts: ListingFacts) -> None:
    told = {(group.of, group.key) for group in facts.assumptions}
    assert ("action", "list_loans") in told
    assert all(group.assumptions for group in facts.assumptions)


def test_without_a_listing_the_author_is_told_where_it_goes(toy: Connector) -> None:
    with pytest.raises(InvalidInput, match="the connector has no listing") as caught:
        listing_facts(replace(toy, identity=replace(toy.identity, listing=None)))
    assert "Write `listing` in " in caught.value.fix


def test_a_changelog_is_parted_into_its_releases() -> None:
    text = "# Changelog\n\nNewest first.\n\n## 2.0, today\n\n- New.\n  ### Not a release\n\n## 1.0\n\n- Old.\n"
    assert [(release.title, release.changes) for release in releases_of(text)] == [
        ("2.0, today", "- New.\n  ### Not a release"),
        ("1.0", "- Old."),
    ]
    assert releases_of("") == releases_of("# Changelog\n") == []
