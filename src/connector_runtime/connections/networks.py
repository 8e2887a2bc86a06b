"""Which IP addresses are public, and what the others are. Pure.

The registries of special-purpose addresses (RFC 6890, iana.org/assignments/iana-ipv4-special-registry and
iana-ipv6-special-registry) as tables with words. Python 3.11's `is_global` is asked as well, but it calls public:
multicast, site-local, 6to4 and its relays, most of what embeds an IPv4 address, and IPv6 that nobody has been given.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

IP: TypeAlias = IPv4Address | IPv6Address

METADATA = frozenset(
    map(
        ip_address,
        (
            "169.254.169.254",  # most clouds: docs.aws.amazon.com, Instance Metadata Service
            "169.254.170.2",  # credentials of a container: docs.aws.amazon.com, ECS task role
            "169.254.170.23",  # and of a pod: docs.aws.amazon.com, EKS Pod Identity
            "fd00:ec2::254",  # the same by IPv6
            "fd00:ec2::23",
            "fd20:ce::254",  # cloud.google.com, metadata server by IPv6
            "100.100.100.200",  # alibabacloud.com, instance metadata
            "168.63.129.16",  # learn.microsoft.com, what is 168.63.129.16: it looks public
            "192.0.0.192",  # docs.oracle.com, classic instances
        ),
    )
)
"""Where a cloud tells its machines their secrets."""

SPECIAL_IPV4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), words)
    for network, words in (
        ("0.0.0.0/8", "an unspecified address"),
        ("10.0.0.0/8", "a private address"),
        ("100.64.0.0/10", "a carrier's own address"),
        ("127.0.0.0/8", "a loopback address"),
        ("169.254.0.0/16", "a link-local address"),
        ("172.16.0.0/12", "a private address"),
        ("192.0.0.0/24", "a reserved address"),
        ("192.0.2.0/24", "an address for documentation"),
        ("192.31.196.0/24", "a reserved address"),
        ("192.52.193.0/24", "a reserved address"),
        ("192.88.99.0/24", "a relay's address"),
        ("192.168.0.0/16", "a private address"),
        ("192.175.48.0/24", "a reserved address"),
        ("198.18.0.0/15", "an address for benchmarks"),
        ("198.51.100.0/24", "an address for documentation"),
        ("203.0.113.0/24", "an address for documentation"),
        ("224.0.0.0/4", "a multicast address"),
        ("240.0.0.0/4", "a reserved address"),
    )
)

SPECIAL_IPV6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), words)
    for network, words in (
        ("::/128", "an unspecified address"),
        ("::1/128", "a loopback address"),
        ("::/96", "an IPv4 address in an outdated disguise"),
        ("::ffff:0:0:0/96", "an IPv4 address in an outdated disguise"),
        ("64:ff9b:1::/48", "a translator's own address"),
        ("100::/8", "a reserved address"),
        ("2001::/32", "an IPv4 address in an outdated disguise"),  # Teredo
        ("2001::/23", "a reserved address"),
        ("2001:db8::/32", "an address for documentation"),
        ("2002::/16", "an IPv4 address in an outdated disguise"),  # 6to4, ended by RFC 7526
        ("2620:4f:8000::/48", "a reserved address"),
        ("3fff::/20", "an address for documentation"),
        ("fc00::/7", "a private address"),
        ("fe80::/10", "a link-local address"),
        ("fec0::/10", "a private address"),
        ("ff00::/8", "a multicast address"),
    )
)

TRANSLATED = ip_network("64:ff9b::/96")
"""How IPv4's hosts are reached where there is only IPv6 (RFC 6052)."""

UNICAST = ip_network("2000::/3")
"""All that has been given out of IPv6 for the public (RFC 4291); anything else is nobody's, or special."""

ISATAP = (0x00005EFE, 0x02005EFE)
"""Before the IPv4 address in the last 32 bits: RFC 5214, section 6.1."""


def why_not(address: IP) -> str | None:
    """What an address is, where it is not public: `a private address`. None for a public one."""
    if address in METADATA:
        return "where a cloud keeps its machines' secrets"
    if isinstance(address, IPv6Address):
        return _why_not_ipv6(address)
    words = next((words for network, words in SPECIAL_IPV4 if address in network), None)
    return words or (None if address.is_global else "no public address")


def is_loopback(address: IP) -> bool:
    """Whether it is written as loopback: what embeds 127.0.0.1 is not."""
    return address.is_loopback and (
        address.version == 4 or int(address) == 1
    )  # Python 3.13 also looks into mapped ones


def _why_not_ipv6(address: IPv6Address) -> str | None:
    if address.scope_id is not None:
        return "an address on one link only"
    for embedded in _embedded(address):
        if (words := why_not(embedded)) is not None:
            return f"{embedded} in another form, {words}"
    if address.ipv4_mapped is not None or address in TRANSLATED:
        return None  # the public address in it has been looked at
    words = next((words for network, words in SPECIAL_IPV6 if address in network), None)
    return words or (None if address in UNICAST and address.is_global else "no public address")


def _embedded(address: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that the network may make of an IPv6 address."""
    bits = int(address)
    if address.ipv4_mapped is not None or address in TRANSLATED or (bits >> 32) & 0xFFFFFFFF in ISATAP:
        yield IPv4Address(bits & 0xFFFFFFFF)
    if (bits >> 96 == 0 and bits > 0xFFFF) or bits >> 32 == 0xFFFF0000:  # IPv4-compatible, IPv4-translated
        yield IPv4Address(bits & 0xFFFFFFFF)
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
