"""`run` and `plan`: what is read from the line, what is shown where, and how it ends."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path
from typing import Any

import pytest

from connector_runtime import errors, present
from connector_runtime.definition import Connector
from connector_runtime.hosts import session
from connector_runtime.hosts.cli.arguments import gathered
from connector_runtime.values import Json, Request, Response
from tests.casebook import ROOT
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.test_errors import tree
from tests.connector_runtime.workshop import LOST, NEVER_SENT, TOY, altered, answer, copied
from tests.toy_connector.sandbox import site

LEND = ("run", "lend_book", "member_id=7", "book_code=B-1")
RECORD = [
    "run_id", "action", "version", "connection", "status", "input", "requests", "output", "events", "effect",
    "warnings", "error", "started_at", "duration_s",
]  # fmt: skip


class Platform:
    """Stands where the transport is: gives the same answer to every request."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.answer: Response | Exception = answer({})
        monkeypatch.setattr(session, "open_transport", self.open)

    def open(self, connection: Any, agent: str) -> Any:
        return self

    async def __aenter__(self) -> Any:
        return self.send

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, request: Request) -> Response:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Platform:
    return Platform(monkeypatch)


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
    assert list(record["error"]) == ["type", "code", "message", "fix", "problems", "effect"]
    assert record["error"]["code"] == "already_lent"
    assert "✗ Somebody has the book." in ended.err
    assert "Nothing was changed." in ended.err
    assert "→ Wait until it is back" in ended.err


def test_invalid_input_is_said_by_title_with_the_fields_key(cli: Cli) -> None:
    ended = cli("run", "lend_book", "book_code=B", "trm=14")
    assert ended.code == 2
    assert "✗ fill in Member ID or Member email (both is allowed)" in ended.err
    assert "✗ Book code: must be 2 to 20 characters long  [book_code]" in ended.err
    assert "✗ trm: there is no such field, did you mean `term`?" in ended.err
    assert "Nothing was sent." in ended.err


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


@pytest.mark.parametrize(
    "error", [error for error in tree(errors.ConnectorError) if error is not errors.ConnectorError]
)
def test_an_error_before_there_is_a_run_has_its_types_exit_code_and_its_document(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, error: type[errors.ConnectorError]
) -> None:
    told = error.__new__(error)
    errors.ConnectorError.__init__(told, "It went wrong.")

    def raising(folder: Path | None) -> Path:
        raise told

    monkeypatch.setattr("connector_runtime.hosts.cli.setting.find", raising)
    ended = cli("actions", "--json")
    assert ended.code == present.TABLE[error][0]
    document = json.loads(ended.out)
    assert list(document) == ["error"]
    assert document["error"]["type"] == error.__name__
    assert "It went wrong." in ended.err


def test_without_json_an_error_leaves_standard_output_empty(cli: Cli) -> None:
    assert cli("run", "nonsense").out == ""


def test_the_value_of_a_field_does_not_count_as_an_option(cli: Cli) -> None:
    ended = cli("run", "nonsense", "--input", "--json")
    assert ended.code == 2
    assert ended.out == ""


# What is read from the line -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pairs", "given", "raw"),
    [
        ((), None, "{}"),
        ((), '{"member_id": 7}', '{"member_id": 7}'),
        ((), "not json", "not json"),
        (("member_id=7",), None, {"member_id": "7"}),
        (("member_id=",), None, {"member_id": ""}),
        (("book_code=a=b",), None, {"book_code": "a=b"}),
        (("member_id=7",), '{"member_id": 8, "term": 14}', {"member_id": "7", "term": 14}),
        (('companions=[{"name": "A"}]',), None, {"companions": [{"name": "A"}]}),
        (('labels={"a": 1}',), None, {"labels": {"a": 1}}),
        (("labels.a=1", "labels.b=x=y"), None, {"labels": {"a": "1", "b": "x=y"}}),
        (("labels=text",), None, {"labels": "text"}),
        (("companions=[broken",), None, {"companions": "[broken"}),
        (("nonsense=1",), None, {"nonsense": "1"}),
        (("member_id=7",), "not json", "not json"),
        (("member_id=7",), "[1]", [1]),
    ],
)
def test_fields_are_read_as_the_declaration_reads_them(
    toy: Connector, pairs: tuple[str, ...], given: str | None, raw: Json
) -> None:
    assert gathered(toy.actions["lend_book"], pairs, given) == raw


