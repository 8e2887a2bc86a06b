"""What people write, and what it means: numbers, moments, choices, yes and no. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from connector_runtime.schema import Choice
from connector_runtime.values import Json

WHOLE_NUMBER = re.compile(r"\s*[+-]?[0-9]{1,1000}\s*")
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
"""Characters that no text field means: all control characters but tab and line ends."""

EMAIL = re.compile(r"[^@\s]+@[^@\s]+")
"""What every address has; only the platform knows whether it exists."""

YES_NO: dict[Json, bool] = {
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "1": True,
    "0": False,
    1: True,
    0: False,
}


def whole(value: Json) -> Json:
    """A whole number for a text or a float that is one; else the value."""
    if isinstance(value, str) and WHOLE_NUMBER.fullmatch(value):
        return int(value)
    exact = isinstance(value, float) and value.is_integer() and abs(value) < 2**53  # beyond that floats skip numbers
    return int(value) if exact else value


def moment(text: str) -> datetime:
    """An ISO 8601 text as an aware UTC datetime; without a zone it is UTC. Raises ValueError."""
    when = datetime.fromisoformat(text.strip())
    try:
        return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    except OverflowError as wrong:
        raise ValueError(str(wrong)) from wrong


def address(text: str) -> str:
    """A text that may be an e-mail address. Raises ValueError."""
    if not EMAIL.fullmatch(text):
        raise ValueError("an e-mail address has one @")
    return text


FORMATS: dict[str, Callable[[str], Any]] = {"date": date.fromisoformat, "date-time": moment, "email": address}
"""What reads each `format`. Raises ValueError."""


def chooser(choices: list[Choice]) -> Callable[[Json], Json]:
    """What gives a choice's value, for the value itself, its text, or its title in any case."""
    words: dict[str, Json] = {}
    for choice in choices:
        words.setdefault(str(choice["const"]).casefold(), choice["const"])
        words.setdefault(choice["title"].casefold(), choice["const"])

    def choose(value: Json) -> Json:
        named = value.__class__ in (str, int, float)
        return words.get(str(whole(value)).strip().casefold(), value) if named else value

    return choose


def is_clean(value: Json) -> bool:
    """Whether there are no control characters in any text of a value."""
    if isinstance(value, str):
        return value.isprintable() or CONTROL.search(value) is None
    if isinstance(value, dict):
        return all(is_clean(key) and is_clean(part) for key, part in value.items())
    return all(map(is_clean, value)) if isinstance(value, list) else True
