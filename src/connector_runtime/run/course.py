"""The course of one read: where its pages stand, and what its record keeps of them."""

from __future__ import annotations

from connector_runtime.definition import Action
from connector_runtime.definition.grammar import Paging
from connector_runtime.errors import InvalidInput
from connector_runtime.outputs import MAX_WARNINGS
from connector_runtime.record import Record
from connector_runtime.run.bookmark import Bookmark, name_of, taken_up
from connector_runtime.run.progress import Estimate, Page, Place, Progress
from connector_runtime.schema import field_at
from connector_runtime.values import Inputs, Json, Problem

KEPT_REQUESTS = 10
"""A streamed run's record keeps the first and the latest requests whose answers were read, half each."""


class Course:
    """One read from its first page, or from a bookmark, to its end."""

    def __init__(self, action: Action, inputs: Inputs, record: Record, after: Json = None) -> None:
        """Raises InvalidInput for an action without pages, and for a bookmark of another list."""
        self.paging = paging_of(action)
        self.record = record
        self._turned = self.paging.page or self.paging.cursor or ""
        self._inputs = with_largest_pages(action, self.paging, inputs)
        self._list = name_of(action, self._inputs, record)
        first = inputs.get(self._turned, 1 if self.paging.page else None)
        self.begin = Bookmark(list=self._list, place=first)
        if after is not None:
            self.begin = taken_up(after, self._list, self.paging)
        self._progress = Progress(self.paging, self.begin.records, self.begin.total)
        self._progress.ask([self.begin.place])
        self._read: list[dict[str, Json]] = []
        self._asked: dict[Place, list[dict[str, Json]]] = {}
        record.counts, record.bookmark = {"pages": 0, "records": 0}, self.begin.document()

    def asking(self, place: Place) -> list[dict[str, Json]]:
        """Where the requests for a page are to be noted."""
        return self._asked.setdefault(place, [])

    def note(self) -> None:
        """Bring the record's requests up to date: those whose answers were read, then those on their way."""
        self.record.requests = [*self._read, *(request for notes in self._asked.values() for request in notes)]

    def inputs_at(self, place: Place) -> Inputs:
        """The inputs that ask for the page at a place."""
        return self._inputs if place is None else {**self._inputs, self._turned: place}

    def turn(self, page: Page) -> None:
        """Take the next page. Raises NoProgress when it shows that the list will not end well."""
        number = self._progress.number_of(page)
        self._progress.turn(page)
        record = self.record
        record.counts = {"pages": self._progress.pages, "records": self._progress.rows}
        self._read += self._asked.pop(page.place, [])
        del self._read[KEPT_REQUESTS // 2 : -KEPT_REQUESTS // 2]
        room = MAX_WARNINGS - len(record.warnings)
        for warning in page.warnings[: max(0, room)]:
            record.warnings.append({**warning, "message": f"{warning['message']} (page {number})"})
        if 0 < room < len(page.warnings):
            record.warnings.append({"pointer": "", "message": "there are more warnings like these"})

    def ahead(self, in_flight: int) -> list[Place]:
        """The pages that may be asked for while the page at hand is read: at most so many, none after the last.

        They become more from page to page, so that a reader who soon has enough has not cost many calls.
        """
        following, left = self._progress.following, self._progress.left()
        places: list[Place] = [] if following is None else [following]
        if isinstance(following, int):
            promised = left.calls if left is not None else 1
            places = list(range(following, following + max(1, min(promised, in_flight, 2**self._progress.pages))))
        self._progress.ask(places)
        return places

    def estimate(self, page: Page) -> Estimate | None:
        """What there is to read from this page on, by the total that it names."""
        left = self._progress.left()
        return None if left is None else Estimate(left.records + len(page.rows), left.calls + 1)

    def reading(self, page: Page, row: int) -> None:
        """Its reader has the page at hand, and has done with so many of its rows."""
        before = self._progress.records - len(page.rows)
        self.record.bookmark = self._mark(page.place, before, row)

    def done(self) -> None:
        """Its reader has done with the page at hand."""
        following, records = self._progress.following, self._progress.records
        self.record.bookmark = None if following is None else self._mark(following, records)

    def _mark(self, place: Place, records: int, row: int = 0) -> dict[str, Json]:
        total = self._progress.total
        return Bookmark(list=self._list, place=place, row=row, records=records, total=total).document()

    def stop(self, page: Page, row: int) -> None:
        """Its reader has had enough."""
        self.reading(page, row)
        self.record.warnings.append({"pointer": "", "message": "the reader stopped before the end"})

    def end(self) -> None:
        """The last page has been read."""
        if short := self._progress.short():
            self.record.warnings.append({"pointer": self.paging.items, "message": short})


def paging_of(action: Action) -> Paging:
    """How the action's pages follow each other. Raises InvalidInput when it has none."""
    if action.paging is None:
        problem = Problem("", f"{action.title} answers in one piece: it has no pages to follow")
        raise InvalidInput([problem], fix="Run it without asking for all pages.")
    return action.paging


def with_largest_pages(action: Action, paging: Paging, inputs: Inputs) -> Inputs:
    """The inputs with the largest page that the platform allows, unless they name a size."""
    largest = field_at(action.input, [paging.size]).get("maximum") if paging.size else None
    return inputs if largest is None or paging.size is None else {paging.size: largest, **inputs}
