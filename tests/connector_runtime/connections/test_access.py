"""Credentials: fresh ahead of their end, renewed once for all, and never lost."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector_runtime.connections.tokens import Tokens
from connector_runtime.errors import (
    ConnectorError,
    InvalidInput,
    PlatformBroken,
    Unauthorized,
    Unreachable,
)
from tests.connector_runtime.connections.granting import ENDED, HOUR, Desk, desk_in, kept_by, ready
from tests.connector_runtime.workshop import answer

MANY = 50

RENEWING = """
import sys, time
from pathlib import Path
from connector_runtime.hosts.connected import safe_in
with safe_in(Path(sys.argv[1]), "toy") as safe, safe.alone(safe.get("acme")) as mine:
    print("alone" if mine else "not alone", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from desk_in(tmp_path)


@pytest.mark.parametrize(("left_s", "asked"), [(1, 0), (0, 1), (-HOUR, 1)])
async def test_a_token_is_renewed_when_its_time_has_come(desk: Desk, left_s: float, asked: int) -> None:
    access = desk.access(kept_by("password"))
    desk.clock.seconds += HOUR - left_s
    ticket = await ready(access)
    assert (len(desk.office.asked), ticket.authorization) == (asked, f"Bearer access-{asked}")


async def test_a_token_of_which_nobody_says_when_it_ends_is_shown_until_it_is_refused(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=None))
    desk.clock.seconds += 1e8
    ticket = await ready(access)
    assert (ticket.authorization, desk.office.asked) == ("Bearer access-0", [])
    assert access.discard(ticket)
    assert (await ready(access)).authorization == "Bearer access-1"


async def test_a_refresh_asks_with_the_refresh_token_and_the_app(desk: Desk) -> None:
    await ready(desk.access(kept_by("browser", renew_at=0)))
    assert desk.office.asked == [
        {
            "grant_type": "refresh_token",
            "client_id": "my-app",
            "client_secret": "client-secret-1",
            "refresh_token": "refresh-0",
        }
    ]


