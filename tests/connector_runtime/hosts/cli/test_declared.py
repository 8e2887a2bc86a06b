"""`actions`, `describe`, `completion`, `docs` and the help."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from connector_runtime.definition import Connector
from connector_runtime.exports.listing import action_document
from connector_runtime.hosts.cli.program import COMMANDS, root
from connector_runtime.hosts.cli.setting import Setting
from tests.casebook import ROOT
from tests.connector_runtime.hosts.cli.conftest import Cli
from tests.connector_runtime.workshop import TOY, copied


def test_actions_are_listed_with_their_summaries(cli: Cli, toy: Connector) -> None:
    ended = cli("actions")
    for action in toy.actions.values():
        assert f"{action.key.ljust(12)}  {action.summary}" in ended.out
    assert (ended.code, "library describe ACTION" in ended.err) == (0, True)


def test_actions_for_programs_are_a_list_of_their_documents(cli: Cli, toy: Connector) -> None:
    ended = cli("actions", "--json")
    assert json.loads(ended.out) == [json.loads(json.dumps(action_document(action))) for action in toy.actions.values()]
    assert ended.err == ""


def test_an_action_is_described_as_a_recipe_builder_reads_it(cli: Cli) -> None:
    ended = cli("describe", "lend_book")
    for words in (
        "Lend a book  (lend_book)",
        "Book code  book_code, String, required",
        "Choose Two weeks (14) or Four weeks (28).",
        "loan.made",
        "POST /books/{book_code}/loans  (the public API)",
        "library run lend_book --input '{",
        "Loan ID: 32",
    ):
        assert words in ended.out
    assert ended.code == 0


def test_a_description_tells_conditions_and_assumptions(cli: Cli) -> None:
    assert "loan.ended, when notify is true" in cli("describe", "return_books").out
    described = cli("describe", "list_loans").out
    assert "assumed" in described
    assert "  none\n" in described


@pytest.mark.parametrize("key", ["lend_book", "list_loans", "return_books"])
def test_a_descriptions_sample_can_be_run_as_it_stands(cli: Cli, key: str) -> None:
    described = cli("describe", key).out
    (line,) = [line for line in described.splitlines() if "--input '" in line]
    given = line.partition("--input '")[2].rstrip("'")
    assert cli("plan", key, "--input", given).code == 0


@pytest.mark.parametrize("key", sorted(path.stem for path in (ROOT / "actions").glob("*.yaml")))
def test_every_action_can_be_described(cli: Cli, key: str) -> None:
    assert cli("describe", key, connector=ROOT).code == 0


def test_a_description_for_programs_is_the_document(cli: Cli, toy: Connector) -> None:
    found = json.loads(cli("describe", "lend_book", "--json").out)
    assert found == json.loads(json.dumps(action_document(toy.actions["lend_book"])))


def test_the_version_is_the_connectors(cli: Cli) -> None:
    assert cli("--version").out == "library 2.1.0 (Village Library)\n"


def test_the_help_lists_every_command_in_its_order(cli: Cli) -> None:
    ended = cli("--help")
    positions = [ended.out.index(f"\n  {name} ") for name in COMMANDS]
    assert (ended.code, positions) == (0, sorted(positions))


@pytest.mark.parametrize("name", [(name,) for name in COMMANDS] + [("runs", "show"), ("sandbox", "reset")])
def test_every_command_has_its_help(cli: Cli, name: tuple[str, ...]) -> None:
    for option in ("-h", "--help"):
        ended = cli(*name, option)
        assert (ended.code, "Usage: library " + " ".join(name) in ended.out) == (0, True)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_completion_script_is_for_this_program(cli: Cli, shell: str) -> None:
    ended = cli("completion", shell)
    assert (ended.code, "_LIBRARY_COMPLETE" in ended.out) == (0, True)


@pytest.mark.parametrize(
    ("args", "begun", "words"),
    [
        ([], "ac", ["actions"]),
        (["run"], "l", ["lend_book", "list_loans"]),
        (["describe"], "ret", ["return_books"]),
        (["run", "lend_book"], "pi", ["pick_up=", "pin="]),
        (["run", "lend_book"], "term=1", ["term=14"]),
        (["run", "lend_book", "term", "="], "2", ["28"]),
        (["run", "lend_book", "term"], "=", ["14", "28"]),
        (["run", "lend_book"], "nothing=", []),
        (["run", "nonsense"], "", []),
        (["run", "lend_book", "--con"], "", []),
    ],
)
def test_a_shell_can_complete_commands_actions_and_fields(args: list[str], begun: str, words: list[str]) -> None:
    shell = ShellComplete(root, {"obj": Setting("library", folder=TOY)}, "library", "_LIBRARY_COMPLETE")
    found = [item.value for item in shell.get_completions(args, begun)]
    assert [word for word in words if word not in found] == []
    assert args == ["run", "lend_book", "--con"] or found == words


def test_a_completion_script_for_programs_is_json(cli: Cli) -> None:
    found = json.loads(cli("completion", "bash", "--json").out)
    assert (found["shell"], "compopt -o nospace" in found["script"]) == ("bash", True)


def test_the_state_of_the_pages_for_programs_is_json(cli: Cli, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    stale = cli("docs", "--check", "--json", connector=folder)
    written = cli("docs", "--json", connector=folder)
    assert (stale.code, written.code) == (1, 0)
    assert json.loads(stale.out)["stale"] == json.loads(written.out)["written"] != []


def test_completion_in_a_shell_that_stands_nowhere_offers_nothing_and_no_traceback(tmp_path: Path) -> None:
    shell = ShellComplete(root, {"obj": Setting("library", folder=tmp_path)}, "library", "_LIBRARY_COMPLETE")
    assert shell.get_completions(["run"], "") == []


def test_the_pages_are_written_once_and_then_fresh(cli: Cli, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "README.md").write_text("# Mine\n\n<!-- actions: generated -->\n<!-- end of actions -->\n")
    stale = cli("docs", "--check", connector=folder)
    assert stale.code == 1
    assert "is not fresh; run: library docs" in stale.err
    written = cli("docs", connector=folder)
    assert written.code == 0
    assert (folder / "docs" / "actions.md").is_file()
    assert "| [Lend a book](docs/actions.md#lend_book)" in (folder / "README.md").read_text(encoding="utf-8")
    assert json.loads((folder / "docs" / "definition" / "action.schema.json").read_text())["title"] == "Action"
    assert cli("docs", "--check", connector=folder).code == 0
    assert cli("docs", connector=folder).out == ""


def test_the_page_of_commands_tells_every_command_and_exit_code(cli: Cli, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    cli("docs", connector=folder)
    page = (folder / "docs" / "cli.md").read_text(encoding="utf-8")
    for name in COMMANDS:
        assert f"`library {name}`" in page
    assert "`LIBRARY_DATA_DIR`" in page
    assert "| 2 | `InvalidInput` |" in page
