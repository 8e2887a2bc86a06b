"""The way to a platform: a call that its credentials no longer open is made once more with newer ones."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connector_runtime.connections import Line
from connector_runtime.connections.line import NOTED_S, Ticket
from connector_runtime.definition.grammar import RequestTemplate
from connector_runtime.errors import Unreachable
from connector_runtime.record import Record
from connector_runtime.run import OPEN, run
from connector_runtime.values import Request, Response
from tests.connector_runtime.connections.asked import READ
from tests.connector_runtime.connections.granting import ENDED, HOUR, PLATFORM, Desk, desk_in, kept_by
from tests.connector_runtime.workshop import Shelf, answer, declared, housed

CONNECTOR = replace(housed(declared()), identity=PLATFORM)
WRITER = replace(
    housed(declared(kind="create", request=RequestTemplate(method="POST", path="/act"))), identity=PLATFORM
)
MANY = 50


def patient() -> float:
    return 60


def ignored(seconds: float, why: str) -> None:
    """Nobody listens."""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from desk_in(tmp_path)


async def performed(line: Line, *, write: bool = False) -> tuple[Record, Shelf]:
    shelf = Shelf()
    connector = WRITER if write else CONNECTOR
    return await run(connector, "act", {}, line=line, connection="acme", keep=shelf.keep, gate=OPEN), shelf


class Places:
    """A budget that counts."""

    waited = (2.0, "its turn")

    def __init__(self) -> None:
        self.taken: list[str] = []

    async def turn(self, run: str, patience_s: float) -> Places:
        self.taken.append("taken")
        return self

    def answered(self, response: Response | None) -> None:
        self.taken.append(f"answered {response and response.status}")

    def unused(self) -> None:
        self.taken.append("unused")


@pytest.mark.parametrize("write", [False, True])
async def test_a_call_that_is_refused_is_made_once_more_with_new_credentials(desk: Desk, write: bool) -> None:
    desk.office.good = "Bearer revoked long ago"
    record, shelf = await performed(Line(desk.office.send, access=desk.access(kept_by("password"))), write=write)
    method = "POST" if write else "GET"
    assert record.succeeded
    assert desk.office.calls == [(method, "Bearer access-0"), (method, "Bearer access-1")]
    assert (len(desk.office.asked), desk.office.changes) == (1, int(write))
    assert [request["status"] for request in record.requests] == [401, 200]
    assert shelf.effects == (["none", "unknown", "none", "unknown", "done"] if write else ["none"])


@pytest.mark.parametrize("write", [False, True])
async def test_a_second_refusal_is_an_error(desk: Desk, write: bool) -> None:
    line = Line(desk.office.send, access=desk.access(kept_by("password")))
    desk.office.answers = [answer({"access_token": "useless", "refresh_token": "next"})]
    desk.office.good = "Bearer none"
    record, _ = await performed(line, write=write)
    assert record.error is not None
    assert (record.error["type"], record.error["code"], record.effect) == ("Unauthorized", "unauthorized", "none")
    assert (len(desk.office.calls), len(desk.office.asked)) == (2, 1)


@pytest.mark.parametrize("write", [False, True])
async def test_a_refusal_of_a_token_that_nobody_can_renew_is_an_error_at_once(desk: Desk, write: bool) -> None:
    desk.office.good = "Bearer none"
    line = Line(desk.office.send, access=desk.access(kept_by("token", refresh=None, renew_at=None)))
    record, _ = await performed(line, write=write)
    assert record.error is not None
    assert (record.error["code"], record.effect, len(desk.office.calls)) == ("unauthorized", "none", 1)


@pytest.mark.parametrize("write", [False, True])
async def test_a_renewal_that_is_refused_leaves_a_change_unmade(desk: Desk, write: bool) -> None:
    desk.office.good, desk.office.answers = "Bearer none", [ENDED]
    line = Line(desk.office.send, access=desk.access(kept_by("browser")))
    record, _ = await performed(line, write=write)
    assert record.error is not None
    assert (record.error["code"], record.effect, len(desk.office.calls)) == ("sign_in_refused", "none", 1)


async def test_many_runs_that_are_refused_at_once_make_one_refresh(desk: Desk) -> None:
    desk.office.good = "Bearer revoked long ago"
    line = Line(desk.office.send, access=desk.access(kept_by("password")))
    records = [record for record, _ in await asyncio.gather(*(performed(line, write=True) for _ in range(MANY)))]
    assert all(record.succeeded for record in records)
    assert (len(desk.office.asked), desk.office.changes) == (1, MANY)


async def test_no_record_shows_what_the_platform_repeats(desk: Desk) -> None:
    desk.office.good = "Bearer none"
    desk.office.answers = [answer({"access_token": "useless!", "refresh_token": "next"})]
    record, shelf = await performed(Line(desk.office.send, access=desk.access(kept_by("password"))), write=True)
    shown = f"{record.document()} {shelf.documents}"
    assert "Bearer [secret] is not known" in shown
    assert not [each for each in ("access-0", "useless!", "refresh-0", "password-of-maya") if each in shown]


async def test_each_call_takes_a_place_and_gives_it_back(desk: Desk) -> None:
    desk.office.good, places = "Bearer revoked long ago", Places()
    line = Line(desk.office.send, access=desk.access(kept_by("password")), budget=places)
    record, _ = await performed(line)
    assert places.taken == ["taken", "answered 401", "taken", "answered 200"]
    assert [wait["why"] for wait in record.waits] == ["its turn", "its turn"]


async def test_without_credentials_no_place_is_taken(desk: Desk) -> None:
    desk.office.answers, places = [ENDED], Places()
    line = Line(desk.office.send, access=desk.access(kept_by("browser", renew_at=0)), budget=places)
    record, _ = await performed(line)
    assert (record.status, places.taken, desk.office.calls) == ("failed", [], [])


async def test_a_leave_that_is_not_used_gives_its_place_back(desk: Desk) -> None:
    places = Places()
    (await Line(desk.office.send, budget=places).leave("run", patient, ignored)).unused()
    assert places.taken == ["taken", "unused"]


async def test_a_place_is_not_held_while_credentials_are_renewed(desk: Desk) -> None:
    places, access = Places(), desk.access(kept_by("password", renew_at=0))
    desk.office.open.clear()
    waiting = asyncio.create_task(Line(desk.office.send, access=access, budget=places).leave("run", patient, ignored))
    await desk.office.arrived.wait()
    assert places.taken == []
    desk.office.open.set()
    await waiting
    assert places.taken == ["taken"]


async def test_credentials_whose_time_comes_while_a_place_is_waited_for_are_renewed(desk: Desk) -> None:
    class Late(Places):
        async def turn(self, run: str, patience_s: float) -> Places:
            if not self.taken:
                desk.clock.seconds += HOUR
            return await super().turn(run, patience_s)

    places, access = Late(), desk.access(kept_by("password"))
    leave = await Line(desk.office.send, access=access, budget=places).leave("run", patient, ignored)
    await leave.send(READ)
    assert places.taken == ["taken", "unused", "taken", "answered 200"]
    assert desk.office.calls == [("GET", "Bearer access-1")]


async def test_what_a_run_has_left_is_asked_for_at_each_wait(desk: Desk) -> None:
    class Noting(Places):
        async def turn(self, run: str, patience_s: float) -> Places:
            self.taken.append(f"patient for {patience_s:g}")
            return self

    class Slow:
        """Renews in four seconds."""

        ticket: Ticket | None = None

        def at_hand(self) -> Ticket | None:
            return self.ticket

        async def renew(self, patience_s: float) -> None:
            places.taken.append(f"renewed within {patience_s:g}")
            clock[0] += 4
            self.ticket = Ticket("Bearer a", frozenset(), 1)

        def discard(self, ticket: Ticket) -> bool:
            return False

    places, clock = Noting(), [0.0]
    line = Line(desk.office.send, access=Slow(), budget=places, now=lambda: clock[0])
    noted: list[tuple[float, str]] = []
    await line.leave("run", lambda: 10 - clock[0], lambda *wait: noted.append(wait))
    assert places.taken == ["renewed within 10", "patient for 6"]
    assert noted == [(4.0, "the access had to be renewed"), (2.0, "its turn")]


async def test_who_waits_for_access_in_vain_is_told_how_long(desk: Desk) -> None:
    desk.office.open.clear()
    noted: list[tuple[float, str]] = []
    line = Line(desk.office.send, access=desk.access(kept_by("password", renew_at=0)))
    with pytest.raises(Unreachable):
        await line.leave("run", lambda: NOTED_S * 2, lambda *wait: noted.append(wait))
    desk.office.open.set()
    assert [why for _, why in noted] == ["the access had to be renewed"]


async def test_without_credentials_and_limits_a_call_leaves_as_it_is() -> None:
    shown: list[tuple[Request, ...]] = []

    async def send(*given: Request) -> Response:
        shown.append(given)
        return answer({})

    leave = await Line(send, secrets=frozenset(["a secret"])).leave("run", patient, ignored)
    await leave.send(READ)
    assert (shown, leave.discard(), [*leave.secrets]) == ([(READ,)], False, ["a secret"])
    leave.unused()


def test_a_ticket_does_not_show_what_it_opens_with() -> None:
    ticket = Ticket("Bearer CANARY", frozenset(["CANARY"]), 7)
    assert "CANARY" not in f"{ticket!r} {ticket}"
