"""How an action's pages follow each other, as its author may declare it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connector_runtime.workshop import altered, copied, faults

DECLARED = "{page: page, size: page_size, items: /loans, more: /more, total: /total}"
FAULTS = [
    ("{size: page_size, items: /loans, more: /more}", "pages have either numbers (`page`) or cursors"),
    ("{page: page, cursor: tags, next: /sorting, items: /loans, more: /more}", "pages have either numbers"),
    ("{cursor: tags, items: /loans, more: /more}", "pages have either numbers"),
    ("{page: page, cursor: tags, items: /loans, more: /more}", "pages have either numbers"),
    ("{page: page, next: /sorting, items: /loans, more: /more}", "pages have either numbers"),
    ("{page: page, items: /loans}", "with numbers, `more` says whether there is another page"),
    ("{cursor: place, next: /sorting, items: /loans}", "`place` is not an input"),
    ("{cursor: tags, next: /nowhere, items: /loans}", "the output has no field /nowhere"),
]


@pytest.mark.parametrize(("paging", "says"), FAULTS, ids=[case[0] for case in FAULTS])
def test_pages_that_cannot_be_followed_are_refused(tmp_path: Path, paging: str, says: str) -> None:
    folder = copied(tmp_path)
    altered(folder, "actions/list_loans.yaml", DECLARED, paging)
    assert any(says in fault for fault in faults(folder))


@pytest.mark.parametrize(
    "paging", ["{page: page, items: /loans, more: /more}", "{cursor: tags, next: /more, items: /loans}"]
)
def test_a_size_and_a_total_may_be_left_out(tmp_path: Path, paging: str) -> None:
    folder = copied(tmp_path)
    altered(folder, "actions/list_loans.yaml", DECLARED, paging)
    assert faults(folder) == []
