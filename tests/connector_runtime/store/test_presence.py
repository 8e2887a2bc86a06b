"""Who works on a run: one at a time, in this process or another, until its process ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from connector_runtime.errors import Conflict, InvalidInput
from connector_runtime.hosts.directories import presence_file
from connector_runtime.store import Location, bytelocks
from connector_runtime.store.presence import Presence

HOLDING = """
import sys, time
from pathlib import Path
from connector_runtime.store.presence import Presence
with Presence(Path(sys.argv[1])).at(sys.argv[2]):
    print("here", flush=True)
    time.sleep(60)
"""


def is_free(file: Path, run_id: str) -> bool:
    try:
        with Presence(file).at(run_id):
            return True
    except Conflict:
        return False


def test_a_run_belongs_to_a_process_until_that_ends(tmp_path: Path) -> None:
    file = presence_file(tmp_path)
    command = [sys.executable, "-c", HOLDING, str(file), "a-run"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None and other.stdout.readline() == "here\n"
        assert (is_free(file, "a-run"), is_free(file, "another")) == (False, True)
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    assert is_free(file, "a-run")


def test_a_run_belongs_to_one_in_a_process_too_whatever_the_directory_is_called(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    with Presence(presence_file(tmp_path)).at("a-run"):
        assert not is_free(presence_file(tmp_path / "link"), "a-run")
        assert not is_free(presence_file(tmp_path / "link" / ".." / tmp_path.name), "a-run")
    assert is_free(presence_file(tmp_path), "a-run")


def test_of_many_threads_one_has_a_run(tmp_path: Path) -> None:
    inside = most = 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        for _ in range(300):
            try:
                with Presence(presence_file(tmp_path)).at("a-run"):
                    with lock:
                        inside += 1
                        most = max(most, inside)
                    with lock:
                        inside -= 1
            except Conflict:
                pass

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1


def test_a_forked_process_works_on_nothing(tmp_path: Path) -> None:
    file = presence_file(tmp_path)
    with Presence(file).at("a-run"):
        child = os.fork()
        if child == 0:
            os._exit(0 if not is_free(file, "a-run") and is_free(file, "another") else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        assert not is_free(file, "a-run")


def test_a_file_that_cannot_be_used_is_named_and_nobody_is_said_to_be_at_work(tmp_path: Path) -> None:
    (tmp_path / "runs.lock").mkdir()
    with pytest.raises(InvalidInput, match=r"runs.lock cannot be used") as caught:
        Presence(tmp_path / "runs.lock").enter("a-run")
    assert caught.value.problems[0].field == "data_dir"


def test_who_only_asks_has_nothing_and_keeps_nobody_from_working(location: Location) -> None:
    asking, working = Presence(presence_file(location)), Presence(presence_file(location))
    assert not asking.is_at_work("a-run")
    with working.at("a-run"):
        assert asking.is_at_work("a-run") and not asking.is_at_work("another")
        assert not asking.enter("a-run")
    assert not asking.is_at_work("a-run") and asking.enter("a-run")
    asking.leave("a-run")


def test_where_nobody_can_be_asked_somebody_is_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Presence(presence_file(tmp_path)).at("a-run"):
        assert Presence(presence_file(tmp_path)).is_at_work("a-run")
    assert not Presence(presence_file(tmp_path)).is_at_work("a-run")
    monkeypatch.setattr(bytelocks, "fcntl", None)
    assert Presence(presence_file(tmp_path)).is_at_work("a-run")
