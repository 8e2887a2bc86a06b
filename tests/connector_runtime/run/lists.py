"""Lists for reads of many pages: a scripted page, a library of numbered pages, and one whose pages name the next."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from copy import copy
from dataclasses import replace
from typing import Any

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.definition.grammar import Paging
from connector_runtime.errors import ConnectorError
from connector_runtime.run import Stream
from connector_runtime.values import Json, Request, Response
from tests.connector_runtime.workshop import Shelf, answer, declared, housed


def page(rows: list[Json], more: bool = True, total: int | None = None) -> Response:
    """A page of the toy connector's list."""
    return answer({"result": {"loans": rows, "paging": {"more": more, "total": total}}})


def loans(*ids: int) -> list[Json]:
    return [{"loan_id": number, "member_id": 7} for number in ids]


class Library:
    """Pages of two loans each, up to a last page. `failing` pages fail as often as it says."""

    def __init__(self, last: int, *, total: bool = True) -> None:
        self.last, self.total = last, total
        self.asked: list[int] = []
        self.open = self.most_open = 0
        self.failing: dict[int, Exception] = {}
        self.late: int | None = None
        """A page whose answer comes after those asked for with it, when the list has one row more."""
        self.totals_by_page: dict[int, int] = {}

    async def send(self, request: Request) -> Response:
        number = int(str(request.query["page"]))
        self.asked.append(number)
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            slow = (
                300 if number == self.late else 90 if number % 2 else 60
            )  # odd pages are slower: they come out of order
            for _ in range(slow):
                await asyncio.sleep(0)
            if wrong := self.failing.pop(number, None):
                raise copy(wrong)  # a run may write on the error it gets
        finally:
            self.open -= 1
        total = 2 * self.last + (number == self.late) if self.total else None
        self.totals_by_page[number] = total or 0
        return page(loans(2 * number, 2 * number + 1), more=number < self.last, total=total)


def stream(
    connector: Connector, send: Any, raw: Json = None, key: str = "list_loans", **how: Any
) -> tuple[Stream, Shelf]:
    """A read of all pages, and what its record was at each commit."""
    shelf = Shelf()
    return Stream(connector, key, raw or {}, line=Line(send), connection="script", keep=shelf.keep, **how), shelf


async def handed_out(parts: AsyncIterator[Any]) -> list[Any]:
    """What a read hands out until it ends, well or not."""
    found: list[Any] = []
    with suppress(ConnectorError):
        async for part in parts:
            found.append(part)
    return found


def chained() -> Connector:
    """A connector whose one list leads from page to page by cursors."""
    row = {"type": "object", "title": "Row", "properties": {"n": {"title": "N", "type": "integer"}}}
    action = declared(
        input={"properties": {"from": {"title": "From", "type": "string"}}},
        output={
            "properties": {
                "rows": {"title": "Rows", "items": row},
                "next": {"title": "Next", "type": "string"},
                "total": {"title": "Total", "type": "integer"},
            }
        },
        paging=Paging(items="/rows", cursor="from", next="/next", total="/total"),
    )
    return housed(replace(action, request=replace(action.request, query=["from"])))
