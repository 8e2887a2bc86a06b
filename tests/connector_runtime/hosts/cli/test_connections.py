"""`connections`: from adding to forgetting, on the toy connector's library card."""

from __future__ import annotations

import json
import os
import pty
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.hosts import connected, connecting, session
from connector_runtime.run import NO_RETRIES
from connector_runtime.values import Request, Response
from tests.casebook import ROOT
from tests.connector_runtime.hosts.cli.conftest import Cli, Outcome
from tests.connector_runtime.workshop import TOY, answer

CARD = "CANARY-card-77"
HOST = "host=village.example.com"


class Library:
    """Takes every card but those that are lost; `asked` are the requests, and what they showed."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.says: Response | None = None

    def open(self, connection: Any, agent: str) -> Library:
        return self

    async def __aenter__(self) -> Callable[..., Any]:
        return self.send

    async def __aexit__(self, *_: object) -> None:
        pass

    async def send(self, request: Request, authorization: str = "") -> Response:
        self.asked.append((request.method, request.path, authorization))
        return self.says or answer({"result": {"loans": [], "paging": {"more": False, "total": 0}}})


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Library:
    found = Library()
    monkeypatch.setattr(connected, "open_transport", found.open)
    monkeypatch.setattr(connecting, "open_transport", found.open)
    return found


@pytest.fixture
def card(tmp_path: Path) -> str:
    """The field, as it is given."""
    file = tmp_path / "card.txt"
    file.write_text(f"{CARD}\n")
    return f"token=@{file}"


def added(cli: Cli, card: str, name: str = "village", *more: str) -> Outcome:
    outcome = cli("connections", "add", name, HOST, card, *more)
    assert outcome.code == 0, outcome.err
    return outcome


def complaints(outcome: Outcome) -> list[tuple[str, str]]:
    assert CARD not in outcome.out + outcome.err
    error = json.loads(outcome.out or outcome.err)
    error = error.get("error", error)
    return [(problem["field"], problem["message"]) for problem in error["problems"]]


def test_a_connection_that_is_added_is_tested_and_kept(cli: Cli, card: str, library: Library, tmp_path: Path) -> None:
    outcome = added(cli, card)
    assert library.asked == [("GET", "/loans", f"Card {CARD}")]
    assert "Connecting to https://village.example.com/api\n" in outcome.err
    assert "kept as village" in outcome.err
    assert "List loans: answered in " in outcome.out
    assert CARD not in outcome.out + outcome.err
    kept = [each for each in tmp_path.iterdir() if each.is_file() and each.name != "card.txt"]
    assert {each.name for each in kept} >= {"connections.sqlite3", "connections.key", "runs.sqlite3"}
    assert not [each.name for each in kept if CARD.encode() in each.read_bytes()]


def test_a_program_gets_one_document(cli: Cli, card: str, library: Library) -> None:
    document = json.loads(added(cli, card, "village", "--json").out)
    assert (document["connection"]["name"], document["acts_as"]) == ("village", None)
    assert (document["test"]["status"], document["test"]["error"]) == ("succeeded", None)
    assert CARD not in str(document)


def test_a_connection_that_does_not_pass_its_test_is_kept_and_said_to_fail(
    cli: Cli, card: str, library: Library
) -> None:
    library.says = answer({"problem": {"text": f"the card {CARD} is blocked"}}, 401)
    outcome = cli("connections", "add", "village", HOST, card, "--json")
    assert outcome.code != 0
    document = json.loads(outcome.out)
    assert document["test"]["error"]["type"] == "Unauthorized"
    assert "[secret]" in outcome.out
    assert CARD not in outcome.out + outcome.err
    assert len(library.asked) == 1  # nobody can renew a card
    assert json.loads(cli("connections", "list", "--json").out)[0]["name"] == "village"


@pytest.mark.parametrize("given", [f"token={CARD}", f"token={CARD}=", f"token= @{CARD}"])
def test_a_secret_on_the_command_line_is_refused_and_not_repeated(cli: Cli, library: Library, given: str) -> None:
    outcome = cli("connections", "add", "village", HOST, given, "--json")
    [(field, message)] = complaints(outcome)
    assert (outcome.code, field, library.asked) == (2, "token", [])
    assert "does not belong on a command line" in message


@pytest.mark.parametrize("given", [CARD, f"{CARD}=", f"tokn={CARD}", f"{CARD}==", f"token:{CARD}", f"token=@{CARD}",
                                   f"token=env:{CARD}"])  # fmt: skip
def test_what_may_be_a_secret_is_not_repeated(cli: Cli, given: str) -> None:
    for as_json in ([], ["--json"]):
        outcome = cli("connections", "add", "village", HOST, given, *as_json)
        assert outcome.code == 2
        assert CARD not in outcome.out + outcome.err


def test_a_field_that_is_nearly_right_is_named(cli: Cli) -> None:
    outcome = cli("connections", "add", "village", "hots=x", "--json")
    assert "did you mean `host`" in complaints(outcome)[0][1]


def test_a_secret_comes_from_a_variable(cli: Cli, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CARD", CARD)
    added(cli, "token=env:CARD")
    assert library.asked[0][2] == f"Card {CARD}"


def test_any_field_comes_from_a_file_or_a_variable(
    cli: Cli, card: str, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WHERE", "other.example.com")
    assert cli("connections", "add", "other", "host=env:WHERE", card).code == 0
    assert "https://other.example.com/api" in cli("connections", "show", "other").out


def test_files_and_variables_that_are_not_there_are_named_unless_they_may_be_secrets(
    cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = cli("connections", "add", "village", "host=@nowhere.txt", "token=env:NOWHERE", "--json")
    assert complaints(outcome) == [
        ("host", "nowhere.txt cannot be read (No such file or directory)"),
        ("token", "that variable is not set"),
    ]
    file = tmp_path / "card.txt"
    file.write_bytes(b"\xff\xfe")
    outcome = cli("connections", "add", "village", HOST, f"token=@{file}", "--json")
    assert complaints(outcome) == [("token", "that file cannot be read (no text in UTF-8)")]


def test_missing_fields_are_said_all_at_once(cli: Cli) -> None:
    outcome = cli("connections", "add", "a b", "--limit", "many", "--allow-assumed", "lend", "--json", stdin="")
    assert [field for field, _ in complaints(outcome)] == ["host", "name", "token", "allow_assumed", "limit"]
    assert outcome.code == 2


def test_a_field_given_twice_is_refused(cli: Cli, card: str) -> None:
    outcome = cli("connections", "add", "village", HOST, "host=other.example.com", card, "--json")
    assert complaints(outcome) == [("host", "is given twice")]


def test_a_name_that_is_taken_is_refused_before_the_platform_is_asked(cli: Cli, card: str, library: Library) -> None:
    added(cli, card)
    library.asked.clear()
    outcome = cli("connections", "add", "village", HOST, card, "--json")
    assert (outcome.code, library.asked) == (2, [])
    assert "there is a connection `village` already" in complaints(outcome)[0][1]


def test_a_way_to_connect_that_is_not_there_is_refused(cli: Cli, card: str) -> None:
    outcome = cli("connections", "add", "village", HOST, card, "--method", "cart", "--json")
    assert complaints(outcome) == [
        ("method", "there is no way `cart`, did you mean `card`? There are: card (Library card)")
    ]


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
    assert "there is no connection `vilage`; there is none yet" in cli("connections", command, "vilage").err
    assert not (tmp_path / "connections.sqlite3").exists()
    added(cli, card)
    outcome = cli("connections", command, "vilage")
    assert (outcome.code, "did you mean `village`" in outcome.err) == (2, True)


def test_a_connection_is_tested_again(cli: Cli, card: str, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "RETRIES", NO_RETRIES)
    added(cli, card)
    assert cli("connections", "test", "village").code == 0
    library.says = answer({"problem": {"text": "closed on Mondays"}}, 503)
    outcome = cli("connections", "test", "village")
    assert outcome.code != 0 and "closed on Mondays" in outcome.err


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


def test_what_is_left_out_is_asked_for(cli: Cli, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, bool]] = []

    def prompt(text: str, hide_input: bool = False, **_: Any) -> str:
        asked.append((text, hide_input))
        return CARD if hide_input else "village.example.com"

    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    monkeypatch.setattr("click.prompt", prompt)
    outcome = cli("connections", "add", "village")
    assert (outcome.code, asked) == (0, [("Host", False), ("Card number", True)])
    assert library.asked[0][2] == f"Card {CARD}"


def test_a_secret_that_is_typed_at_a_terminal_is_not_shown(tmp_path: Path) -> None:
    """With a real terminal; nothing listens on port 1, so that the platform cannot be reached."""
    program = (
        "from pathlib import Path\n"
        "from connector_runtime.hosts import session\n"
        "from connector_runtime.hosts.cli import main\n"
        "from connector_runtime.run import NO_RETRIES\n"
        "session.RETRIES = NO_RETRIES\n"
        f"main('library', Path({str(TOY)!r}))"
    )
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover: another process
        os.chdir(ROOT)
        os.environ |= {"LIBRARY_DATA_DIR": str(tmp_path), "NO_COLOR": "1"}
        os.execv(sys.executable, [sys.executable, "-c", program, "connections", "add", "village"])
    shown = _read_until(terminal, "Host: ")
    os.write(terminal, b"127.0.0.1:1\n")
    shown += _read_until(terminal, "Card number: ")
    os.write(terminal, f"{CARD}\n".encode())
    shown += _read_until(terminal, None)
    os.waitpid(pid, 0)
    os.close(terminal)
    assert "127.0.0.1:1" in shown
    assert "Connected, and kept as village" in shown
    assert CARD not in shown


def _read_until(terminal: int, text: str | None) -> str:
    shown = ""
    while text is None or text not in shown:
        try:
            read = os.read(terminal, 1024)
        except OSError:  # the other end is closed
            read = b""
        if not read:
            break
        shown += read.decode(errors="replace")
    return shown
