"""Room five: the record of a run, kept from before anything is sent until after everything is known.

`effect` follows the writes. Before a write leaves it is committed as unknown; a refusal commits none; an
accepted answer commits done. So a process killed at any point leaves what was known at that point.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from functools import lru_cache
from secrets import token_hex
from typing import Literal
from urllib.parse import quote, quote_plus

from connector_runtime import errors
from connector_runtime.errors import (
    ConnectorError,
    InvalidInput,
    PlatformBroken,
    RateLimited,
    Refused,
)
from connector_runtime.steps import Steps
from connector_runtime.values import Effect, IfAlready, Json, NotJson, Problem, Request, Response, as_text, json_text

Status = Literal["running", "succeeded", "failed"]
HIDDEN = "[secret]"

FREE_TEXT = ("input", "requests", "output", "events", "waits", "warnings", "error", "bookmark")
"""The parts of a record in which a secret could stand."""

Keep = Callable[["Record"], None]
"""Commits a record as it now stands."""


@dataclass(kw_only=True)
class Record:
    """One run: what was asked, what was sent, what came back, what it changed and which events it will cause.

    `platform` is the address that the connection had: a name may come to stand for another. `started_at` is UTC as
    ISO 8601, `duration_s` seconds. `requests` hold method, path, query, body, status (null while there is no
    answer), attempt and duration_s; `waits` before_attempt, seconds and why. `sent_at` is when a change was sent
    first of which it is not certain that it was not made, `last_sent_at` when last. `recovered` says that a change
    whose answer was lost was found to have been made. `if_already` says how the run is to end where the platform is
    already as the action would make it, None for actions that have no such end; `already` that it was so, and
    nothing was changed. `because_of` is the cursor of the event that it was started by, where that is known, and
    `presumed` says that nobody said so; `chain` is how many runs led to it, each by an event that the one before
    had caused. `counts` is set for a run that streamed its pages; such a record has no output, and its `bookmark`
    says where to go on, unless it came to the end.
    """

    run_id: str
    action: str
    version: str
    connection: str
    platform: str = ""
    status: Status = "running"
    input: Json = None
    requests: list[dict[str, Json]] = field(default_factory=list)
    output: Json = None
    events: list[dict[str, Json]] = field(default_factory=list)
    waits: list[dict[str, Json]] = field(default_factory=list)
    effect: Effect = "none"
    sent_at: str | None = None
    last_sent_at: str | None = None
    recovered: bool = False
    if_already: IfAlready | None = None
    already: bool = False
    because_of: int | None = None
    presumed: bool = False
    chain: int = 0
    warnings: list[dict[str, str]] = field(default_factory=list)
    error: dict[str, Json] | None = None
    started_at: str = ""
    duration_s: float = 0.0
    counts: dict[str, int] | None = None
    bookmark: dict[str, Json] | None = None
    may_cause: list[dict[str, Json]] | None = field(default=None, repr=False)
    """The events that it causes if the change that it sent is made; None where none was sent. Not published."""
    failure: ConnectorError | None = field(default=None, repr=False)
    """The error itself, for Python; not published."""
    kept: tuple[str, ...] = field(default=(), repr=False, compare=False)
    """Its document, as it was kept last: several where nobody heard whether the latest was; not published."""
    replayed: bool = field(default=False, repr=False, compare=False)
    """Whether it was done before, for the same key, and nothing was done now; not published."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """Texts that no document of this record may show."""
    steps: Steps = field(default_factory=Steps, repr=False, compare=False)
    """What took time, since the run was begun or taken up again; not published."""

    @classmethod
    def begin(
        cls,
        *,
        action: str,
        version: str,
        connection: str,
        platform: str = "",
        given: Json,
        if_already: IfAlready | None = None,
        secrets: frozenset[str] = frozenset(),
    ) -> Record:
        """A run that starts now."""
        now = datetime.now(UTC)
        return cls(
            run_id=f"{now:%Y%m%d-%H%M%S}-{token_hex(4)}",
            action=action,
            version=version,
            connection=connection,
            platform=platform,
            input=given,
            if_already=if_already,
            secrets=secrets,
            started_at=as_text(now),
        )

    @classmethod
    def restored(cls, document: dict[str, Json]) -> Record:
        """A run as it was kept."""
        known = {each.name for each in fields(cls)} - UNPUBLISHED
        record = cls(**{name: value for name, value in document.items() if name in known})
        record.failure = failure_of(record.error) if record.error else None
        return record

    @property
    def succeeded(self) -> bool:
        """Whether the run ended well."""
        return self.status == "succeeded"

    def __repr__(self) -> str:
        """As it is published: the input has secrets in it."""
        return f"Record({', '.join(f'{name}={value!r}' for name, value in self.document().items())})"

    def raise_if_failed(self) -> Record:
        """This record, or the error that ended its run."""
        if self.failure is not None:
            raise self.failure
        return self

    def document(self) -> dict[str, Json]:
        """The record as hosts publish it; the keys and their order are stable."""
        whole = {name: getattr(self, name) for name in PUBLISHED}
        if self.counts is not None:
            whole |= {"counts": self.counts, "bookmark": self.bookmark}
        shown: dict[str, Json] = {name: whole[name] for name in FREE_TEXT if name in whole}
        return {**whole, **without_secrets(shown, self.secrets)}

    def causing(self) -> list[dict[str, Json]] | None:
        """What it `may_cause`, as it may be kept."""
        hidden: list[dict[str, Json]] | None = without_secrets(self.may_cause, self.secrets)
        return hidden

    def close(self, failure: ConnectorError | None, duration_s: float) -> None:
        """End the run, well or with an error; the error learns what already happened."""
        self.duration_s = round(duration_s, 6)
        self.status = "succeeded" if failure is None else "failed"
        self.failure = failure
        if failure is not None:
            failure.effect = self.effect
            failure.message = without_secrets(failure.message, self.secrets)
            failure.args = (failure.message,)
            self.error = failure.document()


def failure_of(document: dict[str, Json]) -> ConnectorError:
    """The error that a document tells."""
    kind: type[ConnectorError] = getattr(errors, document["type"])
    error = kind.__new__(kind)
    words = {name: document[name] for name in ("code", "fix", "pointer", "effect") if name in document}
    ConnectorError.__init__(error, document["message"], **words)
    error.whose, error.explained = document.get("whose", error.whose), True
    if isinstance(error, InvalidInput):
        error.problems = tuple(Problem(**problem) for problem in document["problems"])
    if isinstance(error, Refused):
        error.response, error.reason, error.from_api = Response(0), document["message"], True
    if isinstance(error, RateLimited | PlatformBroken):
        error.retry_after_s = None
    return error


UNPUBLISHED = {"may_cause", "failure", "kept", "replayed", "secrets", "steps"}

PUBLISHED = [each.name for each in fields(Record) if each.name not in {"counts", "bookmark", *UNPUBLISHED}]
"""The parts of every record's document, in their order."""


