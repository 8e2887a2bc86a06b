"""The gate: a guess never changes a real platform unasked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connector_runtime.connections import stays_here
from connector_runtime.definition import Action
from connector_runtime.definition.source import GRADES
from connector_runtime.errors import InvalidInput
from connector_runtime.transport import Connection
from connector_runtime.values import Problem

ENDPOINT = {"/request/method": "method", "/request/path": "path"}
"""Where an assumption is one about the endpoint."""


@dataclass(frozen=True)
class Gate:
    """What a connection lets a guess do. Unless told otherwise: a real platform, and nothing is allowed."""

    real: bool = True
    allowed: frozenset[str] = frozenset()
    """Keys of the actions that may change the platform although their endpoint is only assumed."""

    @classmethod
    def of(cls, connection: Connection) -> Gate:
        """The sandbox and loopback are no real platforms."""
        return cls(real=not stays_here(connection), allowed=frozenset(connection.allow_assumed))

    def check(self, action: Action, connection: str) -> list[dict[str, str]]:
        """The warnings for a read whose endpoint is only assumed. Raises InvalidInput for a change that is not allowed.

        To be called before anything is sent.
        """
        assumed = list(assumed_endpoint(action)) if self.real else []
        if action.kind == "read":
            return [{"pointer": "", "message": words} for words in assumed]
        if assumed and action.key not in self.allowed:
            raise InvalidInput(
                [Problem("connection", f"{action.title} is not allowed: {words}", "Connection") for words in assumed],
                code="assumed_endpoint",
                fix=f"Nothing was sent. Try it on the sandbox. To allow it on {connection}, whoever keeps that "
                f"connection adds {action.key} to its allow_assumed.",
            )
        return []


CLOSED = Gate()
OPEN = Gate(real=False)


def assumed_endpoint(action: Action) -> Iterator[str]:
    """What is assumed of an action's endpoint: the part, its value, the grade and why."""
    for pointer, part in ENDPOINT.items():
        if (assumption := action.source.assumed.get(pointer)) is not None:
            grade = f"grade {assumption.grade}, {GRADES[assumption.grade]}"
            yield f"its {part} {getattr(action.request, part)} is only assumed ({grade}): {assumption.why}"
