"""Pages of a list: which rows, of how many, and which page is next to them."""

from __future__ import annotations

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.pages.sheets import sheets
from connector_runtime.values import Json

MORE = {"has_more_data": True, "total_count": 59}
LAST = {"has_more_data": False, "total_count": 59}


@pytest.mark.parametrize(
    ("given", "shown", "output", "title", "pages"),
    [
        ({}, 20, MORE, "rows 1–20 of 59", (None, 2)),
        (None, 1, {"has_more_data": False, "total_count": 1}, "1 row", (None, None)),
        ({"page": "2"}, 20, MORE, "rows 21–40 of 59", (1, 3)),
        ({"page": 3}, 19, LAST, "rows 41–59 of 59", (2, None)),
        ({"page": 30, "page_size": 2}, 1, LAST, "row 59 of 59", (29, None)),
        ({"page": 900, "page_size": "20"}, 0, LAST, "no row of 59 rows is on this page", (3, None)),
        ({"page": 900}, 0, {"has_more_data": False, "total_count": None}, "no row is on this page", (1, None)),
        ({"page": 3}, 4, {"has_more_data": False, "total_count": None}, "4 rows", (2, None)),
        ({"page": 3, "page_size": 9}, 4, {"has_more_data": False, "total_count": None}, "rows 19–22", (2, None)),
        ({"page": "x"}, 2, {"has_more_data": True, "total_count": None}, "rows 1–2", (None, 2)),
        ({}, 0, {"has_more_data": False, "total_count": 0}, "0 rows", (None, None)),
    ],
)
def test_a_page_says_which_rows_it_has(
    connector: Connector, given: Json, shown: int, output: Json, title: str, pages: tuple[int | None, int | None]
) -> None:
    rows = [{"user_id": number} for number in range(shown)]
    whole = {"items": rows, "sort": [{"sort_by": "user_id"}], **output}
    (sheet,) = sheets(connector.actions["get_course_enrollments"], given, whole)
    assert (sheet.table.path, sheet.title) == ("/items", title)
    assert (sheet.earlier_page, sheet.next_page) == pages
