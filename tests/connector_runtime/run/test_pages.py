"""A read of many pages as one run: constant memory, one record, and a guard against pages without end."""

from __future__ import annotations

import gc
from contextlib import aclosing
from typing import Any

import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput, NoProgress, Unreachable
from connector_runtime.outputs import MAX_WARNINGS
from connector_runtime.run import Stream
from connector_runtime.run import pages as reading
from connector_runtime.values import Json, Response
from tests.connector_runtime.run.lists import Library, handed_out, loans, page, stream
from tests.connector_runtime.workshop import LOST, Platform, Shelf, answer


async def read(toy: Connector, *answers: Any, raw: Json = None) -> tuple[list[Json], Stream, Shelf]:
    whole, shelf = stream(toy, Platform(*answers).send, raw)
    return await handed_out(whole.rows()), whole, shelf


async def test_the_rows_of_all_pages_come_in_order(toy: Connector) -> None:
    rows, whole, shelf = await read(toy, page(loans(1, 2)), page(loans(3)), page([], more=False))
    assert [row["loan_id"] for row in rows] == [1, 2, 3]
    assert whole.record is not None and whole.record.succeeded
    last = shelf.documents[-1]
    assert (last["counts"], last["output"], last["effect"]) == ({"pages": 3, "records": 3}, None, "none")
    assert list(last)[-2:] == ["counts", "bookmark"]


async def test_pages_can_be_taken_whole(toy: Connector) -> None:
    whole, _ = stream(toy, Library(3).send)
    pages = [one async for one in whole.pages()]
    assert [one["more"] for one in pages] == [True, True, False]
    assert pages[0].keys() == {"loans", "more", "total", "sorting"}


async def test_reading_begins_at_the_page_that_was_asked_for(toy: Connector) -> None:
    library = Library(4)
    whole, _ = stream(toy, library.send, {"page": "3"})
    assert [row["loan_id"] async for row in whole.rows()] == [6, 7, 8, 9]
    assert library.asked == [3, 4]


async def test_a_long_reads_record_does_not_grow_with_its_pages(
    toy: Connector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "KEPT_EVERY_S", 1e9)  # however slow the machine is
    sizes = []
    for last in (20, 400):
        whole, shelf = stream(toy, Library(last).send)
        assert sum([1 async for _ in whole.rows()]) == 2 * last
        assert shelf.documents[-1]["counts"] == {"pages": last, "records": 2 * last}
        assert len(shelf.documents) == 2
        sizes.append(len(shelf.documents[-1]["requests"]))
    assert sizes == [10, 10]


async def test_a_long_reads_record_keeps_its_first_and_its_latest_requests(toy: Connector) -> None:
    whole, shelf = stream(toy, Library(50).send)
    async for _ in whole.pages():
        pass
    asked = [int(request["query"]["page"]) for request in shelf.documents[-1]["requests"]]
    assert asked == [1, 2, 3, 4, 5, 46, 47, 48, 49, 50]


async def test_a_failed_reads_record_has_the_request_that_failed_and_those_on_their_way(toy: Connector) -> None:
    library = Library(60)
    library.failing[20] = LOST
    whole, shelf = stream(toy, library.send)
    await handed_out(whole.rows())
    asked = [(int(note["query"]["page"]), note["status"]) for note in shelf.documents[-1]["requests"]]
    assert asked[:11] == [*((page, 200) for page in (1, 2, 3, 4, 5, 15, 16, 17, 18, 19)), (20, None)]
    assert [page for page, _ in asked[11:]] == list(range(21, 28))


async def test_a_page_is_called_by_its_own_number(toy: Connector) -> None:
    stuck = [page(loans(1, 2)), page([])]
    whole, _ = stream(toy, Platform(*stuck).send, {"page": 7})
    with pytest.raises(NoProgress, match="page 8 is empty"):
        async for _ in whole.rows():
            pass


async def test_a_long_reads_warnings_are_cut_short(toy: Connector) -> None:
    odd = [page([{"loan_id": "odd", "fine": n}] * 60) for n in range(5)]
    _, whole, _ = await read(toy, *odd, page([], more=False))
    assert whole.record is not None
    assert 60 < len(whole.record.warnings) <= MAX_WARNINGS + 1


