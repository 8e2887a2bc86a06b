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
    WAS,
    chosen_beside,
    filled_in,
    kind_at,
    odd_in,
    pairs_in,
    parts_of,
    renamed,
    renumbered,
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
TWICE = "“{}” has a value already: leave “{}” out, or the other"


@dataclass(frozen=True)
class Posted:
    """What a form says."""

    filled: Filled
    picked: Mapping[str, set[str]] = field(default_factory=dict)
    """What was picked from lists, by the names of their controls."""
    against: Sequence[Problem] = ()
    """Where what was picked is not for what is typed, which is kept; and values that stand at no field."""
    again: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """The controls at which something is to be picked again, with the words to search their lists for."""
    numbers: Mapping[str, str] = field(default_factory=dict)
    """By which names rows begin, as they were sent and as they are here."""


def read_form(connector: Connector, action: Action, sent: Sent, platforms: Mapping[str, str], *, adds: bool) -> Posted:
    """What was sent. `platforms` are those of the connections. `adds`: words that stand where a list of values is
    searched are one value more; else they stay where they are.
    """
    connection = str(sent.get("connection", SANDBOX))
    platform = platforms.get(connection, "")
    every = [(name, str(value)) for name, value in sent.multi_items()]
    numbers = renumbered(action.input, every)
    every = [(renamed(name, numbers), text) for name, text in every]
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
        odd=odd_in(told),
        searched={} if adds else searched,
        if_already=next((each for each in get_args(IfAlready) if each == sent.get("if_already")), None),
    )
    texts = dict(told)
    again = {
        name: _to_search(typed, texts.get(name + WAS, ""), several=kind_at(action.input, name) == "list")
        for name, (typed, _) in against.items()
    }
    problems = [*_against(connector, action, against), *_odd(told, filled.odd)]
    return Posted(filled, picked, problems, again, numbers)


def words_to_search(sent: Sent, name: str) -> str:
    """What to search a list for; an ID that was typed finds nothing by its digits."""
    asked = " ".join(str(text).strip() for text in sent.getlist(name + SEARCH)).strip()
    words = str(sent.get(name) or "").strip()
    return asked or ("" if words.isdecimal() or "\n" in words else words)


def reaching(filled: Filled, name: str) -> Filled:
    """The same with rows up to that of a control, where it is in one."""
    first, *rest = steps(name.partition("~")[0]) or ("",)
    return (
        filled if not rest else replace(filled, given={**filled.given, first: _reached(filled.given.get(first), rest)})
    )


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
        several = kind_at(action.input, name) == "list"
        said = SEVERAL if several else OTHER.format(typed, picked) if typed else EMPTY.format(picked)
        try:
            title = offer_of(connector, action, field_of(name)).title
        except InvalidInput:  # a list that there is not
            title = place[1:]
        yield Problem(place[1:], said, title, place)


def _odd(form: Sequence[tuple[str, str]], odd: Mapping[str, Sequence[tuple[str, str]]]) -> Iterator[Problem]:
    """What is wrong with pairs, at their controls."""
    for name, pairs in pairs_in(form).items():
        for key, value in pairs:
            if key and not value:
                yield Problem(name[1:], NO_VALUE.format(key), "", name)
        for key, value in odd.get(name, ()):
            if value:
                yield Problem(name[1:], TWICE.format(key, value) if key else NAMELESS.format(value), "", name)


def _to_search(typed: str, was: str, *, several: bool) -> list[str]:
    """The words for which a list is to be shown again: those that stand there, or that stood there before."""
    left = parts_of(typed) if several else []
    words = [each for each in (parts_of(was) if several else (typed, was)) if each and each not in left]
    return [each for each in words if not each.isdecimal()][: None if several else 1] or [""]


def _reached(held: Json, path: Sequence[str]) -> Any:
    """What a form holds, with empty rows up to a number."""
    if isinstance(held, dict):
        return {**held, path[0]: _reached(held.get(path[0]), path[1:])} if len(path) > 1 else held
    if (held is None or isinstance(held, list)) and path[0].isdecimal() and len(path) > 1:
        rows = held or []
        return [*rows, *[{}] * (int(path[0]) + 1 - len(rows))]
    return held


def _grown(held: Json, path: Sequence[str], shown: int) -> Any:
    if not path and isinstance(held, dict):
        return {**held, "": ""}
    if not path:
        rows = held if isinstance(held, list) else []
        return [*rows, *[{}] * max(1, shown + 1 - len(rows))]
    if isinstance(held, dict):
        return {**held, path[0]: _grown(held.get(path[0]), path[1:], shown)}
    return held
