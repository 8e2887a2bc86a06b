"""What the forms of one connection can offer: choices, labels of what is set, and the platform's own fields.

Nothing here is a run, and nothing of it is kept but for a while in memory. A form must do without it: whatever is
refused here can be typed.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from connector_runtime.definition import Action
from connector_runtime.definition.picking import PickList
from connector_runtime.errors import ConnectorError, InvalidInput, NotFound
from connector_runtime.inputs.own_fields import fields_called
from connector_runtime.request import draft_listed
from connector_runtime.run.attempts import Retries
from connector_runtime.run.choices import Choice, Choices, declared, matches, once, paged
from connector_runtime.run.looking import Looks
from connector_runtime.run.offered import Offer, needs_of, offer_of, set_values
from connector_runtime.run.own_fields import fields_in, joined
from connector_runtime.run.picked import Picked
from connector_runtime.schema import Choice as Declared
from connector_runtime.schema import JsonSchema, children, title_at
from connector_runtime.values import Json, Problem, pointer_to

MOST_LABELS = 25
"""So many values are looked up at once; the others stay bare, as each may be a call."""

MOST_PAGES = 10
"""Pages of a list of fields; platforms have a few dozens of fields."""

BY_HAND = "A value can be typed in without the list."


class Forms:
    """The forms of one connection."""

    def __init__(self, looks: Looks) -> None:
        self._looks, self._connector = looks, looks.connector

    async def choices(
        self, key: str, field: str, given: Mapping[str, Json], search: str = "", page: int = 1, *, fresh: bool = False
    ) -> Choices:
        """One page of what a field can be set to. Raises InvalidInput for what must be chosen first, and whatever the
        platform says against it.
        """
        action = self._connector.action(key)
        offer, search, page = offer_of(self._connector, action, field), search.strip(), max(page, 1)
        inputs = self._needed(action, offer, given)
        try:
            if offer.pick is not None:
                return await self._picked(offer, inputs, fresh=fresh).found(search, page)
            options = offer.choices or await self._options(action, offer, given, fresh=fresh)
        except ConnectorError as wrong:
            _place(wrong, offer, inputs)
            raise
        return paged(once(row for row in declared(options) if matches(row, search)), page)

    async def labels(self, key: str, given: Mapping[str, Json], *, fresh: bool = False) -> dict[str, str]:
        """The values that are set in fields with lists, as `42 — Fire safety`, by their JSON pointers.

        A value that cannot be looked up stays bare; why not, `choices` says.
        """
        action, silent, asked = self._connector.action(key), set[str | None](), 0
        labels: dict[str, str] = {}
        for offer, value in set_values(self._connector, action, given):
            choice = _chosen(offer.choices, value)
            if choice is None and (offer.pick or offer.dynamic):
                may_ask = offer.pick not in silent and asked < MOST_LABELS
                asked += 1
                try:
                    choice = await self._named(action, offer, value, given, fresh=fresh, may_ask=may_ask)
                except (NotFound, InvalidInput):  # only this one
                    pass
                except ConnectorError:  # the next one would be refused as well
                    silent.add(offer.pick)
            text = str(value) if choice is None else str(choice)
            labels[offer.pointer] = f"{labels[offer.pointer]}, {text}" if offer.pointer in labels else text
        return labels

    async def fields(self, key: str, given: Mapping[str, Json], *, fresh: bool = False) -> dict[str, JsonSchema]:
        """The platform's own fields for each input that takes some: an object's schema, every field under its ID, with
        its name as title. Raises whatever the platform says against it.
        """
        action = self._connector.action(key)
        names = [name for name, schema in children(action.input).items() if "x-dynamic-fields" in schema]
        try:
            return {name: await self.own_fields(action, name, given, age_s=_age(fresh)) for name in names}
        except ConnectorError as wrong:
            _place(wrong, Offer("", ""), {})
            raise

    async def own_fields(
        self,
        action: Action,
        name: str,
        given: Mapping[str, Json],
        *,
        age_s: float | None = None,
        retries: Retries | None = None,
    ) -> JsonSchema:
        """The platform's own fields for one input, as far as `given` narrows them. Raises ConnectorError."""
        schema = children(action.input)[name]
        source = schema["x-dynamic-fields"]
        dynamic = self._connector.identity.dynamic_fields[source]
        inputs = {key: value for key in dynamic.uses if (value := _value(given.get(key))) is not None}
        habits, pages = self._connector.identity.wire, list[JsonSchema]()
        for number in range(1, MOST_PAGES + 1):
            request = draft_listed(habits, {**inputs, "page": number}, dynamic.path, dynamic.query)
            try:
                page, more = await self._looks.read(
                    request, f"fields {source}", partial(fields_in, dynamic), age_s=age_s, retries=retries
                )
            except ConnectorError as wrong:
                wrong.pointer = wrong.pointer or pointer_to([name])
                raise
            pages.append(page)
            if not more or not page["properties"]:
                break
        return joined(schema["title"], pages)

    def ids_are_numbers(self, action: Action, name: str) -> bool:
        """Whether a key of an input's own fields that is no number can only be a name."""
        source = children(action.input)[name]["x-dynamic-fields"]
        return self._connector.identity.dynamic_fields[source].ids == "numbers"

    def needs(self, key: str, field: str) -> list[str]:
        """The inputs that must be filled in before a field's choices can be read, in the order in which to choose."""
        return needs_of(self._connector, self._connector.action(key), field)

    async def _options(self, action: Action, offer: Offer, given: Mapping[str, Json], *, fresh: bool) -> list[Declared]:
        """The options of one of the platform's own fields, by its ID or its name."""
        assert offer.dynamic is not None
        name, key = offer.dynamic
        known = await self.own_fields(action, name, given, age_s=_age(fresh))
        called = fields_called(known, key)
        options = known["properties"][called[0]].get("oneOf") if called else None
        if options is None:
            message = "has no list to choose from; type its value" if called else "is not a field there"
            raise InvalidInput([Problem(offer.pointer[1:], message, offer.title, offer.pointer)])
        return options

    async def _named(
        self, action: Action, offer: Offer, value: Json, given: Mapping[str, Json], *, fresh: bool, may_ask: bool
    ) -> Choice | None:
        """The choice that a value stands for; one that was not seen lately is only looked up where it may be."""
        if offer.pick is None:
            return _chosen(await self._options(action, offer, given, fresh=fresh), value) if may_ask else None
        pick = self._connector.identity.pick_lists[offer.pick]
        inputs, asked = _filled(pick, given), _value(value)
        if inputs.keys() != pick.needs.keys() or asked is None:
            return None
        return await self._picked(offer, inputs, fresh=fresh and may_ask).choice(asked, may_ask=may_ask)

    def _picked(self, offer: Offer, inputs: Mapping[str, Json], *, fresh: bool) -> Picked:
        assert offer.pick is not None
        pick = self._connector.identity.pick_lists[offer.pick]
        return Picked(self._looks, pick, offer, inputs, age_s=_age(fresh))

    def _needed(self, action: Action, offer: Offer, given: Mapping[str, Json]) -> dict[str, Json]:
        """What a field's list needs. Raises InvalidInput for what is missing, with all that must be chosen for it."""
        if offer.pick is None:
            return {}
        pick = self._connector.identity.pick_lists[offer.pick]
        inputs = _filled(pick, given)
        if inputs.keys() == pick.needs.keys():
            return inputs
        problems = [
            Problem(need, f"is needed for the choices of {offer.title}", self._title(action, need), pointer_to([need]))
            for need in needs_of(self._connector, action, offer.pointer)
            if _value(given.get(need)) is None
        ]
        raise InvalidInput(problems, fix=f"Fill that in first. {BY_HAND}")

    def _title(self, action: Action, need: str) -> str:
        own = need in children(action.input)
        return title_at(action.input, [need]) if own else offer_of(self._connector, action, need).title


def _chosen(choices: list[Declared], value: Json) -> Choice | None:
    """The declared choice that a value names, by itself or by its title."""
    for choice in choices:
        if str(value).strip().casefold() in (str(choice["const"]).casefold(), choice["title"].casefold()):
            return Choice(choice["const"], choice["title"])
    return None


def _age(fresh: bool) -> float | None:
    """How old, in seconds, what is shown may be; None is as old as is remembered."""
    return 0 if fresh else None


def _filled(pick: PickList, given: Mapping[str, Json]) -> dict[str, Json]:
    return {need: value for need in pick.needs if (value := _value(given.get(need))) is not None}


def _value(value: Json) -> Json:
    """A value as a path can hold it; None for others."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip() or None


def _place(wrong: ConnectorError, offer: Offer, inputs: Mapping[str, Json]) -> None:
    """Point at the field, or at the input that the error is about, and say what can be done all the same."""
    about = [name for name in wrong.about if name in inputs]
    wrong.pointer = wrong.pointer or (pointer_to(about[:1]) if about else offer.pointer)
    if not isinstance(wrong, InvalidInput):  # which says itself what to fill in
        wrong.fix = f"{wrong.fix} {BY_HAND}".strip()