async def test_memory_does_not_grow_with_the_number_of_records(toy: Connector) -> None:
    import tracemalloc

    peaks = []
    for last in (500, 50, 500):  # the first one fills what is kept for all
        whole, _ = stream(toy, Library(last).send)
        gc.collect()
        tracemalloc.start()
        async for _ in whole.rows():
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[2] < 2 * peaks[1] + 100_000


NO_PROGRESS = [
    ("same_rows", [page(loans(1, 2)), page(loans(1, 2))]),
    ("same_rows", [page(loans(1)), page(loans(2)), page(loans(1), more=False)]),
    ("empty_page", [page([])]),
    ("empty_page", [page(loans(1)), page([])]),
    ("shrinking_total", [page(loans(1), total=9), page(loans(2), total=8)]),
    ("shrinking_total", [page(loans(1), total=9), page(loans(2)), page(loans(3), total=1)]),
    ("endless", [page(loans(1), total=2), page(loans(2), total=2), page(loans(3), total=2)]),
]


@pytest.mark.parametrize(("code", "answers"), NO_PROGRESS, ids=[f"{c[0]} after {len(c[1])}" for c in NO_PROGRESS])
async def test_pages_that_lead_nowhere_are_stopped(toy: Connector, code: str, answers: list[Response]) -> None:
    _, whole, shelf = await read(toy, *answers)
    assert whole.record is not None and whole.record.error is not None
    assert (whole.record.error["type"], whole.record.error["code"]) == ("NoProgress", code)
    assert shelf.documents[-1]["status"] == "failed"


async def test_a_growing_total_is_no_reason_to_stop(toy: Connector) -> None:
    rows, whole, _ = await read(
        toy, page(loans(1), total=2), page(loans(2), total=3), page(loans(3), more=False, total=3)
    )
    assert len(rows) == 3
    assert whole.record is not None and whole.record.succeeded


async def test_an_answer_that_was_on_its_way_before_the_list_grew_is_no_reason_to_stop(toy: Connector) -> None:
    library = Library(6)
    whole, _ = stream(toy, library.send)
    rows = []
    async for row in whole.rows():
        rows.append(row["loan_id"])
        if len(rows) == 1:
            library.late = 3  # its answer comes after those of the pages behind it, and knows of one row more
    assert rows == list(range(2, 14))
    assert library.totals_by_page[3] > library.totals_by_page[4]


async def test_a_total_that_comes_late_counts_from_the_beginning(toy: Connector) -> None:
    answers = [page(loans(1, 2)), page(loans(3, 4), total=6), page(loans(5, 6), more=False, total=6)]
    rows, whole, _ = await read(toy, *answers)
    assert len(rows) == 6
    assert whole.record is not None and (whole.record.succeeded, whole.record.warnings) == (True, [])


async def test_an_empty_list_is_an_end_and_not_a_failure(toy: Connector) -> None:
    rows, whole, _ = await read(toy, page([], more=False, total=0))
    assert rows == []
    assert whole.record is not None and whole.record.counts == {"pages": 1, "records": 0}


async def test_a_failure_between_pages_ends_the_rows_and_is_recorded(toy: Connector) -> None:
    rows, whole, shelf = await read(toy, page(loans(1)), LOST)
    assert [row["loan_id"] for row in rows] == [1]
    last = shelf.documents[-1]
    assert (last["status"], last["error"]["type"], last["counts"]) == (
        "failed",
        "Unreachable",
        {"pages": 1, "records": 1},
    )
    assert whole.record is not None and not whole.record.succeeded


@pytest.mark.parametrize("what", ["rows", "lines", "pages"])
async def test_what_ended_a_read_is_raised_after_all_that_came_before_it(toy: Connector, what: str) -> None:
    whole, shelf = stream(toy, Platform(page(loans(1)), LOST).send)
    parts = []
    with pytest.raises(Unreachable) as caught:
        async for part in getattr(whole, what)():
            parts.append(part)
    assert len(parts) == 1
    assert caught.value is (whole.record and whole.record.failure)
    assert shelf.documents[-1]["status"] == "failed"


