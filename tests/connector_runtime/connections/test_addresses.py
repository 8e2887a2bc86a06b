"""The address escape suite, as addresses are written: nothing is sent where nothing may be."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector_runtime.connections.addresses import Guard, guarded, parted
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.session import Session
from connector_runtime.transport import Connection
from tests.connector_runtime.connections.asked import WRITE
from tests.connector_runtime.connections.outside import Outside
from tests.connector_runtime.transport.loopback import CANARY, connection
from tests.connector_runtime.workshop import housed

pytestmark = pytest.mark.usefixtures("outside")

DISGUISED = {
    "decimal": "https://2130706433",
    "decimal, of the metadata": "https://2852039166/latest",
    "octal": "https://0177.0.0.1",
    "octal, whole": "https://017700000001",
    "hex": "https://0x7f.0.0.1",
    "hex, whole": "https://0x7f000001",
    "hex, the last part only": "https://127.0.0.0x1",
    "short": "https://127.1",
    "short, of a private network": "https://10.1",
    "with zeros": "https://127.000.000.001",
    "too many parts": "https://127.0.0.1.1",
    "full-width digits": "https://１２７.0.0.1",
    "full-width dots": "https://127。0。0。1",
    "with a trailing dot": "https://10.0.0.1.",
    "a disguise with a trailing dot": "https://2130706433.",
}
FORBIDDEN = {
    "private": "https://10.0.0.1",
    "private, 172": "https://172.16.0.1",
    "private, 192": "https://192.168.1.1/api",
    "carrier-grade NAT": "https://100.64.0.1",
    "unspecified": "https://0.0.0.0",
    "multicast": "https://224.0.0.1",
    "broadcast": "https://255.255.255.255",
    "metadata": "https://169.254.169.254/latest/meta-data",
    "metadata, Alibaba": "https://100.100.100.200",
    "metadata, Azure": "https://168.63.129.16",
    "metadata, IPv6": "https://[fd00:ec2::254]",
    "IPv6 unspecified": "https://[::]",
    "IPv6 link-local": "https://[fe80::1]",
    "IPv6 with a zone": "https://[fe80::1%25eth0]",
    "IPv6-mapped loopback": "https://[::ffff:127.0.0.1]",
    "IPv6-mapped loopback in hex, by http": "http://[::ffff:7f00:1]",
    "IPv6-mapped metadata": "https://[::ffff:169.254.169.254]",
    "IPv4-compatible": "https://[::10.0.0.1]",
    "6to4": "https://[2002:a00:1::]",
    "NAT64": "https://[64:ff9b::10.0.0.1]",
    "Teredo": "https://[2001:0:808:808::f5ff:fffe]",
}
UNSOUND = {
    "a downgraded scheme": "http://acme.example.com",
    "a downgraded scheme in capitals": "HTTP://acme.example.com",
    "a downgraded scheme on a public address": "http://8.8.8.8",
    "another scheme": "ftp://acme.example.com",
    "another scheme on loopback": "ftp://127.0.0.1",
    "a file": "file:///etc/passwd",
    "no scheme": "acme.example.com",
    "a user": "https://acme@acme.example.com",
    "a user who looks like the host": "https://acme.example.com:s3cret@10.0.0.1",
    "two users": "https://a@b:s3cret@acme.example.com",
    "a user behind a backslash": "https://10.0.0.1\\@acme.example.com",
    "a user on loopback": "http://s3cret@127.0.0.1",
    "a port": "https://acme.example.com:8443",
    "a port of a database": "https://acme.example.com:5432",
    "a port that is none": "http://127.0.0.1:99999",
    "a port that is nought": "http://127.0.0.1:0",
    "a port in words": "https://acme.example.com:s3cret",
    "a query": "https://acme.example.com?s3cret",
    "a fragment": "https://acme.example.com#@10.0.0.1",
    "a blank": "https://acme.example .com",
    "a line's end": "https://acme.example.com\n.evil.example",
    "a tabulator": "https://ac\tme.example.com",
    "nothing": "https://",
    "nothing at all": "",
    "a bare name": "https://intranet",
    "two trailing dots": "https://acme.example.com..",
    "an empty part": "https://acme..example.com",
    "an underscore": "https://ac_me.example.com",
    "percent signs": "https://%31%30.0.0.1",
    "a homograph": "https://аcme.example.com",  # its first letter is Cyrillic
    "a name that begins with loopback": "http://127.0.0.1.evil.example",
    "a name below localhost": "http://evil.localhost",
    "a part that is too long": f"https://{'a' * 64}.example.com",
    "a name that is too long": f"https://{'a.' * 125}example.com",
    "brackets around a name": "https://[acme.example.com]",
    "an IPv4 address in brackets": "http://[127.0.0.1]",
    "brackets left open": "https://[::1",
}
ESCAPES = {**DISGUISED, **FORBIDDEN, **UNSOUND}


@pytest.mark.parametrize("url", ESCAPES.values(), ids=list(ESCAPES))
async def test_an_address_that_may_not_be_called_is_refused_before_anything_happens(
    url: str, outside: Outside, tmp_path: Path
) -> None:
    with pytest.raises(InvalidInput) as caught:
        async with Session(housed(WRITE), connection=connection(url), data_dir=tmp_path):
            pass
    refused = caught.value
    assert (refused.code, refused.effect) == ("address_not_allowed", "none")
    assert {(problem.field, problem.title) for problem in refused.problems} == {("connection", "Connection")}
    assert refused.fix == "Nothing was sent. Whoever keeps the connection corrects its address."
    assert "s3cret" not in str(refused) and CANARY not in str(refused)
    assert (outside.asked, outside.called) == ([], [])


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://Acme.Example.com/", "https://acme.example.com"),
        ("HTTPS://acme.example.com.:443/api/", "https://acme.example.com/api"),
        ("https://xn--cme-8cd.example.com", "https://xn--cme-8cd.example.com"),
        ("https://8.8.8.8", "https://8.8.8.8"),
        ("https://[2606:4700:4700:0:0::1111]", "https://[2606:4700:4700::1111]"),
        ("http://[0:0::1]:8080", "http://[::1]:8080"),
        ("http://127.9.9.9:80", "http://127.9.9.9"),
        ("https://localhost:8443/api", "https://localhost:8443/api"),
    ],
)
def test_a_sound_address_is_called_in_its_one_spelling(url: str, shown: str) -> None:
    checked = guarded(Connection("acme", url))
    assert checked.base_url == shown
    assert isinstance(checked.resolver, Guard)


def test_everything_wrong_with_an_address_is_said_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        guarded(Connection("acme", "http://me:s3cret@10.0.0.1:8080/x?y"))
    words = [problem.message for problem in caught.value.problems]
    assert [each.removeprefix("the address of acme may not be called: ") for each in words] == [
        "a user or a password does not belong in it",
        "it must begin with https://; http:// is for loopback only",
        "a port other than 443 is for loopback only",
        "nothing may follow its path, no ? and no #",
        "10.0.0.1 is a private address; only public addresses are called",
    ]


def test_an_address_is_parted_as_it_is_written() -> None:
    address = parted("https://me@Acme.example.com.:8443/a/?b#c")
    assert address is not None
    assert (address.scheme, address.user, address.host) == ("https", True, "acme.example.com")
    assert (address.port, address.rest) == (8443, "/a/?b#c")
