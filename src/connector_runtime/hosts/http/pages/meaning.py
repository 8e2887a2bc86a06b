"""What somebody meant by words where a field takes a number: an entry of the field's list. Nothing is guessed: what
fits several entries is offered, and what fits one is shown before anything is written with it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from connector_runtime.definition import Connector
from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.pages.asking import Filled, in_words
from connector_runtime.hosts.http.pages.forms import Control, is_at
from connector_runtime.hosts.http.pages.picking import Listed
from connector_runtime.hosts.http.pages.searching import goes_by, plain, searched, shows
from connector_runtime.hosts.http.pages.visit import Visit
from connector_runtime.hosts.http.pages.whose import Shown, picked_too
from connector_runtime.inputs.spellings import whole
from connector_runtime.run.choices import Choice, Choices
from connector_runtime.run.offered import Offer, needs_of, offer_of, set_values
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
    """Whether each word was an entry's whole name, and nobody else goes by it."""
    typed: Filled | None = None
    """The form in which what may be meant is still as it was typed, where that is another."""

    @property
    def open(self) -> Filled:
        """The form to be shown where nothing was decided yet."""
        return self.typed or self.filled


@dataclass
class _Read:
    """What is found while a form is read, word by word."""

    filled: Filled
    typed: Filled
    fresh: bool
    entries: dict[str, str] = field(default_factory=dict)
    lists: dict[str, Listed] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    picked: list[str] = field(default_factory=list)
    unclear: set[str] = field(default_factory=set)
    """The fields whose words are not understood."""
    sure: bool = True


async def meant(
    visit: Visit, filled: Filled, picked: Picked | None = None, *, fresh: bool = False, unclear: Collection[str] = ()
) -> Meant:
    """What a form means. Words of a list of values among whose entries one was picked have their answer. `fresh`: by
    lists as they are now, as something will be written; what depends on `unclear` places is not looked up. Raises
    ConnectorError where the connection is not there.
    """
    connector, action = visit.home.connector, filled.action
    words = [(offer, text) for offer, text in set_values(connector, action, filled.all)]
    words = [(offer, text) for offer, text in words if _is_words(filled, offer, text)][:MOST]
    read = _Read(filled, filled, fresh, unclear={steps(place)[0] for place in unclear})
    for offer, text in sorted(words, key=lambda each: _depth(connector, each[0].pick)):
        await _look(visit, read, offer, str(text), picked or {})
    for place in reversed(read.picked):
        read.filled = replace(read.filled, given=_without(read.filled.given, steps(place)))
        read.typed = replace(read.typed, given=_without(read.typed.given, steps(place)))
        read.entries = {_after(place, at): said for at, said in read.entries.items()}
    return Meant(read.filled, read.entries, read.lists, read.problems, read.sure, read.typed)


async def narrowed(visit: Visit, filled: Filled, name: str) -> tuple[Filled, str, bool]:
    """A form in which what a field's list needs is clear, where that is words; with what was meant, in words, or else
    why the list cannot be read yet, and whether it can. Raises ConnectorError for a field without a list.
    """
    connector, action = visit.home.connector, filled.action
    needs, left = set[str](), [name]
    while left:
        found = [need for need in needs_of(connector, action, left.pop()) if need not in needs]
        needs.update(found)
        left += found
    only = replace(
        filled,
        given={key: value for key, value in filled.given.items() if key in needs},
        beside={key: value for key, value in filled.beside.items() if key in needs},
    )
    read = await meant(visit, only)
    if read.problems:
        wrong = read.problems[0]
        return filled, f"{wrong.title}: {wrong.message}.", False
    given, beside = {**filled.given, **read.filled.given}, {**filled.beside, **read.filled.beside}
    return replace(filled, given=given, beside=beside), " ".join(read.entries.values()), True


def unread(found: Meant, problems: Sequence[Problem]) -> list[Problem]:
    """Everything that is wrong: of a field whose words were not understood, only that."""
    places = [each.pointer for each in found.problems]
    others = [each for each in problems if not any((each.pointer or f"/{each.field}") == place for place in places)]
    return [*found.problems, *others]


def by_control(found: Mapping[str, T], made: Iterable[Control]) -> dict[str, list[T]]:
    """What was found at places of a form, by the names of the controls that show these."""
    shown: dict[str, list[T]] = {}
    for control in (each for outer in made for each in outer.all):
        for place, each in found.items():
            if is_at(place, control.place, control.kind):
                shown.setdefault(control.name, []).append(each)
    return shown


