"""Get enrollments: one page of the list; every additional field of courses has query keys of its own."""

from datetime import date

from connector_runtime.handler import Call, Flow, Inputs, Json, Problem, Problems


def check(inputs: Inputs) -> Problems:
    """Ranges must not end before they begin, and additional fields must be such as can be sent."""
    begin, end = inputs.get("updated_from"), inputs.get("updated_to")
    if begin and end and end < begin:
        yield Problem("updated_to", f"ends before Updated from begins: {end} is before {begin}")
    least, most = inputs.get("duration_from_seconds", 0), inputs.get("duration_to_seconds")
    if most is not None and most < least:
        yield Problem("duration_to_seconds", f"is less than Duration from seconds: {most} is less than {least}")
    for field, value in inputs.get("course_additional_fields", {}).items():
        try:
            _query(field, value)
        except ValueError as wrong:
            yield Problem(f"course_additional_fields/{field}", str(wrong))


def run(call: Call) -> Flow:
    """One GET. Languages leave as one text, the additional fields under their own keys."""
    query = {"language": ",".join(call.inputs["language"])} if "language" in call.inputs else {}
    for field, value in call.inputs.get("course_additional_fields", {}).items():
        query |= _query(field, value)
    response = yield call.request(query=query)
    return call.output(response)


def _query(field: str, value: Json) -> dict[str, Json]:
    """The query keys of one additional field. Raises ValueError with what is wrong, in words."""
    if not (field.isascii() and field.isdecimal() and len(field) < 20 and field[0] != "0"):
        raise ValueError("is not the ID of a field; an ID is a whole number, such as 12")
    listed = value if isinstance(value, list) else [value]
    parts: dict[Json, Json] = value if isinstance(value, dict) else dict(enumerate(listed))
    filled = {key: part for key, part in parts.items() if part not in (None, "")}
    if isinstance(value, list) and not filled:
        raise ValueError("is an empty list, which would match everything; leave the field out instead")
    if "" in filled or any(type(part) not in (str, int) for part in filled.values()):
        raise ValueError('must be the ID of an option, a text, a list of texts, {"from": day} or {attribute: value}')
    if isinstance(value, list):
        return {f"field_{field}": list(filled.values())}
    if not isinstance(value, dict):
        return {f"field_{field}": part for part in filled.values()}
    if filled.keys() <= {"from", "to"}:
        return {f"field_{field}[{end}]": day for end, day in _days(filled).items()}
    return {f"field_{field}$^{attribute}": part for attribute, part in filled.items()}


def _days(given: dict[str, Json]) -> dict[str, str]:
    """Both ends of a range as ISO 8601 days, which compare as text."""
    try:
        days = {end: date.fromisoformat(str(day)).isoformat() for end, day in given.items()}
    except ValueError:
        raise ValueError("from and to must be days as ISO 8601, such as 2026-01-31") from None
    if days.get("to", "9") < days.get("from", ""):
        raise ValueError(f"ends before it begins: {days['to']} is before {days['from']}")
    return days
