"""How results look on a terminal."""

from __future__ import annotations

import json
import re

import pytest

from connector_runtime.hosts.cli import words
from tests.connector_runtime.hosts.cli.conftest import LEND, Cli, Platform
from tests.connector_runtime.workshop import LOST, answer


def test_invalid_input_is_said_by_title_with_the_fields_key(cli: Cli) -> None:
    ended = cli("run", "lend_book", "book_code=B", "trm=14")
    assert ended.code == 2
    assert "✗ fill in Member ID or Member email (both is allowed)" in ended.err
    assert "✗ Book code: must be 2 to 20 characters long  [book_code]" in ended.err
    assert "✗ trm: there is no such field, did you mean `term`?" in ended.err
    assert "Nothing was sent." in ended.err


def test_what_the_platform_says_cannot_steer_the_terminal(cli: Cli, platform: Platform) -> None:
    evil = "\x1b]0;owned\x07\x1b[31m"
    loan = {"loan_id": 1, "book_name": f"{evil}Momo", "notes": [evil]}
    platform.answer = answer({"result": {"loans": [loan], "paging": {"more": False, "total": 1}}})
    ended = cli("run", "list_loans")
    platform.answer = answer({"problem": {"text": f"{evil}no"}}, 400)
    refused = cli(*LEND)
    assert refused.code == 3
    assert "\x1b" not in ended.out + ended.err + refused.out + refused.err


def test_an_unknown_refusal_says_so_and_names_the_command_that_shows_its_record(cli: Cli, platform: Platform) -> None:
    platform.answer = answer({"problem": {"text": "I am a teapot"}}, 418)
    ended = cli(*LEND)
    assert ended.code == 3
    assert "its reason is not in the catalogue: HTTP status 418, I am a teapot" in ended.err
    command = re.search(r"The run's record: `(runs show \S+ --json)`", ended.err)
    assert command is not None
    assert json.loads(cli(*command[1].split()).out)["error"]["code"] == "refused"


def test_a_record_of_a_version_that_did_not_say_whose_move_it_is_is_shown_all_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words.complain({"problems": [], "message": "It broke.", "fix": "Wait.", "effect": "none"})
    said = capsys.readouterr().err
    assert "→ Wait." in said
    assert "Whose move" not in said


def test_warnings_go_to_standard_error_with_their_pointers(cli: Cli, platform: Platform) -> None:
    platform.answer = answer({"result": {"loans": [{"loan_id": "odd"}], "paging": {"more": False}}})
    ended = cli("run", "list_loans")
    assert "! /loans/0/loan_id: is documented as integer, but came as string" in ended.err


def test_rows_are_a_table_of_the_columns_that_fit(
    cli: Cli, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    loan = {"loan_id": 1, "member_id": 7, "due_at": "01.03.2026 10:00", "fine": 0, "renewed": True, "notes": ["x" * 60]}
    platform.answer = answer({"result": {"loans": [loan, None], "paging": {"more": False}}})
    ended = cli("run", "list_loans")
    assert "Loan ID  Member ID" in ended.out
    assert "more columns; --json shows them all" in ended.out
    table = [line for line in ended.out.splitlines() if line.startswith("    ") and "more columns" not in line]
    assert len(table) == 3
    assert max(map(len, table)) <= 40


def test_a_lost_answer_says_that_the_effect_is_not_known(cli: Cli, platform: Platform) -> None:
    platform.answer = LOST
    ended = cli(*LEND)
    assert "Whether the change was made is not known." in ended.out + ended.err
    assert "Lend a book, with Member ID 7, Book code B-1" in ended.err
