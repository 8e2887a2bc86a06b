"""Everything that an action's Python half may import.

    def check(inputs):        optional: yields Problems that JSON Schema cannot say
    def run(call):            a plain generator: yields requests, receives each response, returns the output
        response = yield call.request()
        return call.output(response)
    def applied(call):        writes: a generator of reads; True, False, or None where it cannot tell

A handler does no I/O: only the corridor awaits. A refusal by the API is raised at the `yield`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from connector_runtime import outputs, request
from connector_runtime.definition import Action
from connector_runtime.definition.grammar import WireHabits
from connector_runtime.errors import (
    NotFound,
    Refused,
    Unauthorized,
    UnexpectedOutput,
    UnknownOutcome,
    reason_in_words,
)
from connector_runtime.outputs import truth
from connector_runtime.values import Flow, Inputs, Json, Problem, Problems, Request, Response

__all__ = [
    "Call",
    "Flow",
    "Inputs",
    "Json",
    "NotFound",
    "Problem",
    "Problems",
    "Refused",
    "Request",
    "Response",
    "Unauthorized",
    "UnexpectedOutput",
    "UnknownOutcome",
    "truth",
]


class Call:
    """One call of an action, as its handler sees it."""

    def __init__(self, action: Action, habits: WireHabits, inputs: Inputs) -> None:
        self.action = action
        self.inputs = inputs
        self.expected: list[dict[str, Json]] = []
        self.counted: set[str] = set()
        """Events of which the handler has said how many, were it none."""
        self.warnings: list[dict[str, str]] = []
        self.recovered: Json = {}
        """What `found` was told."""
        self.saw_older = False
        """Whether `is_new` was asked about something older than the change."""
        self.sent_at: tuple[datetime, datetime] | None = None
        """Between which moments the change was sent, by the platform's own clock as far as it told the time; in UTC."""
        self._habits = habits

    def request(
        self,
        *,
        inputs: Inputs | None = None,
        path: str | None = None,
        query: Mapping[str, Json] | None = None,
        body: Mapping[str, Json] | None = None,
    ) -> Request:
        """The action's own request. `inputs` replace checked inputs before mapping; the rest comes after it."""
        given = {**self.inputs, **(inputs or {})}
        return request.draft(self.action, self._habits, given, path=path, query=query, body=body)

    def read(self, path: str, query: Mapping[str, Json] | None = None) -> Request:
        """A look at the platform that changes nothing: GET, with `{input}` filled into the path."""
        return request.draft_read(self._habits, self.inputs, path, query or {})

    def output(self, response: Response) -> Json:
        """The part of an answer that the declared output describes: a mapping. Return it as it is where you can.

        That of a read is parsed only when somebody looks into it; that of a change raises UnknownOutcome when it is no
        object.
        """
        return outputs.answered(self.action, response)

    def rows(self, response: Response, items: str, names: Mapping[str, Json], *, more: str) -> list[Json] | None:
        """In `applied`: the rows of the list at `items`, all of which are about what is named.

        None where the list cannot be believed: it is none, there is more of it (`more` points at that), or it has rows
        about something else, so that it ignored what was asked for.
        """
        rows, wanted = response.at(items), {key: str(value) for key, value in names.items()}
        if not isinstance(rows, list) or truth(response.at(more)):
            return None
        told = [{key: str(row.get(key)) for key in names} if isinstance(row, dict) else None for row in rows]
        return rows if all(each == wanted for each in told) else None

    def found(self, fields: Mapping[str, Json]) -> bool:
        """In `applied`: the change was made; these are the fields that the lost answer would have had. Returns True."""
        self.recovered = dict(fields)
        return True

    def is_new(self, moment: Json) -> bool | None:
        """In `applied`: whether what the platform dates so came into being since the change was sent; None where that
        cannot be told.

        The platform's clock is only known to the second: what is up to two seconds older counts as new.
        """
        try:
            made_at = datetime.strptime(moment, self._habits.date_time).replace(tzinfo=UTC)
        except (TypeError, ValueError):
            return None
        if self.sent_at is None:
            return None
        earliest, latest = self.sent_at
        if made_at <= earliest - timedelta(seconds=2):
            self.saw_older = True
            return False
        certain = latest - earliest <= timedelta(seconds=3)  # a slow answer leaves the platform's clock uncertain
        return True if certain or made_at >= latest else None

    def demand(self, response: Response, rows: str, *, reasons: str, names: Mapping[str, Json]) -> None:
        """Read a failure that hides in a 2xx: the list at `rows` is empty, and `reasons` may say why.

        A row must name what was asked for: be one of the values of `names` itself, or hold it under one of its
        keys. Raises Refused for an empty list, UnknownOutcome when the answer does not say what was done or names
        something else. Reasons beside rows are a warning.
        """
        done, why = response.at(rows), response.at(reasons)
        listed = [done] if isinstance(done, dict) and done else done
        if not listed and (why or isinstance(listed, list)):
            raise Refused(response, why)
        if not isinstance(listed, list):
            raise UnknownOutcome("the platform accepted the request, but does not say what it did")
        wanted = {str(value) for value in names.values()}
        for row in listed:
            found = [row.get(key) for key in names] if isinstance(row, dict) else [row]
            if wanted & set(map(str, found)):
                break
        else:
            raise UnknownOutcome("the platform accepted the request, but its answer names something else")
        if why:
            self.warn("", f"the platform also reports: {reason_in_words(why)}")

    def warn(self, pointer: str, message: str) -> None:
        """Add a warning to the record; `pointer` is a JSON pointer into the output."""
        self.warnings.append({"pointer": pointer, "message": message})

    def expect(
        self, event: str, match: Mapping[str, Json], *, exactly: int | None = None, at_least: int | None = None
    ) -> None:
        """Expect an event of those that the action declares, where only Python knows how many.

        Call it before the change is yielded, so that a plan can show it.
        """
        if event not in [emit.event for emit in self.action.emits]:
            raise ValueError(f"{self.action.key} does not declare the event {event}")
        if (exactly is None) == (at_least is None):
            raise ValueError("say either `exactly` or `at_least`")
        count: Json = exactly if exactly is not None else "one or more"
        self.counted.add(event)
        if count:
            self.expected.append({"event": event, "status": "expected", "match": dict(match), "count": count})
