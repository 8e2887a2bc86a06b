"""Deliveries let in: kept before anybody is thanked, once, or set aside with the reason."""

from __future__ import annotations

import asyncio
import json
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
from connector_runtime.events.delivery import Reader
from connector_runtime.events.receiver import Receiver, Rules
from connector_runtime.store import Location
from connector_runtime.store.arrivals import Arrival, Endpoint, Occurrence
from connector_runtime.store.aside import KEPT_ASIDE
from connector_runtime.store.endpoints import MOST
from connector_runtime.store.events import Events
from connector_runtime.values import as_text
from tests.connector_runtime.events.sending import basic, counts_in, kept_in, let_in, loan
from tests.connector_runtime.workshop import TOY
from tests.places import on_disk

NOW = datetime(2026, 2, 2, tzinfo=UTC)
MANY = 200


@pytest.fixture(scope="module")
def toy() -> Connector:
    return load(TOY)


@pytest.fixture
def file(location: Location) -> Location:
    return location / "events.sqlite3"


def aside_in(file: Location) -> list[tuple[str, str, str]]:
    """Reason, detail and body of what was put aside."""
    events = Events(file)
    found = [(each["reason"], each["detail"], each["body"]) for each in events.aside(10_000)]
    events.close()
    return found


@asynccontextmanager
async def opened(toy: Connector, file: Location, **rules: Any) -> AsyncIterator[Receiver]:
    receiver = Receiver(toy, file, Rules(**rules), now=lambda: NOW)
    try:
        yield receiver
    finally:
        await receiver.close()


async def test_an_event_is_on_the_disk_when_its_bringer_is_thanked(toy: Connector, file: Location) -> None:
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


async def test_what_comes_twice_is_kept_once_and_counted(toy: Connector, file: Location) -> None:
    sender = let_in(file)
    how = {"authorization": sender.authorization}
    same_happening = loan(1).replace(b'"number": 1', b'"number": 99')
    async with opened(toy, file) as receiver:
        for body in (loan(1), loan(1), same_happening):
            assert await receiver.receive(sender.credentials.address, body, **how) == "kept"
    assert (len(kept_in(file)), counts_in(file)) == (1, {"kept": 1, "duplicate": 2})


async def test_what_says_something_else_is_kept_even_under_a_number_that_was_there(
    toy: Connector, file: Location
) -> None:
    sender = let_in(file)
    how = {"authorization": sender.authorization}
    async with opened(toy, file) as receiver:
        for body in (loan(1), loan(1, note="spelt otherwise", at="01.02.2026 10:01")):
            assert await receiver.receive(sender.credentials.address, body, **how) == "kept"
    assert [event["payload"]["note"] for event in kept_in(file)] == [None, "spelt otherwise"]


async def test_events_of_one_commit_keep_the_order_of_their_arrival(toy: Connector, file: Location) -> None:
    let_in(file)
    kinds = ["loan.made", "loan.ended", "loan.made", "loan.made", "loan.ended"]
    arrivals = [
        Arrival(name, as_text(NOW), [Occurrence(kind, f"m-{n}", 0, f"i-{n}", f"c-{n}", None, {"n": n})])
        for n, (kind, name) in enumerate(zip(kinds, ["b", "a", "b", "a", "b"], strict=True))
    ]
    events = Events(file)
    events.keep(arrivals)
    found = events.after(0, 100)
    counts = {(each["connection"], each["event"]): each["number"] for each in events.counts()}
    events.close()
    assert [each["payload"]["n"] for each in found] == [0, 1, 2, 3, 4]
    assert counts == {("a", "loan.ended"): 1, ("a", "loan.made"): 1, ("b", "loan.ended"): 1, ("b", "loan.made"): 2}


async def test_what_cannot_be_read_as_documented_is_kept_and_put_aside_whole(toy: Connector, file: Location) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        odd = loan(1, note={"an": "object"})
        assert await receiver.receive(sender.credentials.address, odd, authorization=sender.authorization) == "kept"
    (event,) = kept_in(file)
    assert event["payload"]["note"] is None
    ((reason, detail, body),) = aside_in(file)
    assert reason == "odd" and "/note" in detail and '"an"' in body


