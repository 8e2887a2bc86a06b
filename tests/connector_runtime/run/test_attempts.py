"""What is tried again, how often, and how long is waited in between."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.errors import Unreachable
from connector_runtime.record import Record
from connector_runtime.run import Retries, run
from connector_runtime.run.attempts import Attempts
from tests.connector_runtime.run.declarations import OK, READ, WRITE, look_first
from tests.connector_runtime.run.lists import Library, stream
from tests.connector_runtime.workshop import LOST, NEVER_SENT, Answer, Platform, Shelf, answer, handler, housed

BUSY = answer({}, 429)
BROKEN = answer({}, 503)


class Clock:
    """Time that passes when somebody waits."""

    def __init__(self) -> None:
        self.at = 100.0
        self.waited: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.at += seconds
        await asyncio.sleep(0)

    def retries(self, **how: Any) -> Retries:
        return replace(Retries(now=lambda: self.at, sleep=self.sleep, chance=lambda: 1.0), **how)


async def tried(action: Any, *answers: Answer, half: Any = None, **how: Any) -> tuple[Record, Shelf, Platform, Clock]:
    platform, shelf, clock = Platform(*answers), Shelf(), Clock()
    record = await run(
        housed(action, half),
        "act",
        {"id": 7},
        line=Line(platform.send),
        connection="script",
        keep=shelf.keep,
        retries=clock.retries(**how),
    )
    return record, shelf, platform, clock


@pytest.mark.parametrize("moment", [BUSY, BROKEN, LOST, NEVER_SENT], ids=["busy", "broken", "lost", "unreachable"])
async def test_a_read_is_tried_again_at_a_better_moment(moment: Answer) -> None:
    record, shelf, platform, clock = await tried(READ, moment, moment, OK)
    assert (record.status, record.output, record.effect) == ("succeeded", {"n": 1}, "none")
    assert [request["attempt"] for request in record.requests] == [1, 2, 3]
    assert len(platform.requests) == 3
    assert clock.waited == [0.5, 1.0]
    assert [wait["before_attempt"] for wait in shelf.documents[-1]["waits"]] == [2, 3]


@pytest.mark.parametrize("moment", [BUSY, NEVER_SENT], ids=["busy", "unreachable"])
async def test_a_change_that_was_not_made_is_tried_again(moment: Answer) -> None:
    record, shelf, platform, _ = await tried(WRITE, moment, OK)
    assert (record.status, record.effect, record.recovered) == ("succeeded", "done", False)
    assert shelf.effects == ["none", "unknown", "none", "unknown", "done"]
    assert len(platform.requests) == 2


@pytest.mark.parametrize("refusal", [answer({}, 400), answer({}, 401), answer({}, 404)])
async def test_a_refusal_is_not_tried_again(refusal: Answer) -> None:
    record, _, platform, clock = await tried(WRITE, refusal)
    assert (record.status, len(platform.requests), clock.waited) == ("failed", 1, [])


async def test_what_has_changed_something_already_is_not_begun_anew() -> None:
    def run_twice(call: Any) -> Any:
        yield call.request()
        response = yield call.request()
        return call.output(response)

    record, _, platform, clock = await tried(WRITE, OK, BUSY, half=handler(run_twice))
    assert (record.effect, len(platform.requests), clock.waited) == ("done", 2, [])
    assert record.error is not None and record.error["type"] == "RateLimited"


async def test_a_look_before_the_change_is_tried_again_with_it() -> None:
    record, _, platform, _ = await tried(WRITE, answer({}), BUSY, answer({}), OK, half=handler(look_first))
    assert record.succeeded
    assert [request.method for request in platform.requests] == ["GET", "POST", "GET", "POST"]


async def test_after_the_last_attempt_the_error_is_the_last_moments() -> None:
    record, _, platform, clock = await tried(READ, BUSY, BROKEN, BUSY, BROKEN, most=4)
    assert record.error is not None
    assert (record.error["type"], len(platform.requests)) == ("PlatformBroken", 4)
    assert clock.waited == [0.5, 1.0, 2.0]


async def test_nothing_is_waited_for_beyond_the_deadline() -> None:
    record, _, platform, clock = await tried(READ, BUSY, BUSY, BUSY, deadline_s=1.4)
    assert (clock.waited, len(platform.requests)) == ([0.5], 2)
    assert record.error is not None and record.error["type"] == "RateLimited"


async def test_a_platform_that_says_how_long_to_wait_is_believed() -> None:
    for status in (429, 503):
        _, _, _, clock = await tried(READ, answer({}, status, retry_after="7"), OK)
        assert clock.waited == [7.5]


async def test_a_platform_that_asks_for_more_than_the_deadline_is_not_waited_for() -> None:
    record, _, _, clock = await tried(READ, answer({}, 429, retry_after="3600"), OK)
    assert (record.status, clock.waited) == ("failed", [])


async def test_waits_are_a_random_part_of_a_bound_that_doubles_up_to_a_limit() -> None:
    clock, record = Clock(), Record.begin(action="a", version="1", connection="c", given={})
    parts = iter([0.5, 0.25, 1.0, 0.1, 0.9])
    retries = clock.retries(most=6, base_s=1, longest_s=4, deadline_s=1000)
    attempts = Attempts(replace(retries, chance=lambda: next(parts)), record, Line(Platform().send))
    while await attempts.another(NEVER_SENT):
        pass
    assert clock.waited == [0.5, 0.5, 4.0, 0.4, 3.6]
    assert attempts.number == 6


async def test_a_run_that_is_given_up_says_what_it_left(toy: Connector) -> None:
    shelf = Shelf()

    async def never(request: Any) -> Any:
        await asyncio.Event().wait()

    going = run(housed(WRITE), "act", {"id": 7}, line=Line(never), connection="script", keep=shelf.keep)
    going.send(None)
    going.close()
    assert (shelf.documents[-1]["status"], shelf.documents[-1]["effect"]) == ("failed", "unknown")
    assert shelf.documents[-1]["error"]["code"] == "interrupted"


async def test_a_page_in_the_middle_of_a_list_is_tried_again(toy: Connector) -> None:
    library, clock = Library(8), Clock()
    library.failing[4] = LOST
    whole, _ = stream(toy, library.send, retries=clock.retries())
    assert [row["loan_id"] async for row in whole.rows()] == list(range(2, 18))
    assert sorted(library.asked) == sorted([*range(1, 9), 4])
    assert whole.record is not None and [wait["before_attempt"] for wait in whole.record.waits] == [2]


async def test_what_cannot_be_written_is_not_tried_again() -> None:
    record, _, _, clock = await tried(READ, Unreachable("it cannot be written", code="unusable_request"), OK)
    assert (record.status, clock.waited) == ("failed", [])
