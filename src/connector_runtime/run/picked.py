"""One pick list of the platform, with what it needs filled in: read page by page, and searched."""

from __future__ import annotations

import html
from collections.abc import Mapping

from connector_runtime.definition.mapping import inputs_of
from connector_runtime.definition.picking import PickList
from connector_runtime.request import draft_listed, draft_read
from connector_runtime.run.choices import Choice, Choices, Row, Rows, choice_in, matches, once, paged, rows_in
from connector_runtime.run.looking import Looks
from connector_runtime.run.offered import Offer
from connector_runtime.values import Json, Request, at

MOST_PAGES = 5
"""So many pages of a list are searched here, where the platform does not: each is a call."""

MOST_NAMES = 200
"""So many names of a page are kept for labels: a platform may give all it has as one page."""

HERE = "The platform cannot search this list: {} were searched here."
IGNORED = "The platform also answered with entries in which this text does not stand; they come last."


class Picked:
    """A pick list for one field. What it reads is remembered for a while; `age_s` says how old that may be."""

    def __init__(
        self, looks: Looks, pick: PickList, offer: Offer, inputs: Mapping[str, Json], *, age_s: float | None = None
    ) -> None:
        self._looks, self._pick, self._inputs, self._age_s = looks, pick, inputs, age_s
        self._number = offer.number
        self._what = f"pick list {offer.pick}, {'numbers' if offer.number else 'texts'}"
        sent = [inputs_of(entry)[1] for entry in pick.query]
        self._searches, self._has_pages = "search" in sent, "page" in sent

    async def found(self, search: str, page: int) -> Choices:
        """A page of what the list has, searched by the platform where it can do that, else here."""
        if search and not self._searches:
            return await self._searched_here(search, page)
        if not self._has_pages:
            return paged(once((await self._page(1, search)).rows), page)
        got = await self._page(page, search)
        if not got.rows and (spelled := html.escape(search)) != search:  # it may keep names with their entities
            got = await self._page(page, spelled)
        hits = [row for row in got.rows if matches(row, search)]
        rest = [row for row in got.rows if not matches(row, search)]
        if rest and not hits and page == 1:  # it ignored the text, or found it where it shows nothing of it
            hits = [row for row in (await self._several(search))[0] if matches(row, search)]
        items = once([*hits, *rest], self._before(page, search))
        # A page of nothing new is the last one: a platform that ignores the page's number has no end.
        return Choices(items, got.more and bool(items), IGNORED if rest else "", not rest)

    async def choice(self, value: Json, *, may_ask: bool = True) -> Choice | None:
        """The choice that a value stands for; None where the platform names none, or may not be asked. Raises
        ConnectorError.
        """
        if (seen := self._looks.remembered(self._place(), str(value), self._age_s)) is not None:
            found: Choice = seen
            return found
        if not may_ask:
            return None
        if self._pick.one is None:
            rows = (await self._page(1, "")).rows
            return next((row.choice for row in rows if str(row.choice.value) == str(value)), None)
        return await self._one(value)

    async def _one(self, value: Json) -> Choice | None:
        one = self._pick.one
        assert one is not None
        habits = self._looks.connector.identity.wire

        def understood(answer: Json) -> tuple[Choice | None]:
            return (choice_in(self._pick, at(answer, one.item), number=self._number, one=one),)

        request = draft_read(habits, {**self._inputs, "value": value}, one.path, {})
        (choice,) = await self._looks.read(request, f"one of {self._what}", understood, age_s=self._age_s)
        return choice if choice is not None and str(choice.value) == str(value) else None

    async def _searched_here(self, search: str, page: int) -> Choices:
        rows, all_of_them = await self._several("")
        many = f"all of its {len(rows):,} entries" if all_of_them else f"the first {len(rows):,} of its entries"
        hits = once(row for row in rows if matches(row, search))
        return paged(hits, page, HERE.format(many), whole=all_of_them)

    async def _several(self, search: str) -> tuple[list[Row], bool]:
        """The rows of the first pages, and whether they are all that there are."""
        rows: list[Row] = []
        for number in range(1, MOST_PAGES + 1):
            got = await self._page(number, search)
            rows += got.rows
            if not got.more or not got.rows:
                return rows, True
        return rows, False

    async def _page(self, number: int, search: str) -> Rows:
        rows = await self._looks.read(
            self._request(number, search),
            self._what,
            lambda answer: rows_in(self._pick, answer, number=self._number),
            age_s=self._age_s,
        )
        for row in rows.rows[:MOST_NAMES]:  # somebody may pick it, and then see its name
            self._looks.remember(self._place(), str(row.choice.value), row.choice)
        return rows

    def _before(self, page: int, search: str) -> set[Json]:
        """The values on the pages before one, as far as they were read lately: a list may shift between two pages."""
        earlier = [self._looks.recalled(self._request(each, search), self._what) for each in range(1, page)[-10:]]
        return {row.choice.value for rows in earlier if rows is not None for row in rows.rows}

    def _request(self, number: int, search: str) -> Request:
        inputs = {**self._inputs, "page": number, **({"search": search} if search else {})}
        return draft_listed(self._looks.connector.identity.wire, inputs, self._pick.path, self._pick.query)

    def _place(self) -> str:
        return f"{self._what}, {sorted(self._inputs.items())}"
