"""What is being worked on: it is not to be closed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeAlias, TypeVar


class Workplace(Protocol):
    """What counts those who work on it."""

    working: int


W = TypeVar("W", bound=Workplace)
P = ParamSpec("P")
T = TypeVar("T")

Method: TypeAlias = Callable[Concatenate[W, P], Coroutine[Any, Any, T]]


def working(method: Method[W, P, T]) -> Method[W, P, T]:
    """A method during which its place is worked on."""

    @wraps(method)
    async def counted(place: W, /, *given: P.args, **named: P.kwargs) -> T:
        place.working += 1
        try:
            return await method(place, *given, **named)
        finally:
            place.working -= 1

    return counted
