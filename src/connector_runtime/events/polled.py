"""A list read for events, for a platform without webhooks: which rows are news, and how far back it must be read. Pure.

The platform's own moments count, never our clock: the list is read newest first, back to where the newest row stood at
the reading before, and by the overlap behind that, since a row may show up late. What is read again is known by its
happening. The first reading tells nothing: it notes what is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from connector_runtime.definition import Trigger
from connector_runtime.definition.polling import Polling, Told
from connector_runtime.events.delivery import happening, occurrence
from connector_runtime.schema import children
from connector_runtime.store.arrivals import Occurrence
from connector_runtime.store.polled import Mark, Telling
from connector_runtime.values import Json, as_text

EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What one reading found: occurrences, in the order in which they happened."""

    occurrences: list[Occurrence]
    before: list[str]
    """Happenings that are not told, only noted: they were there before anybody polled."""
    asked: list[str]
    """Happenings that are told although they were noted so: somebody asked for them."""
    mark: Mark
    warnings: list[str]


class Reading:
    """One reading of a list. It takes the pages in their order, and says when they are enough."""

    def __init__(
        self, trigger: Trigger, moment_form: str, mark: Mark | None, *, now: datetime, since: datetime | None = None
    ) -> None:
        """`mark`: how far the reading before came; None for the first one. `since`: tell what happened from then on,
        although it happened before anybody polled.
        """
        assert trigger.polling is not None
        self._trigger, self._polling, self._form = trigger, trigger.polling, moment_form
        self._overlap = timedelta(seconds=trigger.polling.overlap_s)
        self._mark, self._now, self._since = mark, now, since
        self._told: dict[str, tuple[datetime, Occurrence]] = {}
        self._kept_from = EVER
        self._newest: datetime | None = None
        self._first: datetime | None = None
        self._latest: datetime | None = None  # of the row that was looked at last
        self._above: datetime | None = None  # of the row before it on the same page
        self._falls, self._rises = False, False
        self.pages, self.rows, self._unusable = 0, 0, 0

    def take(self, rows: Iterable[Json]) -> bool:
        """Look at the next page. Whether the one after it is needed."""
        self.pages += 1
        self._above = None  # only rows of one page were looked at together: new ones may have come in between
        for row in rows:
            self.rows += 1
            self._look(row)
        if (begin := self._begin()) != self._kept_from:  # moves only where the newest row comes later than others
            self._told = {name: each for name, each in self._told.items() if each[0] >= begin}
            self._kept_from = begin
        return not self._is_enough(begin)

    def found(self, polled_at: datetime) -> Found:
        """What the pages that were taken have told, by that moment of our clock."""
        begin = self._begin()
        in_order = sorted(
            ((at, name, said) for name, (at, said) in self._told.items() if at >= begin), key=lambda each: each[0]
        )
        asked = [name for at, name, _ in in_order if self._since is not None and at >= self._since]
        told = set(asked) if self._mark is None else self._told.keys()
        return Found(
            occurrences=[said for _, name, said in in_order if name in told],
            before=[name for _, name, _ in in_order if name not in told],
            asked=asked,
            mark=self._moved(polled_at),
            warnings=list(self._warnings()),
        )

    def _look(self, row: Json) -> None:
        text = row.get(self._polling.cursor)
        if text is None:
            return
        if (at := self._moment(text)) is None:
            self._unusable += 1
            return
        self._falls = self._falls or (self._latest is not None and at < self._latest)
        self._rises = self._rises or (self._above is not None and at > self._above)
        self._latest, self._above, self._first = at, at, self._first or at
        # A row from the future, of a wrong clock or a mistaken year, must not hide all that comes until then.
        self._newest = max(self._newest or EVER, min(at, self._now))
        if at < self._begin():
            return
        if (said := _said(self._trigger, self._polling, row, self._form)) is None:
            self._unusable += 1
        else:
            self._told[said.happening or ""] = at, said

    def _begin(self) -> datetime:
        """Rows that are older than this are no news."""
        before = self._newest if self._mark is None else _moment_of(self._mark.begin)
        return self._back_from(before)

    def _back_from(self, moment: datetime | None) -> datetime:
        """By the overlap behind a moment, or to where it was asked to go back."""
        begin = EVER if moment is None else max(moment, EVER + self._overlap) - self._overlap
        return begin if self._since is None else min(begin, self._since)

    def _is_enough(self, begin: datetime) -> bool:
        """Whether all that follows is older. A list that is not sorted as asked has to be read whole; that it is sorted
        must show: a page of equal moments says nothing, unless it begins where the newest row stands.
        """
        if self._rises or self._latest is None or self._first is None:
            return False
        newest = _moment_of(self._mark.newest) if self._mark else None
        shows = self._falls or (newest is not None and self._first >= newest)
        return shows and self._latest < begin

    def _moved(self, polled_at: datetime) -> Mark:
        """One page is one look. Several are not, as rows may change their places while pages are turned: what several
        have told is read once more the next time.
        """
        before = _moment_of(self._mark.newest) if self._mark else None
        newest = max((each for each in (before, self._newest) if each is not None), default=None)
        begin = newest if self._mark is None or self.pages <= 1 else before
        if self.pages > 1 and begin is not None:
            begin = self._back_from(begin) + self._overlap
        return Mark(_text_of(newest), _text_of(begin), as_text(polled_at))

    def _moment(self, text: Json) -> datetime | None:
        try:
            return datetime.strptime(text, self._form).replace(tzinfo=UTC)
        except (TypeError, ValueError):
            return None

    def _warnings(self) -> Iterable[str]:
        if self._rises:
            yield "the list is not sorted as asked, newest first: it was read to its end"
        if self._unusable:
            yield f"rows without a moment that can be read, or what every event has, were left out: {self._unusable}"


def tellings(triggers: Mapping[str, Trigger]) -> dict[str, Telling]:
    """How lists tell events, by event."""
    return {
        event: Telling(partial(happening, trigger), trigger.polling.overlap_s)
        for event, trigger in triggers.items()
        if trigger.polling is not None
    }


def _said(trigger: Trigger, polling: Polling, row: dict[str, Json], form: str) -> Occurrence | None:
    """The event that a row tells; None where the row lacks what every event has."""
    taken = {name: _taken(polling.payload[name], row) for name in polling.payload}
    payload = {name: taken.get(name) for name in children(trigger.payload)}
    told = happening(trigger, payload)
    if told is None or any(payload[name] is None for name in trigger.payload.get("required", [])):
        return None
    return occurrence(trigger, f"list-{trigger.event}-{told}", 0, payload, form)


def _taken(said: str | Told, row: dict[str, Json]) -> Any:
    if isinstance(said, str):
        return row.get(said)
    if said.row is None:
        return said.const
    found = row.get(said.row)
    return said.words.get(found, found) if isinstance(found, str) else found


def _text_of(moment: datetime | None) -> str | None:
    return None if moment is None else as_text(moment)


def _moment_of(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
