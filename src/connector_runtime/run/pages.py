"""A read of many pages as one run: page after page, in constant memory, with one record at the end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing

from connector_runtime.definition import Connector
from connector_runtime.definition.grammar import Paging
from connector_runtime.errors import InvalidInput, NoProgress, UnexpectedOutput
from connector_runtime.inputs import as_given, check_inputs
from connector_runtime.outputs import MAX_WARNINGS
from connector_runtime.record import Keep, Record
from connector_runtime.run.corridor import one_page, recorded
from connector_runtime.schema import field_at
from connector_runtime.values import Json, Problem, Send, at

KEPT_REQUESTS = 10
"""A streamed run's record keeps its first and its latest requests, half each."""


class Stream:
    """The pages of a read. Iterate `pages` or `rows` to the end, then look at `record`.

    Pages are as large as the platform allows, unless the input says otherwise.
    """

    def __init__(self, connector: Connector, key: str, raw: Json, *, send: Send, connection: str, keep: Keep) -> None:
        self.record: Record | None = None
        self._connector, self._action, self._raw = connector, connector.action(key), raw
        self._send, self._connection, self._keep = send, connection, keep
        self._reading: AsyncGenerator[Json] | None = None

    async def rows(self) -> AsyncGenerator[Json]:
        """Every row, in the platform's order."""
        async with aclosing(self.pages()) as pages:
            async for page in pages:
                for row in at(page, self._paging().items) or []:
                    yield row

    def pages(self) -> AsyncGenerator[Json]:
        """Every page's documented output. A failure ends the iteration, and `record` tells it."""
        self._reading = self._pages()
        return self._reading

    async def close(self) -> None:
        """End the reading and close the record, for a reader that stops before the end."""
        if self._reading is not None:
            await self._reading.aclose()

    async def _pages(self) -> AsyncGenerator[Json]:
        action, progress = self._action, Progress()
        given = as_given(self._raw)
        with recorded(self._connector, action, given, self._connection, self._keep) as record:
            self.record = record
            paging = self._paging()
            inputs = check_inputs(action, self._connector.handler(action), given)
            if largest := field_at(action.input, [paging.size]).get("maximum"):
                inputs = {paging.size: largest, **inputs}
            number, more = inputs.get(paging.page, 1), True
            while more:
                turned = {**inputs, paging.page: number}
                output = await one_page(self._connector, action, turned, record, self._send, self._keep)
                if (more := at(output, paging.more)) is None:
                    raise UnexpectedOutput("the page does not say whether there are more", pointer=paging.more)
                progress.check(at(output, paging.items) or [], more, at(output, paging.total))
                record.counts = {"pages": progress.pages, "records": progress.rows}
                del record.requests[KEPT_REQUESTS // 2 : -KEPT_REQUESTS // 2]
                del record.warnings[MAX_WARNINGS:]
                await asyncio.sleep(0)  # where nothing else waits, this is where an interrupt gets in
                try:
                    yield output
                except GeneratorExit:
                    record.warnings.append({"pointer": "", "message": "the reader stopped before the end"})
                    raise
                number += 1
            if progress.short:
                record.warnings.append({"pointer": paging.items, "message": progress.short})

    def _paging(self) -> Paging:
        if self._action.paging is None:
            raise InvalidInput([Problem("", f"{self._action.title} answers in one piece: it has no pages to follow")])
        return self._action.paging


class Progress:
    """A guard against pages that repeat themselves or never end. It keeps one number per page."""

    def __init__(self) -> None:
        self.pages = 0
        self.rows = 0
        self.short = ""
        """Said when the pages have ended before the total."""
        self._seen: set[int] = set()
        self._total = 0

    def check(self, rows: list[Json], more: bool, total: int | None) -> None:
        """Raise NoProgress when this page shows that the sequence will not end well."""
        fingerprint = hash(json.dumps(rows))
        if rows and fingerprint in self._seen:
            raise NoProgress(f"page {self.pages + 1} repeats the rows of an earlier page", code="same_rows")
        if more and not rows:
            raise NoProgress(f"page {self.pages + 1} is empty, yet says that there is more", code="empty_page")
        if total is not None and total < self._total:
            raise NoProgress(f"the total fell from {self._total} to {total} between two pages", code="shrinking_total")
        self._seen.add(fingerprint)
        self._total = total or self._total
        self.pages += 1
        self.rows += len(rows)
        self.short = f"the pages ended after {self.rows} of {total} rows" if total and self.rows < total else ""
