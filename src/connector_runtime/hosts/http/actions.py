"""The API's operations on actions: list, describe, plan, run, read all rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from functools import partial
from hashlib import blake2b

from starlette.responses import JSONResponse, Response

from connector_runtime.definition import Action, Connector
from connector_runtime.errors import NotNow
from connector_runtime.exports.listing import action_document
from connector_runtime.hosts.http.observed.current import note
from connector_runtime.hosts.http.operation import Asked, Operation
from connector_runtime.hosts.http.problems import problem
from connector_runtime.hosts.http.seen import check_there
from connector_runtime.hosts.http.shapes import CONNECTION, CURSOR, IF_ALREADY, INPUT, OBJECT, RUN, closed, or_null
from connector_runtime.hosts.http.streamed import Streamed
from connector_runtime.record import Record
from connector_runtime.run import IN_FLIGHT, Retries
from connector_runtime.run.offered import needs_of
from connector_runtime.run.pages import Stream
from connector_runtime.values import Json, json_text

DEADLINE_S = 60
LONGEST_DEADLINE_S = 300

RUN_BODY = closed(
    {
        "input": INPUT,
        "connection": CONNECTION,
        "if_already": IF_ALREADY,
        "because_of": {**or_null(CURSOR), "description": "The cursor of the event that starts it."},
        "deadline_s": {
            "type": "number",
            "minimum": 0,
            "maximum": LONGEST_DEADLINE_S,
            "default": DEADLINE_S,
            "description": "For how long a busy or failing platform is tried again.",
        },
    },
    ["input"],
)
PLAN_BODY = closed({"input": INPUT, "connection": CONNECTION}, ["input"])
ROWS_BODY = closed({"input": INPUT, "connection": CONNECTION, "after": or_null(OBJECT)}, ["input"])
CHOICES_BODY = closed(
    {
        "field": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Its name, or a JSON pointer."},
        "given": INPUT,
        "search": {"type": "string", "maxLength": 200, "default": ""},
        "page": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 1},
        "connection": CONNECTION,
    },
    ["field"],
)
REPLAYED = "idempotency-replayed"
"""The header of an answer that tells of a run that had been done before."""

KEY: Json = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "description": "The same request with the same key is carried out once, by whichever instance it reaches. An "
    "answer that tells of the run of an earlier request has the header `idempotency-replayed: true`.",
}


def operations(connector: Connector) -> Iterator[Operation]:
    """Those of a connector's actions."""
    yield Operation(
        method="GET",
        path="/v1/actions",
        key="list_actions",
        summary="List what can be done.",
        scope="read",
        handle=_list,
        answers={200: closed({"items": {"type": "array", "items": OBJECT}})},
        tag="Actions",
        headers={"If-None-Match": {"type": "string"}},
    )
    for action in connector.actions.values():
        yield from _operations(connector, action)


def _operations(connector: Connector, action: Action) -> Iterator[Operation]:
    path, key = f"/v1/actions/{action.key}", action.key
    example = {"input": connector.case(key, action.samples[0]).given}
    yield Operation(
        method="GET",
        path=path,
        key=f"describe_{key}",
        summary=f"Describe: {action.title}",
        scope="read",
        handle=partial(_describe, action),
        answers={200: OBJECT},
        tag=action.title,
        headers={"If-None-Match": {"type": "string"}},
    )
    yield Operation(
        method="POST",
        path=f"{path}/plan",
        key=f"plan_{key}",
        summary=f"Plan: {action.title}",
        description="What a run would send, change and cause. Sends no change.",
        scope="run",
        handle=partial(_plan, action),
        looks=True,
        body=PLAN_BODY,
        input=action.input,
        example=example,
        answers={200: OBJECT},
        tag=action.title,
    )
    yield Operation(
        method="POST",
        path=f"{path}/choices",
        key=f"choices_{key}",
        summary=f"Choices of a field: {action.title}",
        description="What a field's value can be picked from, by words; with what was filled in before, which a list "
        "may need. Where the platform refuses the list, the value can still be typed.",
        scope="read",
        handle=partial(_choices, action),
        looks=True,
        body=CHOICES_BODY,
        example=_choosing(connector, action, example["input"]),
        answers={200: closed({"items": {"type": "array", "items": OBJECT}, "more": {"type": "boolean"}, "note": {}})},
        tag=action.title,
    )
    yield Operation(
        method="POST",
        path=f"{path}/run",
        key=f"run_{key}",
        summary=action.title,
        description=action.description or action.summary,
        scope="run",
        handle=partial(_run, action),
        body=RUN_BODY,
        input=action.input,
        example=example,
        answers={200: {**RUN, "properties": {**RUN["properties"], "output": or_null(nullable(action.output))}}},
        headers={"Idempotency-Key": KEY},
        tag=action.title,
    )
    if action.paging is not None:
        yield Operation(
            method="POST",
            path=f"{path}/rows",
            key=f"rows_{key}",
            summary=f"All rows: {action.title}",
            description="Every row of all pages as JSON lines. The header run-id names the run; a list that could not "
            "be read to its end is cut off, and the run says why and where to go on.",
            scope="run",
            handle=partial(_rows, action),
            body=ROWS_BODY,
            input=action.input,
            example=example,
            answers={200: "application/jsonl"},
            tag=action.title,
        )


