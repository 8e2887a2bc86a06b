"""What the rooms hand to each other: requests, answers, problems, and a way to look inside JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Coroutine, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Literal, Protocol, TypeAlias

Json: TypeAlias = Any
"""Anything that a JSON text can say: dict, list, str, int, float, bool, None."""

Kind: TypeAlias = Literal["read", "create", "delete", "overwrite"]
"""What an action does to the platform. Everything but `read` is a write."""

Effect: TypeAlias = Literal["none", "unknown", "done"]
"""What already happened on the platform: nothing, perhaps something, certainly something."""

IfAlready: TypeAlias = Literal["succeed", "fail"]
"""How a run ends where the platform is already as the action would make it."""

Whose: TypeAlias = Literal[
    "recipe_author", "administrator", "connection_owner", "nobody", "platform", "connector_author"
]
"""Whose move it is after an error; `wording` has the words for each."""

Query: TypeAlias = Mapping[str, "str | list[str]"]
"""Names and values as they leave; a list repeats its name."""


class NotJson(ValueError):
    """What was to be read is not strict JSON; the message says what is wrong, and where."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request, complete but for the connection's address and credentials.

    `path` is percent-encoded. `body` is JSON, or None for no body. `write` says whether the platform may
    change when it is sent; the action's `kind` decides that, not the HTTP method.
    """

    method: str
    path: str
    query: Query = field(default_factory=dict)
    body: Json = None
    form: Mapping[str, str] | None = field(default=None, repr=False)
    """Sent form-encoded instead of JSON; never described, as it holds secrets."""
    content: bytes | None = field(default=None, repr=False)
    """Sent as it is instead of JSON: what is signed must not be written anew."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of what is sent as it is, beside the connection's."""
    write: bool = False


@dataclass(frozen=True, eq=False)
class Response:
    """One HTTP answer. `headers` have lower-case names."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes = field(default=b"", repr=False)

    @cached_property
    def json(self) -> Json:
        """The body as JSON; None when it is empty. Raises NotJson when it is something else."""
        return parse_json(self.content) if self.content.strip() else None

    def at(self, pointer: str) -> Json:
        """The value at a JSON pointer in the body, or None where there is nothing."""
        return at(self.json, pointer)


@dataclass(frozen=True)
class Problem:
    """One thing wrong with an input, in words for the person who filled in the form.

    `field` is the input's key; inside lists and objects it is a JSON pointer without its first slash
    (`items/0/user_id`). The corridor adds `title` (as the form shows it) and `pointer`.
    """

    field: str
    message: str
    title: str = ""
    pointer: str = ""


Inputs: TypeAlias = Mapping[str, Json]
"""Checked inputs by key: ids are integers, date-times are aware UTC datetimes, blanks are absent."""

Problems: TypeAlias = Iterable[Problem]
"""What a handler's `check` yields."""

Flow: TypeAlias = Generator[Request, Response, Any]
"""What a handler's `run` is: it yields requests, receives each response at the yield, returns the output."""


Send: TypeAlias = Callable[..., Coroutine[Any, Any, Response]]
"""Sends a Request, once, and returns its Response; after it may come a text for its Authorization."""


class Leave(Protocol):
    """One request's leave to go: its turn has come, and its credentials are at hand."""

    @property
    def secrets(self) -> frozenset[str]:
        """Texts that no record may show."""

    async def send(self, request: Request) -> Response:
        """Send one request, and return its answer. Raises Unreachable."""

    def discard(self) -> bool:
        """Show its credentials no more, which the platform has refused. Whether there is a way to others."""

    def unused(self) -> None:
        """Give it back: nothing will be sent."""


class Handler(Protocol):
    """An action's Python half: `run`, `check` where it has one, and `applied` where it changes something."""

    check: Callable[[Inputs], Problems] | None
    run: Callable[[Any], Flow]
    applied: Callable[[Any], Flow] | None
    """Reads whether the change was made by this run: True, False, or None where that cannot be told."""


def parse_json(content: bytes | str) -> Json:
    """Strict JSON: no NaN, no infinity, no lone surrogates. Raises NotJson, whatever is wrong."""
    import msgspec

    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as wrong:
        raise NotJson(str(wrong)) from wrong


def parse_json_once(content: bytes | str) -> Json:
    """Strict JSON from somebody who may have written a name twice. Raises NotJson then too."""
    value = parse_json(content)
    try:
        json.loads(content, object_pairs_hook=_each_once)
    except RecursionError as wrong:
        raise NotJson(str(wrong)) from wrong
    return value


def json_text(value: Json) -> str:
    """A value as JSON on one line."""
    import msgspec

    try:
        return msgspec.json.encode(value).decode()
    except ValueError:  # a lone surrogate, which only an escape can say
        return json.dumps(value)


def json_lines(rows: list[Json]) -> bytes:
    """JSON lines in UTF-8: a line for each row."""
    import msgspec

    return msgspec.json.Encoder().encode_lines(rows)


def _each_once(pairs: list[tuple[str, Json]]) -> None:
    names = [name for name, _ in pairs]
    if twice := {name for name in names if names.count(name) > 1}:
        raise NotJson(f"{', '.join(sorted(twice))} stands there twice")


def nests_within(levels: int, value: Json) -> bool:
    """Whether a value nests no deeper than that many levels."""
    layer = [value]
    while layer and levels >= 0:
        inner: list[Json] = []
        for part in layer:
            inner += part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
        layer, levels = inner, levels - 1
    return not layer


def at(value: Json, pointer: str) -> Json:
    """The value at a JSON pointer (RFC 6901), or None where there is nothing."""
    return follow(value, steps(pointer))


def follow(value: Json, parts: Iterable[str]) -> Json:
    """The value at the end of a way that a pointer's unescaped parts say, or None where there is nothing."""
    for part in parts:
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


@lru_cache(maxsize=1024)  # declarations have the same few again and again
def steps(pointer: str) -> tuple[str, ...]:
    """The unescaped parts of a JSON pointer: `/a~1b/0` is `a/b`, `0`."""
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])


def pointer_to(parts: Iterable[str | int]) -> str:
    """The JSON pointer made of these parts."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in parts)


def as_text(moment: datetime) -> str:
    """A moment in UTC as ISO 8601, to the millisecond."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def did_you_mean(word: str, known: Collection[str]) -> str:
    """`, did you mean "level"?` for a word that is nearly known, or begins or ends known ones; else nothing."""
    from difflib import get_close_matches

    near = get_close_matches(word, list(known), n=1)
    near = near or [name for name in known if len(word) > 2 and (name.startswith(word) or name.endswith(word))][:3]
    return f", did you mean {' or '.join(f'`{name}`' for name in near)}?" if near else ""
