"""Whatever a platform answers where a list should be, a form gets choices and fields of the right kind, or an error."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_runtime.errors import UnexpectedOutput
from connector_runtime.inputs.own_fields import settled
from connector_runtime.run.choices import matches, once, rows_in
from connector_runtime.run.own_fields import fields_in, joined
from connector_runtime.values import Json
from tests.connector_runtime.run.directory import EXTRAS, PEOPLE

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
ANYTHING: Any = st.recursive(
    SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=8
)
NAMES = st.sampled_from(["id", "first", "last", "mail", "name", "type", "must", "options", "label"])
ROWS = st.lists(st.dictionaries(NAMES, ANYTHING | st.sampled_from(["text", "date", "dropdown"])) | ANYTHING, max_size=5)
ANSWERS = st.fixed_dictionaries({"rows": ROWS | ANYTHING, "more": ANYTHING})


@given(ANSWERS, st.booleans(), st.text(max_size=5))
def test_choices_have_a_value_of_the_fields_kind_and_one_line_of_name(answer: Json, number: bool, search: str) -> None:
    if not isinstance(answer["rows"], list):
        with pytest.raises(UnexpectedOutput):
            rows_in(PEOPLE, answer, number=number)
        return
    found = rows_in(PEOPLE, answer, number=number)
    for choice in once(row for row in found.rows if matches(row, search)):
        assert type(choice.value) is (int if number else str)
        assert choice.label == " ".join(choice.label.split()) or choice.label == str(choice.value)
        assert isinstance(choice.hint, str)


@given(ANSWERS, st.dictionaries(st.text(max_size=4), ANYTHING, max_size=3))
def test_fields_are_a_schema_to_which_anything_can_be_held(answer: Json, values: dict[str, Json]) -> None:
    if not isinstance(answer["rows"], list):
        return
    schema, _ = fields_in(EXTRAS, answer)
    whole = joined("Extras", [schema, schema])
    assert whole["properties"] == schema["properties"] and set(whole["required"]) <= set(whole["properties"])
    tidy, problems = settled(whole, "extras", values)
    assert set(tidy) <= set(whole["properties"])
    assert all(problem.title.startswith("Extras") and problem.message for problem in problems)
