"""Each fault as a run of the connector ends: in a success or a named error, never in a failure of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

import docebo_connect
from connector_runtime import Connection, ConnectorError, Session
from connector_runtime.run import NO_RETRIES
from docebo_connect.sandbox.fault_kinds import KINDS
from docebo_connect.sandbox.sites import Site

Asked = tuple[str, dict[str, Any]]

ENROLL: Asked = ("enroll_user_into_a_course", {"user_id": 7, "course_id": 42})
UNENROLL: Asked = ("unenroll_user_from_course", {"user_id": 7, "course_id": 3})
READ: Asked = ("get_course_enrollments", {"user_ids": [7]})
RSVP: Asked = (
    "batch_update_rsvp_event",
    {"event_id": 1, "items": [{"user_id": user_id, "user_rsvp_response": 1} for user_id in (7, 8)]},
)
WRITES: tuple[Asked, ...] = (
    ENROLL,
    ("enroll_user_into_a_session", {"user_id": 9, "course_id": 1, "session_id": 1, "level": "student"}),
    UNENROLL,
    ("unenroll_user_from_session", {"user_id": 8, "course_id": 1, "session_id": 1}),
    ("unenroll_user_from_learning_plan", {"user_id": 7, "learning_plan_id": 1}),
    RSVP,
)
READS: tuple[Asked, ...] = (
    READ,
    ("get_enrollments", {}),
    ("get_learning_plan_enrollments", {}),
    ("get_learning_plan_course_enrollments", {"learning_plan_id": 1}),
)
SLOW = {"slow_answer": {"delay_s": 0.001}, "dripping_body": {"delay_s": 0.0001, "piece_bytes": 4096}}


@pytest.fixture
async def session(site: Site, tmp_path: Path) -> AsyncIterator[Session]:
    connection = Connection("faulty", site.base_url, site.headers, site.app)
    async with docebo_connect.session(connection=connection, data_dir=tmp_path / "runs", retries=NO_RETRIES) as opened:
        yield opened


def named(error: dict[str, Any] | None) -> str:
    """How a run ended."""
    return "success" if error is None else f"{error['type']} {error['code']}"


LOST = "UnknownOutcome unknown_outcome"
UNREADABLE = "UnexpectedOutput unexpected_output"

# The fault and what is said of it; what is run; how it ends; what has happened then.
ENDINGS: list[tuple[dict[str, Any], Asked, str, str]] = [
    ({"fault": "rate_limited"}, ENROLL, "RateLimited rate_limited", "none"),
    ({"fault": "rate_limited", "retry_after_s": 7}, READ, "RateLimited rate_limited", "none"),
    (
        {"fault": "rate_limited", "retry_after_s": 7, "retry_after_as": "date"},
        ENROLL,
        "RateLimited rate_limited",
        "none",
    ),
    ({"fault": "error"}, READ, "PlatformBroken platform_broken", "none"),
    ({"fault": "error"}, ENROLL, LOST, "unknown"),
    ({"fault": "error", "when": "after"}, ENROLL, LOST, "unknown"),
    ({"fault": "lost_answer"}, ENROLL, LOST, "unknown"),
    ({"fault": "lost_answer", "when": "before"}, ENROLL, LOST, "unknown"),
    ({"fault": "lost_answer"}, READ, "Unreachable unreachable", "none"),
    ({"fault": "slow_answer", "delay_s": 0.01}, ENROLL, "success", "done"),
    ({"fault": "dripping_body", "delay_s": 0.001}, READ, "success", "none"),
    ({"fault": "expired_token"}, READ, "Unauthorized unauthorized", "none"),
    ({"fault": "expired_token"}, ENROLL, "Unauthorized unauthorized", "none"),
    ({"fault": "kept_refresh_token"}, ENROLL, "success", "done"),
    ({"fault": "truncated_json"}, ENROLL, LOST, "unknown"),
    ({"fault": "truncated_json"}, READ, UNREADABLE, "none"),
    ({"fault": "truncated_json", "share": 0}, ENROLL, LOST, "unknown"),
    ({"fault": "wrong_type"}, ENROLL, LOST, "unknown"),
    ({"fault": "wrong_type", "pointer": "/data/enrolled", "value": 7}, ENROLL, LOST, "unknown"),
    ({"fault": "wrong_type", "pointer": ""}, ENROLL, LOST, "unknown"),
    ({"fault": "wrong_type"}, READ, UNREADABLE, "none"),
    ({"fault": "wrong_type", "pointer": "/data/total_count", "value": "many"}, READ, "success", "none"),
    ({"fault": "repeated_page"}, READ, "success", "none"),
    ({"fault": "vanishing_row"}, READ, "success", "none"),
    ({"fault": "appearing_row"}, READ, "success", "none"),
    ({"fault": "delayed_visibility"}, ENROLL, "success", "done"),
    ({"fault": "partial_batch"}, RSVP, "success", "done"),
    ({"fault": "partial_batch", "rows": [0, 1]}, RSVP, "Refused all_rows_failed", "none"),
    ({"fault": "duplicate_webhook"}, ENROLL, "success", "done"),
    ({"fault": "reordered_webhook"}, ENROLL, "success", "done"),
    ({"fault": "dropped_webhook"}, ENROLL, "success", "done"),
    ({"fault": "malformed_webhook"}, ENROLL, "success", "done"),
    ({"fault": "malformed_webhook", "how": "wrong_type"}, ENROLL, "success", "done"),
    ({"fault": "invented_webhook"}, ENROLL, "success", "done"),
    ({"fault": "invented_webhook"}, READ, "success", "none"),
    ({"fault": "forged_webhook"}, ENROLL, "success", "done"),
]


@pytest.mark.parametrize(("rule", "asked", "ending", "effect"), ENDINGS)
async def test_a_fault_ends_in_a_success_or_a_named_error(
    site: Site, session: Session, rule: dict[str, Any], asked: Asked, ending: str, effect: str
) -> None:
    site.faults.set([rule])
    record = await session.run(*asked)
    assert (named(record.error), record.effect) == (ending, effect)


def test_no_kind_of_fault_is_left_out() -> None:
    assert {rule["fault"] for rule, *_ in ENDINGS} == set(KINDS)


async def test_without_faults_all_of_these_succeed(session: Session) -> None:
    for action, given in (*WRITES, *READS):
        assert named((await session.run(action, given)).error) == "success", action


@pytest.mark.parametrize("fault", KINDS)
async def test_no_action_fails_in_itself(site: Site, session: Session, fault: str) -> None:
    site.faults.set([{"fault": fault, **SLOW.get(fault, {})}])
    for action, given in (*WRITES, *READS):
        record = await session.run(action, given)
        assert record.error is None or record.error["code"] != "internal", (action, record.error)


async def test_expiry_in_a_good_answer_is_understood(site: Site, session: Session) -> None:
    site.faults.set([{"fault": "expired_token", "said": "body"}])
    for action, given in READS:
        record = await session.run(action, given)
        assert record.error is not None, action
        assert (record.error["type"], record.effect) == ("Unauthorized", "none"), action
    for action, given in WRITES:  # it may speak of something else: nothing is claimed, and nothing sent again unseen
        record = await session.run(action, given)
        assert record.error is not None, action
        assert (record.error["type"], record.effect) == ("UnknownOutcome", "unknown"), action


async def test_expiry_in_a_good_answer_with_unknown_words_is_never_taken_for_a_success(
    site: Site, session: Session
) -> None:
    site.faults.set([{"fault": "expired_token", "said": "body", "body": {"sorry": "not you"}}])
    for action, given in WRITES:
        record = await session.run(action, given)
        assert record.error is not None, action
        assert record.effect == "unknown" or record.error["type"] == "Refused", action
    for action, given in READS:
        assert (await session.run(action, given)).error is not None, action


async def pages_read(session: Session, action: str) -> tuple[int, str]:
    """How many rows came, and how the read ended."""
    given = {"page_size": 5, **(READS[3][1] if "plan_course" in action else {})}
    rows = 0
    try:
        async for _ in session.stream(action, given, in_flight=1).rows():
            rows += 1
            if rows == 20:
                break
    except ConnectorError as wrong:
        return rows, f"{type(wrong).__name__} {wrong.code}"
    return rows, "success"


@pytest.mark.parametrize(
    ("rule", "rows", "ending"),
    [
        ({"fault": "repeated_page", "nth": 3}, 10, "NoProgress same_rows"),
        ({"fault": "vanishing_row", "nth": 3}, 10, "NoProgress shrinking_total"),
        ({"fault": "appearing_row", "nth": 3}, 20, "success"),
        ({"fault": "lost_answer", "nth": 3}, 10, "Unreachable unreachable"),
        ({"fault": "error", "nth": 3}, 10, "PlatformBroken platform_broken"),
        ({"fault": "rate_limited", "nth": 3}, 10, "RateLimited rate_limited"),
        ({"fault": "expired_token", "nth": 3}, 10, "Unauthorized unauthorized"),
        ({"fault": "truncated_json", "nth": 3}, 10, UNREADABLE),
        ({"fault": "wrong_type", "nth": 3, "pointer": "/data/items", "value": 7}, None, None),
        ({"fault": "wrong_type", "nth": 3, "pointer": "/data/has_more_data", "value": None}, None, None),
    ],
)
@pytest.mark.parametrize("action", [action for action, _ in READS])
async def test_a_list_that_goes_wrong_in_the_middle_says_so(
    site: Site, session: Session, action: str, rule: dict[str, Any], rows: int | None, ending: str | None
) -> None:
    site.faults.set([rule])
    found = await pages_read(session, action)
    assert "internal" not in found[1]
    assert rows is None or found == (rows, ending)


async def test_a_change_whose_answer_was_lost_before_it_was_made_was_not_made(site: Site, session: Session) -> None:
    for when, course_id in (("before", 42), ("after", 48)):
        site.faults.set([{"fault": "lost_answer", "when": when, "method": "POST"}])
        await session.run(ENROLL[0], {"user_id": 7, "course_id": course_id})
    site.faults.clear()
    output = (await session.run("get_course_enrollments", {"user_ids": [7], "course_ids": [42, 48]})).output
    assert [row["course_id"] for row in output["items"]] == [48]
