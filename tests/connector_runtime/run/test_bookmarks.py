"""A read of many pages that stopped can be taken up again, and then leaves nothing out."""

from __future__ import annotations

import json
from contextlib import aclosing
from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import NoProgress
from connector_runtime.run import pages as reading
from connector_runtime.values import Json
from tests.connector_runtime.run.lists import Library, handed_out, stream
from tests.connector_runtime.workshop import LOST


async def taken(toy: Connector, many: int, raw: Json = None) -> Json:
    """The bookmark of a reader who stops at a row, as it would be kept."""
    whole, _ = stream(toy, Library(10).send, raw)
    count = 0
    async with aclosing(whole.rows()) as rows:
        async for _ in rows:
            count += 1
            if count == many:
                break
    return json.loads(json.dumps(whole.bookmark))


async def go_on(toy: Connector, after: Json, raw: Json = None, what: str = "rows") -> tuple[list[Any], Any]:
    whole, shelf = stream(toy, Library(10).send, raw, after=after)
    return await handed_out(getattr(whole, what)()), shelf.documents[-1]


@pytest.mark.parametrize("many", range(1, 20))
async def test_a_read_goes_on_with_the_row_at_which_its_reader_stopped(toy: Connector, many: int) -> None:
    rows, last = await go_on(toy, await taken(toy, many))
    assert [row["loan_id"] for row in rows] == list(range(many + 1, 22))
    assert (last["status"], last["warnings"], last["bookmark"]) == ("succeeded", [], None)


async def test_lines_go_on_with_the_row_and_pages_with_its_page(toy: Connector) -> None:
    after = await taken(toy, 4)
    lines, _ = await go_on(toy, after, what="lines")
    assert b"".join(lines).startswith(b'{"loan_id":5,')
    pages, _ = await go_on(toy, after, what="pages")
    assert pages[0]["loans"][0]["loan_id"] == 4


async def test_a_read_that_failed_goes_on_with_the_page_that_failed(toy: Connector) -> None:
    library = Library(10)
    library.failing[6] = LOST
    whole, shelf = stream(toy, library.send)
    before = [row["loan_id"] for row in await handed_out(whole.rows())]
    after, _ = await go_on(toy, shelf.documents[-1]["bookmark"])
    assert before + [row["loan_id"] for row in after] == list(range(2, 22))


async def test_a_read_that_failed_at_once_goes_on_from_its_beginning(toy: Connector) -> None:
    library = Library(10)
    library.failing[1] = LOST
    whole, shelf = stream(toy, library.send)
    assert await handed_out(whole.rows()) == []
    rows, _ = await go_on(toy, shelf.documents[-1]["bookmark"])
    assert len(rows) == 20


async def test_a_bookmark_of_a_read_that_went_on_is_as_good_as_the_first(toy: Connector) -> None:
    whole, _ = stream(toy, Library(10).send, after=await taken(toy, 5))
    async with aclosing(whole.rows()) as rows:
        assert [(await anext(rows))["loan_id"] for _ in range(4)] == [6, 7, 8, 9]
    rows_left, last = await go_on(toy, whole.bookmark)
    assert rows_left[0]["loan_id"] == 9
    assert last["warnings"] == []


@pytest.mark.parametrize("what", ["rows", "lines", "pages"])
async def test_while_a_list_is_read_the_bookmark_is_at_what_its_reader_has_in_hand(toy: Connector, what: str) -> None:
    whole, _ = stream(toy, Library(10).send)
    seen = 0
    async with aclosing(getattr(whole, what)()) as parts:
        async for _ in parts:
            page, row = divmod(seen, 2) if what == "rows" else (seen, 0)
            assert (whole.bookmark["place"], whole.bookmark["row"]) == (page + 1, row)
            seen += 1
    assert whole.bookmark is None


async def test_a_list_that_shrank_meanwhile_is_not_gone_on_with(toy: Connector) -> None:
    whole, shelf = stream(toy, Library(9).send, after=await taken(toy, 5))
    with pytest.raises(NoProgress, match="the list shrank from 20 to 18 rows") as caught:
        await anext(whole.rows())
    assert (caught.value.code, "from its beginning" in caught.value.fix) == ("shrinking_total", True)
    assert (whole.bookmark, shelf.documents[-1]["bookmark"]) == (None, None)
    assert shelf.documents[-1]["counts"] == {"pages": 0, "records": 0}


async def test_a_read_from_a_later_page_goes_on_too(toy: Connector) -> None:
    after = await taken(toy, 3, {"page": 4})
    rows, last = await go_on(toy, after, {"page": 4})
    assert [row["loan_id"] for row in rows] == list(range(10, 22))
    assert last["warnings"] == []


async def test_a_list_read_to_its_end_has_no_bookmark(toy: Connector) -> None:
    whole, shelf = stream(toy, Library(2).send)
    async for _ in whole.rows():
        pass
    assert (whole.bookmark, shelf.documents[-1]["bookmark"]) == (None, None)


OTHERS: list[tuple[Json, str]] = [
    ({"late": True}, "another input"),
    ({"page_size": 3}, "another input"),
]


@pytest.mark.parametrize(("raw", "says"), OTHERS)
async def test_a_bookmark_is_refused_with_another_input(toy: Connector, raw: Json, says: str) -> None:
    rows, last = await go_on(toy, await taken(toy, 3), raw)
    assert (rows, last["error"]["type"], last["requests"]) == ([], "InvalidInput", [])
    assert says in last["error"]["message"]


SPOILT: list[Any] = [7, "x", [], {}, {"list": 1}, {"row": -1}, {"row": "1"}, {"place": [1]}, {"more": 1}]
SPOILT += [
    {"place": None},
    {"place": "2"},
    {"place": 0},
    {"place": True},
    {"row": True},
    {"records": "x"},
    {"total": -1},
]


@pytest.mark.parametrize("spoilt", SPOILT)
async def test_what_is_no_bookmark_is_refused(toy: Connector, spoilt: Any) -> None:
    after = {**await taken(toy, 3), **spoilt} if isinstance(spoilt, dict) and spoilt else spoilt
    rows, last = await go_on(toy, after)
    assert (rows, last["error"]["problems"][0]["field"]) == ([], "after")


async def test_a_long_reads_bookmark_is_committed_on_the_way(toy: Connector, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "KEPT_EVERY_S", 0)
    whole, shelf = stream(toy, Library(5).send)
    async for _ in whole.pages():
        pass
    kept = [(document.get("bookmark") or {}).get("place") for document in shelf.documents]
    assert kept == [None, 1, 2, 3, 4, 5, None]


async def test_a_secret_is_not_in_a_bookmark(toy: Connector) -> None:
    assert "CANARY" not in json.dumps(await taken(toy, 3, {"tags": "CANARY"}))
