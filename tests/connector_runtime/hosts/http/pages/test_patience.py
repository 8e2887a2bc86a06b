"""How long a page waits."""

from __future__ import annotations

import asyncio

import pytest

from connector_runtime.hosts.http.pages.patience import Late, Patience


async def test_what_comes_too_late_is_there_for_the_next_look() -> None:
    patience, go, asked = Patience(paint_s=0.01, asked_s=60), asyncio.Event(), list[int]()

    async def read() -> str:
        asked.append(1)
        await go.wait()
        return "fields"

    with pytest.raises(Late):
        await patience.wait("a", read, asked=False)
    second = asyncio.ensure_future(patience.wait("a", read, asked=True))
    await asyncio.sleep(0)
    go.set()
    assert (await second, len(asked)) == ("fields", 1)
    assert (await patience.wait("a", read, asked=True), len(asked)) == ("fields", 2), "nothing is kept here"


async def test_what_is_refused_is_raised_whether_anybody_waits_or_not(caplog: pytest.LogCaptureFixture) -> None:
    patience, go = Patience(paint_s=0.01, asked_s=60), asyncio.Event()

    async def read() -> str:
        await go.wait()
        raise ValueError("no")

    with pytest.raises(Late):
        await patience.wait("a", read, asked=False)
    go.set()
    with pytest.raises(ValueError, match="no"):
        await patience.wait("a", read, asked=True)
    assert caplog.records == []
