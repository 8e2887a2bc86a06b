"""The kinds of faults, and what can be said of each. Pure.

What the real platform does in these moments is in no source; every fault is a guess at what clients must survive [I].
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from docebo_connect.sandbox.events import EVENTS


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that can be said of a fault: what is accepted, in words and as a test, and what holds unsaid."""

    accepted: str
    fits: Callable[[Any], bool]
    unsaid: Any = None


def is_whole(value: Any, least: float = 0, most: float = float("inf")) -> bool:
    """A number without fraction, within bounds."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def is_number(value: Any, least: float = 0, most: float = float("inf")) -> bool:
    """Any number within bounds."""
    return isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most


def _one_of(*words: str) -> Option:
    return Option(" or ".join(words), lambda value: value in words, words[0])


EVENT = Option(f"one of {', '.join(EVENTS)}", lambda value: value in EVENTS)


def _rows(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(is_whole(row) for row in value)


def _json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):  # YAML knows more than JSON does: dates, and loops
        return False
    return True


def _pointer(value: Any) -> bool:
    return isinstance(value, str) and (not value or value.startswith("/"))


LONGEST_S = 3600.0
SECONDS = f"a number of seconds, from 0 to {LONGEST_S:g}"
AFTER_OR_BEFORE = _one_of("after", "before")
BEFORE_OR_AFTER = _one_of("before", "after")


def _seconds(unsaid: float | None) -> Option:
    return Option(SECONDS, lambda value: is_number(value, 0, LONGEST_S), unsaid)


KINDS: dict[str, dict[str, Option]] = {
    "rate_limited": {
        "retry_after_s": Option(
            f"a whole number of seconds, from 0 to {LONGEST_S:g}", lambda value: is_whole(value, 0, LONGEST_S)
        ),
        "retry_after_as": _one_of("seconds", "date"),
    },
    "error": {
        "status": Option("a status from 500 to 599", lambda value: is_whole(value, 500, 599), 503),
        "when": BEFORE_OR_AFTER,
    },
    "lost_answer": {"when": AFTER_OR_BEFORE},
    "slow_answer": {"delay_s": _seconds(1.0), "when": AFTER_OR_BEFORE},
    "dripping_body": {
        "piece_bytes": Option("a whole number, from 1", lambda value: is_whole(value, 1), 256),
        "delay_s": _seconds(0.05),
    },
    "expired_token": {
        "said": Option("status or body", lambda value: value in ("status", "body"), "status"),
        "body": Option("a JSON object", lambda value: isinstance(value, dict) and _json(value)),
    },
    "kept_refresh_token": {"renewed": Option("true or false", lambda value: isinstance(value, bool), True)},
    "truncated_json": {"share": Option("a number from 0 to 1", lambda value: is_number(value, 0, 1), 0.5)},
    "wrong_type": {
        "pointer": Option("a JSON pointer, such as /data/items", _pointer, "/data"),
        "value": Option("a JSON value", _json, "unexpected"),
    },
    "repeated_page": {"page": Option("a whole number, from 1", lambda value: is_whole(value, 1))},
    "vanishing_row": {},
    "appearing_row": {},
    "delayed_visibility": {
        "reads": Option("a whole number, from 1", lambda value: is_whole(value, 1)),
        "lag_s": _seconds(None),
    },
    "partial_batch": {"rows": Option("a list of row numbers, counted from 0", _rows, [0])},
    "duplicate_webhook": {"copies": Option("a whole number from 2 to 10", lambda value: is_whole(value, 2, 10), 2)},
    "reordered_webhook": {},
    "dropped_webhook": {},
    "malformed_webhook": {
        "how": _one_of("cut", "wrong_type"),
        "share": Option("a number from 0 to 1", lambda value: is_number(value, 0, 1), 0.5),
        "pointer": Option("a JSON pointer, such as /payload/user_id", _pointer),
        "value": Option("a JSON value", _json, "unexpected"),
    },
    "invented_webhook": {"event": EVENT},
    "forged_webhook": {"event": EVENT, "password": _one_of("wrong", "missing")},
}
"""Name of a fault → what can be said of it. Words in which it matters are documented in docs/sandbox.md."""
