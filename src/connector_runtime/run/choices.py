"""What a form offers: the platform's rows and a declaration's choices, as values with names that people know. Pure."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from connector_runtime.definition.picking import Lookup, PickList, Place
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.inputs.spellings import whole
from connector_runtime.outputs import truth
from connector_runtime.schema import Choice as Declared
from connector_runtime.values import Json, at

PAGE_ROWS = 50
"""How many choices a page has where it is made here."""

LONGEST_LABEL = 200
"""A longer name is cut: a form has no room for it."""

LONGEST_TEXT = 2000
"""So much of a row is searched here: a page is kept for a while, and a description may be a book."""


@dataclass(frozen=True)
class Choice:
    """A value that a field takes, its name, and what tells it from others of that name."""

    value: Json
    label: str
    hint: str = ""

    def __str__(self) -> str:
        """As a form shows a value that is set: `42 — Fire safety`; a value without a name is shown bare."""
        return f"{self.value} — {self.label}" if self.label not in ("", str(self.value)) else str(self.value)

    def document(self) -> dict[str, Json]:
        """As hosts publish it."""
        return {"value": self.value, "label": self.label, "hint": self.hint}


@dataclass(frozen=True)
class Choices:
    """One page of what there is to choose from. `note` says what whoever searches should know, `whole` whether all of
    the list was searched, and has only what was searched for.
    """

    items: list[Choice]
    more: bool
    note: str = ""
    whole: bool = True

    def document(self) -> dict[str, Json]:
        """As hosts publish it."""
        return {"items": [choice.document() for choice in self.items], "more": self.more, "note": self.note}


class Row(NamedTuple):
    """One row of a list: the choice it stands for, and all its texts, to be searched."""

    choice: Choice
    text: str


class Rows(NamedTuple):
    """One page of a list of the platform."""

    rows: list[Row]
    more: bool


def rows_in(pick: PickList, answer: Json, *, number: bool) -> Rows:
    """A page of a pick list. `number`: the field's values are whole numbers, however the platform writes them.

    What has no value that the field could take is left out. Raises UnexpectedOutput where there is no list.
    """
    found, more = page_in(answer, pick.items, pick.more)
    rows: list[Row] = []
    for raw in found:
        if (choice := choice_in(pick, raw, number=number)) is not None:
            rows.append(Row(choice, " ".join(_texts(raw))[:LONGEST_TEXT].casefold()))
    return Rows(rows, more)


def page_in(answer: Json, items: str, more: str | None) -> tuple[list[Json], bool]:
    """The rows of a page, and whether there are more. Raises UnexpectedOutput where there is no list."""
    found = at(answer, items)
    if not isinstance(found, list):
        raise UnexpectedOutput(f"the platform's answer has no list at {items}")
    return found, more is not None and truth(at(answer, more)) is True


def choice_in(pick: PickList, row: Json, *, number: bool, one: Lookup | None = None) -> Choice | None:
    """The choice that a row stands for, by the names of the list or those of the look-up."""
    own = one or Lookup(path="")
    value = value_at(row, own.value or pick.value, number=number)
    if value is None:
        return None
    label = _joined(row, pick.label if own.label is None else own.label, " ")
    return Choice(value, label or str(value), _joined(row, pick.hint if own.hint is None else own.hint, " · "))


def value_at(row: Json, place: Place, *, number: bool) -> Json:
    """The text or the whole number at a place; None where there is none."""
    found = first_at(row, place)
    value = whole(found) if number else str(found) if isinstance(found, int) and not isinstance(found, bool) else found
    return value if value.__class__ is (int if number else str) else None


def first_at(row: Json, place: Place) -> Json:
    """What stands at a place, or at the first of several that hold something."""
    pointers = [place] if isinstance(place, str) else place
    return next((found for pointer in pointers if (found := at(row, pointer)) not in (None, "")), None)


def plain_text(value: Json) -> str:
    """A name as people read it: entities resolved once, on one line, not too long; empty for what is no text."""
    text = _line(value)
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


def declared(choices: Iterable[Declared]) -> list[Row]:
    """The choices that a declaration has itself."""
    found = [Choice(choice["const"], choice["title"]) for choice in choices]
    return [Row(choice, f"{choice.value} {choice.label}".casefold()) for choice in found]


def matches(row: Row, search: str) -> bool:
    """Whether every word of what was typed stands somewhere in the row, in any case."""
    return all(word in row.text for word in search.casefold().replace("*", " ").split())


def once(rows: Iterable[Row], seen: Collection[Json] = ()) -> list[Choice]:
    """The rows' choices, each value once, without those that were seen before."""
    found: dict[Json, Choice] = {}
    for row in rows:
        if row.choice.value not in seen:
            found.setdefault(row.choice.value, row.choice)
    return list(found.values())


def paged(choices: Sequence[Choice], page: int, note: str = "", *, whole: bool = True) -> Choices:
    """One page of choices that are all here."""
    end = page * PAGE_ROWS
    return Choices(list(choices[end - PAGE_ROWS : end]), len(choices) > end, note, whole)


def _joined(row: Json, places: Sequence[Place], between: str) -> str:
    return between.join(dict.fromkeys(text for place in places if (text := plain_text(first_at(row, place)))))


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif text := _line(value):
        yield text


def _line(value: Json) -> str:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in html.unescape(str(value))).split())
