"""What somebody sends, read and held to what an operation takes: all that is wrong at once, and nothing large."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.requests import ClientDisconnect, Request

from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.http.operation import Operation
from connector_runtime.hosts.http.problems import Declined
from connector_runtime.hosts.http.unfit import words_of
from connector_runtime.values import Json, NotJson, Problem, did_you_mean, nests_within, parse_json_once, pointer_to

LARGEST = 1_000_000
"""Bytes of a body."""

SLOWEST_S = 10.0
"""For how long a body may take to arrive."""

MOST_UNKNOWN = 20
"""Unknown fields that are named."""

INSIDE = """Put the action's fields into `input`: {"input": {…}}. Nothing was done."""

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
    try:
        check(operation.body_validator, given)
    except InvalidInput as wrong:
        fields = (operation.input or {}).get("properties", {})
        if isinstance(given, dict) and "input" not in given and any(name in fields for name in given):
            raise InvalidInput(wrong.problems, fix=INSIDE) from None
        raise
    return given


def query_of(request: Request, operation: Operation) -> dict[str, Json]:
    """The query's parameters, as the operation takes them. Raises InvalidInput."""
    given: dict[str, Json] = {}
    for name, text in request.query_params.multi_items():
        if name in given:
            raise InvalidInput([Problem(name, "is given twice", _title([name]))])
        given[name] = _read(text, operation.query.get(name, {}))
    if given:
        check(operation.query_validator, given)
    return {name: schema["default"] for name, schema in operation.query.items() if "default" in schema} | given


def pointed(wrong: InvalidInput, operation: Operation) -> InvalidInput:
    """The same, its problems pointing into the body that the operation takes, where they point nowhere yet."""
    known = (operation.body or {}).get("properties", {})
    same = wrong.again()
    same.problems = tuple(replace(each, pointer=each.pointer or _place(each.field, known)) for each in wrong.problems)
    same.pointer = same.problems[0].pointer if len(same.problems) == 1 else wrong.pointer
    return same


def _place(field: str, known: Mapping[str, Json]) -> str:
    first = field.partition("/")[0]
    if first in known or f"{first}s" in known:  # `limit` is one of `limits`
        return f"/{field if first in known else f'{field}s'}"
    return pointer_to(["fields", field]) if field and "fields" in known else ""


def check_headers(request: Request, operation: Operation) -> None:
    """Raises InvalidInput for a header that the operation heeds and that is not such as it takes."""
    if given := {name: request.headers[name] for name in operation.headers if name in request.headers}:
        check(operation.header_validator, given)


def check(validator: Any, given: Json) -> None:
    """Raises InvalidInput with all that is wrong with it."""
    problems = [problem for error in validator.iter_errors(given) for problem in _problems(error)]
    if problems:
        raise InvalidInput(problems, fix="Correct the request. Nothing was done.")


def _problems(error: Any) -> Iterator[Problem]:
    of_the_first = [inner for inner in error.context or () if inner.schema_path[0] == 0]
    if error.validator == "anyOf" and of_the_first:  # the other is null
        for inner in of_the_first:
            yield from _problems(inner)
        return
    path = [str(part) for part in error.absolute_path]
    if error.validator == "additionalProperties":
        known = error.schema.get("properties", {})
        for name in list(filter(lambda name: name not in known, error.instance))[:MOST_UNKNOWN]:
            place = [*path, name]
            said = f"there is no such field{did_you_mean(name, known)}"
            yield Problem("/".join(place), said, _title(place), pointer_to(place))
        return
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        path, said = [*path, missing], "is needed"
    else:
        said = words_of(error)
    yield Problem("/".join(path), said, _title(path), pointer_to(path))


def _title(path: Sequence[str]) -> str:
    """What a field is called: a row is called as its list."""
    name = next((part for part in reversed(path) if not part.isdecimal()), "body").replace("_", " ")
    return name[:1].upper() + name[1:]


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
