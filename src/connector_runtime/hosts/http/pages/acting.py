"""Pages on which something is done: the gallery, an action's form with its preview, and the choices of its fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from secrets import token_urlsafe
from typing import Any

from starlette.responses import JSONResponse, RedirectResponse, Response

from connector_runtime.definition import Action
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.hosts.http.home import found_run
from connector_runtime.hosts.http.pages.forms import controls, either_or, filled_in, unplaced
from connector_runtime.hosts.http.pages.results import pills
from connector_runtime.hosts.http.pages.site import HEADERS, Answer, Visit
from connector_runtime.hosts.http.problems import unknown
from connector_runtime.present import http_status
from connector_runtime.run import Plan
from connector_runtime.values import Json, Problem


async def gallery(visit: Visit) -> Response:
    """Everything that can be done, and everything that recipes start from."""
    connector, only = visit.home.connector, visit.caller.key.actions
    actions = [each for each in connector.actions.values() if only is None or each.key in only]
    return visit.page("gallery.html", actions=actions, triggers=list(connector.triggers.values()))


async def form(visit: Visit) -> Response:
    """An action's form, empty or with what an earlier run was given."""
    action, given, connection = _action(visit), {}, "sandbox"
    if earlier := visit.request.query_params.get("from"):
        record = found_run(visit.home, earlier)
        visit.caller.check_connection(record["connection"])
        if record["action"] == action.key and isinstance(record["input"], dict):
            given, connection = record["input"], record["connection"]
    return await shown(visit, action, given, connection)


async def done(visit: Visit) -> Response:
    """A form that was filled in: previewed, run, or given one row more."""
    visit.caller.check("run")
    action = _action(visit)
    posted = await visit.request.form(max_files=0, max_fields=2000)
    told = [(name, str(value)) for name, value in posted.multi_items()]
    given, connection = filled_in(action.input, told), str(posted.get("connection", "sandbox"))
    visit.caller.check_connection(connection)
    if more := str(posted.get("more", "")):
        return await shown(visit, action, _longer(given, more), connection)
    try:
        session = await visit.home.session(connection)
        async with visit.home.turn():
            if posted.get("do") == "preview":
                plan = await session.plan(action.key, given)
                return await shown(visit, action, given, connection, plan=plan)
            record = await session.run(action.key, given, key=str(posted.get("once") or "") or None)
    except InvalidInput as wrong:
        return await shown(visit, action, given, connection, problems=wrong.problems, fix=wrong.fix, status=422)
    except ConnectorError as wrong:
        said = [Problem("", wrong.message)]
        return await shown(visit, action, given, connection, problems=said, fix=wrong.fix, status=http_status(wrong))
    if isinstance(record.failure, InvalidInput):
        problems, fix = record.failure.problems, record.failure.fix
        return await shown(visit, action, given, connection, problems=problems, fix=fix, status=422)
    return RedirectResponse(f"/runs/{record.run_id}", 303, HEADERS)


async def choices(visit: Visit) -> Response:
    """What a field's value can be picked from, with what was filled in before it."""
    action, query = _action(visit), visit.request.query_params
    connection = query.get("connection", "sandbox")
    visit.caller.check_connection(connection)
    session = await visit.home.session(connection)
    given = filled_in(action.input, query.multi_items())
    try:
        async with visit.home.turn():
            found = await session.choices(action.key, query.get("field", ""), given, search=query.get("search", ""))
    except ConnectorError as wrong:  # the value can be typed all the same
        return JSONResponse({"items": [], "more": False, "note": f"{wrong.message} {wrong.fix}"}, headers=HEADERS)
    return JSONResponse(found.document(), headers=HEADERS)


async def shown(
    visit: Visit,
    action: Action,
    given: Mapping[str, Json],
    connection: str,
    *,
    plan: Plan | None = None,
    problems: Sequence[Problem] = (),
    fix: str = "",
    status: int = 200,
) -> Response:
    """An action's page, with what was filled in, and what was wrong with it."""
    made = controls(action.input, given, problems)
    connections = [each for each in visit.home.connections() if visit.caller.sees_connection(each["name"])]
    return visit.page(
        "action.html",
        status,
        action=action,
        controls=made,
        loose=unplaced(problems, made),
        problems=problems,
        fix=fix,
        either_or=either_or(action.input),
        connections=connections,
        connection=connection,
        labels=await _labels(visit, action, given, connection),
        plan=None if plan is None else plan.document(),
        emits=[each.event for each in action.emits],
        sample=pills(action.output, _sample(visit, action)),
        once=token_urlsafe(18),
    )


async def _labels(visit: Visit, action: Action, given: Mapping[str, Json], connection: str) -> Mapping[str, str]:
    """The names of what was picked; none where the platform does not say."""
    if not given:
        return {}
    try:
        session = await visit.home.session(connection)
        return dict(await session.labels(action.key, given))
    except ConnectorError:
        return {}


def _action(visit: Visit) -> Action:
    key = visit.request.path_params["action"]
    action = visit.home.connector.actions.get(key)
    if action is None:
        raise unknown(f"action `{key}`")
    visit.caller.check_action(key)
    return action


def _sample(visit: Visit, action: Action) -> Json:
    return visit.home.connector.case(action.key, action.samples[0]).returns


def _longer(given: dict[str, Json], pointer: str) -> dict[str, Any]:
    """The same with an empty row more."""
    name = pointer.removeprefix("/").partition("/")[0]
    held = given.get(name)
    if isinstance(held, dict):
        return {**given, name: {**held, "": ""}}
    return {**given, name: [*(held if isinstance(held, list) else []), {}]}


ROUTES: list[tuple[str, str, Answer]] = [
    ("GET", "/", gallery),
    ("GET", "/actions/{action}", form),
    ("POST", "/actions/{action}", done),
    ("GET", "/actions/{action}/choices", choices),
]
