"""Which webhooks are ours, and how many bring which events."""

from __future__ import annotations

import pytest

from connector_runtime.events.endpoints import drawn
from connector_runtime.events.registration import found, is_of, shares, tag_of
from connector_runtime.store.registrations import Registration


def registration(**others: str) -> Registration:
    whole = {"tag": "library village 0a1b2c", "connection": "village", "platform": "https://village.invalid"}
    more = {"url": "https://hooks.invalid", "username": "webhooks", "created_at": "2026-01-10T09:00:00Z"}
    return Registration(**{**whole, **more, **others}, events=("a", "b"), address=b"\x00", password=b"\x01")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "ours"),
    [
        ("library village 0a1b2c", True),
        ("library village 0a1b2c 2/3", True),
        ("library village 0a1b2c3d", False),
        ("library village 0a1b2c 2/3 (copy)", False),
        ("library village", False),
        ("my library village 0a1b2c", False),
        (None, False),
    ],
)
def test_a_webhook_is_ours_by_its_whole_name(name: str | None, ours: bool) -> None:
    assert is_of(registration(), {"name": name}) is ours


@pytest.mark.parametrize(
    ("most", "told"),
    [
        (None, [("tag", ["a", "b", "c"])]),
        (3, [("tag", ["a", "b", "c"])]),
        (2, [("tag 1/2", ["a", "b"]), ("tag 2/2", ["c"])]),
        (1, [("tag 1/3", ["a"]), ("tag 2/3", ["b"]), ("tag 3/3", ["c"])]),
    ],
)
def test_events_are_shared_by_as_few_webhooks_as_take_them(most: int | None, told: list[tuple[str, list[str]]]) -> None:
    assert list(shares("tag", ["a", "b", "c"], most)) == told


def test_a_tag_tells_whose_it_is_and_no_address() -> None:
    credentials, endpoint = drawn("village")
    tag = tag_of("library", endpoint)
    assert tag.startswith("library village ") and len(tag) == len("library village ") + 12
    assert credentials.address not in tag


def test_what_was_registered_elsewhere_is_not_looked_for_here() -> None:
    webhook = {"id": 1, "name": "library village 0a1b2c", "url": "x", "enabled": True, "events": []}
    elsewhere = registration(platform="https://town.invalid", state="kept")
    finding = found("village", [elsewhere], [webhook], "https://village.invalid")
    assert (finding.wrong, finding.webhooks, finding.orphans) == (["elsewhere"], [], [])
    begun = registration(state="begun")
    finding = found("village", [begun], [webhook], "https://village.invalid")
    assert (finding.wrong, finding.orphans, finding.good) == (["unregistered"], [webhook], False)
