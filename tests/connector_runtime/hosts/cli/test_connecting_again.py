"""`connections add --again`: what is given anew, what stays, and when the old connection does."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections.concealed import Concealed
from connector_runtime.hosts.cli.asking import asked_fields
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.hosts.cli.library import CARD, Library, added, complaints

NEW = "CANARY-card-78"
AGAIN = ("connections", "add", "village", "--again")


@pytest.fixture
def new(monkeypatch: pytest.MonkeyPatch) -> str:
    """The field of another card."""
    monkeypatch.setenv("NEW_CARD", NEW)
    return "token=env:NEW_CARD"


def shown(cli: Cli, name: str = "village") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(cli("connections", "show", name, "--json").out)
    return document


def card_of(cli: Cli, library: Library) -> str:
    """What the connection shows the platform."""
    cli("run", "list_loans", "--connection", "village")
    return library.asked[-1][2].removeprefix("Card ")


def test_what_is_not_given_anew_stays(cli: Cli, card: str, new: str, library: Library) -> None:
    added(cli, card, "village", "--limit", "100/10s", "--allow-assumed", "lend_book")
    before = shown(cli)
    outcome = cli(*AGAIN, new, "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["kept"], document["test"]["status"]) == (0, True, "succeeded")
    assert document["connection"] | {"created_at": before["created_at"]} == before
    assert document["connection"] == shown(cli)
    assert "changes" not in outcome.err
    assert card_of(cli, library) == NEW


def test_what_is_given_anew_holds(cli: Cli, card: str, new: str, library: Library) -> None:
    added(cli, card, "village", "--limit", "100/10s", "--allow-assumed", "lend_book")
    assert cli(*AGAIN, new, "--limit", "5/s", "--allow-assumed", "return_books").code == 0
    assert shown(cli)["limits"] == [{"calls": 5, "seconds": 1.0}]
    assert shown(cli)["allow_assumed"] == ["return_books"]


def test_without_a_terminal_secrets_stay(cli: Cli, card: str, library: Library) -> None:
    added(cli, card)
    assert cli(*AGAIN, stdin="").code == 0
    assert card_of(cli, library) == CARD


def test_the_time_says_when_it_was_connected_again(
    cli: Cli, card: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(cli, card)
    with monkeypatch.context() as earlier:
        earlier.setattr("connector_runtime.connections.drafting.datetime", Standing)
        assert cli(*AGAIN).code == 0
    assert shown(cli)["created_at"] == "2001-02-03T04:05:06Z"


class Standing(datetime):
    """A clock that stands."""

    @classmethod
    def now(cls, tz: Any = None) -> Standing:
        return cls(2001, 2, 3, 4, 5, 6, tzinfo=tz)


@pytest.mark.parametrize(("typed", "card_then"), [("", CARD), (NEW, NEW)])
def test_at_a_terminal_only_secrets_are_asked_for_and_an_empty_answer_keeps_the_one_there_is(
    cli: Cli, card: str, library: Library, monkeypatch: pytest.MonkeyPatch, typed: str, card_then: str
) -> None:
    added(cli, card)
    asked: list[tuple[str, bool]] = []

    def prompt(text: str, hide_input: bool = False, default: str | None = None, **_: Any) -> str:
        asked.append((text, hide_input))
        assert default == ""  # so that nothing may be answered
        return typed

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("click.prompt", prompt)
    outcome = cli(*AGAIN)
    assert (outcome.code, asked) == (0, [("Card number (empty keeps the one there is)", True)])
    assert card_of(cli, library) == card_then
    assert CARD not in outcome.out + outcome.err and NEW not in outcome.out + outcome.err


def test_a_key_that_comes_from_a_file_stays_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("click.prompt", lambda *_, **__: "")
    fields: dict[str, Any] = {"private_key": {"title": "Key", "description": "In PEM.", "x-secret": True}}
    assert asked_fields(fields, {}, Concealed(private_key="PEM")) == {"private_key": "PEM"}


def test_the_old_connection_stays_until_the_platform_lets_the_new_one_in(
    cli: Cli, card: str, new: str, library: Library
) -> None:
    added(cli, card)
    before = shown(cli)
    library.lost = {NEW}
    outcome = cli(*AGAIN, new, "host=other.example.com")
    assert (outcome.code, "Nothing of it was kept" in outcome.err) == (3, True)
    assert shown(cli) == before
    assert card_of(cli, library) == CARD


def test_another_address_is_said_before_and_gets_no_secret_of_the_old_one(
    cli: Cli, card: str, new: str, library: Library
) -> None:
    added(cli, card)
    library.asked.clear()
    outcome = cli(*AGAIN, "host=other.example.com", "--json")
    assert complaints(outcome) == [("token", "fill this in")]
    assert library.asked == []
    outcome = cli(*AGAIN, "host=other.example.com", new)
    said = "The address of village changes: https://village.example.com/api → https://other.example.com/api\n"
    assert outcome.err.startswith(said)
    assert {authorization for _, _, authorization in library.asked} == {f"Card {NEW}"}
    assert shown(cli)["base_url"] == "https://other.example.com/api"


def test_the_same_address_written_otherwise_is_no_other(cli: Cli, card: str, library: Library) -> None:
    added(cli, card)
    outcome = cli(*AGAIN, "host=https://Village.example.com/")
    assert (outcome.code, "changes" in outcome.err) == (0, False)
    assert card_of(cli, library) == CARD


def test_an_address_that_is_none_is_said_with_all_else_that_is_wrong(cli: Cli, card: str, library: Library) -> None:
    added(cli, card)
    assert [field for field, _ in complaints(cli(*AGAIN, "host=a b", "--json"))] == ["host", "token"]


def test_there_must_be_one_to_connect_again(cli: Cli, card: str, library: Library, tmp_path: Path) -> None:
    def asked_again() -> str:
        library.asked.clear()
        outcome = cli("connections", "add", "vilage", "--again", card, "--json")
        assert (outcome.code, json.loads(outcome.out)["error"]["code"]) == (2, "unknown_connection")
        assert library.asked == []
        return outcome.err

    assert "none was added yet" in asked_again()
    assert not (tmp_path / "connections.sqlite3").exists()
    added(cli, card)
    assert "did you mean `village`" in asked_again()


def lose_key(directory: Path) -> None:
    (directory / "connections.key").unlink()


def forge_address(directory: Path) -> None:
    with closing(sqlite3.connect(directory / "connections.sqlite3")) as file, file:
        file.execute("UPDATE connections SET document = replace(document, 'village.example', 'evil.example')")


@pytest.mark.parametrize("spoil", [lose_key, forge_address])
def test_when_the_old_secrets_cannot_be_read_everything_is_given_anew(
    cli: Cli, card: str, new: str, library: Library, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    added(cli, card, "village", "--limit", "100/10s")
    spoil(tmp_path)
    library.asked.clear()
    outcome = cli(*AGAIN, new, "--json")
    assert (complaints(outcome), library.asked) == ([("host", "fill this in")], [])
    assert "the secrets of village cannot be read" in outcome.err and "all of it is given anew" in outcome.err
    assert cli(*AGAIN, new, "host=village.example.com").code == 0
    assert (card_of(cli, library), shown(cli)["limits"]) == (NEW, None)
