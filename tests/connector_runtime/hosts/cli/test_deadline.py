"""`--deadline`: for how long a run that somebody watches is tried again."""

from __future__ import annotations

import json

import pytest

from connector_runtime.hosts.cli import waiting
from connector_runtime.hosts.cli.setting import DEADLINE_S
from connector_runtime.hosts.session import RETRIES
from connector_runtime.run import Retries
from tests.connector_runtime.hosts.cli.conftest import LEND, Cli, Platform
from tests.connector_runtime.workshop import answer


def test_what_the_help_says_is_what_holds() -> None:
    assert RETRIES.deadline_s == DEADLINE_S


@pytest.mark.parametrize("command", [LEND, ("runs", "resume", "last")], ids=["run", "resume"])
@pytest.mark.parametrize(("deadline", "attempts"), [((), 3), (("--deadline", "0"), 1)])
def test_a_busy_platform_is_tried_again_until_then(
    cli: Cli,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    command: tuple[str, ...],
    deadline: tuple[str, ...],
    attempts: int,
) -> None:
    platform.answer = answer({}, 429)
    assert cli(*LEND).code == 4
    before = len(json.loads(cli("runs", "show", "last", "--json").out)["requests"])
    monkeypatch.setattr(waiting, "RETRIES", Retries(most=3, base_s=0))
    ended = cli(*command, *deadline)
    assert (ended.code, ended.err.count("tried again in")) == (4, attempts - 1)
    run = json.loads(cli("runs", "show", "last", "--json").out)
    assert len(run["requests"]) - (before if "resume" in command else 0) == attempts


@pytest.mark.parametrize("deadline", ["nan", "-1", "inf", "soon"])
@pytest.mark.parametrize("command", [LEND, ("runs", "resume", "last")], ids=["run", "resume"])
def test_what_is_no_number_of_seconds_is_refused(cli: Cli, command: tuple[str, ...], deadline: str) -> None:
    ended = cli(*command, "--deadline", deadline)
    assert (ended.code, "--deadline" in ended.err) == (2, True)
