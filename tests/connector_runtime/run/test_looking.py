"""What was read a moment ago: how long it is kept, and how much of it."""

from __future__ import annotations

from connector_runtime.run.looking import Recent
from tests.connector_runtime.run.directory import Directory
from tests.connector_runtime.run.test_choices import ADA


def test_what_is_kept_grows_old_and_can_be_wanted_younger() -> None:
    now = [0.0]
    recent = Recent(keep_s=60, now=lambda: now[0])
    recent.put("a", 1)
    now[0] = 59.0
    assert (recent.get("a"), recent.get("a", 59), recent.get("a", 60), recent.get("a", 0)) == (1, None, 1, None)
    now[0] = 60.0
    assert (recent.get("a"), recent.get("a", 1000), recent.get("b")) == (None, None, None)


def test_what_was_used_longest_ago_makes_room() -> None:
    recent = Recent(most=2, now=lambda: 0.0)
    recent.put("a", 1)
    recent.put("b", 2)
    assert recent.get("a") == 1
    recent.put("c", 3)
    assert [recent.get(key) for key in "abc"] == [1, None, 3]


async def test_a_form_keeps_no_more_than_its_bound() -> None:
    directory = Directory({f"/floors/{floor}/rooms": [ADA] for floor in range(9)})
    forms = directory.forms(most=3)
    for floor in [*range(9), 8, 0]:
        await forms.choices("act", "room", {"floor": floor})
    assert len(directory.asked) == 10
