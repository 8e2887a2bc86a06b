"""Events with what caused them, as far as that is known, and what somebody may have of them already. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass

from connector_runtime.values import Json


@dataclass(frozen=True)
class Told:
    """Events in the order of their arrival, each with `caused_by` and `unexpected`; `undecided` are the cursors of
    those of which that may change.
    """

    events: Sequence[Mapping[str, Json]]
    undecided: Set[int]

    def wanted(self, wants: Callable[[Mapping[str, Json]], bool]) -> tuple[list[Mapping[str, Json]], int | None]:
        """Those that somebody wants, as far as to one whose cause is open and that they may want once it is known; and
        the cursor up to which that is, None where it is the very first. What they do not want holds nobody back.
        """
        found: list[Mapping[str, Json]] = []
        upto = None
        for event in self.events:
            if event["cursor"] not in self.undecided:
                found += [event] if wants(event) else []
            elif wants({**event, "caused_by": None}):
                break
            upto = event["cursor"]
        return found, upto
