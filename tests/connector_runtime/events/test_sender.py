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
from connector_runtime.events.sender import (
    DAY_S,
    DELAYS_S,
    IN_FLIGHT,
    OWN_IN_A_ROW,
    SAID_AGAIN_S,
    Sender,
    again_at,
    outcome,
)
from connector_runtime.store.outbox import Message, Outbox
from connector_runtime.values import Problem, Request, Response
from tests.connector_runtime.events.subscribing import Answers, desk, event

FORM = "%d.%m.%Y %H:%M"


class Desk:
    """A sender with its outbox, a clock that a test sets, and what it says. `ahead` is by how much the machine's clock
    is not what goes by.
    """

    def __init__(self, outbox: Outbox, answers: Answers) -> None:
        self.outbox, self.answers, self.now, self.told = outbox, answers, 1000.0, list[str]()
        self.ahead = 0.0
        self.begin()

    def begin(self, **others: Any) -> None:
        """Let another sender take over."""
        clocks: dict[str, Any] = {"now": lambda: self.now + self.ahead, "clock": lambda: self.now}
        self.sender = Sender(desk(**others), self.answers, "/in", self._ask, self.told.append, **clocks)

    async def _ask(self, method: Callable[..., Any], *args: Any, **others: Any) -> Any:
        return method(self.outbox, *args, **others)

    def put_out(self, number: int, first: int = 1) -> None:
        mails = [message(desk(), event(cursor), FORM) for cursor in range(first, number + 1)]
        self.outbox.put_out(number, {"desk": mails}, self.now + self.ahead)

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
    said = "desk has not taken a message: it could not be reached; it is sent again"
    assert at.told == [said, "desk takes no messages (it could not be reached); they wait for it"]
    assert at.waiting == 40
    at.answers.answer = lambda request: 204
    at.now = at.sender._pause_until
    for _ in range(5):
        await at.round()
    assert (at.waiting, at.told[2:]) == (0, ["desk takes messages again"]), "none waits for its own next time"


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
    assert at.sender._asked_until == at.now + 600
    await at.round()
    assert len(at.answers.got) == IN_FLIGHT + 10


async def test_who_answers_gone_is_sent_nothing_any_more(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 410))
    at.put_out(1)
    await asyncio.wait_for(at.sender.run(asyncio.Event()), 30)
    assert outbox.positions() == {} and at.waiting == 1
    (told,) = at.told
    assert told.startswith("desk is sent nothing any more: it answered 410 Gone: it wants no more")
    assert "`subscribers resume desk`" in told


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

    def settle(self: Outbox, *args: Any, **others: Any) -> None:
        nonlocal refusals
        refusals -= 1
        if refusals >= 0:
            from connector_runtime.errors import NotNow

            raise NotNow("the outbox could not be written", code="not_kept")
        kept(self, *args, **others)
        stopping.set()

    monkeypatch.setattr(Outbox, "settle", settle)
    await asyncio.wait_for(at.sender.run(stopping), 30)
    assert (at.waiting, len(at.answers.got)) == (0, 1)
    assert at.told == ["the outbox could not be written"] * 2


async def test_a_kind_that_is_refused_keeps_nothing_else_waiting(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 204 if b'"B-200"' in (request.content or b"") else 422))
    at.put_out(199)
    began = at.now
    for _ in range(20):
        await at.round()
        at.now = max(at.now, at.sender._pause_until)
    assert len(at.answers.got) > OWN_IN_A_ROW and at.waiting == 199, "and who refuses all is spared"
    at.put_out(200, first=200)
    while not outbox.standings()["desk"].delivered:
        await at.round()
        at.now = max(at.now, at.sender._pause_until)
        assert at.now - began < 1200, "it waits behind those that are refused"
    assert at.told == ["desk has not taken a message: it answered 422; it is sent again"]
    sent = len(at.answers.got)
    for _ in range(10):
        at.put_out(200, first=200)
        outbox.put_again("desk", [message(desk(), event(200), FORM)], at.now)
        await at.round()
        at.now += 1
    assert len(at.answers.got) - sent < 10 * IN_FLIGHT, "and what is refused keeps its own growing waits"


