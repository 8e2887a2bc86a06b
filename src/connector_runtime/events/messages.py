"""What a subscriber is told of an event, and how it is signed: the Standard Webhooks format. Pure.

Facts about the format: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import blake2b

from connector_runtime.connections.extra import extra
from connector_runtime.events.subscribers import Subscriber
from connector_runtime.store.outbox import Message
from connector_runtime.values import Json, as_text, json_text

BESIDE = ("connection", "cursor", "identity", "received_at", "caused_by")
"""What a body has of an event beside its type, its moment and its payload."""


def message(subscriber: Subscriber, event: Mapping[str, Json], moment_form: str) -> Message:
    """What a subscriber is told of an event. `moment_form` is how the platform writes moments, in UTC.

    The id is the same whenever the same is said of the same happening, so that whoever has it already can tell.
    """
    timestamp = _timestamp(event, moment_form)
    body = {"type": event["event"], "timestamp": timestamp, "data": event["payload"]}
    whole = json_text({**body, **{name: event[name] for name in BESIDE}})
    return Message(event["cursor"], message_id(event), whole, subscriber.line(event), timestamp)


def message_id(event: Mapping[str, Json]) -> str:
    """What tells an event from every other one, wherever it is kept."""
    said = json_text([event["connection"], event["event"], event["payload"]])
    return f"evt_{blake2b(said.encode(), digest_size=16).hexdigest()}"


def headers(secret: str, each: Message, now: float) -> dict[str, str]:
    """The headers with which a message is sent at that moment, in seconds since 1970."""
    with extra("webhooks"):
        from standardwebhooks import Webhook
    moment = datetime.fromtimestamp(int(now), UTC)
    return {
        "webhook-id": each.id,
        "webhook-timestamp": str(int(now)),
        "webhook-signature": Webhook(secret).sign(each.id, moment, each.body),
    }


def check_signing() -> None:
    """Raises InvalidInput where the library that signs is not installed."""
    with extra("webhooks"):
        import standardwebhooks  # noqa: F401


def _timestamp(event: Mapping[str, Json], moment_form: str) -> str:
    """When it happened; when it arrived, where that is not said."""
    try:
        happened = datetime.strptime(event["happened_at"] or "", moment_form)
    except ValueError:
        return str(event["received_at"])
    return as_text(happened.replace(tzinfo=UTC))
