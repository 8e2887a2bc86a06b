"""A write and a read that the tests of a run share, with handlers for them and an answer to both."""

from __future__ import annotations

from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.handler import Call, Flow
from connector_runtime.values import Json
from tests.connector_runtime.workshop import answer, declared

POST = RequestTemplate(method="POST", path="/things/{id}", body=["id", "pin"])
INPUT: Json = {
    "required": ["id"],
    "properties": {
        "id": {"title": "ID", "type": "integer"},
        "at": {"title": "At", "type": "string", "format": "date-time"},
        "day": {"title": "Day", "type": "string", "format": "date"},
        "pin": {"title": "PIN", "type": "string", "x-secret": True},
        "free": {"title": "Free", "type": "object"},
    },
}
OUTPUT: Json = {"properties": {"n": {"title": "N", "type": "integer"}}}
WRITE = declared(input=INPUT, output=OUTPUT, kind="create", request=POST, natural_key=["id"])
READ = declared(input=INPUT, output=OUTPUT)
OK = answer({"n": "1"})


def twice(call: Call) -> Flow:
    """Two writes."""
    yield call.request()
    response = yield call.request()
    return call.output(response)


def look_first(call: Call) -> Flow:
    """A read, then a write."""
    yield call.read("/things")
    response = yield call.request()
    return call.output(response)
