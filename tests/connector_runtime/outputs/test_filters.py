"""A row that contradicts a filter: the platform ignored it."""

from __future__ import annotations

import pytest

from connector_runtime.definition.grammar import Paging
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.outputs import check_filters
from connector_runtime.values import Json
from tests.connector_runtime.workshop import declared

ROWS = {"title": "Rows", "items": {"properties": {"id": {"type": "integer"}, "name": {"type": "string"}}}}
LIST = declared(
    input={
        "properties": {
            "ids": {"title": "IDs", "items": {"type": "integer"}, "x-filters": "id"},
            "name": {"title": "Name", "type": "string", "x-filters": "name"},
            "page": {"title": "Page", "type": "integer"},
        }
    },
    output={"properties": {"rows": ROWS, "more": {"type": "boolean"}, "total": {"type": "integer"}}},
    paging=Paging(page="page", size="page", items="/rows", more="/more", total="/total"),
)


@pytest.mark.parametrize(
    "rows", [[], None, [{"id": 7, "name": "a"}], [{"id": 8, "name": None}], [None], [{"id": None, "name": None}]]
)
def test_rows_that_fit_the_filters_are_believed(rows: Json) -> None:
    check_filters(LIST, {"ids": [7, 8], "name": "a"}, {"rows": rows})
    assert check_filters(LIST, {}, {"rows": [{"id": 99, "name": "z"}]}) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(("inputs", "pointer"), [({"ids": [7]}, "/rows/1/id"), ({"name": "a"}, "/rows/1/name")])
def test_a_row_that_contradicts_a_filter_withholds_the_answer(inputs: Json, pointer: str) -> None:
    rows = [{"id": 7, "name": "a"}, {"id": 9, "name": "z"}]
    with pytest.raises(UnexpectedOutput, match="ignored the filter") as caught:
        check_filters(LIST, inputs, {"rows": rows})
    assert (caught.value.code, caught.value.pointer) == ("filter_ignored", pointer)


def test_an_action_without_pages_has_no_rows_to_hold_to_filters() -> None:
    one = declared(input=LIST.input, output=LIST.output)
    assert check_filters(one, {"ids": [7]}, {"rows": [{"id": 9}]}) is None  # type: ignore[func-returns-value]
