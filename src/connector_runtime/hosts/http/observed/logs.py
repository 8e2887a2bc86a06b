"""The host's log on standard error: for a person, or a JSON object a line for a program.

A line has no value of an input or an output, no path, query or header. Of an exception it has the type and the place:
its words may quote what it stumbled on.
"""

from __future__ import annotations

import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Literal, TextIO

from connector_runtime.hosts.http.observed.current import Current, current

Form = Literal["json", "text"]

access = logging.getLogger("connector_runtime.access")

FIELDS = {
    "time": "UTC, ISO 8601",
    "level": "`debug`, `info`, `warning`, `error` or `critical`",
    "logger": "what part of the program speaks",
    "message": "what it says; `answered` for the line that each request leaves",
    "run_id": "the run that the request has begun or looked for",
    "trace_id": "32 hexadecimal digits: that of the request's `traceparent`, else drawn; the run's spans have the same",
    "tenant": "whose key asked",
    "key_id": "which key asked: the part of it that is no secret",
    "operation": "the operation's id in `/v1/openapi.json`; or `page`, `static`, `webhook`, `health`, `other`",
    "status": "the HTTP status that was answered",
    "duration_ms": "from the request's head to the end of its answer",
    "error": "the type of an exception",
    "stack": "where it came from, outermost first: `file:line function`",
}
"""What a line may hold, in this order. What is not known is left out."""

OF_REQUEST = ("run_id", "trace_id", "tenant", "key_id", "operation")


def answered(request: Current, status: int, seconds: float) -> None:
    """The line that a request leaves."""
    failed = logging.WARNING if request.elsewhere else logging.ERROR
    level = failed if status >= 500 else logging.INFO
    access.log(level, "answered", extra={"status": status, "duration_ms": round(seconds * 1000, 3)})


def facts(record: logging.LogRecord) -> dict[str, object]:
    """What there is to say of a line; the keys are those of FIELDS, in their order."""
    whole: dict[str, object] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "message": record.getMessage(),
    }
    if (request := current()) is not None:
        whole |= {name: value for name in OF_REQUEST if (value := getattr(request, name))}
    whole |= {name: vars(record)[name] for name in ("status", "duration_ms") if name in vars(record)}
    if record.exc_info and record.exc_info[1] is not None:
        wrong = record.exc_info[1]
        frames = traceback.extract_tb(wrong.__traceback__)
        whole["error"] = type(wrong).__name__
        whole["stack"] = [f"{each.filename.rsplit('/', 1)[-1]}:{each.lineno} {each.name}" for each in frames]
    return whole


class JsonLines(logging.Formatter):
    """One JSON object a line, in ASCII."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return json.dumps(facts(record), separators=(",", ":"))


class Words(logging.Formatter):
    """The same for a person: `time level message name=value …`; what would begin another line is escaped."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        whole = facts(record)
        first = [str(whole.pop(name)) for name in ("time", "level", "message")]
        stack = whole.pop("stack", [])
        rest = [f"{name}={value}" for name, value in whole.items() if name != "logger"]
        line = " ".join([*first, *rest])
        assert isinstance(stack, list)
        return "\n    ".join(_on_one_line(each) for each in [line, *stack])


def _on_one_line(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


@contextmanager
def logging_as(form: Form, stream: TextIO) -> Iterator[None]:
    """Have every logger of the process write to the stream in one form, as long as the block runs."""
    root, own = logging.getLogger(), logging.getLogger("connector_runtime")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines() if form == "json" else Words())
    before = root.handlers[:], own.level
    root.handlers[:] = [handler]
    own.setLevel(logging.INFO)
    try:
        yield
    finally:
        root.handlers[:] = before[0]
        own.setLevel(before[1])
