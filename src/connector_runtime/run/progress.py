"""How far a read of many pages has come, and the guard against pages that repeat themselves or never end. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from connector_runtime.definition.grammar import Paging
from connector_runtime.errors import NoProgress, UnexpectedOutput
from connector_runtime.values import Json, at, json_lines

Place = int | str | None
"""Where a page stands: its number, or the cursor that leads to it. None is the first page of a list with cursors."""

COMPARED = 10
"""Rows of a page, evenly spread, by which it is told from the others: two pages that are alike in all of these are the
same. To compare every row would cost half as much as to read it."""


@dataclass(frozen=True, kw_only=True)
class Page:
    """One page of a list, read: its documented output, and the rows in it."""

    place: Place
    output: Json
    rows: list[Json]
    warnings: list[dict[str, str]]

    @classmethod
    def of(cls, paging: Paging, place: Place, output: Json, warnings: list[dict[str, str]]) -> Page:
        """The page that this output is."""
        rows = at(output, paging.items) or []
        return cls(place=place, output=output, rows=rows, warnings=warnings)


@dataclass(frozen=True)
class Estimate:
    """What there is to read, by the list's own total: records, and calls (one a page)."""

    records: int
    calls: int


class Progress:
    """Shown every page in order, it says where the next one stands. It keeps one number per page."""

    def __init__(self, paging: Paging, before: int | None = None, total: int | None = None) -> None:
        """`before`: how many rows stand before the first page; None reckons it from that page's number. `total`: how
        many the list had when an earlier read of it stopped.
        """
        self.pages = 0
        self.rows = 0
        self.following: Place = None
        """The place of the next page; None after the last one."""
        self._paging = paging
        self._before = before
        self.total = total
        """How many rows the list has, as its pages say; None while they do not."""
        self._longest = 0
        self._rows_seen: set[int] = set()
        self._places_seen: set[Place] = set()
        self._least: dict[Place, int | None] = {}  # what is asked for → the total that was known then

    def ask(self, places: list[Place]) -> None:
        """Note what is known while these pages are asked for: an answer that was on its way before knows no better."""
        for place in places:
            self._least.setdefault(place, self.total)

    def turn(self, page: Page) -> None:
        """Take the next page. Raises NoProgress when it shows that the list will not end well."""
        self.following = self._after(page)
        if self._before is None:
            self._before = self._reckoned(page)
        self._check_place(page)
        self._check_rows(page)
        self._check_total(page)
        self.pages += 1
        self.rows += len(page.rows)
        self._longest = max(self._longest, len(page.rows))

    def number_of(self, page: Page) -> int:
        """A page's number; with cursors, counted from where the read began."""
        return page.place if isinstance(page.place, int) else self.pages + 1

    @property
    def records(self) -> int:
        """How many rows of the list have come, with those before the first page."""
        return (self._before or 0) + self.rows

    def left(self) -> Estimate | None:
        """What is still to come, by the total; None while the pages do not say."""
        if self.total is None or not self._longest:
            return None
        records = max(0, self.total - self.records)
        return Estimate(records, -(-records // self._longest))

    def short(self) -> str:
        """Said when the pages have ended before the total."""
        early = self.total is not None and self.records < self.total
        return f"the pages ended after {self.records} of {self.total} rows" if early else ""

    def _after(self, page: Page) -> Place:
        paging = self._paging
        more = at(page.output, paging.more) if paging.more else True
        if more is None:
            raise UnexpectedOutput("the page does not say whether there are more", pointer=paging.more or "")
        if not more:
            return None
        if isinstance(page.place, int):
            return page.place + 1
        cursor = at(page.output, paging.next or "")
        if cursor in (None, "") and paging.more:
            raise UnexpectedOutput("the page says that there are more, but not where", pointer=paging.next or "")
        return None if cursor in (None, "") else str(cursor)

    def _check_place(self, page: Page) -> None:
        if isinstance(page.place, int):  # numbers only ever rise
            return
        self._places_seen.add(page.place)
        if self.following is not None and self.following == page.place:
            raise self._stuck(page, "leads to itself: the cursor does not move", "same_cursor")
        if self.following is not None and self.following in self._places_seen:
            raise self._stuck(page, "leads back to an earlier page", "cursor_cycle")

    def _check_rows(self, page: Page) -> None:
        if not page.rows:
            if self.following is not None:
                raise self._stuck(page, "is empty, yet says that there is more", "empty_page")
            return
        some = page.rows[:: len(page.rows) // COMPARED + 1]
        fingerprint = hash((len(page.rows), json_lines([*some, page.rows[-1]])))
        if fingerprint in self._rows_seen:
            raise self._stuck(page, "repeats the rows of an earlier page", "same_rows")
        self._rows_seen.add(fingerprint)

    def _reckoned(self, page: Page) -> int:
        """How many rows stand before the first page that is read, if the pages before it are like it."""
        pages = page.place - 1 if isinstance(page.place, int) else 0
        total = self._total_of(page)
        if self.following is None and total is not None:  # the last page may be shorter than those before it
            return max(0, total - len(page.rows)) * (pages > 0)
        return pages * len(page.rows)

    def _total_of(self, page: Page) -> int | None:
        total = at(page.output, self._paging.total) if self._paging.total else None
        return total if isinstance(total, int) else None

    def _check_total(self, page: Page) -> None:
        total, least = self._total_of(page), self._least.pop(page.place, None)
        if total is None:
            return
        if least is not None and total < least:
            raise NoProgress(f"the list shrank from {least} to {total} rows", code="shrinking_total")
        if self.following is not None and 0 < total <= self.records:  # they had all come before this page
            raise self._stuck(page, f"says that there is more, but there are only {total} rows", "endless")
        self.total = max(total, self.total or 0)

    def _stuck(self, page: Page, how: str, code: str) -> NoProgress:
        return NoProgress(f"page {self.number_of(page)} {how}", code=code)
