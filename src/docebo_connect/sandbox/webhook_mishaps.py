"""What faults do to webhooks: events that never happened, and bodies that cannot be read."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

from docebo_connect.sandbox import events
from docebo_connect.sandbox.events import Payload
from docebo_connect.sandbox.fault_answers import replaced
from docebo_connect.sandbox.standings import Incident
from docebo_connect.sandbox.store import Row, Store, Value

INVENTING = ("invented_webhook", "forged_webhook")
PLACES = {
    "course": ("courses", "course_enrollments", "course_id"),
    "ilt.session": ("sessions", "session_enrollments", "session_id"),
    "learningplan": ("learning_plans", "learning_plan_enrollments", "learning_plan_id"),
}

NEW_ENROLLMENT = """SELECT 3 AS level, 'subscribed' AS status, ? AS created_at, 1 AS created_by, NULL AS begin_date,
NULL AS end_date"""


def invents(incident: Incident) -> bool:
    """Whether deliveries are made that the request does not cause, so that even a read writes."""
    return any(rule.fault in INVENTING for rule in incident.rules)


def inventions(store: Store, incident: Incident) -> Iterator[tuple[str, Payload, str | None]]:
    """Event, payload, and how it is forged if it is: for each rule that strikes, one that nothing caused."""
    for rule in incident.rules:
        if rule.fault in INVENTING:
            chances = random.Random(rule.lot)
            event = rule.options["event"] or chances.choice(events.EVENTS)
            if (payload := _invented(store, event, chances)) is not None:
                yield event, {"fired_at": store.now(), **payload}, rule.options.get("password")


def spoilt(body: bytes, flaw: Payload) -> bytes:
    """A delivery's body as malformed_webhook lets subscribers get it."""
    if flaw["how"] == "cut":
        return body[: min(int(len(body) * flaw["share"]), len(body) - 1)]
    content = json.loads(body)
    pointer = flaw["pointer"]
    if pointer is None:
        pointer = "/payloads" if "payloads" in content else "/payload"
    try:
        content = replaced(content, pointer, flaw["value"])
    except (ValueError, LookupError, TypeError):
        return body
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def _invented(store: Store, event: str, chances: random.Random) -> Payload | None:
    """What an event tells of somebody to whom it did not happen; None where there is nobody."""
    kind, _, what = event.partition(".enrollment.")
    things, enrollments, column = PLACES[kind]
    if what == "created":
        thing = _drawn(store, chances, f"SELECT * FROM {things}")
        strangers = f"SELECT * FROM users WHERE id NOT IN (SELECT user_id FROM {enrollments} WHERE {column} = ?)"
        user = None if thing is None else _drawn(store, chances, strangers, thing["id"])
        enrollment = store.row(NEW_ENROLLMENT, (store.now(),))
    else:
        enrollment = _drawn(store, chances, f"SELECT * FROM {enrollments} WHERE status NOT IN ('completed', 'waiting')")
        if enrollment is None:
            return None
        thing = store.row(f"SELECT * FROM {things} WHERE id = ?", (enrollment[column],))
        user = store.row("SELECT * FROM users WHERE id = ?", (enrollment["user_id"],))
    if user is None or thing is None or enrollment is None:
        return None
    return told(store, event, user, thing, enrollment)


def told(store: Store, event: str, user: Row, thing: Row, enrollment: Row) -> Payload:
    """What an event tells of a user's enrollment in a course, a session or a learning plan."""
    payload = _plainly_told(store, event, user, thing, enrollment)
    if not event.endswith(".completed"):
        return payload
    return events.completed(payload | ({"status": "completed"} if "status" in payload else {}), store.now())


def _plainly_told(store: Store, event: str, user: Row, thing: Row, enrollment: Row) -> Payload:
    if event == events.COURSE_DELETED:
        return events.departed_payload(user, thing)
    if event.startswith("course."):
        return events.course_payload(user, thing, enrollment)
    if event.startswith("learningplan."):
        return events.plan_payload(user, thing, enrollment)
    course = store.row("SELECT * FROM courses WHERE id = ?", (thing["course_id"],))
    assert course is not None
    return events.session_payload(user, course, thing, enrollment)


def _drawn(store: Store, chances: random.Random, query: str, *parameters: Value) -> Row | None:
    """One of the rows that a query finds."""
    count = store.number(f"SELECT COUNT(*) FROM ({query})", parameters)
    if count == 0:
        return None
    return store.row(f"{query} ORDER BY id LIMIT 1 OFFSET ?", (*parameters, chances.randrange(count)))
