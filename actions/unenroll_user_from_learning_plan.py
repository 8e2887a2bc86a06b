"""Unenroll user from learning plan: one DELETE; when the courses go too, a look first at which they are."""

from connector_runtime.handler import Call, Flow, Refused, Unauthorized, UnexpectedOutput, truth

WITH_COURSES, COURSE_EVENT = "unenroll_the_user_from_learning_plan_courses", "course.enrollment.deleted"
LIST, ITEMS, MORE = "/learningplan/v1/learningplans/enrollments", "/data/items", "/data/has_more_data"
COURSES = "/learningplan/v1/learningplans/{learning_plan_id}/courses/enrollments"
PAGE_SIZE, PAGES = 200, 10  # the platform's limit [S17]; more rows than a plan has courses: the filter is ignored


def run(call: Call) -> Flow:
    """A failed unenrollment comes as a 2xx in which nobody is unenrolled."""
    if call.inputs.get(WITH_COURSES):
        yield from _expect_course_events(call)
    response = yield call.request()
    user = call.inputs["user_id"]
    call.demand(response, "/data/un_enrolled", reasons="/data/errors", names={"user_id": user, "id_user": user})
    return call.output(response)


def applied(call: Call) -> Flow:
    """Who is on the list was not taken out. Who is not may never have been there: the list does not say."""
    user, plan = call.inputs["user_id"], call.inputs["learning_plan_id"]
    response = yield call.read(LIST, {"user_id": [user], "learning_plan_id": [plan]})
    rows = call.rows(response, ITEMS, {"user_id": user, "learning_plan_id": plan}, more=MORE)
    if rows == []:
        call.warn("", "the user is not in the plan now; whether by this run, the lost answer would have told")
    return False if rows else None


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
        response = yield call.read(COURSES, {"user_id": [call.inputs["user_id"]], "page": page, "page_size": PAGE_SIZE})
        try:
            pairs = [(int(row["user_id"]), int(row["course_id"])) for row in response.json["data"]["items"]]
        except (KeyError, TypeError, ValueError) as wrong:
            raise UnexpectedOutput("the list of the user's courses cannot be read") from wrong
        found |= {course_id for user_id, course_id in pairs if user_id == call.inputs["user_id"]}
        if truth(response.at(MORE)) is False:
            return sorted(found)
    raise UnexpectedOutput(f"the list of the user's courses has no end after {PAGES} pages")
