"""Deliveries let in: kept before anybody is thanked, once, or set aside with the reason."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.definition import Connector, load
from connector_runtime.errors import InvalidInput, NotNow
from connector_runtime.events import receiver as receiving
from connector_runtime.events.receiver import Receiver, Rules
from connector_runtime.store.events import KEPT_ASIDE, Arrival, Events
from tests.connector_runtime.events.sending import basic, counts_in, kept_in, let_in, loan
from tests.connector_runtime.workshop import TOY

NOW = datetime(2026, 2, 2, tzinfo=UTC)
MANY = 200


@pytest.fixture(scope="module")
def toy() -> Connector:
    return load(TOY)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "events.sqlite3"


@asynccontextmanager
async def opened(toy: Connector, file: Path, **rules: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(toy, file, Rules(**rules), now=lambda: NOW)
    try:
        yield receiver
    finally:
        await receiver.close()


async def test_an_event_is_on_the_disk_when_its_bringer_is_thanked(toy: Connector, file: Path) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        verdict = await receiver.receive(sender.credentials.address, loan(1), authorization=sender.authorization)
        (event,) = kept_in(file)  # before it closes
    assert verdict == "kept"
    assert (event["cursor"], event["connection"], event["event"], event["message_id"]) == (
        1,
        "village",
        "loan.made",
        "1",
    )
    assert event["payload"]["book_code"] == "B-1"


async def test_what_comes_twice_is_kept_once_and_counted(toy: Connector, file: Path) -> None:
    sender = let_in(file)
    how = {"authorization": sender.authorization}
    same_happening = loan(1).replace(b'"number": 1', b'"number": 99')
    same_message = loan(1, note="spelt otherwise", at="01.02.2026 10:01")
    async with opened(toy, file) as receiver:
        for body in (loan(1), loan(1), same_happening, same_message):
            assert await receiver.receive(sender.credentials.address, body, **how) == "kept"
    assert (len(kept_in(file)), counts_in(file)) == (1, {"kept": 1, "duplicate": 3})


async def test_two_changes_within_one_second_are_two_events_of_one_identity(toy: Connector, file: Path) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        for number, note in ((1, "lent"), (2, "renewed")):
            body = loan(1, note=note).replace(b'"number": 1', f'"number": {number}'.encode())
            await receiver.receive(sender.credentials.address, body, authorization=sender.authorization)
    first, second = kept_in(file)
    assert first["identity"] == second["identity"]
    assert [event["payload"]["note"] for event in (first, second)] == ["lent", "renewed"]


async def test_what_arrives_while_a_commit_is_on_its_way_is_kept_with_the_next(
    toy: Connector, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "LOOK_AGAIN_S", 3600.0)
    sender, disk = let_in(file), threading.Event()
    commits: list[int] = []
    begun, keep = threading.Event(), Events.keep

    def slow(store: Events, given: Sequence[Arrival]) -> None:
        commits.append(len(given))
        begun.set()
        assert disk.wait(60)
        keep(store, given)

    async with opened(toy, file) as receiver:
        how = {"authorization": sender.authorization}
        await receiver.receive(sender.credentials.address, loan(MANY), **how)
        monkeypatch.setattr(Events, "keep", slow)
        bodies = map(loan, range(MANY))
        arriving = [asyncio.create_task(receiver.receive(sender.credentials.address, next(bodies), **how))]
        assert await asyncio.to_thread(begun.wait, 60)
        arriving += [asyncio.create_task(receiver.receive(sender.credentials.address, body, **how)) for body in bodies]
        for _ in range(3):
            await asyncio.sleep(0)
        disk.set()
        assert set(await asyncio.gather(*arriving)) == {"kept"}
    assert commits == [1, MANY - 1]
    assert sorted(event["message_id"] for event in kept_in(file)) == sorted(map(str, range(MANY + 1)))


@pytest.mark.parametrize(
    ("body", "verdict"),
    [
        (b"{", "malformed"),
        (b'{"number": 1, "event": "loan.lost", "payload": {}}', "unknown_event"),
        (loan(1, at="25.01.2026 23:59"), "too_old"),
    ],
)
async def test_what_is_not_taken_is_set_aside_with_the_reason(
    toy: Connector, file: Path, body: bytes, verdict: str
) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        told = await receiver.receive(sender.credentials.address, body, authorization=sender.authorization)
    events = Events(file)
    (aside,) = events.aside(10)
    events.close()
    assert (told, aside["reason"], aside["connection"], aside["body"]) == (verdict, verdict, "village", body.decode())
    assert (kept_in(file), counts_in(file)) == ([], {verdict: 1})


async def test_an_old_event_is_taken_where_there_is_no_window(toy: Connector, file: Path) -> None:
    sender = let_in(file)
    async with opened(toy, file, replay_window=None) as receiver:
        body = loan(1, at="01.01.1999 10:00")
        assert await receiver.receive(sender.credentials.address, body, authorization=sender.authorization) == "kept"
    async with opened(toy, file, replay_window=timedelta(days=8)) as receiver:
        body = loan(2, at="25.01.2026 23:59")
        assert await receiver.receive(sender.credentials.address, body, authorization=sender.authorization) == "kept"


@pytest.mark.parametrize("shown", ["", basic("webhooks", "guessed")])
async def test_a_forger_is_refused_and_what_it_brought_is_seen(toy: Connector, file: Path, shown: str) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        assert await receiver.receive(sender.credentials.address, loan(1), authorization=shown) == "forged"
    assert (kept_in(file), counts_in(file)) == ([], {"forged": 1})


async def test_an_address_that_nobody_has_is_nowhere(toy: Connector, file: Path) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        assert await receiver.receive("guessed", loan(1), authorization=sender.authorization) == "nowhere"
    assert counts_in(file) == {}


async def test_an_endpoint_that_is_closed_or_made_anew_takes_nothing_under_the_old_letter(
    toy: Connector, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "LOOK_AGAIN_S", -1.0)
    old = let_in(file)
    async with opened(toy, file) as receiver:
        new = let_in(file)
        assert await receiver.receive(old.credentials.address, loan(1), authorization=old.authorization) == "nowhere"
        assert await receiver.receive(new.credentials.address, loan(1), authorization=old.authorization) == "forged"
        assert await receiver.receive(new.credentials.address, loan(1), authorization=new.authorization) == "kept"
        events = Events(file)
        assert (events.close_endpoint("village"), events.close_endpoint("village")) == (True, False)
        events.close()
        assert await receiver.receive(new.credentials.address, loan(2), authorization=new.authorization) == "nowhere"
    assert len(kept_in(file)) == 1


@pytest.mark.parametrize(
    ("source", "verdict"), [("203.0.113.7", "kept"), ("198.51.100.1", "foreign"), ("", "foreign"), ("x", "foreign")]
)
async def test_only_those_networks_bring_something_that_may(
    toy: Connector, file: Path, source: str, verdict: str
) -> None:
    sender = let_in(file)
    async with opened(toy, file, sources=[ip_network("203.0.113.0/24")]) as receiver:
        how = {"authorization": sender.authorization, "source": source}
        assert await receiver.receive(sender.credentials.address, loan(1), **how) == verdict


async def test_what_the_disk_does_not_take_is_not_thanked_for_and_taken_later(
    toy: Connector, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender = let_in(file)
    how = {"authorization": sender.authorization}

    def full(store: Events, given: object) -> None:
        raise NotNow("disk full", code="not_kept")

    async with opened(toy, file) as receiver:
        with monkeypatch.context() as patched:
            patched.setattr(Events, "keep", full)
            assert await receiver.receive(sender.credentials.address, loan(1), **how) == "not_kept"
        assert await receiver.receive(sender.credentials.address, loan(1), **how) == "kept"


async def test_who_leaves_before_being_thanked_has_brought_it_all_the_same(toy: Connector, file: Path) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        await receiver.receive(sender.credentials.address, loan(0), authorization=sender.authorization)
        leaving = asyncio.create_task(
            receiver.receive(sender.credentials.address, loan(1), authorization=sender.authorization)
        )
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
    assert [event["message_id"] for event in kept_in(file)] == ["0", "1"]


def test_of_what_was_set_aside_the_latest_stays(file: Path) -> None:
    events = Events(file)
    events.keep([Arrival("village", "t", reason="forged", detail=str(n)) for n in range(KEPT_ASIDE + 7)])
    found = events.aside(2 * KEPT_ASIDE)
    events.close()
    assert (len(found), found[0]["detail"], found[-1]["detail"]) == (KEPT_ASIDE, str(KEPT_ASIDE + 6), "7")


def test_a_directory_that_cannot_be_used_is_named(toy: Connector, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be used"):
        Receiver(toy, tmp_path / "file" / "events.sqlite3", Rules())
