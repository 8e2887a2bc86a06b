"""Tokens that have come and cannot be kept: nobody uses them, nobody asks for others, and none is dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from connector_runtime.connections.access import LAST_TIMES
from connector_runtime.errors import (
    InvalidInput,
    NotNow,
    Unreachable,
)
from connector_runtime.store import Connections
from tests.connector_runtime.connections.granting import HOUR, Desk, desk_in, kept_by, ready


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from desk_in(tmp_path)


async def test_tokens_that_cannot_be_kept_at_once_are_kept_as_soon_as_they_can(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    access, clock = desk.access(kept_by("password", renew_at=0), tell=told.append), desk.clock
    full_until(monkeypatch, lambda: clock.slept >= 3)
    assert (await ready(access)).authorization == "Bearer access-1"
    assert (len(desk.office.asked), clock.slept) == (1, 3)
    tokens = desk.safe().get("acme").tokens
    assert tokens is not None and tokens.refresh == "refresh-1"
    assert [words for words in told if "cannot be kept; it is tried again" in words and "disk full" in words]


async def test_while_tokens_cannot_be_kept_nobody_uses_them_and_nobody_else_renews(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    access, other, space = desk.access(kept_by("password", renew_at=0)), desk.access(), [False]
    full_until(monkeypatch, lambda: space[0])
    with pytest.raises(NotNow, match=r"renewed, but cannot be kept: .*disk full") as caught:
        await ready(access, 0.01)
    assert (caught.value.code, access.at_hand(), len(desk.office.asked)) == ("not_kept", None, 1)
    with pytest.raises(Unreachable, match="not renewed the access in time"):
        await ready(other, 0.01)
    space[0] = True
    assert {(await ready(each)).authorization for each in (access, other)} == {"Bearer access-1"}
    assert len(desk.office.asked) == 1


async def test_a_session_that_ends_tries_to_keep_tokens_and_says_when_they_are_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    full_until(monkeypatch, lambda: False)
    with pytest.raises(NotNow):
        await ready(access, 0.01)
    before = desk.clock.slept
    await access.close()
    assert desk.clock.slept - before in (LAST_TIMES, LAST_TIMES + 1)
    assert "the renewed access of acme is lost" in caplog.text
    assert not [secret for secret in ("access-1", "refresh-1") if secret in caplog.text]


async def test_tokens_that_are_lost_by_an_interruption_are_said_to_be(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    full_until(monkeypatch, lambda: False)
    with pytest.raises(NotNow):
        await ready(access, 0.01)
    assert access._renewal is not None
    access._renewal.cancel()
    await access.close()
    assert "the renewed access of acme is lost: the connections could not be written (disk full)" in caplog.text


async def test_where_the_key_is_gone_no_token_is_exchanged(desk: Desk) -> None:
    access = desk.access(kept_by("password", renew_at=0))
    assert (await ready(access)).authorization == "Bearer access-1"
    desk.clock.seconds += 2 * HOUR
    (desk.directory / "connections.key").unlink()
    with pytest.raises(InvalidInput, match="it is gone") as caught:
        await ready(access)
    assert (caught.value.code, len(desk.office.asked)) == ("key_unusable", 1)


def full_until(monkeypatch: pytest.MonkeyPatch, has_space: Callable[[], bool]) -> None:
    """The disk takes no tokens until then."""
    swap = Connections.swap

    def full(store: Connections, *given: Any, **named: Any) -> bool:
        if not has_space():
            raise NotNow("the connections could not be written (disk full)", code="not_kept")
        return swap(store, *given, **named)

    monkeypatch.setattr(Connections, "swap", full)
