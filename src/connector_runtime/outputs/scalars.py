"""Single values in the type that is documented. What has no plain meaning in that type is None."""

from __future__ import annotations

import math
import re

from connector_runtime.values import Json

INTEGER = re.compile(r"\s*[+-]?[0-9]+\s*")
NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?\s*")


def truth(value: Json) -> bool | None:
    """Yes or no as platforms spell them (true, 1, "1", "true"), or None for anything else."""
    if isinstance(value, str):
        return {"1": True, "0": False, "true": True, "false": False}.get(value.strip().lower())
    return bool(value) if value in (0, 1) else None


def number(value: Json) -> int | float | None:
    """A number, whole where it can be: 12 for 12, 12.0, "12" and "12.0"; 87.5 for 87.5; 1 for true."""
    if isinstance(value, str):
        value = _number(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int | float) else None


def text(value: Json) -> str | None:
    """A text: itself, or a number or yes and no as JSON spells them."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _number(text: str) -> int | float | None:
    try:
        if INTEGER.fullmatch(text):
            return int(text)
        number = float(text) if NUMBER.fullmatch(text) else math.inf
    except ValueError:  # thousands of digits
        return None
    return number if math.isfinite(number) else None
