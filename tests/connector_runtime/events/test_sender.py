"""How one subscriber is sent to: what counts as taken, when the rest is sent again, and how it is spared."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.errors import InvalidInput, Unreachable
from connector_runtime.events import sender as sending
from connector_runtime.events.messages import message
from connector_runtime.events.sender import DAY_S, DELAYS_S, IN_FLIGHT, Sender, again_at, outcome
from connector_runtime.store.outbox import Message, Outbox
from connector_runtime.values import Problem, Request, Response
from tests.connector_runtime.events.subscribing import Answers, desk, event

FORM = "%d.%m.%Y %H:%M"


class Desk:
    """A sender with its outbox, a clock that a test sets, and what it says."""

    def __init__(self, outbox: Outbox, answers: Answers) -> None:
        self.outbox, self.answers, self.now, self.told = outbox, answers, 1000.0, list[str]()
        self.sender = Sender(desk(), answers, "/in", self._ask, self.told.append, now=lambda: self.now)

    async def _ask(self, method: Callable[..., Any], *args: Any, **others: Any) -> Any:
        return method(self.outbox, *args, **others)

    def put_out(self, number: int) -> None:
        mails = [message(desk(), event(cursor), FORM) for cursor in range(1, number + 1)]
        self.outbox.put_out(number, {"desk": mails}, self.now)

    async def round(self) -> None:
        """Send what may be sent now, and keep what became of it."""
        await self.sender._take()
        if self.sender._flying:
            await asyncio.wait(self.sender._flying)
        await self.sender._settle()

    @property
    def waiting(self) -> int:
        return self.outbox.standings()["desk"].waiting


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[Outbox]:
    with closing(Outbox(tmp_path / "outbox.sqlite3")) as opened:
        opened.add("desk", 0)
        yield opened


async def test_what_is_taken_goes(outbox: Outbox) -> None:
    at = Desk(outbox, Answers())
    at.put_out(3)
    await at.round()
    assert (at.waiting, outbox.standings()["desk"].delivered, len(set(at.answers.ids))) == (0, 3, 3)
    (request, *_) = at.answers.got
    assert (request.method, request.path, request.write) == ("POST", "/in", True)
    assert request.content is not None and request.content.startswith(b'{"type":"loan.made"')


async def test_no_more_than_so_many_are_on_their_way_at_once(outbox: Outbox) -> None:
    at = Desk(outbox, Answers())
    at.put_out(IN_FLIGHT + 3)
    await at.sender._take()
    assert len(at.sender._flying) == IN_FLIGHT
    await at.sender._take()
    assert len(at.sender._flying) == IN_FLIGHT
    await asyncio.wait(at.sender._flying)
    await at.sender._settle()
    await at.round()
    assert (at.waiting, len(at.answers.got)) == (0, IN_FLIGHT + 3)


async def test_what_is_not_taken_is_sent_again_with_the_same_id_after_a_while(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 500))
    at.put_out(1)
    await at.round()
    assert (at.waiting, outbox.standings()["desk"].failure) == (1, "it answered 500")
    at.now += 0.5
    await at.round()
    assert len(at.answers.got) == 1
    at.answers.answer = lambda request: 200
    at.now += DELAYS_S[0] * 1.2
    await at.round()
    assert at.waiting == 0 and len(at.answers.got) == 2 and len(set(at.answers.ids)) == 1


async def test_who_takes_nothing_is_asked_by_one_message_at_a_time(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: Unreachable("it could not be reached")))
    at.put_out(40)
    await at.round()
    assert len(at.answers.got) == IN_FLIGHT
    for number in range(1, 4):
        at.now = at.sender._pause_until
        await at.round()
        assert len(at.answers.got) == IN_FLIGHT + number
    assert at.told == ["desk takes no messages (it could not be reached); they wait for it"]
    assert at.waiting == 40
    at.answers.answer = lambda request: 204
    at.now = at.sender._pause_until
    for _ in range(5):
        await at.round()
    assert (at.waiting, at.told[1:]) == (0, ["desk takes messages again"]), "none waits for its own next time"


async def test_a_pause_grows_to_a_minute_and_to_what_is_asked_for(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 503))
    at.put_out(100)
    pauses = []
    for _ in range(10):
        await at.round()
        pauses.append(at.sender._pause_until - at.now)
        at.now = at.sender._pause_until
    assert pauses == sorted(pauses) and pauses[:2] == [0, 2] and pauses[-1] == 60, "the first may be that message's own"
    at.answers.answer = lambda request: Response(429, {"retry-after": "600"})
    await at.round()
    assert at.sender._pause_until == at.now + 600
    await at.round()
    assert len(at.answers.got) == IN_FLIGHT + 10


async def test_who_answers_gone_is_sent_nothing_any_more(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 410))
    at.put_out(1)
    await asyncio.wait_for(at.sender.run(asyncio.Event()), 30)
    assert outbox.positions() == {} and at.waiting == 1
    assert at.told == ["desk is sent nothing any more: it answered 410 Gone: it wants no more"]


async def test_after_a_day_a_message_is_parked(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 404))
    at.put_out(1)
    began = at.now
    for _ in range(2000):
        if not at.waiting:
            break
        await at.round()
        at.now = max(at.sender._pause_until, at.now + 1)
        at.now = max(at.now, min((each.cursor for each in outbox.due("desk", 1e12, 1)), default=0))
        if (due := next_due(outbox)) is not None:
            at.now = max(at.now, due)
    (parked,) = outbox.parked("desk")
    assert parked["failure"] == "it answered 404" and parked["attempts"] == len(at.answers.got)
    assert DAY_S <= parked["parked_at"] - began < DAY_S + 120
    assert "parked" in at.told[-1]


def next_due(outbox: Outbox) -> float | None:
    found = outbox._connection.execute("SELECT min(due) FROM waiting").fetchone()[0]
    return None if found is None else float(found)


def test_waits_grow_and_end_after_a_day() -> None:
    each = Message(1, "evt_1", "{}", None, "2026", attempts=0, first_at=None)
    for attempts, delay in enumerate((*DELAYS_S, DELAYS_S[-1])):
        due = again_at(Message(1, "evt_1", "{}", None, "2026", attempts, 1000.0), 1000.0)
        assert due is not None and 0.8 * delay <= due - 1000 <= 1.2 * delay
    assert again_at(each, 5.0) is not None
    late = Message(1, "evt_1", "{}", None, "2026", 9, 1000.0)
    assert again_at(late, 1000.0 + DAY_S - 1) == 1000 + DAY_S, "a last time after a day"
    assert again_at(late, 1000.0 + DAY_S) is None


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Response(200), ""),
        (Response(299), ""),
        (Response(302), "redirects are not followed"),
        (Response(404), "it answered 404"),
        (Response(500), "it answered 500"),
    ],
)
def test_only_a_2xx_has_taken_it(answer: Response, failure: str) -> None:
    said = outcome(answer)
    assert (failure in said.failure, bool(said.failure)) == (True, bool(failure))


@pytest.mark.parametrize(
    "wrong",
    [Unreachable("no answer", effect="unknown"), InvalidInput([Problem("x", "not there")]), RuntimeError("CANARY")],
)
async def test_whatever_goes_wrong_the_message_waits(outbox: Outbox, wrong: Exception) -> None:
    def answer(request: Request) -> Exception:
        return wrong

    at = Desk(outbox, Answers(answer))
    at.put_out(1)
    await at.round()
    assert at.waiting == 1
    assert "CANARY" not in (outbox.standings()["desk"].failure or "")


async def test_what_the_disk_did_not_take_is_sent_once_more_and_the_sender_goes_on(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Desk(outbox, Answers())
    at.put_out(1)
    monkeypatch.setattr(sending, "LOOK_AGAIN_S", 0.01)
    stopping, kept = asyncio.Event(), Outbox.settle
    refusals = 2

    def settle(self: Outbox, *args: Any) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            from connector_runtime.errors import NotNow

            raise NotNow("the outbox could not be written", code="not_kept")
        kept(self, *args)
        stopping.set()

    monkeypatch.setattr(Outbox, "settle", settle)
    await asyncio.wait_for(at.sender.run(stopping), 30)
    assert (at.waiting, len(at.answers.got)) == (0, 1)
    assert at.told == ["the outbox could not be written"] * 2
