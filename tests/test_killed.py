"""A process that dies at any point leaves the truth: the record is there, and its effect is never wrong.

Started as a program, this file is the process that dies.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from connector_runtime import Session, load, run_once
from connector_runtime.connections import Line
from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.handler import Call, Flow, Refused
from connector_runtime.hosts.directories import records_file
from connector_runtime.record import Record
from connector_runtime.run import run
from connector_runtime.store import Store
from connector_runtime.values import Json, Request, Response
from tests.casebook import ROOT
from tests.connector_runtime.workshop import answer, declared, handler, housed

SLOWEST_S = 60
USERS = list(range(7, 17))
"""Some who are there in every world of the sandbox."""

# The process that dies ------------------------------------------------------------------------------------------------


def dying_run(directory: Path, story: str, last_moment: str) -> None:
    """Run one action that writes, and die at the moment of that name."""
    store, connector = Store(records_file(directory)), _connector(story, last_moment)

    def keep(record: Record) -> None:
        _reached(f"before {record.status} {record.effect}", last_moment)
        store.save(record.document())
        _reached(f"after {record.status} {record.effect}", last_moment)

    async def send(request: Request) -> Response:
        if not request.write:
            _reached("looking", last_moment)
            return answer({})
        _reached("sending", last_moment)
        if story != "refused":
            (directory / "applied").touch()
        _reached("applied", last_moment)
        return answer({"message": "no"}, 400) if story == "refused" else answer({"n": 1})

    asyncio.run(run(connector, "act", {"id": 7}, line=Line(send), connection="any", keep=keep))
    store.close()


def _connector(story: str, last_moment: str) -> Any:
    def flow(call: Call) -> Flow:
        if story == "look first":
            yield call.read("/things")
            _reached("looked", last_moment)
        response = yield call.request()
        _reached("answered", last_moment)
        if story == "refused inside":
            raise Refused(response, "no")
        return call.output(response)

    fields: Json = {"properties": {"id": {"title": "ID", "type": "integer"}}}
    output: Json = {"properties": {"n": {"title": "N", "type": "integer"}}}
    post = RequestTemplate(method="POST", path="/x", body=["id"])
    action = declared(input=fields, output=output, kind="create", request=post, natural_key=["id"])
    return housed(action, handler(flow))


def _reached(moment: str, last_moment: str) -> None:
    if moment == last_moment:
        os.kill(os.getpid(), signal.SIGKILL)


def busy_runs(directory: Path) -> None:
    """Enroll one user after another in the sandbox until killed, saying who is."""

    async def work() -> None:
        async with Session(load(ROOT), data_dir=directory) as session:
            for user_id, course_id in json.loads((directory / "places.json").read_text()):
                await session.run("enroll_user_into_a_course", {"user_id": user_id, "course_id": course_id})
                sys.stdout.write(f"{user_id} {course_id}\n")
                sys.stdout.flush()

    asyncio.run(work())


async def _enrolled(session: Session) -> set[tuple[int, int]]:
    stream = session.stream("get_course_enrollments", {"user_ids": USERS, "page_size": 200})
    return {(row["user_id"], row["course_id"]) async for row in stream.rows()}


# Those who look afterwards --------------------------------------------------------------------------------------------


def started(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.test_killed", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def left_behind(directory: Path) -> list[dict[str, Json]]:
    store = Store(records_file(directory))
    found = list(store.newest(1_000))
    store.close()
    return found


MOMENTS = [
    # story, where it dies, then what the record says
    ("accepted", "before running none", None, None),
    ("accepted", "after running none", "running", "none"),
    ("accepted", "before running unknown", "running", "none"),
    ("accepted", "after running unknown", "running", "unknown"),
    ("accepted", "sending", "running", "unknown"),
    ("accepted", "applied", "running", "unknown"),
    ("accepted", "answered", "running", "unknown"),
    ("accepted", "before running done", "running", "unknown"),
    ("accepted", "after running done", "running", "done"),
    ("accepted", "before succeeded done", "running", "done"),
    ("accepted", "after succeeded done", "succeeded", "done"),
    ("refused", "applied", "running", "unknown"),
    ("refused", "before failed none", "running", "none"),
    ("refused", "after failed none", "failed", "none"),
    ("refused inside", "answered", "running", "unknown"),
    ("refused inside", "before failed none", "running", "none"),
    ("look first", "looking", "running", "none"),
    ("look first", "looked", "running", "none"),
    ("look first", "sending", "running", "unknown"),
    ("look first", "after running done", "running", "done"),
]


@pytest.mark.parametrize(("story", "moment", "status", "effect"), MOMENTS, ids=[f"{m[0]}, {m[1]}" for m in MOMENTS])
def test_a_killed_run_leaves_what_was_known_at_that_moment(
    tmp_path: Path, story: str, moment: str, status: str | None, effect: str | None
) -> None:
    with started("one", str(tmp_path), story, moment) as child:
        child.communicate(timeout=SLOWEST_S)
    assert child.returncode == -signal.SIGKILL, f"the moment `{moment}` never came"
    found = left_behind(tmp_path)
    if status is None:
        assert found == []
        return
    (record,) = found
    assert (record["status"], record["effect"]) == (status, effect)
    if story != "refused inside":  # there the platform took the call and refused it
        applied = (tmp_path / "applied").exists()
        assert not (effect == "none" and applied), "none, although the platform was changed"
        assert not (effect == "done" and not applied), "done, although the platform was not changed"
    if effect != "none":
        assert record["requests"][-1]["path"] == "/x", "the record names what was sent"


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with a sandbox, and who is not yet enrolled where."""
    directory = tmp_path_factory.mktemp("fresh")

    async def look() -> set[tuple[int, int]]:
        async with Session(load(ROOT), data_dir=directory) as session:
            return await _enrolled(session)

    enrolled = asyncio.run(look())
    courses = {course for _, course in enrolled}
    places = [(user, course) for course in sorted(courses) for user in USERS if (user, course) not in enrolled]
    (directory / "places.json").write_text(json.dumps(places))
    return directory


