"""Room three: the only door to the network. Nothing else imports httpx, nor aiohttp, which carries it.

A connection says where requests go and with which credentials; those are added here and are part of no
request, record or error.
"""

from connector_runtime.transport.connection import Connection, Patience, Resolver
from connector_runtime.transport.opening import open_transport

__all__ = ["Connection", "Patience", "Resolver", "open_transport"]
