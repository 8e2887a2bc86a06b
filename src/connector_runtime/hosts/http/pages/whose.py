"""On which platform an ID was shown, picked or typed: on another it may be somebody else's. Pure.

Each control with a list carries this with it (`~id`): a line is `ID@platform` for an ID that somebody was shown or has
picked, `@platform` for where what is typed was typed, or may have been, and `ID of NEED@platform` for one that somebody
was shown together with what its list depends on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from connector_runtime.hosts.http.pages.filling import BESIDE, WHOSE
from connector_runtime.hosts.http.pages.forms import Control, is_at
from connector_runtime.values import Json


class Shown(NamedTuple):
    """An ID, or nothing for what was typed, and the platform's address; that is empty before one is chosen."""

    value: str
    platform: str


OF = " of "

Known = Mapping[str, frozenset[Shown]]
"""By the names of the controls."""


def shown_in(text: str, platform: str) -> Shown:
    """One line; an ID alone is one of `platform`."""
    value, between, where = text.strip().rpartition("@")
    return Shown(value, where) if between else Shown(where, platform)


def read_known(form: Iterable[tuple[str, str]]) -> dict[str, frozenset[Shown]]:
    """What the controls of a form carry."""
    return {
        name.removesuffix(WHOSE): frozenset(shown_in(line, "") for line in text.splitlines() if line.strip())
        for name, text in form
        if name.endswith(WHOSE)
    }


def picked_too(known: Known, name: str, picked: Iterable[Shown], *, several: bool) -> dict[str, frozenset[Shown]]:
    """The same with what was picked at a control, which is nobody of before any more."""
    new = frozenset(picked)
    values = {each.value for each in new}
    left = {each for each in known.get(name, ()) if not each.value or (several and each.value not in values)}
    return {**known, name: new | left}


def known_at(known: Known, place: str) -> frozenset[Shown]:
    """What is known of the value at a place."""
    parts = place.split("/")
    outer = ["/".join(parts[:end]) for end in range(2, len(parts) + 1)]
    return frozenset(each for name in outer for found in (name, BESIDE + name) for each in known.get(found, ()))


def was_shown(known: Known, place: str, value: str, platform: str) -> bool:
    """Whether somebody was shown what a value means at its place, on this platform."""
    return bool(value) and Shown(value, platform) in known_at(known, place)


def is_moved(known: Known, place: str, value: str, platform: str) -> bool:
    """Whether a value may have been meant for another platform."""
    found = known_at(known, place)
    return Shown(value, platform) not in found and any(
        each.value in ("", value) and each.platform != platform for each in found
    )


def together(value: Json, needs: Iterable[str], given: Mapping[str, Json]) -> str:
    """An ID with what its list depends on."""
    return f"{value}{OF}{', '.join(str(given.get(need, '')) for need in needs)}"


def to_carry(
    known: Known, made: Iterable[Control], platform: str, decided: Mapping[str, Iterable[str]] | None = None
) -> dict[str, str]:
    """What each control with a list carries with it. `decided`: everything is shown to somebody who is to decide, with
    what else is to be kept by the places of the values.
    """
    every = [each for control in made for each in control.all if each.pick_list]
    return {each.name: "\n".join(sorted(_lines(known, each, platform, decided))) for each in every}


def _lines(known: Known, control: Control, platform: str, decided: Mapping[str, Iterable[str]] | None) -> Iterator[str]:
    several = control.kind == "list"
    values = set(control.value.split("\n") if several else [control.value]) - {""}
    here = frozenset({Shown("", platform)})
    if not values:
        found = here
    elif decided is not None:
        more = [each for place, lines in decided.items() if is_at(place, control.place, control.kind) for each in lines]
        found = here | {Shown(value, platform) for value in {*values, *more}}
    else:  # its name is shown now, which is no answer yet
        within = f"{control.name}/"
        inside = [each for name in known if several and name.startswith(within) for each in known[name]]
        found = frozenset(each for each in {*known_at(known, control.place), *inside} if _value(each) in {"", *values})
        found = found | here if platform or not found else found
    return (f"{each.value}@{each.platform}" for each in found)


def _value(shown: Shown) -> str:
    return shown.value.partition(OF)[0]
