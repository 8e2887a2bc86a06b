"""Get enrollments: one page of the list; every additional field of courses has query keys of its own."""

from datetime import date

from connector_runtime.handler import Call, Flow, Inputs, Json, Problem, Problems, UnexpectedOutput

COMBINE = {"id_course", "code_course", "id_learning_plan", "code_learning_plan", "cursor"}  # the platform knows how
KINDS = {"id_course": ("elearning", "classroom", "webinar"), "id_learning_plan": ("learning_plan",)}
IGNORED = "the platform ignored the filter {}: it answered with other rows too, so the whole answer is withheld"


def check(inputs: Inputs) -> Problems:
    """Ranges must not end before they begin, and additional fields must be such as can be sent."""
    for begin, end in (("updated_from", "updated_to"), ("duration_from_seconds", "duration_to_seconds")):
        if begin in inputs and end in inputs and inputs[end] < inputs[begin]:
            yield Problem(end, f"ends before it begins: the range would be from {inputs[begin]} to {inputs[end]}")
    for field, value in inputs.get("course_additional_fields", {}).items():
        try:
            _query(field, value)
        except ValueError as wrong:
            yield Problem(f"course_additional_fields/{field}", str(wrong))


def run(call: Call) -> Flow:
    """One GET. A filter by ID that stands alone binds the rows of its kind; together with others it may not."""
    query = {"language": ",".join(call.inputs["language"])} if "language" in call.inputs else {}
    for field, value in call.inputs.get("course_additional_fields", {}).items():
        query |= _query(field, value)
    response = yield call.request(query=query)
    for key, kinds in KINDS.items():
        rows = response.at("/data/items") if call.inputs.keys() & COMBINE == {key} else None
        for at, row in enumerate(rows if isinstance(rows, list) else []):
            number = str(row.get("id")) if isinstance(row, dict) and row.get("type") in kinds else ""
            if number.isdecimal() and number not in map(str, call.inputs[key]):
                words = IGNORED.format(call.action.input["properties"][key]["title"])
                raise UnexpectedOutput(words, code="filter_ignored", pointer=f"/enrollments/data/items/{at}/id")
    return call.output(response)


def _query(field: str, value: Json) -> dict[str, Json]:
    """The query keys of one additional field. Raises ValueError with what is wrong, in words."""
    if not (field.isascii() and field.isdecimal() and len(field) < 20 and field[0] != "0"):
        raise ValueError("is not the ID of a field; an ID is a whole number, such as 12")
    parts = value if isinstance(value, dict) else dict(enumerate(value if isinstance(value, list) else [value]))
    filled = {key: part for key, part in parts.items() if part not in (None, "")}
    if isinstance(value, list) and not filled:
        raise ValueError("is an empty list, which would match everything; leave the field out instead")
    if "" in filled or any(type(part) not in (str, int) for part in filled.values()):
        raise ValueError('must be the ID of an option, a text, a list of texts, {"from": day} or {attribute: value}')
    if not isinstance(value, dict):
        return {f"field_{field}": list(filled.values()) if isinstance(value, list) else value}
    if filled.keys() - {"from", "to"}:
        return {f"field_{field}$^{attribute}": part for attribute, part in filled.items()}
    try:
        days = {end: date.fromisoformat(str(day)).isoformat() for end, day in filled.items()}
    except ValueError:
        raise ValueError("from and to must be days as ISO 8601, such as 2026-01-31") from None
    if days.get("to", "9") < days.get("from", ""):
        raise ValueError(f"ends before it begins: {days['to']} is before {days['from']}")
    return {f"field_{field}[{end}]": day for end, day in days.items()}
