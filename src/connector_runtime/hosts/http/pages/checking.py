"""Whether the IDs of a form are those of whom somebody means: on the connection that is chosen now, in the list of what
was chosen before, and by no number that is another's name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.pages.asking import Filled, in_words, labels
from connector_runtime.hosts.http.pages.meaning import Meant
from connector_runtime.hosts.http.pages.picking import Listed
from connector_runtime.hosts.http.pages.searching import goes_by, plain
from connector_runtime.hosts.http.pages.visit import Visit
from connector_runtime.hosts.http.pages.whose import together
from connector_runtime.hosts.session import Session
from connector_runtime.run.choices import Choice
from connector_runtime.run.offered import Offer, offer_of, set_values
from connector_runtime.values import Json, Problem, steps

MOST_PAGES = 4
"""Pages of a list in which a value, or somebody of a name, is looked for: each is a call."""

AT_ONCE = 30
"""Numbers that are looked up as names at the same time."""

BOTH = "“{}” is the ID of one entry and what another is called; pick the one that is meant"
PERHAPS = (
    "{} is taken for an ID. Whether another is called so was not seen: there are more entries for it than were read."
)
UNSEEN = "{} is not among those that were read of the list of the {}, which is longer"


async def checked(visit: Visit, found: Meant, *, fresh: bool) -> Meant:
    """What a form means, with what is to be said of its IDs. `fresh`: by lists as they are now. Raises ConnectorError
    where the connection is not there.
    """
    session = await visit.home.session(found.filled.connection)
    async with visit.home.turn():
        elsewhere, doubts = await _elsewhere(session, found, fresh=fresh)
        writes = found.filled.action.kind != "read"
        also, perhaps = await _also_called(session, found, fresh=fresh) if writes else ([], {})
    doubts = {place: " ".join(each[place] for each in (doubts, perhaps) if place in each) for place in doubts | perhaps}
    found = replace(
        found,
        entries={**found.entries, **doubts},
        sure=found.sure and not doubts,
        problems=[*found.problems, *elsewhere, *(problem for problem, _ in also)],
        lists={**found.lists, **{problem.pointer: listed for problem, listed in also}},
    )
    return await _moved(visit, found, fresh=fresh)


async def _moved(visit: Visit, found: Meant, *, fresh: bool) -> Meant:
    """IDs that may have been meant for another platform: whose they are on this one is to be confirmed."""
    filled, entries = found.filled, dict(found.entries)
    every = set_values(visit.home.connector, filled.action, filled.all)
    moved = [(offer, value) for offer, value in every if offer.pick and filled.moved(offer.pointer, value)]
    moved = [(offer, value) for offer, value in moved if offer.pointer not in entries]
    names = await labels(visit, filled, asked=True, fresh=fresh) if moved else {}
    for offer, value in moved:
        name = names.get(offer.pointer, "")
        who = name if " — " in name else f"{value}, for which there is no name"
        entries[offer.pointer] = f"{offer.title} on {filled.connection}: {who}."
    return replace(found, entries=entries, sure=found.sure and not moved)


async def _elsewhere(session: Session, found: Meant, *, fresh: bool) -> tuple[list[Problem], dict[str, str]]:
    """Values that are not in the list of what was chosen before them, and was changed since. What is chosen beside the
    form is there for that list alone, so that they are refused; where it is an input too, or the list could not be read
    to its end, they are to be confirmed.
    """
    filled, connector = found.filled, session.connector
    unclear, problems, doubts = {each.pointer for each in found.problems}, list[Problem](), dict[str, str]()
    for offer, value in set_values(connector, filled.action, filled.all):
        needs = list(connector.identity.pick_lists[offer.pick].needs) if offer.pick else []
        clear = all(filled.all.get(need) not in (None, "") and f"/{need}" not in unclear for need in needs)
        if not needs or not clear or offer.pointer in unclear or offer.pointer in found.entries:
            continue
        beside = [need for need in needs if need in filled.beside]
        if not beside and (filled.action.kind == "read" or _were_shown(filled, offer, value, needs)):
            continue
        title = " and ".join(offer_of(connector, filled.action, need).title for need in beside or needs)
        said = f"{value} is not in the list of the {title} that is chosen"
        there: bool | None = None
        try:
            there = await _is_there(session, filled, offer, value, fresh=fresh)
            said = UNSEEN.format(value, title) if there is None else said
        except ConnectorError as wrong:
            said = f"{value} could not be looked up in the list of the {title}: {in_words(wrong).rstrip('.')}"
            there = None if beside else True
        if there or (there is None and _were_shown(filled, offer, value, needs)):
            continue
        if beside and there is False:
            said = f"{said}; pick it again, or choose another {title}"
            problems.append(Problem(offer.pointer[1:], said, offer.title, offer.pointer))
        else:
            doubts[offer.pointer] = f"{offer.title}: {said}."
    return problems, doubts


async def _is_there(session: Session, filled: Filled, offer: Offer, value: Json, *, fresh: bool) -> bool | None:
    """Whether a value is in its list; None where that is too long to be read to its end."""
    looks = [(1, ""), (1, str(value)), *((number, "") for number in range(2, MOST_PAGES + 1))]
    for number, search in looks:
        page = await session.choices(
            filled.action.key, _asked(filled, offer), filled.all, page=number, search=search, fresh=fresh
        )
        if any(str(each.value) == str(value) for each in page.items):
            return True
        if not page.more and not search:
            return False
    return None


async def _also_called(
    session: Session, found: Meant, *, fresh: bool
) -> tuple[list[tuple[Problem, Listed]], dict[str, str]]:
    """Numbers that were typed, and are what an entry is called whose ID is another; and those that may be."""
    filled, unclear = found.filled, {each.pointer for each in found.problems}
    typed = [
        (offer, value)
        for offer, value in set_values(session.connector, filled.action, filled.all)
        if isinstance(value, str) and value.isdecimal() and offer.pick and offer.pointer not in unclear
    ]
    typed = [(offer, value) for offer, value in typed if _may_be_a_name(filled, offer, value)]
    also: list[tuple[Problem, Listed]] = []
    perhaps: dict[str, str] = {}
    for begin in range(0, len(typed), AT_ONCE):
        some = typed[begin : begin + AT_ONCE]
        lists = await asyncio.gather(*(_both(session, filled, offer, value, fresh=fresh) for offer, value in some))
        for (offer, value), (both, whole) in zip(some, lists, strict=True):
            if both:
                problem = Problem(offer.pointer[1:], BOTH.format(value), offer.title, offer.pointer)
                also.append((problem, Listed(both, "")))
            elif not whole:
                perhaps[offer.pointer] = f"{offer.title}: {PERHAPS.format(value)}"
    return also, perhaps


async def _both(
    session: Session, filled: Filled, offer: Offer, value: str, *, fresh: bool
) -> tuple[Sequence[Choice], bool]:
    """The entry with an ID and those that are called so, and whether all for these digits were looked at; none where
    nobody is, or the list cannot be read.
    """
    others: list[Choice] = []
    try:
        for number in range(1, MOST_PAGES + 1):
            found = await session.choices(
                filled.action.key, _asked(filled, offer), filled.all, search=value, page=number, fresh=fresh
            )
            called = [each for each in found.items if plain(each.label) == value or goes_by(each, value)]
            others += [each for each in called if str(each.value) != value]
            if not found.more:
                break
        if not others:
            return [], not found.more
        name = (await session.labels(filled.action.key, filled.all, fresh=fresh)).get(offer.pointer, value)
    except ConnectorError:  # an ID can be typed without the list
        return [], True
    return [Choice(value, name.partition(" — ")[2] or f"ID {value}", f"ID {value}"), *others], True


def _may_be_a_name(filled: Filled, offer: Offer, value: str) -> bool:
    """Whether digits stand where a number does, and nobody was shown yet whose ID they are."""
    return not filled.shows(offer.pointer, value) and (offer.number or steps(offer.pointer)[0] in filled.beside)


def _were_shown(filled: Filled, offer: Offer, value: Json, needs: Sequence[str]) -> bool:
    """Whether a value was shown together with what is chosen before it."""
    return filled.shows(offer.pointer, together(value, needs, filled.all))


def _asked(filled: Filled, offer: Offer) -> str:
    """The name by which a value's list is asked for."""
    key = steps(offer.pointer)[0]
    return key if key in filled.beside else offer.pointer
