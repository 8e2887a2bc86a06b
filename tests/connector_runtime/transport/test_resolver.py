"""A connection's resolver: only the addresses it gives are connected to, and TLS still verifies the name."""

from __future__ import annotations

import datetime
import ssl
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connector_runtime.errors import InvalidInput, Unreachable
from connector_runtime.transport import engine
from connector_runtime.values import Problem, Request
from tests.connector_runtime.transport.loopback import CANARY, platform, saying, sent

READ = Request(method="GET", path="/x")
OK = saying("HTTP/1.1 200 OK")


class Book:
    """A resolver that knows one answer, and notes what it was asked."""

    def __init__(self, *addresses: str, refusal: Exception | None = None) -> None:
        self.asked: list[tuple[str, int]] = []
        self._addresses = addresses
        self._refusal = refusal

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked.append((host, port))
        if self._refusal is not None:
            raise self._refusal
        return self._addresses


def renamed(url: str, host: str) -> str:
    return url.replace("127.0.0.1", host)


async def test_the_address_that_the_resolver_gives_is_connected_to() -> None:
    book = Book("127.0.0.1")
    async with platform(OK) as (url, arrived):
        await sent(renamed(url, "platform.test"), READ, resolver=book)
    port = int(url.rpartition(":")[2])
    assert book.asked == [("platform.test", port)]
    assert f"host: platform.test:{port}".encode() in arrived[0].lower()


async def test_no_other_address_is_connected_to() -> None:
    async with platform(OK) as (url, arrived):
        with pytest.raises(Unreachable, match="could not be reached") as caught:
            await sent(renamed(url, "localhost"), READ, resolver=Book("127.0.0.2"))
    assert (caught.value.effect, arrived) == ("none", [])


@pytest.mark.parametrize("host", ["platform.test", "localhost", "127.0.0.1"])
async def test_a_resolver_that_refuses_is_quoted_and_nothing_is_sent(host: str) -> None:
    book = Book(refusal=ValueError("it lies in the house"))
    async with platform(OK) as (url, arrived):
        with pytest.raises(Unreachable, match="it lies in the house") as caught:
            await sent(renamed(url, host), READ, resolver=book)
    assert (caught.value.effect, arrived, len(book.asked)) == ("none", [], 1)


@pytest.mark.parametrize("host", ["platform.test", "localhost", "127.0.0.1"])
async def test_a_resolver_may_refuse_with_an_error_of_the_houses_own(host: str) -> None:
    refusal = InvalidInput([Problem("connection", "it lies in the house", "Connection")], code="address_not_allowed")
    async with platform(OK) as (url, arrived):
        with pytest.raises(InvalidInput) as caught:
            await sent(renamed(url, host), READ, resolver=Book(refusal=refusal))
    assert (caught.value, caught.value.effect, arrived) == (refusal, "none", [])
    held, trace = [], caught.value.__traceback__
    while trace is not None:
        held.append(repr(trace.tb_frame.f_locals) if "aiohttp" in trace.tb_frame.f_code.co_filename else "")
        trace = trace.tb_next
    assert CANARY not in "".join(held)


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0127.0.0.1", "1.2.3.4.5"])
async def test_a_host_that_looks_like_an_address_and_is_none_is_connected_to_by_nobody(host: str) -> None:
    book = Book("127.0.0.1")
    async with platform(OK) as (url, arrived):
        with pytest.raises(Unreachable, match=r"could not be reached|cannot be written") as caught:
            await sent(renamed(url, host), READ, resolver=book)
    assert (caught.value.effect, arrived, book.asked) == ("none", [], [])


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0127.0.0.1", "127.0.0.1:80"])
async def test_a_host_that_looks_like_an_address_is_refused_before_aiohttp_sees_it(host: str) -> None:
    with pytest.raises(httpx.ConnectError, match="in disguise"):
        await engine.Vetting(Book("127.0.0.1")).look_at(host, 80)


@pytest.mark.parametrize("book", [Book(), Book("elsewhere.test"), Book("10.0.0.1")])
async def test_a_host_that_is_an_address_is_looked_up_as_well(book: Book) -> None:
    async with platform(OK) as (url, arrived):
        with pytest.raises(Unreachable) as caught:
            await sent(url, READ, resolver=book)
    assert (caught.value.effect, arrived) == ("none", [])


async def test_a_host_that_is_an_address_may_be_allowed() -> None:
    async with platform(OK) as (url, _):
        assert (await sent(url, READ, resolver=Book("127.0.0.1"))).status == 200


@pytest.mark.parametrize("book", [Book(), Book("elsewhere.test")])
async def test_a_resolver_must_give_addresses(book: Book) -> None:
    with pytest.raises(Unreachable, match="no address") as caught:
        await sent("http://platform.test", READ, resolver=book)
    assert caught.value.effect == "none"


@pytest.fixture
def secured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's side of TLS for platform.test, whose certificate the environment says to trust."""
    file = tmp_path / "platform.pem"
    file.write_bytes(certificate("platform.test"))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    engine.trust.cache_clear()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


@pytest.fixture(autouse=True)
def _forget_trust() -> None:
    engine.trust.cache_clear()


async def test_tls_verifies_the_name_and_not_the_address(secured: ssl.SSLContext) -> None:
    async with platform(OK, secured) as (url, arrived):
        assert (await sent(renamed(url, "platform.test"), READ, resolver=Book("127.0.0.1"))).status == 200
        with pytest.raises(Unreachable, match="certificate cannot be trusted") as caught:
            await sent(renamed(url, "other.test"), READ, resolver=Book("127.0.0.1"))
    assert (caught.value.effect, len(arrived)) == ("none", 1)


async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    secured: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    engine.trust.cache_clear()
    async with platform(OK, secured) as (url, arrived):
        with pytest.raises(Unreachable, match="certificate cannot be trusted") as caught:
            await sent(renamed(url, "platform.test"), READ, resolver=Book("127.0.0.1"))
    assert (caught.value.effect, arrived) == ("none", [])


def certificate(name: str) -> bytes:
    """A key and a certificate that vouches for itself, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    called = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(called)
        .issuer_name(called)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = serialization.Encoding.PEM
    return key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain) + signed.public_bytes(pem)


async def test_an_address_is_asked_about_once_for_as_long_as_its_connection_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr(engine, "monotonic", lambda: now)
    book = Book("127.0.0.1")
    vetting = engine.Vetting(book)
    for _ in range(3):
        await vetting.look_at("127.0.0.1", 80)
    await vetting.look_at("127.0.0.1", 81)
    now += engine.IDLE_S
    await vetting.look_at("127.0.0.1", 80)
    assert book.asked == [("127.0.0.1", 80), ("127.0.0.1", 81), ("127.0.0.1", 80)]
