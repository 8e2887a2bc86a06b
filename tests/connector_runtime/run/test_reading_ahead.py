"""Pages are asked for before their turn, and handed out in it."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from connector_runtime.definition import Connector
from connector_runtime.run.progress import Estimate
from tests.connector_runtime.run.lists import Library, handed_out, stream
from tests.connector_runtime.workshop import LOST


@pytest.mark.parametrize("in_flight", [1, 2, 8, 32])
async def test_rows_come_in_order_however_their_pages_arrive(toy: Connector, in_flight: int) -> None:
    library = Library(40)
    whole, _ = stream(toy, library.send, in_flight=in_flight)
    assert [row["loan_id"] async for row in whole.rows()] == list(range(2, 82))
    assert sorted(library.asked) == list(range(1, 41))


@pytest.mark.parametrize(("in_flight", "most"), [(1, 1), (3, 3), (8, 8)])
async def test_no_more_pages_are_asked_for_at_once_than_allowed(toy: Connector, in_flight: int, most: int) -> None:
    library = Library(40)
    whole, _ = stream(toy, library.send, in_flight=in_flight)
    async for _ in whole.pages():
        pass
    assert library.most_open == most


async def test_the_number_of_pages_ahead_grows_with_the_pages_read(toy: Connector) -> None:
    library = Library(100)
    whole, _ = stream(toy, library.send)
    ahead: list[int] = []
    async with aclosing(whole.pages()) as pages:
        async for _ in pages:
            ahead.append(max(library.asked) - len(ahead) - 1)
            if len(ahead) == 5:
                break
    assert ahead == [2, 4, 8, 8, 8]


async def test_the_next_page_is_on_its_way_while_one_is_read(toy: Connector) -> None:
    library = Library(9, total=False)
    whole, _ = stream(toy, library.send)
    async for one in whole.pages():
        await asyncio.sleep(0)
        assert library.asked[-1] == min(9, one["loans"][0]["loan_id"] // 2 + 1)


async def test_without_a_total_only_the_page_that_must_follow_is_asked_for(toy: Connector) -> None:
    library = Library(9, total=False)
    whole, _ = stream(toy, library.send)
    assert len([row async for row in whole.rows()]) == 18
    assert (library.asked, library.most_open) == (list(range(1, 10)), 1)


async def test_nothing_beyond_the_last_page_is_asked_for(toy: Connector) -> None:
    library = Library(3)
    whole, _ = stream(toy, library.send, in_flight=32)
    async for _ in whole.rows():
        pass
    assert sorted(library.asked) == [1, 2, 3]


async def test_a_page_that_fails_ends_the_rows_in_its_turn(toy: Connector) -> None:
    library = Library(20)
    library.failing[6] = LOST
    whole, shelf = stream(toy, library.send)
    assert [row["loan_id"] for row in await handed_out(whole.rows())] == list(range(2, 12))
    assert shelf.documents[-1]["error"]["type"] == "Unreachable"
    assert shelf.documents[-1]["counts"] == {"pages": 5, "records": 10}
    assert library.open == 0


async def test_a_reader_that_stops_cancels_what_is_on_its_way(toy: Connector) -> None:
    library = Library(50)
    whole, shelf = stream(toy, library.send)
    async with aclosing(whole.pages()) as pages:
        async for _ in pages:
            if max(library.asked) > 10:
                break
    assert library.open == 0
    assert all(request["duration_s"] is not None for request in shelf.documents[-1]["requests"])


async def test_a_list_that_grows_is_read_to_its_new_end(toy: Connector) -> None:
    library = Library(4)
    whole, _ = stream(toy, library.send)
    rows = []
    async for row in whole.rows():
        rows.append(row["loan_id"])
        if len(rows) == 2:
            library.last = 12
    assert rows == list(range(2, 26))


async def test_what_there_is_to_read_is_known_with_the_first_page(toy: Connector) -> None:
    whole, _ = stream(toy, Library(7).send, {"page": 3})
    assert whole.estimate is None
    async with aclosing(whole.rows()) as rows:
        await anext(rows)
        assert whole.estimate == Estimate(records=10, calls=5)


async def test_lines_are_the_rows_a_page_at_a_time(toy: Connector) -> None:
    whole, _ = stream(toy, Library(3).send)
    pages = [lines async for lines in whole.lines()]
    assert [lines.count(b"\n") for lines in pages] == [2, 2, 2]
    assert pages[0].startswith(b'{"loan_id":2,')
