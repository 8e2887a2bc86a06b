"""The errors. Each says whose move is next and what already happened.

ConnectorError
├── DefinitionError       the connector author's: file:line:column
├── InvalidInput          the recipe author's: all problems at once, nothing was sent
├── Conflict              the host's: this key belongs to another input, or is in progress
├── Refused               the recipe author's or the administrator's: the API said no
│   ├── Unauthorized      reconnect
│   └── NotFound
├── NotNow                nobody's: wait; the only retriable branch
│   ├── RateLimited
│   ├── PlatformBroken
│   └── Unreachable
├── UnknownOutcome        a person's: what to look at, and where
└── UnexpectedOutput      ours
    └── NoProgress
"""

from __future__ import annotations

from collections.abc import Sequence

from connector_runtime.values import Effect, Json, Problem, Response


class ConnectorError(Exception):
    """Anything that stops a run.

    `effect` says what already happened on the platform, `code` is a stable word for programs, `fix` says what
    to do next, `pointer` is a JSON pointer to the place, where there is one.
    """

    code = "error"
    fix = ""

    def __init__(
        self, message: str, *, code: str = "", fix: str = "", pointer: str = "", effect: Effect = "none"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.fix = fix or type(self).fix
        self.pointer = pointer
        self.effect: Effect = effect

    def document(self) -> dict[str, Json]:
        """The error as hosts publish it: type, code, message, fix, problems, effect."""
        return {
            "type": type(self).__name__,
            "code": self.code,
            "message": self.message,
            "fix": self.fix,
            "problems": [
                {"field": p.field, "title": p.title, "pointer": p.pointer, "message": p.message}
                for p in getattr(self, "problems", ())
            ],
            "effect": self.effect,
        }


class DefinitionError(ConnectorError):
    """A connector's own files are wrong. Each fault starts with file:line:column."""

    code = "definition_error"
    fix = "Correct the connector's files at the places named."

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class InvalidInput(ConnectorError):
    """The input cannot be used as it is. Nothing was sent."""

    code = "invalid_input"
    fix = "Correct the fields named and run again. Nothing was sent."

    def __init__(self, problems: Sequence[Problem], *, code: str = "", fix: str = "") -> None:
        said = "; ".join(f"{p.title}: {p.message}" if p.title else p.message for p in problems)
        what = (
            "" if any(problem.field for problem in problems) else "Correct the input and run again. Nothing was sent."
        )
        super().__init__(said, code=code, fix=fix or what)
        self.problems = tuple(problems)


class Conflict(ConnectorError):
    """The idempotency key belongs to another input, or its run is still in progress."""

    code = "conflict"
    fix = "Use a new key for a new input, or wait until the run in progress has ended."


class Refused(ConnectorError):
    """The API said no. `reason` is what it gave, `response` the whole answer.

    A handler that reads a refusal in a 2xx raises it; the error catalogue then finds the words.
    """

    code = "refused"
    fix = "Read the reason, correct the input or the platform's settings, and run again."

    def __init__(
        self, response: Response, reason: Json, *, code: str = "", fix: str = "", from_api: bool = True
    ) -> None:
        super().__init__(reason_in_words(reason), code=code, fix=fix)
        self.response = response
        self.reason = reason
        self.from_api = from_api
        """True when the API itself answered; False for an answer without its error body (no such route)."""


class Unauthorized(Refused):
    """The platform does not accept the connection's credentials."""

    code = "unauthorized"
    fix = "Reconnect: the connection's access has expired or was revoked."


class NotFound(Refused):
    """The platform does not know what the request names."""

    code = "not_found"
    fix = "Check the IDs: at least one of them does not exist on this platform."


class NotNow(ConnectorError):
    """Nothing is wrong but the moment: wait and run again."""

    code = "not_now"
    fix = "Wait a little and run again."


class RateLimited(NotNow):
    """Too many calls. `retry_after_s` is the platform's own advice in seconds, or None."""

    code = "rate_limited"
    fix = "The platform's call limit is reached. Wait, then run again."

    def __init__(self, message: str, *, retry_after_s: float | None = None, effect: Effect = "none") -> None:
        super().__init__(message, effect=effect)
        self.retry_after_s = retry_after_s


class PlatformBroken(NotNow):
    """The platform answered with an error of its own (5xx)."""

    code = "platform_broken"
    fix = "The platform has a problem of its own. Wait, then run again."


class Unreachable(NotNow):
    """No answer: the platform could not be reached, or did not answer in time."""

    code = "unreachable"
    fix = "Check the platform's address and your network, then run again."


class UnknownOutcome(ConnectorError):
    """A change was sent and its answer was lost. Somebody must look before it is sent again."""

    code = "unknown_outcome"
    fix = "Look at the platform before you run this again: the change may have been made."

    def __init__(self, message: str, *, code: str = "", fix: str = "", pointer: str = "") -> None:
        super().__init__(message, code=code, fix=fix, pointer=pointer, effect="unknown")


class UnexpectedOutput(ConnectorError):
    """The answer, or our reading of it, is not what the declaration says."""

    code = "unexpected_output"
    fix = "Report this with the run's record: the connector must learn this answer."


class NoProgress(UnexpectedOutput):
    """The pages repeat themselves or never end."""

    code = "no_progress"
    fix = "The list does not come to an end. Narrow the filters, and report this with the run's record."


NO_REASON = "the platform gave no reason"


def reason_in_words(reason: Json, depth: int = 5) -> str:
    """A refusal's reason, whatever its shape, as one line: non-empty parts, names kept, the depths left out."""
    if depth == 0:
        return "…"
    if isinstance(reason, dict):
        parts = [
            f"{name.replace('_', ' ')}: {reason_in_words(part, depth - 1)}" for name, part in reason.items() if part
        ]
        return "; ".join(parts) or NO_REASON
    if isinstance(reason, list):
        parts = [reason_in_words(part, depth - 1) for part in reason if part not in (None, "", [])]
        return ", ".join(parts) or NO_REASON
    return str(reason) if reason not in (None, "") else NO_REASON
