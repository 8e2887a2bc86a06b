"""What somebody meant by words where a field takes a number: an entry of the field's list. Nothing is guessed: what
fits several entries is offered, and what fits one is shown before anything is written with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.pages.asking import Filled, in_words
from connector_runtime.hosts.http.pages.filling import BESIDE
from connector_runtime.hosts.http.pages.forms import Control, is_at
from connector_runtime.hosts.http.pages.picking import Listed
from connector_runtime.hosts.http.pages.site import Visit
from connector_runtime.run.choices import Choice, Choices
from connector_runtime.run.offered import Offer, set_values
from connector_runtime.values import Json, Problem, at, pointer_to, steps

T = TypeVar("T")
Picked = Mapping[str, Collection[str]]
"""What was picked from lists of several values, by the names of their controls."""

MOST = 30
"""Words of one form that are looked up; the rest is said to be no number."""

FIX = "Pick from the list at the field, or type the ID. Nothing was run."


@dataclass(frozen=True)
class Meant:
    """A form with the entries that its words meant, by the JSON pointers of their fields."""

    filled: Filled
    entries: Mapping[str, str] = field(default_factory=dict)
    """Who or what was meant, in words."""
    lists: Mapping[str, Listed] = field(default_factory=dict)
    """What is offered where words fit several entries."""
    problems: Sequence[Problem] = ()
    sure: bool = True
    """Whether each word was an entry's whole name, and no other's."""


@dataclass
class _Read:
    """What is found while a form is read, word by word."""

    filled: Filled
    entries: dict[str, str] = field(default_factory=dict)
    lists: dict[str, Listed] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    picked: list[str] = field(default_factory=list)
    sure: bool = True


async def meant(visit: Visit, filled: Filled, picked: Picked | None = None) -> Meant:
    """What a form means. Words of a list of values among whose entries one was picked have their answer. Raises
    ConnectorError where the connection is not there.
    """
    words = [(offer, text) for offer, text in set_values(visit.home.connector, filled.action, filled.all)]
    words = [(offer, text) for offer, text in words if _is_words(filled, offer, text)][:MOST]
    read = _Read(filled)
    beside_first = sorted(words, key=lambda each: _key(each[0]) not in filled.beside)
    for offer, text in beside_first:
        await _look(visit, read, offer, str(text), picked or {})
    for place in reversed(read.picked):
        read.filled = replace(read.filled, given=_without(read.filled.given, steps(place)))
    return Meant(read.filled, read.entries, read.lists, read.problems, read.sure)


def unread(found: Meant, problems: Sequence[Problem]) -> list[Problem]:
    """Everything that is wrong: of a field whose words were not understood, only that."""
    places = [each.pointer for each in found.problems]
    others = [each for each in problems if not any((each.pointer or f"/{each.field}") == place for place in places)]
    return [*found.problems, *others]


def by_control(found: Mapping[str, T], made: Iterable[Control]) -> dict[str, list[T]]:
    """What was found at places of a form, by the names of the controls that show these."""
    shown: dict[str, list[T]] = {}
    for control in (one for whole in made for each in whole.all for one in [*each.first, each]):
        here = control.name.removeprefix(BESIDE)
        for place, each in found.items():
            if is_at(place, here, control.kind):
                shown.setdefault(control.name, []).append(each)
    return shown


async def _look(visit: Visit, read: _Read, offer: Offer, text: str, picked: Picked) -> None:
    name = pointer_to([_key(offer)]) if _key(offer) in read.filled.beside else offer.pointer
    try:
        session = await visit.home.session(read.filled.connection)
        async with visit.home.turn():
            asked = _key(offer) if _key(offer) in read.filled.beside else name
            found = await session.choices(read.filled.action.key, asked, read.filled.all, search=text)
    except ConnectorError as wrong:
        said = f"“{text}” could not be looked up: {in_words(wrong)}"
        read.problems.append(Problem(name[1:], said, offer.title, name))
        return
    if any(str(each.value) == text for each in found.items):  # it is a value as it stands
        return
    one, sure = _one(found, text)
    if one is not None:
        read.filled = _set(read.filled, offer, one.value)
        read.entries[name] = f"{one.label} was meant by “{text}”."
        read.sure = read.sure and sure
    elif (place := _answered(found, name, picked)) is not None:
        read.picked.append(place)
    else:
        read.problems.append(Problem(name[1:], _said(found, text), offer.title, name))
        if found.items:
            read.lists[name] = Listed.of(found, text)


def _one(found: Choices, text: str) -> tuple[Choice | None, bool]:
    """The only entry that words can mean, and whether they are its whole name."""
    if found.more:
        return None, False
    named = [each for each in found.items if _plain(each.label) == _plain(text)]
    if len(named) == 1:
        return named[0], found.whole
    fits = found.items if found.whole else [each for each in found.items if _shows(each, text)]
    return (fits[0] if len(fits) == 1 and not named else None), False


def _answered(found: Choices, name: str, picked: Picked) -> str | None:
    """The place in a list of values where words stand, one of whose entries was picked."""
    for control, values in picked.items():
        number = name.removeprefix(f"{control}/").partition("/")[0]
        if name.startswith(f"{control}/") and any(str(each.value) in values for each in found.items):
            return f"{control}/{number}"
    return None


def _said(found: Choices, text: str) -> str:
    if not found.items:
        return f"nothing in the list is called “{text}”; pick from the list, or type the ID"
    if len(found.items) == 1 and not found.more:
        return f"“{text}” may be the entry below; pick it if it is"
    number = f"{len(found.items)}{' or more' if found.more else ''}"
    return f"“{text}” may be any of {number} entries; pick one of them"


def _is_words(filled: Filled, offer: Offer, text: Json) -> bool:
    """Whether a text is set where only an entry's number can stand."""
    if not isinstance(text, str) or not any(letter.isalpha() for letter in text) or offer.pick is None:
        return False
    key = _key(offer)
    if key in filled.beside:
        return bool(filled.beside[key] == text)
    return offer.number and bool(at(dict(filled.given), offer.pointer) == text)


def _key(offer: Offer) -> str:
    return steps(offer.pointer)[0]


def _set(filled: Filled, offer: Offer, value: Json) -> Filled:
    if _key(offer) in filled.beside:
        return replace(filled, beside={**filled.beside, _key(offer): value})
    changed: Any = _with(dict(filled.given), steps(offer.pointer), value)
    return replace(filled, given=changed)


def _with(held: Json, path: Sequence[str], value: Json) -> Json:
    if not path:
        return value
    first, *rest = path
    if isinstance(held, list):
        return [_with(part, rest, value) if str(number) == first else part for number, part in enumerate(held)]
    return {**held, first: _with(held[first], rest, value)} if isinstance(held, dict) else held


def _without(held: Any, path: Sequence[str]) -> Any:
    """The same without a part of a list."""
    first, *rest = path
    if isinstance(held, dict):
        return {**held, first: _without(held[first], rest)}
    if rest:
        return [_without(part, rest) if str(number) == first else part for number, part in enumerate(held)]
    return [part for number, part in enumerate(held) if str(number) != first]


def _shows(choice: Choice, text: str) -> bool:
    shown = f"{choice.label} {choice.hint}".casefold()
    return all(word in shown for word in text.casefold().split())


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
