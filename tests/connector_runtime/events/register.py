"""A register that lists who has joined, newest first, and tells it by no webhook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

from connector_runtime.connections import Line
from connector_runtime.definition import Trigger
from connector_runtime.definition.grammar import Paging
from connector_runtime.definition.polling import Polling, Told
from connector_runtime.definition.source import Source
from connector_runtime.definition.trigger import Order
from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.polling import Polled, poll
from connector_runtime.hosts.session import Session
from connector_runtime.run import Stream
from connector_runtime.schema import completed
from connector_runtime.store import Location
from connector_runtime.store.events import Events
from connector_runtime.values import Json, Request, Response
from tests.connector_runtime.workshop import Shelf, answer, declared, housed

FORM = "%Y-%m-%d %H:%M:%S"
NOON = datetime(2026, 2, 1, 12, tzinfo=UTC)
OVERLAP_S = 100
ROW = {
    "id": {"title": "ID", "type": "integer"},
    "joined_at": {"title": "Joined at", "type": "string"},
    "role": {"title": "Role", "type": "string"},
}
LIST = declared(
    input={"properties": {"page": {"title": "Page", "type": "integer"}}},
    output={
        "properties": {
            "rows": {"title": "Rows", "items": {"properties": ROW}},
            "more": {"title": "More", "type": "boolean"},
            "total": {"title": "Total", "type": "integer"},
        }
    },
    paging=Paging(items="/rows", page="page", more="/more", total="/total"),
)
LIST = replace(LIST, request=replace(LIST.request, query=["page"]))
JOINED = Trigger(
    event="joined",
    title="Joined",
    summary="Somebody joined.",
    fires_when="Somebody joins.",
    source=Source(article=None),
    payload=completed(
        {
            "required": ["at", "member"],
            "properties": {
                "at": {"title": "At", "type": "string"},
                "member": {"title": "Member", "type": "integer"},
                "since": {"title": "Since", "type": "string"},
                "role": {"title": "Role", "type": "string"},
                "by": {"title": "By", "type": "string"},
                "note": {"title": "Note", "type": "string"},
            },
        }
    ),
    identity=["member", "at"],
    order=Order(per=["member"], by="at"),
    caused_by=[],
    samples=["one"],
    polling=Polling(
        action="act",
        cursor="joined_at",
        overlap_s=OVERLAP_S,
        payload={
            "at": "joined_at",
            "since": "joined_at",
            "member": "id",
            "role": Told(row="role", words={"guest": "visitor"}),
            "by": Told(const="list"),
        },
        identity=["member", "since"],
    ),
)
REGISTER = replace(housed(LIST), triggers={"joined": JOINED})


def text(second: float) -> str:
    """So many seconds after noon, as the register writes it."""
    return (NOON + timedelta(seconds=second)).strftime(FORM)


def row(number: int, second: float, role: str = "guest") -> dict[str, Json]:
    return {"id": number, "joined_at": text(second), "role": role}


class Register:
    """Rows on pages. `meanwhile` is called before each page but the first is made."""

    def __init__(self, *rows: dict[str, Json], size: int = 3) -> None:
        self.rows, self.size = list(rows), size
        self.meanwhile: Callable[[], None] = lambda: None
        self.order: Callable[[list[dict[str, Json]]], list[dict[str, Json]]] = lambda rows: sorted(
            rows, key=lambda each: (each["joined_at"], -each["id"]), reverse=True
        )
        self.asked: list[int] = []

    async def send(self, request: Request) -> Response:
        number = int(cast(str, request.query["page"]))
        self.asked.append(number)
        if number > 1:
            self.meanwhile()
        rows, begin = self.order(self.rows), (number - 1) * self.size
        here = rows[begin : begin + self.size]
        return answer({"rows": here, "more": begin + self.size < len(rows), "total": len(rows)})


class Reader:
    """Who polls a register, with files of its own."""

    def __init__(self, register: Register, file: Location, *, ahead_s: float = 0) -> None:
        self.register, self.file, self.ahead_s = register, file, ahead_s

    def poll(self, second: float, *, since: float | None = None) -> Polled:
        """One turn, so many seconds after noon."""
        return asyncio.run(self._poll(second, since))

    async def _poll(self, second: float, since: float | None) -> Polled:
        events = Events(self.file)
        moment = NOON + timedelta(seconds=second + self.ahead_s)
        session = SimpleNamespace(connector=REGISTER, connection=SimpleNamespace(name="acme"), stream=self._stream)
        asked = None if since is None else NOON + timedelta(seconds=since)
        try:
            turn = poll(cast(Session, session), events, ["joined"], since=asked, now=lambda: moment)
            (told,) = [each async for each in turn]
        finally:
            events.close()
        return told

    def _stream(self, key: str, given: Json, **how: Any) -> Stream:
        line = Line(self.register.send)
        # The declared input asks for the first page.
        return Stream(REGISTER, key, {"page": 1, **given}, line=line, connection="acme", keep=Shelf().keep, **how)

    def events(self) -> list[Json]:
        events = Events(self.file)
        found = events.after(0, 10_000)
        events.close()
        return found

    def members(self) -> list[int]:
        """Whose joining was told, in the order in which it was."""
        return [event["payload"]["member"] for event in self.events()]


def code_of(wrong: ConnectorError | None) -> str:
    """The code of what went wrong; nothing where nothing did."""
    return "" if wrong is None else wrong.code
