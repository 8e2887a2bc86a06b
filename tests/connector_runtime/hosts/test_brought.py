"""What of a connection that a program brings is a secret."""

from __future__ import annotations

import pytest

from connector_runtime.hosts.connected import _brought
from connector_runtime.transport import Connection


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("Authorization", "Bearer CANARY-1", "CANARY-1"),
        ("authorization", "Basic bWF5YTpzZWNyZXQ=", "bWF5YTpzZWNyZXQ="),
        ("authorization", "CANARY-1", "CANARY-1"),
        ("authorization", "Bearer short", "short"),
        ("authorization", "Token CANARY-1 extra", "CANARY-1"),
        ("authorization", 'Digest a="CANARY-1", b="1"', "CANARY-1"),
        ("Cookie", "session=CANARY-1; lang=en", "CANARY-1"),
        ("Cookie", "session=CANARY-1; lang=en", "session=CANARY-1; lang=en"),
        ("X-Auth", "id-1 key=CANARY-1", "CANARY-1"),
        ("X-Auth", "CANARY-1 second", "CANARY-1"),
        ("X-Api-Key", "12345678", "12345678"),
        ("X-Api-Key", "Token CANARY-1", "CANARY-1"),
        ("X-Api-Key", "correct horse battery", "correct horse battery"),
    ],
)
def test_a_headers_value_is_a_secret(name: str, value: str, secret: str) -> None:
    found = _brought(Connection("mine", "https://x.example", {name: value}))
    assert secret in found
    assert all(each in value for each in found)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Accept", "application/json"),
        ("User-Agent", "my-program/1.0"),
        ("content-type", "application/json"),
        ("accept-language", "en-GB,en"),
        ("X-Api-Key", "1234567"),
        ("authorization", ""),
    ],
)
def test_what_is_plainly_no_secret_is_none(name: str, value: str) -> None:
    assert _brought(Connection("mine", "https://x.example", {name: value})) == frozenset()
