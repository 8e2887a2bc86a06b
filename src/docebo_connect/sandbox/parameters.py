"""Reading what a request carries: arrays and scalars of the query, ids, days and times.

An array is written `name[]=1&name[]=2` or `name[0]=1&name[1]=2`, brackets percent-encoded or not. As on the real API, a
filter that is misspelled or lacks its brackets is ignored without a word.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams

from docebo_connect.sandbox.refusals import bad_request

LARGEST_ID = 2**63 - 1
NO_ID = -1  # stands for an id too large for any record
MAX_PAGE_SIZE = 200
MOST_PARAMETERS = 20_000
ARRAY_KEY = re.compile(r"\A([^\[\]]+)\[[^\[\]]*\]\Z")
INTEGER = re.compile(r"\A[+-]?[0-9]{1,4000}\Z")  # [0-9], as \d would take any script's digits
DAY = re.compile(r"\A\d{4}-\d\d-\d\d\Z", re.ASCII)
MOMENT = re.compile(r"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z", re.ASCII)


class Query:
    """The query of one request: scalars (the last one wins) and arrays, by name."""

    def __init__(self, params: QueryParams) -> None:
        self.params = params
        self.arrays: dict[str, list[str]] = {}
        pairs = params.multi_items()
        if len(pairs) > MOST_PARAMETERS:
            raise bad_request("The query string cannot be read.")
        for key, value in pairs:
            if match := ARRAY_KEY.match(key):
                self.arrays.setdefault(match[1], []).append(value)

    def string(self, name: str) -> str | None:
        """A scalar that is neither absent nor blank."""
        return self.params.get(name) or None

    def integer(self, name: str) -> int | None:
        """A scalar integer."""
        value = self.string(name)
        return None if value is None else read_integer(value, name)

    def flag(self, name: str) -> bool | None:
        """0 or 1, also false or true."""
        value = self.string(name)
        if value is None:
            return None
        if value.lower() in ("1", "true"):
            return True
        if value.lower() in ("0", "false"):
            return False
        raise bad_request(f"{name} must be either 1 or 0.")

    def moment(self, name: str) -> str | None:
        """A time, `YYYY-MM-DD HH:MM:SS` in UTC or `YYYY-MM-DD`, as text that compares with the stored ones."""
        value = self.string(name)
        return None if value is None else read_moment(value, name)

    def ids(self, name: str) -> list[int]:
        """An array of ids; empty where the filter is absent."""
        return [stored_id(read_integer(value, name)) for value in self.arrays.get(name, [])]

    def strings(self, name: str) -> list[str]:
        """An array of strings; empty where the filter is absent."""
        return self.arrays.get(name, [])

    def page(self) -> tuple[int, int | None]:
        """Page and page size, at most 200; None where the service's default holds.

        Pages are counted from 1; some programs begin at 0, which counts as the first page too [I].
        """
        page, size = self.integer("page"), self.integer("page_size")
        if page is not None and page < 0:
            raise bad_request("page must be no less than 1.")
        if size is not None and size < 1:
            raise bad_request("page_size must be no less than 1.")
        return min(page or 1, LARGEST_ID), None if size is None else min(size, MAX_PAGE_SIZE)


def read_integer(value: Any, name: str) -> int:
    """A JSON number without fraction, or a string of digits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and INTEGER.match(value.strip()):
        return int(value)
    raise bad_request(f"{name} must be an integer.")


def stored_id(number: int) -> int:
    """An id that SQLite can compare: one that is out of range belongs to no record."""
    return number if 0 < number <= LARGEST_ID else NO_ID


def read_id(value: Any, name: str) -> int:
    """An id of a path or a body."""
    return stored_id(read_integer(value, name))


def read_ids(value: Any, name: str, *, at_most: int) -> list[int]:
    """An array of ids of a body, each once, in their order; ids out of range stay as they are."""
    if not isinstance(value, list):
        raise bad_request(f"{name} must be an array.")
    if len(value) > at_most:
        raise bad_request(f"{name} should contain at most {at_most} elements.")
    return list(dict.fromkeys(read_integer(element, name) for element in value))


def read_flag(value: Any, name: str) -> bool:
    """A boolean of a body; 0, 1 and their strings count."""
    if value in (None, False, 0, "0", "false", ""):
        return False
    if value in (True, 1, "1", "true"):
        return True
    raise bad_request(f"{name} must be either true or false.")


def read_day(value: Any, name: str) -> str | None:
    """A day `YYYY-MM-DD` of a body; None and the empty string are none."""
    if value is None or value == "":
        return None
    if isinstance(value, str) and DAY.match(value) and _exists(value, "%Y-%m-%d"):
        return value
    raise bad_request(f"{name} must be a date in the format YYYY-MM-DD.")


def read_moment(value: Any, name: str) -> str:
    """A time `YYYY-MM-DD HH:MM:SS`, or a day that stands for its first second."""
    if isinstance(value, str):
        if DAY.match(value) and _exists(value, "%Y-%m-%d"):
            return f"{value} 00:00:00"
        if MOMENT.match(value) and _exists(value, "%Y-%m-%d %H:%M:%S"):
            return value
    raise bad_request(f"{name} must be a date in the format YYYY-MM-DD HH:MM:SS.")


def _exists(value: str, pattern: str) -> bool:
    try:
        datetime.strptime(value, pattern)
    except ValueError:
        return False
    return True
