"""The page of what was run: the history, searched and page by page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from urllib.parse import urlencode

from starlette.responses import Response

from connector_runtime.errors import InvalidInput
from connector_runtime.events.loop import Loop
from connector_runtime.hosts.http.history import SEARCH, Found, filters, found_in, which_of
from connector_runtime.hosts.http.operation import validator
from connector_runtime.hosts.http.pages.charts import outcomes
from connector_runtime.hosts.http.pages.results import in_short
from connector_runtime.hosts.http.pages.visit import Page, Visit
from connector_runtime.hosts.http.reading import check
from connector_runtime.hosts.http.seen import connections_of
from connector_runtime.record import Record
from connector_runtime.run import is_open
from connector_runtime.store import Which
from connector_runtime.values import Json, pointer_to

PAGE = 50
"""Runs on a page."""

HOST: Json = {"enum": ["too"], "description": "Whether what the host did by itself is shown too."}

LABELS = {"since": "From day", "until": "To day"}
"""What the page calls them."""

LONGEST_GIVEN = 40
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
        runs=[_line(visit, record) for record in found.runs],
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


def _line(visit: Visit, record: dict[str, Json]) -> dict[str, Json]:
    """A run as the history shows it: with what it was given in short, by name where that is known, and whether it can
    be brought to its end.
    """
    given = record["input"] if isinstance(record["input"], dict) else {}
    action = visit.home.connector.declared.get(record["action"])
    labels: Mapping[str, str] = {}
    if action is not None:
        labels, _ = visit.means.names.known(visit.caller.tenant, visit.home.connector, action, record)
    return {
        **record,
        "given": [(name, labels.get(pointer_to([name])) or _in_short(name, given[name], labels)) for name in given],
        "open": _is_open(record),
    }


def _in_short(name: str, value: Json, labels: Mapping[str, str]) -> str:
    """A value that was filled in; of a list, the names that are known."""
    known = [label for pointer, label in labels.items() if pointer.startswith(f"{pointer_to([name])}/")]
    return in_short(", ".join(known) if known and isinstance(value, list) else value, LONGEST_GIVEN)


def _is_open(record: dict[str, Json]) -> bool:
    return is_open(Record.restored(record))


ROUTES: list[Page] = [
    ("GET", "/runs", "read", runs),
]
