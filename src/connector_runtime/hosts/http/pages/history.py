"""The page of what was run: the history, searched and page by page."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlencode

from starlette.responses import Response

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.http.history import SEARCH, Found, filters, found_in, which_of
from connector_runtime.hosts.http.operation import validator
from connector_runtime.hosts.http.pages.charts import outcomes
from connector_runtime.hosts.http.pages.results import in_short
from connector_runtime.hosts.http.pages.site import Page, Visit
from connector_runtime.hosts.http.reading import check
from connector_runtime.hosts.http.seen import connections_of
from connector_runtime.record import Record
from connector_runtime.run import is_open
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
        found = found_in(visit.home.runs, which, chosen.get("search", ""), begin, PAGE)
        for status, _, number in visit.home.runs.count(**which):
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


ROUTES: list[Page] = [
    ("GET", "/runs", "read", runs),
]
