"""A page of a list as people turn it: which rows it has of how many, and which page is before and after it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connector_runtime.definition import Action
from connector_runtime.definition.grammar import Paging
from connector_runtime.hosts.http.pages.results import Table, tables
from connector_runtime.schema import title_at
from connector_runtime.values import Json, at, steps


@dataclass(frozen=True)
class Sheet:
    """One page of a list. What was read is `Found`; another list is called what its field is."""

    table: Table
    called: str = "Found"
    total: int | None = None
    """Rows on all pages, where the platform says it."""
    page: int | None = None
    """Its number, where pages have one."""
    size: int | None = None
    """Rows of a full page, where that is known."""
    goes_on: bool = False
    begun_before: bool = False

    @property
    def partial(self) -> bool:
        """Whether there are rows on other pages."""
        return self.goes_on or self.begun_before

    @property
    def title(self) -> str:
        """`rows 21–40 of 4,832`."""
        shown, total = len(self.table.rows), "" if self.total is None else f" of {self.total:,}"
        if not self.partial:
            return f"{shown:,} row{'' if shown == 1 else 's'}"
        if not shown:
            return f"no row{total and f'{total} rows'} is on this page"
        if self._first is None:
            return f"{shown:,}{total} rows"
        last = self._first + shown - 1
        return f"row {last:,}{total}" if shown == 1 else f"rows {self._first:,}–{last:,}{total}"

    @property
    def next_page(self) -> int | None:
        """The number of the page after it."""
        return self.page + 1 if self.page is not None and self.goes_on else None

    @property
    def earlier_page(self) -> int | None:
        """That of the page before it; where it is beyond the last one, of that."""
        if self.page in (None, 1):
            return None
        if self.table.rows:
            return self.page - 1
        return max(1, -(-self.total // self.size)) if self.total is not None and self.size else 1

    @property
    def _first(self) -> int | None:
        """The number of its first row."""
        if not self.begun_before:
            return 1
        if self.page is None:
            return None
        if self.size:
            return (self.page - 1) * self.size + 1
        return None if self.total is None else self.total - len(self.table.rows) + 1


def sheets(action: Action, given: Json, output: Json) -> list[Sheet]:
    """The lists of an output, as they are shown; of a page of rows the rows alone, and not how they are sorted."""
    found, paging = list(tables(action.output, output)), action.paging
    if paging is None:
        return [Sheet(each, title_at(action.output, steps(each.path))) for each in found]
    return [_sheet(each, paging, given, output) for each in found if each.path == paging.items]


def _sheet(table: Table, paging: Paging, given: Json, output: Json) -> Sheet:
    total = at(output, paging.total) if paging.total else None
    known = isinstance(total, int) and not isinstance(total, bool)
    goes_on = paging.more is not None and at(output, paging.more) is True
    goes_on = goes_on or (paging.next is not None and at(output, paging.next) is not None)
    page = _number(given, paging.page) or 1 if paging.page else None
    size = _number(given, paging.size) or (len(table.rows) if goes_on else None)
    further = isinstance(given, Mapping) and given.get(paging.cursor or "") not in (None, "")
    before = page not in (None, 1) or further
    return Sheet(table, total=total if known else None, page=page, size=size, goes_on=goes_on, begun_before=before)


def _number(given: Json, field: str | None) -> int | None:
    """A whole number that was filled in."""
    typed = str(given.get(field or "") or "") if isinstance(given, Mapping) else ""
    return int(typed) or None if typed.isascii() and typed.isdecimal() and len(typed) < 10 else None
