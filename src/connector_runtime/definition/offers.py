"""What the grammar cannot say of pick lists and dynamic fields: every name in them must name something. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from connector_runtime.definition.grammar import Action, Identity
from connector_runtime.definition.mapping import PLACEHOLDER, Entry, inputs_of
from connector_runtime.definition.picking import DynamicFields, Lookup, PickList, Place
from connector_runtime.schema import children, fields
from connector_runtime.values import did_you_mean
from connector_runtime.yamlfile import Document

Fault = tuple[str, str]
"""A JSON pointer into the file, and what is wrong there."""

OWN = ("search", "page")
"""What a query may send beside inputs."""


def identity_offers(identity: Identity, document: Document, actions: Mapping[str, Action]) -> list[str]:
    """What is wrong with the lists of connector.yaml, each with file:line:column."""
    found: list[Fault] = []
    for name, pick in identity.pick_lists.items():
        found += [(f"/pick_lists/{name}{part}", said) for part, said in _pick_list(name, pick, identity.pick_lists)]
    inputs = {key for action in actions.values() for key in children(action.input)}
    for name, dynamic in identity.dynamic_fields.items():
        found += [(f"/dynamic_fields/{name}{part}", said) for part, said in _dynamic(dynamic, inputs)]
    return [document.fault(*fault) for fault in found]


def action_offers(action: Action, document: Document, identity: Identity) -> list[str]:
    """What is wrong with the lists that an action's fields name."""
    found: list[Fault] = []
    for path, schema in fields(action.input):
        pointer = f"/input/properties/{path.replace('/', '/properties/')}"
        if (name := schema.get("x-pick-list") or schema.get("items", {}).get("x-pick-list")) is not None:
            found += [(f"{pointer}/x-pick-list", said) for said in _picked(action, name, identity.pick_lists)]
        if (name := schema.get("x-dynamic-fields")) is not None:
            if name not in identity.dynamic_fields:
                near = did_you_mean(name, identity.dynamic_fields)
                found.append((f"{pointer}/x-dynamic-fields", f"connector.yaml has no dynamic fields `{name}`{near}"))
            if "/" in path or schema.get("type") != "object" or "properties" in schema:
                found.append(
                    (f"{pointer}/x-dynamic-fields", "is for an object of the action without fields of its own")
                )
    return [document.fault(*fault) for fault in found]


def _picked(action: Action, name: str, known: Mapping[str, PickList]) -> Iterator[str]:
    """An input that a list needs must be picked from where the list says: else its value means something else."""
    if name not in known:
        yield f"connector.yaml has no pick list `{name}`{did_you_mean(name, known)}"
        return
    for need, source in known[name].needs.items():
        own = children(action.input).get(need)
        if own is not None and own.get("x-pick-list") != source:
            yield f"`{name}` needs `{need}`, which must be picked from `{source}`"


def _pick_list(name: str, pick: PickList, known: Mapping[str, PickList]) -> Iterator[Fault]:
    yield from _read(pick.path, pick.query, pick.items, pick.more, set(pick.needs))
    for need, source in pick.needs.items():
        if source not in known:
            yield f"/needs/{need}", f"there is no pick list `{source}`{did_you_mean(source, known)}"
        if need in OWN:
            yield f"/needs/{need}", "a list cannot need what the form itself says"
        if need not in {*PLACEHOLDER.findall(pick.path), *(inputs_of(entry)[1] for entry in _whole(pick.query))}:
            yield f"/needs/{need}", "is never sent"
    if name in _behind(pick, known):
        yield "/needs", "the list needs itself"
    yield from _places({"/value": pick.value})
    yield from _places({f"/label/{index}": place for index, place in enumerate(pick.label)})
    yield from _places({f"/hint/{index}": place for index, place in enumerate(pick.hint)})
    if not pick.label:
        yield "/label", "name at least one part"
    if pick.one is not None:
        yield from ((f"/one{part}", said) for part, said in _lookup(pick.one, set(pick.needs)))


def _behind(pick: PickList, known: Mapping[str, PickList]) -> set[str]:
    """The names of all lists that must be picked from before this one."""
    found, left = set[str](), list(pick.needs.values())
    while left:
        if (name := left.pop()) in known and name not in found:
            found.add(name)
            left += known[name].needs.values()
    return found


def _lookup(one: Lookup, needs: set[str]) -> Iterator[Fault]:
    yield from _path(one.path, {"value", *needs})
    if "value" not in PLACEHOLDER.findall(one.path):
        yield "/path", "`{value}` must stand in it: whom to look up"
    yield from _places({"/item": one.item} if one.item else {})
    yield from _places({"/value": one.value} if one.value is not None else {})
    for part, places in (("label", one.label), ("hint", one.hint)):
        yield from _places({f"/{part}/{index}": place for index, place in enumerate(places or [])})


def _dynamic(dynamic: DynamicFields, inputs: Collection[str]) -> Iterator[Fault]:
    yield from _read(dynamic.path, dynamic.query, dynamic.items, dynamic.more, set(dynamic.uses), uses=True)
    for index, name in enumerate(dynamic.uses):
        if name not in inputs:
            yield f"/uses/{index}", f"no action has an input `{name}`{did_you_mean(name, inputs)}"
    yield from _places({"/id": dynamic.id, "/name": dynamic.name, "/type": dynamic.type})
    yield from _places({"/required": dynamic.required} if dynamic.required is not None else {})
    if dynamic.options is not None:
        yield from _places({"/options/items": dynamic.options.items, "/options/value": dynamic.options.value})
        yield from _places({"/options/label": dynamic.options.label})


def _read(
    path: str, query: list[Entry], items: str, more: str | None, names: set[str], *, uses: bool = False
) -> Iterator[Fault]:
    """A list's request. `uses`: the names may be absent, so that a path cannot have them, nor what is typed."""
    yield from _path(path, set() if uses else names)
    known = names | ({"page"} if uses else set(OWN))
    sent = set[str]()
    for index, entry in enumerate(query):
        if isinstance(entry, dict) and len(entry) != 1:
            yield f"/query/{index}", "an entry has one key: the wire name"
        elif (name := inputs_of(entry)[1]) is not None:
            sent.add(name)
            if name not in known:
                yield f"/query/{index}", f"`{name}` is nothing that a list can send{did_you_mean(name, known)}"
    if ("page" in sent) != (more is not None):
        yield "/query", "a list with pages sends `page` and says with `more` whether there is another one"
    yield from _places({"/items": items} | ({"/more": more} if more is not None else {}))


def _path(path: str, names: set[str]) -> Iterator[Fault]:
    if not path.startswith("/") or set("{}") & set(PLACEHOLDER.sub("", path)):
        yield "/path", "a path begins with a slash, and its inputs stand in {braces}"
    for name in PLACEHOLDER.findall(path):
        if name not in names:
            yield "/path", f"the list does not need `{name}`{did_you_mean(name, names)}"


def _places(places: Mapping[str, Place]) -> Iterator[Fault]:
    for part, place in places.items():
        several = [place] if isinstance(place, str) else place
        if not several or any(not pointer.startswith("/") for pointer in several):
            yield part, "a JSON pointer begins with a slash"


def _whole(query: list[Entry]) -> list[Entry]:
    return [entry for entry in query if isinstance(entry, str) or len(entry) == 1]
