"""Filtering and sorting of lists, as SQL."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from docebo_connect.sandbox.envelope import window
from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.refusals import bad_request
from docebo_connect.sandbox.store import Row, Value


@dataclass(slots=True)
class Conditions:
    """The parts of a WHERE clause, joined by AND."""

    parts: list[str] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)

    def add(self, sql: str, *values: Value) -> None:
        """One more condition with the values of its marks."""
        self.parts.append(sql)
        self.values.extend(values)

    def any_of(self, column: str, choices: Sequence[int] | Sequence[str]) -> None:
        """The column holds one of the choices; as one JSON value, since SQLite bounds the number of marks."""
        self.add(f"{column} IN (SELECT value FROM json_each(?))", json.dumps(list(choices)))

    def contains(self, columns: Sequence[str], text: str) -> None:
        """One of the columns contains the text, capital letters or not; `*` in the text stands for anything."""
        pattern = text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "%")
        parts = [f"{column} LIKE ? ESCAPE '\\'" for column in columns]
        self.add(f"({' OR '.join(parts)})", *[f"%{pattern}%"] * len(columns))

    def sql(self) -> str:
        """The WHERE clause; empty without conditions."""
        return f"WHERE {' AND '.join(self.parts)}" if self.parts else ""


def only_visible(exchange: Exchange, conditions: Conditions, user_id: str) -> None:
    """Superadmins see everybody, power users their branch, users themselves; `user_id` is a column of the query."""
    caller = exchange.caller()
    if caller["level"] == "powuser":
        branch = "SELECT id FROM users WHERE level = 'user' AND branch = ?"
        conditions.add(f"({user_id} = ? OR {user_id} IN ({branch}))", caller["id"], caller["branch"])
    elif caller["level"] != "godadmin":
        conditions.add(f"{user_id} = ?", caller["id"])


@dataclass(frozen=True, slots=True)
class Sorting:
    """By which column, in which direction."""

    attribute: str
    direction: str
    column: str

    @classmethod
    def read(cls, exchange: Exchange, columns: Mapping[str, str], default: str) -> Sorting:
        """`sort_attr` and `sort_dir`; an attribute that cannot be sorted by is a 400, as on the real API."""
        attribute = exchange.query.string("sort_attr") or default
        direction = (exchange.query.string("sort_dir") or "asc").lower()
        if attribute not in columns:
            raise bad_request(f"sort_attr is invalid; it must be one of {', '.join(columns)}.")
        if direction not in ("asc", "desc"):
            raise bad_request("sort_dir is invalid; it must be asc or desc.")
        return cls(attribute, direction, columns[attribute])

    def sql(self, tie_break: str) -> str:
        """The ORDER BY clause; ties are broken by the record, so that no row is on two pages."""
        return f"ORDER BY {self.column} {self.direction}, {tie_break}"

    def described(self) -> list[dict[str, str]]:
        """As the answer tells it."""
        return [{"sort_attr": self.attribute, "sort_dir": self.direction}]


def page_of_rows(
    exchange: Exchange, columns: str, source: str, conditions: Conditions, order: str
) -> tuple[list[Row], int]:
    """The rows of the requested page, and the number of rows on all pages."""
    clause = f"FROM {source} {conditions.sql()}"
    total = exchange.store.number(f"SELECT COUNT(*) {clause}", conditions.values)
    limit, offset = window(exchange)
    rows = exchange.store.rows(
        f"SELECT {columns} {clause} {order} LIMIT ? OFFSET ?", [*conditions.values, limit, offset]
    )
    return rows, max(0, total - exchange.incident.hidden_rows)
