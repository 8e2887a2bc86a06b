"""API keys: how they look, what they allow, and who shows one.

A key is `key_<id>_<secret>`. The secret part is random, shown once, and kept as a digest, which is compared in a time
that does not tell how much of it is right.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from secrets import token_hex, token_urlsafe
from typing import Literal, get_args

from connector_runtime.hosts.http.problems import forbidden, unauthenticated, unknown
from connector_runtime.store.tenants import Key, Tenants
from connector_runtime.values import as_text

Scope = Literal["read", "run", "connect", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)
"""What a key may allow: to look at things, to run actions, to look after connections, webhooks and subscribers, and to
look after keys. None includes another.
"""

FORM = re.compile(r"key_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")

COOKIE = "session"
"""What a browser that was let in shows."""

NOBODYS = blake2b(b"", digest_size=32).digest()
"""What is compared where there is no such key, so that it takes as long."""

GRACE = timedelta(hours=24)
"""For how long a key that was rotated is good beside the new one."""

STAY = timedelta(hours=12)
"""For how long a browser that was let in may stay."""


@dataclass(frozen=True)
class Caller:
    """Who asks: a key, and so a tenant."""

    key: Key

    @property
    def tenant(self) -> str:
        """Whose things are asked for."""
        return self.key.tenant

    def check(self, scope: Scope | None) -> None:
        """Raises Declined where the key does not allow that."""
        if scope is not None and scope not in self.key.scopes:
            raise forbidden(f"`{scope}`")
        if scope == "admin" and (self.key.connections, self.key.actions) != (None, None):
            raise forbidden("keys, as it is for some connections or actions only")

    def check_connection(self, name: str) -> None:
        """Raises Declined where the key is for other connections: there is none of that name for it."""
        if not self.sees_connection(name):
            raise unknown(f"connection `{name}`")

    def check_action(self, key: str) -> None:
        """Raises Declined where the key is for other actions."""
        if not self.sees_action(key):
            raise forbidden(f"the action `{key}`")

    def sees_action(self, key: str) -> bool:
        """Whether the key is for that action."""
        return self.key.actions is None or key in self.key.actions

    def sees_connection(self, name: str) -> bool:
        """Whether the key is for that connection."""
        return self.key.connections is None or name in self.key.connections


def drawn(
    tenant: str,
    name: str,
    scopes: Collection[Scope],
    *,
    connections: Collection[str] | None = None,
    actions: Collection[str] | None = None,
    expires_at: str | None = None,
    now: datetime,
) -> tuple[str, Key]:
    """A new key: as it is shown once, and what is kept of it."""
    key_id, secret = token_hex(6), token_urlsafe(32)
    kept = Key(
        id=key_id,
        tenant=tenant,
        name=name,
        digest=digest(secret),
        scopes=frozenset(scopes),
        connections=None if connections is None else frozenset(connections),
        actions=None if actions is None else frozenset(actions),
        created_at=as_text(now),
        expires_at=expires_at,
    )
    return f"key_{key_id}_{secret}", kept


def digest(secret: str) -> bytes:
    """What is kept of a secret that nobody guesses."""
    return blake2b(secret.encode(), digest_size=32).digest()


def caller(tenants: Tenants, shown: str, now: datetime) -> Caller:
    """Who shows a key. Raises Declined where it is none that is good."""
    found = FORM.fullmatch(shown)
    known = None if found is None else tenants.key(found[1])
    right = hmac.compare_digest(digest(found[2] if found else ""), NOBODYS if known is None else known.digest)
    if known is None or not right or not is_good(known, now):
        raise unauthenticated()
    return Caller(known)


def is_good(key: Key, now: datetime) -> bool:
    """Whether a key has not ended."""
    return key.revoked_at is None and (key.expires_at is None or as_text(now) < key.expires_at)


def let_in(tenants: Tenants, key: Key, now: datetime) -> str:
    """Let a browser in with a key: what its cookie holds, of which a digest is kept."""
    cookie = token_urlsafe(32)
    tenants.let_in(digest(cookie), key.id, as_text(now + STAY), as_text(now))
    return cookie


def caller_of_browser(tenants: Tenants, cookie: str, now: datetime) -> Caller:
    """Whose browser shows a cookie. Raises Declined where it is not let in."""
    key_id = tenants.browser(digest(cookie), as_text(now)) if cookie else None
    known = None if key_id is None else tenants.key(key_id)
    if known is None or not is_good(known, now):
        raise unauthenticated()
    return Caller(known)


def is_still_let_in(tenants: Tenants, who: Caller, cookie: str, now: datetime) -> bool:
    """Whether a key is good still, and the browser let in that showed it, if one did: what is given for long may
    outlast both.
    """
    key = tenants.key(who.key.id)
    if key is None or not is_good(key, now):
        return False
    return not cookie or tenants.browser(digest(cookie), as_text(now)) == key.id


def now_utc() -> datetime:
    """The clock."""
    return datetime.now(UTC)