async def test_the_good_ones_of_a_group_are_kept_beside_an_old_one(toy: Connector, file: Location) -> None:
    sender = let_in(file)
    old, new = ({"at": at, "book_code": f"B-{at}", "member_id": 7} for at in ("01.01.2020 10:00", "01.02.2026 10:00"))
    group = json.dumps({"number": 5, "event": "loan.made", "all": [old, new]}).encode()
    async with opened(toy, file) as receiver:
        verdict = await receiver.receive(sender.credentials.address, group, authorization=sender.authorization)
    assert (verdict, [each["payload"]["at"] for each in kept_in(file)]) == ("kept", ["01.02.2026 10:00"])
    assert [reason for reason, _, _ in aside_in(file)] == ["too_old"]


def group(*moments: str, number: int = 1) -> bytes:
    """A delivery of as many loans."""
    payloads = [{"at": at, "book_code": f"B-{place}", "member_id": 7} for place, at in enumerate(moments)]
    return json.dumps({"number": number, "event": "loan.made", "all": payloads}).encode()


async def test_of_a_large_group_each_event_is_looked_at_once_and_elsewhere(
    toy: Connector, file: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not read by the thread that lets the others in, and no two of its events are compared with each other."""
    threads: set[int] = set()

    def compared(self: Occurrence, other: object) -> bool:
        raise AssertionError("two events were compared")

    def watched(self: Reader, body: bytes, read: Any = Reader.read) -> Any:
        threads.add(threading.get_ident())
        return read(self, body)

    monkeypatch.setattr(Occurrence, "__eq__", compared)
    monkeypatch.setattr(Reader, "read", watched)
    sender = let_in(file)
    body = group(*["01.02.2026 10:00", "01.01.2026 10:00"] * 500)
    async with opened(toy, file) as receiver:
        verdicts = await asyncio.gather(
            *(
                receiver.receive(sender.credentials.address, each, authorization=sender.authorization)
                for each in (body, group(*["01.02.2026 11:00"] * 1000, number=2), b"[" * 100_000)
            )
        )
    assert verdicts == ["kept", "kept", "malformed"]
    assert len(kept_in(file)) == 1500 and threading.get_ident() not in threads


async def test_a_moment_that_is_none_is_malformed_and_does_not_pass_the_window(toy: Connector, file: Location) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        for at in ("2020-01-01T00:00:00Z", "yesterday"):
            body = loan(1, at=at)
            verdict = await receiver.receive(sender.credentials.address, body, authorization=sender.authorization)
            assert verdict == "malformed"
    assert kept_in(file) == []


async def test_an_address_told_as_one_of_both_kinds_is_the_same(toy: Connector, file: Location) -> None:
    sender = let_in(file)
    async with opened(toy, file, sources=[ip_network("203.0.113.0/24")]) as receiver:
        for number, (source, verdict) in enumerate((("::ffff:203.0.113.7", "kept"), ("::ffff:203.0.114.7", "foreign"))):
            how = {"authorization": sender.authorization, "source": source}
            assert await receiver.receive(sender.credentials.address, loan(number), **how) == verdict
    assert aside_in(file) == [], "whoever comes from elsewhere is counted, and leaves nothing"
    assert counts_in(file)["foreign"] == 1


async def test_what_is_wrong_with_the_disk_is_told_once_and_that_it_is_right_again(
    toy: Connector, file: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender, told = let_in(file), list[str]()
    receiver = Receiver(toy, file, Rules(), now=lambda: NOW, tell=told.append)
    keep = Events.keep

    def failing(self: Events, arrivals: Sequence[Arrival]) -> None:
        raise ZeroDivisionError

    how = {"authorization": sender.authorization}
    monkeypatch.setattr(Events, "keep", failing)
    for number in range(3):
        assert await receiver.receive(sender.credentials.address, loan(number), **how) == "not_kept"
    monkeypatch.setattr(Events, "keep", keep)
    assert await receiver.receive(sender.credentials.address, loan(4), **how) == "kept"
    await receiver.close()
    assert told == ["an event could not be kept (ZeroDivisionError)", "events are kept again"]


@on_disk
async def test_what_is_kept_is_where_others_look_even_if_the_file_was_taken_away(
    toy: Connector, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "LOOK_AGAIN_S", 0)
    sender = let_in(file)
    how = {"authorization": sender.authorization}
    async with opened(toy, file) as receiver:
        assert await receiver.receive(sender.credentials.address, loan(1), **how) == "kept"
        for each in file.parent.glob("events*"):
            each.rename(each.with_name(f"old-{each.name}"))
        assert await receiver.receive(sender.credentials.address, loan(2), **how) == "nowhere"
        sender = let_in(file)
        how = {"authorization": sender.authorization}
        assert await receiver.receive(sender.credentials.address, loan(3), **how) == "kept"
    assert [event["message_id"] for event in kept_in(file)] == ["3"]


async def test_more_than_can_wait_are_asked_to_come_again(
    toy: Connector, file: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "MOST_WAITING", 2)
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        endpoint = await receiver.admitted(sender.credentials.address, authorization=sender.authorization)
        assert isinstance(endpoint, Endpoint)
        verdicts = await asyncio.gather(*(receiver.take(endpoint, loan(number)) for number in range(5)))
    assert sorted(verdicts) == ["kept", "kept", "not_kept", "not_kept", "not_kept"]
    assert len(kept_in(file)) == 2


async def test_two_changes_within_one_second_are_two_events_of_one_identity(toy: Connector, file: Location) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        for number, note in ((1, "lent"), (2, "renewed")):
            body = loan(1, note=note).replace(b'"number": 1', f'"number": {number}'.encode())
            await receiver.receive(sender.credentials.address, body, authorization=sender.authorization)
    first, second = kept_in(file)
    assert first["identity"] == second["identity"]
    assert [event["payload"]["note"] for event in (first, second)] == ["lent", "renewed"]


async def test_what_arrives_while_a_commit_is_on_its_way_is_kept_with_the_next(
    toy: Connector, file: Location, monkeypatch: pytest.MonkeyPatch
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
        (loan(1, at="25.01.2026 23:58"), "too_old"),
    ],
)
async def test_what_is_not_taken_is_set_aside_with_the_reason(
    toy: Connector, file: Location, body: bytes, verdict: str
) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        told = await receiver.receive(sender.credentials.address, body, authorization=sender.authorization)
    events = Events(file)
    (aside,) = events.aside(10)
    events.close()
    assert (told, aside["reason"], aside["connection"], aside["body"]) == (verdict, verdict, "village", body.decode())
    assert (kept_in(file), counts_in(file)) == ([], {verdict: 1})


async def test_what_is_too_old_is_told_as_the_clock_here_may_be_wrong(toy: Connector, file: Location) -> None:
    sender, other = let_in(file), let_in(file, "town")
    told: list[str] = []
    receiver = Receiver(toy, file, Rules(), now=lambda: NOW + timedelta(days=30), tell=told.append)
    for who in (sender, sender, other):
        await receiver.receive(who.credentials.address, loan(1), authorization=who.authorization)
    await receiver.close()
    assert [words.partition(":")[0] for words in told] == ["village", "town"], "once for each"
    assert "loan.made happened at 01.02.2026 10:00, and it is 2026-03-04T00:00:00.000Z by the clock here" in told[0]


async def test_an_old_event_is_taken_where_there_is_no_window(toy: Connector, file: Location) -> None:
    sender = let_in(file)
    async with opened(toy, file, replay_window=None) as receiver:
        body = loan(1, at="01.01.1999 10:00")
        assert await receiver.receive(sender.credentials.address, body, authorization=sender.authorization) == "kept"
    async with opened(toy, file, replay_window=timedelta(days=8)) as receiver:
        body = loan(2, at="25.01.2026 23:59")
        assert await receiver.receive(sender.credentials.address, body, authorization=sender.authorization) == "kept"


@pytest.mark.parametrize("shown", ["", basic("webhooks", "guessed")])
async def test_a_forger_is_refused_and_what_it_brought_is_seen(toy: Connector, file: Location, shown: str) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        assert await receiver.receive(sender.credentials.address, loan(1), authorization=shown) == "forged"
    assert (kept_in(file), counts_in(file)) == ([], {"forged": 1})


async def test_an_address_that_nobody_has_is_nowhere(toy: Connector, file: Location) -> None:
    sender = let_in(file)
    async with opened(toy, file) as receiver:
        assert await receiver.receive("guessed", loan(1), authorization=sender.authorization) == "nowhere"
    assert counts_in(file) == {}


async def test_an_endpoint_that_is_closed_or_made_anew_takes_nothing_under_the_old_letter(
    toy: Connector, file: Location, monkeypatch: pytest.MonkeyPatch
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


async def test_an_address_that_is_replaced_may_let_in_until_a_moment(
    toy: Connector, file: Location, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(receiving, "LOOK_AGAIN_S", -1.0)
    old, over = let_in(file, old_until="2999-01-01T00:00:00.000Z"), let_in(file, "town")
    async with opened(toy, file) as receiver:
        new = let_in(file, old_until="2999-01-01T00:00:00.000Z")
        let_in(file, "town", old_until="2020-01-01T00:00:00.000Z")
        brought = [(old, 1, "kept"), (new, 2, "kept"), (over, 3, "nowhere")]
        for sender, number, verdict in brought:
            told = await receiver.receive(sender.credentials.address, loan(number), authorization=sender.authorization)
            assert told == verdict, number
        events = Events(file)
        assert events.made_by_hand() == ["town", "village"] and events.close_endpoint("village")
        assert [each.connection for each in events.endpoints()] == ["town"]
        events.close()
        assert await receiver.receive(old.credentials.address, loan(4), authorization=old.authorization) == "nowhere"


@pytest.mark.parametrize(
    ("source", "verdict"), [("203.0.113.7", "kept"), ("198.51.100.1", "foreign"), ("", "foreign"), ("x", "foreign")]
)
async def test_only_those_networks_bring_something_that_may(
    toy: Connector, file: Location, source: str, verdict: str
) -> None:
    sender = let_in(file)
    async with opened(toy, file, sources=[ip_network("203.0.113.0/24")]) as receiver:
        how = {"authorization": sender.authorization, "source": source}
        assert await receiver.receive(sender.credentials.address, loan(1), **how) == verdict


async def test_what_the_disk_does_not_take_is_not_thanked_for_and_taken_later(
    toy: Connector, file: Location, monkeypatch: pytest.MonkeyPatch
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


async def test_who_leaves_before_being_thanked_has_brought_it_all_the_same(toy: Connector, file: Location) -> None:
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


def test_of_what_was_set_aside_the_latest_stays(file: Location) -> None:
    events = Events(file)
    events.keep([Arrival("village", "t", reason="forged", detail=str(n)) for n in range(KEPT_ASIDE + 7)])
    found = events.aside(2 * KEPT_ASIDE)
    events.close()
    assert (len(found), found[0]["detail"], found[-1]["detail"]) == (KEPT_ASIDE, str(KEPT_ASIDE + 6), "7")


@on_disk
def test_a_directory_that_cannot_be_used_is_named(toy: Connector, location: Path) -> None:
    (location / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be used"):
        Receiver(toy, location / "file" / "events.sqlite3", Rules())


def test_few_addresses_that_were_replaced_let_in_still(file: Location) -> None:
    for _ in range(9):
        let_in(file, old_until="2999-01-01T00:00:00.000Z")
    events = Events(file)
    assert len(events.endpoints()) == 1 + MOST
    events.close()
