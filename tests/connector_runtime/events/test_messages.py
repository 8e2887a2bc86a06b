"""What subscribers are told: the Standard Webhooks format, as its reference library reads it."""

from __future__ import annotations

import json
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from connector_runtime.events.messages import headers, message, message_id
from tests.connector_runtime.events.subscribing import SECRET, desk, event

FORM = "%d.%m.%Y %H:%M"


def test_the_reference_library_takes_what_is_signed() -> None:
    told = message(desk(), event(note="Größe – 5 €"), FORM)
    verified = Webhook(SECRET).verify(told.body, headers(SECRET, told, time.time()))
    assert verified == json.loads(told.body)
    assert list(verified) == [
        "type", "timestamp", "data", "connection", "cursor", "identity", "received_at", "caused_by",
    ]  # fmt: skip
    assert (verified["type"], verified["timestamp"]) == ("loan.made", "2026-02-01T10:00:00.000Z")
    assert verified["data"]["note"] == "Größe – 5 €"


def test_it_takes_nothing_that_was_changed_and_no_other_secret() -> None:
    told = message(desk(), event(), FORM)
    signed = headers(SECRET, told, time.time())
    for body, others in (
        (told.body.replace("B-1", "B-2"), {}),
        (told.body, {"webhook-id": "evt_other"}),
        (told.body, {"webhook-timestamp": str(int(time.time()) + 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, signed | others)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 32).verify(told.body, signed)


def test_a_signature_is_what_the_specification_says() -> None:
    """Its algorithm, written out: HMAC-SHA256 of id.timestamp.body with the secret's bytes."""
    import base64
    import hashlib
    import hmac

    told = message(desk(), event(), FORM)
    signed = headers(SECRET, told, 1_700_000_000.9)
    assert signed["webhook-timestamp"] == "1700000000"
    content = f"{told.id}.1700000000.{told.body}".encode()
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    expected = base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert signed["webhook-signature"] == f"v1,{expected}"


def test_an_id_is_the_same_for_the_same_wherever_it_is_kept() -> None:
    assert message_id(event(1)) == message_id(event(1) | {"cursor": 99, "received_at": "later", "caused_by": "run"})
    others = [event(1, member_id=8), event(1, connection="abbey"), event(1, event="loan.ended"), event(2)]
    assert len({message_id(each) for each in [event(1), *others]}) == 5


def test_what_says_no_moment_has_that_of_its_arrival() -> None:
    for said in (None, "", "yesterday"):
        told = json.loads(message(desk(), event(happened_at=said), FORM).body)
        assert told["timestamp"] == "2026-02-01T10:00:05.000Z"
