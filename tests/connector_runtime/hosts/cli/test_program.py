"""The program as a whole: wrong calls, errors before there is a run, and how it ends."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

from connector_runtime import errors, present
from tests.casebook import ROOT
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.test_errors import tree
from tests.connector_runtime.workshop import TOY, altered, copied


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

    monkeypatch.setattr("connector_runtime.definition.find", raising)
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


@pytest.mark.parametrize(("raised", "code"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 0), (ValueError("x"), 5)])
def test_what_interrupts_the_program_ends_it_without_a_traceback(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, raised: BaseException, code: int
) -> None:
    def raising(folder: Path | None) -> Path:
        raise raised

    monkeypatch.setattr("connector_runtime.definition.find", raising)
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
