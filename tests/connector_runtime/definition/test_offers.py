# ruff: noqa: E501 — a case is read best on one line
"""Every name in a pick list or a list of fields names something; what does not is a fault with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime.definition import load
from tests.connector_runtime.workshop import altered, copied, faults

LEND = "actions/lend_book.yaml"
HOME = "connector.yaml"
MEMBERS = "  members: {title: Member, path: /members, items: /result, value: /id, label: [/name], hint: [/email]}"
SHELVES = "  shelves: {title: Shelf, path: /shelves, items: /result, value: /id, label: [/name]}"
MARKS = "x-dynamic-fields: marks}"

FAULTS = [
    (HOME, MEMBERS, MEMBERS.replace("/members", "members"), "a path begins with a slash, and its inputs stand in {braces} (at /pick_lists/members/path)"),
    (HOME, MEMBERS, MEMBERS.replace("path: /members", "path: '/members/{id}'"), "the list does not need `id` (at /pick_lists/members/path)"),
    (HOME, MEMBERS, MEMBERS.replace("path: /members", "path: '/members/{id'"), "(at /pick_lists/members/path)"),
    (HOME, MEMBERS, MEMBERS.replace("items: /result", "items: result"), "a JSON pointer begins with a slash (at /pick_lists/members/items)"),
    (HOME, MEMBERS, MEMBERS.replace("value: /id", "value: [/id, id]"), "a JSON pointer begins with a slash (at /pick_lists/members/value)"),
    (HOME, MEMBERS, MEMBERS.replace("value: /id", "value: []"), "a JSON pointer begins with a slash (at /pick_lists/members/value)"),
    (HOME, MEMBERS, MEMBERS.replace("[/name]", "[[name]]"), "(at /pick_lists/members/label/0)"),
    (HOME, MEMBERS, MEMBERS.replace("[/email]", "[/email, email]"), "(at /pick_lists/members/hint/1)"),
    (HOME, MEMBERS, MEMBERS.replace("[/name]", "[]"), "name at least one part (at /pick_lists/members/label)"),
    (HOME, MEMBERS, MEMBERS.replace("title: Member", "titel: Member"), "unknown key `titel`, did you mean `title`?"),
    (HOME, MEMBERS, MEMBERS.replace("hint:", "query: [page], hint:"), "a list with pages sends `page` and says with `more` whether there is another one (at /pick_lists/members/query)"),
    (HOME, MEMBERS, MEMBERS.replace("hint:", "more: /more, hint:"), "a list with pages sends `page`"),
    (HOME, MEMBERS, MEMBERS.replace("hint:", "query: [{q: serch}], hint:"), "`serch` is nothing that a list can send, did you mean `search`? (at /pick_lists/members/query/0)"),
    (HOME, MEMBERS, MEMBERS.replace("hint:", "query: [{q: search, r: search}], hint:"), "an entry has one key: the wire name (at /pick_lists/members/query/0)"),
    (HOME, MEMBERS, MEMBERS.replace("hint:", "one: {path: /members/7}, hint:"), "`{value}` must stand in it"),
    (HOME, MEMBERS, MEMBERS.replace("hint:", "one: {path: '/members/{value}/{shelf}'}, hint:"), "the list does not need `shelf` (at /pick_lists/members/one/path)"),
    (HOME, MEMBERS, MEMBERS.replace("hint:", "one: {path: '/members/{value}', item: result, label: [name]}, hint:"), "(at /pick_lists/members/one/item)"),
    (HOME, MEMBERS, MEMBERS.replace("hint:", "one: {path: '/members/{value}', value: id}, hint:"), "(at /pick_lists/members/one/value)"),
    (HOME, SHELVES, SHELVES.replace("path: /shelves", "needs: {shelf: books}, path: '/shelves/{shelf}'"), "the list needs itself (at /pick_lists/"),
    (HOME, SHELVES, SHELVES.replace("items:", "needs: {page: members}, items:"), "a list cannot need what the form itself says (at /pick_lists/shelves/needs/page)"),
    (HOME, SHELVES, SHELVES.replace("items:", "needs: {member: members}, items:"), "is never sent (at /pick_lists/shelves/needs/member)"),
    (HOME, "needs: {shelf: shelves}", "needs: {shelf: shelfs}", "there is no pick list `shelfs`, did you mean `shelves`? (at /pick_lists/books/needs/shelf)"),
    (HOME, "needs: {shelf: shelves}", "needs: {term: shelves}", "`books` needs `term`, which must be picked from `shelves` (at /input/properties/book_code/x-pick-list)"),
    (LEND, "x-pick-list: books", "x-pick-list: book", "connector.yaml has no pick list `book`, did you mean `books`? (at /input/properties/book_code/x-pick-list)"),
    ("schemas/member_id.yaml", "x-pick-list: members", "x-pick-list: member", "connector.yaml has no pick list `member`, did you mean `members`?"),
    (LEND, MARKS, "x-dynamic-fields: mark}", "connector.yaml has no dynamic fields `mark`, did you mean `marks`? (at /input/properties/marks/x-dynamic-fields)"),
    (LEND, "type: object, " + MARKS, "type: string, " + MARKS, "is for an object of the action without fields of its own (at /input/properties/marks/x-dynamic-fields)"),
    (HOME, "    id: /id\n    ids: texts", "    id: id\n    ids: texts", "(at /dynamic_fields/marks/id)"),
    (HOME, "    ids: texts", "    ids: words", "(at /dynamic_fields/marks/ids)"),
    (HOME, "    path: /marks", "    path: '/marks/{term}'", "the list does not need `term` (at /dynamic_fields/marks/path)"),
    (HOME, "    path: /marks", "    path: /marks\n    uses: [trm]\n    query: [trm]", "no action has an input `trm`, did you mean `term`? (at /dynamic_fields/marks/uses/0)"),
    (HOME, "    path: /marks", "    path: /marks\n    query: [search]", "`search` is nothing that a list can send (at /dynamic_fields/marks/query/0)"),
    (HOME, "{items: /choices, value: /word", "{items: choices, value: /word", "(at /dynamic_fields/marks/options/items)"),
    (HOME, "value: /word, label: /name", "value: /word, label: name", "(at /dynamic_fields/marks/options/label)"),
    (HOME, "    type: /kind", "    type: /kind\n    required: must", "(at /dynamic_fields/marks/required)"),
    (HOME, "words: {type: string}", "words: {type: word}", "(at /dynamic_fields/marks/types/words/type)"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "old", "new", "said"), FAULTS, ids=[f"{f[2].strip()[-70:]}" for f in FAULTS])
def test_a_list_that_names_nothing_is_a_fault(tmp_path: Path, file: str, old: str, new: str, said: str) -> None:
    folder = copied(tmp_path)
    altered(folder, file, old, new)
    found = faults(folder)
    assert [fault for fault in found if said in fault], found


def test_a_fault_of_a_list_has_file_line_and_column(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    place = altered(folder, HOME, "value: /code", "value: code").read_text(encoding="utf-8").splitlines()
    line = 1 + next(index for index, text in enumerate(place) if "value: code" in text)
    assert faults(folder) == [f"{HOME}:{line}:5: a JSON pointer begins with a slash (at /pick_lists/books/value)"]


def test_lists_are_kept_in_the_cache_as_they_are(tmp_path: Path) -> None:
    folder = copied(tmp_path)
    first, again = load(folder, tmp_path / "cache"), load(folder, tmp_path / "cache")
    assert list((tmp_path / "cache").glob("*.json")) != []
    assert again.identity.pick_lists == first.identity.pick_lists != {}
    assert again.identity.dynamic_fields == first.identity.dynamic_fields != {}
