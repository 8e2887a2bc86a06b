"""GET /manage/v1/user/session: whom an access token belongs to."""

from __future__ import annotations

from starlette.responses import Response

from docebo_connect.sandbox.envelope import answer
from docebo_connect.sandbox.exchange import Exchange

# [I] That the level is told was seen; its words were not, and are not those of /manage/v1/user.
LEVEL_WORDS = {"godadmin": "superadmin", "powuser": "power_user", "user": "user"}
TIMEZONE = "UTC"  # [I] the key was seen; in the made-up world nobody has chosen a zone


def show(exchange: Exchange) -> Response:
    """The user, by a number here and not by a string as in the list of users; only some of the keys seen."""
    user = exchange.caller()
    return answer(
        {
            "id": user["id"],
            "username": user["username"],
            "firstname": user["first_name"],
            "lastname": user["last_name"],
            "email": user["email"],
            "user_level": LEVEL_WORDS[user["level"]],
            "timezone": TIMEZONE,
            "language": user["lang_code"],
        }
    )