async def test_many_at_once_make_one_refresh(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    tickets = await asyncio.gather(*(ready(access) for _ in range(MANY)))
    assert {ticket.authorization for ticket in tickets} == {"Bearer access-1"}
    assert len(desk.office.asked) == 1


async def test_many_that_are_refused_at_once_make_one_refresh_and_latecomers_none(desk: Desk) -> None:
    access = desk.access(kept_by("password"))
    ticket = await ready(access)
    assert all(access.discard(ticket) for _ in range(MANY))
    newer = await asyncio.gather(*(ready(access) for _ in range(MANY)))
    assert access.discard(ticket)
    assert {each.authorization for each in (*newer, await ready(access))} == {"Bearer access-1"}
    assert len(desk.office.asked) == 1


async def test_many_sessions_of_one_connection_make_one_refresh(desk: Desk) -> None:
    first = desk.access(kept_by("password", renew_at=0))
    sessions = [first, *(desk.access() for _ in range(9))]
    tickets = await asyncio.gather(*(ready(each) for each in sessions for _ in range(5)))
    assert {ticket.authorization for ticket in tickets} == {"Bearer access-1"}
    assert len(desk.office.asked) == 1


@pytest.mark.parametrize("told", [answer({"message": "out of order"}, 503), Unreachable("no answer"), answer({})])
async def test_a_refresh_that_fails_is_one_request_and_an_error_of_its_own_for_each(desk: Desk, told: object) -> None:
    desk.office.answers = [told]  # type: ignore[list-item]
    access = desk.access(kept_by("password", renew_at=0))
    ended = await asyncio.gather(*(ready(access) for _ in range(MANY)), return_exceptions=True)
    assert all(isinstance(each, ConnectorError) for each in ended)
    assert (len({id(each) for each in ended}), len({str(each) for each in ended})) == (MANY, 1)
    assert len(desk.office.asked) == 1
    assert (await ready(access)).authorization == "Bearer access-2"


async def test_an_error_that_one_run_writes_on_is_clean_for_the_others(desk: Desk) -> None:
    desk.office.answers = [answer({"message": "out of order"}, 503)]
    access = desk.access(kept_by("password", renew_at=0))
    one, other = await asyncio.gather(*(ready(access) for _ in range(2)), return_exceptions=True)
    assert isinstance(one, PlatformBroken) and isinstance(other, PlatformBroken)
    one.say("something else")
    one.effect = "unknown"
    assert ("out of order" in other.message, other.effect) == (True, "none")


async def test_a_refresh_token_that_comes_is_kept_before_anybody_uses_what_it_came_with(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    await ready(access)
    assert desk.safe().get("acme").tokens == Tokens("access-1", "refresh-1", 1e9 + HOUR)
    desk.clock.seconds += HOUR
    await ready(access)
    assert [each["refresh_token"] for each in desk.office.asked] == ["refresh-0", "refresh-1"]


async def test_where_no_refresh_token_comes_the_old_one_stays(desk: Desk) -> None:
    desk.office.rotates = False
    await ready(desk.access(kept_by("password", renew_at=0)))
    assert desk.safe().get("acme").tokens == Tokens("access-1", "refresh-0", 1e9 + HOUR)


async def test_whoever_renews_is_waited_for_and_his_tokens_are_taken(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    other = desk.safe()
    theirs = other.get("acme")
    with other.alone(theirs):
        waiting = asyncio.create_task(ready(access))
        for _ in range(10):
            await asyncio.sleep(0)
        assert desk.clock.slept > 1
        assert not waiting.done()
        assert other.swap_tokens(theirs, Tokens("theirs", "refresh", desk.clock.now() + HOUR))
    assert (await waiting).authorization == "Bearer theirs"
    assert desk.office.asked == []


async def test_a_process_that_ends_while_it_renews_is_not_waited_for(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    command = [sys.executable, "-c", RENEWING, str(desk.directory)]
    other = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert other.stdout is not None and await other.stdout.readline() == b"alone\n"
    waiting = asyncio.create_task(ready(access))
    for _ in range(10):
        await asyncio.sleep(0)
    assert (waiting.done(), desk.office.asked) == (False, [])
    other.kill()
    assert (await waiting).authorization == "Bearer access-1"
    await other.wait()


async def test_a_refresh_that_failed_leaves_the_next_to_others(desk: Desk) -> None:
    desk.office.answers = [answer({}, 503)]
    access = desk.access(kept_by("password", renew_at=0))
    with pytest.raises(PlatformBroken):
        await ready(access)
    assert (await ready(desk.access())).authorization == "Bearer access-2"
    assert desk.clock.slept == 0


async def test_who_connected_anew_during_a_refresh_has_the_last_word(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    desk.office.open.clear()
    waiting = asyncio.create_task(ready(access))
    await desk.office.arrived.wait()
    desk.safe().replace(kept_by("password", refresh="anew"))
    desk.office.open.set()
    assert (await waiting).authorization == "Bearer access-0"
    tokens = desk.safe().get("acme").tokens
    assert tokens is not None and tokens.refresh == "anew"


async def test_who_is_interrupted_does_not_interrupt_a_renewal(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    desk.office.open.clear()
    one, other = (asyncio.create_task(ready(access)) for _ in range(2))
    await desk.office.arrived.wait()
    one.cancel()
    with pytest.raises(asyncio.CancelledError):
        await one
    desk.office.open.set()
    assert (await other).authorization == "Bearer access-1"
    assert len(desk.office.asked) == 1


async def test_a_renewal_for_which_nobody_waits_any_longer_is_kept_at_the_end(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    desk.office.open.clear()
    one = asyncio.create_task(ready(access))
    await desk.office.arrived.wait()
    one.cancel()
    closing = asyncio.create_task(access.close())
    await asyncio.sleep(0)
    assert not closing.done()
    desk.office.open.set()
    await closing
    tokens = desk.safe().get("acme").tokens
    assert tokens is not None and tokens.refresh == "refresh-1"


async def test_who_has_no_patience_is_told_so_and_the_renewal_goes_on(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    desk.office.open.clear()
    with pytest.raises(Unreachable, match="not renewed the access in time"):
        await ready(access, 0.001)
    desk.office.open.set()
    await access.close()
    assert (await ready(access)).authorization == "Bearer access-1"
    assert len(desk.office.asked) == 1


@pytest.mark.parametrize(("method", "refresh"), [("browser", None), ("token", None)])
async def test_a_token_that_nobody_can_renew(desk: Desk, method: str, refresh: str | None) -> None:
    access = desk.access(kept_by(method, refresh=refresh))
    assert not access.discard(await ready(access))
    desk.clock.seconds += 2 * HOUR
    with pytest.raises(Unauthorized, match="has expired, and cannot be renewed") as caught:
        await ready(access)
    assert (caught.value.code, desk.office.asked) == ("access_ended", [])


async def test_a_connection_that_was_removed_is_not_renewed(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    desk.safe().remove("acme")
    with pytest.raises(InvalidInput, match="there is no connection `acme`"):
        await ready(access)
    assert desk.office.asked == []


async def test_a_session_that_ends_waits_for_nobody_else(desk: Desk) -> None:
    access, other = desk.access(kept_by("password", renew_at=0)), desk.safe()
    with other.alone(other.get("acme")) as mine:
        assert mine
        with pytest.raises(Unreachable):
            await ready(access, 0.01)
        await access.close()
    assert desk.office.asked == []


async def test_a_renewal_that_fails_when_nobody_waits_any_longer_is_no_news(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.office.answers = [ENDED]
    desk.office.open.clear()
    access = desk.access(kept_by("browser", renew_at=0))
    with pytest.raises(Unreachable):
        await ready(access, 0.01)
    desk.office.open.set()
    await access.close()
    access._renewal = None
    gc.collect()
    assert "never retrieved" not in caplog.text