@pytest.mark.parametrize("text", ["7,12", "[7, 12]", " 7 , 12 ,", '["7", 12]'])
def test_a_list_may_be_written_with_commas_or_as_json(cli: Cli, text: str) -> None:
    ended = cli("plan", "list_loans", f"member_ids={text}", "--json")
    assert json.loads(ended.out)["input"] == {"member_ids": [7, 12]}


def test_a_field_without_an_equals_sign_is_explained(cli: Cli) -> None:
    ended = cli("run", "lend_book", "member_id")
    assert (ended.code, "`member_id` is no field=value" in ended.err) == (2, True)


@pytest.mark.parametrize("how", ["text", "file", "standard input"])
def test_input_may_be_text_a_file_or_standard_input(cli: Cli, tmp_path: Path, how: str) -> None:
    text = '{"member_id": 7, "book_code": "B-ü"}'
    (tmp_path / "in.json").write_text(text, encoding="utf-8")
    given = {"text": text, "file": f"@{tmp_path / 'in.json'}", "standard input": "-"}[how]
    ended = cli("run", "lend_book", "--input", given, "--json", stdin=text)
    record = json.loads(ended.out)
    assert (ended.code, record["input"]) == (0, {"member_id": 7, "book_code": "B-ü"})


@pytest.mark.parametrize("given", ["@nothing/here.json", "@/", "@", "@nul\0l"])
def test_a_file_that_cannot_be_read_is_invalid_input(cli: Cli, given: str) -> None:
    ended = cli("run", "lend_book", "--input", given)
    assert (ended.code, "--input cannot be read" in ended.err) == (2, True)


@pytest.mark.parametrize(
    "stdin",
    [b"", b"\xff\xfe", b"[1]", b"{", b"NaN", b'{"a": "\\ud800"}', b"[" * 100_000, b'{"book_code": "\\u0000"}'],
)
def test_bad_input_is_two_and_never_a_traceback(cli: Cli, stdin: bytes) -> None:
    assert cli("run", "lend_book", "--input", "-", stdin=stdin).code == 2


@pytest.mark.parametrize(
    "args",
    [
        ("run",),
        ("run", "lend_book", "--nonsense"),
        ("nonsense",),
        ("runs", "--limit", "0"),
        ("runs", "--limit", "many"),
        ("runs", "--status", "odd"),
        ("runs", "show"),
        ("sandbox", "--port", "99999"),
        ("completion", "tcsh"),
        ("run", "lend_book", "--connection", "acme", "member_id=7", "book_code=B-1"),
        ("plan", "lend_book", "--connection", "acme"),
        ("run", "lend_book", "member_id=\udcff"),
        ("run", "lend_book", "\udcff=1"),
        ("run", "\udcff"),
        ("runs", "show", "\udcff"),
        ("run", "lend_book", "="),
        ("run", "lend_book", "labels.=1", "a.b.c=1"),
        ("run", "lend_book", "companions=" + "[" * 50_000),
        ("describe", "nonsense"),
        ("run", "lend_book", "member_id=7", "member_id=8"),
        ("run", "lend_book", "labels=text", "labels.b=2"),
    ],
)
def test_a_wrong_call_ends_with_two_and_words(cli: Cli, args: tuple[str, ...]) -> None:
    ended = cli(*args)
    assert ended.code == 2
    assert ended.err
    assert "Please report" not in ended.err


# Many pages, plans, secrets, colours ----------------------------------------------------------------------------------


