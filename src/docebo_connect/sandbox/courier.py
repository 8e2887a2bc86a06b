"""Brings deliveries to subscribers by HTTP POST, in the background, after the answer."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

from docebo_connect.sandbox.store import Row, Store
from docebo_connect.sandbox.webhook_mishaps import spoilt

if TYPE_CHECKING:
    import httpx

TIMEOUT_S = 5.0  # second hand: the real platform waits that long for a receiver
BACKOFF_S = (0.5, 2.0, 8.0)  # [I] pauses after each failed attempt; after the last the delivery is given up
CLAIM_S = 15.0  # another process may try again when the one that took a delivery died


class Courier:
    """Empties the outbox; one thread, which runs only while there is something to bring."""

    def __init__(self, store: Store, backoff_s: tuple[float, ...] = BACKOFF_S) -> None:
        self._store = store
        self._backoff_s = backoff_s
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Look at the outbox; costs one short query where nobody subscribed."""
        if self._closing.is_set() or self._store.row("SELECT 1 FROM outbox LIMIT 1") is None:
            return
        with self._lock:
            self._news.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="sandbox-courier", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Let the attempts that are due happen, then stop; what failed is kept for the next process."""
        self._closing.set()
        self._news.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(TIMEOUT_S + 1)

    def _run(self) -> None:
        import httpx

        with httpx.Client(timeout=TIMEOUT_S, trust_env=False) as client:
            while True:
                self._news.clear()
                due = self._take()
                if due is not None:
                    self._deliver(client, due)
                    continue
                pause = self._pause()
                if pause is None or self._closing.is_set():
                    with self._lock:
                        if not self._news.is_set() or self._closing.is_set():
                            self._thread = None
                            return
                    continue
                self._news.wait(pause)

    def _take(self) -> Row | None:
        """Claim the next delivery that is due, so that no other process brings it meanwhile."""
        store, now = self._store, time.time()
        with store.transaction():
            row = store.row(
                """SELECT outbox.id, attempts, webhook_id, url, username, password, envelope_json, flaw_json, forged
                FROM outbox
                JOIN webhooks ON webhooks.id = webhook_id JOIN deliveries ON deliveries.id = delivery_id
                WHERE due_at <= ? ORDER BY due_at, outbox.id LIMIT 1""",
                (now,),
            )
            if row is not None:
                store.execute(
                    "UPDATE outbox SET due_at = ?, attempts = attempts + 1 WHERE id = ?", (now + CLAIM_S, row["id"])
                )
        return row

    def _pause(self) -> float | None:
        """Seconds until something is due; None where the outbox is empty."""
        row = self._store.row("SELECT MIN(due_at) AS due_at FROM outbox")
        return None if row is None or row["due_at"] is None else max(0.01, row["due_at"] - time.time())

    def _deliver(self, client: httpx.Client, row: Row) -> None:
        envelope = {**json.loads(row["envelope_json"]), "webhook_id": row["webhook_id"]}
        body = json.dumps(envelope, ensure_ascii=False, separators=(",", ":")).encode()
        if row["flaw_json"] is not None:
            body = spoilt(body, json.loads(row["flaw_json"]))
        last = row["forged"] is not None or row["attempts"] >= len(self._backoff_s)  # who forges does not try again
        if _acknowledged(client, row, body) or last:
            self._store.execute("DELETE FROM outbox WHERE id = ?", (row["id"],))
            return
        due_at = time.time() + self._backoff_s[row["attempts"]]
        self._store.execute("UPDATE outbox SET due_at = ? WHERE id = ?", (due_at, row["id"]))


def _acknowledged(client: httpx.Client, row: Row, body: bytes) -> bool:
    """Any 2xx or 3xx; everything else, no answer included, is tried again."""
    import httpx

    named = _name_and_password(row)
    auth = httpx.USE_CLIENT_DEFAULT if named is None else httpx.BasicAuth(*named)
    try:
        headers = {"Content-Type": "application/json"}
        status = client.post(row["url"], content=body, headers=headers, auth=auth).status_code
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
        return False
    return 200 <= status < 400


def _name_and_password(row: Row) -> tuple[str, str] | None:
    """What the subscriber asked for, or what somebody brings who does not know it."""
    if row["forged"] == "wrong":
        return row["username"] or "docebo", f"not {row['password'] or ''}"
    if row["forged"] == "missing" or row["username"] is None:
        return None
    return row["username"], row["password"] or ""
