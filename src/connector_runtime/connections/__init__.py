"""Connections: where their requests may go, and how their addresses are written."""

from connector_runtime.connections.addresses import guarded, stays_here
from connector_runtime.connections.domains import base_url
from connector_runtime.connections.line import Line

__all__ = ["Line", "base_url", "guarded", "stays_here"]
