"""A read of many pages as one run: page after page, in constant memory, with one record at the end."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

from connector_runtime.definition import Connector
from connector_runtime.definition.grammar import Paging
from connector_runtime.errors import InvalidInput, NoProgress
from connector_runtime.inputs import check_inputs
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

    async def rows(self) -> AsyncIterator[Json]:
        """Every row, in the platform's order."""
        async for page in self.pages():
            for row in at(page, self._paging().items) or []:
                yield row

    async def pages(self) -> AsyncIterator[Json]:
        """Every page's documented output. A failure ends the iteration, and `record` tells it."""
        action, progress = self._action, Progress()
        with recorded(self._connector, action, self._raw, self._connection, self._keep) as record:
            self.record = record
            paging = self._paging()
            inputs = check_inputs(action, self._connector.handler(action), self._raw)
            if largest := field_at(action.input, [paging.size]).get("maximum"):
                inputs = {paging.size: largest, **inputs}
            number, more = inputs.get(paging.page, 1), True
            while more:
                turned = {**inputs, paging.page: number}
                output = await one_page(self._connector, action, turned, record, self._send, self._keep)
                more = bool(at(output, paging.more))
                progress.check(at(output, paging.items) or [], more, at(output, paging.total))
                record.counts = {"pages": progress.pages, "records": progress.rows}
                del record.requests[KEPT_REQUESTS // 2 : -KEPT_REQUESTS // 2]
                del record.warnings[MAX_WARNINGS:]
                yield output
                number += 1

    def _paging(self) -> Paging:
        if self._action.paging is None:
            raise InvalidInput([Problem("", f"{self._action.title} answers in one piece: it has no pages to follow")])
        return self._action.paging


class Progress:
    """A guard against pages that repeat themselves or never end. It keeps one number per page."""

    def __init__(self) -> None:
        self.pages = 0
        self.rows = 0
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
