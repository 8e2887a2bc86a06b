"""What a form asks the platform for: its own fields, the names of what is set, and the list of one field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from connector_runtime.definition import Action
from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.pages.own import OwnFields, own_inputs, strangers
from connector_runtime.hosts.http.pages.patience import Late
from connector_runtime.hosts.http.pages.picking import Listed, field_of
from connector_runtime.hosts.http.pages.searching import searched
from connector_runtime.hosts.http.pages.visit import Visit
from connector_runtime.hosts.http.pages.whose import Known, is_moved, was_shown
from connector_runtime.run.choices import Choices
from connector_runtime.schema import JsonSchema, children
from connector_runtime.values import IfAlready, Json

SLOW = "The platform takes long to answer."

NOWHERE = "Choose a connection first."

ALL = "All of them are shown, as the platform has not said which there are for what is filled in:"


@dataclass(frozen=True)
class Filled:
    """A form as somebody has filled it in."""

    action: Action
    connection: str
    given: Mapping[str, Json] = field(default_factory=dict)
    beside: Mapping[str, Json] = field(default_factory=dict)
    """What is chosen beside it, and no input."""
    platform: str = ""
    """To which the connection leads: its address."""
    known: Known = field(default_factory=dict)
    """On which platform which ID was shown, or typed."""
    odd: Mapping[str, Sequence[tuple[str, str]]] = field(default_factory=dict)
    """Pairs that the input has no place for, by the names of their controls."""
    searched: Mapping[str, str] = field(default_factory=dict)
    """Words that stand where lists are searched, by the names of the controls."""

    if_already: IfAlready | None = None
    """How a run is to end where nothing is left to do; None leaves that to the action."""

    def shows(self, place: str, value: Json) -> bool:
        """Whether somebody was shown what a value means at its place, where the connection leads."""
        return was_shown(self.known, place, str(value), self.platform)

    def moved(self, place: str, value: Json) -> bool:
        """Whether a value may have been meant for another platform."""
        return is_moved(self.known, place, str(value), self.platform)

    @property
    def all(self) -> dict[str, Json]:
        """Everything by which a list can be read."""
        return {**self.beside, **self.given}


def in_words(wrong: ConnectorError) -> str:
    """What went wrong, and what to do."""
    said = wrong.message.rstrip()
    return f"{said}{'' if said.endswith(('.', '!', '?', ')')) else '.'} {wrong.fix}".strip()


async def own_fields(visit: Visit, filled: Filled, *, fresh: bool, asked: bool) -> dict[str, OwnFields]:
    """The platform's own fields for each input that takes some. `asked`: somebody waits for just these."""
    if not filled.connection:
        return unasked(filled.action, NOWHERE)
    return {name: await _own(visit, filled, name, fresh=fresh, asked=asked) for name in own_inputs(filled.action)}


def unasked(action: Action, why: str) -> dict[str, OwnFields]:
    """The same where nobody is asked, and why."""
    return {name: OwnFields(why=why) for name in own_inputs(action)}


async def labels(visit: Visit, filled: Filled, *, asked: bool = False, fresh: bool = False) -> Mapping[str, str]:
    """The names of what was picked; none where the platform does not say, or not in time. `asked`: somebody waits for
    just these; `fresh`: as they are now.
    """
    if not filled.all or not filled.connection:
        return {}

    async def read() -> dict[str, str]:
        session = await visit.home.session(filled.connection)
        return await session.labels(filled.action.key, filled.all, fresh=fresh)

    try:
        return await visit.waits(("labels", *_of(filled), str(filled.all), fresh), read, asked=asked)
    except (ConnectorError, Late):
        return {}


async def listed(visit: Visit, filled: Filled, name: str, search: str) -> Listed:
    """A field's list, for a page without scripts; nothing but a note where the platform refuses it."""

    async def read() -> Choices:
        session = await visit.home.session(filled.connection)
        return await searched(session, filled.action, field_of(name), filled.all, search)

    try:
        found = await visit.waits(("list", *_of(filled), name, search, str(filled.all)), read, asked=True)
        return Listed.of(found, search)
    except ConnectorError as wrong:
        return Listed([], in_words(wrong))
    except Late:
        return Listed([], f"{SLOW} Ask for the list again in a moment, or type the value.")


async def _own(visit: Visit, filled: Filled, name: str, *, fresh: bool, asked: bool) -> OwnFields:
    source = children(filled.action.input)[name]["x-dynamic-fields"]
    uses = visit.home.connector.identity.dynamic_fields[source].uses
    inputs = children(filled.action.input)
    narrowing = {use: filled.given[use] for use in uses if _is_set(inputs.get(use, {}), filled.given.get(use))}
    try:
        known = await _fields(visit, filled, narrowing, fresh=fresh, asked=asked)
    except ConnectorError as wrong:
        every = await _every(visit, filled, asked=asked) if narrowing else {}  # what narrows them may be mistyped
        why = f"{ALL} {wrong.message.rstrip('.')}." if every else in_words(wrong)
        return OwnFields(every.get(name), every.get(name), why=why, uses=uses, narrowed=False)
    except Late:
        return OwnFields(why=SLOW, late=True, uses=uses)
    all_fields: JsonSchema | None = known[name]
    if narrowing:
        left = strangers(known[name], filled.given.get(name))
        all_fields = (await _every(visit, filled, asked=asked)).get(name) if left else None
    return OwnFields(known[name], all_fields, uses=uses, narrowed=len(narrowing) == len(uses))


async def _every(visit: Visit, filled: Filled, *, asked: bool) -> dict[str, JsonSchema]:
    """The fields whatever is filled in; none where the platform does not say."""
    try:
        return await _fields(visit, filled, {}, fresh=False, asked=asked)
    except (ConnectorError, Late):
        return {}


async def _fields(
    visit: Visit, filled: Filled, narrowing: Mapping[str, Json], *, fresh: bool, asked: bool
) -> dict[str, JsonSchema]:
    async def read() -> dict[str, JsonSchema]:
        session = await visit.home.session(filled.connection)
        return await session.fields(filled.action.key, narrowing, fresh=fresh)

    return await visit.waits(("fields", *_of(filled), str(narrowing), fresh), read, asked=asked)


def _is_set(schema: JsonSchema, value: Json) -> bool:
    """Whether something is filled in by which others can be told; words whose entry is not known yet are nothing."""
    words = schema.get("type") == "integer" and isinstance(value, str) and any(each.isalpha() for each in value)
    return value not in (None, "") and not words


def _of(filled: Filled) -> tuple[str, str]:
    return filled.action.key, filled.connection