async def test_a_readers_own_error_is_the_one_that_is_raised(toy: Connector) -> None:
    whole, shelf = stream(toy, Library(3).send)
    with pytest.raises(ZeroDivisionError):
        async for _ in whole.rows():
            _ = 1 // 0
    await whole.close()
    assert shelf.documents[-1]["status"] == "succeeded"


@pytest.mark.parametrize("many", [0, 33, -1, "2", 1.5])
def test_a_number_of_pages_that_is_none_is_refused_at_once(toy: Connector, many: Any) -> None:
    with pytest.raises(ValueError, match="from 1 to 32"):
        stream(toy, Platform().send, in_flight=many)


async def test_a_filter_ignored_on_a_later_page_withholds_that_page(toy: Connector) -> None:
    stranger = [{"loan_id": 3, "member_id": 8}]
    rows, whole, _ = await read(toy, page(loans(1)), page(stranger), raw={"member_ids": [7]})
    assert [row["loan_id"] for row in rows] == [1]
    assert whole.record is not None and whole.record.error is not None
    assert whole.record.error["code"] == "filter_ignored"


async def test_invalid_input_yields_nothing_and_is_recorded(toy: Connector) -> None:
    rows, whole, shelf = await read(toy, raw={"page": 0})
    assert rows == []
    assert shelf.documents[-1]["error"]["type"] == "InvalidInput"
    assert whole.record is not None


async def test_an_action_that_answers_in_one_piece_has_no_pages(toy: Connector) -> None:
    whole, shelf = stream(toy, Platform().send, {"book_code": "B-1", "member_id": 7}, key="lend_book")
    assert await handed_out(whole.rows()) == []
    assert shelf.documents[-1]["error"]["type"] == "InvalidInput"
    assert "has no pages to follow" in shelf.documents[-1]["error"]["message"]


def test_an_unknown_action_is_refused_at_once(toy: Connector) -> None:
    with pytest.raises(InvalidInput):
        stream(toy, Platform().send, key="nonsense")


@pytest.mark.parametrize("what", ["rows", "pages"])
async def test_a_reader_who_stops_early_closes_the_record_at_once(toy: Connector, what: str) -> None:
    library = Library(100)
    whole, shelf = stream(toy, library.send)
    async with aclosing(getattr(whole, what)()) as reading:
        async for _ in reading:
            break
    last = shelf.documents[-1]
    assert (last["status"], last["error"], last["counts"]) == ("succeeded", None, {"pages": 1, "records": 2})
    assert len(library.asked) <= 3


async def test_a_reader_that_breaks_stops_asking(toy: Connector) -> None:
    library = Library(100)
    whole, _ = stream(toy, library.send)
    async for row in whole.rows():
        if row["loan_id"] >= 5:
            break
    assert library.asked == list(range(1, 2 + 4 + 1))


async def test_pages_that_end_before_their_total_are_a_warning(toy: Connector) -> None:
    rows, whole, _ = await read(toy, page(loans(1, 2), total=5), page(loans(3), more=False, total=5))
    assert len(rows) == 3
    assert whole.record is not None
    assert whole.record.warnings == [{"pointer": "/loans", "message": "the pages ended after 3 of 5 rows"}]


async def test_a_page_that_does_not_say_whether_there_are_more_is_unexpected(toy: Connector) -> None:
    silent = answer({"result": {"loans": loans(1), "paging": {"total": 1}}})
    rows, whole, _ = await read(toy, silent)
    assert rows == []
    assert whole.record is not None and whole.record.error is not None
    assert (whole.record.error["type"], "more" in whole.record.error["message"]) == ("UnexpectedOutput", True)


async def test_a_stream_that_nobody_reads_can_be_closed(toy: Connector) -> None:
    whole, shelf = stream(toy, Library(3).send)
    await whole.close()
    assert (shelf.documents, whole.record) == ([], None)
