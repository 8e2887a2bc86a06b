"""Pages on what was run: the history, searched and page by page, and one run."""

from __future__ import annotations

from collections import Counter
from functools import partial
from urllib.parse import urlencode

from starlette.responses import RedirectResponse, Response

from connector_runtime.errors import InvalidInput
from connector_runtime.events.loop import Loop
from connector_runtime.hosts.http.history import SEARCH, Found, filters, found_in, which_of
from connector_runtime.hosts.http.operation import validator
from connector_runtime.hosts.http.pages.charts import outcomes
from connector_runtime.hosts.http.pages.results import as_csv, as_curl, in_short, pills, sheets
from connector_runtime.hosts.http.pages.site import HEADERS, Page, Visit
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.hosts.http.reading import check
from connector_runtime.hosts.http.seen import connections_of, run_of
from connector_runtime.record import Record
from connector_runtime.run import is_open
from connector_runtime.store import Which
from connector_runtime.values import Json

PAGE = 50
"""Runs on a page."""

HOST: Json = {"enum": ["too"], "description": "Whether what the host did by itself is shown too."}

LABELS = {"since": "From day", "until": "To day"}
"""What the page calls them."""

LONGEST_GIVEN = 30
"""Characters of a value that was filled in."""


async def runs(visit: Visit) -> Response:
    """The runs, the latest first, as far as they are looked for."""
    connector, query = visit.home.connector, visit.request.query_params
    known = {**filters(connector), "search": SEARCH, "host": HOST}
    chosen = {name: text for name in known if (text := query.get(name, "").strip())}
    before = query.get("before", "")
    begin = int(before) if before.isdecimal() and len(before) < 19 else None
    wrong: list[str] = []
    found, counted = Found([], None), Counter[str]()
    try:
        check(validator({"type": "object", "properties": known}), chosen)
        which = which_of(chosen, visit.caller)
        if not chosen.get("host"):
            which["without"] = connector.operations
        asking = partial(_found, which, chosen.get("search", ""), begin)
        found, numbers = await visit.home.lookup.look(asking)
        for status, _, number in numbers:
            counted[status] += number
    except InvalidInput as refused:
        wrong = [f"{LABELS.get(each.field, each.title)}: {each.message}" for each in refused.problems]
    return visit.page(
        "runs.html",
        422 if wrong else 200,
        runs=[_line(record) for record in found.runs],
        found=found,
        begin=begin,
        chosen={name: chosen.get(name, "") for name in known},
        narrowed=bool(chosen),
        earlier=f"/runs?{urlencode({**chosen, 'before': found.next})}" if found.next else None,
        latest=f"/runs?{urlencode(chosen)}",
        titled=[(each.key, each.title) for each in connector.actions.values()],
        named=[(each["name"], each["name"]) for each in connections_of(visit.home, visit.caller)],
        again=set(connector.actions),
        may_run="run" in visit.caller.key.scopes,
        titles={each.key: each.title for each in connector.declared.values()},
        chart=outcomes(counted),
        wrong=wrong,
    )


def _found(which: Which, text: str, begin: int | None, loop: Loop) -> tuple[Found, list[tuple[str, str, int]]]:
    return found_in(loop.runs, which, text, begin, PAGE), loop.runs.count(**which)


def _line(record: dict[str, Json]) -> dict[str, Json]:
    """A run as the history shows it: with what it was given in short, and whether it can be brought to its end."""
    given = record["input"] if isinstance(record["input"], dict) else {}
    return {
        **record,
        "given": [(name, in_short(value, LONGEST_GIVEN)) for name, value in given.items()],
        "open": _is_open(record),
    }


def _is_open(record: dict[str, Json]) -> bool:
    return is_open(Record.restored(record))


async def run(visit: Visit) -> Response:
    """One run: what it did, and what has arrived of its events."""
    record = _run(visit)
    action = visit.home.connector.declared[record["action"]]
    listens = False
    if record["events"]:
        listens, events = await visit.home.lookup.look(partial(_joined, record))
        record = {**record, "events": events}
    return visit.page(
        "run.html",
        run=record,
        action=action,
        listens=listens,
        sheets=sheets(action, record["input"], record["output"]),
        counts=record.get("counts"),
        pills=pills(action.output, record["output"]),
        curl=partial(as_curl, platform=record["platform"]),
        open=_is_open(record),
        again=action.key in visit.home.connector.actions,
        may_run="run" in visit.caller.key.scopes,
    )


def _joined(record: dict[str, Json], loop: Loop) -> tuple[bool, list[dict[str, Json]]]:
    """Whether the first of a run's events would be seen, and which of them have arrived."""
    return loop.listens(record["connection"], record["events"][0]["event"]), loop.arrived(record)


async def table(visit: Visit) -> Response:
    """A table of a run as CSV."""
    record = _run(visit)
    action = visit.home.connector.declared[record["action"]]
    path = visit.request.query_params.get("path", "")
    for each in (sheet.table for sheet in sheets(action, record["input"], record["output"])):
        if each.path == path:
            name = f'attachment; filename="{record["action"]}-{record["run_id"]}.csv"'
            headers = {**HEADERS, "content-disposition": name}
            return Response(as_csv(each), headers=headers, media_type="text/csv; charset=utf-8")
    raise unknown("table in this run")


async def turn(visit: Visit) -> Response:
    """Read the next page of a list, with what the run before was given."""
    record = _run(visit)
    action = visit.home.connector.actions.get(record["action"])
    shown = [] if action is None else sheets(action, record["input"], record["output"])
    page = next((each.next_page for each in shown if each.next_page), None)
    if action is None or action.paging is None or action.paging.page is None or action.kind != "read" or page is None:
        raise unknown("page after this one")
    async with visit.home.turn():
        session = await visit.home.session(record["connection"])
        read = await session.run(action.key, {**record["input"], action.paging.page: page})
    return RedirectResponse(f"/runs/{read.run_id}", 303, HEADERS)


async def resume(visit: Visit) -> Response:
    """Bring a run to its end."""
    record = _run(visit)
    async with visit.home.turn():
        session = await visit.home.session(record["connection"])
        await session.resume(record["run_id"])
    return RedirectResponse(f"/runs/{record['run_id']}", 303, HEADERS)


def _run(visit: Visit) -> dict[str, Json]:
    return run_of(visit.home, visit.caller, visit.request.path_params["run_id"])


ROUTES: list[Page] = [
    ("GET", "/runs", "read", runs),
    ("GET", "/runs/{run_id}", "read", run),
    ("GET", "/runs/{run_id}/table.csv", "read", table),
    ("POST", "/runs/{run_id}/next", "run", turn),
    ("POST", "/runs/{run_id}/resume", "run", resume),
]
