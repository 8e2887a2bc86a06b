"""The errors. Each says whose move is next and what already happened.

ConnectorError
├── DefinitionError       the connector author's: file:line:column
├── InvalidInput          the recipe author's: all problems at once, nothing was sent
├── Conflict              the host's: this key belongs to another input, or is in progress
├── EndlessChain          the recipe author's: runs here cause each other, nothing was sent
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

What they say by default stands in `wording`, by type and code.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from connector_runtime.values import Effect, Json, Problem, Response, Whose
from connector_runtime.wording import CORRECT_INPUT, PAGE, WORDS, Words


class ConnectorError(Exception):
    """Anything that stops a run.

    `effect` says what already happened on the platform, `code` is a stable word for programs, `fix` says what
    to do next and `whose` move that is, `pointer` is a JSON pointer to the place, where there is one: into the input,
    or for an answer that was not understood into the output. `about` are the inputs that the error may be about,
    `explained` says whether the catalogue was asked, `report` whether the fix speaks of the run's record.
    """

    code = "error"
    fix = ""
    whose: Whose = "connector_author"

    def __init_subclass__(cls) -> None:
        """A type's own code is the first that `wording` has for it."""
        super().__init_subclass__()
        if own := WORDS.get(cls.__name__):
            cls.code, words = next(iter(own.items()))
            cls.fix, cls.whose = words.fix, words.whose

    def __init__(
        self, message: str, *, code: str = "", fix: str = "", pointer: str = "", effect: Effect = "none"
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        words = words_of(type(self), self.code)
        self.fix = fix or words.fix
        self.whose = words.whose
        self.report = words.report
        self.pointer = pointer
        self.about: tuple[str, ...] = ()
        self.explained = False
        self.effect: Effect = effect

    @property
    def docs(self) -> str:
        """Where the page on all errors explains this one."""
        return f"{PAGE}#{self.code}"

    def say(self, message: str) -> None:
        """Replace what it says."""
        self.message = message
        self.args = (message,)

    def again(self) -> Self:
        """The same once more, for another run that ends with it: each writes on its own what it has changed."""
        same = type(self).__new__(type(self))
        same.__dict__.update(self.__dict__)
        same.args = self.args
        return same

    def document(self) -> dict[str, Json]:
        """The error as hosts publish it; the keys and their order are stable."""
        return {
            "type": type(self).__name__,
            "code": self.code,
            "message": self.message,
            "fix": self.fix,
            "whose": self.whose,
            "pointer": self.pointer,
            "docs": self.docs,
            "problems": [
                {"field": p.field, "title": p.title, "pointer": p.pointer, "message": p.message}
                for p in getattr(self, "problems", ())
            ],
            "effect": self.effect,
        }


def words_of(kind: type[ConnectorError], code: str) -> Words:
    """What is said of a code by default; of one that has no words of its own, what its type says."""
    own = WORDS.get(kind.__name__, {})
    return own.get(code) or own.get(kind.code) or Words("", kind.fix, kind.whose)


class DefinitionError(ConnectorError):
    """A connector's own files are wrong. Each fault starts with file:line:column."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class InvalidInput(ConnectorError):
    """The input cannot be used as it is. Nothing was sent."""

    def __init__(self, problems: Sequence[Problem], *, code: str = "", fix: str = "") -> None:
        said = "; ".join(f"{p.title}: {p.message}" if p.title else p.message for p in problems)
        what = "" if any(problem.field for problem in problems) else CORRECT_INPUT
        pointer = problems[0].pointer if len(problems) == 1 else ""
        super().__init__(said, code=code, fix=fix or what, pointer=pointer)
        self.problems = tuple(problems)


class Conflict(ConnectorError):
    """The idempotency key belongs to another input, or its run is still in progress. `run_id` is the run that a key of
    another input stands for.
    """

    run_id: str | None = None


class EndlessChain(ConnectorError):
    """Too many runs led to this one, each by an event that the one before had caused. Nothing was sent."""


class Refused(ConnectorError):
    """The API said no. `reason` is what it gave, `response` the whole answer.

    A handler that reads a refusal in a 2xx raises it; the error catalogue then finds the words.
    """

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


class NotFound(Refused):
    """The platform does not know what the request names."""


class NotNow(ConnectorError):
    """Nothing is wrong but the moment: wait and run again."""


class RateLimited(NotNow):
    """Too many calls. `retry_after_s` is the platform's own advice in seconds, or None."""

    def __init__(
        self, message: str, *, code: str = "", retry_after_s: float | None = None, effect: Effect = "none"
    ) -> None:
        super().__init__(message, code=code, effect=effect)
        self.retry_after_s = retry_after_s


class PlatformBroken(NotNow):
    """The platform answered with an error of its own (5xx). `retry_after_s` is its own advice in seconds, or None."""

    def __init__(self, message: str, *, retry_after_s: float | None = None, effect: Effect = "none") -> None:
        super().__init__(message, effect=effect)
        self.retry_after_s = retry_after_s


class Unreachable(NotNow):
    """No answer: the platform could not be reached, or did not answer in time."""


class UnknownOutcome(ConnectorError):
    """A change was sent and its answer was lost. Somebody must look before it is sent again."""

    def __init__(self, message: str, *, code: str = "", fix: str = "", pointer: str = "") -> None:
        super().__init__(message, code=code, fix=fix, pointer=pointer, effect="unknown")


class UnexpectedOutput(ConnectorError):
    """The answer, or our reading of it, is not what the declaration says."""


class NoProgress(UnexpectedOutput):
    """The pages repeat themselves or never end."""


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
