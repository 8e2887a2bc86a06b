"""Processes that enroll users until all are enrolled, and that can be killed at any moment and begun anew."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection as Pipe
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any, TypeAlias

import docebo_connect
from connector_runtime import Connection, Record, Session
from connector_runtime.hosts.directories import records_file
from connector_runtime.run import Retries
from connector_runtime.store import Store

ENROLL = "enroll_user_into_a_course"
HANDS = 4
"""Enrollments that a process has under way at once, so that a kill tears several."""

RETRIES = Retries(most=20, base_s=0.001, longest_s=0.01, look_again_s=0.02)
"""Waits for a platform that is on the same machine; many attempts, as every other answer is lost."""

FORK = get_context("fork")  # a new process has everything imported already, so that it is at work when it is killed

Place: TypeAlias = tuple[int, int]
"""A user and a course."""


@dataclass(frozen=True)
class Assignment:
    """What is to be done, where, and the data directory in which processes find what others left."""

    address: str
    headers: dict[str, str]
    directory: Path
    places: tuple[Place, ...]

    @property
    def reported(self) -> Path:
        """What the processes were told of each enrollment, line by line, in JSON."""
        return self.directory / "reported.jsonl"

    def reports(self) -> Iterator[tuple[Place, dict[str, Any]]]:
        """In the order in which they were made."""
        for line in self.reported.read_text().splitlines() if self.reported.exists() else ():
            said = json.loads(line)
            yield (said["user_id"], said["course_id"]), said

    def left(self) -> list[Place]:
        """What no process was told the end of."""
        ended = {place for place, said in self.reports() if said["effect"] != "unknown"}
        return [place for place in self.places if place not in ended]

    def records(self, status: str | None = None) -> int:
        """How many runs are kept."""
        store = Store(records_file(self.directory))
        try:
            return sum(1 for _ in store.newest(10 * len(self.places), status))
        finally:
            store.close()


def prepare(work: Assignment) -> None:
    """Read something once, so that everything is imported before the first process is forked."""

    async def read() -> None:
        async with _session(work) as session:
            (await session.run("get_course_enrollments", {"page_size": 1})).raise_if_failed()

    asyncio.run(read())


def undisturbed(work: Assignment) -> None:
    """Let one process do all of it."""
    process, _ = _begun(work)
    process.join()
    _check(process)


def killed_often(work: Assignment, moments: random.Random, longest_s: float) -> tuple[int, int]:
    """Kill each process within so many seconds of being at work, until one comes to the end.

    Those that get nowhere are given longer. How many were killed, and how many runs that left open in all.
    """
    kills, torn, left, most_s = 0, 0, len(work.places), longest_s
    while True:
        process, at_work = _begun(work)
        at_work.poll(None)
        process.join(moments.uniform(0, most_s))
        process.kill()
        process.join()
        if process.exitcode != -signal.SIGKILL:
            _check(process)
            return kills, torn
        kills += 1
        torn += work.records("running")
        before, left = left, len(work.left())
        most_s = longest_s if left < before else 1.1 * most_s


def _begun(work: Assignment) -> tuple[BaseProcess, Pipe]:
    """A process, and what can be read from as soon as it is at work, or has ended."""
    mine, its = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_work, args=(work, its))
    process.start()
    its.close()
    return process, mine


def _check(process: BaseProcess) -> None:
    if process.exitcode:
        raise SystemExit("An enrolling process failed; it says why above.")


def _work(work: Assignment, at_work: Pipe) -> None:
    asyncio.run(_enroll_all(work, at_work))


def _session(work: Assignment) -> Session:
    platform = Connection("platform", work.address, work.headers)
    return docebo_connect.session(connection=platform, data_dir=work.directory, retries=RETRIES)


async def _enroll_all(work: Assignment, at_work: Pipe) -> None:
    waiting = iter(work.left())
    async with _session(work) as session:
        reported = os.open(work.reported, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        at_work.send(True)
        async with asyncio.TaskGroup() as hands:
            for _ in range(HANDS):
                hands.create_task(_enroll(session, waiting, reported))


async def _enroll(session: Session, waiting: Iterator[Place], reported: int) -> None:
    """One after the other, each under a key of its own: whoever begins it again takes up the same run."""
    for user_id, course_id in waiting:
        given = {"user_id": user_id, "course_id": course_id}
        record = await session.run(ENROLL, given, key=f"user {user_id}, course {course_id}")
        os.write(reported, json.dumps(given | _said(record)).encode() + b"\n")  # in one piece, or not at all


def _said(record: Record) -> dict[str, Any]:
    return {
        "succeeded": record.succeeded,
        "effect": record.effect,
        "recovered": record.recovered,
        "code": record.error and record.error["code"],
    }
