"""Unenroll user from learning plan: one DELETE; when the courses go too, a look first at which they are."""

from connector_runtime.handler import Call, Flow, Json, Refused, Unauthorized, UnexpectedOutput, truth

WITH_COURSES = "unenroll_the_user_from_learning_plan_courses"
COURSE_EVENT = "course.enrollment.deleted"
LIST, ITEMS, MORE = "/learningplan/v1/learningplans/enrollments", "/data/items", "/data/has_more_data"
COURSES = "/learningplan/v1/learningplans/{learning_plan_id}/courses/enrollments"
PAGE_SIZE = 200  # the platform's own limit [S17]
PAGES = 10  # more rows than a plan has courses: the filter is ignored, and every call counts against the limit


def run(call: Call) -> Flow:
    """A failed unenrollment comes as a 2xx in which nobody is unenrolled."""
    if call.inputs.get(WITH_COURSES):
        yield from _expect_course_events(call)
    response = yield call.request()
    user = call.inputs["user_id"]
    call.demand(response, "/data/un_enrolled", reasons="/data/errors", names={"user_id": user, "id_user": user})
    return call.output(response)


def applied(call: Call) -> Flow:
    """Who is not on the plan's list is not in the plan."""
    user, plan = call.inputs["user_id"], call.inputs["learning_plan_id"]
    response = yield call.read(LIST, {"user_id": [user], "learning_plan_id": [plan]})
    rows = call.rows(response, ITEMS, {"user_id": user, "learning_plan_id": plan}, more=MORE)
    if rows == []:
        call.warn("", "the user is not in the plan; that they were before, the lost answer would have told")
    return None if rows is None else not rows and call.found({"un_enrolled": [user]})


def _expect_course_events(call: Call) -> Flow:
    """One event for each course; where the look fails for good, an unknown number of them."""
    user = {"user_id": call.inputs["user_id"]}
    try:
        courses = yield from _courses(call)
    except Unauthorized:
        raise  # nothing was sent, and nothing else would be accepted
    except (Refused, UnexpectedOutput) as unseen:
        call.expect(COURSE_EVENT, user, at_least=1)
        call.warn("", f"the events of the courses are not counted, as the look at the courses failed: {unseen}")
        return
    if not courses:
        call.expect(COURSE_EVENT, user, exactly=0)
    for course_id in courses:
        call.expect(COURSE_EVENT, user | {"course_id": course_id}, exactly=1)


def _courses(call: Call) -> Flow:
    """The IDs of the plan's courses that the user is in. A platform may ignore the filter, so rows are looked at."""
    found: set[int] = set()
    for page in range(1, PAGES + 1):
        query: dict[str, Json] = {"user_id": [call.inputs["user_id"]], "page": page, "page_size": PAGE_SIZE}
        response = yield call.read(COURSES, query)
        try:
            pairs = [(int(row["user_id"]), int(row["course_id"])) for row in response.json["data"]["items"]]
        except (KeyError, TypeError, ValueError) as wrong:
            raise UnexpectedOutput("the list of the user's courses cannot be read") from wrong
        found |= {course_id for user_id, course_id in pairs if user_id == call.inputs["user_id"]}
        if truth(response.at("/data/has_more_data")) is False:
            return sorted(found)
    raise UnexpectedOutput(f"the list of the user's courses has no end after {PAGES} pages")
