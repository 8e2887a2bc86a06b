"""`run` and `plan`: what is shown where, and whose move is next."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.values import Response
from tests.connector_runtime.hosts.cli.conftest import LEND, Cli, Platform
from tests.connector_runtime.workshop import LOST, NEVER_SENT, altered, answer, copied
from tests.toy_connector.sandbox import site

RECORD = [
    "run_id", "action", "version", "connection", "platform", "status", "input", "requests", "output", "events", "waits",
    "effect", "sent_at", "last_sent_at", "recovered", "if_already", "already", "because_of", "presumed", "chain",
    "warnings", "error", "started_at", "duration_s",
]  # fmt: skip


def test_a_run_shows_output_events_and_requests_and_says_how_to_see_it_again(cli: Cli) -> None:
    ended = cli(*LEND)
    assert ended.code == 0
    assert "✓ Lend a book  on sandbox" in ended.out
    assert "    Loan ID: 1\n" in ended.out
    assert "loan.made  book_code B-1" in ended.out
    assert "POST /books/B-1/loans" in ended.out and "→ 201" in ended.out
    assert "library runs show 2" in ended.err


def test_a_run_for_programs_prints_its_record_and_nothing_else(cli: Cli) -> None:
    ended = cli(*LEND, "--json")
    record = json.loads(ended.out)
    assert list(record) == RECORD
    assert list(record["requests"][0]) == ["method", "path", "query", "body", "status", "attempt", "duration_s"]
    assert list(record["events"][0]) == ["event", "status", "match", "count"]
    assert ended.code == 0


def test_a_failed_run_prints_its_record_too_and_the_words_go_to_standard_error(cli: Cli) -> None:
    cli(*LEND)
    ended = cli("run", "lend_book", "member_id=8", "book_code=B-1", "--json")
    record = json.loads(ended.out)
    assert (ended.code, record["status"], record["effect"]) == (3, "failed", "none")
    keys = ["type", "code", "message", "fix", "whose", "pointer", "docs", "problems", "effect"]
    assert list(record["error"]) == keys
    assert record["error"]["code"] == "already_lent"
    assert "✗ Somebody has the book." in ended.err
    assert "Nothing was changed." in ended.err
    assert "→ Wait until it is back" in ended.err
    assert "Whose move: the recipe author." in ended.err


CODES: list[tuple[Any, str, int]] = [
    (answer({"result": {"loan": {}}}), "", 0),
    (answer({}, 400), "Refused", 3),
    (answer({}, 401), "Unauthorized", 3),
    (answer({}, 404), "NotFound", 3),
    (answer({}, 429), "RateLimited", 4),
    (answer({}, 503), "UnknownOutcome", 4),
    (LOST, "UnknownOutcome", 4),
    (NEVER_SENT, "Unreachable", 4),
    (answer([]), "UnknownOutcome", 4),
    (RuntimeError("oops"), "UnknownOutcome", 4),
]


@pytest.mark.parametrize(("told", "error", "code"), CODES, ids=[f"{case[1] or 'success'}" for case in CODES])
def test_a_runs_exit_code_tells_whose_move_is_next(
    cli: Cli, platform: Platform, told: Any, error: str, code: int
) -> None:
    platform.answer = told
    ended = cli(*LEND, "--json")
    assert ended.code == code
    assert (json.loads(ended.out)["error"] or {"type": ""})["type"] == error


@pytest.mark.parametrize(("told", "code"), [(answer({}, 503), 4), (answer({"result": {"paging": {"more": True}}}), 5)])
def test_a_reads_exit_code_tells_the_same(cli: Cli, platform: Platform, told: Response, code: int) -> None:
    platform.answer = told
    assert cli("run", "list_loans", "--all-pages").code == code


def test_all_pages_are_printed_as_one_row_per_line(cli: Cli, tmp_path: Path) -> None:
    for number in range(5):
        cli("run", "lend_book", "member_id=7", f"book_code=B-{number}")
    ended = cli("run", "list_loans", "page_size=2", "--all-pages")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["book"]["code"] for row in rows] == [f"B-{number}" for number in range(5)]
    assert (ended.code, "5 rows on 3 pages" in ended.err) == (0, True)
    (latest,) = json.loads(cli("runs", "--limit", "1", "--json").out)
    assert (latest["counts"], latest["output"]) == ({"pages": 3, "records": 5}, None)


def test_a_read_that_stopped_goes_on_after_its_run(cli: Cli, platform: Platform) -> None:
    def page(*ids: int, more: bool) -> Response:
        return answer({"result": {"loans": [{"loan_id": number} for number in ids], "paging": {"more": more}}})

    platform.answers = [page(1, 2, more=True), LOST, page(3, more=False)]
    stopped = cli("run", "list_loans", "--all-pages")
    (latest,) = json.loads(cli("runs", "--limit", "1", "--json").out)
    assert (stopped.code, f"with: --after {latest['run_id']}" in stopped.err) == (4, True)
    again = cli("run", "list_loans", "--all-pages", "--after", latest["run_id"][-8:])
    assert again.code == 0
    assert [json.loads(line)["loan_id"] for line in (stopped.out + again.out).splitlines()] == [1, 2, 3]
    over = cli("run", "list_loans", "--all-pages", "--after", "last")
    assert (over.code, "came to the end of its list" in over.err) == (2, True)
    other = cli("run", "list_loans", "late=yes", "--all-pages", "--after", latest["run_id"])
    assert (other.code, "belongs to a read with another input" in other.err) == (2, True)


def test_if_already_says_how_it_ends_where_nothing_is_left_to_do(cli: Cli, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    altered(
        folder,
        "actions/lend_book.yaml",
        "kind: create",
        "kind: create\nif_already: {codes: [already_lent], default: fail}",
    )
    assert cli(*LEND, connector=folder).code == 0
    good = cli(*LEND, "--if-already", "succeed", connector=folder)
    assert (good.code, "It was so already; nothing was changed." in good.out) == (0, True)
    record = json.loads(cli(*LEND, "--if-already", "succeed", "--json", connector=folder).out)
    assert (record["status"], record["already"], record["if_already"]) == ("succeeded", True, "succeed")
    assert cli(*LEND, "--if-already", "fail", connector=folder).code == 3
    assert cli(*LEND, connector=folder).code == 3
    assert cli(*LEND, "--if-already", "perhaps", connector=folder).code == 2


def test_if_already_is_not_passed_over_where_it_means_nothing(cli: Cli) -> None:
    unlike = cli(*LEND, "--if-already", "succeed")
    assert (unlike.code, "has no outcome that is already so" in unlike.err) == (2, True)
    reading = cli("run", "list_loans", "--all-pages", "--if-already", "succeed")
    assert (reading.code, "is for changes; --all-pages only reads" in reading.err) == (2, True)


def test_only_a_read_of_all_pages_can_be_taken_up(cli: Cli) -> None:
    ended = cli("run", "list_loans", "--after", "last", "--in-flight", "4")
    assert (ended.code, ended.err.count("is for reads with --all-pages")) == (2, 2)
    cli("run", "list_loans")
    ended = cli("run", "list_loans", "--all-pages", "--after", "last")
    assert (ended.code, "is no read with --all-pages" in ended.err) == (2, True)


def test_a_plan_of_all_pages_says_how_many_calls_they_take(cli: Cli) -> None:
    for number in range(5):
        cli("run", "lend_book", "member_id=7", f"book_code=B-{number}")
    ended = cli("plan", "list_loans", "page_size=2", "--all-pages")
    assert (ended.code, "5 rows, 3 calls" in ended.out) == (0, True)


def test_all_pages_of_an_action_without_pages_is_refused(cli: Cli) -> None:
    ended = cli(*LEND, "--all-pages")
    assert (ended.code, ended.out) == (2, "")
    assert "has no pages to follow" in ended.err


def test_a_plan_shows_everything_and_sends_no_change(cli: Cli, tmp_path: Path) -> None:
    ended = cli("plan", "lend_book", "member_email=ada@example.org", "book_code=B-1", "due_at=2026-03-01")
    assert ended.code == 0
    assert "a plan, no change was sent" in ended.out
    assert "GET /members?email=ada@example.org" in ended.out and "(sent, to look)" in ended.out
    assert "POST /books/B-1/loans" in ended.out and "(would be sent)" in ended.out
    assert "loan.made  book_code B-1" in ended.out
    assert "create: Lend a book, with Book code B-1" in ended.out
    assert site(tmp_path / "sandbox").read()["loans"] == {}
    assert json.loads(cli("runs", "--json").out) == []


def test_a_plan_of_a_read_says_that_nothing_follows(cli: Cli) -> None:
    ended = cli("plan", "list_loans")
    assert "  none\n" in ended.out
    assert "nothing: this action only reads" in ended.out


def test_a_plan_for_programs_has_these_keys_in_this_order(cli: Cli) -> None:
    plan = json.loads(cli("plan", "lend_book", "member_id=7", "book_code=B-1", "--json").out)
    assert list(plan) == ["action", "connection", "input", "requests", "events", "changes", "warnings", "estimate"]
    assert list(plan["requests"][0]) == ["method", "path", "query", "body", "sent"]


@pytest.mark.parametrize("call", ["run", "plan"])
@pytest.mark.parametrize("how", [(), ("--json",)])
def test_a_secret_is_shown_nowhere(cli: Cli, tmp_path: Path, call: str, how: tuple[str, ...]) -> None:
    for value in ("CANARY", "CANARY-THAT-IS-TOO-LONG"):
        ended = cli(call, "lend_book", "member_id=7", "book_code=B-1", f"pin={value}", *how)
        assert "CANARY" not in ended.out + ended.err
    ended = cli(call, "lend_book", "--input", '{"member_id": 7, "book_code": "B-2", "pin": "CANARY"}', *how)
    assert "CANARY" not in ended.out + ended.err
    kept = [path for path in tmp_path.iterdir() if path.is_file()]
    assert [path for path in kept if b"CANARY" in path.read_bytes()] == []


def test_at_a_terminal_a_long_read_shows_its_progress_on_standard_error(
    cli: Cli, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    rows = [{"loan_id": number, "book_code": "B"} for number in range(250)]
    platform.answer = answer({"result": {"loans": rows, "paging": {"more": False}}})
    ended = cli("run", "list_loans", "--all-pages")
    assert ended.err.startswith("\r250 rows\r250 rows on 1 page")
    assert len(ended.out.splitlines()) == 250


def test_a_handler_with_faults_fails_its_run_and_is_named(cli: Cli, tmp_path: Path) -> None:
    folder = copied(tmp_path / "spoilt")
    altered(folder, "actions/lend_book.py", '"""Lend', 'import os\n"""Lend')
    ended = cli(*LEND, connector=folder)
    assert ended.code == 5
    assert "a handler may not import os" in ended.err