def _choosing(connector: Connector, action: Action, given: Json) -> Json:
    """A body that asks for choices: of the first field with a list of the platform, or of what is chosen before it."""
    for name, schema in action.input["properties"].items():
        if "x-pick-list" in schema:
            before = [need for need in needs_of(connector, action, name) if need not in given]
            return {"field": [*before, name][0], "given": given}
    return None


def nullable(schema: Json) -> Json:
    """An output's schema as answers hold to it: each documented field is there, and any may be null. What is documented
    as an Integer may come as another number: a score of 87.5 is kept.
    """
    if "properties" in schema:
        inner = {name: or_null(nullable(child)) for name, child in schema["properties"].items()}
        return {**schema, "properties": inner, "required": list(inner)}
    if "items" in schema:
        return {**schema, "items": or_null(nullable(schema["items"]))}
    known = {name: part for name, part in schema.items() if name not in ("format", "minimum", "maximum", "oneOf")}
    return known | {"type": "number"} if known.get("type") == "integer" else known


async def _list(asked: Asked) -> Response:
    known = [
        {name: getattr(action, name) for name in ("key", "title", "action_name", "summary", "kind")}
        for action in asked.home.connector.actions.values()
        if asked.caller.key.actions is None or action.key in asked.caller.key.actions
    ]
    return tagged(asked, {"items": known})


async def _describe(action: Action, asked: Asked) -> Response:
    asked.caller.check_action(action.key)
    return tagged(asked, action_document(action))


def tagged(asked: Asked, document: Json) -> Response:
    """A document that seldom changes: whoever has it already is told so."""
    content = json_text(document).encode()
    etag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    known = [each.strip().removeprefix("W/") for each in asked.request.headers.get("if-none-match", "").split(",")]
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


async def _plan(action: Action, asked: Asked) -> Response:
    asked.caller.check_action(action.key)
    async with asked.home.turn():
        session = await asked.home.session(_connection(asked))
        plan = await session.plan(action.key, asked.body["input"])
    return JSONResponse(plan.document())


async def _choices(action: Action, asked: Asked) -> Response:
    asked.caller.check_action(action.key)
    body = asked.body
    async with asked.home.turn():
        session = await asked.home.session(_connection(asked))
        found = await session.choices(
            action.key,
            body["field"],
            body.get("given", {}),
            search=body.get("search", ""),
            page=body.get("page", 1),
        )
    return JSONResponse(found.document())


async def _run(action: Action, asked: Asked) -> Response:
    asked.caller.check_action(action.key)
    retries = Retries(deadline_s=asked.body.get("deadline_s", DEADLINE_S))
    async with asked.home.turn():
        session = await asked.home.session(_connection(asked))
        record = await session.run(
            action.key,
            asked.body["input"],
            key=asked.request.headers.get("idempotency-key"),
            if_already=asked.body.get("if_already"),
            because_of=asked.body.get("because_of"),
            retries=retries,
        )
    asked.say(record.run_id)
    answer = answered(record)
    if record.replayed:
        answer.headers[REPLAYED] = "true"
    return answer


def answered(record: Record) -> Response:
    """A run's record; where it failed, the problem, with the record in it."""
    note(run_id=record.run_id)  # also of one that was done before
    document = record.document()
    if record.failure is not None:
        return problem(record.failure, {"run": document})
    return Response(json_text(document), media_type="application/json")


async def _rows(action: Action, asked: Asked) -> Response:
    asked.caller.check_action(action.key)
    with ExitStack() as place:
        place.enter_context(asked.home.place())
        session = await asked.home.session(_connection(asked))
        stream = session.stream(action.key, asked.body["input"], in_flight=IN_FLIGHT, after=asked.body.get("after"))
        lines = stream.lines()
        first = await anext(lines, b"")  # what is wrong from the start is a problem, and no list
        headers = {"run-id": stream.record.run_id if stream.record else ""}
        asked.say(headers["run-id"])
        whole = _lines(asked, stream, first, lines)
        return Streamed(whole, place.pop_all(), media_type="application/jsonl", headers=headers)


async def _lines(asked: Asked, stream: Stream, first: bytes, rest: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    try:
        yield first
        async for lines in rest:
            yield lines
            if stream.ended:
                continue
            if asked.home.stopping.is_set():
                raise NotNow("the host was told to stop")  # so that it does not look whole
            if not asked.is_let_in:
                raise NotNow("the key has ended with which this was asked for")
    finally:
        await stream.close()


def _connection(asked: Asked) -> str:
    name: str = asked.body.get("connection", "sandbox")
    check_there(asked.home, asked.caller, name)
    return name
