"""`events`: the unexpected ones, and their figures; and runs that are answers to them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.hosts.directories import events_file
from connector_runtime.store.arrivals import Arrival, Occurrence
from connector_runtime.store.events import Events
from connector_runtime.values import as_text
from tests.connector_runtime.events.test_dispatch import keep
from tests.connector_runtime.hosts.cli.conftest import LEND, Cli, Platform
from tests.connector_runtime.hosts.cli.test_webhooks import added
from tests.connector_runtime.workshop import answer


def announced(directory: Path, *books: str) -> None:
    events = Events(events_file(directory))
    found = [
        Occurrence("loan.made", f"m-{number}", 0, "i", f"c-{number}", None, {"book_code": book})
        for number, book in enumerate(books)
    ]
    events.keep([Arrival("sandbox", as_text(datetime.now(UTC)), found)])
    events.close()


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def lent(cli: Cli, tmp_path: Path, platform: Platform) -> str:
    """A run that lends B-1, and three events: its own, one too many, and somebody else's."""
    platform.answer = answer({"result": {"loan": {}}})
    added(cli)
    run_id: str = json.loads(cli(*LEND, "--json").out)["run_id"]
    announced(tmp_path, "B-1", "B-1", "B-2")
    return run_id


def test_every_event_says_what_caused_it_and_whether_that_is_odd(cli: Cli, lent: str) -> None:
    told = [(line["caused_by"], line["unexpected"]) for line in lines(cli("events").out)]
    assert told == [(lent, False), (None, True), (None, False)]
    assert [line["cursor"] for line in lines(cli("events", "--unexpected", "--limit", "1").out)] == [2]


def test_figures_are_told_in_words_and_to_programs(cli: Cli, lent: str) -> None:
    told = json.loads(cli("events", "stats", "--json").out)
    (row,) = told["events"]
    names = ("connection", "event", "kept", "expected", "seen", "missing", "unexpected")
    assert [row[name] for name in names] == ["sandbox", "loan.made", 3, 1, 1, 0, 1]
    said = cli("events", "stats", "--days", "1").out
    assert "3 kept, 0 duplicates, 1 expected, 1 seen, 0 missing, 1 unexpected" in said
    assert "s (median)" in said


def test_where_nothing_has_come_that_is_said(cli: Cli) -> None:
    nothing = cli("events", "stats", "--connection", "sandbox")
    assert (nothing.code, nothing.out, "Nothing has arrived since" in nothing.err) == (0, "", True)


@pytest.mark.parametrize("command", [("events",), ("events", "stats")])
def test_a_connection_that_is_not_there_is_refused_unless_something_of_it_is_kept(
    cli: Cli, tmp_path: Path, command: tuple[str, ...]
) -> None:
    outcome = cli(*command, "--connection", "vilage")
    assert (outcome.code, "there is no connection `vilage`" in outcome.err) == (2, True)
    keep(tmp_path, 1)
    outcome = cli(*command, "--connection", "village")
    assert (outcome.code, "loan.made" in outcome.out) == (0, command == ("events",)), "it was forgotten since"


def test_what_was_set_aside_is_counted(cli: Cli, tmp_path: Path) -> None:
    events = Events(events_file(tmp_path))
    events.keep([Arrival("sandbox", as_text(datetime.now(UTC)), reason="forged")] * 2)
    events.close()
    assert cli("events", "stats").out == "sandbox  2 set aside: forged\n"


def test_a_run_says_because_of_what_it_was_started(cli: Cli, lent: str) -> None:
    told = cli(*LEND, "--because-of", "1")
    assert "Started because of event 1; 1 run led to it." in told.out, told.err
    assert "Started because of event 1; 1 run led to it." in cli("runs", "show", "last").out
    stopped = cli(*LEND, "--because-of", "1", "--longest-chain", "0", "--json")
    assert (stopped.code, json.loads(stopped.out)["error"]["code"]) == (3, "endless_chain")
    unknown = cli(*LEND, "--because-of", "99")
    assert (unknown.code, "no event has the cursor 99" in unknown.err) == (2, True)
    misplaced = cli("run", "list_loans", "--all-pages", "--because-of", "1")
    assert (misplaced.code, "without --all-pages" in misplaced.err) == (2, True)
