"""The table of routes."""

from __future__ import annotations

from starlette.routing import Route

from docebo_connect.sandbox import (
    announcing,
    by_hand,
    course_enrollments,
    enrolling,
    enrolling_in_plans,
    fault_gear,
    gear,
    learning_plan_enrollments,
    my_enrollments,
    oauth,
    picklists,
    registered_webhooks,
    rsvp,
    unenrolling,
    unenrolling_many,
    updating,
    user_session,
)
from docebo_connect.sandbox.endpoints import Endpoint, Handler, endpoint


def _read(path: str, handler: Handler) -> Route:
    return _route("GET", path, endpoint(handler, needs_token=True, writes=False, takes_form=False))


def _write(method: str, path: str, handler: Handler, feature: str | None = None) -> Route:
    return _route(method, path, endpoint(handler, needs_token=True, writes=True, takes_form=False), feature)


def _open(method: str, path: str, handler: Handler, *, takes_form: bool = False) -> Route:
    return _route(method, path, endpoint(handler, needs_token=False, writes=True, takes_form=takes_form))


def _route(method: str, path: str, answered: Endpoint, feature: str | None = None) -> Route:
    """`feature`: what the route belongs to, if it can be switched off; it becomes the route's name."""
    route = Route(path, answered, methods=[method], name=feature)
    route.methods = {method}  # Starlette answers HEAD where it answers GET; this API does not [I]
    return route


ROUTES = (
    _open("GET", "/oauth2/authorize", oauth.authorize),
    _open("POST", "/oauth2/token", oauth.token, takes_form=True),
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
    _read("/course/v1/courses/{course_id}", picklists.course),
    _read("/course/v1/courses/{course_id}/sessions", picklists.sessions),
    _read("/course/v1/sessions/{session_id}", picklists.session),
    _read("/course/v1/sessions/{session_id}/events", picklists.events),
    _write("POST", "/course/v1/events/{event_id}/rsvp/batch", rsvp.update_batch),
    _read("/learningplan/v1/learningplans", picklists.learning_plans),
    _read("/learningplan/v1/learningplans/enrollments", learning_plan_enrollments.get_learning_plan_enrollments),
    _read("/learningplan/v1/learningplans/{id}", picklists.learning_plan),
    _read("/learningplan/v1/learningplans/{id}/courses", picklists.learning_plan_courses),
    _read(
        "/learningplan/v1/learningplans/{id}/courses/enrollments",
        course_enrollments.get_learning_plan_course_enrollments,
    ),
    _write("POST", "/learningplan/v1/learningplans/{id}/enrollments/{user_id}", enrolling_in_plans.enroll_in_plan),
    _read("/manage/v1/user", picklists.users),
    _read("/manage/v1/user/session", user_session.show),
    _read("/manage/v1/user/{user_id}", picklists.user),
    _read("/manage/v1/enrollment_fields", picklists.enrollment_fields),
    _read("/webhook/v1/webhooks", registered_webhooks.list_webhooks),
    _write("POST", "/webhook/v1/webhooks", registered_webhooks.create_webhook),
    _write("DELETE", "/webhook/v1/webhooks/{id}", registered_webhooks.remove_webhook),
    _open("GET", "/sandbox/deliveries", gear.list_deliveries),
    _open("POST", "/sandbox/deliveries", gear.announce),
    _open("POST", "/sandbox/webhooks", gear.subscribe),
    _open("POST", "/sandbox/redirect_uris", gear.register_redirect_uri),
    _open("POST", "/sandbox/jwt_keys", gear.register_jwt_key),
    _open("POST", "/sandbox/reset", gear.reset),
    _open("POST", "/sandbox/complete", by_hand.complete),
    _open("POST", "/sandbox/update", by_hand.update_in_session),
    _open("POST", "/sandbox/unenroll", by_hand.unenroll_from_session),
    _open("POST", "/sandbox/announce", announcing.announce_many),
    _open("GET", "/sandbox/faults", fault_gear.show),
    _open("POST", "/sandbox/faults", fault_gear.begin),
    _open("DELETE", "/sandbox/faults", fault_gear.clear),
)
