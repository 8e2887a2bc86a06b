"""The API's operations on runs: list and search, count, show, resume, and watch one live."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from functools import partial

from starlette.responses import JSONResponse, Response

from connector_runtime.definition import Connector
from connector_runtime.events.loop import Loop
from connector_runtime.hosts.http.actions import answered
from connector_runtime.hosts.http.history import SEARCH, filters, found_in, which_of
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.seen import run_of, session_of
from connector_runtime.hosts.http.shapes import CURSOR, LIMIT, RUN, closed, listing, or_null
from connector_runtime.hosts.http.streamed import live
from connector_runtime.values import Json

LOOK_AGAIN_S = 0.25
"""Between two looks at a run that is watched."""

LONGEST_WATCH_S = 300
"""For how long one is watched; a client then comes again by itself."""

SHOWN = ("run_id", "action", "connection", "status", "effect", "started_at", "duration_s", "recovered", "already")
SUMMARY = closed(
    {
        **{name: {"type": "string"} for name in ("run_id", "action", "connection", "status", "effect", "started_at")},
        "duration_s": {"type": "number"},
        "recovered": {"type": "boolean"},
        "already": {"type": "boolean"},
        "error": or_null({"type": "string"}),
    }
)

COUNTED = ("status", "effect", "number")
COUNT = closed({"status": {"type": "string"}, "effect": {"type": "string"}, "number": {"type": "integer"}})


def operations(connector: Connector) -> Iterator[Operation]:
    """All of them."""
    of_runs = partial(Operation, tag="Runs", scope="read")
    yield of_runs(
        method="GET",
        path="/v1/runs",
        key="list_runs",
        summary="List runs, the latest first.",
        handle=_list,
        query={
            "before": {**CURSOR, "description": "The `next` of the page before."},
            "limit": LIMIT,
            **filters(connector),
            "search": SEARCH,
        },
        answers={200: listing(SUMMARY)},
        description="A search looks at 10,000 runs at most; `next` says where it goes on, even where none was found.",
    )
    yield of_runs(
        method="GET",
        path="/v1/runs/counts",
        key="count_runs",
        summary="Count runs by their status and effect.",
        handle=_count,
        query=filters(connector),
        answers={200: closed({"items": {"type": "array", "items": COUNT}})},
    )
    yield of_runs(
        method="GET",
        path="/v1/runs/{run_id}",
        key="show_run",
        summary="Show a run's record, and which of its events have arrived.",
        handle=_show,
        answers={200: RUN},
    )
    yield of_runs(
        method="GET",
        path="/v1/runs/{run_id}/live",
        key="watch_run",
        summary="Watch a run: server-sent events with its record, each time that it changes.",
        handle=_live,
        answers={200: "text/event-stream"},
    )
    yield Operation(
        method="POST",
        path="/v1/runs/{run_id}/resume",
        key="resume_run",
        summary="Bring a run to its end whose process ended before it, or whose outcome nobody knew.",
        scope="run",
        handle=_resume,
        body=closed({}),
        answers={200: RUN},
        tag="Runs",
    )


async def _list(asked: Asked) -> Response:
    query, which = asked.query, which_of(asked.query, asked.caller)
    text, before, limit = query.get("search", "").strip(), query.get("before"), query["limit"]
    found = await asked.home.lookup.look(lambda loop: found_in(loop.runs, which, text, before, limit))
    items = [{**{name: each[name] for name in SHOWN}, "error": _code(each)} for each in found.runs]
    return JSONResponse({"items": items, "next": found.next})


async def _count(asked: Asked) -> Response:
    which = which_of(asked.query, asked.caller)
    counted = await asked.home.lookup.look(lambda loop: loop.runs.count(**which))
    return JSONResponse({"items": [dict(zip(COUNTED, each, strict=True)) for each in counted]})


async def _show(asked: Asked) -> Response:
    return JSONResponse(await _arrived(asked, _own(asked)))


async def _resume(asked: Asked) -> Response:
    record = _own(asked)
    async with asked.home.turn():
        session = await session_of(asked.home, asked.caller, record)
        return answered(await session.resume(record["run_id"]))


async def _live(asked: Asked) -> Response:
    return live(asked.home, _changes(asked, _own(asked)))


async def _changes(asked: Asked, record: dict[str, Json]) -> AsyncIterator[str]:
    """The record whenever it is another one, until it is closed and its events have been seen or are missing."""
    loop, said = asyncio.get_running_loop(), ""
    until = loop.time() + LONGEST_WATCH_S
    while loop.time() < until and asked.is_let_in and not asked.home.stopping.is_set():
        whole = await _arrived(asked, record)
        if (text := json.dumps(whole)) != said:
            said = text
            yield f"event: run\ndata: {text}\n\n"
        if whole["status"] != "running" and all(event["status"] != "expected" for event in whole["events"]):
            yield "event: end\ndata: {}\n\n"
            return
        await asyncio.sleep(LOOK_AGAIN_S)
        record = _own(asked)


def _own(asked: Asked) -> dict[str, Json]:
    """The run that is asked for, if the key is for its connection and its action."""
    return run_of(asked.home, asked.caller, asked.path["run_id"])


async def _arrived(asked: Asked, record: dict[str, Json]) -> dict[str, Json]:
    """The record with what has arrived of its events, where anything is let in."""
    if not record["events"] or record["status"] != "succeeded":
        return record

    def joined(loop: Loop) -> dict[str, Json]:
        return {**record, "events": loop.arrived(record)} if loop.listens(record["connection"]) else record

    return await asked.home.lookup.look(joined)


def _code(record: dict[str, Json]) -> str | None:
    return None if record["error"] is None else str(record["error"]["code"])
