"""The page of one run: what it did, what has arrived of its events, and what comes next."""

from __future__ import annotations

from functools import partial

from starlette.responses import RedirectResponse, Response

from connector_runtime.events.loop import Loop
from connector_runtime.hosts.http.pages.drawing import HEADERS
from connector_runtime.hosts.http.pages.naming import in_words, labels_of
from connector_runtime.hosts.http.pages.results import as_csv, as_curl, pills
from connector_runtime.hosts.http.pages.sheets import sheets
from connector_runtime.hosts.http.pages.visit import Page, Visit
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.hosts.http.seen import run_of, session_of
from connector_runtime.record import Record
from connector_runtime.run import is_open
from connector_runtime.values import Json


async def run(visit: Visit) -> Response:
    """One run: what it did, and what has arrived of its events."""
    record = _run(visit)
    action = visit.home.connector.declared.get(record["action"])
    listens = False
    asked = "names" in visit.request.query_params
    labels, late = ({}, False) if action is None else await labels_of(visit, action, record, asked=asked)
    if record["events"]:
        listens, events = await visit.home.lookup.look(partial(_joined, record))
        record = {**record, "events": [_awaited(each, listens) for each in events]}
    return visit.page(
        "run.html",
        run=record,
        action=action,
        listens=listens,
        given=[] if action is None else in_words(action, record["input"], labels),
        late=late,
        sheets=[] if action is None else sheets(action, record["input"], record["output"]),
        counts=record.get("counts"),
        pills=[] if action is None else pills(action.output, record["output"]),
        curl=partial(as_curl, platform=record["platform"]),
        open=action is not None and is_open(Record.restored(record)),
        again=record["action"] in visit.home.connector.actions,
        may_run="run" in visit.caller.key.scopes,
    )


def _joined(record: dict[str, Json], loop: Loop) -> tuple[bool, list[dict[str, Json]]]:
    """Whether the first of a run's events would be seen, and which of them have arrived."""
    return loop.listens(record["connection"], record["events"][0]["event"]), loop.arrived(record)


async def table(visit: Visit) -> Response:
    """A table of a run as CSV."""
    record = _run(visit)
    action = visit.home.connector.declared.get(record["action"])
    path = visit.request.query_params.get("path", "")
    shown = [] if action is None else sheets(action, record["input"], record["output"])
    for each in (sheet.table for sheet in shown):
        if each.path == path:
            name = f'attachment; filename="{record["action"]}-{record["run_id"]}.csv"'
            headers = {**HEADERS, "content-disposition": name}
            return Response(as_csv(each), headers=headers, media_type="text/csv; charset=utf-8")
    raise unknown("table in this run")


async def turn(visit: Visit) -> Response:
    """Read another page of a list, the next one or the one before, with what the run before was given."""
    record, posted = _run(visit), await visit.request.form(max_files=0, max_fields=5)
    action = visit.home.connector.actions.get(record["action"])
    shown = [] if action is None else sheets(action, record["input"], record["output"])
    known = {str(page): page for each in shown for page in (each.earlier_page, each.next_page) if page is not None}
    page = known.get(str(posted.get("page", "")))
    if action is None or action.paging is None or action.paging.page is None or action.kind != "read" or page is None:
        raise unknown("such page before or after this one")
    async with visit.home.turn():
        session = await session_of(visit.home, visit.caller, record)
        read = await session.run(action.key, {**record["input"], action.paging.page: page})
    return RedirectResponse(f"/runs/{read.run_id}", 303, HEADERS)


async def resume(visit: Visit) -> Response:
    """Bring a run to its end."""
    record = _run(visit)
    async with visit.home.turn():
        session = await session_of(visit.home, visit.caller, record)
        await session.resume(record["run_id"])
    return RedirectResponse(f"/runs/{record['run_id']}", 303, HEADERS)


def _awaited(event: dict[str, Json], listens: bool) -> dict[str, Json]:
    """An event as it stands; what nobody looks for is not awaited."""
    return event if listens or event["status"] != "expected" else {**event, "status": "not_watched"}


def _run(visit: Visit) -> dict[str, Json]:
    return run_of(visit.home, visit.caller, visit.request.path_params["run_id"])


ROUTES: list[Page] = [
    ("GET", "/runs/{run_id}", "read", run),
    ("GET", "/runs/{run_id}/table.csv", "read", table),
    ("POST", "/runs/{run_id}/next", "run", turn),
    ("POST", "/runs/{run_id}/resume", "run", resume),
]
