"""Drafts of connections: everything wrong is said at once, and what is secret is apart."""

from __future__ import annotations

from typing import Any

import pytest

from connector_runtime.connections.drafting import drafted, fields_of, method_of, window_of
from connector_runtime.connections.kept import Kept
from connector_runtime.definition.connection import Window
from connector_runtime.errors import InvalidInput
from tests.connector_runtime.connections.canaries import CANARY, shown_by
from tests.connector_runtime.connections.granting import GRANTS, TEMPLATE, WAY
from tests.connector_runtime.workshop import IDENTITY

GIVEN = {"host": "Acme.example.com/", "client_id": " my-app ", "client_secret": f" {CANARY} "}


def draft(given: dict[str, str] | None = None, **others: Any) -> Kept:
    means: dict[str, Any] = {"name": "acme", "key": "app", "actions": ["act", "other"]} | others
    return drafted(TEMPLATE, means.pop("name"), means.pop("key"), GIVEN if given is None else given, **means)


def problems(*given: Any, **others: Any) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        draft(*given, **others)
    assert CANARY not in str(caught.value)
    return [(problem.field, problem.title) for problem in caught.value.problems]


def test_a_draft_has_the_address_that_will_be_called_and_its_secrets_apart() -> None:
    kept = draft(allow_assumed=["act"], limits=["100/10s", "1000/h"])
    assert kept.base_url == "https://acme.example.com"
    assert (kept.fields, kept.secrets) == (
        {"host": "Acme.example.com/", "client_id": "my-app"},
        {"client_secret": f" {CANARY} "},  # a secret may begin and end with a space
    )
    assert (sorted(kept.allow_assumed), kept.method, kept.tokens, kept.version) == (["act"], "app", None, 0)
    assert kept.limits == (Window(calls=100, seconds=10), Window(calls=1000, seconds=3600))
    assert kept.created_at.endswith("Z")
    assert CANARY not in shown_by(kept)


def test_limits_that_nobody_names_are_the_connectors() -> None:
    assert draft().limits is None


def test_everything_wrong_is_said_at_once() -> None:
    found = problems(
        {"host": "ftp://x", "client_id": " ", "clientsecret": CANARY},
        name="a b",
        allow_assumed=["akt"],
        limits=["many"],
    )
    assert found == [
        ("host", "Host"),
        ("host", "Host"),
        ("name", "Name"),
        ("client_id", "Client ID"),
        ("client_secret", "Client secret"),
        ("clientsecret", "clientsecret"),
        ("allow_assumed", "Allow assumed"),
        ("limit", "Limit"),
    ]


@pytest.mark.parametrize("key", GRANTS)
def test_every_way_says_all_that_it_lacks(key: str) -> None:
    fields = fields_of(TEMPLATE, WAY.methods[key])
    assert [field for field, _ in problems({}, key=key)] == list(fields)
    assert next(iter(fields)) == "host"


def test_a_way_is_chosen_where_there_are_several() -> None:
    with pytest.raises(InvalidInput, match=r"choose one: browser \(Browser\); app \(App\)"):
        method_of(TEMPLATE, None)
    with pytest.raises(InvalidInput, match=r"there is no way `pasword`, did you mean `password`\? There are: browser"):
        method_of(TEMPLATE, "pasword")
    assert method_of(TEMPLATE, "key") == ("key", WAY.methods["key"])


def test_where_there_is_one_way_it_needs_no_name() -> None:
    assert method_of(IDENTITY.connection, None)[0] == "token"
    assert method_of(IDENTITY.connection, "token")[0] == "token"


@pytest.mark.parametrize(
    ("text", "calls", "seconds"),
    [("100/10s", 100, 10), ("1000/h", 1000, 3600), (" 5/1.5min ", 5, 90), ("1/s", 1, 1), ("2/0.5s", 2, 0.5)],
)
def test_a_limit_is_written_as_calls_and_time(text: str, calls: int, seconds: float) -> None:
    assert window_of(text) == Window(calls=calls, seconds=seconds)


@pytest.mark.parametrize(
    "text",
    ["", "100", "0/s", "-1/s", "100/", "100/0s", "100/1.2.3s", "1e3/s", "100/d", "5/.s", f"1/{'9' * 400}s", "1/9999h"],
)
def test_what_is_no_limit_is_refused(text: str) -> None:
    assert window_of(text) is None
