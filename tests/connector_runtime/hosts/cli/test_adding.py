"""`connections add`: what is given and asked for, on the toy connector's library card."""

from __future__ import annotations

import json
import os
import pty
import sys
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.errors import Unreachable
from connector_runtime.hosts.directories import records_file
from tests.casebook import ROOT
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.hosts.cli.library import CARD, HOST, LOANS, Library, added, complaints
from tests.connector_runtime.workshop import NEVER_SENT, TOY, answer


def test_a_connection_that_is_added_is_tested_and_kept(cli: Cli, card: str, library: Library, tmp_path: Path) -> None:
    outcome = added(cli, card)
    assert library.asked == [("GET", "/loans", f"Card {CARD}")] * 2  # before it is kept, and after
    assert "Connecting to https://village.example.com/api\n" in outcome.err
    assert "Kept as village.\n" in outcome.err
    assert "kept all the same" not in outcome.err
    assert "List loans: answered in " in outcome.out
    assert CARD not in outcome.out + outcome.err
    kept = [each for each in tmp_path.iterdir() if each.is_file() and each.name != "card.txt"]
    assert {each.name for each in kept} >= {"connections.sqlite3", "connections.key", "runs.sqlite3"}
    assert not [each.name for each in kept if CARD.encode() in each.read_bytes()]


def test_a_program_gets_one_document(cli: Cli, card: str, library: Library) -> None:
    document = json.loads(added(cli, card, "village", "--json").out)
    assert (document["kept"], document["connection"]["name"], document["acts_as"]) == (True, "village", None)
    assert (document["test"]["status"], document["test"]["error"]) == ("succeeded", None)
    assert CARD not in str(document)


def test_a_card_that_is_refused_is_not_kept(cli: Cli, card: str, library: Library) -> None:
    library.lost = {CARD}
    outcome = cli("connections", "add", "village", HOST, card, "--json")
    error = json.loads(outcome.out)["error"]
    assert (outcome.code, error["type"], len(library.asked)) == (3, "Unauthorized", 1)
    assert error["fix"].startswith("Nothing of it was kept.")
    assert "[secret] is lost" in error["message"]
    assert CARD not in outcome.out + outcome.err
    assert cli("connections", "list", "--json").out == "[]\n"


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (NEVER_SENT, "could not be reached"),
        (answer({"problem": {"text": "closed on Mondays"}}, 503), "closed on Mondays"),
        (answer({"problem": {"text": f"\x1b[2J{CARD} may not look"}}, 403), "\\x1b[2J[secret] may not look"),
        (answer({}), "result"),
    ],
    ids=["unreachable", "broken", "forbidden", "odd"],
)
def test_a_card_that_nobody_refused_is_kept_with_a_warning(
    cli: Cli, card: str, library: Library, told: Any, why: str
) -> None:
    library.answers = [told]
    outcome = added(cli, card)
    warning = next(line for line in outcome.err.splitlines() if "the call that tries it failed" in line)
    assert why in warning
    assert CARD not in outcome.out + outcome.err
    assert len(library.asked) == 2


def test_a_card_that_cannot_be_sent_is_not_kept(cli: Cli, card: str, library: Library) -> None:
    library.answers = [Unreachable("the request cannot be written", code="unusable_request")]
    assert cli("connections", "add", "village", HOST, card).code == 4
    assert cli("connections", "list", "--json").out == "[]\n"


def test_a_connection_that_does_not_pass_its_test_is_said_to_be_kept(cli: Cli, card: str, library: Library) -> None:
    blocked = answer({"problem": {"text": f"the card {CARD} is blocked"}}, 403)
    library.answers = [LOANS, blocked, LOANS, blocked]
    outcome = cli("connections", "add", "village", HOST, card, "--json")
    document = json.loads(outcome.out)
    assert (outcome.code, document["kept"], document["test"]["error"]["type"]) == (3, True, "Refused")
    assert "[secret]" in outcome.out
    assert CARD not in outcome.out + outcome.err
    assert json.loads(cli("connections", "list", "--json").out)[0]["name"] == "village"
    outcome = cli("connections", "add", "abbey", HOST, card)
    assert outcome.code == 3
    assert (
        "abbey is kept all the same. Test it again: library connections test abbey. "
        "Forget it: library connections remove abbey.\n"
    ) in outcome.err


def test_a_connection_whose_test_cannot_even_begin_is_said_to_be_kept(
    cli: Cli, card: str, library: Library, tmp_path: Path
) -> None:
    records_file(tmp_path).write_bytes(b"this is no database, and it is long enough to be taken for one" * 50)
    outcome = cli("connections", "add", "village", HOST, card)
    assert (outcome.code, "village is kept all the same" in outcome.err) == (2, True)
    assert len(json.loads(cli("connections", "list", "--json").out)) == 1


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
    message = "there is a connection `village` already; choose another name, or connect that one again with --again"
    assert complaints(outcome) == [("name", message)]


def test_a_way_to_connect_that_is_not_there_is_refused(cli: Cli, card: str) -> None:
    outcome = cli("connections", "add", "village", HOST, card, "--method", "cart", "--json")
    assert complaints(outcome) == [
        ("method", "there is no way `cart`, did you mean `card`? There are: card (Library card)")
    ]


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
    assert "Kept as village" in shown
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
