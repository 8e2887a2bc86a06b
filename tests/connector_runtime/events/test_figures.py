"""Deliveries in figures."""

from __future__ import annotations

from typing import Any

from connector_runtime.events.causes import WINDOW_S, moment
from connector_runtime.events.figures import Period, figures
from connector_runtime.store import Expected
from connector_runtime.values import Json

BEGAN = "2026-02-02T10:00:00.000Z"


def expected(run_id: str, number: int | None = 1, *, event: str = "made", after_s: float = 0) -> Expected:
    since = moment(BEGAN, after_s)
    return Expected(run_id, 0, event, {"user": 7}, number, since, moment(since, 1))


def told(**others: Any) -> list[dict[str, Json]]:
    nothing: dict[str, Any] = {"expected": [], "unwatched": [], "arrivals": {}}
    nothing |= {"kept": {}, "duplicates": {}}
    late = moment(BEGAN, WINDOW_S + 60)
    return figures(Period(**{"connection": "acme", "since": BEGAN, "until": late, **nothing, **others}))


def test_what_has_come_of_what_was_expected_adds_up() -> None:
    (row,) = told(
        expected=[expected("a"), expected("b", 3), expected("c", None), expected("d", after_s=WINDOW_S)],
        kept={"made": (5, 0)},
        arrivals={("a", 0): [moment(BEGAN, 2)], ("b", 0): [moment(BEGAN, 2)], ("c", 0): [moment(BEGAN, 2)] * 2},
    )
    names = ("kept", "expected", "seen", "missing")
    assert [row[name] for name in names] == [5, 7, 4, 2], "one, of a run that began just now, may still come"


def test_where_nobody_watched_what_came_counts_and_nothing_is_missing() -> None:
    assert told(unwatched=[expected("a")]) == []
    (row,) = told(unwatched=[expected("a"), expected("b", 3)], arrivals={("b", 0): [moment(BEGAN, 2)] * 2})
    assert (row["expected"], row["seen"], row["missing"], row["median_s"]) == (2, 2, 0, 2.0)


def test_of_one_or_more_that_did_not_come_one_is_missing() -> None:
    (row,) = told(expected=[expected("a", None)])
    assert (row["expected"], row["seen"], row["missing"]) == (1, 0, 1)


def test_delays_are_told_by_their_median_and_their_slowest() -> None:
    moments = [moment(BEGAN, number) for number in range(1, 102)]
    (row,) = told(expected=[expected("a", 101)], arrivals={("a", 0): moments})
    assert (row["median_s"], row["p99_s"]) == (51.0, 100.0)
    (none,) = told(kept={"made": (1, 1)})
    assert (none["median_s"], none["p99_s"], none["unexpected"]) == (None, None, 1)


def test_each_event_has_its_own_row() -> None:
    rows = told(kept={"made": (1, 0), "ended": (1, 0)}, duplicates={"ended": 4, "lost": 1})
    counted = [(row["event"], row["kept"], row["duplicates"]) for row in rows]
    assert counted == [("ended", 1, 4), ("lost", 0, 1), ("made", 1, 0)]
    assert list(rows[0]) == [
        "connection", "event", "kept", "duplicates", "expected", "seen", "missing", "unexpected", "median_s", "p99_s",
    ]  # fmt: skip
