"""A connection drafted from what somebody filled in: checked, its address as it will be called. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime

from connector_runtime.connections.concealed import Concealed
from connector_runtime.connections.domains import base_url
from connector_runtime.connections.kept import Kept
from connector_runtime.connections.names import checked_name
from connector_runtime.definition.connection import GRANT_FIELDS, ConnectionTemplate, Method, Window
from connector_runtime.errors import InvalidInput
from connector_runtime.schema import JsonSchema, children
from connector_runtime.values import Problem, did_you_mean

LIMIT = re.compile(r"([1-9][0-9]{0,8})/([0-9.]+)?(s|min|h)")
"""`100/10s`, `1000/h`."""

LONGEST_S = 366 * 24 * 3600
"""No limit is for a longer time."""

SECONDS = {"s": 1, "min": 60, "h": 3600}


def fields_of(template: ConnectionTemplate, method: Method) -> dict[str, JsonSchema]:
    """Everything that is filled in to connect in this way: the connection's own fields first."""
    ways = children(template.authentication.input)
    return {**children(template.input), **{name: ways[name] for name in GRANT_FIELDS[method.grant]}}


def method_of(template: ConnectionTemplate, key: str | None) -> tuple[str, Method]:
    """The way of that key; without one, the only way there is. Raises InvalidInput."""
    methods = template.authentication.methods
    if key is None and len(methods) == 1:
        return next(iter(methods.items()))
    if key in methods and key is not None:
        return key, methods[key]
    known = "; ".join(f"{each} ({method.title})" for each, method in methods.items())
    if key is None:
        said = f"choose one: {known}"
    else:
        said = f"there is no way `{key}`{did_you_mean(key, methods) or '.'} There are: {known}"
    raise InvalidInput([Problem("method", said, "Method")])


def drafted(
    template: ConnectionTemplate,
    name: str,
    key: str | None,
    given: Mapping[str, str],
    *,
    allow_assumed: Collection[str] = (),
    limits: Collection[str] = (),
    actions: Collection[str] = (),
) -> Kept:
    """The connection, not yet let in. Raises InvalidInput with all that is wrong, by the fields' titles.

    `allow_assumed` are keys of `actions`; `limits` are written as `100/10s`.
    """
    method_key, method = method_of(template, key)
    fields = fields_of(template, method)
    problems = [*_named(name), *_unfit(fields, template, given), *_unknown_actions(allow_assumed, actions)]
    windows: list[Window] = []
    for limit in limits:
        if (window := window_of(limit)) is None:
            problems.append(
                Problem(
                    "limit", f"`{limit}` is none; write calls and time in s, min or h, as 100/10s or 1000/h", "Limit"
                )
            )
        else:
            windows.append(window)
    address = ""
    try:
        address = base_url(template, given)
    except InvalidInput as wrong:
        problems = [*wrong.problems, *problems]
    if problems:
        raise InvalidInput(problems)
    secret = {each for each, schema in fields.items() if schema.get("x-secret")}
    return Kept(
        name=name,
        method=method_key,
        fields={each: given[each].strip() for each in fields if each not in secret and each in given},
        base_url=address,
        allow_assumed=frozenset(allow_assumed),
        limits=tuple(windows) or None,
        created_at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        secrets=Concealed({each: given[each] for each in fields if each in secret}),
    )


def window_of(text: str) -> Window | None:
    """`100/10s` as a window; None for what is none."""
    found = LIMIT.fullmatch(text.strip())
    try:
        seconds = float(found[2] or 1) * SECONDS[found[3]] if found else 0.0
    except ValueError:
        return None
    return Window(calls=int(found[1]), seconds=seconds) if found and 0 < seconds <= LONGEST_S else None


def _named(name: str) -> Iterator[Problem]:
    try:
        checked_name(name)
    except InvalidInput as wrong:
        yield from wrong.problems


def _unfit(
    fields: Mapping[str, JsonSchema], template: ConnectionTemplate, given: Mapping[str, str]
) -> Iterator[Problem]:
    """Missing and unknown fields; those of the address are judged where that is made."""
    own = children(template.input)
    for name, schema in fields.items():
        if name not in own and not given.get(name, "").strip():
            yield Problem(name, "fill this in", schema.get("title", name))
    for name in given:
        if name not in fields:
            yield Problem(name, f"this way to connect has no such field{did_you_mean(name, fields)}", name)


def _unknown_actions(keys: Collection[str], actions: Collection[str]) -> Iterator[Problem]:
    for key in keys:
        if key not in actions:
            yield Problem("allow_assumed", f"there is no action `{key}`{did_you_mean(key, actions)}", "Allow assumed")
