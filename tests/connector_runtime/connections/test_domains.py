"""A platform's domain as people type it, and the address that is shown back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector_runtime.connections import base_url, guarded
from connector_runtime.definition import Connector
from connector_runtime.definition.connection import ConnectionTemplate
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import JsonSchema
from connector_runtime.transport import Connection
from tests.connector_runtime.workshop import AUTHENTICATION

DOMAIN: JsonSchema = {"properties": {"domain": {"title": "Domain", "type": "string"}}}
TEMPLATE = ConnectionTemplate(
    input=DOMAIN, base_url="https://{domain}", suffix="example.com", authentication=AUTHENTICATION, test="act"
)


def complaints(typed: object, template: ConnectionTemplate = TEMPLATE) -> list[str]:
    with pytest.raises(InvalidInput) as caught:
        base_url(template, {"domain": typed})
    assert {(problem.field, problem.title) for problem in caught.value.problems} == {("domain", "Domain")}
    return [problem.message for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("acme", "https://acme.example.com"),
        (" Acme ", "https://acme.example.com"),
        ("acme.", "https://acme.example.com"),
        ("https://acme", "https://acme.example.com"),
        ("acme.example.com", "https://acme.example.com"),
        ("https://Acme.example.com/", "https://acme.example.com"),
        ("http://acme.example.com", "https://acme.example.com"),
        ("acme.example.com:443", "https://acme.example.com"),
        ("learn.acme.org", "https://learn.acme.org"),
        ("xn--cme-8cd.org", "https://xn--cme-8cd.org"),
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://localhost", "https://localhost"),
    ],
)
def test_a_domain_is_understood_as_people_type_it(typed: str, shown: str) -> None:
    assert base_url(TEMPLATE, {"domain": typed}) == shown
    assert guarded(Connection("acme", shown)).base_url == shown


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (None, ["fill this in"]),
        ("  ", ["fill this in"]),
        ("acme example", ["this is no domain: it has letters, digits, hyphens and dots"]),
        ("acme.org:x", ["this is no domain: it has letters, digits, hyphens and dots"]),
        ("ftp://acme.org", ["a platform is reached by https, not ftp"]),
        ("me:s3cret@acme.org", ["leave out what stands before the @; credentials have fields of their own"]),
        ("acme.org:8080", ["leave out the port 8080; it is for loopback only"]),
        ("localhost:0", ["a port is a number from 1 to 65535"]),
        ("acme.org/learn?a=b", ["leave out what follows the domain, from its first slash, ? or # on"]),
        ("acme.org#a", ["leave out what follows the domain, from its first slash, ? or # on"]),
        ("ac_me", ["its host is no name: that has letters, digits and hyphens between its dots"]),
        ("10.0.0.1", ["10.0.0.1 is a private address; only public addresses are called"]),
        (
            "[::ffff:127.0.0.1]",
            ["[::ffff:7f00:1] is 127.0.0.1 in another form, a loopback address; only public addresses are called"],
        ),
        ("127.1", ["it is an IP address in disguise: accepted is one like 192.0.2.1 with four whole decimal numbers"]),
        (
            "аcme.org",  # its first letter is Cyrillic
            ["it has letters beyond a to z, which can pass for others: write its ASCII form, which has xn-- in it"],
        ),
    ],
)
def test_what_is_wrong_with_a_domain_is_said_by_the_fields_title(typed: object, words: list[str]) -> None:
    assert complaints(typed) == words


def test_everything_wrong_is_said_at_once_and_with_it_what_is_accepted() -> None:
    with pytest.raises(InvalidInput) as caught:
        base_url(TEMPLATE, {"domain": "ftp://me@10.0.0.1:21/x"})
    assert len(caught.value.problems) == 5
    assert caught.value.fix == (
        "Write acme for acme.example.com, or a whole domain such as learn.example.com; "
        "https:// before it may stay or be left out."
    )


def test_without_a_suffix_a_name_must_be_whole() -> None:
    alone = replace(TEMPLATE, suffix=None)
    assert complaints("acme", alone) == ["its host is no whole name: that has a dot, such as acme.example.com"]
    with pytest.raises(InvalidInput) as caught:
        base_url(alone, {"domain": "acme"})
    assert caught.value.fix.startswith("Write a whole domain such as learn.example.com")


def test_a_path_that_the_declaration_has_stays_behind_the_domain(toy: Connector) -> None:
    template = toy.identity.connection
    assert base_url(template, {"host": "Library.example.org"}) == "https://library.example.org/api"
    assert base_url(template, {"host": "localhost:8080"}) == "http://localhost:8080/api"


def test_an_input_may_be_a_part_of_the_address_only() -> None:
    template = ConnectionTemplate(
        input={"properties": {"tenant": {"title": "Tenant"}, "zone": {"title": "Zone"}}},
        base_url="https://{tenant}.{zone}.example.com/{tenant}",
        authentication=AUTHENTICATION,
        test="act",
    )
    assert base_url(template, {"tenant": " Acme", "zone": "eu-1"}) == "https://acme.eu-1.example.com/acme"
    with pytest.raises(InvalidInput) as caught:
        base_url(template, {"tenant": "evil.org/"})
    assert [(problem.title, problem.message) for problem in caught.value.problems] == [
        ("Tenant", "write letters, digits and hyphens only"),
        ("Zone", "fill this in"),
    ]
    assert caught.value.fix == "Write the name alone, as it stands in your platform's address."


@given(typed=st.text("acme.:/@[]%#?0x1 \\１аA-_", max_size=14) | st.text(max_size=10))
def test_whatever_is_typed_is_refused_or_may_be_called(typed: str) -> None:
    try:
        shown = base_url(TEMPLATE, {"domain": typed})
    except InvalidInput as refused:
        assert refused.problems
    else:
        assert guarded(Connection("typed", shown)).base_url == shown


def test_the_connectors_own_suffix_completes_a_bare_name(connector: Connector) -> None:
    assert base_url(connector.identity.connection, {"domain": "acme"}) == "https://acme.docebosaas.com"
