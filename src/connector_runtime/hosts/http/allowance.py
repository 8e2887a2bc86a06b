"""How many calls a key may make: a bucket for each key, which fills again evenly."""

from __future__ import annotations

from collections import OrderedDict

from connector_runtime.hosts.http.problems import Declined

CALLS_A_MINUTE = 6000
"""Of one key, over the API and on pages together, unless a host says otherwise."""

MOST_KEYS = 10_000
"""Buckets that are kept; one that was not used for long is full anyhow."""


class Allowance:
    """Calls a minute for each key, as many of them at once."""

    def __init__(self, calls_a_minute: int) -> None:
        self._most, self._each_s = calls_a_minute, 60 / calls_a_minute
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """By key: calls left, and when that was, in seconds."""

    def take(self, key_id: str, now: float) -> None:
        """Take one call. Raises Declined where none is left."""
        left, since = self._left.get(key_id, (self._most, now))
        left = min(self._most, left + (now - since) / self._each_s)
        if left < 1:
            wait_s = max(1, round((1 - left) * self._each_s))
            said = f"this key may make {self._most} calls a minute"
            raise Declined("too_many_calls", said, headers={"retry-after": str(wait_s)})
        self._left[key_id] = (left - 1, now)
        self._left.move_to_end(key_id)
        while len(self._left) > MOST_KEYS:
            self._left.popitem(last=False)
