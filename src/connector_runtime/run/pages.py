"""A read of many pages as one run: read ahead, handed out in order, in constant memory, with one record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TypeAlias

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput, NoProgress
from connector_runtime.inputs import as_given, check_inputs
from connector_runtime.outputs import Answer
from connector_runtime.record import Keep, Record, may_show, without_secrets
from connector_runtime.run.ahead import in_order
from connector_runtime.run.asking import Asking
from connector_runtime.run.attempts import NO_RETRIES, Retries
from connector_runtime.run.corridor import begun, documented, recorded
from connector_runtime.run.course import Course
from connector_runtime.run.forms import Forms
from connector_runtime.run.gate import CLOSED, Gate
from connector_runtime.run.progress import Estimate, Page, Place
from connector_runtime.run.settling import settle_for
from connector_runtime.values import Json, json_lines

IN_FLIGHT = 8
"""Pages asked for at once: at 50 ms each that makes 160 a second, over a handful of connections."""

MOST_IN_FLIGHT = 32
"""As many as the transport opens connections."""

Came: TypeAlias = tuple[Json, list[dict[str, str]]]
"""What a handler returned for one page, yet to be read, and its warnings."""

KEPT_EVERY_S = 1.0
"""How often the record of a long read is committed, with its bookmark."""


class Stream:
    """A read of all pages. Iterate `rows`, `lines` or `pages`, once. What ends the read early is raised there, a
    ConnectorError, when all that came before has been handed out; `record` tells the same.

    Pages are as large as the platform allows, unless the input says otherwise. While one is read, the next are on
    their way: where pages have numbers, two at first and soon `in_flight`, as far as the total promises them; else the
    one that is known to follow. `after` is the bookmark of an earlier read of the same list: this one goes on there.
    """

    def __init__(
        self,
        connector: Connector,
        key: str,
        raw: Json,
        *,
        line: Line,
        connection: str,
        platform: str = "",
        keep: Keep,
        gate: Gate = CLOSED,
        in_flight: int = IN_FLIGHT,
        after: Json = None,
        retries: Retries = NO_RETRIES,
        forms: Forms | None = None,
    ) -> None:
        """Raises InvalidInput for an action that is not there, ValueError for a number of pages that is none."""
        if in_flight not in range(1, MOST_IN_FLIGHT + 1):
            raise ValueError(f"in_flight is a whole number from 1 to {MOST_IN_FLIGHT}, not {in_flight!r}")
        self.record: Record | None = None
        self.estimate: Estimate | None = None
        """What there is to read, known once the first page has come, if that says so."""
        self._connector, self._action, self._raw = connector, connector.action(key), raw
        self._line, self._keep, self._gate = line, keep, gate
        self._connection, self._platform = connection, platform
        self._in_flight, self._after, self._retries, self._forms = in_flight, after, retries, forms
        self._reading: AsyncGenerator[Page] | None = None
        self._closing: asyncio.Task[None] | None = None
        """One for all who close: an iteration that is dropped is closed by the event loop, at a time of its own."""
        self._row = 0
        """How many rows of the page at hand its reader has done with."""

    @property
    def bookmark(self) -> Json:
        """Where to go on: with the row, or the page, that its reader has in hand, since only asking for more says that
        it is done. None at the list's end, and before the first page has come.

        The record holds it too; that of a long read is committed about once a second.
        """
        mark = self.record.bookmark if self.record is not None else None
        return mark if mark is None or self.ended else {**mark, "row": self._row}

    @property
    def ended(self) -> bool:
        """Whether its reading is over, well or not; its record is then closed."""
        return self.record is not None and self.record.status != "running"

    async def rows(self) -> AsyncGenerator[Json]:
        """Every row, in the platform's order."""
        async with self._opened() as pages:
            async for page in pages:
                done = self._row
                for self._row, row in enumerate(page.rows[done:], done):
                    yield row

    async def lines(self) -> AsyncGenerator[bytes]:
        """The rows as JSON lines in UTF-8, a page at a time, ready for a file or a socket."""
        async with self._opened() as pages:
            async for page in pages:
                yield json_lines(page.rows[self._row :])

    async def pages(self) -> AsyncGenerator[Json]:
        """Every page's documented output, whole."""
        async with self._opened() as pages:
            async for page in pages:
                yield page.output

    async def close(self) -> None:
        """End the reading and close the record, for a reader that stops before the end. May be called by several."""
        if self._reading is None:
            return
        if self._closing is None:
            self._closing = asyncio.create_task(self._reading.aclose())
        await asyncio.shield(self._closing)

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[AsyncGenerator[Page]]:
        self._reading, self._closing = self._read(), None
        try:
            yield self._reading
        finally:
            await self.close()
        if self.record is not None:
            self.record.raise_if_failed()

    async def _read(self) -> AsyncGenerator[Page]:
        given = as_given(self._raw)
        with recorded(self._connector, self._action, self._begun(given), self._keep) as record:
            self.record = record
            record.warnings += self._gate.check(self._action, self._connection)
            whole = await settle_for(self._forms, self._action, given, record)
            inputs = check_inputs(self._action, self._connector.handler(self._action), whole.given, whole.problems)
            course = Course(self._action, inputs, record, self._after)
            self._row, kept_at = course.begin.row, time.monotonic()
            ahead = in_order(course.begin.place, partial(self._fetch, course), partial(self._turn, course))
            try:
                async with aclosing(ahead) as pages:
                    async for page in pages:
                        course.reading(page, self._row)
                        if time.monotonic() - kept_at >= KEPT_EVERY_S:
                            course.note()
                            self._keep(record)
                            kept_at = time.monotonic()
                        try:
                            yield page
                        except GeneratorExit:
                            course.stop(page, self._row)
                            raise
                        self._row = 0
                        course.done()
                course.end()
            except NoProgress:
                record.bookmark = None  # it would only lead there again
                raise
            finally:
                course.note()

    def _begun(self, given: dict[str, Json] | InvalidInput) -> Record:
        return begun(self._connector, self._action, given, self._connection, platform=self._platform)

    async def _fetch(self, course: Course, place: Place) -> Came:
        warnings: list[dict[str, str]] = []
        asking = Asking(
            self._connector,
            self._action,
            course.inputs_at(place),
            course.record,
            line=self._line,
            keep=self._keep,
            retries=self._retries,
            warnings=warnings,
            notes=course.asking(place),
        )
        answer = await asking.answer()
        return answer, warnings

    def _turn(self, course: Course, place: Place, came: Came) -> tuple[Page, list[Place]]:
        answer, warnings = came
        output = documented(self._connector, self._action, course.inputs_at(place), answer, warnings)
        page = Page.of(course.paging, place, output, warnings)
        course.turn(page)
        self.estimate = self.estimate or course.estimate(page)
        return _discreet(page, course, answer), course.ahead(self._in_flight)


def _discreet(page: Page, course: Course, answer: Json) -> Page:
    """The page as it is handed out: without the secrets that the platform repeats in it."""
    secrets = course.record.secrets
    text = answer.response.content if isinstance(answer, Answer) else json_lines([page.output])
    if not may_show(text, secrets):
        return page
    return Page.of(course.paging, page.place, without_secrets(page.output, secrets), page.warnings)
