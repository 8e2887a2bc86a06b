"""Because of which event a run is started."""

from __future__ import annotations

import pytest

from connector_runtime.errors import InvalidInput
from connector_runtime.events.chain import PRESUMED_S, Link, presumed, said
from connector_runtime.store import Location
from tests.connector_runtime.events.desk import Desk

SEVEN = [{"user": 7}]


@pytest.fixture
def desk(location: Location) -> Desk:
    return Desk(location)


def test_a_link_says_how_many_runs_led_to_the_run(desk: Desk) -> None:
    first, later = desk.run(7), desk.run(8, chain=4)
    desk.arrive(7, "m-1", first)
    desk.arrive(8, "m-2", later)
    desk.arrive(9, "m-3", first)
    with desk.loop(first) as loop:
        assert [said(loop, cursor) for cursor in (1, 2, 3)] == [Link(1, False, 1), Link(2, False, 5), Link(3, False, 0)]
        with pytest.raises(InvalidInput, match="no event has the cursor 4"):
            said(loop, 4)


def test_a_change_of_what_a_run_changed_a_moment_ago_is_presumed_to_be_an_answer(desk: Desk) -> None:
    first, second = desk.run(7), desk.run(7, chain=1)
    desk.let_in()
    for number, user in enumerate((7, "7", 8)):
        desk.arrive(user, f"m-{number}", first, after_s=number + 1)  # type: ignore[arg-type]
    with desk.loop(second) as loop:
        assert presumed(loop, "acme", SEVEN) == Link(2, True, 2), "the latest, whether its id is a number or a text"
        assert presumed(loop, "acme", [{"user": 7, "course": 1}]) == Link(), "it says nothing of a course"
        assert presumed(loop, "acme", [{"user": 6}, {"user": 7}]).because_of == 2
        assert presumed(loop, "acme", []) == presumed(loop, "other", SEVEN) == Link()


def test_what_no_run_caused_or_what_is_old_is_not_presumed(desk: Desk) -> None:
    run = desk.run(8)
    desk.let_in()
    desk.arrive(7, "m-1", run)
    desk.arrive(8, "m-2", run)
    with desk.loop(run) as loop:
        assert presumed(loop, "acme", SEVEN) == Link()
    with desk.loop(run, PRESUMED_S + 5) as loop:
        assert presumed(loop, "acme", [{"user": 8}]) == Link()


def test_nothing_is_presumed_where_webhooks_are_not_let_in(desk: Desk) -> None:
    run = desk.run(7)
    desk.arrive(7, "m-1", run)
    with desk.loop(run) as loop:
        assert presumed(loop, "acme", SEVEN) == Link()


def test_a_field_may_have_any_name(desk: Desk) -> None:
    run = desk.run(7)
    desk.let_in()
    with desk.loop(run) as loop:
        assert presumed(loop, "acme", [{'a"b.c': 7}]) == Link()


def test_a_run_in_progress_counts_as_the_cause_of_what_it_may_have_caused(desk: Desk) -> None:
    desk.let_in()
    before, run = desk.run(7, chain=1), desk.sending(7, chain=4)
    desk.arrive(8, "m-1", run, after_s=0.1)
    desk.arrive(7, "m-2", run, after_s=0.2)
    with desk.loop(run) as loop, desk.at(run):
        assert loop.undecided(loop.after(0, 10)) == {2}
        assert (said(loop, 1), said(loop, 2)) == (Link(1, False, 0), Link(2, False, 5)), "by the longest way"
        assert presumed(loop, "acme", SEVEN) == Link(2, True, 5)
        desk.ended(run, "none")
        assert said(loop, 2) == Link(2, False, 2), "its change was not made: the other run was the cause"
    assert before["run_id"] != run["run_id"]


def test_what_stands_behind_an_event_whose_cause_is_open_has_its_likely_cause_too(desk: Desk) -> None:
    desk.let_in()
    run, other = desk.sending(7, chain=4), desk.run(8, chain=2)
    desk.arrive(7, "m-1", run, after_s=0.2)
    desk.arrive(8, "m-2", run, after_s=0.3)
    with desk.loop(run) as loop, desk.at(run):
        assert loop.undecided(loop.after(0, 10)) == {1, 2}
        assert (said(loop, 2), presumed(loop, "acme", [{"user": 8}])) == (Link(2, False, 3), Link(2, True, 3))
    assert other["run_id"] != run["run_id"]
