"""Room four: an answer read into exactly the documented output. Pure.

Every documented field is present, and no other. What comes in another type is coerced where the meaning is
plain; what cannot be coerced becomes null with a warning. Undocumented keys are dropped, and counted on demand.

`tolerant` is the reference. `compiled` gives the same for answers without surprises, several times faster.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from connector_runtime.definition import Action
from connector_runtime.errors import UnexpectedOutput
from connector_runtime.outputs.answer import Answer, answered
from connector_runtime.outputs.filters import check_filters
from connector_runtime.outputs.reading import MAX_WARNINGS, Reading
from connector_runtime.outputs.scalars import truth
from connector_runtime.outputs.tolerant import Tolerant
from connector_runtime.outputs.undocumented import undocumented
from connector_runtime.values import Json, at

if TYPE_CHECKING:
    from connector_runtime.outputs.compiled import Compiled

__all__ = ["MAX_WARNINGS", "Answer", "Reading", "answered", "check_filters", "read_output", "truth"]


def read_output(action: Action, answer: Json, no_value: list[str]) -> Reading:
    """The documented output of an answer: an Answer, or the object that a handler made.

    Raises UnexpectedOutput for what is no such answer at all, NotJson for what cannot be read.
    """
    fast = isinstance(answer, Answer)
    if not fast and not isinstance(answer, dict):
        raise UnexpectedOutput("the handler returned no object to read the output from")
    reading = Reading(count=lambda: undocumented(action.output, _fields(answer)))
    if fast:
        reading.output = _compiled(action, tuple(no_value)).read(answer.response.content)
    if reading.output is None:
        reading.output = Tolerant(no_value, reading.warn).read(action.output, _fields(answer))
    if reading.output is None:
        raise UnexpectedOutput("the answer has none of the documented fields")
    if action.paging is not None and not isinstance(at(reading.output, action.paging.items), list):
        raise UnexpectedOutput("the answer has no rows, not even an empty list", pointer=action.paging.items)
    return reading


@lru_cache(maxsize=256)
def _compiled(action: Action, no_value: tuple[str, ...]) -> Compiled:
    from connector_runtime.outputs.compiled import Compiled  # msgspec, which an answer too small for it does not need

    return Compiled(action, no_value)


def _fields(answer: Answer | dict[str, Json]) -> dict[str, Json]:
    return answer.fields if isinstance(answer, Answer) else answer
