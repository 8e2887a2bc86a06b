"""The loop closed: what a run announced has arrived, or has not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.events.causes import WINDOW_S, moment
from connector_runtime.events.feed import feed
from connector_runtime.events.loop import LONGEST_IN_PROGRESS_S, Loop
from connector_runtime.hosts.directories import presence_file, records_file
from connector_runtime.store import Location
from connector_runtime.store.events import Events
from connector_runtime.store.polled import Mark
from connector_runtime.values import Json
from tests.connector_runtime.events.desk import Desk
from tests.places import on_disk


@pytest.fixture
def desk(location: Location) -> Iterator[Desk]:
    yield Desk(location)


def test_what_has_arrived_is_seen_with_its_delay(desk: Desk) -> None:
    desk.let_in()
    run, other = desk.run(7), desk.run(8)
    desk.arrive(7, "m-1", run)
    (event,) = desk.arrived(run)
    assert (event["status"], event["seen"], event["delays_s"], event["cursors"]) == ("seen", 1, [3.0], [1])
    (waiting,) = desk.arrived(other)
    assert (waiting["status"], waiting["seen"]) == ("expected", 0)
    assert desk.arrived(other, WINDOW_S + 60)[0]["status"] == "missing"


@pytest.mark.parametrize(("number", "came", "status"), [(3, 2, "missing"), (3, 3, "seen"), ("one or more", 2, "seen")])
def test_several_are_seen_when_all_have_come(desk: Desk, number: Json, came: int, status: str) -> None:
    desk.let_in()
    run = desk.run(7, number=number)
    desk.arrive(7, "m-1", run, times=came)
    (event,) = desk.arrived(run, WINDOW_S + 60)
    assert (event["status"], event["seen"]) == (status, came)


def test_a_run_that_was_resumed_long_after_it_began_still_waits(desk: Desk) -> None:
    run = desk.run(7)
    old = {**run, "started_at": moment(run["started_at"], -7200)}
    desk.save(old)
    desk.arrive(7, "m-1", run)
    (event,) = desk.arrived(old, 7200 + 5)
    assert (event["status"], event["delays_s"]) == ("seen", [7203.0])


def test_a_run_that_is_not_over_expects_and_nothing_is_joined(desk: Desk) -> None:
    run = desk.run(7)
    left = {**run, "run_id": "another"}
    desk.arrive(7, "m-1", run)
    assert desk.arrived(left)[0]["status"] == "expected"


async def test_a_reader_learns_what_caused_an_event(desk: Desk) -> None:
    run, elsewhere = desk.run(7), desk.run(7, connection="other")
    desk.arrive(7, "m-1", run)
    desk.arrive(7, "m-2", run)
    desk.arrive(7, "m-3", elsewhere)
    found = [event["caused_by"] async for event in feed(desk.events, runs=desk.runs)]
    assert found == [run["run_id"], None, elsewhere["run_id"]]
    assert all("caused_by" not in event for event in [each async for each in feed(desk.events)])


async def test_who_waits_is_told_when_it_comes_or_when_patience_ends(desk: Desk) -> None:
    run = desk.run(7)
    with desk.loop(run) as loop:
        assert [event["status"] for event in await loop.awaited(run, 0)] == ["expected"]
        waiting = asyncio.create_task(loop.awaited(run, 60))
        await asyncio.sleep(0)
        assert not waiting.done()
        desk.arrive(7, "m-1", run)
        assert [event["status"] for event in await waiting] == ["seen"]


def test_an_event_can_be_missing_only_where_webhooks_are_let_in(desk: Desk) -> None:
    run = desk.run(7)
    with desk.loop(run) as loop:
        assert not loop.listens("acme")
        desk.let_in()
        assert (loop.listens("acme"), loop.listens("other")) == (True, False)


def test_a_list_that_is_read_listens_for_the_event_that_it_tells(desk: Desk) -> None:
    run = desk.run(7)
    events = Events(desk.events)
    events.keep_polled("acme", "made", [], Mark(None, None, run["started_at"]))
    events.close()
    with desk.loop(run) as loop:
        heard = [loop.listens("acme", "made"), loop.listens("acme", "ended"), loop.listens("acme")]
        assert (heard, loop.listens("other", "made")) == ([True, False, False], False)


@on_disk
def test_a_directory_that_cannot_be_used_is_named(desk: Desk, location: Path) -> None:
    (location / "file").touch()
    with pytest.raises(InvalidInput, match="cannot be used"):
        Loop(desk.runs, location / "file" / "events.sqlite3")


def caused(loop: Loop) -> list[tuple[str | None, bool]]:
    return [(event["caused_by"], event["unexpected"]) for event in loop.decided(loop.after(0, 10))]


def test_an_event_that_overtakes_its_runs_answer_waits_for_it(desk: Desk) -> None:
    run = desk.sending(7)
    desk.arrive(8, "m-1", run, after_s=0.1)
    desk.arrive(7, "m-2", run, after_s=0.2)
    desk.arrive(9, "m-3", run, after_s=0.3)
    with desk.loop(run) as loop, desk.at(run):
        assert loop.undecided(loop.after(0, 10)) == {2, 3}
        assert caused(loop) == [(None, False)], "what comes after it waits too, so that the order is kept"
        desk.ended(run)
        assert caused(loop) == [(None, False), (run["run_id"], False), (None, False)]


@pytest.mark.parametrize(("effect", "is_cause"), [("done", True), ("unknown", True), ("none", False)])
def test_a_run_that_was_refused_causes_nothing_and_one_that_may_have_been_made_does(
    desk: Desk, effect: str, is_cause: bool
) -> None:
    run = desk.sending(7)
    desk.arrive(7, "m-1", run, after_s=0.2)
    desk.ended(run, effect)
    with desk.loop(run) as loop:
        assert caused(loop) == [(run["run_id"] if is_cause else None, False)]


def test_a_run_whose_process_died_is_the_cause_of_what_it_sent(desk: Desk) -> None:
    run = desk.sending(7)
    desk.arrive(7, "m-1", run, after_s=0.2)
    with desk.loop(run) as loop:
        assert caused(loop) == [(run["run_id"], False)]


def test_a_run_that_does_not_end_is_waited_for_a_minute_and_is_the_cause_then(desk: Desk) -> None:
    run = desk.sending(7)
    desk.arrive(7, "m-1", run, after_s=0.2)
    with desk.at(run):
        with desk.loop(run, LONGEST_IN_PROGRESS_S - 5) as loop:
            assert caused(loop) == []
        with desk.loop(run, LONGEST_IN_PROGRESS_S + 5) as loop:
            assert caused(loop) == [(run["run_id"], False)]


def test_a_run_in_progress_elsewhere_or_of_another_time_is_not_waited_for(desk: Desk) -> None:
    run, other = desk.sending(7), desk.run(7, connection="other")
    desk.arrive(7, "m-1", other)
    desk.arrive(7, "m-2", run, after_s=-60)
    with desk.at(run), desk.loop(run) as loop:
        assert caused(loop) == [(other["run_id"], False), (None, False)]


@on_disk
def test_those_who_ask_and_those_who_work_look_at_the_same_file(location: Path) -> None:
    assert records_file(location).with_suffix(".lock") == presence_file(location)


async def test_a_reader_waits_for_a_run_in_progress(desk: Desk) -> None:
    run = desk.sending(7)
    desk.arrive(7, "m-1", run, after_s=0.2)
    reading = feed(desk.events, runs=desk.runs)
    with desk.at(run):
        waiting = asyncio.ensure_future(anext(reading))
        await asyncio.sleep(0)
        assert not waiting.done()
        desk.ended(run)
    assert (await asyncio.wait_for(waiting, 30))["caused_by"] == run["run_id"]
    assert [event async for event in reading] == []


def test_one_too_many_or_too_late_is_unexpected_and_what_no_run_knows_is_somebody_elses(desk: Desk) -> None:
    run = desk.run(7)
    desk.arrive(7, "m-1", run, after_s=-60)
    desk.arrive(7, "m-2", run)
    desk.arrive(7, "m-3", run)
    desk.arrive(8, "m-4", run)
    desk.arrive(7, "m-5", run, after_s=WINDOW_S + 60)
    desk.arrive(7, "m-6", {**run, "connection": "other"})
    with desk.loop(run) as loop:
        told = [(run["run_id"], False), (None, True), (None, False), (None, True), (None, False)]
        assert caused(loop) == [(None, False), *told], "before any run knew it, it was somebody else's"


async def test_a_reader_may_ask_for_the_unexpected_only(desk: Desk) -> None:
    run = desk.run(7)
    for number, user in enumerate((7, 7, 8)):
        desk.arrive(user, f"m-{number}", run)
    assert [event["cursor"] async for event in feed(desk.events, runs=desk.runs, unexpected=True)] == [2]


def test_the_figures_of_the_days_are_told_by_connection(desk: Desk) -> None:
    run, lost, doubtful = desk.run(7), desk.run(8), desk.ended(desk.sending(9), "unknown")
    desk.let_in()
    for number, (user, after_s) in enumerate(((7, 2), (7, 3), (5, 4))):
        desk.arrive(user, f"m-{number}", run, after_s=after_s)
    desk.arrive(7, "m-0", run)
    desk.arrive(7, "m-9", run, after_s=-10 * 24 * 3600)
    desk.set_aside(run, "forged")
    desk.set_aside({**run, "connection": "other"}, "malformed")
    with desk.loop(run, WINDOW_S + 60) as loop:
        told = loop.statistics(2, "acme")
        assert [row["connection"] for row in loop.statistics(2)["aside"]] == ["acme", "other"]
    (row,) = told["events"]
    assert told["since"].endswith("T00:00:00.000Z")
    assert told["aside"] == [{"connection": "acme", "reason": "forged", "number": 1}]
    counted = {"kept": 3, "duplicates": 1, "expected": 2, "seen": 1, "missing": 1, "unexpected": 1}
    assert row == {"connection": "acme", "event": "made", **counted, "median_s": 2.0, "p99_s": 2.0}
    assert lost["run_id"] != doubtful["run_id"]


def test_nothing_is_missing_from_when_webhooks_were_not_let_in(desk: Desk) -> None:
    run = desk.run(7, started_at="2026-01-01T00:00:00.000Z")
    desk.let_in()
    with desk.loop(desk.run(8, connection="other"), WINDOW_S + 60) as loop:
        assert loop.statistics(3660)["events"] == []
    assert run["events"]


def test_what_caused_an_event_is_the_same_whoever_asks_and_in_whatever_parts(desk: Desk) -> None:
    """The event of the first of several runs was lost: no other run's event may stand for it, in any answer."""
    desk.let_in()
    first = desk.run(7)
    others = []
    for number in range(1, 5):
        other = desk.run(7)
        begun = moment(first["started_at"], 600 * number)
        others.append({**other, "started_at": begun})
        desk.expect_at(others[-1], begun)
        desk.arrive(7, f"m-{number}", others[-1], after_s=2)
    late = 600 * 5 + WINDOW_S
    with desk.loop(first, late) as loop:
        one_by_one = [loop.with_causes([each])[0]["caused_by"] for each in loop.after(0, 10)]
        at_once = [each["caused_by"] for each in loop.with_causes(loop.after(0, 10))]
        assert one_by_one == at_once == [run["run_id"] for run in others]
        assert loop.arrived(first)[0]["status"] == "missing"
        assert {loop.arrived(run)[0]["status"] for run in others} == {"seen"}


