"""A subscriber of a library's events, somebody who answers for it, and what its data directory keeps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from connector_runtime.connections.keys import InFile
from connector_runtime.connections.sealing import Keys
from connector_runtime.events.subscribers import Subscriber, Subscribers
from connector_runtime.store import Connections
from connector_runtime.values import Json, Request, Response

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
"""The one of the specification's example."""

URL = "https://hooks.example.com/in/CANARY-9f2c?key=CANARY-9f2d"


def desk(name: str = "desk", **others: Any) -> Subscriber:
    known: dict[str, Any] = {
        "events": ("loan.made",),
        "place": "https://hooks.example.com",
        "created_at": "2026-02-01T09:00:00.000Z",
        "url": URL,
        "secret": SECRET,
    }
    return Subscriber(name=name, **known | others)


def event(cursor: int = 1, **others: Any) -> dict[str, Json]:
    """One that has arrived, as `events` prints it; others go into its payload, or stand beside it."""
    beside = {name: others.pop(name) for name in ("connection", "event", "caused_by", "happened_at") if name in others}
    payload = {"at": "01.02.2026 10:00", "book_code": f"B-{cursor}", "member_id": 7, "note": None} | others
    known = {"connection": "village", "event": "loan.made", "caused_by": None, "happened_at": payload["at"]} | beside
    told = {"cursor": cursor, "message_id": f"m-{cursor}", "identity": f"i-{cursor}"}
    return told | known | {"received_at": "2026-02-01T10:00:05.000Z", "payload": payload}


class Answers:
    """A platform's end: answers each request as it is told to, and keeps what it got."""

    def __init__(self, answer: Callable[[Request], int | Response | Exception] = lambda request: 204) -> None:
        self.answer, self.got = answer, list[Request]()

    async def __call__(self, request: Request, authorization: str = "") -> Response:
        self.got.append(request)
        given = self.answer(request)
        if isinstance(given, Exception):
            raise given
        return Response(given) if isinstance(given, int) else given

    @property
    def ids(self) -> list[str]:
        return [request.headers["webhook-id"] for request in self.got]


def kept(tmp_path: Path) -> Subscribers:
    """The subscribers of a directory; whoever asks closes nothing, as the test ends."""
    return Subscribers(Connections(tmp_path / "connections.sqlite3"), Keys(InFile(tmp_path / "connections.key")))
