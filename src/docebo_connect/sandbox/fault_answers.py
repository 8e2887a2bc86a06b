"""What becomes of an answer: the refusals of a platform in trouble, and good answers spoilt. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

EXPIRED = "Your request was made with invalid or expired credentials."
Options = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer, before it is sent. Header names are in lower case."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes

    def with_body(self, body: bytes) -> Answer:
        """The same with another body, and its length."""
        kept = [header for header in self.headers if header[0] != b"content-length"]
        return replace(self, headers=(*kept, (b"content-length", b"%d" % len(body))), body=body)


def in_trouble(status: int, message: str, headers: Mapping[str, str] | None = None, said: int | None = None) -> Answer:
    """The API's error body [I]; `said` is the status that the body names, where it is another than the answer's own."""
    named = said or status
    try:
        name = HTTPStatus(named).phrase
    except ValueError:
        name = "Server Error"
    content = {"name": name, "message": [message], "code": 0, "status": named}
    return of_json(status, content, headers)


def of_json(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    own = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (headers or {}).items()]
    bare = Answer(status, ((b"content-type", b"application/json"), *own), b"")
    return bare.with_body(json.dumps(content, ensure_ascii=False).encode())


def rate_limited(options: Options, now: datetime) -> Answer:
    """429; that Retry-After comes with it was never seen [I]."""
    wait_s, headers = options["retry_after_s"], {}
    if wait_s is not None:
        as_date = options["retry_after_as"] == "date"
        moment = now + timedelta(seconds=wait_s)
        headers["retry-after"] = format_datetime(moment, usegmt=True) if as_date else str(wait_s)
    return in_trouble(429, "Too many requests.", headers)


def token_expired(options: Options) -> Answer:
    """401, or a 200 whose body says so [I]."""
    if options["said"] == "status":
        return in_trouble(401, EXPIRED, {"www-authenticate": "Bearer"})
    return in_trouble(200, EXPIRED, said=401) if options["body"] is None else of_json(200, options["body"])


def broken(options: Options) -> Answer:
    """A 5xx."""
    return in_trouble(options["status"], "The platform cannot answer this request.")


def truncated(answer: Answer, options: Options) -> Answer:
    """The beginning of the body, as if that were all; at least its last byte is missing."""
    return answer.with_body(answer.body[: min(int(len(answer.body) * options["share"]), len(answer.body) - 1)])


def wrongly_typed(answer: Answer, options: Options) -> Answer:
    """Another value at a place in the body; where the body has no such place, nothing changes."""
    try:
        content = replaced(json.loads(answer.body), options["pointer"], options["value"])
    except (ValueError, LookupError, TypeError):
        return answer
    return answer.with_body(json.dumps(content, ensure_ascii=False).encode())


def replaced(content: Any, pointer: str, value: Any) -> Any:
    """A JSON value with another value at a place. Raises what Python raises where it has no such place."""
    return _put(content, [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]], value)


def _put(content: Any, parts: list[str], value: Any) -> Any:
    if not parts:
        return value
    key: Any = int(parts[0]) if isinstance(content, list) else parts[0]
    content[key] = _put(content[key], parts[1:], value)
    return content


def posing_as_page(answer: Answer, page: int) -> Answer:
    """A list's page under another number, with more to come."""
    try:
        content = json.loads(answer.body)
        data = content["data"]
        more = data["has_more_data"]
        data |= {"current_page": page, "has_more_data": 1 if type(more) is int else True}
    except (ValueError, LookupError, TypeError):
        return answer
    return answer.with_body(json.dumps(content, ensure_ascii=False).encode())


SPOILERS: dict[str, Callable[[Answer, Options], Answer]] = {
    "truncated_json": truncated,
    "wrong_type": wrongly_typed,
}
