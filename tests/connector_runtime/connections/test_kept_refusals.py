"""A platform that refused to renew is not asked again for a while."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector_runtime.connections.access import REFUSED_S
from connector_runtime.errors import (
    NotNow,
    PlatformBroken,
    Unauthorized,
)
from connector_runtime.store import Connections
from tests.connector_runtime.connections.granting import ENDED, HOUR, Desk, desk_in, kept_by, ready
from tests.connector_runtime.workshop import answer


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    yield from desk_in(tmp_path)


async def test_a_refusal_that_the_disk_does_not_take_is_shown_and_not_asked_for_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise NotNow("disk full", code="not_kept")

    monkeypatch.setattr(Connections, "refuse", full)
    desk.office.answers = [ENDED, ENDED]
    access = desk.access(kept_by("browser", renew_at=0))
    for _ in range(3):
        with pytest.raises(Unauthorized):
            await ready(access)
    assert len(desk.office.asked) == 1


async def test_a_platform_that_refused_is_not_asked_again_for_a_while(desk: Desk) -> None:
    desk.office.answers = [ENDED, ENDED]
    first = desk.access(kept_by("browser", renew_at=0))
    for number, access in enumerate((first, first, desk.access())):
        with pytest.raises(Unauthorized) as caught:
            await ready(access)
        assert (caught.value.code, caught.value.whose) == ("sign_in_refused", "connection_owner")
        assert ("asked again in 300 seconds" in str(caught.value)) == (number > 0)
    assert len(desk.office.asked) == 1
    desk.clock.seconds += REFUSED_S
    with pytest.raises(Unauthorized):
        await ready(desk.access())
    assert len(desk.office.asked) == 2
    desk.safe().forget_refusal("acme")
    assert (await ready(desk.access())).authorization == "Bearer access-3"


async def test_connecting_again_ends_a_refusal(desk: Desk) -> None:
    desk.office.answers = [ENDED]
    access = desk.access(kept_by("browser", renew_at=0))
    with pytest.raises(Unauthorized):
        await ready(access)
    desk.safe().replace(kept_by("browser"))
    assert (await ready(access)).authorization == "Bearer access-0"


async def test_a_failure_that_is_no_refusal_is_not_kept(desk: Desk) -> None:
    desk.office.answers = [answer({"message": "out of order"}, 503)]
    access = desk.access(kept_by("browser", renew_at=0))
    with pytest.raises(PlatformBroken):
        await ready(access)
    assert (await ready(access)).authorization == "Bearer access-2"


async def test_a_clock_that_was_set_back_does_not_keep_a_refusal(desk: Desk) -> None:
    desk.office.answers = [ENDED]
    access = desk.access(kept_by("browser", renew_at=0))
    with pytest.raises(Unauthorized):
        await ready(access)
    desk.clock.seconds -= HOUR
    assert (await ready(access)).authorization == "Bearer access-2"
