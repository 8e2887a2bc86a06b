"""`connections`: listed, shown, tested, forgotten and sealed anew, on the toy connector's library card."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from connector_runtime.errors import Unauthorized
from connector_runtime.hosts import session
from connector_runtime.hosts.connected import safe_in
from connector_runtime.run import NO_RETRIES
from connector_runtime.values import Response
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.hosts.cli.library import CARD, Library, added
from tests.connector_runtime.workshop import answer


def test_connections_are_listed_by_name(cli: Cli, card: str, library: Library) -> None:
    assert "Nothing is connected yet: library connections add NAME" in cli("connections", "list").err
    assert cli("connections", "list", "--json").out == "[]\n"
    added(cli, card, "village")
    added(cli, card, "abbey")
    lines = cli("connections", "list").out.splitlines()
    assert lines == [
        "abbey    https://village.example.com/api  Library card",
        "village  https://village.example.com/api  Library card",
    ]
    assert [each["name"] for each in json.loads(cli("connections", "list", "--json").out)] == ["abbey", "village"]


def test_a_connection_is_shown_without_its_secrets(cli: Cli, card: str, library: Library, tmp_path: Path) -> None:
    added(cli, card, "village", "--limit", "100/10s", "--allow-assumed", "lend_book")
    (tmp_path / "connections.key").unlink()  # no key is needed
    outcome = cli("connections", "show", "village")
    assert "Host: village.example.com\n" in outcome.out
    assert "Limits: 100 calls in 10 seconds, its own\n" in outcome.out
    assert "Allowed although assumed: lend_book\n" in outcome.out
    document = json.loads(cli("connections", "show", "village", "--json").out)
    assert document["limits"] == [{"calls": 100, "seconds": 10.0}]
    assert "secrets" not in document and CARD not in outcome.out + str(document)


@pytest.mark.parametrize("command", ["show", "test", "remove"])
def test_a_connection_that_is_not_there_is_said_to_be_missing(
    cli: Cli, command: str, card: str, library: Library, tmp_path: Path
) -> None:
    assert "there is no connection `vilage`; none was added yet" in cli("connections", command, "vilage").err
    assert not (tmp_path / "connections.sqlite3").exists()
    added(cli, card)
    outcome = cli("connections", command, "vilage")
    assert (outcome.code, "did you mean `village`" in outcome.err) == (2, True)


def test_a_connection_is_tested_again(cli: Cli, card: str, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "RETRIES", NO_RETRIES)
    added(cli, card)
    assert cli("connections", "test", "village").code == 0
    library.answers = [answer({"problem": {"text": "closed on Mondays"}}, 503)]
    outcome = cli("connections", "test", "village")
    assert outcome.code != 0 and "closed on Mondays" in outcome.err
    assert "kept all the same" not in outcome.err  # which nobody doubts


@pytest.mark.parametrize(("answered", "code", "left"), [("y\n", 0, 0), ("n\n", 130, 1), ("", 130, 1)])
def test_somebody_is_asked_before_a_connection_is_forgotten(
    cli: Cli, card: str, library: Library, answered: str, code: int, left: int
) -> None:
    added(cli, card)
    outcome = cli("connections", "remove", "village", stdin=answered)
    assert (outcome.code, "Forget village, on https://village.example.com/api?" in outcome.err) == (code, True)
    assert len(json.loads(cli("connections", "list", "--json").out)) == left


def test_a_connection_is_forgotten_without_asking(cli: Cli, card: str, library: Library) -> None:
    added(cli, card)
    assert json.loads(cli("connections", "remove", "village", "--yes", "--json").out) == {"removed": "village"}
    assert cli("run", "list_loans", "--connection", "village").code == 2


def test_after_a_rotation_everything_works_under_another_key(
    cli: Cli, card: str, library: Library, tmp_path: Path
) -> None:
    added(cli, card)
    before = (tmp_path / "connections.key").read_bytes()
    assert "Connections: 1." in cli("connections", "rotate").out
    assert (tmp_path / "connections.key").read_bytes() != before
    assert json.loads(cli("connections", "rotate", "--json").out)["rotated"] == 1
    assert cli("connections", "test", "village").code == 0
    assert library.asked[-1][2] == f"Card {CARD}"


def test_a_test_lets_a_platform_be_asked_again_that_refused(
    cli: Cli, card: str, library: Library, tmp_path: Path
) -> None:
    added(cli, card)
    with safe_in(tmp_path, "library") as safe:
        kept = safe.get("village")
        safe.refuse(kept, Unauthorized(Response(400), "no"), time.time() + 300)
        assert safe.refusal(kept) is not None
        assert cli("connections", "test", "village").code == 0
        assert safe.refusal(kept) is None
