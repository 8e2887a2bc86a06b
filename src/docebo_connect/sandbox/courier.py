"""Brings deliveries to subscribers by HTTP POST, in the background, after the answer."""

from __future__ import annotations

import threading
import time

from docebo_connect.sandbox.outbox import BACKOFF_S, Outbox
from docebo_connect.sandbox.store import Store

CLOSING_S = 5.0  # for so long what is due is still brought at the end
LAST_ANSWER_S = 6.0  # and so long after that the last of it may be on its way


class Courier:
    """Empties the outbox; one thread, which runs only while there is something to bring."""

    def __init__(self, store: Store, backoff_s: tuple[float, ...] = BACKOFF_S) -> None:
        self._outbox = Outbox(store, backoff_s)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._news = threading.Event()
        self._thread: threading.Thread | None = None
        self._late_at = float("inf")

    def wake(self) -> None:
        """Look at the outbox; costs one short query where nobody subscribed."""
        if self._closing.is_set() or self._outbox.is_empty():
            return
        with self._lock:
            self._news.set()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="sandbox-courier", daemon=True)
                self._thread.start()

    def close(self) -> None:
        """Let the attempts that are due happen, then stop; what failed is kept for the next process."""
        self._late_at = time.monotonic() + CLOSING_S
        self._closing.set()
        self._news.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join(CLOSING_S + LAST_ANSWER_S)

    def _run(self) -> None:
        import asyncio  # what is needed only where somebody subscribed

        from docebo_connect.sandbox.errands import bring_all

        asyncio.run(bring_all(self._outbox, self._is_late, self._wait))

    def _is_late(self) -> bool:
        return time.monotonic() > self._late_at

    def _wait(self) -> bool:
        """Wait until something may be due, with nothing on its way; False where the thread ends."""
        pause = self._outbox.pause()
        if pause is not None and not self._closing.is_set():
            self._news.wait(pause)
            self._news.clear()  # before the next look, so that what comes after it is not missed
            return True
        with self._lock:
            if self._news.is_set() and not self._closing.is_set():
                self._news.clear()
                return True
            self._thread = None
            return False
