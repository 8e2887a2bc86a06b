"""Remove webhook: one DELETE; after a lost answer it is looked for on the list."""

from connector_runtime.handler import Call, Flow, truth

LIST = "/webhook/v1/webhooks"


def run(call: Call) -> Flow:
    """An answer without content does not say what was done, and is looked up."""
    response = yield call.request()
    return call.output(response)


def applied(call: Call) -> Flow:
    """What is not on the list is gone. That it was there, whoever removes it has just seen."""
    response = yield call.read(LIST, {"page_size": 200})
    rows = response.at("/data/items")
    if not isinstance(rows, list) or truth(response.at("/data/has_more_data")):
        return None
    number = call.inputs["id"]
    gone = all(isinstance(row, dict) and str(row.get("id")) != str(number) for row in rows)
    return gone and call.found({"id": number})
