"""Secrets that must show nowhere, and all the ways in which something shows what it holds."""

from __future__ import annotations

import pickle
import traceback
from copy import deepcopy
from typing import Any

import pytest

CANARY = "CANARY-9f2c"


def shown_by(value: Any) -> str:
    """All that printing, formatting and logging a value shows."""
    return f"{value!r} {value!s} {value} {[value]} { ({'it': value}) }"


def told_by(error: BaseException) -> str:
    """All that an error says, and the errors behind it, however they hang together."""
    told = "".join(traceback.format_exception(error))
    behind: BaseException | None = error
    while behind is not None:
        told += f"{behind!r} {vars(behind)}"
        behind = behind.__cause__ or behind.__context__
    return told


def holds_back(value: Any) -> bool:
    """Whether a value neither shows a canary nor lets itself be pickled or copied deeply."""
    for leave in (pickle.dumps, deepcopy):
        with pytest.raises(TypeError, match="holds secrets"):
            leave(value)
    return CANARY not in shown_by(value)
