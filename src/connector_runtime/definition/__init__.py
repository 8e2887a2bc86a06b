"""Declarations: what authors write, held to its grammar and its meaning, ready for the rooms.

Names are imported when they are first used: a list of the actions needs little of this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector_runtime.definition.case import Case
    from connector_runtime.definition.connector import Connector
    from connector_runtime.definition.finding import find
    from connector_runtime.definition.grammar import Action, Identity
    from connector_runtime.definition.loading import load, summaries
    from connector_runtime.definition.trigger import Trigger

__all__ = ["Action", "Case", "Connector", "Identity", "Trigger", "find", "load", "summaries"]

_HOMES = {
    "Action": "grammar",
    "Case": "case",
    "Connector": "connector",
    "Identity": "grammar",
    "Trigger": "trigger",
    "find": "finding",
    "load": "loading",
    "summaries": "loading",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from importlib import import_module

    return getattr(import_module(f"connector_runtime.definition.{_HOMES[name]}"), name)
