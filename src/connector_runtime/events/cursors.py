"""Cursors that somebody names, checked against what is kept."""

from __future__ import annotations

from connector_runtime.errors import InvalidInput
from connector_runtime.values import Problem


def check_after(after: int, latest: int) -> None:
    """Raises InvalidInput for a cursor that no event here has had: who begins there would wait for ever."""
    if after > latest:
        said = f"no event here has had the cursor {after}: the latest is {latest}"
        fix = "Begin anew after 0, if the events were kept in another file."
        raise InvalidInput([Problem("after", said, "After")], fix=fix)


def check_stretch(after: int, until: int | None, latest: int) -> None:
    """Raises InvalidInput for a stretch in which no event can be: after one, up to and with another."""
    check_after(after, latest)
    if until is not None and until <= after:
        raise InvalidInput([Problem("until", f"must be later than {after}, after which it begins", "Until")])
