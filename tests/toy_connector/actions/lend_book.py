"""Lend a book: a look for the member where only the address is known, then one POST."""

from connector_runtime.handler import Call, Flow, Inputs, Problem, Problems, Refused


def check(inputs: Inputs) -> Problems:
    """A book is fetched before it is due."""
    due, pick_up = inputs.get("due_at"), inputs.get("pick_up")
    if due and pick_up and due.date().isoformat() < pick_up:
        yield Problem("pick_up", f"is after the book is due: {pick_up}")


def run(call: Call) -> Flow:
    """A book that somebody has comes back as a 2xx without a loan."""
    member = call.inputs.get("member_id")
    if member is None:
        found = yield call.read("/members", {"email": call.inputs["member_email"]})
        member = found.at("/result/0/id")
        if member is None:
            raise Refused(found, "the library has no member with this address", code="unknown_member")
    response = yield call.request(body={"member": member})
    if response.at("/result/loan") is None and response.at("/result/reason"):
        raise Refused(response, response.at("/result/reason"))
    return call.output(response)


def applied(call: Call) -> Flow:
    """A book that is not among the member's loans was not lent. One that is may have been before: it has no date."""
    member = call.inputs.get("member_id")
    if member is None:
        return None
    response = yield call.read("/loans", {"member": [member], "per_page": 50})
    rows = call.rows(response, "/result/loans", {"member_id": member}, more="/result/paging/more")
    if rows is None:
        return None
    return None if call.inputs["book_code"] in [row.get("book_code") for row in rows] else False
