"""Assertions: who a connection is for, signed with a private key instead of a password (RFC 7523). Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING

from connector_runtime.connections.extra import extra
from connector_runtime.definition.connection import Authentication
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import title_at
from connector_runtime.values import Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

LIFETIME_S = 300
"""An assertion is used at once; this is for clocks that differ."""

LEAST_BITS = 2048  # RFC 7518, section 3.3

PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*)-----END \1-----", re.DOTALL)


def assertion(way: Authentication, fields: Mapping[str, str], *, host: str, now: float) -> str:
    """A JWT by which an application speaks for a user to `host`; it begins at `now`, in seconds since 1970.

    Raises InvalidInput, which names the field and nothing that is in it, for a key that is none.
    """
    with extra("connections"):
        import jwt
    claims = {
        "iss": fields["issuer"],
        "sub": fields["username"],
        "aud": host,
        "iat": int(now),
        "exp": int(now) + LIFETIME_S,
    }
    return jwt.encode(claims, private_key(fields["private_key"], title_at(way.input, ["private_key"])), "RS256")


def private_key(typed: str, title: str) -> RSAPrivateKey:
    """The key in a PEM text, however it was pasted. Raises InvalidInput when it is none, or not such as can be used."""
    with extra("connections"):
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    key, wrong = None, _what_else(typed)
    if not wrong:
        wrong = "this is no private key: something in it is missing or wrong"
        # The error is let go of before ours is raised, so that nothing of the key hangs on it.
        with suppress(ValueError, TypeError, UnsupportedAlgorithm):
            key = load_pem_private_key(as_pem(typed).encode(), password=None)
    if key is not None:
        if isinstance(key, RSAPrivateKey) and key.key_size >= LEAST_BITS:
            return key
        wrong = f"it must be an RSA key of at least {LEAST_BITS} bits"
    problem = Problem("private_key", wrong, title)
    raise InvalidInput([problem], fix="Paste the whole key file, its first and last line included. Nothing was sent.")


def as_pem(typed: str) -> str:
    """A PEM text in its lines again, where forms made blanks of their ends, or env files a backslash and an n."""
    found = PEM.search(typed.replace("\\r", "").replace("\\n", "\n"))
    if found is None:
        return typed
    label, content = found.groups()
    return "\n".join([f"-----BEGIN {label}-----", *content.split(), f"-----END {label}-----", ""])


def _what_else(typed: str) -> str:
    """What a text that can be no private key is instead, in words; nothing for one that may be."""
    found = PEM.search(typed)
    if found is None:
        return "this is no private key in PEM, which has a line -----BEGIN and a line -----END"
    if "ENCRYPTED" in found[1] or "Proc-Type" in found[2]:  # RFC 1421, section 4.6.1.1
        return "the key is locked with a passphrase; it is needed without"
    if "PRIVATE KEY" not in found[1]:
        return f"this is a {found[1].lower()}; the private key is needed"
    return ""
