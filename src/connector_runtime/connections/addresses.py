"""Where a connection's requests may go: to public addresses over https, or to loopback.

A name is looked up for each new connection, every answer is judged, and only what was judged is connected to: there is
no second look-up that could say otherwise. A kept connection stays where it is.
"""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from ipaddress import ip_address
from typing import TypeAlias

from connector_runtime.connections.networks import IP, is_loopback, why_not
from connector_runtime.errors import InvalidInput
from connector_runtime.transport import Connection
from connector_runtime.values import Problem

LookUp: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Name and port in, all IP addresses of it out, unjudged. Raises OSError."""

LOCALHOST = ("127.0.0.1", "::1")
"""What localhost is, asking nobody: RFC 6761, section 6.3."""

URL = re.compile(
    r"(?:([a-z][a-z0-9+.-]*)://)?"
    r"(?:([^/?#]*)@)?"
    r"(\[[0-9a-f:.]*:[0-9a-f:.]*\]|[^:/?#@%[\]]*)(?::([0-9]*))?"
    r"([/?#].*)?",
    re.IGNORECASE,
)
"""Scheme, user, host, port, and what follows."""

LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""A part of a host's name: RFC 1123, section 2.1. Other alphabets stand in their ASCII form, unlike any other."""

NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
"""With such a last part, a host is an IP address, were it written in decimal, octal, hex or short: url.spec.whatwg.org,
"ends in a number checker"."""

PORTS = {"https": 443, "http": 80}

CORRECT = "Whoever keeps the connection corrects its address."


@dataclass(frozen=True, kw_only=True)
class Address:
    """An address in its parts, as written; `host` in lower case, in brackets for IPv6, without a last dot."""

    scheme: str = ""
    user: bool = False
    host: str = ""
    port: int | None = None
    rest: str = ""

    @property
    def ip(self) -> IP | None:
        """The IP address that the host is, if it is one."""
        return literal(self.host)

    @property
    def loopback(self) -> bool:
        """Whether it stays on this machine."""
        return self.host == "localhost" or (self.ip is not None and is_loopback(self.ip))

    def __str__(self) -> str:
        port = "" if self.port in (None, PORTS.get(self.scheme)) else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.rest.rstrip('/')}"


def parted(text: str) -> Address | None:
    """An address in its parts. None for what two readers could take for different ones."""
    parts = URL.fullmatch(text) if text.isprintable() and not set(text) & set(" \\") else None
    if parts is None or len(parts[4] or "") > 5:
        return None
    host = parts[3].lower().removesuffix(".")
    ip = literal(host)
    return Address(
        scheme=(parts[1] or "").lower(),
        user=parts[2] is not None,
        host=host if ip is None else f"[{ip}]" if ip.version == 6 else str(ip),
        port=int(parts[4]) if parts[4] else None,
        rest=parts[5] or "",
    )


def literal(host: str) -> IP | None:
    """The IP address that a host is, in its one usual spelling. None for a name, and for a disguise."""
    try:
        return ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None


def faults(address: Address | None) -> Iterator[str]:
    """All that keeps an address from being used, in words that repeat no part but its host."""
    if address is None:
        yield "it is none: accepted is https://, a name, and nothing that hides behind signs or blanks"
        return
    if address.user:
        yield "a user or a password does not belong in it"
    if not address.loopback:
        if address.scheme != "https":
            yield "it must begin with https://; http:// is for loopback only"
        if address.port not in (None, PORTS["https"]):
            yield "a port other than 443 is for loopback only"
    elif address.scheme not in PORTS:
        yield "it must begin with https:// or, on loopback, http://"
    elif address.port is not None and not 0 < address.port < 2**16:
        yield "its port must be a number from 1 to 65535"
    if "?" in address.rest or "#" in address.rest:
        yield "nothing may follow its path, no ? and no #"
    yield from host_faults(address)


def host_faults(address: Address) -> Iterator[str]:
    """What is wrong with a host."""
    if address.loopback:
        return
    if address.ip is not None:
        if words := why_not(address.ip):
            yield f"{address.host} is {words}; only public addresses are called"
        return
    labels = address.host.split(".")
    if not address.host.isascii():
        yield "it has letters beyond a to z, which can pass for others: write its ASCII form, which has xn-- in it"
    elif NUMBER.fullmatch(labels[-1]):
        yield "it is an IP address in disguise: accepted is one like 192.0.2.1 with four whole decimal numbers"
    elif not all(map(LABEL.fullmatch, labels)) or len(address.host) > 253:
        yield "its host is no name: that has letters, digits and hyphens between its dots"
    elif len(labels) == 1:
        yield "its host is no whole name: that has a dot, such as acme.example.com"


async def look_up(host: str, port: int) -> Sequence[str]:
    """The addresses that this machine's resolver gives."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except (OSError, UnicodeError) as wrong:
        raise OSError(f"{host} was not found ({getattr(wrong, 'strerror', None) or 'no name'})") from wrong
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class Guard:
    """The resolver of a connection that brings none: public addresses, and loopback where that is what is named."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        """The addresses of a host, all of them public. Raises InvalidInput when one is not, OSError without any."""
        host = host.lower().removesuffix(".")
        if host == "localhost":
            return LOCALHOST
        itself = literal(host)
        if itself is not None and is_loopback(itself):
            return [str(itself)]
        found = [host] if itself is not None else await self._look_up(host, port)
        for each in found:
            address = literal(each)
            if words := "no IP address" if address is None else why_not(address):
                raise refusal([f"{host} leads to {each}, {words}; only public addresses are called"], elsewhere(host))
        return found


def guarded(connection: Connection, look_up: LookUp = look_up) -> Connection:
    """The connection, held to public addresses. Raises InvalidInput for an address that may never be called.

    In process there is nowhere to go; and who brings a resolver decides alone.
    """
    if connection.app is not None or connection.resolver is not None:
        return connection
    address = parted(connection.base_url)
    if found := list(faults(address)):
        raise refusal([f"the address of {connection.name} may not be called: {each}" for each in found], CORRECT)
    return replace(connection, base_url=str(address), resolver=Guard(look_up))


def stays_here(connection: Connection) -> bool:
    """Whether all that is sent stays on this machine: in process, or to loopback."""
    if connection.app is not None:
        return True
    address = parted(connection.base_url)
    if address is None or not address.loopback:
        return False
    return address.ip is not None or isinstance(connection.resolver, Guard)


def refusal(words: Sequence[str], fix: str) -> InvalidInput:
    """Nothing was sent, because nothing may be."""
    problems = [Problem("connection", each, "Connection") for each in words]
    return InvalidInput(problems, code="address_not_allowed", fix=f"Nothing was sent. {fix}")


def elsewhere(host: str) -> str:
    """Whose move it is when a name leads where nothing may be sent."""
    return (
        "Whoever keeps the connection checks the platform's address; "
        f"where it is right, whoever keeps the DNS entry of {host} makes it lead to public addresses only."
    )
