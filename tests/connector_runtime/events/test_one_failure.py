"""A message that is not taken holds up itself, and the others only where they are not taken either."""

from __future__ import annotations

import asyncio
from contextlib import closing
from typing import Any

from connector_runtime.events.sender import Sender
from connector_runtime.events.subscribers import Subscriber, drawn_secret
from connector_runtime.store import Location
from connector_runtime.store.outbox import Message, Outbox
from connector_runtime.values import Request, Response

NOW = 1_800_000_000.0  # the clock stands still: whoever waits for it waits for ever


async def test_after_one_failure_the_next_message_is_sent_at_once(location: Location) -> None:
    subscriber = Subscriber(
        name="desk", events=("made",), place="", created_at="", url="https://desk.example", secret=drawn_secret()
    )
    got: list[str] = []
    stopping = asyncio.Event()

    async def send(request: Request) -> Response:
        got.append(request.headers["webhook-id"])
        return Response(503 if got[-1] == "m-1" else 204, {}, b"")

    with closing(Outbox(location / "outbox.sqlite3")) as outbox:

        def put_out(number: int) -> None:
            outbox.put_out(number, {"desk": [Message(number, f"m-{number}", "{}", None, "")]}, NOW)

        async def ask(method: Any, *given: Any, **others: Any) -> Any:
            answer = method(outbox, *given, **others)
            if method is Outbox.settle:
                put_out(2)
                if len(got) == 2:
                    stopping.set()
            return answer

        outbox.add("desk", 0)
        put_out(1)
        sender = Sender(subscriber, send, "/", ask, lambda _: None, now=lambda: NOW)
        await asyncio.wait_for(sender.run(stopping), 10)
        assert outbox.standings()["desk"].delivered == 1
    assert got == ["m-1", "m-2"]
