"""A list read for events: what is new is told once, whatever happens meanwhile."""

from __future__ import annotations

import sqlite3

import pytest

from connector_runtime.errors import NotNow
from connector_runtime.events.delivery import occurrence
from connector_runtime.events.polled import tellings
from connector_runtime.store import Location
from connector_runtime.store.arrivals import Arrival
from connector_runtime.store.events import Events
from tests.connector_runtime.events.register import FORM, JOINED, OVERLAP_S, Reader, Register, code_of, row, text


@pytest.fixture
def register() -> Register:
    return Register(row(1, 0), row(2, 10))


@pytest.fixture
def reader(register: Register, location: Location) -> Reader:
    return Reader(register, location / "events.sqlite3")


def brought(reader: Reader, number: int, second: float, **others: object) -> None:
    """A webhook brings it."""
    payload = {"at": text(second + 2), "member": number, "since": text(second), "role": None, "by": None, "note": "x"}
    events = Events(reader.file)
    found = occurrence(JOINED, f"message {number}", 0, payload | others, FORM)
    events.keep([Arrival("acme", "2026-02-01T12:00:00.000Z", [found])])
    events.close()


def test_the_first_reading_tells_nothing_and_says_so(reader: Reader) -> None:
    told = reader.poll(20)
    assert (told.first, told.new, told.rows, reader.members()) == (True, 0, 2, [])
    assert reader.poll(30).first is False


