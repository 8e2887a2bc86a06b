"""What the grammar cannot say: every name in a declaration must name something. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from connector_runtime.definition import listing, occurrence, registration, rows
from connector_runtime.definition.connection import GRANT_FIELDS, ConnectionTemplate, Limits
from connector_runtime.definition.grammar import Action, Catalogued, Emit, Identity
from connector_runtime.definition.mapping import PLACEHOLDER, inputs_of
from connector_runtime.definition.rows import row_of
from connector_runtime.definition.trigger import DeliveryHabits, Trigger
from connector_runtime.schema import JsonSchema, children, fields
from connector_runtime.values import at, did_you_mean, pointer_to, steps
from connector_runtime.yamlfile import Document

SUFFIX = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+")

Fault = tuple[str, str]
"""A JSON pointer into the file, and what is wrong there."""


def action_faults(action: Action, document: Document, triggers: Mapping[str, Trigger]) -> list[str]:
    """What is wrong with one action, each with file:line:column."""
    checks: tuple[Callable[[Action], Iterator[Fault]], ...] = (_requests, _schemas, _pages, _writes)
    found = [fault for check in checks for fault in check(action)]
    found += _identity(action.key, document, "key") + _assumptions(document)
    found += [] if action.samples else [("/samples", "name at least one case")]
    for index, emit in enumerate(action.emits):
        found += _emits(action, emit, f"/emits/{index}", triggers)
    return [document.fault(*fault) for fault in found]


def trigger_faults(trigger: Trigger, document: Document, actions: Mapping[str, Action]) -> list[str]:
    """What is wrong with one trigger; `caused_by` must be exactly the actions that emit it."""
    found = _identity(trigger.event, document, "event") + _assumptions(document)
    found += [*_declared(trigger.payload, "/payload"), *occurrence.faults(trigger), *rows.faults(trigger, actions)]
    found += [] if trigger.samples else [("/samples", "name at least one delivery")]
    causes = [action.key for action in actions.values() if trigger.event in [emit.event for emit in action.emits]]
    if sorted(causes) != sorted(trigger.caused_by):
        found.append(("/caused_by", f"the actions that emit {trigger.event} are: {', '.join(causes) or 'none'}"))
    return [document.fault(*fault) for fault in found]


def identity_faults(
    identity: Identity,
    document: Document,
    actions: Mapping[str, Action],
    operations: Mapping[str, Action],
    triggers: Mapping[str, Trigger],
) -> list[str]:
    """What is wrong with connector.yaml."""
    whole = {**actions, **operations}
    found = [
        *_assumptions(document),
        *_named(PLACEHOLDER.findall(identity.connection.base_url), identity.connection.input, "/connection/base_url"),
    ]
    if identity.connection.suffix is not None and not SUFFIX.fullmatch(identity.connection.suffix):
        found.append(("/connection/suffix", "write a domain in lower case, such as example.com"))
    test = actions.get(identity.connection.test)
    if test is None or test.kind != "read":
        found.append(("/connection/test", f"`{identity.connection.test}` is not an action that reads"))
    found += [(f"/connection{part}", said) for part, said in _authentication(identity.connection)]
    found += [(f"/limits{part}", said) for part, said in _limits(identity.limits)]
    found += [
        (f"/errors/expired/{index}/at", "a JSON pointer begins with a slash")
        for index, expiry in enumerate(identity.errors.expired)
        if not expiry.at.startswith("/")
    ]
    if identity.deliveries is not None:
        found += [(f"/deliveries{part}", said) for part, said in _deliveries(identity.deliveries)]
    elif triggers:
        found.append(("", "there are triggers, so `deliveries` must say what a delivery looks like"))
    if identity.registration is not None:
        found += [
            (f"/registration{part}", said) for part, said in registration.faults(identity.registration, operations)
        ]
    if identity.listing is not None:
        kinds, folder = {action.kind for action in actions.values()}, Path(document.path).parent
        found += [(f"/listing{part}", said) for part, said in listing.faults(identity.listing, kinds, folder)]
    codes = {entry.code for entry in identity.errors.catalogue}
    found += [
        ("/errors/catalogue", f"no entry has the code `{code}`, which {action.key} names{did_you_mean(code, codes)}")
        for action in whole.values()
        for code in (action.if_already.codes if action.if_already else ())
        if code not in codes
    ]
    worded = {entry.code: entry for entry in reversed(identity.errors.catalogue)}
    for index, entry in enumerate(identity.errors.catalogue):
        found += [(f"/errors/catalogue/{index}{part}", said) for part, said in _catalogued(entry, worded, whole)]
    return [document.fault(*fault) for fault in found]


def _authentication(connection: ConnectionTemplate) -> Iterator[Fault]:
    way = connection.authentication
    known = children(way.input)
    if not way.methods:
        yield "/authentication/methods", "name at least one way to connect"
    for key, method in way.methods.items():
        pointer = f"/authentication/methods/{key}"
        if method.grant != "token" and way.token is None:
            yield pointer, f"the grant {method.grant} needs the path of the token endpoint (`token`)"
        if method.grant == "authorization_code" and way.authorize is None:
            yield pointer, "the grant authorization_code needs the path where a person allows it (`authorize`)"
        for name, secret in GRANT_FIELDS[method.grant].items():
            if name not in known:
                yield pointer, f"the grant {method.grant} needs a field `{name}` in /connection/authentication/input"
            elif secret and not known[name].get("x-secret"):
                yield f"/authentication/input/properties/{name}", "this is a secret: say x-secret"
    for name, schema in known.items():
        if "title" not in schema or "type" not in schema:
            yield f"/authentication/input/properties/{name}", "a field needs a title and a type"
        if name in children(connection.input):
            yield f"/authentication/input/properties/{name}", "the connection has this field already"
    for name, path in (("authorize", way.authorize), ("token", way.token)):
        if path is not None and not path.startswith("/"):
            yield f"/authentication/{name}", "a path begins with a slash"


def _limits(limits: Limits) -> Iterator[Fault]:
    for part, windows in (("windows", limits.windows), ("token", limits.token)):
        for index, window in enumerate(windows):
            if window.calls < 1 or window.seconds <= 0:
                yield f"/{part}/{index}", "a window has one call at least, and is longer than nothing"
    for part, headers in (("remaining", limits.remaining), ("reset", limits.reset)):
        if any(header != header.lower() for header in headers):
            yield f"/{part}", "write headers in lower case"


def _catalogued(entry: Catalogued, first: Mapping[str, Catalogued], actions: Mapping[str, Action]) -> Iterator[Fault]:
    known = {name for action in actions.values() for name in children(action.input)}
    for name in [entry.about] if isinstance(entry.about, str) else entry.about:
        if name not in known:
            yield "/about", f"no action has an input `{name}`{did_you_mean(name, known)}"
    if not (first[entry.code].cause and first[entry.code].fix):
        yield "", f"the first entry of the code `{entry.code}` must have a cause and a fix"
    if entry.raised is not None and (entry.status or entry.at or entry.says or entry.bare):
        yield "/raised", "such an error is found by its code: leave out how an answer looks"
    if entry.at is not None and not entry.at.startswith("/"):
        yield "/at", "a JSON pointer begins with a slash"


def _identity(key: str, document: Document, name: str) -> list[Fault]:
    stem = Path(document.path).stem
    return [] if key == stem else [(f"/{name}", f"the file is called {stem}, so this must be `{stem}`, not `{key}`")]


def _assumptions(document: Document) -> list[Fault]:
    return [
        (pointer_to(["source", "assumed", pointer]), f"there is nothing at {pointer} in this file")
        for pointer in at(document.value, "/source/assumed") or {}
        if at(document.value, "/".join(["", *map(_escaped, steps(pointer)[:-1])])) is None
        or (at(document.value, pointer) is None and not pointer.endswith("/const"))
    ]


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _named(names: list[str], schema: JsonSchema, pointer: str) -> Iterator[Fault]:
    known = children(schema)
    for name in names:
        if name not in known:
            yield pointer, f"`{name}` is not an input{did_you_mean(name, known)}"


def _requests(action: Action) -> Iterator[Fault]:
    placeholders = PLACEHOLDER.findall(action.request.path)
    if not action.request.path.startswith("/") or set("{}") & set(PLACEHOLDER.sub("", action.request.path)):
        yield "/request/path", "a path begins with a slash, and its inputs stand in {braces}"
    yield from _named(placeholders, action.input, "/request/path")
    for name in placeholders:
        if name not in action.input.get("required", []):
            yield "/request/path", f"`{name}` stands in the path, so it must be required"
    for part, entries in (("query", action.request.query), ("body", action.request.body or [])):
        for index, entry in enumerate(entries):
            pointer = f"/request/{part}/{index}"
            if isinstance(entry, dict) and len(entry) != 1:
                yield pointer, "an entry has one key: the wire name"
            elif isinstance(entry, dict) and any(isinstance(s, list) and len(s) != 1 for s in entry.values()):
                yield pointer, "a list of one names one input"
            elif (name := inputs_of(entry)[1]) is not None:
                yield from _named([name], action.input, pointer)


def _schemas(action: Action) -> Iterator[Fault]:
    for part, whole in (("/input", action.input), ("/output", action.output)):
        yield from _declared(whole, part)
        for pointer, schema in _placed(whole, part):
            yield from _annotations(action, schema, pointer)


def _placed(whole: JsonSchema, part: str) -> Iterator[tuple[str, JsonSchema]]:
    """Every field with the JSON pointer to its declaration."""
    for path, schema in fields(whole):
        yield f"{part}/properties/{path.replace('/', '/properties/')}", schema


def _declared(whole: JsonSchema, part: str) -> Iterator[Fault]:
    yield from _required(whole, part)
    for pointer, schema in _placed(whole, part):
        if "title" not in schema:
            yield pointer, "a field needs a title"
        if "type" not in schema:
            yield pointer, "a field needs a type"
        if "type" not in schema.get("items", {"type": None}):
            yield f"{pointer}/items", "a field needs a type"
        yield from _required(schema.get("items", schema), pointer)


def _deliveries(habits: DeliveryHabits) -> Iterator[Fault]:
    for part in ("id", "event", "payload", "payloads"):
        pointer = getattr(habits, part)
        if pointer is not None and not pointer.startswith("/"):
            yield f"/{part}", "a JSON pointer begins with a slash"


def _required(schema: JsonSchema, pointer: str) -> Iterator[Fault]:
    known = schema.get("properties", {})
    asked = [("required", schema.get("required", []))]
    asked += [(f"anyOf/{i}/required", demand["required"]) for i, demand in enumerate(schema.get("anyOf", []))]
    for where, names in asked:
        for name in names:
            if name not in known:
                yield f"{pointer}/{where}", f"`{name}` is required but not declared{did_you_mean(name, known)}"


def _annotations(action: Action, schema: JsonSchema, pointer: str) -> Iterator[Fault]:
    if (item := schema.get("x-item")) and item not in children(schema):
        yield f"{pointer}/x-item", f"the rows have no field `{item}`"
    wires = schema.get("x-wire", "")
    if any(wire and wire[0] != "/" for wire in ([wires] if isinstance(wires, str) else wires)):
        yield f"{pointer}/x-wire", "a JSON pointer begins with a slash"
    if "x-choices" in schema and "x-list" not in schema:
        yield f"{pointer}/x-choices", "is for `x-list`; a single choice is `oneOf`"
    if (row_field := schema.get("x-filters")) and row_field not in row_of(action):
        yield f"{pointer}/x-filters", f"the rows have no field `{row_field}`{did_you_mean(row_field, row_of(action))}"


def _pages(action: Action) -> Iterator[Fault]:
    if (paging := action.paging) is None:
        return
    cursors = [paging.cursor is not None, paging.next is not None]
    if any(cursors) if paging.page is not None else not all(cursors):
        yield "/paging", "pages have either numbers (`page`) or cursors (`cursor` and `next`)"
    if paging.page is not None and paging.more is None:
        yield "/paging", "with numbers, `more` says whether there is another page"
    for name in ("page", "cursor", "size"):
        if (key := getattr(paging, name)) is not None:
            yield from _named([key], action.input, f"/paging/{name}")
    known = {f"/{path}" for path, _ in fields(action.output)}
    for name in ("items", "next", "more", "total"):
        if (pointer := getattr(paging, name)) is not None and pointer not in known:
            yield f"/paging/{name}", f"the output has no field {pointer}"


def _writes(action: Action) -> Iterator[Fault]:
    yield from _named(action.natural_key, action.input, "/natural_key")
    if action.kind == "read" and action.if_already is not None:
        yield "/if_already", "is for writes: a read changes nothing"
    if (action.kind == "read") == bool(action.natural_key):
        yield "/natural_key", "a write needs one, a read has none"


def _emits(action: Action, emit: Emit, pointer: str, triggers: Mapping[str, Trigger]) -> list[Fault]:
    if emit.event not in triggers:
        return [(f"{pointer}/event", f"no such trigger{did_you_mean(emit.event, triggers)}")]
    found = list(_named([*emit.match.values(), *filter(None, [emit.when_input])], action.input, pointer))
    payload = children(triggers[emit.event].payload)
    found += [
        (f"{pointer}/match/{name}", f"the event has no field `{name}`{did_you_mean(name, payload)}")
        for name in emit.match
        if name not in payload
    ]
    return found
