"""Create webhook: one POST; after a lost answer it is looked for by its name."""

from connector_runtime.handler import Call, Flow, UnknownOutcome, truth

LIST = "/webhook/v1/webhooks"


def run(call: Call) -> Flow:
    """An answer without a number may be that of a platform that made nothing."""
    response = yield call.request()
    if response.at("/data/id") is None:
        raise UnknownOutcome("the platform accepted the request, but does not say which webhook it made")
    return call.output(response)


def applied(call: Call) -> Flow:
    """Nobody else uses its name: what has it was made by this run."""
    response = yield call.read(LIST, {"page_size": 200})
    rows = response.at("/data/items")
    if not isinstance(rows, list) or truth(response.at("/data/has_more_data")):
        return None
    for row in rows:
        if isinstance(row, dict) and row.get("name") == call.inputs["name"]:
            return call.found({"id": row.get("id")})
    return False
