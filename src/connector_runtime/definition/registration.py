"""How a platform is told where to bring its webhooks: the operations that do it. Part of the grammar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from connector_runtime.schema import AUTHORED, JsonSchema, children
from connector_runtime.values import did_you_mean

if TYPE_CHECKING:
    from connector_runtime.definition.grammar import Action

ROW = ("id", "name", "url", "enabled", "events")
"""What is told of each webhook."""

INPUT = ("name", "url", "username", "password", "events")
"""What a new webhook is given."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """The operations that list, create and remove the platform's webhooks: keys of files in operations/."""

    __pydantic_config__: ClassVar = AUTHORED
    list: str
    """A read whose output has `webhooks`, rows with `id`, `name`, `url`, `enabled` and `events`."""
    create: str
    """Takes `name`, `url`, `username`, `password` and `events`, whose `maxItems` is how many one webhook takes."""
    remove: str
    """Takes `id`."""


def faults(registration: Registration, operations: Mapping[str, Action]) -> Iterator[tuple[str, str]]:
    """What is wrong with it: a JSON pointer into it, and the words."""
    for part, kind in (("list", "read"), ("create", "create"), ("remove", "delete")):
        key = getattr(registration, part)
        operation = operations.get(key)
        if operation is None:
            yield f"/{part}", f"there is no operations/{key}.yaml{did_you_mean(key, operations)}"
        elif operation.kind != kind:
            yield f"/{part}", f"`{key}` is of the kind {operation.kind}, and must be {kind}"
        else:
            yield from ((f"/{part}", said) for said in _lacking(part, operation))


def _lacking(part: str, operation: Action) -> Iterator[str]:
    schema, names = _needed(part, operation)
    for name in names:
        if name not in schema:
            yield f"`{operation.key}` needs a field `{name}`"
        elif part == "create" and name in ("url", "password") and not schema[name].get("x-secret"):
            yield f"the field `{name}` of `{operation.key}` lets others in who read it: say x-secret"


def _needed(part: str, operation: Action) -> tuple[Mapping[str, JsonSchema], tuple[str, ...]]:
    if part == "list":
        return children(children(operation.output).get("webhooks", {})), ROW
    return children(operation.input), INPUT if part == "create" else ("id",)