def test_what_is_new_is_told_once_in_the_order_in_which_it_happened(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows += [row(4, 25), row(3, 22)]
    assert [reader.poll(second).new for second in (30, 40, 1000)] == [2, 0, 0]
    assert reader.members() == [3, 4]


def test_an_event_has_the_rows_fields_under_the_payloads_names(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows += [row(3, 25), row(4, 26, role="host")]
    reader.poll(30)
    guest, host = reader.events()
    assert guest["payload"] == {
        "at": text(25), "member": 3, "since": text(25), "role": "visitor", "by": "list", "note": None
    }  # fmt: skip
    assert (host["payload"]["role"], host["happened_at"], host["event"]) == ("host", text(26), "joined")


def test_many_rows_of_one_second_are_told_each(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows += [row(number, 25) for number in range(10, 17)]
    reader.poll(25)
    register.rows += [row(number, 25) for number in range(20, 29)]
    reader.poll(26)
    assert sorted(reader.members()) == [*range(10, 17), *range(20, 29)]


def test_a_row_that_shows_up_late_is_told(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows.append(row(3, 500))
    reader.poll(500)
    register.rows.append(row(4, 500 - OVERLAP_S))
    reader.poll(501)
    assert reader.members() == [3, 4]


def test_what_stood_there_before_is_told_by_no_overlap(register: Register, reader: Reader) -> None:
    register.rows += [row(3, 11), row(4, -50)]
    reader.poll(20)
    register.rows.append(row(5, 30))
    reader.poll(31)
    assert reader.members() == [5]


def test_since_tells_what_happened_from_then_on(register: Register, reader: Reader) -> None:
    register.rows += [row(3, -1000), row(4, -2000)]
    reader.poll(20, since=5)
    assert reader.members() == [2]
    reader.poll(30)
    assert reader.members() == [2]
    reader.poll(40, since=-1500)
    assert reader.members() == [2, 3, 1]
    assert reader.poll(50).new == 0


@pytest.mark.parametrize("ahead_s", [-86_400, 86_400])
def test_a_clock_that_differs_by_a_day_loses_nothing(ahead_s: float, location: Location) -> None:
    register = Register(row(1, 0))
    reader = Reader(register, location / "events.sqlite3", ahead_s=ahead_s)
    reader.poll(5)
    register.rows += [row(2, 6), row(3, 1)]
    reader.poll(10)
    register.rows += [row(4, 20)]
    reader.poll(21)
    assert reader.members() == [3, 2, 4]


def test_a_row_from_the_future_hides_nothing(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows.append(row(3, 10**9))
    reader.poll(30)
    register.rows.append(row(4, 40))
    reader.poll(50)
    assert reader.members() == [3, 4]


def test_a_list_that_was_empty_tells_all_that_comes(location: Location) -> None:
    register = Register()
    reader = Reader(register, location / "events.sqlite3")
    reader.poll(0)
    register.rows += [row(number, -5000 + number) for number in range(8)]
    reader.poll(10)
    assert reader.members() == list(range(8))


def test_pages_are_read_back_to_what_is_known_and_not_further(register: Register, reader: Reader) -> None:
    register.rows = [row(number, number * 50) for number in range(60)]
    reader.poll(3000)
    register.asked.clear()
    assert reader.poll(3001).rows <= 6
    assert max(register.asked) <= 3, "one page may be on its way when its reader has enough"


def test_rows_pushed_to_the_next_page_by_new_ones_do_no_harm(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows += [row(300 + number, 20 + number) for number in range(5)]
    register.meanwhile = lambda: register.rows.extend([row(100 + len(register.rows), 40), row(len(register.rows), 40)])
    told = reader.poll(40)
    register.meanwhile = lambda: None
    reader.poll(50)
    assert (code_of(told.error), told.warnings) == ("", [])
    assert sorted(reader.members()) == sorted(each["id"] for each in register.rows if each["id"] > 2)


@pytest.mark.parametrize("since", [None, 15])
def test_a_row_that_slips_between_two_pages_is_told_at_the_next_reading(
    since: float | None, register: Register, reader: Reader
) -> None:
    if since is None:  # else what slips does so at the first reading
        reader.poll(20)
    register.rows += [row(number, 1000 * number) for number in range(3, 9)]
    names = iter([8])

    def slip() -> None:  # one goes from the first page, another comes late behind it: the total stays, a row slips
        if (gone := next(names, None)) is not None:
            register.rows = [each for each in register.rows if each["id"] != gone]
            register.rows.append(row(9, 3500))

    register.meanwhile = slip
    reader.poll(9000, since=since)
    assert 5 not in reader.members()
    reader.poll(9001)
    assert sorted(reader.members()) == [3, 4, 5, 6, 7, 8, 9]


def test_a_list_that_shrinks_meanwhile_is_read_at_the_next_turn(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows += [row(number, 20 + number) for number in range(3, 9)]
    register.meanwhile = lambda: register.rows.remove(row(8, 28)) if row(8, 28) in register.rows else None
    told = reader.poll(40)
    assert (code_of(told.error), told.new, reader.members()) == ("shrinking_total", 0, [])
    reader.poll(41)
    assert reader.members() == [3, 4, 5, 6, 7]


def test_a_list_that_is_not_sorted_as_asked_is_read_whole_with_a_warning(register: Register, reader: Reader) -> None:
    register.rows = [row(number, number * 1000) for number in range(20)]
    register.order = lambda rows: sorted(rows, key=lambda each: each["id"])
    reader.poll(20_000)
    register.rows.append(row(20, 20_000))
    told = reader.poll(20_001)
    assert (told.rows, told.warnings) == (
        21,
        ["the list is not sorted as asked, newest first: it was read to its end"],
    )
    assert reader.members() == [20]


def test_a_list_that_goes_up_and_down_is_read_whole(register: Register, reader: Reader) -> None:
    register.rows = [row(number, -9000 * (2 * number % 3)) for number in range(20)]
    register.order = lambda rows: sorted(rows, key=lambda each: each["id"])
    reader.poll(1)
    register.rows.append(row(20, 5))
    reader.poll(6)
    assert reader.members() == [20]


def test_a_first_page_of_one_old_moment_does_not_pass_for_the_newest(register: Register, reader: Reader) -> None:
    register.rows = [*(row(number, -9000) for number in range(7)), row(7, 0)]
    register.order = lambda rows: sorted(rows, key=lambda each: each["joined_at"])
    reader.poll(1)
    register.rows.append(row(8, 5))
    reader.poll(6)
    assert reader.members() == [8]


def test_a_row_without_its_moment_tells_nothing_and_one_that_cannot_be_read_is_counted(
    register: Register, reader: Reader
) -> None:
    reader.poll(20)
    register.rows += [row(3, 25), row(4, 26)]
    register.order = lambda rows: [{**rows[-1], "joined_at": "soon"}, {**rows[-2], "joined_at": None}, *rows[1::-1]]
    told = reader.poll(30)
    assert told.warnings == ["rows without a moment that can be read, or what every event has, were left out: 1"]
    assert reader.members() == []


def test_a_moment_that_came_in_another_type_is_told_as_a_warning(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows.append({"id": 3, "joined_at": {"then": 25}, "role": "guest"})
    register.order = lambda rows: rows[::-1]
    told = reader.poll(30)
    assert told.warnings == ["/rows/0/joined_at: is documented as string, but came as object (page 1)"]


@pytest.mark.parametrize("since", [-63_000_000_000, 200_000_000_000])
def test_since_may_be_at_the_end_of_time(since: float, register: Register, reader: Reader) -> None:
    register.rows += [row(number, number) for number in range(3, 9)]
    reader.poll(20, since=since)
    assert (reader.poll(30, since=since).error, len(reader.members())) == (None, 8 if since < 0 else 0)


def test_what_a_webhook_brought_is_not_told_again(register: Register, reader: Reader) -> None:
    reader.poll(20)
    brought(reader, 3, 25)
    register.rows.append(row(3, 25))
    assert (reader.poll(30).new, len(reader.events())) == (0, 1)


def test_what_was_told_is_not_kept_again_when_a_webhook_brings_it(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows.append(row(3, 25))
    reader.poll(30)
    brought(reader, 3, 25)
    assert [event["payload"]["by"] for event in reader.events()] == ["list"]


def test_a_webhook_brings_what_was_there_before_anybody_polled(reader: Reader) -> None:
    reader.poll(20)
    brought(reader, 2, 10)
    assert reader.members() == [2]


def test_webhooks_that_say_different_things_of_one_happening_are_both_kept(reader: Reader) -> None:
    brought(reader, 3, 25)
    events = Events(reader.file)
    payload = {"at": text(27), "member": 3, "since": text(25), "role": "host", "by": None, "note": None}
    events.keep([Arrival("acme", "2026-02-01T12:00:00.000Z", [occurrence(JOINED, "another", 0, payload, FORM)])])
    events.close()
    assert reader.members() == [3, 3]


def test_where_a_webhook_lacks_what_names_the_happening_both_are_kept(register: Register, reader: Reader) -> None:
    reader.poll(20)
    brought(reader, 3, 25, since=None)
    register.rows.append(row(3, 25))
    reader.poll(30)
    assert reader.members() == [3, 3]


def test_what_could_not_be_kept_is_read_again(
    register: Register, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader.poll(20)
    register.rows.append(row(3, 25))

    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr("connector_runtime.store.polled.move", full)
        told = reader.poll(30)
    assert (isinstance(told.error, NotNow), reader.members()) == (True, [])
    assert (reader.poll(40).new, reader.members()) == (1, [3])


def test_what_was_told_and_forgotten_is_new_only_when_it_is_asked_for(register: Register, reader: Reader) -> None:
    reader.poll(20)
    register.rows += [row(3, 25), row(4, 9000)]
    assert reader.poll(9010).new == 2
    reader.poll(9020)
    events = Events(reader.file)
    assert events.forget("9999", tellings({JOINED.event: JOINED})) == 2
    events.close()
    assert (reader.poll(9030).new, reader.members()) == (0, []), "each reading meets the newest row again"
    assert (reader.poll(9040, since=15).new, reader.members()) == (1, [3])
    assert reader.poll(9050, since=15).new == 0
