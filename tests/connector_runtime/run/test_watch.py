"""What a handler's reading of an accepted change leaves as its effect."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from connector_runtime.connections import Line
from connector_runtime.errors import ConnectorError, InvalidInput, NotNow, Refused, UnexpectedOutput, UnknownOutcome
from connector_runtime.record import Record
from connector_runtime.run.watch import Watch
from connector_runtime.values import Effect, Leave, Problem, Request, Response, Send

WRITE = Request(method="POST", path="/x", write=True)
ACCEPTED = Response(200, content=b"{}")


def leave_to(send: Send) -> Callable[[], Awaitable[Leave]]:
    return lambda: Line(send).leave("run", lambda: 0, lambda *_: None)


async def accepted() -> tuple[Watch, Record]:
    """A watch whose write has just been answered with a 2xx."""

    async def send(request: Request) -> Response:
        return ACCEPTED

    record = Record.begin(action="act", version="1", connection="c", given={})
    watch = Watch(record, lambda _: None, leave_to(send), lambda response: None)
    await watch.send(WRITE)
    assert record.effect == "unknown", "nothing is claimed before the answer is read"
    return watch, record


@pytest.mark.parametrize(
    ("error", "effect"),
    [
        (Refused(ACCEPTED, "no"), "none"),
        (UnknownOutcome("who knows"), "unknown"),
        (UnexpectedOutput("odd"), "unknown"),
        (UnexpectedOutput("odd, but done", effect="done"), "done"),
        (NotNow("later"), "unknown"),
        (KeyError("x"), "unknown"),
    ],
)
async def test_only_a_refusal_or_a_change_that_was_seen_says_what_happened(error: Exception, effect: Effect) -> None:
    watch, record = await accepted()
    watch.failed(error)
    assert record.effect == effect


async def test_an_answer_without_a_refusal_in_it_is_done() -> None:
    watch, record = await accepted()
    watch.read()
    assert record.effect == "done"


async def test_what_was_settled_stays_settled() -> None:
    watch, record = await accepted()
    watch.read()
    watch.failed(ConnectorError("afterwards"))
    assert record.effect == "done"


async def test_a_change_that_the_connection_may_not_send_did_not_happen() -> None:
    kept: list[Effect] = []

    async def send(request: Request) -> Response:
        raise InvalidInput([Problem("connection", "it may not go there", "Connection")])

    record = Record.begin(action="act", version="1", connection="c", given={})
    watch = Watch(record, lambda now: kept.append(now.effect), leave_to(send), lambda response: None)
    with pytest.raises(InvalidInput, match="it may not go there"):
        await watch.send(WRITE)
    assert (record.effect, kept) == ("none", ["unknown", "none"])
