# ruff: noqa: E501 — a case is read best on one line
"""A trigger's list tells its event only where every name in `polling` names something, and nothing is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime.definition import load
from connector_runtime.definition.polling import Told
from tests.connector_runtime.workshop import altered, copied, faults

MADE = "triggers/loan.made.yaml"
POLLING = """
polling:
  action: list_loans
  input: {late: true}
  cursor: due_at
  overlap_s: 60
  payload:
    at: due_at
    member_id: member_id
    book_code: {row: due_at, words: {a: b}}
    note: {const: lent}
  identity: [member_id, at]
"""

FAULTS = [
    ("action: list_loans", "action: list_loan", "22:3: `list_loan` is not an action that reads a list, did you mean `list_loans`? (at /polling/action)"),
    ("action: list_loans", "action: lend_book", "`lend_book` is not an action that reads a list (at /polling/action)"),
    ("late: true", "lat: true", "`lat` is not an input of list_loans, did you mean `late`? (at /polling/input/lat)"),
    ("late: true", "late: 7", "7 is not of type 'boolean' (at /polling/input/late)"),
    ("late: true", "page: 2", "the list is read from its beginning, so leave this out (at /polling/input/page)"),
    ("cursor: due_at", "cursor: due", "the rows have no field `due`, did you mean `due_at`? (at /polling/cursor)"),
    ("cursor: due_at", "cursor: fine", "`fine` is not a text, so no date-time either (at /polling/cursor)"),
    ("overlap_s: 60", "overlap_s: 0", "write from 1 to 31622400 seconds: rows of one second do not come at once (at /polling/overlap_s)"),
    ("    at: due_at\n", "", "every event has `at`, so the rows must tell it (at /polling/payload)"),
    ("at: due_at\n    m", "at: member_id\n    m", "`member_id` is integer in a row, and string in the event (at /polling/payload/at)"),
    ("member_id: member_id", "member_id: member", "the rows have no field `member`, did you mean `member_id`? (at /polling/payload/member_id)"),
    ("note: {const", "notes: {const", "the event has no field `notes`, did you mean `note`? (at /polling/payload/notes)"),
    ("{const: lent}", "{const: 7}", "7 is not of type 'string' (at /polling/payload/note)"),
    ("{const: lent}", "{const: lent, row: due_at}", "say either `const` or `row` (at /polling/payload/note)"),
    ("{const: lent}", "{}", "say either `const` or `row` (at /polling/payload/note)"),
    ("[member_id, at]", "[]", "name at least one field (at /polling/identity)"),
    ("[member_id, at]", "[member_id, note]", "`note` tells rows apart, so /polling/payload must take it from a row (at /polling/identity/1)"),
    ("[member_id, at]", "[member_id, when]", "`when` tells rows apart, so /polling/payload must take it from a row (at /polling/identity/1)"),
]  # fmt: skip


def polled(directory: Path) -> Path:
    folder = copied(directory)
    with (folder / MADE).open("a", encoding="utf-8") as file:
        file.write(POLLING)
    return folder


def test_a_list_that_tells_the_event_is_read_as_it_is_declared(tmp_path: Path) -> None:
    folder = polled(tmp_path)
    for _ in range(2):  # the second time it comes from the cache
        polling = load(folder, tmp_path / "cache").triggers["loan.made"].polling
        assert polling is not None
        assert (polling.action, polling.input, polling.overlap_s) == ("list_loans", {"late": True}, 60)
        assert polling.payload["book_code"] == Told(row="due_at", words={"a": "b"})


@pytest.mark.parametrize(("old", "new", "fault"), FAULTS)
def test_what_names_nothing_is_a_fault_with_its_place(tmp_path: Path, old: str, new: str, fault: str) -> None:
    folder = polled(tmp_path)
    altered(folder, MADE, old, new)
    found = faults(folder)
    assert any(each.startswith(f"{MADE}:") and fault in each for each in found), found


def test_a_choice_that_the_list_does_not_have_names_those_that_it_has(tmp_path: Path) -> None:
    folder = polled(tmp_path)
    choice = "late: {title: Late, description: Only late loans., type: string, oneOf: [{const: very, title: Very}]}"
    altered(
        folder, "actions/list_loans.yaml", "late: {title: Late, description: Only late loans., type: boolean}", choice
    )
    altered(folder, MADE, "late: true", "late: a bit")
    assert any("choose one of very (at /polling/input/late)" in each for each in faults(folder))
