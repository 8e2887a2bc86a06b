"""The trace that a request belongs to, by its traceparent."""

from __future__ import annotations

import pytest

from connector_runtime.hosts.http.observed.current import asked, being, current, note

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@pytest.mark.parametrize(
    ("traceparent", "sampled"),
    [(f"00-{TRACE}-{SPAN}-01", True), (f"00-{TRACE}-{SPAN}-00", False), (f"cc-{TRACE}-{SPAN}-01-what.comes", True)],
)
def test_a_sound_traceparent_is_the_parent(traceparent: str, sampled: bool) -> None:
    request = asked([traceparent])
    assert (request.trace_id, request.parent_id, request.sampled) == (TRACE, SPAN, sampled)


@pytest.mark.parametrize(
    "traceparents",
    [
        [],
        ["nonsense"],
        [f"ff-{TRACE}-{SPAN}-01"],
        [f"00-{'0' * 32}-{SPAN}-01"],
        [f"00-{TRACE}-{'0' * 16}-01"],
        [f"00-{TRACE.upper()}-{SPAN}-01"],
        [f"00-{TRACE}-{SPAN}-01-more"],
        [f"00-{TRACE}-{SPAN}-01\n"[:-1] + '"}'],
        [f"00-{TRACE}-{SPAN}-01"] * 2,
    ],
)
def test_any_other_begins_a_trace_of_its_own(traceparents: list[str]) -> None:
    one, other = asked(traceparents), asked(traceparents)
    assert one.parent_id == "" and one.sampled and len(one.trace_id) == 32
    assert TRACE != one.trace_id != other.trace_id


def test_what_is_told_outside_of_a_request_is_nobodys() -> None:
    note(run_id="lost")
    with being(asked([])) as request:
        note(run_id="kept")
        assert current() is request and request.run_id == "kept"
    assert current() is None
