"""Nothing is imported that a command does not use."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from connector_runtime.hosts.cli.program import COMMANDS, root
from tests.casebook import ROOT
from tests.connector_runtime.hosts.cli.test_process import SLOWEST_S, environment

PROBE = """
import json, sys
bare = set(sys.modules)
from docebo_connect import main
try:
    main()
except SystemExit as end:
    assert end.code == 0, end.code
print(json.dumps(sorted(set(sys.modules) - bare)), file=sys.stderr)
"""

AUTHORING = ["pydantic", "yaml", "jsonschema", "connector_runtime.definition.folder"]
SERVING = ["uvicorn", "websockets", "aiohttp", "httpcore"]
SELDOM = ["importlib.metadata", "difflib"]
RUNNING = ["asyncio", "starlette", "httpx", "ssl", "connector_runtime.run", "docebo_connect.sandbox"]
BUILDING = ["msgspec", "typing_extensions", "connector_runtime.definition.grammar", "connector_runtime.values"]
KEEPING = ["sqlite3"]

ACTION = "enroll_user_into_a_course"
READ = ("run", "get_course_enrollments", "user_ids=7")
WRITE = ("run", "unenroll_user_from_course", "user_id=7", "course_id=42")


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory in which every command has been used before."""
    directory = tmp_path_factory.mktemp("data")
    for args in (READ, ("run", ACTION, "user_id=7", "course_id=42"), WRITE, ("describe", ACTION), ("actions",)):
        imported(directory, *args)
    imported(directory, "run", ACTION, "user_id=7", "course_id=42")
    return directory


def imported(data_dir: Path, *args: str) -> list[str]:
    """The modules that a command imports."""
    ended = subprocess.run(
        [sys.executable, "-c", PROBE, *args],
        cwd=ROOT,
        env=environment(data_dir),
        capture_output=True,
        text=True,
        timeout=SLOWEST_S,
        check=True,
    )
    modules: list[str] = json.loads(ended.stderr.splitlines()[-1])
    return modules


@pytest.mark.parametrize(
    ("args", "unused"),
    [
        (["--help"], [*AUTHORING, *SERVING, *SELDOM, *RUNNING, *BUILDING, *KEEPING, "connector_runtime.definition"]),
        (["actions"], [*AUTHORING, *SERVING, *SELDOM, *RUNNING, *BUILDING, *KEEPING]),
        (["describe", ACTION], [*AUTHORING, *SERVING, *SELDOM, *RUNNING, *KEEPING]),
        (["runs"], [*AUTHORING, *SERVING, *SELDOM, *RUNNING, "connector_runtime.definition"]),
        (["runs", "show", "last"], [*AUTHORING, *SERVING, *SELDOM, *RUNNING]),
        (READ, [*AUTHORING, *SERVING, *SELDOM, "docebo_connect.sandbox.world"]),
        (WRITE, [*AUTHORING, *SERVING, *SELDOM, "docebo_connect.sandbox.world"]),
    ],
    ids=["help", "actions", "describe", "runs", "show", "read", "write"],
)
def test_a_command_imports_nothing_that_it_does_not_use(data_dir: Path, args: list[str], unused: list[str]) -> None:
    found = imported(data_dir, *args)
    assert [name for name in unused if any(f"{module}.".startswith(f"{name}.") for module in found)] == []


def test_the_help_imports_no_command(data_dir: Path) -> None:
    homes = {f"connector_runtime.hosts.cli.{home.partition(':')[0]}" for home, _ in COMMANDS.values()}
    assert homes.isdisjoint(imported(data_dir, "--help"))


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_line_in_the_help_is_its_own(name: str) -> None:
    command = root.get_command(click.Context(root), name)
    assert command is not None
    assert command.get_short_help_str(1000) == COMMANDS[name][1]
