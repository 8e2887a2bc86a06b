"""Which events somebody looks for: those of others are not read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from heapq import merge
from itertools import islice

from connector_runtime.store.file import Statements
from connector_runtime.values import Json, json_text

SCHEMA = """
CREATE INDEX IF NOT EXISTS events_of_a_connection ON events (connection, cursor);
"""


@dataclass(frozen=True, kw_only=True)
class Only:
    """Only events of these `connections`, and of these `kinds`; None: of all."""

    connections: Collection[str] | None = None
    kinds: Collection[str] | None = None

    def narrowed(self, connection: str | None = None, kind: str | None = None) -> Only:
        """Only those of one connection, or one kind, among these."""
        return Only(connections=_among(self.connections, connection), kinds=_among(self.kinds, kind))

    def has(self, connection: str, kind: str | None = None) -> bool:
        """Whether an event of that connection, and of that kind, is one."""
        among = self.connections is None or connection in self.connections
        return among and (kind is None or self.kinds is None or kind in self.kinds)


ALL = Only()


def cursors_after(connection: Statements, cursor: int, limit: int, only: Only) -> list[int]:
    """The next cursors of these events, in their order. Each connection is looked for by itself, by an index."""
    kinds = "" if only.kinds is None else "AND event IN (SELECT value FROM json_each(?))"
    last = [*([] if only.kinds is None else [json_text(sorted(only.kinds))]), limit]

    def found(which: str, *values: Json) -> list[int]:
        sql = f"SELECT cursor FROM events WHERE {which} cursor > ? {kinds} ORDER BY cursor LIMIT ?"
        return [row[0] for row in connection.execute(sql, [*values, cursor, *last])]

    if only.connections is None:
        return found("")
    return list(islice(merge(*(found("connection = ? AND", name) for name in only.connections)), limit))


def _among(known: Collection[str] | None, name: str | None) -> Collection[str] | None:
    if name is None:
        return known
    return {name} if known is None or name in known else ()
