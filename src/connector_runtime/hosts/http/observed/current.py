"""The request that is being answered: what its log lines, and the spans of its runs, have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from secrets import token_hex

TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
"""https://www.w3.org/TR/trace-context/#traceparent-header"""

SAMPLED = 1
"""The flag of a trace that is kept."""


@dataclass
class Current:
    """`trace_id` and `parent_id` in hexadecimal; no `parent_id`: the trace begins here. The rest is told on the way,
    and empty until then.
    """

    trace_id: str = field(default_factory=lambda: token_hex(16))
    parent_id: str = ""
    sampled: bool = True
    run_id: str = ""
    tenant: str = ""
    key_id: str = ""
    operation: str = ""
    elsewhere: str = ""
    """The code of what failed, where that was not the host."""


_current: ContextVar[Current | None] = ContextVar("current", default=None)


def current() -> Current | None:
    """The request that is being answered; None outside of one."""
    return _current.get()


@contextmanager
def being(request: Current) -> Iterator[Current]:
    """The request is being answered as long as the block runs."""
    token = _current.set(request)
    try:
        yield request
    finally:
        _current.reset(token)


def note(**facts: str) -> None:
    """Tell something of the request that is being answered, if one is."""
    if (request := _current.get()) is not None:
        for name, value in facts.items():
            setattr(request, name, value)


def asked(traceparent: Sequence[str]) -> Current:
    """A request with these headers `traceparent`: it belongs to the trace that the one names, if that is sound."""
    found = TRACEPARENT.fullmatch(traceparent[0].strip()) if len(traceparent) == 1 else None
    if found is None or (found[1] == "00" and found[5]):
        return Current()
    return Current(trace_id=found[2], parent_id=found[3], sampled=bool(int(found[4], 16) & SAMPLED))
