"""From a change on the platform to a line of `events` without a webhook: the platform's lists are polled."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from connector_runtime.definition import Connector
from connector_runtime.events.feed import feed
from connector_runtime.hosts.directories import events_file, records_file
from connector_runtime.hosts.polling import Polled, poll, pollable
from connector_runtime.hosts.session import Session
from connector_runtime.run import NO_RETRIES
from connector_runtime.store.events import Events
from connector_runtime.transport import Connection
from docebo_connect.sandbox.sites import Site
from tests.served import served

PROGRAM = [sys.executable, "-m", "docebo_connect"]


def told(directory: Path, *command: str, code: int = 0) -> str:
    done = subprocess.run(
        [*PROGRAM, "--data-dir", str(directory), *command], check=False, capture_output=True, text=True
    )
    assert done.returncode == code, done.stderr
    return done.stdout + done.stderr * (code != 0)


@contextmanager
def polling(directory: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    command = [*PROGRAM, "--data-dir", str(directory), "poll", "sandbox", "--json", *more]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def said(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    line: dict[str, Any] = json.loads(process.stdout.readline())
    return line


async def turn(session: Session) -> dict[str, Polled]:
    events = Events(events_file(session.data_dir))
    try:
        return {each.event: each async for each in poll(session, events, pollable(session.connector))}
    finally:
        events.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    with Site(tmp_path / "platform") as site:
        yield site


async def test_what_people_do_on_the_platform_is_told_with_its_cause(
    connector: Connector, site: Site, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with served(site) as (address, _):
        client = httpx.AsyncClient(base_url=address, headers=site.headers)
        connection = Connection("acme", address, site.headers)
        async with client, Session(connector, connection=connection, data_dir=data) as session:
            assert all(each.first and not each.new for each in (await turn(session)).values())
            run = await session.run("enroll_user_into_a_course", {"user_id": 7, "course_id": 42})
            assert (await client.post("/learn/v1/enrollments/42/8")).status_code < 300
            assert (await client.post("/sandbox/complete", json={"user_id": 7, "course_id": 42})).status_code < 300
            whole = await turn(session)
            again = await turn(session)
    assert {event: each.new for event, each in whole.items()} == {
        "course.enrollment.created": 2,
        "course.enrollment.completed": 1,
        "learningplan.enrollment.created": 0,
        "learningplan.enrollment.completed": 0,
    }
    assert not any(each.new or each.error or each.warnings for each in again.values())
    lines = [line async for line in feed(events_file(data), runs=records_file(data))]
    own, others = (
        [line for line in lines if line["event"] == "course.enrollment.created" and line["payload"]["user_id"] == user]
        for user in (7, 8)
    )
    assert [line["caused_by"] for line in own + others] == [run.run_id, None]
    (done,) = [line for line in lines if line["event"] == "course.enrollment.completed"]
    assert (done["payload"]["user_id"], done["payload"]["status"], done["payload"]["level"]) == (
        7,
        "completed",
        "learner",
    )


async def test_a_polled_event_says_what_the_webhook_says(connector: Connector, site: Site, tmp_path: Path) -> None:
    with served(site) as (address, _):
        client = httpx.AsyncClient(base_url=address, headers=site.headers)
        connection = Connection("acme", address, site.headers)
        async with client, Session(connector, connection=connection, data_dir=tmp_path / "data") as session:
            await turn(session)
            user, place = {"user_id": 8}, {"course_id": 42}
            assert (await client.post("/learn/v1/enrollments/42/8")).status_code < 300
            assert (await client.post("/sandbox/complete", json=user | place)).status_code < 300
            await turn(session)
    brought = {each["event"]: each["payload"] for each in site.deliveries()}
    lines = [line async for line in feed(events_file(tmp_path / "data"))]
    assert {line["event"] for line in lines} == {"course.enrollment.created", "course.enrollment.completed"}
    for line in lines:
        polled = {name: value for name, value in line["payload"].items() if value is not None}
        assert polled.items() <= brought[line["event"]].items()
        assert line["payload"].keys() == brought[line["event"]].keys()


async def test_a_list_that_fails_is_told_and_made_up_for_at_the_next_turn(
    connector: Connector, site: Site, tmp_path: Path
) -> None:
    connection = Connection("acme", site.base_url, site.headers, site.app)
    async with Session(connector, connection=connection, data_dir=tmp_path / "data", retries=NO_RETRIES) as session:
        await turn(session)
        assert (await session.run("enroll_user_into_a_course", {"user_id": 7, "course_id": 42})).failure is None
        site.faults.set([{"fault": "error", "status": 503, "path": "/course/v1/courses/enrollments", "times": 1}])
        broken, whole = await turn(session), await turn(session)
    failed = [each for each in broken.values() if each.error is not None]
    assert [each.error and each.error.code for each in failed] == ["platform_broken"]
    assert whole["course.enrollment.created"].new + broken["course.enrollment.created"].new == 1


def test_the_program_polls_until_it_is_told_to_stop(tmp_path: Path) -> None:
    with polling(tmp_path, "--every", "3600") as process:
        readings = [said(process) for _ in range(4)]
        assert [reading["first"] for reading in readings] == [True] * 4
        refused = told(tmp_path, "poll", "sandbox", "--once", code=3)
        assert "another process polls sandbox" in refused
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert process.stderr is not None and process.stderr.read() == ""
    assert "new" in told(tmp_path, "poll", "sandbox", "--once", "--event", "course.enrollment.created")


def test_a_run_waits_for_the_event_that_a_list_tells(tmp_path: Path) -> None:
    enroll = ("run", "enroll_user_into_a_course", "user_id=7", "course_id=42", "--json", "--await-events", "30")
    assert "docebo-connect poll sandbox" in told(tmp_path, *enroll, code=2)
    with polling(tmp_path, "--every", "1", "--event", "course.enrollment.created") as process:
        said(process)
        run = json.loads(told(tmp_path, *enroll))
        leave = ("run", "unenroll_user_from_course", "user_id=7", "course_id=42", "--await-events", "30")
        assert "webhooks add sandbox" in told(tmp_path, *leave, code=2), "no list tells that somebody has left"
    assert [(event["event"], event["status"]) for event in run["events"]] == [("course.enrollment.created", "seen")]
    assert "seen after" in told(tmp_path, "runs", "show", run["run_id"])


def test_since_tells_what_happened_before_anybody_polled(tmp_path: Path) -> None:
    began = datetime.now(UTC).isoformat(timespec="seconds")
    told(tmp_path, "run", "enroll_user_into_a_course", "user_id=7", "course_id=42")
    one = ("poll", "sandbox", "--once", "--json", "--event", "course.enrollment.created")
    assert json.loads(told(tmp_path, *one))["new"] == 0
    assert json.loads(told(tmp_path, *one, "--since", began))["new"] == 1
    assert json.loads(told(tmp_path, *one, "--since", began))["new"] == 0
