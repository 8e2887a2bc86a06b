"""`choices`, and `describe --live`."""

from __future__ import annotations

import json

from tests.connector_runtime.hosts.cli.conftest import Cli, Platform
from tests.connector_runtime.workshop import answer


def test_choices_are_lines_of_value_name_and_hint(cli: Cli) -> None:
    ended = cli("choices", "lend_book", "member_id")
    assert (ended.code, ended.out) == (0, "7 — Ada  ada@example.org\n8 — Bob  bob@example.org\n")


def test_choices_are_searched_and_it_is_said_where(cli: Cli) -> None:
    ended = cli("choices", "list_loans", "member_ids", "--search", "BOB")
    assert (ended.code, ended.out) == (0, "8 — Bob  bob@example.org\n")
    assert "searched here" in ended.err


def test_a_dependent_list_takes_what_it_needs_as_a_field_and_has_pages(cli: Cli) -> None:
    missing = cli("choices", "lend_book", "book_code")
    assert (missing.code, "Shelf: is needed for the choices of Book code" in missing.err) == (2, True)
    first = cli("choices", "lend_book", "book_code", "shelf=A")
    assert (first.code, first.out) == (0, "B-1 — Momo\nB-2 — Matilda\n")
    assert "There are more: --page 2" in first.err
    assert cli("choices", "lend_book", "book_code", "shelf=A", "--page", "2").out == "B-3 — Krabat\n"
    assert cli("choices", "lend_book", "book_code", "shelf=A", "--page", "9").err == "There are no more.\n"
    assert cli("choices", "lend_book", "shelf").out == "A — Shelf A\nB/2 — Shelf B/2\n"


def test_choices_for_programs_are_json(cli: Cli) -> None:
    ended = cli("choices", "lend_book", "term", "--search", "two", "--json")
    assert json.loads(ended.out) == {
        "items": [{"value": 14, "label": "Two weeks", "hint": ""}],
        "more": False,
        "note": "",
        "page": 1,
    }


def test_options_of_the_platforms_own_field_are_named_with_a_dot(cli: Cli) -> None:
    assert cli("choices", "lend_book", "marks.state").out == "ok — As new\n"
    assert cli("choices", "lend_book", "companions.name").code == 2


def test_nothing_to_choose_from_is_said(cli: Cli) -> None:
    ended = cli("choices", "lend_book", "member_id", "--search", "nobody")
    assert (ended.code, ended.out, "There is nothing to choose from." in ended.err) == (0, "", True)


def test_a_refusal_has_its_exit_code_and_what_can_be_done(cli: Cli, platform: Platform) -> None:
    platform.answer = answer({"problem": {"text": "The list is closed."}}, 403)
    ended = cli("choices", "lend_book", "member_id", "--json")
    error = json.loads(ended.out or ended.err)
    error = error.get("error", error)
    assert (ended.code, error["type"], error["pointer"]) == (3, "Refused", "/member_id")
    assert "typed in without the list" in error["fix"]


def test_a_name_cannot_steer_the_terminal(cli: Cli, platform: Platform) -> None:
    platform.answer = answer({"result": [{"id": 7, "name": "A\x1b[31mda", "email": "\x07"}]})
    assert "\x1b" not in cli("choices", "lend_book", "member_id").out


def test_a_live_description_shows_the_platforms_own_fields_by_name(cli: Cli) -> None:
    ended = cli("describe", "lend_book", "--live")
    assert ended.code == 0
    for words in (
        "Pick list: members.",
        "The platform's own fields: marks.",
        "The platform's own fields, on sandbox",
        "    Is a gift  gift, boolean",
        "    State  state, choice",
        "        Choose As new (ok).",
        "    Note  note, text",
    ):
        assert words in ended.out
    assert "on sandbox" not in cli("describe", "lend_book").out
    assert "this action takes no such fields" in cli("describe", "return_books", "--live").out


def test_a_live_description_for_programs_has_them_beside_the_document(cli: Cli) -> None:
    plain = json.loads(cli("describe", "lend_book", "--json").out)
    live = json.loads(cli("describe", "lend_book", "--live", "--json").out)
    assert live.pop("live")["marks"]["properties"]["gift"] == {"title": "Is a gift", "type": "boolean"}
    assert live == plain
