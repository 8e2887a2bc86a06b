"""A form as somebody sent it: what was filled in and picked, and where the two say different things. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from starlette.datastructures import FormData, QueryParams

from connector_runtime.definition import Action, Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.hosts.directories import SANDBOX
from connector_runtime.hosts.http.pages.asking import Filled
from connector_runtime.hosts.http.pages.filling import (
    BESIDE,
    PICKED,
    SEARCH,
    chosen_beside,
    filled_in,
    halves,
    kind_at,
    settled,
)
from connector_runtime.hosts.http.pages.picking import field_of
from connector_runtime.hosts.http.pages.whose import picked_too, read_known, shown_in
from connector_runtime.run.offered import offer_of
from connector_runtime.values import IfAlready, Json, Problem, steps

Sent = FormData | QueryParams

SEVERAL = "what is ticked was found for other words than those that stand here now: tick again what is meant"
OTHER = "“{}” is typed here, and {} was picked for what stood here before: pick again, or go on with what is typed"
EMPTY = "{} was picked for what stood here before, and nothing is typed here now: pick again, or go on without it"
NAMELESS = "“{}” stands at no field: fill in which one it is for, or leave it out"
NO_VALUE = "“{}” has no value: fill it in, or leave it out"


@dataclass(frozen=True)
class Posted:
    """What a form says."""

    filled: Filled
    picked: Mapping[str, set[str]] = field(default_factory=dict)
    """What was picked from lists, by the names of their controls."""
    against: Sequence[Problem] = ()
    """Where what was picked is not for what is typed, which is kept; and values that stand at no field."""


def read_form(connector: Connector, action: Action, sent: Sent, platforms: Mapping[str, str], *, adds: bool) -> Posted:
    """What was sent. `platforms` are those of the connections. `adds`: words that stand where a list of values is
    searched are one value more; else they stay where they are.
    """
    connection = str(sent.get("connection", SANDBOX))
    platform = platforms.get(connection, "")
    every = [(name, str(value)) for name, value in sent.multi_items()]
    offered = [(name, shown_in(text, platform)) for name, text in every if name.endswith(PICKED) and text]
    plain = [(name, shown_in(text, platform).value if name.endswith(PICKED) else text) for name, text in every]
    told, against = settled(action.input, plain)
    searched = {name.removesuffix(SEARCH): text for name, text in told if name.endswith(SEARCH) and text}
    told = [each for each in told if adds or not each[0].endswith(SEARCH)]
    known = read_known(told)
    picked: dict[str, set[str]] = {}
    for name in dict.fromkeys(name for name, text in told if name.endswith(PICKED) and text):
        control, found = name.removesuffix(PICKED), {each for at, each in offered if at == name}
        picked[control] = {each.value for each in found}
        known = picked_too(known, control, found, several=kind_at(action.input, control) == "list")
    filled = Filled(
        action,
        connection,
        filled_in(action.input, told),
        chosen_beside(action.input, told),
        platform=platform,
        known=known,
        searched={} if adds else searched,
        if_already=next((each for each in get_args(IfAlready) if each == sent.get("if_already")), None),
    )
    half = [
        Problem(name[1:], NO_VALUE.format(key) if key else NAMELESS.format(value), "", name)
        for name, (key, value) in halves(told).items()
    ]
    return Posted(filled, picked, [*_against(connector, action, against), *half])


def words_to_search(sent: Sent, name: str) -> str:
    """What to search a list for; an ID that was typed finds nothing by its digits."""
    asked = " ".join(str(text).strip() for text in sent.getlist(name + SEARCH)).strip()
    words = str(sent.get(name) or "").strip()
    return asked or ("" if words.isdecimal() or "\n" in words else words)


def longer(filled: Filled, pointer: str, sent: Sent) -> Filled:
    """The same with an empty row more at a control than were shown, or an empty pair more."""
    first, *rest = steps(pointer) or ("",)
    begun = f"{pointer}/"
    shown = len(
        {part for name in sent if name.startswith(begun) and (part := name[len(begun) :].split("/")[0]).isdecimal()}
    )
    return replace(filled, given={**filled.given, first: _grown(filled.given.get(first), rest, shown)})


def _against(connector: Connector, action: Action, found: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    for name, (typed, picked) in found.items():
        place = name.removeprefix(BESIDE)
        several = "\n" in typed or ", " in picked
        said = SEVERAL if several else OTHER.format(typed, picked) if typed else EMPTY.format(picked)
        try:
            title = offer_of(connector, action, field_of(name)).title
        except InvalidInput:  # a list that there is not
            title = place[1:]
        yield Problem(place[1:], said, title, place)


def _grown(held: Json, path: Sequence[str], shown: int) -> Any:
    if not path and isinstance(held, dict):
        return {**held, "": ""}
    if not path:
        rows = held if isinstance(held, list) else []
        return [*rows, *[{}] * max(1, shown + 1 - len(rows))]
    if isinstance(held, dict):
        return {**held, path[0]: _grown(held.get(path[0]), path[1:], shown)}
    return held
