"""A platform that has lists of its own, and the forms of an action that picks from them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any

from connector_runtime.connections import Line
from connector_runtime.definition import Connector
from connector_runtime.definition.picking import DynamicFields, Lookup, Options, PickList
from connector_runtime.run import NO_RETRIES, Retries
from connector_runtime.run.forms import Forms
from connector_runtime.run.looking import Looks, Recent
from connector_runtime.values import Json, Request, Response
from tests.connector_runtime.workshop import IDENTITY, Answer, answer, declared, housed

PEOPLE = PickList(
    title="Person",
    path="/people",
    query=[{"q": "search"}, "page"],
    items="/rows",
    more="/more",
    value="/id",
    label=["/first", "/last"],
    hint=["/mail"],
    one=Lookup(path="/people/{value}", item="/person"),
)
ROOMS = PickList(
    title="Room",
    path="/floors/{floor}/rooms",
    needs={"floor": "floors"},
    items="/rows",
    value=["/number", "/id"],
    label=[["/name", "/title"]],
)
FLOORS = PickList(
    title="Floor",
    path="/houses/{house}/floors",
    needs={"house": "houses"},
    items="/rows",
    value="/id",
    label=["/name"],
)
HOUSES = PickList(
    title="House", path="/houses", query=["page"], items="/rows", more="/more", value="/id", label=["/name"]
)
EXTRAS = DynamicFields(
    title="Extras",
    path="/extras",
    query=["page", {"of": "house"}],
    uses=["house"],
    items="/rows",
    more="/more",
    id="/id",
    name="/name",
    type="/type",
    required="/must",
    options=Options(items="/options", value="/id", label="/label"),
    types={
        "text": {"type": "string"},
        "date": {"type": "string", "format": "date"},
        "dropdown": {"type": "integer"},
        "yes/no": {"type": "boolean"},
    },
)
OPTIONS: list[Json] = [{"id": "4", "label": "R &amp; D"}, {"id": 5, "label": "Sales"}]
FIELDS: list[Json] = [
    {"id": 1, "name": "Department", "type": "dropdown", "options": OPTIONS},
    {"id": 2, "name": "Cost centre", "type": "text", "must": 1},
    {"id": 3, "name": "Approved on", "type": "date"},
    {"id": 4, "name": "Signed", "type": "yes/no"},
    {"id": 5, "name": "Twin", "type": "text"},
    {"id": 6, "name": "Twin", "type": "text"},
    {"id": 7, "name": "Map", "type": "hologram"},
]  # fmt: skip
INPUT: Json = {
    "properties": {
        "person": {"title": "Person ID", "type": "integer", "x-pick-list": "people"},
        "people": {
            "title": "People",
            "x-item": "id",
            "x-pick-list": "people",
            "items": {"properties": {"id": {"title": "ID", "type": "integer"}}},
        },
        "guests": {
            "title": "Guests",
            "items": {"properties": {"who": {"title": "Who", "type": "integer", "x-pick-list": "people"}}},
        },
        "house": {"title": "House ID", "type": "integer", "x-pick-list": "houses"},
        "room": {"title": "Room number", "type": "string", "x-pick-list": "rooms"},
        "level": {
            "title": "Level",
            "type": "integer",
            "oneOf": [{"const": 1, "title": "Guest"}, {"const": 2, "title": "Host"}],
        },
        "states": {
            "title": "States",
            "type": "string",
            "x-list": "comma",
            "x-choices": [{"const": "new", "title": "New"}, {"const": "old", "title": "Old"}],
        },
        "note": {"title": "Note", "type": "string"},
        "extras": {"title": "Extras", "type": "object", "x-dynamic-fields": "extras"},
    }
}
ACTION = declared(input=INPUT)


def connector(**identity: Any) -> Connector:
    own: dict[str, Any] = {
        "pick_lists": {"people": PEOPLE, "rooms": ROOMS, "floors": FLOORS, "houses": HOUSES},
        "dynamic_fields": {"extras": EXTRAS},
    }
    return housed(ACTION, **(own | identity))


def page_of(rows: list[Json], request: Request, size: int = 2) -> Response:
    """The page that a request asks for."""
    page = int(str(request.query.get("page", 1)))
    return answer({"rows": rows[size * page - size : size * page], "more": int(size * page < len(rows))})


@dataclass
class Directory:
    """Answers by path; a path that it has nothing for is a 404. `asked` is what arrived."""

    lists: dict[str, list[Json] | Answer | Callable[[Request], Response]]
    asked: list[str] = field(default_factory=list)
    now: float = 0.0

    async def send(self, request: Request) -> Response:
        query = "&".join(f"{name}={value}" for name, value in request.query.items())
        await asyncio.sleep(0)
        self.asked.append(request.path + (f"?{query}" if query else ""))
        told = self.lists.get(request.path, answer({"message": "no such thing"}, 404))
        if isinstance(told, BaseException):
            raise copy(told)
        if isinstance(told, Response):
            return told
        return page_of(told, request) if isinstance(told, list) else told(request)

    def forms(self, of: Connector | None = None, *, retries: Retries = NO_RETRIES, most: int = 2000) -> Forms:
        """The forms of a connection to it, whose clock this directory has."""
        looks = Looks(
            of or connector(),
            line=Line(self.send, secrets=frozenset({"CANARY-77"})),
            connection="script",
            platform=IDENTITY.connection.base_url,
            retries=retries,
            recent=Recent(most=most, now=lambda: self.now),
        )
        return Forms(looks)
