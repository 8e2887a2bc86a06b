"""Where a connection's webhooks arrive: an address that nobody guesses, and a password for it.

Both are random and shown once. What is kept are their digests: they are compared, and nobody reads them off the disk.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from secrets import token_urlsafe

from connector_runtime.store.arrivals import Endpoint
from connector_runtime.values import as_text

USERNAME = "webhooks"


@dataclass(frozen=True)
class Credentials:
    """What a platform has to be told."""

    address: str = field(repr=False)
    """The part of the URL that nobody guesses."""
    username: str
    password: str = field(repr=False)


def drawn(connection: str) -> tuple[Credentials, Endpoint]:
    """New credentials for a connection's webhooks, and what is kept of them."""
    credentials = Credentials(token_urlsafe(24), USERNAME, token_urlsafe(24))
    now = as_text(datetime.now(UTC))
    kept = Endpoint(connection, digest(credentials.address), credentials.username, digest(_shown(credentials)), now)
    return credentials, kept


def digest(text: str) -> bytes:
    """What is kept of a secret that nobody guesses."""
    return blake2b(text.encode(), digest_size=32).digest()


def opens(endpoint: Endpoint, authorization: str) -> bool:
    """Whether a request shows the password (HTTP Basic, RFC 7617), in a time that does not tell how much is right."""
    return hmac.compare_digest(digest(_basic(authorization)), endpoint.password)


def _shown(credentials: Credentials) -> str:
    return f"{credentials.username}:{credentials.password}"


def _basic(authorization: str) -> str:
    scheme, _, told = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(told.strip(), validate=True).decode()
    except ValueError:
        return ""