async def _look(visit: Visit, read: _Read, offer: Offer, text: str, picked: Picked) -> None:
    connector, action, key = visit.home.connector, read.filled.action, _key(offer)
    name = pointer_to([key]) if key in read.filled.beside else offer.pointer

    def wrong(said: str) -> None:
        read.problems.append(Problem(name[1:], said, offer.title, name))
        read.unclear.add(key)

    asked = key if key in read.filled.beside else name
    if before := [need for need in needs_of(connector, action, asked) if need in read.unclear]:
        titles = " and ".join(offer_of(connector, action, need).title for need in before)
        wrong(f"“{text}” can be looked up when it is clear which {titles} is meant")
        return
    try:
        session = await visit.home.session(read.filled.connection)
        async with visit.home.turn():
            found = await searched(session, action, asked, read.filled.all, text, fresh=read.fresh)
    except ConnectorError as refused:
        wrong(f"“{text}” could not be looked up: {in_words(refused)}")
        return
    if any(str(each.value) == text for each in found.items):  # it is a value as it stands
        return
    one, sure = _one(found, text)
    if one is not None:
        read.filled = set_at(read.filled, offer, one.value)
        if sure:
            known = picked_too(read.typed.known, name, [Shown(str(one.value), read.filled.platform)], several=True)
            read.typed = replace(set_at(read.typed, offer, one.value), known=known)
        read.entries[name] = f"{one.label} was meant by “{text}”."
        read.sure = read.sure and sure
    elif (place := _answered(found, name, picked)) is not None:
        read.picked.append(place)
    else:
        wrong(_said(found, text))
        if found.items:
            read.lists[name] = Listed.of(found, text)


def _one(found: Choices, text: str) -> tuple[Choice | None, bool]:
    """The only entry that words can mean, and whether they are its whole name and nothing that another goes by."""
    if found.more:
        return None, False
    named = [each for each in found.items if plain(each.label) == plain(text)]
    if len(named) == 1:
        others = any(goes_by(each, text) for each in found.items if each is not named[0])
        return (None, False) if others else (named[0], found.whole)
    fits = found.items if found.whole else [each for each in found.items if shows(each, text)]
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
        why = f" ({found.note.rstrip('.')})" if found.note else ""
        return f"nothing in the list is called “{text}”{why}; pick from the list, or type the ID"
    if len(found.items) == 1 and not found.more:
        return f"“{text}” may be the entry below; pick it if it is"
    number = f"{len(found.items)}{' or more' if found.more else ''}"
    return f"“{text}” may be any of {number} entries; pick one of them"


def _is_words(filled: Filled, offer: Offer, text: Json) -> bool:
    """Whether a text is set where only an entry's number can stand."""
    if not isinstance(text, str) or isinstance(whole(text), int) or offer.pick is None:
        return False
    key = _key(offer)
    if key in filled.beside:
        return bool(filled.beside[key] == text)
    return offer.number and bool(at(dict(filled.given), offer.pointer) == text)


def _depth(connector: Connector, pick: str | None) -> int:
    """How many lists must be chosen from before one."""
    known = connector.identity.pick_lists.get(pick or "")
    return 0 if known is None else 1 + max((_depth(connector, each) for each in known.needs.values()), default=0)


def _key(offer: Offer) -> str:
    return steps(offer.pointer)[0]


def set_at(filled: Filled, offer: Offer, value: Json) -> Filled:
    """The same with another value in a field."""
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


def _after(gone: str, place: str) -> str:
    """Where something of a list stands when a part of the list is gone."""
    outer, _, number = gone.rpartition("/")
    first, *rest = place.removeprefix(f"{outer}/").split("/")
    if not place.startswith(f"{outer}/") or not first.isdecimal() or int(first) <= int(number):
        return place
    return "/".join([outer, str(int(first) - 1), *rest])


def _without(held: Any, path: Sequence[str]) -> Any:
    """The same without a part of a list."""
    first, *rest = path
    if isinstance(held, dict):
        return {**held, first: _without(held[first], rest)}
    if rest:
        return [_without(part, rest) if str(number) == first else part for number, part in enumerate(held)]
    return [part for number, part in enumerate(held) if str(number) != first]
