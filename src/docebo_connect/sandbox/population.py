"""The people of the world."""

from __future__ import annotations

import html
import unicodedata

from docebo_connect.sandbox.draw import Draw, Record, stamp
from docebo_connect.sandbox.fixed_points import USERS
from docebo_connect.sandbox.store import Store

SUPERADMINS = frozenset({1, 2})
POWER_USERS = frozenset({3, 4, 5})
DEACTIVATED = frozenset({6})
BRANCHES = 4


def build(store: Store, draw: Draw) -> None:
    """Write the users: first those with fixed numbers, then drawn ones."""
    people: list[list[str]] = draw.material["people"]
    taken = {person[0] for person in people}
    records = []
    for user_id in range(1, USERS + 1):
        if user_id <= len(people):
            username, first_name, last_name = people[user_id - 1]
        else:
            first_name, last_name = draw.of("first_names"), draw.of("last_names")
            username = _free_username(first_name, last_name, taken)
        records.append(_user(draw, user_id, username, first_name, last_name))
    store.insert("users", records)


def _user(draw: Draw, user_id: int, username: str, first_name: str, last_name: str) -> Record:
    created_at = draw.moment(-700, -400)
    return {
        "id": user_id,
        "username": username,
        "first_name": first_name,
        "last_name": last_name,
        "email": f"{username}@acme.example",
        "uuid": draw.uuid(),
        "level": _level(user_id),
        "branch": user_id % BRANCHES,
        "active": int(user_id not in DEACTIVATED),
        "lang_code": draw.of("languages"),
        "created_at": stamp(created_at),
        "updated_at": stamp(draw.moment(-390, -1)),
    }


def _level(user_id: int) -> str:
    if user_id in SUPERADMINS:
        return "godadmin"
    return "powuser" if user_id in POWER_USERS else "user"


def _free_username(first_name: str, last_name: str, taken: set[str]) -> str:
    """`first.last` in ASCII letters, with a number where two people share it."""
    plain = unicodedata.normalize("NFKD", html.unescape(f"{first_name}.{last_name}"))
    stem = "".join(letter for letter in plain.lower() if letter == "." or (letter.isascii() and letter.isalnum()))
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem}{count}"
    taken.add(name)
    return name
