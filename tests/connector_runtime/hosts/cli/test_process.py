"""The program as a process of its own: streams, signals, pipes and the environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from connector_runtime.hosts.directories import records_file
from connector_runtime.store import Store
from tests.casebook import ROOT
from tests.connector_runtime.workshop import TOY

SLOWEST_S = 60
OWN = [sys.executable, "-m", "docebo_connect"]
PROGRAM = [sys.executable, "-m", "connector_runtime", "--connector", str(TOY)]


def environment(data_dir: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.endswith("_DATA_DIR")}
    return kept | {"CONNECTOR_RUNTIME_DATA_DIR": str(data_dir), "DOCEBO_CONNECT_DATA_DIR": str(data_dir)} | more


def called(
    program: list[str], data_dir: Path, *args: str, cwd: Path = ROOT, **more: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [*program, *args],
        cwd=cwd,
        env=environment(data_dir, **more),
        capture_output=True,
        timeout=SLOWEST_S,
        check=False,
    )


def test_results_go_to_standard_output_and_the_rest_to_standard_error(tmp_path: Path) -> None:
    ended = called(PROGRAM, tmp_path, "run", "lend_book", "member_id=7", "book_code=B-1", "--json")
    assert ended.returncode == 0
    assert json.loads(ended.stdout)["status"] == "succeeded"
    refused = called(PROGRAM, tmp_path, "run", "lend_book", "member_id=8", "book_code=B-1")
    assert refused.returncode == 3
    assert b"Somebody has the book" in refused.stderr
    assert b"\x1b[" not in refused.stdout + refused.stderr, "a pipe gets no colours"


def test_the_own_program_keeps_its_runs_where_its_environment_says(tmp_path: Path) -> None:
    ended = called(OWN, tmp_path / "data", "run", "get_course_enrollments", "page_size=1", "--json", cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert records_file(tmp_path / "data").is_file()


def test_the_nearest_connector_is_found_from_inside_its_folder(tmp_path: Path) -> None:
    nearest = [sys.executable, "-m", "connector_runtime"]
    ended = called(nearest, tmp_path, "--version", cwd=TOY / "actions")
    assert ended.stdout.endswith(b" 2.1.0 (Village Library)\n" if os.linesep == "\n" else b"(Village Library)\r\n")


def test_a_terminal_that_lacks_a_character_gets_its_escape_and_no_traceback(tmp_path: Path) -> None:
    ended = called(PROGRAM, tmp_path, "run", "lend_book", "member_id=7", "book_code=日本", PYTHONIOENCODING="latin-1")
    assert (ended.returncode, ended.stderr.startswith(b"Recorded")) == (0, True)
    assert b"Code: \\u65e5\\u672c" in ended.stdout
    record = called(PROGRAM, tmp_path, "runs", "--json", PYTHONIOENCODING="latin-1")
    assert json.loads(record.stdout.decode("latin-1"))[0]["output"]["loan"]["book"]["code"] == "日本"


def test_arguments_that_are_not_unicode_are_invalid_input(tmp_path: Path) -> None:
    command = [os.fsencode(part) for part in [*PROGRAM, "run", "lend_book"]] + [b"member_id=7", b"book_code=\xff\xfe"]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment(tmp_path), capture_output=True, timeout=SLOWEST_S, check=False
    )
    assert ended.returncode == 2
    assert b"Traceback" not in ended.stderr


def lend_many(data_dir: Path, many: int) -> None:
    loan = {
        "member": {"id": 7},
        "book_name": "Momo",
        "due_at": "-",
        "fine": 0,
        "renewed": 0,
        "notes": ["x" * 5_000],
        "extra": {},
    }
    loans = {f"B-{number}": loan | {"loan_id": number, "book_code": f"B-{number}"} for number in range(many)}
    (data_dir / "sandbox").mkdir()
    (data_dir / "sandbox" / "library.json").write_text(json.dumps({"loans": loans, "deliveries": []}))


@pytest.mark.parametrize(
    "args", [("run", "list_loans", "page_size=50", "--all-pages"), ("run", "list_loans", "page_size=50", "--json")]
)
def test_a_reader_that_leaves_early_is_no_failure(tmp_path: Path, args: tuple[str, ...]) -> None:
    lend_many(tmp_path, 600)
    with subprocess.Popen(
        [*PROGRAM, *args],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    ) as program:
        assert program.stdout is not None and program.stderr is not None
        assert program.stdout.read(10)
        program.stdout.close()
        said = program.stderr.read()
        program.wait(SLOWEST_S)
    assert not [word for word in (b"Traceback", b"xception", b"rror") if word in said], said
    assert program.returncode == 0
    if "--all-pages" in args:
        store = Store(records_file(tmp_path))
        (run,) = store.newest(10)
        store.close()
        assert run["status"] != "running"


@pytest.mark.parametrize("program", [PROGRAM, OWN], ids=["toy", "own"])
def test_the_sandbox_says_one_line_when_it_answers_and_stops_cleanly(tmp_path: Path, program: list[str]) -> None:
    with subprocess.Popen(
        [*program, "sandbox", "--json"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as sandbox:
        assert sandbox.stdout is not None and sandbox.stderr is not None
        told = json.loads(sandbox.stdout.readline())
        assert list(told) == ["url", "client_id", "client_secret", "username", "password"]
        assert told["url"].startswith("http://127.0.0.1:")
        with pytest.raises(urllib.error.HTTPError) as refused:  # it answers: without credentials it refuses
            urllib.request.urlopen(
                f"{told['url']}/loans" if program is PROGRAM else f"{told['url']}/learn/v1/enrollments"
            )
        refused.value.close()
        sandbox.send_signal(signal.SIGTERM)
        out, err = sandbox.communicate(timeout=SLOWEST_S)
    assert (sandbox.returncode, out, err) == (0, "", "")


def test_the_sandbox_for_people_names_its_address_and_stops_at_an_interrupt(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*PROGRAM, "sandbox"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as sandbox:
        assert sandbox.stdout is not None
        assert sandbox.stdout.readline().startswith("url           http://127.0.0.1:")
        sandbox.send_signal(signal.SIGINT)
        _, err = sandbox.communicate(timeout=SLOWEST_S)
    assert sandbox.returncode in (0, 130)
    assert "Serving; stop with Ctrl-C." in err
    assert "Traceback" not in err


def test_an_interrupted_read_says_so_and_where_to_look(tmp_path: Path) -> None:
    with subprocess.Popen(
        [*OWN, "run", "get_enrollments", "page_size=1", "--all-pages"],
        cwd=ROOT,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        assert program.stdout is not None
        program.stdout.readline()  # it is at work
        program.send_signal(signal.SIGINT)
        _, said = program.communicate(timeout=SLOWEST_S)
    assert program.returncode == 130
    assert "Traceback" not in said
    assert "Nothing was changed." in said
    assert "runs show " in said
    store = Store(records_file(tmp_path))
    (run,) = store.newest(10)
    store.close()
    assert (run["status"], run["error"]["code"]) == ("failed", "interrupted")


def test_a_damaged_sandbox_names_the_file_to_delete(tmp_path: Path) -> None:
    (tmp_path / "sandbox").mkdir()
    (tmp_path / "sandbox" / "sandbox.sqlite3").write_bytes(b"this is no database, and it is long enough for one" * 50)
    ended = called(OWN, tmp_path, "run", "get_enrollments")
    assert ended.returncode == 2
    assert b"sandbox.sqlite3" in ended.stderr
    assert b"delete the file to begin anew" in ended.stderr


def test_a_sandbox_in_a_directory_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = called(OWN, tmp_path / "file", "sandbox", "reset", "--json")
    assert (ended.returncode, b"Traceback" in ended.stderr) == (2, False)
    assert json.loads(ended.stdout)["error"]["problems"][0]["field"] == "data_dir"
