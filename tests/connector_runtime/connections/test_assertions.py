"""Assertions signed with a private key, however it was pasted."""

from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import PrivateFormat

from connector_runtime.connections.assertions import assertion, private_key
from connector_runtime.definition.connection import Authentication
from connector_runtime.errors import InvalidInput
from tests.connector_runtime.connections.canaries import CANARY, told_by
from tests.connector_runtime.connections.keyfile import curve_key, pem, public_pem, rsa_key

WAY = Authentication(
    token="/token", input={"properties": {"private_key": {"title": "Private key", "x-secret": True}}}, methods={}
)
PEM = pem(rsa_key())


def signed(key: str) -> str:
    fields = {"issuer": "my-app", "username": "maya", "private_key": key}
    return assertion(WAY, fields, host="acme.example.com", now=1_000_000.9)


def test_an_assertion_says_who_for_whom_to_which_host_and_for_five_minutes() -> None:
    claims = jwt.decode(
        signed(PEM),
        public_pem(rsa_key()),
        ["RS256"],
        audience="acme.example.com",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert claims == {
        "iss": "my-app",
        "sub": "maya",
        "aud": "acme.example.com",
        "iat": 1_000_000,
        "exp": 1_000_300,
    }


@pytest.mark.parametrize(
    "pasted",
    [
        PEM,
        PEM.strip(),
        PEM.replace("\n", "\\n"),
        PEM.replace("\n", "\\r\\n"),
        PEM.replace("\n", "\r\n"),
        PEM.replace("\n", " "),
        f'"{PEM}"',
        f"\n\n  {PEM}  \n",
        pem(rsa_key(), PrivateFormat.TraditionalOpenSSL),
    ],
    ids=["as is", "stripped", "escaped", "escaped with \\r", "CRLF", "one line", "quoted", "indented", "PKCS #1"],
)
def test_a_key_is_read_however_it_was_pasted(pasted: str) -> None:
    assert signed(pasted) == signed(PEM)


@pytest.mark.parametrize(
    ("pasted", "words"),
    [
        (CANARY, "no private key in PEM"),
        ("", "no private key in PEM"),
        (f"-----BEGIN PRIVATE KEY-----\n{CANARY}\n-----END PRIVATE KEY-----", "something in it is missing"),
        (PEM[:200] + CANARY + PEM[-40:], "something in it is missing"),
        (f"-----BEGIN PRIVATE KEY-----\nü{CANARY}\n-----END PRIVATE KEY-----", "something in it is missing"),
        (public_pem(rsa_key()), "this is a public key"),
        (pem(rsa_key(), passphrase=b"x"), "locked with a passphrase"),
        (pem(rsa_key(), PrivateFormat.TraditionalOpenSSL, b"x"), "locked with a passphrase"),
        (pem(curve_key()), "must be an RSA key"),
        (pem(rsa_key(1024)), "at least 2048 bits"),
    ],
    ids=["text", "nothing", "no DER", "spoilt", "no ASCII", "public", "locked", "locked, PKCS #1", "curve", "short"],
)
def test_a_key_that_is_none_is_refused_by_the_fields_title_and_never_echoed(pasted: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=r"^Private key: ") as caught:
        private_key(pasted, "Private key")
    assert words in str(caught.value)
    told = told_by(caught.value)
    assert CANARY not in told
    assert not any(line in told for line in pasted.splitlines()[1:-1] if line)
