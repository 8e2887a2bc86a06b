"""A delivery read: all of it, or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector_runtime.definition import Connector, load
from connector_runtime.events.delivery import NOBODY, Reader, Unusable, sampled
from tests.connector_runtime.events.sending import MADE, loan
from tests.connector_runtime.workshop import TOY, declared, housed


@pytest.fixture(scope="module")
def toy() -> Connector:
    return load(TOY)


def test_an_event_has_the_documented_fields_and_no_other(toy: Connector) -> None:
    (one,) = Reader(toy).occurrences(loan(3, member_id="7", secret="x"))
    assert (one.event, one.message_id, one.place) == ("loan.made", "3", 0)
    assert one.payload == {"at": "01.02.2026 10:00", "book_code": "B-3", "member_id": 7, "note": None}
    assert one.happened_at == "01.02.2026 10:00"


def test_a_grouped_delivery_brings_one_event_for_each_payload(toy: Connector) -> None:
    payloads = [{"at": "01.02.2026 10:00", "book_code": code, "member_id": 7} for code in ("B-1", "B-2")]
    found = Reader(toy).occurrences(json.dumps({"number": 1, "event": "loan.made", "all": payloads}).encode())
    assert [(each.place, each.payload["book_code"]) for each in found] == [(0, "B-1"), (1, "B-2")]
    assert found[0].identity != found[1].identity


def test_what_names_a_happening_is_its_identity_whatever_brings_it(toy: Connector) -> None:
    (one,), (again,) = (
        Reader(toy).occurrences(loan(1)),
        Reader(toy).occurrences(loan(1, note="later").replace(b": 1,", b": 2,", 1)),
    )
    assert (one.identity, one.message_id != again.message_id) == (again.identity, True)
    assert one.content != again.content
    (other,) = Reader(toy).occurrences(loan(1, at="01.02.2026 10:01"))
    assert other.identity != one.identity


def spoilt(**changes: Any) -> bytes:
    return json.dumps({name: value for name, value in {**MADE, **changes}.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    ("body", "reason", "said"),
    [
        (b"", "malformed", ""),
        (loan(1)[:-5], "malformed", ""),
        (b"\xff", "malformed", ""),
        (b"[]", "malformed", "/number"),
        (b"7", "malformed", "/number"),
        (spoilt(number=...), "malformed", "/number"),
        (spoilt(number=True), "malformed", "/number"),
        (spoilt(number="x" * 501), "malformed", "/number"),
        (spoilt(number="1\0"), "malformed", "/number"),
        (spoilt(event=...), "malformed", "/event"),
        (spoilt(event="loan.lost"), "unknown_event", "loan.lost"),
        (spoilt(payload=...), "malformed", "/payload"),
        (spoilt(payload=[]), "malformed", "no object"),
        (spoilt(all=[{}]), "malformed", "not one of"),
        (spoilt(payload=..., all=[]), "malformed", "nothing in it"),
        (spoilt(payload={"at": "01.02.2026 10:00", "book_code": "B-1"}), "malformed", "has no member_id"),
        (
            spoilt(payload={"at": "1", "book_code": "B-1", "member_id": "seven"}),
            "malformed",
            "payload 1: member_id is documented as integer, but came as string",
        ),
        (
            spoilt(payload=..., all=[{**MADE["payload"], "note": 7, "at": []}, {"at": [7], "member_id": {}}]),
            "malformed",
            "payload 1: it has no at",
        ),
        (
            spoilt(payload={"at": [7, 8], "book_code": ""}),
            "malformed",
            "it has no member_id; at is",
        ),
        (spoilt(payload=..., all=[MADE["payload"], {"at": "1"}]), "malformed", "payload 2"),
    ],
)
def test_of_what_cannot_be_read_nothing_is_used(toy: Connector, body: bytes, reason: str, said: str) -> None:
    with pytest.raises(Unusable) as caught:
        Reader(toy).occurrences(body)
    assert caught.value.reason == reason
    assert said in str(caught.value)


def test_a_sample_is_of_ids_that_nobody_has(toy: Connector) -> None:
    (one,) = Reader(toy).occurrences(json.dumps(sampled(toy, "loan.made")).encode())
    assert one.payload["member_id"] == NOBODY
    assert one.payload["book_code"] not in ("", None)


def test_a_connector_without_triggers_knows_no_event() -> None:
    with pytest.raises(Unusable, match="has no triggers"):
        Reader(housed(declared())).occurrences(loan(1))
