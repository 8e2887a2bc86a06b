"""Where a subscriber may be: at a public address over https, on loopback, or in a network that was named for it.

Whoever subscribes decides where events are sent, and from where in our network.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from ipaddress import IPv4Network, IPv6Network, ip_network

from connector_runtime.connections.addresses import (
    PORTS,
    Address,
    faults,
    guarded,
    literal,
    look_up,
    parted,
    refusal,
)
from connector_runtime.errors import InvalidInput
from connector_runtime.events.subscribers import Subscriber
from connector_runtime.transport import Connection, Patience, open_transport
from connector_runtime.values import Problem, Send

PATIENCE = Patience(connect_s=10, queue_s=20, read_s=15, whole_s=30)
"""How long a subscriber may take: the Standard Webhooks specification advises 15 to 30 seconds for all."""

ANSWER = 4096
"""Bytes that are read of a subscriber's answer: its status says all."""


def reach_faults(url: str, networks: Sequence[str]) -> Iterator[Problem]:
    """What keeps a subscriber from being where somebody says; no word repeats more than its host."""
    for each in networks:
        try:
            ip_network(each)
        except ValueError:
            said = f"`{each}` is none; write an address or a network, as 10.0.0.7 or 10.0.0.0/8"
            yield Problem("networks", said, "Network")
    address = parted(url)
    if address is not None and "#" in address.rest:
        yield Problem("url", "nothing with # may follow its path", "To")
    for said in _address_faults(address, own=bool(networks)):
        yield Problem("url", said, "To")


def place_of(url: str) -> str:
    """Scheme, host and port: what may be shown of where a subscriber is."""
    address = parted(url)
    assert address is not None  # it was checked
    return str(replace(address, rest=""))


def reached(subscriber: Subscriber) -> tuple[Connection, str]:
    """The way to a subscriber: a connection, and the path there. Raises InvalidInput for an address that may not be
    called.
    """
    address = parted(subscriber.url)
    assert address is not None  # it was checked
    connection = Connection(subscriber.name, str(replace(address, rest="")))
    if subscriber.networks:
        connection = replace(connection, resolver=OwnNetworks([ip_network(each) for each in subscriber.networks]))
    return guarded(connection), address.rest or "/"


def way_to(connection: Connection, agent: str) -> AbstractAsyncContextManager[Send]:
    """A door to a subscriber, open as long as the block runs."""
    return open_transport(connection, agent, PATIENCE, most=ANSWER, whom="it")


@dataclass(frozen=True)
class OwnNetworks:
    """The resolver of a subscriber that may be in these networks, and nowhere else."""

    networks: Sequence[IPv4Network | IPv6Network]
    look_up: Callable[[str, int], Awaitable[Sequence[str]]] = look_up

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host. Raises InvalidInput when one is elsewhere, OSError without any."""
        found = [host] if literal(host) is not None else await self.look_up(host, port)
        for each in found:
            address = literal(each)
            if address is None or not any(address in network for network in self.networks):
                raise _elsewhere(f"{host} leads to {each}, which is in none of the networks named")
        return found


def _address_faults(address: Address | None, *, own: bool) -> Iterator[str]:
    if not own or address is None:
        yield from faults(None if address is None else replace(address, rest=""))
        return
    if address.user:
        yield "a user or a password does not belong in it"
    if address.scheme not in PORTS:
        yield "it must begin with https:// or http://"
    if not address.host or (address.port is not None and not 0 < address.port < 2**16):
        yield "it has no host, or a port that is none"


def _elsewhere(words: str) -> InvalidInput:
    return refusal([words], "Whoever subscribed names the network, or another address.")
