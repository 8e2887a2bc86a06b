"""A runtime for declared connectors.

    from connector_runtime import load, run_once
    record = run_once(load(folder), "look_up", {"id": 7}, data_dir=Path("data"))
    record.raise_if_failed().output

Asynchronous programs hold a `Session`. Names are imported when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from connector_runtime.definition import Connector, find, load
    from connector_runtime.errors import ConnectorError
    from connector_runtime.hosts.once import run_once
    from connector_runtime.hosts.session import Session
    from connector_runtime.record import Record
    from connector_runtime.transport import Connection

__all__ = ["Connection", "Connector", "ConnectorError", "Record", "Session", "find", "load", "run_once"]

_HOMES = {
    "Connection": "transport",
    "Connector": "definition",
    "ConnectorError": "errors",
    "Record": "record",
    "Session": "hosts.session",
    "find": "definition",
    "load": "definition",
    "run_once": "hosts.once",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    from importlib import import_module

    return getattr(import_module(f"connector_runtime.{_HOMES[name]}"), name)
