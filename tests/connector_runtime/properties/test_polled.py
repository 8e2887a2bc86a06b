"""Whatever happens between and during the readings of a list, each row that stays is told exactly once."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from tests.connector_runtime.events.register import OVERLAP_S, Reader, Register, row, text


class Killed(BaseException):
    """The process is killed."""


@dataclass
class Timeline:
    """A register and its clock, and who polls it."""

    reader: Reader
    second: int = 0
    number: int = 0
    begun: bool = False
    due: set[int] = field(default_factory=set)
    """Who joined after the first reading, and who was asked for."""
    asked: set[int] = field(default_factory=set)

    @property
    def register(self) -> Register:
        return self.reader.register

    def join(self, late_s: int = 0) -> None:
        self.number += 1
        self.register.rows.append(row(self.number, self.second - late_s))
        if self.begun:
            self.due.add(self.number)

    def leave(self, which: int) -> None:
        if self.register.rows:
            gone = self.register.rows.pop(which % len(self.register.rows))
            self.due.discard(gone["id"])

    def ask(self, back_s: int) -> None:
        """A turn that tells also what happened so long ago, while nothing happens."""
        self.register.meanwhile = lambda: None
        told = self.reader.poll(self.second, since=self.second - back_s)
        assert told.error is None
        asked = {each["id"] for each in self.register.rows if each["joined_at"] >= text(self.second - back_s)}
        self.due |= asked
        self.asked |= asked

    def poll(self, during: list[int], killed: str) -> None:
        """One turn. `during`: before each further page somebody leaves, or (below zero) so many join."""
        changes = iter(during)

        def meanwhile() -> None:
            if (change := next(changes, None)) is not None and change >= 0:
                self.leave(change)
            for _ in range(-(change or 0)):
                self.join()

        self.register.meanwhile = meanwhile
        told = None
        if killed == "before":
            with patch("connector_runtime.store.polled.move", side_effect=Killed):
                try:
                    told = self.reader.poll(self.second)
                except Killed:
                    return
        else:
            told = self.reader.poll(self.second)
        assert not told.warnings
        self.begun = self.begun or told.error is None


steps = st.one_of(
    st.tuples(st.just("join"), st.integers(0, 5), st.integers(0, OVERLAP_S)),
    st.tuples(st.just("leave"), st.integers(0, 50), st.just(0)),
    st.tuples(st.just("wait"), st.sampled_from([0, 1, 30, 1000]), st.just(0)),
    st.tuples(st.just("ask"), st.integers(-10, 4000), st.just(0)),
    st.tuples(
        st.just("poll"),
        st.lists(st.integers(-3, 50), max_size=4),
        st.sampled_from(["no", "no", "before"]),
    ),
)


@given(
    st.lists(st.integers(0, 3000), max_size=10),
    st.lists(steps, max_size=25),
    st.sampled_from([-100_000, 0, 100_000]),
    st.integers(2, 5),
)
def test_each_row_is_told_exactly_once(earlier: list[int], steps: list[Any], ahead_s: int, size: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        reader = Reader(Register(size=size), Path(directory) / "events.sqlite3", ahead_s=ahead_s)
        timeline = Timeline(reader, second=3000)
        for late_s in earlier:
            timeline.join(late_s)
        timeline.poll([], "no")
        before = {each["id"] for each in reader.register.rows}
        for what, first, second in steps:
            match what:
                case "join":
                    for _ in range(first):
                        timeline.join(second)
                case "leave":
                    timeline.leave(first)
                case "wait":
                    timeline.second += first
                case "ask":
                    timeline.ask(first)
                case _:
                    timeline.poll(first, second)
        for _ in range(2):  # nothing happens meanwhile
            timeline.poll([], "no")
        told = Counter(reader.members())
        assert set(told.values()) <= {1}
        assert timeline.due <= told.keys()
        assert not told.keys() & before - timeline.asked
