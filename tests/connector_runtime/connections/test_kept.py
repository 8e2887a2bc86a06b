"""A connection as it is kept."""

from __future__ import annotations

import json

from connector_runtime.connections.kept import Kept
from connector_runtime.connections.tokens import Tokens
from connector_runtime.definition.connection import Window
from tests.connector_runtime.connections.canaries import CANARY, holds_back, shown_by

KEPT = Kept(
    name="acme",
    method="app",
    fields={"domain": "acme.example.com", "client_id": "an app"},
    base_url="https://acme.example.com",
    allow_assumed=frozenset({"b", "a"}),
    limits=(Window(calls=10, seconds=1.5),),
    created_at="2026-01-01T00:00:00.000Z",
    secrets={"client_secret": CANARY},
    tokens=Tokens(CANARY, CANARY, 5.0),
    version=7,
)


def test_hosts_may_show_all_but_the_secrets() -> None:
    assert KEPT.public() == {
        "name": "acme",
        "method": "app",
        "fields": {"domain": "acme.example.com", "client_id": "an app"},
        "base_url": "https://acme.example.com",
        "allow_assumed": ["a", "b"],
        "limits": [{"calls": 10, "seconds": 1.5}],
        "created_at": "2026-01-01T00:00:00.000Z",
    }


def test_a_connection_is_the_same_again() -> None:
    bare = Kept(name="a", method="m", fields={}, base_url="https://a.example.com")
    for kept in (KEPT, bare):
        assert Kept.restored(json.loads(json.dumps(kept.private())), kept.version) == kept


def test_a_grant_takes_all_fields() -> None:
    assert KEPT.all_fields() == {"domain": "acme.example.com", "client_id": "an app", "client_secret": CANARY}
    assert holds_back(KEPT.all_fields())


def test_no_connection_shows_its_secrets() -> None:
    assert holds_back(KEPT)
    assert CANARY not in shown_by(Kept.restored(KEPT.private(), 1).secrets)
