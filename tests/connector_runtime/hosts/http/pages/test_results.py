"""Results as people look at them."""

from __future__ import annotations

from typing import Any

from connector_runtime.hosts.http.pages.results import Table, address, as_csv, as_curl, pills, tables

OUTPUT: Any = {
    "type": "object",
    "properties": {
        "data": {
            "title": "Data",
            "type": "object",
            "properties": {
                "items": {
                    "title": "Items",
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "id": {"title": "ID", "type": "integer"}, "done": {"title": "Done", "type": "boolean"},
                        },
                    },
                }
            },
        },
        "count": {"title": "Count", "type": "integer"},
    },
}  # fmt: skip
VALUE = {"data": {"items": [{"id": 7, "done": True}, {"id": 8, "done": None}]}, "count": 2}


def test_pills_have_their_paths_and_the_first_rows_values() -> None:
    data, count = pills(OUTPUT, VALUE)
    (items,) = data.inside
    assert (data.sample, items.sample) == ("1 field", "2 rows")
    assert [(pill.path, pill.sample) for pill in items.inside] == [
        ("/data/items/0/id", "7"),
        ("/data/items/0/done", "yes"),
    ]
    assert (count.path, count.type_words, count.sample) == ("/count", "Integer", "2")


def test_an_output_that_is_not_there_has_its_fields_all_the_same() -> None:
    assert [(pill.title, pill.sample) for pill in pills(OUTPUT, None)] == [("Data", "empty"), ("Count", "empty")]
    assert list(tables(OUTPUT, None)) == []


def test_every_list_is_a_table() -> None:
    (table,) = tables(OUTPUT, VALUE)
    assert table == Table("/data/items", ["ID", "Done"], [["7", "yes"], ["8", ""]])


def test_a_spreadsheet_takes_nothing_for_a_formula() -> None:
    rows = [["=1+1", "-5"], ["@cmd", 'a "b", c'], ["+x", "-x"]]
    lines = as_csv(Table("/x", ["A", "B"], rows)).split("\r\n")
    assert lines[:4] == ["A,B", "'=1+1,-5", '\'@cmd,"a ""b"", c"', "'+x,'-x"]


def test_a_request_can_be_copied_without_its_credentials() -> None:
    request = {"method": "POST", "path": "/a b", "query": {"id[]": ["1", "2"]}, "body": {"name": "O'Brien"}}
    told = as_curl(request, "https://acme.example.com")
    assert "'https://acme.example.com/a b?id%5B%5D=1&id%5B%5D=2'" in told
    assert '"Authorization: Bearer $TOKEN"' in told and "O'\"'\"'Brien" in told


def test_a_request_is_shown_with_its_query_as_it_is_sent() -> None:
    request: dict[str, Any] = {
        "path": "/learn/v1/enrollments/4/7",
        "query": {"session_id": "3", "many[]": ["a b", "c"]},
    }
    assert address(request) == "/learn/v1/enrollments/4/7?session_id=3&many%5B%5D=a+b&many%5B%5D=c"
    assert address({**request, "query": {}}) == "/learn/v1/enrollments/4/7"
