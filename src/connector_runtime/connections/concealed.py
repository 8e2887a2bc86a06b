"""Secrets in memory: what holds them shows none of them, and does not leave the process."""

from __future__ import annotations

from typing import Any, NoReturn

SHORTEST_SECRET = 8
"""Characters of a secret that is looked for in records: a shorter one would be found in words that are none."""


class Unpicklable:
    """What cannot be pickled or copied deeply: a pickle would hold its secrets in plain text."""

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"{type(self).__name__} holds secrets and is not pickled")


class Concealed(Unpicklable, dict[str, str]):
    """A dict whose repr shows its keys and none of its values, so that no log or traceback does."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(self)})"

    def __str__(self) -> str:
        return repr(self)

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)
