"""What somebody asks for when subscribing, checked against the connector's triggers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from secrets import token_hex

from connector_runtime.connections.names import checked_name
from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.events.reach import place_of, reach_faults
from connector_runtime.events.subscribers import Subscriber, as_text, drawn_secret, is_secret
from connector_runtime.inputs.spellings import YES_NO, chooser, whole
from connector_runtime.values import Problem, did_you_mean


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What was asked for, as it was written; `where` holds `field=value` texts."""

    name: str
    events: Sequence[str]
    url: str = field(repr=False)
    connection: str | None = None
    where: Sequence[str] = ()
    without_own: bool = False
    ordered_per: str | None = None
    networks: Sequence[str] = ()
    secret: str | None = field(default=None, repr=False)


def subscriber_of(connector: Connector, asked: Asked, created_at: str) -> Subscriber:
    """The subscriber that is meant, with a new secret where none is given. Raises InvalidInput, everything at once."""
    checked_name(asked.name)
    known = connector.triggers
    events = tuple(dict.fromkeys(asked.events))
    problems = [_unknown("events", "Event", each, known) for each in events if each not in known]
    if not events:
        problems.append(Problem("events", "choose at least one", "Events"))
    fields = {} if problems else _shared_fields(connector, events)
    where: dict[str, tuple[str, ...]] = {}
    for name, text in _pairs(asked.where, problems):
        if name in fields:
            try:
                where[name] = (*where.get(name, ()), _value(fields[name], text))
            except ValueError as wrong:
                problems.append(Problem("where", f"`{name}={text}` matches nothing: {wrong}", "Where"))
        elif fields:  # else nobody knows which there are
            problems.append(_unknown("where", "Where", name, fields))
    if fields and asked.ordered_per is not None and asked.ordered_per not in fields:
        problems.append(_unknown("ordered_per", "Ordered per", asked.ordered_per, fields))
    if asked.secret is not None and not is_secret(asked.secret):
        said = "must be 24 to 64 bytes in Base64, after whsec_ or without it"
        problems.append(Problem("secret", said, "Secret"))
    problems += reach_faults(asked.url, asked.networks)
    if problems:
        raise InvalidInput(problems, fix="Correct what is named. Nobody was subscribed.")
    return Subscriber(
        name=asked.name,
        events=events,
        connection=asked.connection,
        where=where,
        without_own=asked.without_own,
        ordered_per=asked.ordered_per,
        networks=tuple(asked.networks),
        place=place_of(asked.url),
        created_at=created_at,
        url=asked.url,
        secret=asked.secret or drawn_secret(),
        generation=token_hex(8),
    )


def _pairs(given: Sequence[str], problems: list[Problem]) -> Iterator[tuple[str, str]]:
    for each in given:
        name, equals, text = each.partition("=")
        if equals and name:
            yield name, text
        else:
            problems.append(Problem("where", f"`{each}` is no field=value", "Where"))


def _shared_fields(connector: Connector, events: Sequence[str]) -> dict[str, Mapping[str, object]]:
    """The payload fields that all these events have."""
    each = [connector.triggers[event].payload.get("properties", {}) for event in events]
    return {name: schema for name, schema in each[0].items() if all(name in other for other in each)}


def _value(schema: Mapping[str, object], text: str) -> str:
    """The text as payloads have it: a choice may be given by its title. Raises ValueError for what none can have."""
    choices, kind = schema.get("oneOf"), schema.get("type")
    if isinstance(choices, list):
        return str(chooser(choices)(text))
    if not text or kind not in ("integer", "number", "boolean"):  # without one: where a payload has nothing
        return text
    if kind == "boolean":
        if (meant := YES_NO.get(text.strip().lower())) is None:
            raise ValueError("it is yes or no")
        return as_text(meant)
    number = whole(text)
    if isinstance(number, int):
        return str(number)
    if kind == "integer":
        raise ValueError("it is a whole number")
    try:
        return str(whole(float(text)))
    except ValueError:
        raise ValueError("it is a number") from None


def _unknown(name: str, title: str, word: str, known: Collection[str]) -> Problem:
    there = f"; there are: {', '.join(sorted(known))}" if known else ""
    return Problem(name, f"there is no `{word}`{did_you_mean(word, known)}{there}", title)
