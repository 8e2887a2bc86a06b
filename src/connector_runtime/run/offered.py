"""Which list a field of a form has, and what must be chosen before it. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from connector_runtime.definition import Action, Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import Choice, JsonSchema, children
from connector_runtime.values import Json, Problem, did_you_mean, pointer_to, steps


@dataclass(frozen=True)
class Offer:
    """Where a field's choices come from: a pick list, a declaration, or one of the platform's own fields."""

    pointer: str
    title: str
    number: bool = False
    """Whether the field's values are whole numbers."""
    pick: str | None = None
    choices: list[Choice] = field(default_factory=list)
    dynamic: tuple[str, str] | None = None
    """The input that holds the platform's own fields, and the ID of one."""

    @property
    def has_list(self) -> bool:
        """Whether there is anything to choose from."""
        return bool(self.pick or self.choices or self.dynamic)


def offer_of(connector: Connector, action: Action, name: str) -> Offer:
    """What a field offers, by its JSON pointer or its name; also an input that a list needs and the action lacks.

    Raises InvalidInput for a field that there is not, or that has no list.
    """
    path = steps(name if name.startswith("/") else f"/{name}")
    first = path[0] if path else ""
    if first not in children(action.input) and first in (beside := _beside(connector, action)):
        return Offer(pointer_to([first]), connector.identity.pick_lists[beside[first]].title, pick=beside[first])
    offer = _offer(action, path)
    if not offer.has_list:
        problem = Problem(
            pointer_to(path)[1:], "has no list to choose from; type its value", offer.title, offer.pointer
        )
        raise InvalidInput([problem])
    return offer


def needs_of(connector: Connector, action: Action, name: str) -> list[str]:
    """The inputs that must be filled in before a field's list can be read, in the order in which to choose them.

    One that the action lacks is chosen beside its form, by its name, like any field.
    """
    pick = offer_of(connector, action, name).pick
    return [] if pick is None else list(dict.fromkeys(_before(connector, action, pick)))


def _before(connector: Connector, action: Action, pick: str) -> Iterator[str]:
    for need, source in connector.identity.pick_lists[pick].needs.items():
        if need not in children(action.input):
            yield from _before(connector, action, source)
        yield need


def set_values(connector: Connector, action: Action, given: Json) -> Iterator[tuple[Offer, Json]]:
    """Every value that is set in a field with a list, with where it stands."""
    for name, schema in children(action.input).items():
        if isinstance(given, dict) and given.get(name) not in (None, ""):
            yield from _set(schema, given[name], [name], Offer("", ""))
    for name, source in _beside(connector, action).items():
        if isinstance(given, dict) and given.get(name) not in (None, ""):
            yield Offer(pointer_to([name]), connector.identity.pick_lists[source].title, pick=source), given[name]


def _set(schema: JsonSchema, value: Json, path: list[str], outer: Offer) -> Iterator[tuple[Offer, Json]]:
    if value in (None, "", [], {}):
        return
    offer = _of(schema, pointer_to(path), outer)
    if isinstance(value, list):
        for index, part in enumerate(value):
            yield from _set(schema.get("items", {}), part, [*path, str(index)], offer)
    elif isinstance(value, dict) and "x-dynamic-fields" in schema:
        for key, part in value.items():
            if part not in (None, "") and not isinstance(part, dict | list):
                yield Offer(pointer_to([*path, key]), key, dynamic=(path[0], key)), part
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _set(children(schema).get(key, {}), part, [*path, key], offer)
    elif offer.has_list and schema.get("x-list") == "comma":
        for part in str(value).split(","):
            yield offer, part.strip()
    elif offer.has_list:
        yield offer, value


def _offer(action: Action, path: tuple[str, ...]) -> Offer:
    """What the field at a path offers; the numbers of rows in it are passed over."""
    schema, whole, offer = action.input, pointer_to(path), Offer("", "")
    for part in path:
        if "x-dynamic-fields" in schema:
            return Offer(whole, part, dynamic=(path[0], part))
        if part.isdecimal() and "items" in schema:
            continue
        known = children(schema)
        if part not in known:
            message = f"there is no field `{part}`{did_you_mean(part, known)}"
            raise InvalidInput([Problem(pointer_to(path)[1:], message, "", whole)])
        schema = known[part]
        offer = _of(schema, whole, offer)
    return offer


def _of(schema: JsonSchema, pointer: str, outer: Offer) -> Offer:
    """What a field offers; the value inside a row of a list has the list's own (`[{id: 12}]` is picked as a whole)."""
    row = schema.get("items", schema)
    row = children(schema).get(schema.get("x-item", ""), row)
    pick = schema.get("x-pick-list") or row.get("x-pick-list") or outer.pick
    kind = row.get("type", "object")
    number = outer.number if kind == "object" else kind == "integer"
    choices = schema.get("oneOf") or schema.get("x-choices") or row.get("oneOf") or []
    return Offer(pointer, schema.get("title", outer.title), number, pick, choices)


def _beside(connector: Connector, action: Action) -> dict[str, str]:
    """Inputs that the action lacks, but that must be chosen before one it has: name → pick list."""
    lists = connector.identity.pick_lists
    own = children(action.input)
    found: dict[str, str] = {}
    left = [pick for name in _pick_lists(action.input) if (pick := lists.get(name)) is not None]
    while left:
        for need, source in left.pop().needs.items():
            if need not in own and need not in found:
                found[need] = source
                left.append(lists[source])
    return found


def _pick_lists(schema: JsonSchema) -> Iterator[str]:
    for child in children(schema).values():
        if (name := child.get("x-pick-list") or child.get("items", {}).get("x-pick-list")) is not None:
            yield name
        yield from _pick_lists(child)
