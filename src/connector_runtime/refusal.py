"""What an answer means when it is not a success: the platform's reason, the catalogue's words. Pure."""

from __future__ import annotations

from dataclasses import replace
from email.utils import parsedate_to_datetime
from typing import TypeVar

from connector_runtime.definition.grammar import Catalogued, ErrorHabits
from connector_runtime.errors import (
    ConnectorError,
    NotFound,
    PlatformBroken,
    RateLimited,
    Refused,
    Unauthorized,
    reason_in_words,
)
from connector_runtime.values import Json, NotJson, Response, at

REASON_LENGTH = 500
"""A reason longer than this is cut: it is a page, not a reason."""

LONGEST_EXCUSE = 2048
"""Bytes of an accepted answer that may be no more than an error: longer ones are not read for that."""

Error = TypeVar("Error", bound=ConnectorError)


def refused(habits: ErrorHabits, response: Response) -> ConnectorError | None:
    """The error that an answer stands for, in the catalogue's words, or None for a success (any 2xx).

    An accepted answer that says that the access has expired, as the connector declares it, is a 401 in disguise.
    """
    if 200 <= response.status < 300:
        if not habits.expired or len(response.content) > LONGEST_EXCUSE or not _has_expired(habits, response):
            return None
        response = Response(401, response.headers, response.content)
    reason = _reason(habits, response)
    status = f"HTTP status {response.status}"
    said = f"{status}, without a reason" if reason is None else _cut(reason_in_words(reason))
    kind = type_of(response.status)
    if issubclass(kind, Refused):
        return explained(habits, kind(response, said, from_api=reason is not None))
    error: ConnectorError
    wait_s = advised_s(response)
    asked = "" if wait_s is None else f"; it asks to wait {wait_s:g} seconds"
    if kind is RateLimited:
        error = RateLimited(f"too many calls: {said}{asked}", retry_after_s=wait_s)
    else:
        whole = said if reason is None else f"{status}, {said}"
        error = PlatformBroken(f"the platform failed: {whole}{asked}", retry_after_s=wait_s)
    entry = _fitting(habits, response, said, from_api=reason is not None)
    return error if entry is None else _told(said_by(habits, entry), error)


def type_of(status: int | None) -> type[ConnectorError]:
    """The type of error that a status stands for; None is a refusal inside a 2xx."""
    if status is None:
        return Refused
    if status >= 500:
        return PlatformBroken
    return {401: Unauthorized, 404: NotFound, 429: RateLimited}.get(status, Refused)


def explained(habits: ErrorHabits, error: Error) -> Error:
    """The same error, in the catalogue's words where an entry fits it.

    A refusal that none fits says so, with its evidence. An error whose raiser has named it keeps its message.
    """
    if error.explained:
        return error
    error.explained = True
    if error.code != type(error).code:
        named = (type(error).__name__, error.code)
        entry = next((entry for entry in habits.catalogue if (entry.raised, entry.code) == named), None)
        return error if entry is None else _worded(said_by(habits, entry), error)
    if not isinstance(error, Refused):
        return error
    said = _cut(error.message)
    entry = _fitting(habits, error.response, said, from_api=error.from_api)
    if entry is not None:
        return _told(said_by(habits, entry), error)
    status = f"HTTP status {error.response.status}"
    evidence = said if said.startswith(status) else f"{status}, {said}"
    error.say(f"the platform refused, and its reason is not in the catalogue: {evidence}")
    return error


def said_by(habits: ErrorHabits, entry: Catalogued) -> Catalogued:
    """The entry with what it leaves out: as the first entry with its code says it."""
    first = next(each for each in habits.catalogue if each.code == entry.code)
    return replace(
        entry,
        cause=entry.cause or first.cause,
        fix=entry.fix or first.fix,
        whose=entry.whose or first.whose,
        about=entry.about or first.about,
    )


def _told(entry: Catalogued, error: Error) -> Error:
    """The error with all that the entry says: the cause before what the platform said."""
    error.say(f"{entry.cause} ({_cut(error.message)})")
    return _worded(entry, error)


def _worded(entry: Catalogued, error: Error) -> Error:
    error.explained = True
    error.code, error.fix, error.whose = entry.code, entry.fix, entry.whose or error.whose
    error.report = error.whose == "connector_author"
    error.about = (entry.about,) if isinstance(entry.about, str) else tuple(entry.about)
    return error


def _fitting(habits: ErrorHabits, response: Response, said: str, *, from_api: bool) -> Catalogued | None:
    status = None if 200 <= response.status < 300 else response.status
    fitting = (
        entry
        for entry in habits.catalogue
        if entry.status == status
        and entry.raised is None
        and not (entry.bare and from_api)
        and _says(entry, response, said)
    )
    return next(fitting, None)


def _says(entry: Catalogued, response: Response, reason: str) -> bool:
    """Whether what the entry wants said stands where it wants it."""
    said = reason
    if entry.at is not None:
        found = _at(response, entry.at)
        if found in (None, "", [], {}):
            return False
        said = reason_in_words(found)
    return entry.says is None or entry.says.casefold() in said.casefold()


def _reason(habits: ErrorHabits, response: Response) -> Json:
    """The reason in the API's own error body, or None when this is not such a body."""
    pointers = [habits.message] if isinstance(habits.message, str) else habits.message
    return next((found for pointer in pointers if (found := _at(response, pointer)) is not None), None)


def _has_expired(habits: ErrorHabits, response: Response) -> bool:
    return any(
        isinstance(said := _at(response, expiry.at), str | list) and expiry.says.casefold() in str(said).casefold()
        for expiry in habits.expired
    )


def _at(response: Response, pointer: str) -> Json:
    try:
        return at(response.json, pointer)
    except NotJson:
        return None


def _cut(text: str) -> str:
    if len(text) <= REASON_LENGTH:
        return text
    begin = text[: REASON_LENGTH - 1]
    return (begin.rpartition(" ")[0] or begin) + "…"  # half a word may be half a secret, which nobody would recognize


def advised_s(response: Response) -> float | None:
    """Retry-After in seconds: as a number, or as a date beside the answer's own (RFC 9110, section 10.2.3)."""
    text = response.headers.get("retry-after", "")
    if text.isdecimal():
        return float(text)
    try:
        until, now = (parsedate_to_datetime(each) for each in (text, response.headers.get("date", "")))
        return max(0.0, (until - now).total_seconds())
    except (TypeError, ValueError):
        return None
