"""What is kept on disk: runs, connections, the calls that their limits count, and who works on what.

The only package that speaks SQL.
"""

from connector_runtime.store.calls import Calls, Full
from connector_runtime.store.connections import Connections, Row
from connector_runtime.store.expectations import Expected
from connector_runtime.store.file import Location
from connector_runtime.store.presence import Presence
from connector_runtime.store.runs import KEY_LIFETIME_S, Store, Which

__all__ = [
    "KEY_LIFETIME_S",
    "Calls",
    "Connections",
    "Expected",
    "Full",
    "Location",
    "Presence",
    "Row",
    "Store",
    "Which",
]
