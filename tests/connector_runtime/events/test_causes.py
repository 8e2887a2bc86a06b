"""Which run caused an event."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.events.causes import CLOCKS_S, WINDOW_S, causes, moment
from connector_runtime.store import Expected
from connector_runtime.values import Json

BEGAN = "2026-02-02T10:00:00.000Z"


def expected(run_id: str, *, after_s: float = 0, lasting_s: float = 1, **others: Any) -> Expected:
    since = moment(BEGAN, after_s)
    known = {"place": 0, "event": "made", "match": {"user": 7, "book": "B-1"}, "number": 1}
    return Expected(**{"run_id": run_id, "since": since, "until": moment(since, lasting_s), **known, **others})


def event(
    cursor: int, *, after_s: float = 2, late_s: float = 0, kind: str = "made", **payload: Json
) -> dict[str, Json]:
    said = {"user": 7, "book": "B-1", "more": "x"} | payload
    came = moment(BEGAN, after_s + late_s)
    return {"cursor": cursor, "event": kind, "moment": moment(BEGAN, after_s), "received_at": came, "payload": said}


def test_an_event_is_joined_to_the_run_that_expects_what_it_says() -> None:
    waiting = [expected("a"), expected("b", match={"user": 8}), expected("c", event="ended")]
    events = [event(1, user="8"), event(2), event(3, kind="ended"), event(4, book="B-2"), event(5, kind="lost")]
    assert causes(waiting, events) == {1: ("b", 0), 2: ("a", 0), 3: ("c", 0)}


def test_no_more_events_are_joined_than_a_run_expects() -> None:
    events = [event(1), event(2), event(3)]
    assert causes([expected("a", number=2)], events) == {1: ("a", 0), 2: ("a", 0)}
    assert causes([expected("a", number=None)], events) == dict.fromkeys((1, 2, 3), ("a", 0))


def test_of_two_runs_that_expect_the_same_the_one_that_began_first_comes_first() -> None:
    waiting = [expected("a"), expected("b", after_s=10)]
    at_once = [expected("a"), expected("b", after_s=1)]
    assert causes(at_once, [event(1, after_s=2), event(2, after_s=2)]) == {1: ("a", 0), 2: ("b", 0)}
    assert causes(waiting, [event(1, after_s=2), event(2, after_s=21)]) == {1: ("a", 0), 2: ("b", 0)}


def test_an_event_is_that_of_the_run_during_which_it_happened_whatever_another_still_waits_for() -> None:
    waiting = [expected("a"), expected("b", after_s=600)]
    assert causes(waiting, [event(1, after_s=601)]) == {1: ("b", 0)}
    assert causes(waiting, [event(1, after_s=700), event(2, after_s=701)]) == {1: ("b", 0), 2: ("a", 0)}


def test_an_event_that_is_late_is_still_that_of_its_run() -> None:
    waiting = [expected("a"), expected("b", after_s=600)]
    assert causes(waiting, [event(1, after_s=601), event(2, after_s=1, late_s=3000)]) == {1: ("b", 0), 2: ("a", 0)}


def test_an_event_that_was_there_before_the_run_is_not_its() -> None:
    assert causes([expected("a")], [event(1, after_s=-1, late_s=0.5)]) == {}
    assert causes([expected("a")], [event(1, after_s=-1, late_s=2)]) == {1: ("a", 0)}, "by the platform's own clock"


def test_a_run_that_expects_a_number_comes_before_one_that_takes_what_comes() -> None:
    assert causes([expected("a", number=None), expected("b")], [event(1), event(2)]) == {1: ("b", 0), 2: ("a", 0)}


def test_what_was_caused_before_is_not_expected_any_more() -> None:
    waiting = [expected("a", number=2), expected("b", number=None)]
    assert causes(waiting, [event(1), event(2)], {("a", 0): 1, ("b", 0): 7}) == {1: ("a", 0), 2: ("b", 0)}


@pytest.mark.parametrize(
    ("after_s", "joined"),
    [(-CLOCKS_S - 1, False), (-CLOCKS_S, True), (100 + WINDOW_S, True), (101 + WINDOW_S, False)],
)
def test_an_event_happens_while_its_run_works_or_in_the_window_after_it(after_s: float, joined: bool) -> None:
    assert bool(causes([expected("a", lasting_s=100)], [event(1, after_s=after_s, late_s=50)])) == joined


def test_one_run_may_expect_several_kinds_of_one_event() -> None:
    waiting = [expected("a", match={"user": 7}), expected("a", place=1, match={"user": 8}, number=None)]
    assert causes(waiting, [event(1), event(2, user=8), event(3, user=8)]) == {1: ("a", 0), 2: ("a", 1), 3: ("a", 1)}
