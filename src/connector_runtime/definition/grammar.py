"""What a connector's author may write: the grammar of connector.yaml, actions and operations; triggers, cases,
connections, pick lists, registration and sources have files of their own.

These frozen dataclasses are the one statement of the definition format. `reading` holds the files to them and
publishes them as JSON Schema for editors; the rooms read them as they are. Importing this costs nothing:
pydantic is only needed to check files.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from connector_runtime.definition.connection import ConnectionTemplate, Limits
from connector_runtime.definition.listing import Listing
from connector_runtime.definition.mapping import Entry
from connector_runtime.definition.picking import DynamicFields, PickList
from connector_runtime.definition.registration import Registration
from connector_runtime.definition.source import Source
from connector_runtime.definition.trigger import DeliveryHabits
from connector_runtime.schema import AUTHORED, JsonSchema
from connector_runtime.values import IfAlready, Kind, Whose


@dataclass(frozen=True, kw_only=True)
class RequestTemplate:
    """The request an action makes."""

    __pydantic_config__: ClassVar = AUTHORED
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    path: str
    """With `{input}` where an input goes; it is percent-encoded."""
    endpoint: Literal["public", "internal"] = "public"
    """Internal: the vendor's article does not name it."""
    query: list[Entry] = field(default_factory=list)
    body: list[Entry] | None = None
    """Absent: no body is sent."""


@dataclass(frozen=True, kw_only=True)
class AnswerTemplate:
    """Where the documented fields stand in the answer."""

    __pydantic_config__: ClassVar = AUTHORED
    root: str = ""
    """JSON pointer to the object that the output describes."""


@dataclass(frozen=True, kw_only=True)
class Paging:
    """How an action's pages follow each other."""

    __pydantic_config__: ClassVar = AUTHORED
    items: str
    """JSON pointer into the output: the rows."""
    page: str | None = None
    """The input that names the page, from 1; or else `cursor` and `next`."""
    cursor: str | None = None
    """The input that takes what an earlier page had at `next`."""
    next: str | None = None
    """JSON pointer into the output: the cursor of the next page."""
    size: str | None = None
    """The input that names the page's size."""
    more: str | None = None
    """JSON pointer into the output: true while there are more pages. With cursors it may be left out."""
    total: str | None = None
    """JSON pointer into the output: the number of rows on all pages."""


@dataclass(frozen=True, kw_only=True)
class Emit:
    """A webhook event that an action causes."""

    __pydantic_config__: ClassVar = AUTHORED
    event: str
    """The event's id, declared in triggers/."""
    match: Mapping[str, str] = field(default_factory=dict)
    """Payload field → the input it equals."""
    when_input: str | None = None
    """Only when this input is true; the handler then says how many."""


@dataclass(frozen=True, kw_only=True)
class AlreadySo:
    """Refusals that say that the platform is already as the action would make it."""

    __pydantic_config__: ClassVar = AUTHORED
    codes: list[str]
    """Codes of the error catalogue."""
    default: IfAlready
    """What a run does that is not told otherwise."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Action:
    """One action: what a recipe builder sees, what is sent, what comes back, what it causes."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    title: str
    action_name: str
    """The action's name in the vendor's article, oddities included."""
    summary: str
    description: str
    source: Source
    input: JsonSchema
    request: RequestTemplate
    response: AnswerTemplate = field(default_factory=AnswerTemplate)
    paging: Paging | None = None
    output: JsonSchema
    emits: list[Emit] = field(default_factory=list)
    kind: Kind
    natural_key: list[str] = field(default_factory=list)
    """Writes: the inputs that together name the thing changed."""
    if_already: AlreadySo | None = None
    """Writes that the platform refuses where nothing is left to do."""
    samples: list[str]
    """Names of cases in fixtures/<key>/, the first one first."""


@dataclass(frozen=True, kw_only=True)
class WireHabits:
    """How values look on the wire, for all actions."""

    __pydantic_config__: ClassVar = AUTHORED
    query_list: Literal["brackets", "repeat"]
    """`name[]=1&name[]=2`, or `name=1&name=2`."""
    query_boolean: Literal["0/1", "false/true"]
    date_time: str
    """As strftime writes it."""
    zone: Literal["UTC"]
    no_value: list[str]
    """Texts that mean that there is no value."""


@dataclass(frozen=True, kw_only=True)
class Catalogued:
    """One entry of the error catalogue: what an answer looks like, and what it means in plain words."""

    __pydantic_config__: ClassVar = AUTHORED
    status: int | None = None
    """The HTTP status; absent: a refusal inside a 2xx."""
    at: str | None = None
    """JSON pointer into the body: where `says` is looked for; absent: in the reason."""
    says: str | None = None
    """A word or phrase that stands there, in any case; absent: whatever stands there."""
    bare: bool = False
    """Only for an answer without a reason: not the API answered, but something before it."""
    raised: Literal["Refused", "NotFound", "Unauthorized", "UnknownOutcome", "UnexpectedOutput"] | None = None
    """Instead of all these: the type of the error that an action's Python half raises with this code."""
    code: str
    """A stable word for programs; also the entry's anchor on the page of errors."""
    cause: str = ""
    """What happened, in a sentence. What an entry leaves out from here on is as in the first one with its code."""
    fix: str = ""
    """What to do next."""
    whose: Whose | None = None
    """Whose move it is; in no entry of the code: as for all errors of its type."""
    about: str | list[str] = field(default_factory=list)
    """The input that it is about, or several: the first that the action has is pointed at."""


@dataclass(frozen=True, kw_only=True)
class Expiry:
    """How an accepted answer (2xx) says that the access has expired."""

    __pydantic_config__: ClassVar = AUTHORED
    at: str
    """JSON pointer into the body."""
    says: str
    """A phrase that stands there, in any case."""


@dataclass(frozen=True, kw_only=True)
class ErrorHabits:
    """What refusals look like, for all actions."""

    __pydantic_config__: ClassVar = AUTHORED
    message: str | list[str]
    """JSON pointer to the reason, or several: the first that has something. An answer without it does not come from
    the API itself."""
    catalogue: list[Catalogued]
    """The first entry that fits explains a refusal."""
    expired: list[Expiry] = field(default_factory=list)
    """Accepted answers that are a 401 in disguise."""


@dataclass(frozen=True, kw_only=True)
class Identity:
    """connector.yaml: who the connector is, and the habits of its platform."""

    __pydantic_config__: ClassVar = AUTHORED
    key: str
    title: str
    version: str
    summary: str
    source: Source = field(default_factory=lambda: Source(article=None))
    sandbox: str | None = None
    """`module:factory` of an embedded stand-in for the platform."""
    connection: ConnectionTemplate
    limits: Limits = field(default_factory=Limits)
    wire: WireHabits
    errors: ErrorHabits
    deliveries: DeliveryHabits | None = None
    """Where there are triggers."""
    registration: Registration | None = None
    """Absent: webhooks are made by hand, on the platform's own pages."""
    pick_lists: Mapping[str, PickList] = field(default_factory=dict)
    """By the name that `x-pick-list` says."""
    dynamic_fields: Mapping[str, DynamicFields] = field(default_factory=dict)
    """By the name that `x-dynamic-fields` says."""
    listing: Listing | None = None
    """Where the connector is shown to those who choose one."""
