"""Unenroll user from course: one DELETE, under the article's path or the one that other sources have."""

from connector_runtime.handler import Call, Flow, NotFound, Refused, UnknownOutcome, truth

LIST = "/course/v1/courses/enrollments"
ITEMS, MORE = "/data/items", "/data/has_more_data"

PLURAL = "/learn/v1/enrollments/{course_id}/{user_id}"
"""Every source but the article has this path [D S17, O]; some platforms know no other."""


def run(call: Call) -> Flow:
    """Where the platform has no singular route, nothing has happened yet: the plural one is sent."""
    try:
        response = yield call.request()
    except NotFound as refusal:
        if refusal.from_api:  # the API itself answered: not enrolled
            raise
        response = yield call.request(path=PLURAL)
    reasons = response.at("/data/errors") or response.at("/message")
    if not response.at("/data/deleted_enrollment") and response.content:
        if reasons or truth(response.at("/data/success")) is False or truth(response.at("/success")) is False:
            raise Refused(response, reasons)
        raise UnknownOutcome("the platform accepted the request, but does not say which enrollment it removed")
    return call.output(response)


def applied(call: Call) -> Flow:
    """Who is on the list was not taken out. Who is not may never have been there: the list does not say."""
    user, course = call.inputs["user_id"], call.inputs["course_id"]
    response = yield call.read(LIST, {"user_id": [user], "course_id": [course]})
    rows = call.rows(response, ITEMS, {"user_id": user, "course_id": course}, more=MORE)
    if rows == []:
        call.warn("", "the user is not enrolled now; whether by this run, the lost answer would have told")
    return False if rows else None