def describe(request: Request) -> dict[str, Json]:
    """A request as records and plans show it."""
    return {"method": request.method, "path": request.path, "query": dict(request.query), "body": request.body}


def without_secrets(value: Json, secrets: frozenset[str]) -> Json:
    """A document with every secret text in it replaced, as it is and as a path or query would spell it."""
    if not secrets or value is None or not may_show(json_text(value).encode(), secrets):
        return value
    spellings: dict[str, None] = {}
    for secret in sorted(secrets, key=len, reverse=True):
        spellings |= dict.fromkeys((secret, quote(secret, safe=""), quote(secret), quote_plus(secret)))
    return _hidden(value, secrets, list(spellings))


UNESCAPED = re.compile(r"[A-Za-z0-9_.~-]+")
"""Runs of characters that no address escapes (RFC 3986, section 2.3)."""

ESCAPED = re.compile(rb"\\u00[2-7]")
"""JSON may escape even those (RFC 8259, section 7)."""


def may_show(text: bytes, secrets: frozenset[str]) -> bool:
    """Whether a secret can stand in a JSON text: quick, never wrongly False and seldom wrongly True.

    It looks for the part of a secret that all its spellings have in common.
    """
    if not secrets:
        return False
    return ESCAPED.search(text) is not None or any(each in text for each in _common(secrets))


@lru_cache(maxsize=64)
def _common(secrets: frozenset[str]) -> list[bytes]:
    return [max(UNESCAPED.findall(secret), key=len, default="").encode() for secret in secrets]


def _hidden(value: Json, secrets: frozenset[str], spellings: list[str]) -> Json:
    if isinstance(value, dict):
        return {key: _hidden(part, secrets, spellings) for key, part in value.items()}
    if isinstance(value, list):
        return [_hidden(part, secrets, spellings) for part in value]
    if isinstance(value, str):
        for spelling in spellings:
            value = value.replace(spelling, HIDDEN)
        return value
    return HIDDEN if not isinstance(value, bool) and str(value) in secrets else value


def discreet(
    refusal_of: Callable[[Response], ConnectorError | None], response: Response, secrets: frozenset[str]
) -> ConnectorError | None:
    """The error that an answer stands for, without the secrets that a platform repeats in it."""
    error = refusal_of(response)
    if error is None or not secrets:
        return error
    # Read anew, as a reason is cut: half a secret would not be found in it.
    hidden = refusal_of(_answer_without_secrets(response, secrets))
    if hidden is not None and (type(hidden), hidden.code) == (type(error), error.code):
        return hidden
    error.say(without_secrets(error.message, secrets))  # a secret that is a word of the refusal
    if isinstance(error, Refused):
        error.response, error.reason = Response(error.response.status), error.message
    return error


def _answer_without_secrets(response: Response, secrets: frozenset[str]) -> Response:
    try:
        content = json_text(without_secrets(response.json, secrets)) if response.content.strip() else ""
    except NotJson:
        content = without_secrets(response.content.decode(errors="replace"), secrets)
    return Response(response.status, response.headers, content.encode())
