"""What was registered on platforms: kept before it is asked for, and let in as long as it may be there."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from connector_runtime.errors import NotNow
from connector_runtime.store import Location
from connector_runtime.store.events import Events
from connector_runtime.store.registrations import Registration, Registrations
from tests.places import on_disk


def registration(tag: str, connection: str = "village", created_at: str = "2026-01-10T09:00:00Z") -> Registration:
    return Registration(
        tag=tag,
        connection=connection,
        platform="https://village.invalid",
        url="https://hooks.invalid",
        events=("loan.made", "loan.ended"),
        address=f"address of {tag}".encode(),
        username="webhooks",
        password=f"password of {tag}".encode(),
        created_at=created_at,
    )


@pytest.fixture
def kept(location: Location) -> Iterator[Registrations]:
    opened = Registrations(location / "events.sqlite3")
    yield opened
    opened.release()


def let_in(location: Location) -> list[bytes]:
    events = Events(location / "events.sqlite3")
    found = [endpoint.address for endpoint in events.endpoints()]
    events.close()
    return found


def test_what_is_kept_comes_back_as_it_was(kept: Registrations) -> None:
    first, second = registration("a"), registration("b", "town")
    kept.begin(first)
    kept.begin(second)
    assert kept.of("village") == [first]
    assert kept.of() == [second, first], "by connection"
    assert "address of" not in repr(first) and "password of" not in repr(first)


def test_one_is_kept_and_the_one_before_is_over(kept: Registrations) -> None:
    first, second, other = (
        registration("a"),
        registration("b", created_at="2026-01-10T10:00:00Z"),
        registration("c", "town"),
    )
    for each in (first, other, second):
        kept.begin(each)
        kept.confirm(each)
    assert {each.tag: each.state for each in kept.of()} == {"a": "over", "b": "kept", "c": "kept"}


def test_an_address_lets_in_from_before_it_is_asked_for_until_it_has_been_gone_for_a_while(
    kept: Registrations, location: Location
) -> None:
    first = registration("a")
    kept.begin(first)
    assert let_in(location) == [first.address]
    kept.confirm(first)
    kept.end(first)
    assert let_in(location) == [first.address]
    kept.close(first, "2999-01-01T00:00:00.000Z")
    assert (let_in(location), kept.of(), len(kept.of(gone=True))) == ([first.address], [], 1)
    kept.close(first, "2000-01-01T00:00:00.000Z")
    assert (let_in(location), len(kept.of(gone=True))) == ([], 1)
    kept.tidy("2000-01-01T00:00:00.000Z")
    assert kept.of(gone=True) == []


def test_a_connection_is_forgotten_alone(kept: Registrations) -> None:
    for each in (registration("a"), registration("b"), registration("c", "town")):
        kept.begin(each)
    assert kept.forget("village") == 2
    assert [each.tag for each in kept.of(gone=True)] == ["c"]


def test_one_that_is_not_wanted_lets_nothing_in_and_is_known_for_a_while(
    kept: Registrations, location: Location
) -> None:
    first, second, other = registration("a"), registration("b"), registration("c", "town")
    for each in (first, second, other):
        kept.begin(each)
    kept.retire(first, "2999-01-01T00:00:00.000Z")
    assert let_in(location) == [other.address, second.address]
    kept.retire_all("village", "2999-01-02T00:00:00.000Z")
    assert (let_in(location), kept.of("village")) == ([other.address], [])
    assert {each.tag: each.state for each in kept.of(gone=True)} == {"a": "ended", "b": "ended", "c": "begun"}
    with closing(Events(location / "events.sqlite3")) as events:
        assert (events.has_any("village", "loan.made"), events.has_any("town", "loan.made")) == (False, True)
    kept.tidy("2999-01-02T00:00:00.000Z")
    assert [each.tag for each in kept.of(gone=True)] == ["c"]


@on_disk
def test_what_cannot_be_kept_is_not_asked_for(kept: Registrations, location: Path) -> None:
    kept.begin(registration("a"))
    with pytest.raises(NotNow, match="could not be kept") as caught:
        kept.begin(registration("a"))
    assert (caught.value.code, caught.value.effect) == ("not_kept", "none")
    with sqlite3.connect(location / "events.sqlite3") as file:
        assert file.execute("SELECT count(*) FROM registrations").fetchone() == (1,)
    file.close()