async def test_a_refusal_of_the_message_itself_is_no_outage(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 422))
    for number in range(1, 6):
        at.put_out(number, first=number)
        await at.round()
    assert (len(at.answers.got), at.sender._failures) == (5, 0)
    assert at.told == ["desk has not taken a message: it answered 422; it is sent again"], "the same is said once"
    at.now += SAID_AGAIN_S
    await at.round()
    assert len(at.told) == 2


@pytest.mark.parametrize("status", [204, 500])
async def test_a_clock_that_is_set_back_keeps_nothing_waiting(outbox: Outbox, status: int) -> None:
    at = Desk(outbox, Answers(lambda request: status))
    at.put_out(1)
    await at.round()
    at.put_out(2, first=2)
    at.ahead = -7200.0
    at.answers.answer = lambda request: 204
    at.now += 10
    await at.round()
    await at.round()
    assert (at.waiting, outbox.standings()["desk"].delivered) == (0, 2)


async def test_what_a_clock_that_was_ahead_has_kept_is_sent_all_the_same(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 500))
    at.ahead = 1e7
    at.put_out(1)
    await at.round()
    at.ahead, at.answers.answer = 0.0, lambda request: 500
    at.begin()
    await at.round()
    assert len(at.answers.got) == 2
    assert outbox.due("desk", at.now + DAY_S, 1)[0].first_at == at.now, "its day begins now"


async def test_who_asks_for_a_pause_has_it_even_if_it_takes_something_meanwhile(outbox: Outbox) -> None:
    busy = Response(429, {"retry-after": "600"})
    at = Desk(outbox, Answers(lambda request: 204 if b'"B-1"' in (request.content or b"") else busy))
    at.put_out(3)
    await at.round()
    at.put_out(4, first=4)
    at.answers.answer = lambda request: 204
    at.now += 599
    await at.round()
    assert (at.waiting, len(at.answers.got)) == (3, 3)
    assert [each.cursor for each in outbox.due("desk", at.now, 10)] == [4], "each has its own pause too"
    at.now += 1
    await at.round()
    assert at.waiting == 0


async def test_who_is_back_after_a_restart_is_brought_all_at_once(outbox: Outbox) -> None:
    at = Desk(outbox, Answers(lambda request: 500))
    at.put_out(1)
    for _ in range(6):
        await at.round()
        at.now += DELAYS_S[-1] * 2
    at.now -= DELAYS_S[-1] * 2
    at.answers.answer = lambda request: 204
    at.begin()
    at.put_out(2, first=2)
    await at.round()
    await at.round()
    assert at.waiting == 0


@pytest.mark.parametrize("status", [204, 410, 500])
async def test_what_one_says_who_has_left_says_nothing_of_the_next_of_that_name(outbox: Outbox, status: int) -> None:
    outbox.add("desk", 0, generation="first")
    at = Desk(outbox, Answers(lambda request: status))
    at.begin(generation="first")
    at.put_out(1)
    await at.sender._take()
    outbox.remove("desk")
    outbox.add("desk", 0, generation="second")
    at.put_out(1)
    await asyncio.wait(at.sender._flying)
    await at.sender._settle()
    stands = outbox.standings()["desk"]
    assert (stands.waiting, stands.delivered, stands.stopped, stands.failure) == (1, 0, None, None)
    assert list(outbox.positions()) == ["desk"]


async def test_nothing_is_on_its_way_any_more_when_a_sender_is_cut_off(outbox: Outbox) -> None:
    asked, ended = asyncio.Event(), list[bool]()

    class Silent(Answers):
        async def __call__(self, request: Request, authorization: str = "") -> Response:
            asked.set()
            try:
                await asyncio.sleep(60)
            finally:
                ended.append(True)
            return Response(204)

    at = Desk(outbox, Silent())
    at.put_out(1)
    running = asyncio.create_task(at.sender.run(asyncio.Event()))
    await asyncio.wait_for(asked.wait(), 30)
    running.cancel()
    await asyncio.wait({running})
    assert ended == [True] and at.waiting == 1
