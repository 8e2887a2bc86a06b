"""What somebody sends, read and held to what an operation takes: all that is wrong at once, and nothing large."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect, Request

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.http.operation import Operation
from connector_runtime.hosts.http.problems import Declined
from connector_runtime.values import Json, NotJson, Problem, did_you_mean, nests_within, parse_json_once, pointer_to

LARGEST = 1_000_000
"""Bytes of a body."""

SLOWEST_S = 10.0
"""For how long a body may take to arrive."""

DEEPEST = 60
"""How deeply it may nest."""


async def body_of(request: Request, operation: Operation) -> Json:
    """The body, as the operation takes it. Raises Declined, InvalidInput."""
    if operation.body is None:
        return None
    content = await _content(request)
    if not content.strip():
        given: Json = {}
    else:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            raise Declined("not_json", "the body is not declared as JSON")
        try:
            given = parse_json_once(content)
        except NotJson as wrong:
            raise Declined("malformed", f"the body is not JSON: {wrong}", "Correct the body.") from None
        if not nests_within(DEEPEST, given):
            raise Declined("too_deep", f"the body nests deeper than {DEEPEST} levels")
    check(operation.body_validator, given)
    return given


def query_of(request: Request, operation: Operation) -> dict[str, Json]:
    """The query's parameters, as the operation takes them. Raises InvalidInput."""
    given: dict[str, Json] = {}
    for name, text in request.query_params.multi_items():
        if name in given:
            raise InvalidInput([Problem(name, "is given twice", name)])
        given[name] = _read(text, operation.query.get(name, {}))
    check(operation.query_validator, given)
    return {name: schema["default"] for name, schema in operation.query.items() if "default" in schema} | given


def check_headers(request: Request, operation: Operation) -> None:
    """Raises InvalidInput for a header that the operation heeds and that is not such as it takes."""
    given = {name: request.headers[name] for name in operation.headers if name in request.headers}
    check(operation.header_validator, given)


def check(validator: Any, given: Json) -> None:
    """Raises InvalidInput with all that is wrong with it."""
    problems = [_problem(error) for error in validator.iter_errors(given)]
    if problems:
        raise InvalidInput(problems, fix="Correct the request. Nothing was done.")


def _problem(error: Any) -> Problem:
    path = [str(part) for part in error.absolute_path]
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        unknown = next((name for name in error.instance if name not in known), "")
        path, said = [*path, unknown], f"there is no such field{did_you_mean(unknown, known)}"
    elif error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        path, said = [*path, missing], "is needed"
    else:
        said = error.message
    return Problem("/".join(path), said, path[-1] if path else "Body", pointer_to(path))


def _read(text: str, schema: Mapping[str, Json]) -> Json:
    """A parameter's text as its type: what cannot be read stays text, and is then complained of."""
    kind = schema.get("type")
    if kind == "integer" and text.removeprefix("-").isdecimal() and text.isascii() and len(text) < 20:
        return int(text)
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    return text


async def _content(request: Request) -> bytes:
    parts, size = [], 0
    try:
        async with asyncio.timeout(SLOWEST_S):
            async for part in request.stream():
                size += len(part)
                if size > LARGEST:
                    fix = f"Send at most {LARGEST:,} bytes."
                    raise Declined("too_large", "the body is too large", fix, headers={"connection": "close"})
                parts.append(part)
    except TimeoutError:
        raise Declined("too_slow", "the body took too long to arrive", headers={"connection": "close"}) from None
    except ClientDisconnect:
        raise Declined("cut", "the body was cut on its way") from None
    return b"".join(parts)
