"""Answers are lost at random: nobody is enrolled twice, nobody is left out, and every record says what happened."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.errors import Unreachable
from connector_runtime.hosts.connected import open_sandbox
from connector_runtime.record import Record
from connector_runtime.run import Retries, run
from connector_runtime.transport import Connection, open_transport
from connector_runtime.values import Request, Response, Send

ENROLL, UNENROLL = "enroll_user_into_a_course", "unenroll_user_from_course"
AT_ONCE = Retries(base_s=0, longest_s=0, look_again_s=0, most=20)
LOST = "the platform did not answer (it hung up)"


class Losing:
    """A transport that loses answers: before the change is made, or after. `lost` says which, request by request."""

    def __init__(self, send: Send, seed: int, chance: float) -> None:
        self._send, self._random, self._chance = send, random.Random(seed), chance
        self.lost: Counter[str] = Counter()

    async def send(self, request: Request) -> Response:
        fate = self._random.random() if request.write else 1
        if fate < self._chance / 2:
            self.lost["before"] += 1
            raise Unreachable(LOST, effect="unknown")
        response: Response = await self._send(request)
        if fate < self._chance:
            self.lost["after"] += 1
            raise Unreachable(LOST, effect="unknown")
        return response


@asynccontextmanager
async def losing(connector: Connector, directory: Path, seed: int, chance: float) -> AsyncIterator[tuple[Any, Losing]]:
    site = open_sandbox(connector, directory)
    async with open_transport(Connection("sandbox", site.base_url, site.headers, site.app), "tests") as send:
        yield site, Losing(send, seed, chance)
    site.close()


def strangers(site: Any, many: int) -> list[tuple[int, int]]:
    """Users and courses that have nothing to do with each other, and courses that have room for everybody."""
    users = [row["id"] for row in site.store.rows("SELECT id FROM users WHERE active = 1 ORDER BY id")]
    taken = enrolled(site)
    return list(islice((pair for pair in product(users, plain_courses(site)) if pair not in taken), many))


def plain_courses(site: Any) -> list[int]:
    """Courses that ask for nothing beside the user."""
    rows = site.store.rows("SELECT courses_json FROM enrollment_fields WHERE mandatory = 1")
    asking = {course for row in rows for course in json.loads(row["courses_json"])}
    found = site.store.rows("SELECT id FROM courses WHERE max_enrollments IS NULL ORDER BY id")
    return [row["id"] for row in found if row["id"] not in asking]


def enrolled(site: Any) -> Counter[tuple[int, int]]:
    rows = site.store.rows("SELECT user_id, course_id FROM course_enrollments")
    return Counter((row["user_id"], row["course_id"]) for row in rows)


async def change(connector: Connector, key: str, pair: tuple[int, int], sender: Losing) -> Record:
    given = {"user_id": pair[0], "course_id": pair[1]}
    return await run(
        connector, key, given, line=Line(sender.send), connection="sandbox", keep=lambda record: None, retries=AT_ONCE
    )


@pytest.mark.parametrize("seed", [1, 2])
async def test_enrollments_survive_lost_answers(connector: Connector, tmp_path: Path, seed: int) -> None:
    async with losing(connector, tmp_path, seed, chance=0.5) as (site, sender):
        before, pairs = enrolled(site), strangers(site, 500)
        told = len(site.deliveries())
        for pair in pairs:
            record = await change(connector, ENROLL, pair, sender)
            assert record.succeeded, record.error
            assert record.output == {"enrolled": [{"user_id": pair[0], "course_id": pair[1], "waiting": False}]}
            assert record.recovered == (record.requests[-1]["method"] == "GET")
        after, announced = enrolled(site), site.deliveries()[told:]
    assert after - before == Counter(pairs)
    assert max(after.values()) == 1
    assert len(announced) == len(pairs)
    assert min(sender.lost["before"], sender.lost["after"]) > 100


async def test_unenrollments_whose_answer_was_lost_are_done_or_left_to_a_person(
    connector: Connector, tmp_path: Path
) -> None:
    async with losing(connector, tmp_path, 3, chance=0.5) as (site, sender):
        pairs, unknown = sorted(enrolled(site))[:200], 0
        for pair in pairs:
            record = await change(connector, UNENROLL, pair, sender)
            if not record.succeeded:
                assert record.error is not None and record.error["type"] == "UnknownOutcome"
                assert (record.effect, len(record.warnings)) == ("unknown", 1)
                unknown += 1
        assert not enrolled(site).keys() & set(pairs)
    assert unknown == sender.lost["after"] > 30
    assert sender.lost["before"] > 30


async def test_who_was_never_enrolled_is_not_called_unenrolled(connector: Connector, tmp_path: Path) -> None:
    async with losing(connector, tmp_path, 5, chance=0.5) as (site, sender):
        for pair in strangers(site, 60):
            record = await change(connector, UNENROLL, pair, sender)
            assert (record.status, record.effect in ("none", "unknown")) == ("failed", True)
    assert sender.lost.total() > 15


async def test_who_was_enrolled_before_is_called_so_although_the_answer_was_lost(
    connector: Connector, tmp_path: Path
) -> None:
    async with losing(connector, tmp_path, 4, chance=0.5) as (site, sender):
        plain = set(plain_courses(site))
        pairs = [pair for pair in sorted(enrolled(site)) if pair[1] in plain][:100]
        for pair in pairs:
            record = await change(connector, ENROLL, pair, sender)
            assert record.error is not None
            assert (record.error["code"], record.effect, record.recovered) == ("already_enrolled", "none", False)
    assert sender.lost.total() > 30
