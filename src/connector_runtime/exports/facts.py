"""The shape of listing.json: all that is shown of a connector, as data. Pages are made of the same facts.

Texts are plain, with `code` between backticks. Its JSON Schema is generated from these classes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from connector_runtime.definition.listing import Kept, Links
from connector_runtime.exports.picked import PickedList
from connector_runtime.schema import AUTHORED
from connector_runtime.values import IfAlready, Json, Kind, Whose


@dataclass(frozen=True, kw_only=True)
class ChoiceFacts:
    """One choice of a field."""

    __pydantic_config__: ClassVar = AUTHORED
    value: str | int
    title: str


@dataclass(frozen=True, kw_only=True)
class FieldFacts:
    """One field, with those inside it."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    path: str
    """Keys from the outermost field on, with slashes between them."""
    title: str
    """The vendor's label."""
    type: str
    """The data type in the words of the vendor's article."""
    required: bool | None
    """Null where it means nothing: in outputs, whose fields are all there and may be null."""
    description: str
    choices: list[ChoiceFacts]
    several: bool
    """Whether several choices may be given, separated by commas."""
    bounds: str
    """What else a value must keep to, in words; often empty."""
    pick_list: str | None
    """The list on the platform from which a value can be picked."""
    own_fields: str | None
    """The list of the fields that the platform's administrator has added, which are filled in here."""
    important: bool | None
    """True: forms show it although it is optional; false: they may hide it; null: neither."""
    sample: Json
    """A value from a recorded run; null where none has one."""
    fields: list[FieldFacts]


@dataclass(frozen=True, kw_only=True)
class Named:
    """Something that has a page, by its key and its title."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    title: str


@dataclass(frozen=True, kw_only=True)
class CausedEvent:
    """A webhook event that an action causes."""

    __pydantic_config__: ClassVar = AUTHORED
    event: str
    title: str
    when_input: str | None
    """Only when this input is true."""


@dataclass(frozen=True, kw_only=True)
class SentRequest:
    """A request of a sample, as it leaves."""

    __pydantic_config__: ClassVar = AUTHORED
    method: str
    path: str
    query: dict[str, str | list[str]]
    body: Json


@dataclass(frozen=True, kw_only=True)
class SampleRun:
    """A recorded run."""

    __pydantic_config__: ClassVar = AUTHORED
    name: str
    input: dict[str, Json]
    requests: list[SentRequest]
    output: Json


@dataclass(frozen=True, kw_only=True)
class Believed:
    """Something that the vendor's article does not say."""

    __pydantic_config__: ClassVar = AUTHORED
    where: str
    """JSON pointer into the declaration."""
    grade: Literal["D", "O", "I"]
    grade_in_words: str
    why: str


@dataclass(frozen=True, kw_only=True)
class ActionFacts:
    """One action."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    title: str
    action_name: str
    """Its name in the vendor's article."""
    in_article: bool
    summary: str
    description: str
    kind: Kind
    kind_in_words: str
    method: str
    path: str
    endpoint: Literal["public", "internal"]
    """Internal: the vendor's article does not name it."""
    endpoint_assumed: bool
    """True: a change is refused on a real platform until the connection allows it, and a read comes with a warning."""
    pages: bool
    """Whether it lists page by page."""
    permission: str
    input: list[FieldFacts]
    output: list[FieldFacts]
    events: list[CausedEvent]
    if_already: str
    """How a run ends that finds nothing left to do; empty where there is no such end."""
    if_already_default: IfAlready | None
    errors: list[str]
    """Codes of the errors in which its recorded runs end."""
    sample: SampleRun
    assumptions: list[Believed]


@dataclass(frozen=True, kw_only=True)
class EventFacts:
    """One webhook event, a trigger of recipes."""

    __pydantic_config__: ClassVar = AUTHORED
    event: str
    title: str
    summary: str
    fires_when: str
    in_article: bool
    payload: list[FieldFacts]
    """Those that are required are always there; others may be null."""
    identity: list[str]
    """Payload fields: whatever agrees in all of them is the same happening."""
    order_per: list[str]
    """Payload fields: what agrees in all of them stands in one line."""
    order_by: str
    """The payload field that orders a line."""
    caused_by: list[Named]
    sample_name: str
    sample: Json
    """A whole delivery."""
    assumptions: list[Believed]


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How an error is shown."""

    __pydantic_config__: ClassVar = AUTHORED
    type: str
    exit_code: int
    http_status: int


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """One meaning of a code."""

    __pydantic_config__: ClassVar = AUTHORED
    cause: str
    fix: str
    whose: Whose
    move: str
    """Whose move it is, in words."""
    shown: list[Shown]
    when: list[str]
    """What the platform then answers; empty for what the connector finds by itself."""


@dataclass(frozen=True, kw_only=True)
class ErrorFacts:
    """One code with all that it may mean."""

    __pydantic_config__: ClassVar = AUTHORED
    code: str
    of: Literal["platform", "connector"]
    """Who says no."""
    meanings: list[Meaning]
    actions: list[Named]
    """Those whose recorded runs end in it."""


@dataclass(frozen=True, kw_only=True)
class Permission:
    """What a kind of action needs."""

    __pydantic_config__: ClassVar = AUTHORED
    kind: Kind
    kind_in_words: str
    needs: str
    actions: list[Named]


@dataclass(frozen=True, kw_only=True)
class WayIn:
    """One way to connect."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    title: str
    description: str
    grant: str
    """The grant of OAuth2, in words."""
    fields: list[FieldFacts]


@dataclass(frozen=True, kw_only=True)
class Access:
    """How the connector is let in."""

    __pydantic_config__: ClassVar = AUTHORED
    fields: list[FieldFacts]
    scopes: list[str]
    """OAuth2 scopes that are asked for."""
    authorize: str | None
    token: str | None
    ways: list[WayIn]


@dataclass(frozen=True, kw_only=True)
class CallLimit:
    """So many calls in so many seconds."""

    __pydantic_config__: ClassVar = AUTHORED
    of: Literal["calls", "tokens"]
    calls: int
    seconds: float
    in_words: str


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What is believed in one declaration."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    title: str
    of: Literal["platform", "action", "event"]
    assumptions: list[Believed]


@dataclass(frozen=True, kw_only=True)
class Release:
    """One version's changes."""

    __pydantic_config__: ClassVar = AUTHORED
    title: str
    changes: str
    """In Markdown, as the changelog has them."""


@dataclass(frozen=True, kw_only=True)
class ListingFacts:
    """listing.json: everything that the pages show."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    platform: str
    version: str
    name: str
    tagline: str
    summary: str
    description: str
    for_whom: list[str]
    categories: list[str]
    icon: str
    """The drawing beside this file."""
    brand_colour: str
    links: Links
    notice: str | None
    privacy: str
    keeps: list[Kept]
    support: str
    access: Access
    permissions: list[Permission]
    limits: list[CallLimit]
    actions: list[ActionFacts]
    events: list[EventFacts]
    pick_lists: list[PickedList]
    errors: list[ErrorFacts]
    assumptions: list[Assumptions]
    changelog: list[Release]
