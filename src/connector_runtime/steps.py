"""What took time in a run, step by step, for whoever watches it. Bounded: a read of many pages takes many steps."""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

KEPT_STEPS = 100
"""A run's first and its latest steps are kept, half each; all are counted."""

Why = Literal["request", "limit", "retry", "renewal"]
"""A request and its answer; a wait for the platform's limits; one for a better moment; the renewal of access."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """`began_at` in seconds since 1970. `page` counts the pages of a read as they were asked for, from 1; a run that
    is no such read has one. `status` is None where no answer came, `path` as it was sent: it may hold what was put in.
    """

    kind: Why
    page: int
    attempt: int
    began_at: float
    seconds: float
    method: str = ""
    path: str = field(default="", repr=False)
    status: int | None = None

    @property
    def answer(self) -> str:
        """`2xx` to `5xx`; `none` where no answer came."""
        return "none" if self.status is None else f"{self.status // 100}xx"


class Steps:
    """The steps of one run."""

    def __init__(self) -> None:
        self.pages = 0
        """How many pages were begun."""
        self.requests: Counter[tuple[str, bool]] = Counter()
        """By answer, and whether it was another attempt."""
        self.waits: Counter[str] = Counter()
        """How many there were of each kind."""
        self.waited_s: dict[str, float] = {}
        """By kind."""
        self._first: list[Step] = []
        self._latest: deque[Step] = deque(maxlen=KEPT_STEPS // 2)

    def turn(self) -> int:
        """The number of the page that begins now."""
        self.pages += 1
        return self.pages

    def add(self, step: Step) -> None:
        """Note a step that is over."""
        if step.kind == "request":
            self.requests[step.answer, step.attempt > 1] += 1
        else:
            self.waits[step.kind] += 1
            self.waited_s[step.kind] = self.waited_s.get(step.kind, 0.0) + step.seconds
        (self._first if len(self._first) < KEPT_STEPS // 2 else self._latest).append(step)

    def waited(self, kind: Why, page: int, attempt: int, seconds: float) -> None:
        """Note a wait that ends now."""
        self.add(Step(kind=kind, page=page, attempt=attempt, began_at=time.time() - seconds, seconds=seconds))

    @property
    def left_out(self) -> int:
        """How many are counted only."""
        return self.requests.total() + self.waits.total() - len(self._first) - len(self._latest)

    def __iter__(self) -> Iterator[Step]:
        """Those that are kept, as they ended."""
        yield from self._first
        yield from self._latest