@pytest.mark.parametrize("seed", range(6))
def test_a_run_killed_at_any_time_never_lies_about_its_effect(fresh: Path, tmp_path: Path, seed: int) -> None:
    shutil.copytree(fresh, tmp_path, dirs_exist_ok=True)
    with started("many", str(tmp_path)) as child:
        assert child.stdout is not None
        child.stdout.readline()  # it is at work
        time.sleep(random.Random(seed).uniform(0, 0.08))
        child.kill()
        child.communicate(timeout=SLOWEST_S)
    records = [record for record in left_behind(tmp_path) if record["action"] == "enroll_user_into_a_course"]
    assert records

    async def enrolled() -> set[tuple[int, int]]:
        async with Session(load(ROOT), data_dir=tmp_path) as session:
            return await _enrolled(session)

    there = asyncio.run(enrolled())
    for record in records:
        applied = (record["input"]["user_id"], record["input"]["course_id"]) in there
        assert record["effect"] in ({"done", "unknown"} if applied else {"none", "unknown"})
        assert record["status"] in ("succeeded", "running")
    left_open = [record for record in records if record["status"] == "running"]
    assert len(left_open) <= 1

    async def resumed(run_id: str) -> Record:
        async with Session(load(ROOT), data_dir=tmp_path) as session:
            return await session.resume(run_id)

    for record in left_open:
        ended = asyncio.run(resumed(record["run_id"]))
        place = (record["input"]["user_id"], record["input"]["course_id"])
        assert (ended.status, ended.effect) == (("succeeded", "done") if ended.error is None else ("failed", "none"))
        assert (place in asyncio.run(enrolled())) == (ended.effect == "done")
        assert ended.recovered == (place in there and record["effect"] != "none")


def test_a_killed_process_leaves_a_data_directory_that_works_on(tmp_path: Path) -> None:
    with started("one", str(tmp_path), "accepted", "applied") as child:
        child.communicate(timeout=SLOWEST_S)
    record = run_once(load(ROOT), "get_course_enrollments", {"page_size": 1}, data_dir=tmp_path)
    assert record.succeeded
    assert [run["status"] for run in left_behind(tmp_path)] == ["succeeded", "running"]


if __name__ == "__main__":
    kind, place, *rest = sys.argv[1:]
    if kind == "one":
        dying_run(Path(place), *rest)
    else:
        busy_runs(Path(place))
