"""What readers are sure of, jsonschema finds right, whatever the schema and the input."""

from __future__ import annotations

from datetime import date, datetime
from unittest.mock import patch

from hypothesis import event, given
from hypothesis import strategies as st

from connector_runtime.definition import Action
from connector_runtime.errors import InvalidInput
from connector_runtime.inputs import as_given, check_inputs, checking, reference
from connector_runtime.inputs.forms import Form, form_of
from connector_runtime.inputs.readers import Doubts
from connector_runtime.values import Handler, Json, Problem
from tests.connector_runtime.properties.actions import CONNECTORS, JSON, every_action
from tests.connector_runtime.properties.test_requests import inputs_for, plausible
from tests.connector_runtime.workshop import declared, handler

NAMES = st.sampled_from(["a", "b", "class", "a/b", "ä ö", "__init__"])
WORDS = st.sampled_from(["", " ", "1", "2", "a", "B", "ab", "abc", "🎓", "\x00", "true", "2026-01-31", "a@b"])
NUMBERS, TEXTS = st.sampled_from([0, 1, 2]), st.sampled_from(["0", "1", "a", "A", "true"])
ENDS = st.sampled_from([-1, 0, 1, 2, 2**63 - 1])
BEYOND = {"pattern": "a", "const": 1, "enum": [1, "a"], "multipleOf": 2, "minProperties": 1, "uniqueItems": True}
"""Keywords that the grammar of definitions does not have."""


def choices_of(values: st.SearchStrategy[Json], **said: Json) -> st.SearchStrategy[Json]:
    choice = st.builds(lambda const, title: {"const": const, "title": title}, values, WORDS)
    return st.lists(choice, min_size=1, max_size=3).map(lambda choices: {**said, "oneOf": choices})


