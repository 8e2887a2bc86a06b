"""Lists whose pages name the next one, and what is done when they lead nowhere."""

from __future__ import annotations

from contextlib import aclosing

import pytest

from connector_runtime.values import Request, Response
from tests.connector_runtime.run.lists import chained, handed_out, stream
from tests.connector_runtime.workshop import Platform, answer


class Chain:
    """Pages named by what leads to them: cursor → (rows, the next cursor)."""

    def __init__(self, pages: dict[str, tuple[list[int], str | None]]) -> None:
        self.pages = pages
        self.asked: list[str] = []

    async def send(self, request: Request) -> Response:
        cursor = str(request.query.get("from", ""))
        self.asked.append(cursor)
        rows, following = self.pages[cursor]
        return answer({"rows": [{"n": number} for number in rows], "next": following})


STRAIGHT: dict[str, tuple[list[int], str | None]] = {"": ([1, 2], "b"), "b": ([3], "c"), "c": ([4], None)}


async def test_each_page_is_asked_for_with_the_cursor_of_the_one_before() -> None:
    chain = Chain(STRAIGHT)
    whole, _ = stream(chained(), chain.send, key="act")
    assert [row["n"] async for row in whole.rows()] == [1, 2, 3, 4]
    assert chain.asked == ["", "b", "c"]
    assert whole.record is not None and whole.record.succeeded


async def test_a_read_begins_with_the_cursor_that_was_given() -> None:
    chain = Chain(STRAIGHT)
    whole, _ = stream(chained(), chain.send, {"from": "b"}, key="act")
    assert [row["n"] async for row in whole.rows()] == [3, 4]


async def test_a_bookmark_holds_the_cursor() -> None:
    whole, _ = stream(chained(), Chain(STRAIGHT).send, key="act")
    async with aclosing(whole.rows()) as rows:
        assert [(await anext(rows))["n"] for _ in range(3)] == [1, 2, 3]
    chain = Chain(STRAIGHT)
    again, _ = stream(chained(), chain.send, key="act", after=whole.bookmark)
    assert [row["n"] async for row in again.rows()] == [3, 4]
    assert chain.asked == ["b", "c"]


NOWHERE: list[tuple[str, dict[str, tuple[list[int], str | None]]]] = [
    ("same_cursor", {"": ([1], "b"), "b": ([2], "b")}),
    ("cursor_cycle", {"": ([1], "b"), "b": ([2], "c"), "c": ([3], "b")}),
    ("same_rows", {"": ([1], "b"), "b": ([1], "c")}),
    ("empty_page", {"": ([1], "b"), "b": ([], "c")}),
]


@pytest.mark.parametrize(("code", "pages"), NOWHERE, ids=[case[0] for case in NOWHERE])
async def test_cursors_that_lead_nowhere_are_stopped(code: str, pages: dict[str, tuple[list[int], str | None]]) -> None:
    whole, _ = stream(chained(), Chain(pages).send, key="act")
    await handed_out(whole.rows())
    assert whole.record is not None and whole.record.error is not None
    assert (whole.record.error["type"], whole.record.error["code"]) == ("NoProgress", code)


async def test_the_end_of_a_chain_may_be_an_empty_text() -> None:
    whole, _ = stream(chained(), Platform(answer({"rows": [{"n": 1}], "next": ""})).send, key="act")
    assert [row["n"] async for row in whole.rows()] == [1]
