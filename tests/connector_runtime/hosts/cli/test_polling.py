"""`poll`: what is polled, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector_runtime.errors import Unreachable
from connector_runtime.hosts.directories import presence_file
from connector_runtime.store import Presence
from tests.connector_runtime.definition.test_rows import polled
from tests.connector_runtime.hosts.cli.conftest import Cli, Platform
from tests.connector_runtime.workshop import answer

ONCE = ("poll", "sandbox", "--once")


def loans(*due: str) -> dict[str, object]:
    """An answer with one loan for each moment, the oldest of member 1."""
    numbers = range(len(due), 0, -1)
    rows = [{"loan_id": n, "member_id": n, "due_at": each} for n, each in zip(numbers, due, strict=True)]
    return {"result": {"loans": rows, "paging": {"more": False}, "total": len(rows)}}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield polled(tmp_path / "polled")


def test_a_turn_says_how_many_events_are_new(cli: Cli, folder: Path, platform: Platform) -> None:
    platform.answer = answer(loans("01.02.2026 10:00"))
    first = cli(*ONCE, connector=folder)
    assert (first.code, "loan.made  its first reading" in first.out) == (0, True), first.err
    platform.answer = answer(loans("01.02.2026 11:00", "01.02.2026 10:30", "01.02.2026 10:00"))
    assert cli(*ONCE, connector=folder).out == "loan.made  2 new events\n"
    assert cli(*ONCE, connector=folder).out == "loan.made  0 new events\n"


def test_a_line_of_json_tells_each_reading(cli: Cli, folder: Path, platform: Platform) -> None:
    platform.answer = answer(loans("01.02.2026 10:00"))
    told = json.loads(cli(*ONCE, "--json", "--since", "2026-02-01", connector=folder).out)
    assert cli("runs", "show", told.pop("run_id"), connector=folder).code == 0
    assert told == {
        "connection": "sandbox",
        "event": "loan.made",
        "new": 1,
        "rows": 1,
        "pages": 1,
        "first": True,
        "warnings": [],
        "error": None,
    }


def test_a_list_that_is_not_sorted_is_said_to_be_none(cli: Cli, folder: Path, platform: Platform) -> None:
    platform.answer = answer(loans("01.02.2026 10:00", "01.02.2026 11:00"))
    outcome = cli(*ONCE, connector=folder)
    assert (outcome.code, "the list is not sorted as asked" in outcome.err) == (0, True)


def test_what_a_better_moment_may_mend_is_told_and_is_the_exit_code_of_a_single_turn(
    cli: Cli, folder: Path, platform: Platform
) -> None:
    platform.answer = Unreachable("the platform could not be reached")
    outcome = cli(*ONCE, "--json", connector=folder)
    assert (outcome.code, json.loads(outcome.out)["error"]["code"]) == (4, "unreachable")
    assert "could not be reached" in outcome.err


def test_access_that_is_refused_ends_it(cli: Cli, folder: Path, platform: Platform) -> None:
    platform.answer = answer({"error": "no"}, status=401)
    outcome = cli("poll", "sandbox", connector=folder)  # which would go on until it is stopped
    assert outcome.code == 3


def test_one_process_polls_a_connection(cli: Cli, folder: Path, tmp_path: Path, platform: Platform) -> None:
    with Presence(presence_file(tmp_path)).at("poll sandbox"):
        outcome = cli(*ONCE, connector=folder)
    assert (outcome.code, "another process polls sandbox" in outcome.err) == (3, True)
    platform.answer = answer(loans())
    assert cli(*ONCE, connector=folder).code == 0


def test_who_lets_webhooks_in_too_is_warned(cli: Cli, folder: Path, platform: Platform) -> None:
    platform.answer = answer(loans())
    assert cli("webhooks", "add", "sandbox", connector=folder).code == 0
    assert "webhooks of sandbox are let in too" in cli(*ONCE, connector=folder).err


def test_an_event_that_no_list_tells_is_refused_with_those_that_are(cli: Cli, folder: Path) -> None:
    outcome = cli(*ONCE, "--event", "loan.ended", connector=folder)
    assert (outcome.code, "no list tells `loan.ended`; there is one for: loan.made" in outcome.err) == (2, True), (
        outcome.err
    )


def test_a_connector_without_such_lists_says_so(cli: Cli) -> None:
    outcome = cli(*ONCE)
    assert (outcome.code, "no event of this connector can be polled" in outcome.err) == (2, True)


@pytest.mark.parametrize("moment", ["yesterday", "2026-13-01", "0001-01-01T00:00:00+02:00"])
def test_since_is_a_moment(cli: Cli, folder: Path, moment: str) -> None:
    outcome = cli(*ONCE, "--since", moment, connector=folder)
    assert (outcome.code, "write a moment" in outcome.err) == (2, True)