def test_an_event_that_nobody_could_have_seen_is_not_missing(desk: Desk) -> None:
    desk.let_in()
    run = desk.run(7)
    assert desk.arrived(run, WINDOW_S + 60)[0]["status"] == "not_watched", "none of its kind has ever come"
    desk.arrive(8, "m-1", run)
    assert desk.arrived(run, WINDOW_S + 60)[0]["status"] == "missing"


def test_a_late_event_is_seen_after_all(desk: Desk) -> None:
    desk.let_in()
    run = desk.run(7)
    desk.arrive(8, "m-1", run)
    assert desk.arrived(run, WINDOW_S + 60)[0]["status"] == "missing"
    desk.arrive(7, "m-2", run, after_s=WINDOW_S + 90, happened_s=1)
    (event,) = desk.arrived(run, WINDOW_S + 100)
    assert (event["status"], event["delays_s"]) == ("seen", [WINDOW_S + 90])


@pytest.mark.parametrize("asked_before", [True, False])
def test_what_was_seen_stays_seen_when_its_event_is_forgotten(desk: Desk, asked_before: bool) -> None:
    desk.let_in()
    run, other = desk.run(7), desk.run(8)
    for number, user in enumerate((7, 7, 8)):
        desk.arrive(user, f"m-{number}", run, after_s=number + 1)
    with desk.loop(run, WINDOW_S + 60) as loop:
        if asked_before:
            assert loop.arrived(run)[0]["status"] == "seen"
        assert loop.forget(moment(run["started_at"], 2.5), {}) == 2
        (event,) = loop.arrived(run)
        assert (event["status"], event["delays_s"], event["cursors"]) == ("seen", [1.0], [1])
        (row,) = loop.statistics(2, "acme")["events"]
        assert {name: row[name] for name in ("kept", "expected", "seen", "missing", "unexpected")} == {
            "kept": 1, "expected": 2, "seen": 2, "missing": 0, "unexpected": 0,
        }  # fmt: skip
        assert loop.arrived(other)[0]["cursors"] == [3]
        assert loop.forget("9999", {}) == 1 and loop.forget("9999", {}) == 0
        assert loop.arrived(other)[0]["status"] == "seen"


def test_the_figures_say_the_same_as_the_runs_do(desk: Desk) -> None:
    first = desk.run(7)
    desk.let_in()
    second = desk.run(8)
    with desk.loop(first) as loop:
        assert {loop.arrived(run)[0]["status"] for run in (first, second)} == {"expected"}
        (row,) = loop.statistics(2, "acme")["events"]
        assert (row["expected"], row["seen"], row["missing"]) == (2, 0, 0), "they may still come"
    with desk.loop(first, WINDOW_S + 60) as loop:
        assert {loop.arrived(run)[0]["status"] for run in (first, second)} == {"not_watched"}
        assert loop.statistics(2, "acme")["events"] == [], "none of its kind has ever come"
    begun = moment(first["started_at"], -600)
    desk.expect_at(first, begun)
    desk.arrive(7, "m-1", first, after_s=59.8)
    with desk.loop(first, WINDOW_S + 60) as loop:
        (row,) = loop.statistics(2, "acme")["events"]
        told = [loop.arrived(run)[0]["status"] for run in (first, second)]
        assert (told, row["kept"], row["expected"], row["seen"], row["missing"]) == (["seen", "missing"], 1, 2, 1, 1)