def test_all_pages_are_printed_as_one_row_per_line(cli: Cli, tmp_path: Path) -> None:
    for number in range(5):
        cli("run", "lend_book", "member_id=7", f"book_code=B-{number}")
    ended = cli("run", "list_loans", "page_size=2", "--all-pages")
    rows = [json.loads(line) for line in ended.out.splitlines()]
    assert [row["book"]["code"] for row in rows] == [f"B-{number}" for number in range(5)]
    assert (ended.code, "5 rows on 3 pages" in ended.err) == (0, True)
    (latest,) = json.loads(cli("runs", "--limit", "1", "--json").out)
    assert (latest["counts"], latest["output"]) == ({"pages": 3, "records": 5}, None)


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
    assert list(plan) == ["action", "connection", "input", "requests", "events", "changes", "warnings"]
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


def test_what_the_platform_says_cannot_steer_the_terminal(cli: Cli, platform: Platform) -> None:
    evil = "\x1b]0;owned\x07\x1b[31m"
    loan = {"loan_id": 1, "book_name": f"{evil}Momo", "notes": [evil]}
    platform.answer = answer({"result": {"loans": [loan], "paging": {"more": False, "total": 1}}})
    ended = cli("run", "list_loans")
    platform.answer = answer({"problem": {"text": f"{evil}no"}}, 400)
    refused = cli(*LEND)
    assert refused.code == 3
    assert "\x1b" not in ended.out + ended.err + refused.out + refused.err


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


def test_at_a_terminal_a_long_read_shows_its_progress_on_standard_error(
    cli: Cli, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    rows = [{"loan_id": number, "book_code": "B"} for number in range(250)]
    platform.answer = answer({"result": {"loans": rows, "paging": {"more": False}}})
    ended = cli("run", "list_loans", "--all-pages")
    assert ended.err.startswith("\r100 rows\r200 rows\r250 rows on 1 page")
    assert len(ended.out.splitlines()) == 250


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 0), (ValueError("x"), 5)])
def test_what_interrupts_the_program_ends_it_without_a_traceback(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int
) -> None:
    def raising(folder: Path | None) -> Path:
        raise raised

    monkeypatch.setattr("connector_runtime.hosts.cli.setting.find", raising)
    before = sys.stdout
    monkeypatch.setattr("sys.stdout", before)  # put back what the program may exchange
    assert cli("actions").code == code
    if sys.stdout is not before:
        sys.stdout.close()


def test_the_module_is_the_program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["x", "--connector", str(TOY), "actions"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("connector_runtime", run_name="__main__")
    assert ended.value.code == 0
    assert "lend_book" in capsys.readouterr().out


@pytest.mark.parametrize("order", [1, -1])
def test_the_version_is_that_of_the_connector_named_on_the_line(cli: Cli, order: int) -> None:
    options = [("--connector", str(TOY)), ("--version",)][::order]
    ended = cli(*(word for option in options for word in option), connector=ROOT)
    assert ended.out == "library 2.1.0 (Village Library)\n"


@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("1", False)])
def test_no_color_is_honoured(cli: Cli, monkeypatch: pytest.MonkeyPatch, variable: str, coloured: bool) -> None:
    monkeypatch.setenv("NO_COLOR", variable)
    monkeypatch.setattr("click._compat.isatty", lambda stream: True)
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda stream=None, color=None: color is False, raising=False)
    ended = cli("run", "lend_book", "book_code=B")
    assert ("\x1b[" in ended.out + ended.err) is coloured


def test_a_connector_with_faults_names_them_all(cli: Cli, tmp_path: Path) -> None:
    folder = copied(tmp_path / "spoilt")
    altered(folder, "actions/lend_book.yaml", "kind: create", "kind: make")
    altered(folder, "actions/list_loans.yaml", "summary:", "sumary:")
    ended = cli("actions", connector=folder)
    assert ended.code == 5
    assert ended.err.count("✗ ") >= 3
    assert "lend_book.yaml:" in ended.err and "did you mean `summary`?" in ended.err


def test_a_handler_with_faults_fails_its_run_and_is_named(cli: Cli, tmp_path: Path) -> None:
    folder = copied(tmp_path / "spoilt")
    altered(folder, "actions/lend_book.py", '"""Lend', 'import os\n"""Lend')
    ended = cli(*LEND, connector=folder)
    assert ended.code == 5
    assert "a handler may not import os" in ended.err
