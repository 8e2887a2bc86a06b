"""Who may bring a connection's events."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from connector_runtime.events.endpoints import digest, drawn, opens
from tests.connector_runtime.events.sending import basic


def test_a_letter_opens_its_own_endpoint_only() -> None:
    (credentials, endpoint), (other, _) = drawn("village"), drawn("abbey")
    assert opens(endpoint, basic(credentials.username, credentials.password))
    assert not opens(endpoint, basic(other.username, other.password))
    assert (endpoint.address, len({credentials.address, other.address})) == (digest(credentials.address), 2)
    assert len(credentials.address) >= 32 and len(credentials.password) >= 32


@pytest.mark.parametrize("shown", ["", "Basic", "Basic ", "Basic !", "Bearer x", "basic " + "A" * 10_000, "Basic /w=="])
def test_what_is_no_letter_opens_nothing(shown: str) -> None:
    assert not opens(drawn("village")[1], shown)


def test_a_name_and_a_password_belong_together() -> None:
    credentials, endpoint = drawn("village")
    assert not opens(endpoint, basic("maya", credentials.password))
    assert not opens(endpoint, basic(credentials.username, credentials.password + "x"))
    scheme = "bAsIc " + base64.b64encode(f"{credentials.username}:{credentials.password}".encode()).decode()
    assert opens(endpoint, scheme)


def test_nobody_reads_a_letter_off_what_is_kept() -> None:
    credentials, endpoint = drawn("village")
    for shown in (f"{credentials} {credentials!r}", f"{endpoint} {endpoint!r}", str(vars(replace(endpoint)))):
        assert credentials.password not in shown
        assert credentials.address not in shown
