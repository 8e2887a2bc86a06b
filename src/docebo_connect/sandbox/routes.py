"""The table of routes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from docebo_connect.sandbox import (
    course_enrollments,
    enrolling,
    enrolling_in_plans,
    gear,
    learning_plan_enrollments,
    my_enrollments,
    oauth,
    picklists,
    rsvp,
    unenrolling,
    unenrolling_many,
    updating,
)
from docebo_connect.sandbox.exchange import Exchange, Reply


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path; `{…}` stands for one segment. `feature`: what it belongs to, if it can be switched off."""

    method: str
    template: str
    handler: Callable[[Exchange], Reply]
    needs_token: bool = True
    writes: bool = False
    feature: str | None = None


def _read(template: str, handler: Callable[[Exchange], Reply]) -> Route:
    return Route("GET", template, handler)


def _write(method: str, template: str, handler: Callable[[Exchange], Reply], feature: str | None = None) -> Route:
    return Route(method, template, handler, writes=True, feature=feature)


def _open(method: str, template: str, handler: Callable[[Exchange], Reply]) -> Route:
    return Route(method, template, handler, needs_token=False, writes=True)


ROUTES = (
    _open("GET", "/oauth2/authorize", oauth.authorize),
    _open("POST", "/oauth2/token", oauth.token),
    _read("/learn/v1/enrollments", my_enrollments.get_enrollments),
    _write("POST", "/learn/v1/enrollments", enrolling.enroll_many),
    _write("DELETE", "/learn/v1/enrollments", unenrolling_many.unenroll_many),
    _read("/learn/v1/enrollments/{course_id}/{user_id}", my_enrollments.get_enrollment),
    _write("POST", "/learn/v1/enrollments/{course_id}/{user_id}", enrolling.enroll_one),
    _write("PUT", "/learn/v1/enrollments/{course_id}/{user_id}", updating.update_one),
    _write("DELETE", "/learn/v1/enrollments/{course_id}/{user_id}", unenrolling.unenroll_one),
    _write("DELETE", "/learn/v1/enrollment/{course_id}/{user_id}", unenrolling.unenroll_one, "singular_delete"),
    _read("/learn/v1/courses/field", picklists.course_fields),
    _read("/course/v1/courses", picklists.courses),
    _read("/course/v1/courses/enrollments", course_enrollments.get_course_enrollments),
    _read("/course/v1/courses/{course_id}/sessions", picklists.sessions),
    _read("/course/v1/sessions/{session_id}/events", picklists.events),
    _write("POST", "/course/v1/events/{event_id}/rsvp/batch", rsvp.update_batch),
    _read("/learningplan/v1/learningplans", picklists.learning_plans),
    _read("/learningplan/v1/learningplans/enrollments", learning_plan_enrollments.get_learning_plan_enrollments),
    _read("/learningplan/v1/learningplans/{id}/courses", picklists.learning_plan_courses),
    _read(
        "/learningplan/v1/learningplans/{id}/courses/enrollments",
        course_enrollments.get_learning_plan_course_enrollments,
    ),
    _write("POST", "/learningplan/v1/learningplans/{id}/enrollments/{user_id}", enrolling_in_plans.enroll_in_plan),
    _read("/manage/v1/user", picklists.users),
    _read("/manage/v1/enrollment_fields", picklists.enrollment_fields),
    _open("GET", "/sandbox/deliveries", gear.list_deliveries),
    _open("POST", "/sandbox/deliveries", gear.announce),
    _open("POST", "/sandbox/webhooks", gear.subscribe),
    _open("POST", "/sandbox/redirect_uris", gear.register_redirect_uri),
    _open("POST", "/sandbox/jwt_keys", gear.register_jwt_key),
    _open("POST", "/sandbox/reset", gear.reset),
)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(r"\A" + re.sub(r"\{\w+\}", "([^/]+)", template) + r"\Z")


def _on(path: str, without: frozenset[str]) -> Iterator[tuple[Route, tuple[str, ...]]]:
    for route in ROUTES:
        if route.feature not in without and (match := _pattern(route.template).match(path)):
            yield route, match.groups()


def find(method: str, path: str, without: frozenset[str]) -> tuple[Route, tuple[str, ...]] | None:
    """The route of a request and the segments that stand for its `{…}`."""
    for route, segments in _on(path, without):
        if route.method == method:
            return route, segments
    return None


def methods_of(path: str, without: frozenset[str]) -> list[str]:
    """The methods a path takes; none where it is no route."""
    return [route.method for route, _ in _on(path, without)]
