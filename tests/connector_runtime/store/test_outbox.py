"""The outbox: nothing left out, nothing before its turn, and one sender at a time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connector_runtime.errors import NotNow
from connector_runtime.store import Location
from connector_runtime.store.outbox import Failed, Message, Outbox, Position, Standing
from tests.places import on_disk


def mail(cursor: int, *, line: str | None = None, happened_at: str = "2026-02-01T10:00:00.000Z") -> Message:
    return Message(cursor, f"evt_{cursor}", f'{{"n":{cursor}}}', line, happened_at)


@pytest.fixture
def path(location: Location) -> Location:
    return location / "outbox.sqlite3"


@pytest.fixture
def outbox(path: Location) -> Iterator[Outbox]:
    with closing(Outbox(path)) as opened:
        opened.add("desk", 0)
        yield opened


def due(outbox: Outbox, now: float = 100, limit: int = 10, name: str = "desk") -> list[int]:
    return [each.cursor for each in outbox.due(name, now, limit)]


def test_what_is_put_out_waits_until_it_is_taken(outbox: Outbox) -> None:
    outbox.put_out(3, {"desk": [mail(1), mail(3)]}, 100)
    assert due(outbox) == [1, 3]
    outbox.settle("desk", [mail(1)], [])
    assert due(outbox) == [3]
    assert outbox.standings() == {"desk": Standing(cursor=3, waiting=1, delivered=1)}


def test_nothing_is_put_out_twice_or_for_somebody_who_has_left(outbox: Outbox) -> None:
    outbox.put_out(3, {"desk": [mail(3)]}, 100)
    outbox.settle("desk", [mail(3)], [])
    outbox.put_out(3, {"desk": [mail(3)], "gone": [mail(3)]}, 100)
    assert due(outbox) == [] and due(outbox, name="gone") == []


def test_nothing_goes_before_its_time(outbox: Outbox) -> None:
    outbox.put_out(2, {"desk": [mail(1), mail(2)]}, 100)
    outbox.settle("desk", [], [Failed(mail(1), at=100, due=105, failure="it answered 500")])
    assert due(outbox, 104.9) == [2]
    assert due(outbox, 105) == [2, 1]
    (again,) = [each for each in outbox.due("desk", 105, 10) if each.cursor == 1]
    assert (again.attempts, again.first_at) == (1, 100)
    assert outbox.standings()["desk"].failure == "it answered 500"


def test_a_line_keeps_its_turn_by_when_things_happened(outbox: Outbox) -> None:
    late, early = "2026-02-01T10:00:09.000Z", "2026-02-01T10:00:01.000Z"
    waiting = [mail(1, line="7", happened_at=late), mail(2, line="7", happened_at=early), mail(3, line="8")]
    outbox.put_out(3, {"desk": waiting}, 100)
    assert due(outbox) == [2, 3]
    outbox.settle("desk", [], [Failed(waiting[1], at=100, due=200, failure="it answered 500")])
    assert due(outbox) == [3], "what stands behind one that waits is not sent either"
    outbox.settle("desk", [waiting[1]], [])
    assert due(outbox) == [1, 3]


def test_what_is_on_its_way_is_not_sent_again(outbox: Outbox) -> None:
    outbox.put_out(5, {"desk": [mail(cursor) for cursor in range(1, 6)]}, 100)
    assert [each.cursor for each in outbox.due("desk", 100, 2, without=[mail(1), mail(2)])] == [3, 4]


def test_nothing_of_a_line_is_sent_while_one_of_it_is_on_its_way(outbox: Outbox) -> None:
    late, early = "2026-02-01T10:00:09.000Z", "2026-02-01T10:00:01.000Z"
    first, second = mail(1, line="7", happened_at=late), mail(2, line="7", happened_at=early)
    outbox.put_out(1, {"desk": [first]}, 100)
    outbox.put_out(3, {"desk": [second, mail(3, line="8")]}, 100)
    assert [each.cursor for each in outbox.due("desk", 100, 10, without=[first])] == [3]
    outbox.settle("desk", [], [Failed(first, at=100, due=105, failure="it answered 500")])
    assert due(outbox, 104) == [3], "what was sent already stays before what came later"
    assert due(outbox, 105) == [3, 1]


def test_what_is_newest_goes_first_where_that_is_asked_for(outbox: Outbox) -> None:
    outbox.put_out(3, {"desk": [mail(1), mail(2), mail(3)]}, 100)
    outbox.settle("desk", [], [Failed(mail(1), at=100, due=101, failure="it answered 500")])
    assert [each.cursor for each in outbox.due("desk", 200, 1, newest=True)] == [3]
    outbox.settle("desk", [mail(2), mail(3)], [])
    assert [each.cursor for each in outbox.due("desk", 200, 1, newest=True)] == [1]


def test_whose_events_are_others_begins_anew_and_what_waits_is_brought_all_the_same(outbox: Outbox) -> None:
    outbox.add("desk", 0, origin="one")
    outbox.add("bell", 0, origin="two")
    assert outbox.follow("one", 0) == ["bell"]
    outbox.put_out(3, {"desk": [mail(1), mail(2), mail(3)], "bell": []}, 100)
    outbox.settle("desk", [], [Failed(mail(2), at=100, due=None, failure="it answered 404")])
    assert outbox.follow("one", 3) == [] and outbox.positions()["desk"].cursor == 3
    assert sorted(outbox.follow("other", 3)) == ["bell", "desk"]
    assert outbox.positions()["desk"] == Position(0, "", "other")
    new = Message(1, "evt_new", "{}", None, "2026-02-02T10:00:00.000Z")
    outbox.put_out(1, {"desk": [new]}, 100)
    found = outbox.due("desk", 100, 10)
    assert [each.id for each in found] == ["evt_1", "evt_3", "evt_new"] and found[0].cursor < 1
    outbox.settle("desk", [mail(1)], [])
    assert len(due(outbox)) == 3, "what comes back of the other file is not this one"
    assert outbox.parked("desk")[0]["cursor"] < 1


def test_an_older_copy_of_the_events_is_gone_on_with_at_its_end(outbox: Outbox) -> None:
    outbox.add("desk", 0, origin="one")
    outbox.put_out(9, {"desk": [mail(2), mail(9)]}, 100)
    assert outbox.follow("one", 5) == [] and outbox.positions()["desk"].cursor == 5
    outbox.put_out(9, {"desk": [Message(9, "evt_new", "{}", None, "2026")]}, 100)
    assert {each.id for each in outbox.due("desk", 100, 10)} == {"evt_2", "evt_9", "evt_new"}


@pytest.mark.parametrize(("cursor", "anew"), [(3, []), (4, ["desk"])])
def test_a_position_that_was_kept_before_origins_were_is_taken_for_one_of_these_events(
    outbox: Outbox, cursor: int, anew: list[str]
) -> None:
    outbox.put_out(cursor, {"desk": [mail(1)]}, 100)
    outbox._connection.execute("DELETE FROM subscriptions")
    assert outbox.positions() == {"desk": Position(cursor)}
    assert outbox.follow("one", 3) == anew
    assert outbox.positions() == {"desk": Position(0 if anew else 3, "", "one")}
    outbox.settle("desk", outbox.due("desk", 100, 1), [], generation="")
    assert outbox.standings()["desk"].delivered == 1


def test_nothing_is_put_out_for_one_whose_position_has_changed_meanwhile(outbox: Outbox) -> None:
    before = outbox.positions()
    outbox.add("desk", 0, generation="second")
    outbox.put_out(3, {"desk": [mail(1)]}, 100, before=before)
    assert (due(outbox), outbox.positions()["desk"].cursor) == ([], 0)


def test_how_long_something_has_not_been_taken_is_told(outbox: Outbox) -> None:
    outbox.put_out(2, {"desk": [mail(1), mail(2)]}, 100)
    outbox.settle("desk", [], [Failed(mail(1), at=100, due=200, failure="it answered 500")])
    stands = outbox.standings()["desk"]
    assert (stands.attempts, stands.since, stands.next_at) == (1, 100, 200)


def test_what_is_given_up_is_parked_and_can_be_put_out_again(outbox: Outbox) -> None:
    outbox.put_out(1, {"desk": [mail(1)]}, 100)
    outbox.settle("desk", [], [Failed(mail(1), at=100, due=None, failure="it answered 404")])
    assert due(outbox) == []
    (parked,) = outbox.parked()
    assert (parked["id"], parked["attempts"], parked["failure"]) == ("evt_1", 1, "it answered 404")
    assert outbox.parked("other") == []
    outbox.put_again("desk", [mail(1)], 300)
    assert (due(outbox, 300), outbox.parked()) == ([1], [])


def test_a_message_that_is_put_out_again_begins_anew(outbox: Outbox) -> None:
    outbox.put_out(1, {"desk": [mail(1)]}, 100)
    outbox.settle("desk", [], [Failed(mail(1), at=100, due=9000, failure="it answered 500")])
    outbox.put_again("desk", [mail(1)], 200)
    (again,) = outbox.due("desk", 200, 10)
    assert (again.attempts, again.first_at) == (0, None)


def test_what_waited_for_somebody_who_was_away_may_go_at_once(outbox: Outbox) -> None:
    outbox.put_out(1, {"desk": [mail(1)]}, 100)
    outbox.settle("desk", [], [Failed(mail(1), at=100, due=9000, failure="it answered 503")])
    outbox.hurry("desk", 150, later_than=9000)
    outbox.hurry("desk", 150, generation="another")
    assert due(outbox, 150) == []
    outbox.hurry("desk", 150)
    assert due(outbox, 150) == [1]


def test_who_has_stopped_has_no_position_until_resumed(outbox: Outbox) -> None:
    outbox.stop("desk", "it answered 410 Gone")
    assert (outbox.positions(), outbox.standings()["desk"].stopped) == ({}, "it answered 410 Gone")
    assert outbox.resume("desk", 150) and not outbox.resume("desk", 150)
    assert outbox.positions() == {"desk": Position(0)}


def test_who_is_removed_leaves_nothing(outbox: Outbox) -> None:
    outbox.put_out(2, {"desk": [mail(1), mail(2)]}, 100)
    outbox.settle("desk", [], [Failed(mail(1), at=100, due=None, failure="it answered 404")])
    outbox.remove("desk")
    assert (outbox.standings(), outbox.parked(), due(outbox)) == ({}, [], [])
    outbox.add("desk", 7)
    assert outbox.standings() == {"desk": Standing(cursor=7)}


HOLDS = """
import sys
from pathlib import Path
from connector_runtime.store.outbox import Outbox
with Outbox(Path(sys.argv[1])).alone() as mine:
    print(mine, flush=True)
    sys.stdin.read()
"""


@on_disk
def test_one_process_sends_and_another_takes_over_when_it_is_killed(path: Path, outbox: Outbox) -> None:
    command = [sys.executable, "-c", HOLDS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stdout.readline() == "True\n"
        with outbox.alone() as mine:
            assert not mine
        process.kill()
    with outbox.alone() as mine:
        assert mine


@on_disk
def test_a_disk_that_takes_nothing_is_told(path: Path, outbox: Outbox) -> None:
    outbox.close()
    with pytest.raises(NotNow, match="outbox could not be written"):
        outbox.put_out(1, {"desk": [mail(1)]}, 100)
