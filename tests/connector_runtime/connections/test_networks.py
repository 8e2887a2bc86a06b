"""Which IP addresses are public: none that a registry, or what is embedded in it, says is not."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector_runtime.connections.networks import IP, METADATA, is_loopback, why_not

FORBIDDEN_IPV4 = [
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24"),
    *("192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24"),
    *("224.0.0.0/4", "240.0.0.0/4"),
]
FORBIDDEN_IPV6 = [
    *("::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:2::/48", "2001:10::/28"),
    *("2001:20::/28", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10"),
    *("ff00::/8", "4000::/2"),
]
PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "52.95.110.1", "172.15.255.255", "172.32.0.1", "100.63.255.255", "100.128.0.1"),
    *("192.169.0.1", "198.17.255.255", "198.20.0.1", "223.255.255.255", "11.0.0.0", "169.253.0.1"),
    *("2606:4700:4700::1111", "2a00:1450:4001:80b::200e", "2001:4860:4860::8888", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8"),
]


def within(network: IPv4Network | IPv6Network) -> st.SearchStrategy[IP]:
    """Any address of a network, its first and its last among them."""
    first, last = int(network[0]), int(network[-1])
    numbers = st.sampled_from([first, last]) | st.integers(first, last)
    return numbers.map(IPv4Address if network.version == 4 else IPv6Address)


forbidden_ipv4 = st.sampled_from(FORBIDDEN_IPV4).map(IPv4Network).flatmap(within)
any_ipv4 = st.integers(0, 2**32 - 1).map(IPv4Address)


@pytest.mark.parametrize("network", [*FORBIDDEN_IPV4, *FORBIDDEN_IPV6])
@given(data=st.data())
def test_no_address_of_a_network_that_is_not_public_is_called(network: str, data: st.DataObject) -> None:
    assert why_not(data.draw(within(ip_network(network)))) is not None


FORMS = {
    "mapped": lambda ipv4: 0xFFFF << 32 | ipv4,
    "compatible": lambda ipv4: ipv4,
    "translated": lambda ipv4: 0xFFFF << 48 | ipv4,
    "NAT64": lambda ipv4: 0x0064FF9B << 96 | ipv4,
    "6to4": lambda ipv4: 0x2002 << 112 | ipv4 << 80 | 1,
    "Teredo's client": lambda ipv4: 0x20010000 << 96 | 0x08080808 << 64 | (ipv4 ^ 0xFFFFFFFF),
    "Teredo's server": lambda ipv4: 0x20010000 << 96 | ipv4 << 64 | (0x08080808 ^ 0xFFFFFFFF),
    "ISATAP": lambda ipv4: 0x2A000000 << 96 | 0x5EFE << 32 | ipv4,
    "ISATAP, universal": lambda ipv4: 0x2A000000 << 96 | 0x02005EFE << 32 | ipv4,
}


@pytest.mark.parametrize("form", FORMS)
@given(inner=forbidden_ipv4)
@settings(max_examples=200)
def test_an_ipv6_address_that_embeds_such_an_address_is_not_called_either(form: str, inner: IPv4Address) -> None:
    assert why_not(IPv6Address(FORMS[form](int(inner)))) is not None


@pytest.mark.parametrize("form", ["mapped", "NAT64"])
@given(inner=any_ipv4)
@settings(max_examples=200)
def test_where_ipv6_only_carries_an_ipv4_address_that_one_decides(form: str, inner: IPv4Address) -> None:
    assert (why_not(IPv6Address(FORMS[form](int(inner)))) is None) == (why_not(inner) is None)


@given(number=st.integers(0, 2**128 - 1) | st.integers(0, 2**32 - 1))
@settings(max_examples=500)
def test_whatever_python_does_not_call_global_is_not_public(number: int) -> None:
    address = ip_address(number)
    embeds = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
    assert why_not(address) is not None or address.is_global or embeds


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_may_be_called(address: str) -> None:
    assert why_not(ip_address(address)) is None


@pytest.mark.parametrize("address", sorted(map(str, METADATA)))
def test_where_clouds_keep_secrets_nobody_calls(address: str) -> None:
    assert why_not(ip_address(address)) == "where a cloud keeps its machines' secrets"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("10.0.0.1", "a private address"),
        ("127.0.0.1", "a loopback address"),
        ("100.64.0.1", "a carrier's own address"),
        ("224.0.0.1", "a multicast address"),
        ("::1", "a loopback address"),
        ("fe80::1", "a link-local address"),
        ("fe80::1%eth0", "an address on one link only"),
        ("2606:4700::1%eth0", "an address on one link only"),
        ("::ffff:10.0.0.1", "10.0.0.1 in another form, a private address"),
        ("64:ff9b::169.254.169.254", "169.254.169.254 in another form, where a cloud keeps its machines' secrets"),
        ("::8.8.8.8", "an IPv4 address in an outdated disguise"),
        ("2002:808:808::1", "an IPv4 address in an outdated disguise"),
        ("4000::1", "no public address"),
    ],
)
def test_an_address_that_is_not_called_is_said_to_be_what_it_is(address: str, words: str) -> None:
    assert why_not(ip_address(address)) == words


@pytest.mark.parametrize(("address", "is_one"), [("127.9.9.9", True), ("::1", True), ("::ffff:127.0.0.1", False)])
def test_loopback_is_what_is_written_as_loopback(address: str, is_one: bool) -> None:
    assert is_loopback(ip_address(address)) is is_one
