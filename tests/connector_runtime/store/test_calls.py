"""The calls that limits count, on disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_runtime.store import Calls, Full, Location
from connector_runtime.store.calls import LONGEST_CALL_S, LONGEST_PAUSE_S

TWO_IN_TEN = [(2, 10.0)]


@pytest.fixture
def calls(location: Location) -> Iterator[Calls]:
    with closing(Calls(location / "limits.sqlite3")) as opened:
        yield opened


def taken(calls: Calls, now: float, windows: list[tuple[int, float]] = TWO_IN_TEN, budget: str = "b") -> int:
    call = calls.take(budget, windows, lambda: now)
    assert isinstance(call, int), call
    return call


def test_a_call_counts_until_one_window_after_its_answer(calls: Calls) -> None:
    first, _second = taken(calls, 100), taken(calls, 100)
    assert calls.take("b", TWO_IN_TEN, lambda: 109) == Full(None), "nobody knows when the answers come"
    calls.answered(first, 105)
    assert calls.take("b", TWO_IN_TEN, lambda: 110) == Full(5)
    assert isinstance(calls.take("b", TWO_IN_TEN, lambda: 115), int)
    assert calls.take("b", TWO_IN_TEN, lambda: 115) == Full(None)


def test_every_window_must_have_room(calls: Calls) -> None:
    windows = [(2, 1.0), (3, 60.0)]
    for call in (taken(calls, 100, windows), taken(calls, 100, windows)):
        calls.answered(call, 100)
    assert calls.take("b", windows, lambda: 100.5) == Full(0.5)
    calls.answered(taken(calls, 101, windows), 101)
    assert calls.take("b", windows, lambda: 102) == Full(58)


def test_a_call_that_was_not_sent_leaves_its_room(calls: Calls) -> None:
    first, second = taken(calls, 100), taken(calls, 100)
    calls.give_back(first)
    calls.give_back(second)
    assert taken(calls, 100)


def test_budgets_are_counted_apart(calls: Calls) -> None:
    for budget in "ab":
        taken(calls, 100, [(1, 10.0)], budget)
        assert isinstance(calls.take(budget, [(1, 10.0)], lambda: 100), Full)


def test_a_pause_holds_for_all_and_the_longer_word_counts(calls: Calls, location: Location) -> None:
    calls.pause("b", 130)
    calls.pause("b", 120)
    with closing(Calls(location / "limits.sqlite3")) as other:
        assert other.take("b", TWO_IN_TEN, lambda: 100) == Full(30, paused=True)
    assert isinstance(calls.take("b", TWO_IN_TEN, lambda: 130), int)


def test_calls_of_a_process_that_is_gone_are_taken_for_answered(calls: Calls, location: Location) -> None:
    child = os.fork()
    if not child:
        with closing(Calls(location / "limits.sqlite3")) as own:
            own.take("b", TWO_IN_TEN, lambda: 100)
        os._exit(0)
    os.waitpid(child, 0)
    taken(calls, 100)
    assert calls.take("b", TWO_IN_TEN, lambda: 101) == Full(10)
    assert isinstance(calls.take("b", TWO_IN_TEN, lambda: 111), int)


def test_a_call_that_is_never_answered_does_not_count_for_ever(calls: Calls) -> None:
    taken(calls, 100), taken(calls, 100)
    late = 100 + LONGEST_CALL_S + 1
    assert calls.take("b", TWO_IN_TEN, lambda: late) == Full(10)
    assert isinstance(calls.take("b", TWO_IN_TEN, lambda: late + 10), int)


def test_a_clock_that_is_set_back_does_not_block_for_longer_than_a_window(calls: Calls) -> None:
    for _ in range(2):
        calls.answered(taken(calls, 10_000), 10_000)
    calls.pause("b", 10_000 + LONGEST_PAUSE_S)
    assert calls.take("b", TWO_IN_TEN, lambda: 500) == Full(10)
    assert isinstance(calls.take("b", TWO_IN_TEN, lambda: 511), int)


@given(st.lists(st.tuples(st.floats(0, 3), st.floats(0, 5), st.booleans()), max_size=40))
def test_in_no_window_are_there_more_calls_between_send_and_answer_than_the_limit(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[float, float, bool]]
) -> None:
    now, sent = 1000.0, []
    going: list[tuple[int, float]] = []
    with closing(Calls(tmp_path_factory.mktemp("calls") / "limits.sqlite3")) as calls:
        for pause, lasts, returned in steps:
            now += pause
            for call, ends in [each for each in going if each[1] <= now]:
                calls.answered(call, ends)
                going.remove((call, ends))
            got = calls.take("b", [(3, 4.0), (5, 9.0)], partial(float, now))
            if isinstance(got, Full):
                continue
            if returned:
                calls.give_back(got)
            else:
                sent.append((now, now + lasts))
                going.append((got, now + lasts))
    for limit, seconds in ((3, 4.0), (5, 9.0)):
        for begin in [moment for call in sent for moment in call]:
            # The platform may see a call at any moment from its sending to its answer.
            inside = [call for call in sent if call[0] < begin + seconds and call[1] >= begin]
            assert len(inside) <= limit


def test_a_shorter_window_of_one_connection_does_not_forget_what_anothers_longer_one_counts(calls: Calls) -> None:
    for _ in range(2):
        calls.answered(taken(calls, 100), 100)
    taken(calls, 200)  # by the short window, both are over
    assert calls.take("b", [(2, 3600.0)], lambda: 200) == Full(3500)


def test_the_clock_is_read_when_the_file_is_ours(calls: Calls, location: Location) -> None:
    def later() -> float:
        assert calls._connection.in_transaction
        return 100

    assert isinstance(calls.take("b", TWO_IN_TEN, later), int)
