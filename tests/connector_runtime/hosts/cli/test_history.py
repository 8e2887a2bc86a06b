"""`runs`: what was run, and how it is found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from connector_runtime.definition import Connector
from connector_runtime.hosts.directories import records_file
from connector_runtime.store import Store
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.workshop import altered, copied

LEND = ("run", "lend_book", "member_id=7", "book_code=B-1")


def test_nothing_yet_is_said_on_standard_error(cli: Cli) -> None:
    ended = cli("runs")
    assert (ended.code, ended.out, ended.err) == (0, "", "Nothing has been run yet.\n")
    assert json.loads(cli("runs", "--json").out) == []


def test_the_latest_runs_come_first_with_status_and_effect(cli: Cli) -> None:
    cli(*LEND)
    cli(*LEND)
    cli("run", "list_loans")
    found = [(run["status"], run["effect"]) for run in json.loads(cli("runs", "--json").out)]
    assert found == [("succeeded", "none"), ("failed", "none"), ("succeeded", "done")]
    lines = cli("runs").out.splitlines()
    assert [line.split()[1] for line in lines] == ["succeeded", "failed", "succeeded"]
    assert len(cli("runs", "--limit", "2").out.splitlines()) == 2
    assert [run["status"] for run in json.loads(cli("runs", "--status", "failed", "--json").out)] == ["failed"]


def test_a_run_is_shown_as_it_was_recorded(cli: Cli) -> None:
    record = json.loads(cli(*LEND, "--json").out)
    assert json.loads(cli("runs", "show", record["run_id"], "--json").out) == record
    assert json.loads(cli("runs", "--json").out) == [record]


def test_a_run_is_shown_in_words(cli: Cli) -> None:
    record = json.loads(cli(*LEND, "--json").out)
    failed = json.loads(cli(*LEND, "--json").out)
    shown = cli("runs", "show", record["run_id"])
    for words in (record["run_id"], "2.1.0", "Loan ID: 1", "POST /books/B-1/loans", "loan.made  book_code B-1"):
        assert words in shown.out
    assert shown.code == 0
    again = cli("runs", "show", failed["run_id"])
    assert failed["error"]["message"] in again.out + again.err
    assert again.code == 0


def test_an_id_may_be_cut_short_while_it_names_one_run(cli: Cli) -> None:
    record = json.loads(cli(*LEND, "--json").out)
    assert json.loads(cli("runs", "show", record["run_id"][:-4], "--json").out) == record


@pytest.mark.parametrize("run_id", ["nothing", "%", "2"])
def test_an_id_that_names_no_single_run_is_invalid_input(cli: Cli, run_id: str) -> None:
    cli(*LEND)
    cli(*LEND)
    ended = cli("runs", "show", run_id)
    assert ended.code == 2
    assert f"`{run_id}`" in ended.err and "library runs" in ended.err
    assert list(json.loads(cli("runs", "show", run_id, "--json").out)) == ["error"]


def test_a_run_of_an_action_that_is_gone_can_still_be_seen(cli: Cli, tmp_path: Path) -> None:
    record = json.loads(cli(*LEND, "--json").out)
    folder = copied(tmp_path / "later")
    for path in ("actions/lend_book.yaml", "triggers/loan.made.yaml"):
        (folder / path).unlink()
    for gone in ("      about: member_email\n", ", book_code]"):  # inputs of that action alone
        altered(folder, "connector.yaml", gone, "]" * gone.endswith("]"))
    shown = cli("runs", "show", record["run_id"], connector=folder)
    assert shown.code == 0
    assert "lend_book" in shown.out


def test_a_run_that_is_still_running_can_be_seen(cli: Cli, tmp_path: Path, toy: Connector) -> None:
    record = json.loads(cli(*LEND, "--json").out)
    store = Store(records_file(tmp_path))
    store.save(record | {"status": "running", "output": None, "effect": "unknown", "run_id": "r-1"})
    store.close()
    assert cli("runs", "show", "r-1").code == 0
    assert "r-1" in cli("runs", "--status", "running").out


@pytest.mark.parametrize("args", [("runs",), ("runs", "show", "x"), LEND, ("plan", *LEND[1:])])
def test_a_broken_database_file_is_named(cli: Cli, tmp_path: Path, args: tuple[str, ...]) -> None:
    records_file(tmp_path).write_bytes(b"this is no database, and it is long enough to be taken for one" * 50)
    ended = cli(*args)
    assert ended.code == 2
    assert "runs.sqlite3 cannot be used" in ended.err


@pytest.mark.parametrize("args", [("runs",), LEND, ("run", "list_loans", "--all-pages")])
def test_a_data_directory_that_cannot_be_written_is_named(cli: Cli, tmp_path: Path, args: tuple[str, ...]) -> None:
    (tmp_path / "file").touch()
    ended = cli(*args, "--data-dir", str(tmp_path / "file"))
    assert ended.code == 2
    assert "cannot be used" in ended.err and "→ Name a directory that you may write to." in ended.err


def test_a_database_that_breaks_later_is_no_traceback(cli: Cli, tmp_path: Path) -> None:
    cli(*LEND)
    path = records_file(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[:1024] + b"\xff" * (len(content) - 1024))
    assert cli("runs").code in (2, 5)
    assert cli(*LEND).code in (2, 5)


@pytest.mark.parametrize("where", ["before the command", "after the command", "in the environment"])
def test_the_data_directory_may_be_named_in_several_places(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    named = tmp_path / "named"
    option = ("--data-dir", str(named))
    if where == "in the environment":
        monkeypatch.setenv("LIBRARY_DATA_DIR", str(named))
        cli(*LEND)
    else:
        cli(*((*option, *LEND) if where == "before the command" else (*LEND, *option)))
    assert records_file(named).is_file()
    assert not records_file(tmp_path).exists()
