"""What a host says by itself over HTTP, before anything is run: a status, a cause and a fix for each code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from connector_runtime.values import Whose


class Said(NamedTuple):
    """What is said of one code. What a host knows more closely, it says in the place of the cause or the fix."""

    status: int
    cause: str
    fix: str
    whose: Whose = "recipe_author"


DECLINED: Mapping[str, Said] = {
    "no_key": Said(
        401,
        "A key is needed, and none that is good was shown.",
        "Send it as `Authorization: Bearer key_…`. An administrator makes keys, and says whether one has ended.",
    ),
    "not_allowed": Said(403, "The key is not for this.", "An administrator makes a key that is.", "administrator"),
    "key_ended": Said(409, "The key has ended, and is not rotated any more.", "Make a new key.", "administrator"),
    "unknown": Said(404, "There is no such thing, or the key is not for it.", "Check its name."),
    "not_allowed_here": Said(405, "The path takes no such method.", "Use one that the header `allow` names."),
    "malformed": Said(400, "The request cannot be read.", "Correct the request."),
    "not_json": Said(415, "The body is not declared as JSON.", "Send content-type: application/json."),
    "too_deep": Said(400, "The body nests too deeply.", "Send a flatter one."),
    "too_large": Said(413, "The body is too large.", "Send a smaller one."),
    "too_slow": Said(408, "The body took too long to arrive.", "Send it again.", "nobody"),
    "cut": Said(400, "The body was cut on its way.", "Send it again.", "nobody"),
    "other_origin": Said(403, "A page of another site asked for this.", "Use the pages of this one."),
    "built_in": Said(409, "The sandbox is built in, and stays as it is.", "Choose another connection."),
    "consent_mismatch": Said(400, "Nobody waits for this consent any more.", "Connect again.", "connection_owner"),
    "too_many_calls": Said(429, "The key has made its calls of this minute.", "Wait a little.", "nobody"),
    "too_busy": Said(
        503,
        "Too many runs wait for their turn.",
        "Wait for some of them to end. The request was not looked at.",
        "nobody",
    ),
    "internal": Said(500, "The host failed.", "Report it with the host's log.", "connector_author"),
}
"""By code."""
