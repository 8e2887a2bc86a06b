"""Events brought once more."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.events import replay as replaying
from connector_runtime.events.replay import Replay
from connector_runtime.hosts.directories import events_file, outbox_file
from connector_runtime.hosts.subscribed import files_in
from connector_runtime.store import Location
from connector_runtime.store.events import Events
from connector_runtime.store.outbox import Failed, Outbox
from tests.connector_runtime.events.subscribing import desk
from tests.connector_runtime.events.test_dispatch import keep


@pytest.fixture
def outbox(location: Location) -> Iterator[Outbox]:
    keep(location, 1, 2, 3)
    keep(location, 4, event="loan.ended")
    keep(location, 5)
    with closing(Outbox(outbox_file(location))) as opened:
        opened.add("desk", 5)
        yield opened


@pytest.fixture
def replay(location: Location) -> Replay:
    return Replay(files_in(location), "%d.%m.%Y %H:%M")


def waiting(outbox: Outbox) -> list[int]:
    return [each.cursor for each in outbox.due("desk", 1e12, 100)]


def test_those_that_are_named(replay: Replay, outbox: Outbox) -> None:
    assert replay.named(desk(), [4, 1]) == 2
    assert sorted(waiting(outbox)) == [1, 4], "even one that it has not subscribed to"
    with pytest.raises(InvalidInput, match="there is no event 99"):
        replay.named(desk(), [1, 99])


@pytest.mark.parametrize("page", [1, 2, 500])
def test_all_that_it_wants_of_a_stretch(
    replay: Replay, outbox: Outbox, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replaying, "PAGE", page)
    assert (replay.between(desk(), 1, 4), waiting(outbox)) == (2, [2, 3])
    assert (replay.between(desk(), 0, None), waiting(outbox)) == (4, [1, 2, 3, 5])
    assert replay.between(desk(), 5, None) == 0


def test_what_was_parked(replay: Replay, outbox: Outbox) -> None:
    assert replay.parked(desk()) == (0, 0)
    replay.named(desk(), [2, 3])
    sent = outbox.due("desk", 1e12, 100)
    outbox.settle("desk", [], [Failed(each, at=1, due=None, failure="it answered 404") for each in sent])
    assert (waiting(outbox), len(outbox.parked())) == ([], 2)
    assert (replay.parked(desk()), sorted(waiting(outbox)), outbox.parked()) == ((2, 0), [2, 3], [])
    again = outbox.due("desk", 1e12, 100)
    assert {(each.id, each.body) for each in again} == {(each.id, each.body) for each in sent}


def test_what_was_parked_and_is_kept_no_longer_keeps_nothing_else_from_being_brought(
    replay: Replay, outbox: Outbox, location: Location
) -> None:
    replay.named(desk(), [2, 3])
    sent = outbox.due("desk", 1e12, 100)
    outbox.settle("desk", [], [Failed(each, at=1, due=None, failure="it answered 404") for each in sent])
    with closing(Events(events_file(location))) as events:
        events._connection.execute("DELETE FROM events WHERE cursor = 2")
    assert (replay.parked(desk()), waiting(outbox), outbox.parked()) == ((1, 1), [3], [])


def test_what_was_parked_of_other_events_is_not_taken_for_these(replay: Replay, outbox: Outbox) -> None:
    replay.named(desk(), [2])
    other = replace(outbox.due("desk", 1e12, 1)[0], id="evt_other")
    outbox.put_again("desk", [other], 1)
    outbox.settle("desk", [], [Failed(other, at=1, due=None, failure="it answered 404")])
    assert (replay.parked(desk()), waiting(outbox)) == ((0, 1), [])


@pytest.mark.usefixtures("outbox")
@pytest.mark.parametrize(("after", "until", "said"), [(99, None, "the latest is 5"), (3, 3, "later than 3")])
def test_a_stretch_in_which_nothing_can_be_is_refused(replay: Replay, after: int, until: int | None, said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        replay.between(desk(), after, until)


def test_nothing_is_brought_once_more_to_the_next_of_that_name(replay: Replay, outbox: Outbox) -> None:
    replay.named(desk(generation="another"), [2])
    assert waiting(outbox) == []
