"""Looking for words in a field's list: as they stand, and where nothing is called so, in any order."""

from __future__ import annotations

import re

from connector_runtime.definition import Action
from connector_runtime.hosts.session import Session
from connector_runtime.run.choices import Choice, Choices
from connector_runtime.run.offered import offer_of
from connector_runtime.values import Json

BETWEEN = re.compile(r"[\s,;]+")

PARTS = " · "
"""Between the parts of a hint."""


async def searched(
    session: Session, action: Action, field: str, given: dict[str, Json], search: str, *, fresh: bool = False
) -> Choices:
    """A page of a field's list for words. Several spaces count as one. Where nothing is called so: the entries that
    have each word somewhere; and where a list that depends on something is empty, that is noted. Raises ConnectorError.
    """
    text = " ".join(search.split())
    found = await session.choices(action.key, field, given, search=text, fresh=fresh)
    if found.items:
        return found
    words = words_of(text)
    if len(words) > 1:
        longest = max(words, key=len)
        wider = await session.choices(action.key, field, given, search=longest, fresh=fresh)
        if fits := [each for each in wider.items if shows(each, text)]:
            return Choices(fits, wider.more, "", whole=False)
    if (none := _none(session, action, field)) and not (
        text and (await session.choices(action.key, field, given, fresh=fresh)).items
    ):
        return Choices([], more=False, note=none)
    return found


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case and without what stands between them."""
    return [word for word in BETWEEN.split(text.casefold()) if word]


def plain(text: str) -> str:
    """A text as it is compared: in lower case, several spaces as one."""
    return " ".join(text.casefold().split())


def shows(choice: Choice, text: str) -> bool:
    """Whether each word stands somewhere in what is shown of an entry."""
    shown = f"{choice.label} {choice.hint}".casefold()
    return all(word in shown for word in words_of(text))


def goes_by(choice: Choice, text: str) -> bool:
    """Whether a text is the whole of a part of an entry's hint, such as its user name or its code."""
    return plain(text) in [plain(part) for part in choice.hint.split(PARTS)]


def _none(session: Session, action: Action, field: str) -> str:
    """What to say of a list that is empty for what was chosen before it; nothing of one that needs nothing."""
    lists = session.connector.identity.pick_lists
    pick = lists.get(offer_of(session.connector, action, field).pick or "")
    if pick is None or not pick.needs:
        return ""
    before = " and ".join(lists[source].title.lower() for source in pick.needs.values())
    return f"There is no {pick.title.lower()} for this {before}."
