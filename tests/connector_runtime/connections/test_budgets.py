"""How many calls a platform takes: turns, and what is said of waiting for one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connector_runtime.connections.budgets import Budget, in_words
from connector_runtime.definition.connection import Limits, Window
from connector_runtime.errors import NotNow, RateLimited
from connector_runtime.store import Calls, Full
from connector_runtime.values import Response

ONE_IN_TEN = [Window(calls=1, seconds=10)]
HEADERS = Limits(remaining=["x-remaining"], reset=["x-reset"])
OK = Response(200)


class Clock:
    """Time that passes while somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 1_000_000.0
        self.told: list[str] = []

    def now(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        await asyncio.sleep(0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def calls(tmp_path: Path) -> Iterator[Calls]:
    with closing(Calls(tmp_path / "limits.sqlite3")) as opened:
        yield opened


def budget_of(calls: Calls, clock: Clock, windows: list[Window] = ONE_IN_TEN) -> Budget:
    return Budget("b", windows, calls, HEADERS, tell=clock.told.append, now=clock.now, sleep=clock.sleep)


async def test_a_call_with_room_does_not_wait(calls: Calls, clock: Clock) -> None:
    turn = await budget_of(calls, clock).turn("run", 60)
    assert turn.waited is None


async def test_a_wait_is_told_and_noted_with_its_reason(calls: Calls, clock: Clock) -> None:
    budget = budget_of(calls, clock)
    (await budget.turn("run", 60)).answered(OK)
    waited = (await budget.turn("run", 60)).waited
    assert waited is not None
    assert (round(waited[0]), waited[1]) == (10, "the connection's limit of 1 call in 10 seconds")
    assert clock.told == ["Waiting 10 seconds: the connection's limit of 1 call in 10 seconds."]


async def test_who_would_wait_in_vain_is_told_at_once(calls: Calls, clock: Clock) -> None:
    budget = budget_of(calls, clock)
    (await budget.turn("run", 60)).answered(OK)
    with pytest.raises(RateLimited, match="there is room in 10 seconds") as caught:
        await budget.turn("run", 5)
    assert (caught.value.code, caught.value.effect, clock.now_s) == ("budget_spent", "none", 1_000_000.0)


async def test_patience_ends_where_nobody_knows_when_there_is_room(calls: Calls, clock: Clock) -> None:
    budget = budget_of(calls, clock)
    await budget.turn("run", 60)
    with pytest.raises(RateLimited, match="would have to wait too long"):
        await budget.turn("run", 0)


async def test_an_answer_begins_the_window_in_which_it_counts(calls: Calls, clock: Clock) -> None:
    budget = budget_of(calls, clock)
    first = await budget.turn("run", 60)
    clock.now_s += 8
    first.answered(OK)
    began = clock.now_s
    await budget.turn("run", 60)
    assert clock.now_s - began == pytest.approx(10, abs=0.01)


async def test_a_turn_that_is_given_back_goes_to_the_next(calls: Calls, clock: Clock) -> None:
    budget = budget_of(calls, clock)
    first = await budget.turn("run", 60)
    waiting = asyncio.create_task(budget.turn("run", 60))
    await asyncio.sleep(0)
    first.unused()
    waited = (await waiting).waited
    assert waited is None or waited[0] < 1


async def test_runs_take_turns(calls: Calls, clock: Clock) -> None:
    budget, order = budget_of(calls, clock), []

    async def call(run: str) -> None:
        turn = await budget.turn(run, 1000)
        order.append(run)
        turn.answered(OK)

    first = asyncio.gather(*(call("bulk") for _ in range(5)))
    await asyncio.sleep(0)
    await asyncio.gather(first, call("single"))
    assert order.index("single") <= 2, order


async def test_who_gives_up_waiting_leaves_his_turn_to_the_next(calls: Calls, clock: Clock) -> None:
    budget = budget_of(calls, clock)
    (await budget.turn("run", 60)).answered(OK)
    leaving, staying = (asyncio.create_task(budget.turn("run", 60)) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    turn = await staying
    turn.answered(OK)
    assert leaving.cancelled()
    await budget.close()


@pytest.mark.parametrize(
    ("answer", "pause_s"),
    [
        (Response(429, {"retry-after": "30"}), 30),
        (Response(503, {"retry-after": "Mon, 12 Jan 1970 13:47:00 GMT", "date": "Mon, 12 Jan 1970 13:46:40 GMT"}), 20),
        (Response(200, {"x-remaining": "0", "x-reset": "15"}), 15),
        (Response(429, {"retry-after": "999999"}), 3600),
    ],
)
async def test_what_the_platform_says_of_its_limits_holds_for_everybody(
    calls: Calls, clock: Clock, answer: Response, pause_s: float
) -> None:
    plenty = [Window(calls=100, seconds=1)]
    (await budget_of(calls, clock, plenty).turn("run", 60)).answered(answer)
    began = clock.now_s
    waited = (await budget_of(calls, clock, plenty).turn("other", 10_000)).waited
    assert waited is not None
    assert waited[1] == "the platform asked to wait"
    assert clock.now_s - began == pytest.approx(pause_s, abs=1)


@pytest.mark.parametrize("unit", [1, 1000])
async def test_a_reset_may_be_a_moment(calls: Calls, clock: Clock, unit: int) -> None:
    clock.now_s = 1_800_000_000.0
    budget = budget_of(calls, clock, [Window(calls=100, seconds=1)])
    headers = {"x-remaining": "0", "x-reset": str((1_800_000_012) * unit)}
    (await budget.turn("run", 60)).answered(Response(200, headers))
    await budget.turn("run", 60)
    assert clock.now_s - 1_800_000_000.0 == pytest.approx(12, abs=0.1)


@pytest.mark.parametrize("headers", [{"x-remaining": "3", "x-reset": "60"}, {"x-remaining": "0"}, {"x-reset": "x"}, {}])
async def test_headers_that_say_nothing_of_a_limit_pause_nothing(
    calls: Calls, clock: Clock, headers: dict[str, str]
) -> None:
    budget = budget_of(calls, clock, [Window(calls=100, seconds=1)])
    (await budget.turn("run", 60)).answered(Response(200, headers))
    assert (await budget.turn("run", 60)).waited is None


async def test_a_call_without_an_answer_counts_too(calls: Calls, clock: Clock) -> None:
    budget = budget_of(calls, clock)
    (await budget.turn("run", 60)).answered(None)
    assert (await budget.turn("run", 60)).waited is not None


def test_windows_are_said_in_words() -> None:
    windows = [Window(calls=1000, seconds=3600), Window(calls=100, seconds=10), Window(calls=5, seconds=0.5)]
    assert in_words(windows) == "1,000 calls an hour and 100 calls in 10 seconds and 5 calls in 0.5 seconds"


async def test_an_answer_is_not_lost_because_its_call_cannot_be_counted(tmp_path: Path, clock: Clock) -> None:
    calls = Calls(tmp_path / "limits.sqlite3")
    first, second = [await budget_of(calls, clock, [Window(calls=2, seconds=1)]).turn("run", 60) for _ in range(2)]
    calls.close()
    first.answered(OK)
    second.unused()
    with closing(Calls(tmp_path / "limits.sqlite3")) as again:
        assert again.take("b", [(2, 1.0)], clock.now) == Full(1.0), "they count for longer than they would"


async def test_who_waits_when_the_session_ends_is_told_so(calls: Calls, clock: Clock) -> None:
    budget = budget_of(calls, clock)
    await budget.turn("run", 60)
    waiting = asyncio.create_task(budget.turn("run", 60))
    await asyncio.sleep(0)
    await budget.close()
    with pytest.raises(NotNow, match="the session has ended"):
        await waiting


async def test_many_who_wait_for_the_same_are_told_of_once_and_no_listener_stops_them(
    calls: Calls, clock: Clock
) -> None:
    def listening(text: str) -> None:
        clock.told.append(text)
        raise BrokenPipeError

    budget = Budget(
        "b", [Window(calls=5, seconds=10)], calls, HEADERS, tell=listening, now=clock.now, sleep=clock.sleep
    )

    async def call() -> None:
        (await budget.turn("run", 1000)).answered(OK)

    await asyncio.gather(*(call() for _ in range(10)))
    assert len(clock.told) == 1
