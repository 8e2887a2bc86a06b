"""Subscribers: to whom events are brought, which ones, and with which secret they are signed.

They are kept where connections are, under names that no connection can have: so their secrets are sealed with the same
keys, and sealed anew together with them.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from secrets import token_bytes

from connector_runtime.connections.concealed import Unpicklable
from connector_runtime.connections.names import checked_name
from connector_runtime.connections.safe import APART
from connector_runtime.connections.sealing import Keys, unreadable
from connector_runtime.errors import InvalidInput
from connector_runtime.store import Connections, Row
from connector_runtime.values import Json, Problem, did_you_mean

PREFIX = f"subscriber{APART}"

SECRET_BYTES = 32
"""The Standard Webhooks specification asks for 24 to 64."""

SHOWN = ("name", "events", "connection", "where", "without_own", "ordered_per", "networks", "place", "created_at")
"""What anybody may see of a subscriber, in the order of its document."""


@dataclass(frozen=True, kw_only=True)
class Subscriber(Unpicklable):
    """One subscriber. `url` and `secret` are between it and us: a URL may hold what opens it, so only its `place` is
    shown, which is its scheme and host.

    It has the `events` named, of one `connection` or of all (None), whose payloads have one of the texts in `where`
    for each field there; `without_own` leaves out what a run here has caused. `ordered_per` names a payload field:
    events that agree in it are brought one after the other. `networks` are its own ones, where it may be beside public
    addresses. `created_at` is UTC as ISO 8601. `generation` tells it from another one of its name; it is empty
    for those that were kept before there was one.
    """

    name: str
    events: tuple[str, ...]
    connection: str | None = None
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    without_own: bool = False
    ordered_per: str | None = None
    networks: tuple[str, ...] = ()
    place: str
    created_at: str
    url: str = field(repr=False)
    secret: str = field(repr=False)
    generation: str = ""

    def wants(self, event: Mapping[str, Json]) -> bool:
        """Whether an event, as `events` prints it, is for it."""
        return (
            event["event"] in self.events
            and self.connection in (None, event["connection"])
            and not (self.without_own and event["caused_by"] is not None)
            and all(as_text(event["payload"].get(name)) in texts for name, texts in self.where.items())
        )

    def line(self, event: Mapping[str, Json]) -> str | None:
        """The line in which an event keeps its turn; None where it waits for no other."""
        if self.ordered_per is None:
            return None
        return f"{event['connection']} {as_text(event['payload'].get(self.ordered_per))}"

    def public(self) -> dict[str, Json]:
        """The document that hosts may show; the keys and their order are stable."""
        where = {name: list(texts) for name, texts in self.where.items()}
        lists = {"events": list(self.events), "where": where, "networks": list(self.networks)}
        return {name: lists.get(name, getattr(self, name)) for name in SHOWN}

    @classmethod
    def restored(cls, public: Mapping[str, Json], url: str, secret: str, generation: str) -> Subscriber:
        """A subscriber as it was kept."""
        where = {name: tuple(texts) for name, texts in public["where"].items()}
        tuples = {"events": tuple(public["events"]), "where": where, "networks": tuple(public["networks"])}
        return cls(**{**public, **tuples}, url=url, secret=secret, generation=generation)


def drawn_secret() -> str:
    """A new secret, as the Standard Webhooks specification writes one."""
    return "whsec_" + base64.b64encode(token_bytes(SECRET_BYTES)).decode()


def is_secret(text: str) -> bool:
    """Whether a text can be a secret: Base64 of 24 to 64 bytes, after `whsec_` or without it."""
    try:
        return 24 <= len(base64.b64decode(text.removeprefix("whsec_"), validate=True)) <= 64
    except ValueError:
        return False


def as_text(value: Json) -> str:
    """A payload's value as somebody types it."""
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


class Subscribers:
    """The subscribers of one data directory. Whatever changes them has the store, and so the keys, to itself."""

    def __init__(self, store: Connections, keys: Keys) -> None:
        self._store, self._keys = store, keys

    def add(self, subscriber: Subscriber) -> None:
        """Keep a new one. Raises InvalidInput when the name is taken, or is none."""
        kept_as = PREFIX + checked_name(subscriber.name)
        public = subscriber.public()
        own = {name: getattr(subscriber, name) for name in ("url", "secret", "generation")}
        private = {"public": public, **own}
        with self._store.exclusive():
            alone = all(row.name == kept_as for row in self._store.all())
            if not self._store.add(kept_as, public, self._keys.seal(kept_as, private, first=alone)):
                said = f"there is a subscriber `{subscriber.name}` already; choose another name, or remove that one"
                raise InvalidInput([Problem("name", said, "Name")])

    def readable(self) -> tuple[list[Subscriber], dict[str, InvalidInput]]:
        """Every subscriber whose secret can be read, by name; and what is wrong with the others, by theirs."""
        opened, faults = [], {}
        for row in self._rows():
            try:
                opened.append(self._opened(row))
            except InvalidInput as wrong:
                faults[str(row.document["name"])] = wrong
        return opened, faults

    def get(self, name: str) -> Subscriber:
        """The one of that name. Raises InvalidInput when there is none, or its secret cannot be read."""
        self.check_there(name)
        return next(self._opened(row) for row in self._rows() if row.name == PREFIX + name)

    def shown(self) -> list[dict[str, Json]]:
        """What anybody may see of each; no key is needed."""
        return [row.document for row in self._rows()]

    def versions(self) -> frozenset[tuple[str, int]]:
        """What is another one after every change of what is kept; no key is needed."""
        return frozenset((row.name, row.version) for row in self._rows())

    def check_there(self, name: str) -> None:
        """Raises InvalidInput when there is none of that name; no key is needed."""
        known = [document["name"] for document in self.shown()]
        if name not in known:
            there = f"there are: {', '.join(known)}" if known else "there is none yet"
            said = f"there is no subscriber `{name}`{did_you_mean(name, known)}; {there}"
            raise InvalidInput([Problem("name", said, "Name")], code="unknown_subscriber")

    def remove(self, name: str) -> None:
        """Forget one; no key is needed. Raises InvalidInput when there is none of that name."""
        self.check_there(name)
        self._store.remove(PREFIX + name)

    def _rows(self) -> Iterable[Row]:
        return [row for row in self._store.all() if row.name.startswith(PREFIX)]

    def _opened(self, row: Row) -> Subscriber:
        name = row.document["name"]
        private = self._keys.open(row.name, row.sealed)
        if private["public"] != row.document:
            raise unreadable(name, "they were sealed for another subscription")
        return Subscriber.restored(row.document, private["url"], private["secret"], private.get("generation", ""))
