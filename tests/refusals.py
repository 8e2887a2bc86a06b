"""Every way in which the sandbox says no, as requests that make it say so, and as its source has them."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from connector_runtime.values import Json, Query, Request
from docebo_connect.sandbox.credentials import CLIENT_ID, CLIENT_SECRET
from docebo_connect.sandbox.events import COURSE_CREATED
from tests.casebook import ROOT

ADMIN, POWER, USER, NOBODY = "admin", "ines.duarte", "maya.okafor", ""
COURSE, ENROLL, BATCH = "/learn/v1/enrollments/42/7", "/learn/v1/enrollments", "/course/v1/events/1/rsvp/batch"
COURSES, MINE = "/course/v1/courses/enrollments", "/learn/v1/enrollments"
TOKEN, AUTHORIZE = "/oauth2/token", "/oauth2/authorize"
CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}
PAIR = {"course_ids": [42], "user_ids": [7]}
MANY = [*range(1, 1002)]
HOOKS, HOOK = "/webhook/v1/webhooks", {"name": "a", "url": "https://a.invalid/", "events": [COURSE_CREATED]}


@dataclass(frozen=True)
class Step:
    """One request that the sandbox refuses, by whom it is made, and the code that the catalogue has for it."""

    code: str
    method: str
    path: str
    body: Json = None
    query: Query = field(default_factory=dict)
    who: str = ADMIN

    @property
    def request(self) -> Request:
        return Request(method=self.method, path=self.path, query=self.query, body=self.body)


def enrolling(code: str, path: str = COURSE, **body: Json) -> Step:
    return Step(code, "POST", path, body)


def unenrolling(code: str, **body: Json) -> Step:
    return Step(code, "DELETE", ENROLL, body)


def listing(code: str, path: str = COURSES, **query: str) -> Step:
    return Step(code, "GET", path, query=query)


def signing_in(code: str, grant: str, **form: str) -> Step:
    return Step(code, "POST", TOKEN, {**CLIENT, "grant_type": grant, **form}, who=NOBODY)


REFUSED = [
    # who asks
    Step("unauthorized", "GET", COURSES, who=NOBODY),
    Step("unauthorized", "GET", "/manage/v1/user/session", who=NOBODY),
    Step("permission_denied", "POST", "/learn/v1/enrollments/42/8", {}, who=USER),
    Step("permission_denied", "DELETE", "/learn/v1/enrollments/1/8", who=USER),
    Step("permission_denied", "DELETE", ENROLL, {"user_ids": [8], "learningplan_ids": [1]}, who=USER),
    Step("permission_denied", "PUT", "/learn/v1/enrollments/1/8", {}, who=USER),
    Step("permission_denied", "POST", "/learningplan/v1/learningplans/2/enrollments/7", {}, who=USER),
    Step("permission_denied", "POST", BATCH, {}, who=USER),
    Step("permission_denied", "GET", "/manage/v1/user", who=USER),
    # how it was asked
    Step("unknown_route", "GET", "/learn/v2/enrollments"),
    Step("method_not_allowed", "PATCH", COURSE, {}),
    Step("request_too_large", "POST", COURSE, {"enrollment_fields": {"2": "x" * 9_000_000}}),
    Step("request_unreadable", "POST", COURSE, [7]),
    Step("request_unreadable", "POST", COURSE, {"level": float("nan")}),
    Step("query_too_long", "GET", COURSES, query={"a": [""] * 20_001}),
    # what is not there
    Step("unknown_user", "DELETE", "/learn/v1/enrollments/42/99999"),
    Step("unknown_user", "POST", "/learningplan/v1/learningplans/1/enrollments/99999", {}),
    Step("unknown_course", "DELETE", "/learn/v1/enrollments/99999/7"),
    Step("unknown_course", "GET", "/course/v1/courses/99999/sessions"),
    Step("unknown_session", "GET", "/course/v1/sessions/99999/events"),
    Step("unknown_learning_plan", "POST", "/learningplan/v1/learningplans/99/enrollments/7", {}),
    Step("unknown_learning_plan", "GET", "/learningplan/v1/learningplans/99/courses"),
    Step("unknown_learning_plan", "GET", "/learningplan/v1/learningplans/99/courses/enrollments"),
    Step("unknown_event", "POST", "/course/v1/events/99999/rsvp/batch", {"items": [{}]}),
    Step("not_enrolled", "GET", COURSE),
    Step("not_enrolled", "PUT", COURSE, {}),
    Step("not_enrolled", "DELETE", COURSE),
    Step("not_enrolled", "DELETE", "/learn/v1/enrollments/1/7", query={"session_id": "1"}),
    # a value that is not accepted
    enrolling("level_rejected", level=5),
    enrolling("level_rejected", level="boss"),
    enrolling("date_rejected", date_begin_validity="soon"),
    enrolling("date_rejected", date_begin_validity="2026-02-02", date_expire_validity="2026-01-01"),
    enrolling("unknown_session", ENROLL, **PAIR, session_id=99999),
    enrolling("unknown_session", ENROLL, **PAIR, session_id=1),
    enrolling("value_not_a_choice", assignment_type="now and then"),
    enrolling("value_missing", ENROLL, user_ids=[7]),
    enrolling("value_of_wrong_type", ENROLL, course_ids=[42], user_ids=7),
    enrolling("value_of_wrong_type", ENROLL, course_ids=[42], user_ids=["maya"]),
    enrolling("too_many_at_once", ENROLL, course_ids=[42], user_ids=MANY),
    enrolling("enrollment_field_rejected", enrollment_fields="none"),
    enrolling("enrollment_field_rejected", enrollment_fields={"99": "x"}),
    enrolling("enrollment_field_rejected", enrollment_fields={"1": 99}),
    enrolling("enrollment_field_rejected", enrollment_fields={"2": ["x"]}),
    enrolling("enrollment_field_rejected", enrollment_fields={"3": "soon"}),
    enrolling("enrollment_field_rejected", "/learn/v1/enrollments/60/7"),
    Step("level_rejected", "PUT", "/learn/v1/enrollments/1/8", {"level": 5}),
    Step("value_not_a_choice", "PUT", "/learn/v1/enrollments/1/8", {"status": "lost"}),
    unenrolling("value_missing", learningplan_ids=[1]),
    unenrolling("value_missing", user_ids=[7]),
    unenrolling("value_of_wrong_type", user_ids=[7], learningplan_ids=[1], reset_tracks="perhaps"),
    Step("value_missing", "POST", BATCH, {"items": []}),
    Step("too_many_at_once", "POST", BATCH, {"items": [{}] * 1001}),
    Step("date_rejected", "POST", BATCH, {"items": [{}], "synchronization_timestamp": "soon"}),
    # webhooks
    Step("permission_denied", "GET", HOOKS, who=POWER),
    Step("unknown_webhook", "DELETE", f"{HOOKS}/99999"),
    Step("value_missing", "POST", HOOKS, {}),
    Step("value_missing", "POST", HOOKS, {**HOOK, "events": []}),
    Step("value_of_wrong_type", "POST", HOOKS, {**HOOK, "name": 7}),
    Step("value_of_wrong_type", "POST", HOOKS, {**HOOK, "events": "all"}),
    Step("webhook_address_rejected", "POST", HOOKS, {**HOOK, "url": "ftp://hooks.invalid/"}),
    Step("too_many_at_once", "POST", HOOKS, {**HOOK, "events": ["x"] * 9}),
    Step("value_not_a_choice", "POST", HOOKS, {**HOOK, "events": ["x"]}),
    Step("too_many_webhooks", "POST", HOOKS, HOOK),
    # lists
    listing("sorting_rejected", sort_attr="colour"),
    listing("sorting_rejected", sort_dir="sideways"),
    listing("sorting_rejected", MINE, sort_by="colour_asc"),
    listing("page_rejected", page="-1"),
    listing("page_rejected", page_size="0"),
    listing("level_rejected", MINE, level="boss"),
    listing("rating_rejected", MINE, rating="9"),
    listing("visibility_rejected", MINE, with_visibility="dim"),
    listing("value_of_wrong_type", MINE, is_paid="2"),
    listing("cursor_expired", MINE, cursor="none"),
    listing("date_rejected", MINE, updated_from="soon"),
    listing("date_rejected", MINE, **{"field_3[from]": "soon"}),
    # signing in
    listing("client_refused", AUTHORIZE, client_id="nobody"),
    listing("redirect_uri_refused", AUTHORIZE, client_id=CLIENT_ID, redirect_uri="https://elsewhere.invalid/"),
    signing_in("client_refused", "client_credentials", client_secret="wrong"),
    signing_in("sign_in_refused", "password", username=USER, password="wrong"),
    signing_in("sign_in_refused", "refresh_token", refresh_token="used"),
    signing_in("token_request_unreadable", "refresh_token"),
    signing_in("grant_not_allowed", "device_code"),
    signing_in("scope_refused", "client_credentials", scope="everything"),
]

SPEAKERS = {"bad_request": 0, "not_found": 0, "Refusal": 1, "OAuthRefusal": 0}
"""What refuses in the sandbox's source, and which of its arguments is what is heard: of OAuth, the error's name."""
NOT_THE_PLATFORM = ("announcing.py", "by_hand.py", "gear.py", "fault_gear.py", "refusals.py")
"""The sandbox's own controls, which no platform has; and where refusals are made."""


def sites() -> Iterator[tuple[str, re.Pattern[str]]]:
    """Every place in the sandbox's source that refuses, and what is heard then."""
    for path in sorted((ROOT / "src" / "docebo_connect" / "sandbox").glob("*.py")):
        if path.name in NOT_THE_PLATFORM:
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in SPEAKERS:
                for said in _alternatives(call.args[SPEAKERS[call.func.id]]):
                    yield f"{path.name}:{call.lineno}", re.compile(said, re.DOTALL)


def _alternatives(said: ast.expr) -> list[str]:
    """What an expression may say, as regular expressions; a part that is only known later is anything."""
    match said:
        case ast.IfExp():
            return _alternatives(said.body) + _alternatives(said.orelse)
        case ast.JoinedStr():
            return ["".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else ".+" for p in said.values)]
        case ast.Constant():
            return [re.escape(str(said.value))]
        case ast.Name():  # application.py builds the text of a 405 beforehand
            return ["Method Not Allowed.+"]
    raise AssertionError(f"line {said.lineno} refuses in a way that is not understood here")
