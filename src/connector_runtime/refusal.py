"""What an answer means when it is not a success: the platform's reason, the catalogue's words. Pure."""

from __future__ import annotations

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
from connector_runtime.values import Json, Response, at

REASON_LENGTH = 500
"""A reason longer than this is cut: it is a page, not a reason."""


def refused(habits: ErrorHabits, response: Response) -> ConnectorError | None:
    """The error that an answer stands for, or None for a success (any 2xx)."""
    if 200 <= response.status < 300:
        return None
    reason = _reason(habits, response)
    status = f"HTTP status {response.status}"
    said = f"{status}, without a reason" if reason is None else reason_in_words(reason)[:REASON_LENGTH]
    if response.status == 429:
        wait_s = _seconds(response.headers.get("retry-after"))
        asked = "" if wait_s is None else f"; it asks to wait {wait_s:g} seconds"
        return RateLimited(f"too many calls: {said}{asked}", retry_after_s=wait_s)
    if response.status >= 500:
        return PlatformBroken(f"the platform failed: {said if reason is None else f'{status}, {said}'}")
    kind = {401: Unauthorized, 404: NotFound}.get(response.status, Refused)
    return explained(habits, kind(response, said, from_api=reason is not None))


def explained(habits: ErrorHabits, refusal: Refused) -> Refused:
    """The refusal with the catalogue's code, cause and fix, where an entry fits."""
    entry = _entry(habits, refusal)
    if entry is None or refusal.code != type(refusal).code:
        return refusal
    words = type(refusal)(refusal.response, f"{entry.cause} ({refusal.message})", code=entry.code, fix=entry.fix)
    words.reason, words.from_api = refusal.reason, refusal.from_api
    return words


def _entry(habits: ErrorHabits, refusal: Refused) -> Catalogued | None:
    status = None if 200 <= refusal.response.status < 300 else refusal.response.status
    said = refusal.message.casefold()
    fitting = (
        entry
        for entry in habits.catalogue
        if entry.status == status and (entry.says is None or entry.says.casefold() in said)
    )
    return next(fitting, None)


def _reason(habits: ErrorHabits, response: Response) -> Json:
    """The reason in the API's own error body, or None when this is not such a body."""
    try:
        return at(response.json, habits.message)
    except ValueError:
        return None


def _seconds(text: str | None) -> float | None:
    return float(text) if text is not None and text.isdecimal() else None
