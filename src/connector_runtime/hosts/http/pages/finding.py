"""The gallery: everything that can be done, and everything that recipes start from, found by the words people say."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from starlette.responses import Response

from connector_runtime.definition import Action, Connector
from connector_runtime.definition.trigger import Trigger
from connector_runtime.hosts.http.pages.visit import Page, Visit
from connector_runtime.schema import JsonSchema, children

SAID = {
    "read": "list show who which whom find get see look search report export",
    "create": "add assign register put sign book make new",
    "delete": "remove delete drop cancel unassign withdraw end take out",
    "overwrite": "update change set edit",
}
"""What people say for what an action does, whatever its vendor calls it."""

PEOPLE = "user learner person people employee colleague student member staff"
"""What people say for those to whom it is done."""

LITTLE = frozenset(
    [
        "a",
        "an",
        "and",
        "are",
        "at",
        "by",
        "do",
        "for",
        "from",
        "how",
        "i",
        "in",
        "into",
        "is",
        "it",
        "me",
        "my",
        "of",
        "on",
        "or",
        "our",
        "the",
        "their",
        "to",
        "up",
        "want",
        "with",
    ]
)
"""Words that say nothing of what is looked for."""

ENDING = re.compile(r"^(.{3,}?)(?:s|ed|ing|ments?)$")
"""A word that may be said in another form: its beginning stays."""

BEGIN = r"\1"

NO_LETTER = re.compile(r"[\W_]+")


class Entry(NamedTuple):
    """An action or an event, and all words by which it is found."""

    known: Action | Trigger
    words: str


async def gallery(visit: Visit) -> Response:
    """Everything that there is, as far as it is looked for."""
    connector, only = visit.home.connector, visit.caller.key.actions
    search = visit.request.query_params.get("search", "").strip()
    may = [each for each in connector.actions.values() if only is None or each.key in only]
    actions = [Entry(each, of_action(connector, each)) for each in may]
    triggers = [Entry(each, of_trigger(each)) for each in connector.triggers.values()]
    return visit.page(
        "gallery.html",
        actions=[each for each in actions if fits(search, each.words)],
        triggers=[each for each in triggers if fits(search, each.words)],
        search=search,
        little=sorted(LITTLE),
        ending=ENDING.pattern,
    )


def of_action(connector: Connector, action: Action) -> str:
    """By which an action is found: its name, fields and events, and what people say for what it does."""
    events = [connector.triggers[each.event].title for each in action.emits if each.event in connector.triggers]
    told = [action.key, action.title, action.summary, *events, *_titles(action.input), SAID[action.kind]]
    return _joined([action.key, *(each.event for each in action.emits)], told)


def of_trigger(trigger: Trigger) -> str:
    """By which an event is found."""
    return _joined([trigger.event], [trigger.event, trigger.title, trigger.summary, *_titles(trigger.payload)])


def fits(search: str, words: str) -> bool:
    """Whether each word that says something begins one of these, perhaps in another form."""
    asked = search.casefold().split()
    telling = [word for word in asked if word not in LITTLE] or asked
    return all(f" {word}" in words or f" {ENDING.sub(BEGIN, word)}" in words for word in telling)


def _titles(schema: JsonSchema) -> list[str]:
    return [child.get("title", name) for name, child in children(schema).items()]


def _joined(names: Sequence[str], texts: Sequence[str]) -> str:
    """The names as they are, and the words of texts, each after a space."""
    words = f" {' '.join(names)} {NO_LETTER.sub(' ', ' '.join(texts))}".casefold()
    return f"{words} {PEOPLE}" if any(f" {word}" in words for word in PEOPLE.split()) else words


ROUTES: list[Page] = [("GET", "/", "read", gallery)]
