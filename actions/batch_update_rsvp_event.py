"""Batch update RSVP event: one POST; the answer has a result for each row."""

from connector_runtime.handler import Call, Flow, Inputs, Json, Problem, Problems, Refused, UnknownOutcome, truth

REASONS = 20  # as many reasons as somebody reads; the rest is counted


def check(inputs: Inputs) -> Problems:
    """One user has one answer: the order in which the platform would apply two is unknown."""
    seen: dict[tuple[str, Json], int] = {}
    for index, item in enumerate(inputs.get("items", [])):
        for key in ("user_id", "user_email"):
            if key in item:
                first = seen.setdefault((key, str(item[key]).casefold()), index)
                if first != index:
                    yield Problem(f"items/{index}/{key}", f"names the same user as row {first + 1}; name each once")


def run(call: Call) -> Flow:
    """Rows fail one by one: some are warnings, all of them are a refusal."""
    response = yield call.request()
    told, items = response.at("/data"), call.inputs["items"]
    rows = told if isinstance(told, list) else []
    results = [truth(row.get("success")) if isinstance(row, dict) else None for row in rows]
    if True not in results:
        if None in results or len(results) < len(items):
            raise UnknownOutcome("the platform accepted the request, but does not say what became of each row")
        raise Refused(response, _reasons(items, rows), code="all_rows_failed")
    for at, result in enumerate(results):
        if not result:
            verdict = "was not recorded" if result is False else "may not have been recorded"
            call.warn(f"/data/{at}", f"{_named(items, rows[at])} {verdict}: {_reason(rows[at])}")
    if len(rows) < len(items):
        call.warn("/data", f"the platform says nothing about {len(items) - len(rows)} of {len(items)} rows")
    return call.output(response)


def applied(call: Call) -> Flow:
    """No list of the platform's is known that has the answers, so it cannot be told."""
    yield from ()
    return None


def _reasons(items: list[Json], rows: list[Json]) -> str:
    more = [f"and {len(rows) - REASONS} more"] if len(rows) > REASONS else []
    return "; ".join([*(f"{_named(items, row)}: {_reason(row)}" for row in rows[:REASONS]), *more])


def _named(items: list[Json], row: Json) -> str:
    """`row 2 (user 9)`, as the form counts them."""
    try:
        index = int(row["row_index"])
        item = dict(enumerate(items))[index]
    except (KeyError, TypeError, ValueError):
        return "a row"
    return f"row {index + 1} (user {item.get('user_id') or item.get('user_email')})"


def _reason(row: Json) -> str:
    return str((isinstance(row, dict) and row.get("message")) or "the platform gave no reason")
