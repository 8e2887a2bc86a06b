"""The API described: OpenAPI 3.1, from its operations and the connector's declarations. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus

from connector_runtime.definition import Connector
from connector_runtime.hosts.http.operation import Operation
from connector_runtime.hosts.http.problems import MEDIA_TYPE
from connector_runtime.hosts.http.shapes import PROBLEM, RUN
from connector_runtime.values import Json

INTRODUCTION = """\
Every problem is `application/problem+json` (RFC 9457) with a stable `code` and a `fix` that says what to do next.
Lists go on after their `next`. A key is sent as `Authorization: Bearer key_…`.
"""

EVERYWHERE = (400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 502, 503, 504)
"""Statuses of problems that any operation may answer."""


def description(connector: Connector, operations: Iterable[Operation]) -> Json:
    """The whole document."""
    paths: dict[str, dict[str, Json]] = {}
    for each in operations:
        paths.setdefault(each.path, {})[each.method.lower()] = _operation(each)
    identity = connector.identity
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{identity.title} connector", "version": identity.version, "description": INTRODUCTION},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "paths": paths,
        "components": {
            "schemas": {"Problem": PROBLEM, "Run": RUN},
            "securitySchemes": {"key": {"type": "http", "scheme": "bearer"}},
            "responses": {
                "Problem": {
                    "description": "What went wrong, and what to do next.",
                    "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
                }
            },
        },
    }


def _operation(each: Operation) -> dict[str, Json]:
    whole: dict[str, Json] = {
        "operationId": each.key,
        "summary": each.summary,
        "description": f"{each.description}\n\nNeeds a key for `{each.scope}`.".strip(),
        "tags": [each.tag],
        "parameters": [*_parameters(each)],
        "responses": {str(status): _answer(status, answer) for status, answer in each.answers.items()},
    }
    whole["responses"] |= {str(status): {"$ref": "#/components/responses/Problem"} for status in EVERYWHERE}
    if "If-None-Match" in each.headers:
        whole["responses"]["304"] = {"description": "It is as it was."}
    if each.body is not None:
        content: dict[str, Json] = {"schema": _body(each)}
        if each.example is not None:
            content["example"] = each.example
        required = bool(each.body.get("required"))
        whole["requestBody"] = {"required": required, "content": {"application/json": content}}
    return whole


def _parameters(each: Operation) -> Iterable[Json]:
    for name in re.findall(r"{(\w+)}", each.path):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
    for where, known in (("query", each.query), ("header", each.headers)):
        for name, schema in known.items():
            shown = {part: value for part, value in schema.items() if part != "description"}
            parameter = {"name": name, "in": where, "required": False, "schema": shown}
            yield parameter | ({"description": schema["description"]} if "description" in schema else {})


def _body(each: Operation) -> Json:
    if each.input is None:
        return each.body
    return {**each.body, "properties": {**each.body["properties"], "input": each.input}}


def _answer(status: int, answer: Json) -> Mapping[str, Json]:
    said = {"description": HTTPStatus(status).phrase}
    if answer is None:
        return said
    kind, schema = (answer, {}) if isinstance(answer, str) else ("application/json", answer)
    return {**said, "content": {kind: {"schema": schema}}}
