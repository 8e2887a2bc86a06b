"""What is still to be brought to subscribers, and what becomes of it."""

from __future__ import annotations

import time
from collections.abc import Iterable

from docebo_connect.sandbox.store import Row, Store

# [I] pauses after each failed attempt, half a minute in all: "exponential backoff up to a limit", whose figures nobody
# tells. After the last the delivery is given up.
BACKOFF_S = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0)
CLAIM_S = 15.0  # another process may try again when the one that took a delivery died
FEW = 20  # so many that are due are brought one after the other, in the order in which they were made
HANDS = 64  # deliveries that are on their way at once, where more than a few are due

Back = tuple[Row, int | None]
"""A delivery that was on its way, and the status it came back with; None where there was no answer."""


class Outbox:
    """A site's outbox, for one process of several."""

    def __init__(self, store: Store, backoff_s: tuple[float, ...]) -> None:
        self._store, self._backoff_s = store, backoff_s

    def is_empty(self) -> bool:
        """One short query where nobody subscribed."""
        return self._store.row("SELECT 1 FROM outbox LIMIT 1") is None

    def pause(self) -> float | None:
        """Seconds until something is due; None where nothing is left."""
        row = self._store.row("SELECT MIN(due_at) AS due_at FROM outbox")
        return None if row is None or row["due_at"] is None else max(0.01, row["due_at"] - time.time())

    def turn(self, back: Iterable[Back], flying: int, *, last: bool = False) -> list[Row]:
        """Keep what has become of those that came back, and claim the next ones, with one transaction.

        `flying` is how many are still on their way; the `last` turn claims none.
        """
        with self._store.transaction():
            for row, status in back:
                self._settle(row, status)
            return [] if last else self._take(flying)

    def _settle(self, row: Row, status: int | None) -> None:
        """Any 2xx or 3xx acknowledges; everything else, no answer included, is tried again."""
        acknowledged = status is not None and 200 <= status < 400
        refused = row["forged"] is not None and status is not None  # who forges does not try again
        if acknowledged or refused or row["attempts"] >= len(self._backoff_s):
            self._store.execute("DELETE FROM outbox WHERE id = ?", (row["id"],))
            return
        due_at = time.time() + self._backoff_s[row["attempts"]]
        self._store.execute("UPDATE outbox SET due_at = ? WHERE id = ?", (due_at, row["id"]))

    def _take(self, flying: int) -> list[Row]:
        """Claim deliveries, so that no other process brings them meanwhile: the next one, or of many as many as go."""
        store, now, room = self._store, time.time(), HANDS - flying
        due = store.rows(
            """SELECT outbox.id, attempts, webhook_id, url, username, password, envelope_json, flaw_json, forged
            FROM outbox
            JOIN webhooks ON webhooks.id = webhook_id JOIN deliveries ON deliveries.id = delivery_id
            WHERE due_at <= ? ORDER BY due_at, outbox.id LIMIT ?""",
            (now, max(room, FEW + 1)),
        )
        taken = due[:room] if len(due) > FEW else due[: 0 if flying else 1]
        for row in taken:
            store.execute(
                "UPDATE outbox SET due_at = ?, attempts = attempts + 1 WHERE id = ?", (now + CLAIM_S, row["id"])
            )
        return taken
