"""The filters of GET /learn/v1/enrollments."""

from __future__ import annotations

import json
import re

from docebo_connect.sandbox.exchange import Exchange
from docebo_connect.sandbox.listing import Conditions
from docebo_connect.sandbox.parameters import LARGEST_ID, Query
from docebo_connect.sandbox.refusals import bad_request
from docebo_connect.sandbox.store import Row, Value

LEVELS = {"student": 3, "learner": 3, "tutor": 4, "instructor": 6}
# Filter words to shown ones: who has not started is shown as subscribed.
STATUSES = {
    "not_started": "subscribed",
    "subscribed": "subscribed",
    "in_progress": "in_progress",
    "completed": "completed",
}
VISIBILITIES = {"all": None, "visible": 0, "hidden": 1}
IFRAME_KEY = re.compile(r"\Afield_(\d{1,9})\$\^(.+)\Z", re.ASCII | re.DOTALL)
IS_PLAN = "row.type = 'learning_plan'"


def apply_filters(exchange: Exchange, conditions: Conditions) -> None:
    """Turn the request's filters into conditions; unknown parameters are ignored, as on the real API."""
    query = exchange.query
    _filter_people_and_things(query, conditions)
    _filter_states(query, conditions)
    _filter_times(exchange, conditions)
    _filter_course(query, conditions)
    if query.flag("exclude_courses_in_lp"):
        conditions.add(f"({IS_PLAN} OR row.id NOT IN (SELECT course_id FROM learning_plan_courses))")
    if query.flag("show_upcoming_sessions"):
        upcoming = "SELECT course_id FROM sessions WHERE begin_at > ?"
        conditions.add(f"NOT {IS_PLAN} AND row.id IN ({upcoming})", exchange.store.now())
    for field in exchange.store.rows("SELECT id, type FROM course_fields"):
        _filter_field(query, conditions, field)
    _filter_iframes(query, conditions)


def _filter_people_and_things(query: Query, conditions: Conditions) -> None:
    """Ids and codes of courses and of learning plans: given both, rows of either kind qualify [I]."""
    if "id_user" in query.arrays:
        conditions.any_of("row.user_id", query.ids("id_user"))
    either = Conditions()
    for kind, test in (("course", f"NOT {IS_PLAN}"), ("learning_plan", IS_PLAN)):
        own = Conditions()
        if f"id_{kind}" in query.arrays:
            own.any_of("row.id", query.ids(f"id_{kind}"))
        if f"code_{kind}" in query.arrays:
            own.any_of("row.code", query.strings(f"code_{kind}"))
        if own.parts:
            either.add(f"({test} AND {' AND '.join(own.parts)})", *own.values)
    if either.parts:
        conditions.add(f"({' OR '.join(either.parts)})", *either.values)


def _filter_states(query: Query, conditions: Conditions) -> None:
    if words := query.strings("status"):
        conditions.any_of("row.status", [STATUSES[word] for word in words if word in STATUSES])
    if words := query.strings("type"):
        conditions.any_of("row.type", words)
    if (level := query.string("level")) is not None:
        if level not in LEVELS:
            raise bad_request("level must be one of student, tutor, instructor.")
        conditions.add("row.level = ?", LEVELS[level])
    if (visibility := query.string("with_visibility")) is not None:
        if visibility not in VISIBILITIES:
            raise bad_request("with_visibility must be one of all, visible, hidden.")
        if VISIBILITIES[visibility] is not None:
            conditions.add("row.hidden = ?", VISIBILITIES[visibility])


def _filter_times(exchange: Exchange, conditions: Conditions) -> None:
    query = exchange.query
    if (deadline := query.moment("deadline")) is not None:
        ends = "row.enroll_end_date || ' 23:59:59'"
        conditions.add(f"{ends} >= ? AND {ends} <= ?", exchange.store.now(), deadline)
    if (updated_from := query.moment("updated_from")) is not None:
        conditions.add("row.date_last_updated >= ?", updated_from)
    if (updated_to := query.moment("updated_to")) is not None:
        conditions.add("row.date_last_updated <= ?", updated_to)


def _filter_course(query: Query, conditions: Conditions) -> None:
    rating = query.integer("rating")
    if rating is not None and not 1 <= rating <= 6:
        raise bad_request("rating must be between 1 and 6.")
    numbers = {
        "row.rating >= ?": rating,
        "row.channel_id = ?": query.integer("channel"),
        "row.duration_s >= ?": query.integer("duration_from_seconds"),
        "row.duration_s <= ?": query.integer("duration_to_seconds"),
    }
    for sql, number in numbers.items():
        if number is not None:
            conditions.add(sql, max(-LARGEST_ID, min(number, LARGEST_ID)))
    if (search := query.string("search")) is not None:
        conditions.contains(("row.name", "row.code"), search)
    if (search := query.string("search_text")) is not None:
        conditions.contains(("row.name", "row.description", "row.code"), search)
    if (is_paid := query.flag("is_paid")) is not None:
        conditions.add("(row.price > 0) = ?", int(is_paid))
    if (languages := query.string("language")) is not None:
        conditions.any_of("row.lang_code", [code.strip() for code in languages.split(",")])
    if "content_partners" in query.arrays:
        conditions.any_of("row.content_partner_id", query.ids("content_partners"))
    if "skills" in query.arrays:
        wanted = "SELECT value FROM json_each(?)"
        conditions.add(
            f"EXISTS (SELECT 1 FROM json_each(row.skills_json) WHERE value IN ({wanted}))",
            json.dumps(query.ids("skills")),
        )


def _filter_field(query: Query, conditions: Conditions, field: Row) -> None:
    """`field_<id>`: option id of a dropdown, a string or several of a text, `[from]` and `[to]` of a date."""
    name = f"field_{field['id']}"
    column = f"json_extract(row.additional_fields, '$.\"{field['id']}\"')"
    if field["type"] == "date":
        for end, operator in (("from", ">="), ("to", "<=")):
            if (moment := query.moment(f"{name}[{end}]")) is not None:
                conditions.add(f"{column} {operator} ?", moment[:10])
        return
    values = query.strings(name) or [value for value in [query.string(name)] if value is not None]
    if not values or field["type"] == "iframe":
        return
    if field["type"] == "dropdown":
        conditions.any_of(f"CAST({column} AS TEXT)", values)
        return
    either = Conditions()
    for value in values:
        either.contains([column], value)
    conditions.add(f"({' OR '.join(either.parts)})", *either.values)


def _filter_iframes(query: Query, conditions: Conditions) -> None:
    """`field_<id>$^<attribute>`: an attribute of an iframe has this value."""
    for key, value in query.params.items():
        if match := IFRAME_KEY.match(key):
            values: tuple[Value, ...] = (match[2], value)
            attributes = f"json_each(row.additional_fields, '$.\"{int(match[1])}\"')"
            conditions.add(
                f"EXISTS (SELECT 1 FROM {attributes} AS entry WHERE entry.key = ? AND entry.value = ?)", *values
            )
