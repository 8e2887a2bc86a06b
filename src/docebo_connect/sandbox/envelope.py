"""What answers are wrapped in, and how they write what is empty."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import QueryParams
from starlette.responses import JSONResponse, Response

from docebo_connect.sandbox.exchange import Exchange

VERSION = "1.0.0"
DEFAULT_PAGE_SIZE = 20  # [I] the services differ; none of their defaults is documented in our sources
NO_DAY = "0000-00-00"
NO_TIME = "0000-00-00 00:00:00"


def answer(data: Any) -> Response:
    """An answer that is not a list."""
    return JSONResponse({"data": data, "version": VERSION, "_links": []})


def listing(
    exchange: Exchange,
    items: list[dict[str, Any]],
    total: int,
    *,
    sort: list[dict[str, str]],
    cursor: str | None = None,
    more_as_number: bool = False,
    size_counts_items: bool = False,
) -> Response:
    """A page of a list.

    `more_as_number`: some services write has_more_data as 0 or 1. `size_counts_items`: the article describes
    current_page_size as the number of items in one action and as the page size in the others.
    """
    page, size = page_of(exchange)
    pages = -(-total // size)
    more = page < pages
    data = {
        "items": items,
        "count": len(items),
        "has_more_data": int(more) if more_as_number else more,
        "cursor": cursor,
        "current_page": page,
        "current_page_size": len(items) if size_counts_items else size,
        "total_page_count": pages,
        "total_count": total,
        "sort": sort,
    }
    return JSONResponse({"data": data, "version": VERSION, "_links": _links(exchange, page, pages)})


def page_of(exchange: Exchange) -> tuple[int, int]:
    """Page and page size of a request."""
    page, size = exchange.query.page()
    return page, size or DEFAULT_PAGE_SIZE


def window(exchange: Exchange) -> tuple[int, int]:
    """LIMIT and OFFSET of a request's page; a page beyond what SQLite can count is empty all the same."""
    page, size = page_of(exchange)
    return size, min((page - 1) * size + exchange.incident.hidden_rows, 2**62)


def _links(exchange: Exchange, page: int, pages: int) -> dict[str, Any]:
    kept = [pair for pair in exchange.query.params.multi_items() if pair[0] != "page"]

    def to(number: int) -> dict[str, str]:
        return {"href": f"{exchange.path}?{QueryParams([*kept, ('page', str(number))])}"}

    links = {"self": to(page), "first": to(1), "last": to(max(pages, 1))}
    if page > 1:
        links["prev"] = to(page - 1)
    if page < pages:
        links["next"] = to(page + 1)
    return links


def empty_time(record_id: int) -> str | None:
    """No time at all, in one of the three forms the API uses; which one depends on the record."""
    return (None, "", NO_TIME)[record_id % 3]


def empty_day(record_id: int) -> str | None:
    """No day at all, in one of the three forms the API uses; which one depends on the record."""
    return (None, "", NO_DAY)[record_id % 3]


def numeric(value: float | None, record_id: int) -> float | str | None:
    """A score: some come as numbers, some as strings with two decimals."""
    if value is None:
        return None
    return f"{value:.2f}" if record_id % 2 else value
