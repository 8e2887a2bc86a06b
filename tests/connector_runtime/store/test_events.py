"""Events are kept as they arrived, in a file and in a database."""

from __future__ import annotations

from contextlib import closing

import pytest

from connector_runtime.store import Location
from connector_runtime.store.arrivals import Arrival, Occurrence
from connector_runtime.store.events import Events
from connector_runtime.values import Json


@pytest.mark.parametrize(
    "text", ["\\u0000", "\0", "\0\0", "\\\0", "\\\\u0000", "\\\\\0 \\u0000", "\ufffd", "\\ufffd", "\\", "%s '?1 :name"]
)
def test_a_payload_is_kept_as_it_arrived_and_can_be_looked_into(location: Location, text: str) -> None:
    payload: dict[str, Json] = {"title": text, text: [text], "number": 7}
    found = Occurrence("loan.made", "m", 0, "i", "c", None, payload)
    with closing(Events(location / "events.sqlite3")) as events:
        events.keep([Arrival("village", "2026-02-02T00:00:00.000Z", [found])])
        assert events.after(0, 1)[0]["payload"] == payload
        (about,) = events.latest_about("village", [{"number": 7}], "2026-02-02T00:00:00.000Z", 5)
        assert about["payload"] == payload


@pytest.mark.parametrize("text", ["\\u0000", "\\\\u0000", "\\ufffd"])
def test_what_looks_like_an_escape_is_found_as_it_is(location: Location, text: str) -> None:
    found = Occurrence("loan.made", f"m-{text}", 0, f"i-{text}", "c", None, {"title": text})
    with closing(Events(location / "events.sqlite3")) as events:
        events.keep([Arrival("village", "2026-02-02T00:00:00.000Z", [found])])
        (kept,) = events.latest_about("village", [{"title": text}], "2026-02-02T00:00:00.000Z", 5)
    assert (kept["message_id"], kept["identity"]) == (f"m-{text}", f"i-{text}")