def some(**keywords: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.fixed_dictionaries({}, optional=keywords)


def typed(kind: str, keywords: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return keywords.map(lambda said: {"type": kind, **said})


def lists_of(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    lists = typed("array", some(minItems=st.integers(0, 2), maxItems=st.integers(0, 3), items=inner))
    rows = st.tuples(NAMES, inner).map(lambda field: {"x-item": field[0], "items": {"properties": dict([field])}})
    return lists | st.tuples(lists, rows).map(lambda said: {**said[0], **said[1]})


def objects_of(inner: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    names = st.lists(NAMES, max_size=2, unique=True)
    demands = st.lists(names, max_size=2)
    known = st.dictionaries(NAMES, inner, max_size=4)
    return st.builds(demanding, known, names, demands) | st.just({"type": "object"})


def demanding(known: dict[str, Json], required: list[str], sides: list[list[str]]) -> Json:
    """An object's schema that asks only for declared fields, each with a title, as definitions do."""
    either = [{"required": [name for name in side if name in known]} for side in sides]
    return {
        "properties": {name: {"title": name.upper(), **child} for name, child in known.items()},
        "required": [name for name in required if name in known],
        **({"anyOf": either} if either else {}),
    }


LEAVES = st.one_of(
    st.just({}),
    typed("integer", some(minimum=ENDS, maximum=ENDS)),
    typed("number", some(minimum=ENDS, maximum=ENDS)),
    typed("boolean", some()),
    typed("string", some(minLength=st.integers(0, 2), maxLength=st.integers(0, 3))),
    typed("string", some(format=st.sampled_from(["date", "date-time", "email"]))),
    choices_of(NUMBERS, type="integer"),
    choices_of(TEXTS, type="string"),
    choices_of(NUMBERS | TEXTS),
)
SCHEMAS = st.recursive(LEAVES, lambda inner: lists_of(inner) | objects_of(inner), max_leaves=6)
FORMS = objects_of(SCHEMAS).filter(lambda form: "properties" in form)

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([-1, 0, 1, 2, 3, 2**63 - 1, 2**63, 2**70, 0.0, 1.0, 1.5, 2.0]),
    WORDS,
    st.dates(date(1, 1, 1)).map(date.isoformat),
    st.datetimes(datetime(1, 1, 1)).map(lambda when: when.isoformat()),
    st.text(max_size=4),
)
ANY = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=5
)


def near(schema: Json) -> st.SearchStrategy[Json]:
    """Values that mostly have the schema's shape."""
    if "items" in schema:
        return st.lists(near(schema["items"]) | near(schema["items"]) | ANY, max_size=4) | ANY
    if "properties" in schema:
        known = {key: near(child) for key, child in schema["properties"].items()}
        return st.fixed_dictionaries({}, optional=known) | st.fixed_dictionaries(known) | ANY
    if "oneOf" in schema:
        return st.sampled_from([choice["const"] for choice in schema["oneOf"]]) | SCALARS
    return plausible(schema) | SCALARS if "type" in schema else ANY


def filled_forms(forms: st.SearchStrategy[Json]) -> st.SearchStrategy[tuple[Action, Json]]:
    actions = forms.map(lambda form: declared(input=form))
    return actions.flatmap(lambda action: st.tuples(st.just(action), near(action.input).filter(_is_object)))


def _is_object(value: Json) -> bool:
    return isinstance(value, dict)


def verdicts(action: Action, given: Json) -> tuple[Doubts, list[Problem]]:
    """What the readers doubt, and what jsonschema finds in the input as they read it."""
    doubts: Doubts = []
    tidy = form_of(action).read(given, doubts)
    return doubts, reference.problems(action, tidy)


@given(filled_forms(FORMS))
def test_readers_are_sure_exactly_of_what_jsonschema_finds_right(filled: tuple[Action, Json]) -> None:
    doubts, problems = verdicts(*filled)
    event("wrong" if problems else "right")
    assert bool(doubts) == bool(problems)


def spoilt(schema: Json, name: str, beyond: dict[str, Json]) -> Json:
    """The schema with keywords beyond the grammar in one of its fields."""
    field = {"title": name, **schema["properties"].get(name, {}), **beyond}
    return schema | {"properties": schema["properties"] | {name: field}}


@given(
    filled_forms(
        st.builds(spoilt, FORMS, NAMES, st.fixed_dictionaries({}, optional={k: st.just(v) for k, v in BEYOND.items()}))
    )
)
def test_whatever_a_schema_says_readers_are_sure_of_nothing_that_jsonschema_finds_wrong(
    filled: tuple[Action, Json],
) -> None:
    doubts, problems = verdicts(*filled)
    event("in doubt" if doubts else "sure")
    assert doubts or not problems


def outcome(action: Action, half: Handler, raw: Json) -> Json:
    try:
        return check_inputs(action, half, as_given(raw))
    except InvalidInput as wrong:
        return wrong.problems


def doubting(action: Action) -> Form:
    """The form of an action whose readers are never sure."""
    form = form_of(action)

    def read(value: Json, doubts: Doubts) -> Json:
        doubts.append({})
        return form.read(value, doubts)

    return Form(read, form.fields)


def same_with_and_without_certainty(action: Action, half: Handler, raw: Json) -> None:
    sure = outcome(action, half, raw)
    with patch.object(checking, "form_of", doubting):
        assert outcome(action, half, raw) == sure
    event("right" if isinstance(sure, dict) else "wrong")


@every_action
@given(data=st.data())
def test_an_input_comes_to_the_same_whether_readers_are_sure_or_jsonschema_is_asked(
    whose: str, key: str, data: st.DataObject
) -> None:
    connector = CONNECTORS[whose]
    action = connector.actions[key]
    raw = data.draw(inputs_for(action) | JSON)
    same_with_and_without_certainty(action, connector.handler(action), raw)


@given(filled_forms(FORMS))
def test_an_input_of_any_form_comes_to_the_same_too(filled: tuple[Action, Json]) -> None:
    action, raw = filled
    same_with_and_without_certainty(action, handler(), raw)


@every_action
def test_readers_are_sure_of_every_right_input_that_the_cases_give(whose: str, key: str) -> None:
    connector = CONNECTORS[whose]
    action, right = connector.actions[key], []
    for name in connector.cases(key):
        doubts, problems = verdicts(action, as_given(connector.case(key, name).given))
        assert bool(doubts) == bool(problems), name
        right += [] if problems else [name]
    assert set(action.samples) <= set(right)
