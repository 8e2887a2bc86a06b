"""How well a connection's events are delivered, in figures. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from statistics import median, quantiles

from connector_runtime.events.causes import WINDOW_S, Place, moment
from connector_runtime.store import Expected
from connector_runtime.values import Json


@dataclass(frozen=True, kw_only=True)
class Period:
    """What happened on one connection from `since` to `until`: what is `expected` of the runs that began then, and what
    was where nobody watched for it (`unwatched`), with the moments of the `arrivals` that they caused; and by event how
    many were `kept` then and how many of them `unexpected`, and how many `duplicates` came.
    """

    connection: str
    since: str
    until: str
    expected: Sequence[Expected]
    unwatched: Sequence[Expected]
    kept: Mapping[str, tuple[int, int]]
    arrivals: Mapping[Place, Sequence[str]]
    duplicates: Mapping[str, int]


@dataclass
class _Row:
    kept: int = 0
    duplicates: int = 0
    expected: int = 0
    seen: int = 0
    missing: int = 0
    unexpected: int = 0
    delays_s: list[float] = field(default_factory=list)


def figures(period: Period) -> list[dict[str, Json]]:
    """A row for each event id: how many events were `kept`, how many `duplicates` came; how many events the runs
    `expected`, `seen` and `missing` of these (the rest may still come); how many were `unexpected`; and the median and
    the 99th percentile of the delays from a run's beginning to the arrival, in seconds, None where nothing was seen.
    """
    rows: dict[str, _Row] = defaultdict(_Row)
    for kind, (number, unexpected) in period.kept.items():
        rows[kind].kept, rows[kind].unexpected = number, unexpected
    for each in period.expected:
        _add(rows[each.event], each, period.arrivals.get((each.run_id, each.place), ()), period.until)
    for each in period.unwatched:  # what came of it counts all the same
        if came := period.arrivals.get((each.run_id, each.place)):
            _add(rows[each.event], replace(each, number=len(came)), came, period.until)
    for kind, number in period.duplicates.items():
        rows[kind].duplicates = number
    return [_told(period.connection, kind, row) for kind, row in sorted(rows.items())]


def seconds(since: str, until: str) -> float:
    """From one moment to another."""
    return round((datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds(), 3)


def _add(row: _Row, expected: Expected, came: Sequence[str], now: str) -> None:
    number = max(1, len(came)) if expected.number is None else expected.number
    row.expected += number
    row.seen += len(came)
    row.missing += number - len(came) if now > moment(expected.until, WINDOW_S) else 0
    row.delays_s += [seconds(expected.since, each) for each in came]


def _told(connection: str, kind: str, row: _Row) -> dict[str, Json]:
    counted = {name: getattr(row, name) for name in ("kept", "duplicates", "expected", "seen", "missing", "unexpected")}
    middle = round(median(row.delays_s), 3) if row.delays_s else None
    slow = _percentile_99(row.delays_s) if row.delays_s else None
    return {"connection": connection, "event": kind, **counted, "median_s": middle, "p99_s": slow}


def _percentile_99(values: Iterable[float]) -> float:
    known = list(values)
    return round(quantiles(known, n=100, method="inclusive")[98] if len(known) > 1 else known[0], 3)
