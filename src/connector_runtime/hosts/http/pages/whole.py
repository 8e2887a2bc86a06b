"""All rows of a list as CSV, page by page from the platform as they are handed on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import ExitStack, aclosing
from typing import Any

from starlette.responses import Response

from connector_runtime.definition import Action
from connector_runtime.errors import ConnectorError, NotNow
from connector_runtime.hosts.http.pages.drawing import HEADERS
from connector_runtime.hosts.http.pages.results import Table, as_csv, row_as_csv, tables
from connector_runtime.hosts.http.pages.visit import Page, Visit
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.hosts.http.seen import run_of, session_of
from connector_runtime.hosts.http.streamed import Streamed
from connector_runtime.run import IN_FLIGHT
from connector_runtime.run.pages import Stream
from connector_runtime.values import Json

CUT_OFF = "NOT ALL ROWS: the list was cut off here ({}). Run {} in the history says more."


async def whole(visit: Visit) -> Response:
    """Every row of all pages of a list that a run has read a page of, in a run of its own."""
    record = run_of(visit.home, visit.caller, visit.request.path_params["run_id"])
    action = visit.home.connector.actions.get(record["action"])
    if action is None or action.paging is None or action.kind != "read" or not isinstance(record["input"], dict):
        raise unknown("list in this run")
    paging = action.paging
    given = {
        name: value for name, value in record["input"].items() if name not in (paging.page, paging.size, paging.cursor)
    }
    with ExitStack() as place:
        place.enter_context(visit.home.place())
        session = await session_of(visit.home, visit.caller, record)
        stream = session.stream(action.key, given, in_flight=IN_FLIGHT)
        pages = stream.pages()
        first = await anext(pages, None)  # what is wrong from the start is a page, and no list
        run_id = stream.record.run_id if stream.record else ""
        name = f'attachment; filename="{action.key}-{run_id}.csv"'
        headers = {**HEADERS, "content-disposition": name, "run-id": run_id}
        lines = _lines(visit, action, stream, first, pages)
        return Streamed(lines, place.pop_all(), media_type="text/csv; charset=utf-8", headers=headers)


async def _lines(visit: Visit, action: Action, stream: Stream, first: Json, rest: Any) -> AsyncIterator[str]:
    """A list that cannot be read to its end says so in its last line, and breaks off: it shall not look whole."""
    try:
        yield as_csv(_table(action, first))
        async with aclosing(rest) as pages:
            async for page in pages:
                yield as_csv(_table(action, page), titled=False)
                if visit.home.stopping.is_set() and not stream.ended:
                    raise NotNow("the host was told to stop")
                if not stream.ended and not visit.is_let_in:
                    raise NotNow("the browser has signed out, or its key has ended")
    except ConnectorError as wrong:
        assert stream.record is not None
        yield row_as_csv([CUT_OFF.format(wrong.message.rstrip("."), stream.record.run_id)])
        raise
    finally:
        await stream.close()


def _table(action: Action, output: Json) -> Table:
    assert action.paging is not None
    return next(each for each in tables(action.output, output) if each.path == action.paging.items)


ROUTES: list[Page] = [("POST", "/runs/{run_id}/rows.csv", "run", whole)]
