"""Where a read of many pages can be taken up again: plain JSON, so that records and hosts can keep it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b

from connector_runtime.definition import Action
from connector_runtime.definition.grammar import Paging
from connector_runtime.errors import InvalidInput
from connector_runtime.record import Record, without_secrets
from connector_runtime.run.progress import Place
from connector_runtime.values import Inputs, Json, Problem

NONE = "it is not one of ours; give it as it was, an object and not its text"


@dataclass(frozen=True, kw_only=True)
class Bookmark:
    """The first row that its reader may not have done with."""

    list: str
    """Which list it belongs to: connection, action, and a digest of the input without the page."""
    place: Place
    row: int = 0
    """Rows of that page that are done."""
    records: int | None = None
    """Rows on the pages before; None where that is not known."""
    total: int | None = None
    """Rows of the whole list, as its pages said; None where they did not."""

    def document(self) -> dict[str, Json]:
        """As it is kept."""
        return {"list": self.list, "place": self.place, "row": self.row, "records": self.records, "total": self.total}


def name_of(action: Action, inputs: Inputs, record: Record) -> str:
    """A name for the list that these checked inputs ask for, whichever of its pages they begin with."""
    turned = {action.paging.page, action.paging.cursor} if action.paging else set()
    asked = {key: value for key, value in inputs.items() if key not in turned}
    text = json.dumps(without_secrets(asked, record.secrets), sort_keys=True, default=datetime.isoformat)
    return f"{record.connection} {record.platform} {action.key} {blake2b(text.encode(), digest_size=8).hexdigest()}"


def taken_up(kept: Json, name: str, paging: Paging) -> Bookmark:
    """A bookmark as it was kept. Raises InvalidInput for one of another list, and for what is none."""
    try:
        found = Bookmark(**kept)
    except TypeError:
        raise _unusable(NONE) from None
    stands = _counts(found.place, 1) if paging.page else isinstance(found.place, str | None)
    known = [each for each in (found.records, found.total) if each is not None]
    if not stands or not all(_counts(each, 0) for each in (found.row, *known)):
        raise _unusable(NONE)
    if found.list != name:
        raise _unusable("that belongs to a read with another input, or of another platform")
    return found


def _counts(value: Json, least: int) -> bool:
    return type(value) is int and value >= least


def _unusable(why: str) -> InvalidInput:
    problem = Problem("after", f"the read cannot go on there: {why}", "Where to go on")
    return InvalidInput([problem], fix="Give the same input as before, or read the list from its beginning.")
