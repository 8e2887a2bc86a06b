"""Pages on which something is done: the gallery, an action's form with its preview, and the choices of its fields."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from secrets import token_urlsafe
from typing import Any

from starlette.datastructures import FormData, QueryParams
from starlette.responses import JSONResponse, RedirectResponse, Response

from connector_runtime.definition import Action
from connector_runtime.errors import ConnectorError, InvalidInput
from connector_runtime.hosts.http.pages.asking import Filled, in_words, labels, listed, own_fields
from connector_runtime.hosts.http.pages.filling import PICKED, chosen_beside, filled_in
from connector_runtime.hosts.http.pages.forms import by_place, controls, either_or, unplaced
from connector_runtime.hosts.http.pages.meaning import FIX, Meant, by_control, meant, unread
from connector_runtime.hosts.http.pages.own import with_own
from connector_runtime.hosts.http.pages.picking import Listed, field_of, with_needs
from connector_runtime.hosts.http.pages.results import pills
from connector_runtime.hosts.http.pages.site import HEADERS, Page, Visit
from connector_runtime.hosts.http.problems import Declined, status_of, unknown
from connector_runtime.hosts.http.seen import check_there, connections_of, run_of
from connector_runtime.hosts.session import Session
from connector_runtime.run import Plan
from connector_runtime.values import Json, Problem, steps

Sent = FormData | QueryParams

AGAIN = ("more", "list", "fresh", "fields")
"""What only shows the form again, with something more at the control it names: an empty row, a field's list, the
platform's own fields, read anew or not.
"""

SEARCH = "~search"
"""Ends the name of what a list of several values is searched for, without scripts."""


async def gallery(visit: Visit) -> Response:
    """Everything that can be done, and everything that recipes start from, as far as it is looked for."""
    connector, only = visit.home.connector, visit.caller.key.actions
    search = visit.request.query_params.get("search", "").strip()
    actions = [each for each in connector.actions.values() if only is None or each.key in only]
    actions = [each for each in actions if _fits(search, each.title, each.summary, each.kind)]
    triggers = [each for each in connector.triggers.values() if _fits(search, each.title, each.summary, each.event)]
    return visit.page("gallery.html", actions=actions, triggers=triggers, search=search)


async def form(visit: Visit) -> Response:
    """An action's form, empty or with what an earlier run was given."""
    action = _action(visit)
    if earlier := visit.request.query_params.get("from"):
        record = run_of(visit.home, visit.caller, earlier)
        if record["action"] == action.key and isinstance(record["input"], dict):
            filled = Filled(action, record["connection"], record["input"])
            problems = list(_wrong_with(record))
            return await shown(visit, filled, problems=problems, fix=record["error"]["fix"] if problems else "")
    return await shown(visit, Filled(action, "sandbox"))


async def done(visit: Visit) -> Response:
    """A form that was filled in: previewed, run, or shown again with something more."""
    action = _action(visit)
    posted = await visit.request.form(max_files=0, max_fields=2000)
    filled = _filled(action, posted)
    check_there(visit.home, visit.caller, filled.connection)
    asked = [name for name in AGAIN if posted.get(name)]
    visit.looks = bool(asked) or posted.get("do") != "run"
    if asked:
        return await _again(visit, filled, asked[0], str(posted[asked[0]]), posted)
    try:
        visit.caller.check("run")
    except Declined as wrong:
        return await shown(visit, filled, problems=[Problem("", wrong.message)], fix=wrong.fix, status=wrong.status)
    found = Meant(filled)
    try:
        found = await meant(visit, filled, _picked(posted))
        return await _done(visit, found, str(posted.get("do", "")), str(posted.get("once") or "") or None)
    except InvalidInput as wrong:
        return await shown(visit, found.filled, found=found, problems=wrong.problems, fix=wrong.fix, status=422)
    except ConnectorError as wrong:
        status = status_of(wrong)
        return await shown(visit, found.filled, found=found, problems=[_said(wrong)], fix=wrong.fix, status=status)


async def _done(visit: Visit, found: Meant, do: str, once: str | None) -> Response:
    """A form whose words are understood, previewed or run. It is run when that is asked for alone, and only where
    everybody to whom something is done was named or shown.
    """
    key, given = found.filled.action.key, found.filled.given
    if do == "run" and found.entries and not found.sure and not found.problems:
        return await shown(visit, found.filled, found=found, confirm=True)
    async with visit.home.turn():
        session = await visit.home.session(found.filled.connection)
        if found.problems:
            raise InvalidInput(unread(found, await _wrong_beside(session, key, given)), fix=FIX)
        plan = await session.plan(key, given) if do != "run" else None
        record = await session.run(key, given, key=once) if plan is None else None
    if record is None:  # what the page looks up takes a turn of its own
        return await shown(visit, found.filled, found=found, plan=plan)
    if isinstance(record.failure, InvalidInput):
        raise record.failure
    return RedirectResponse(f"/runs/{record.run_id}", 303, HEADERS)


async def _wrong_beside(session: Session, key: str, given: Mapping[str, Json]) -> Sequence[Problem]:
    """What else is wrong with a form, so that everything is said at once."""
    try:
        await session.plan(key, given)
    except InvalidInput as wrong:
        return wrong.problems
    except ConnectorError:  # what the platform says against it is heard when the words are right
        pass
    return []


async def choices(visit: Visit) -> Response:
    """What a field's value can be picked from, with what was filled in before it."""
    query = visit.request.query_params
    filled = _filled(_action(visit), query)
    check_there(visit.home, visit.caller, filled.connection)
    key, field = filled.action.key, field_of(query.get("field", ""))
    try:
        async with visit.home.turn():
            session = await visit.home.session(filled.connection)
            found = await session.choices(key, field, filled.all, search=query.get("search", ""))
    except ConnectorError as wrong:  # the value can be typed all the same
        return JSONResponse({"items": [], "more": False, "note": in_words(wrong)}, headers=HEADERS)
    return JSONResponse(found.document(), headers=HEADERS)


async def _again(visit: Visit, filled: Filled, what: str, name: str, posted: FormData) -> Response:
    """The form as it was filled in, with what was asked for at one of its controls."""
    if what == "more":
        return await shown(visit, replace(filled, given=_longer(dict(filled.given), name)))
    if what == "list":
        words = str(posted.get(name + SEARCH) or "").strip() or _words(posted.get(name))
        return await shown(visit, filled, lists={name: await listed(visit, filled, name, words)})
    found = await meant(visit, filled)  # which fields there are may depend on what was meant
    return await shown(visit, filled, fields_of=found.filled, fields=what, at=name)


async def shown(
    visit: Visit,
    filled: Filled,
    *,
    plan: Plan | None = None,
    problems: Sequence[Problem] = (),
    fix: str = "",
    status: int = 200,
    lists: Mapping[str, Listed] | None = None,
    found: Meant | None = None,
    confirm: bool = False,
    fields: str = "",
    fields_of: Filled | None = None,
    at: str = "",
) -> Response:
    """An action's page, with what was filled in, and what was wrong with it.

    `lists` are to be shown at their controls, and so is what was `found` for words; `confirm`: nothing was run, as
    somebody is to look at that first. `fields` says that the platform's own fields were asked for, `fresh` or not,
    for what is filled in or else `fields_of`, and `at` at which control.
    """
    action, found = filled.action, found or Meant(filled)
    asked = own_fields(visit, fields_of or filled, fresh=fields == "fresh", asked=bool(fields))
    own, names = await asyncio.gather(asked, labels(visit, filled))
    made = with_own(controls(action.input, filled.given, problems), action, filled.given, by_place(problems), own)
    made = with_needs(made, visit.home.connector, action, filled.beside)
    return visit.page(
        "action.html",
        status,
        action=action,
        controls=made,
        wrong=[each for control in made for each in control.all if each.problems],
        loose=unplaced(problems, made),
        problems=problems,
        fix=fix,
        either_or=either_or(action.input),
        connections=connections_of(visit.home, visit.caller),
        connection=filled.connection,
        labels=names,
        lists=lists or {},
        offered=by_control(found.lists, made),
        entries=by_control(found.entries, made),
        confirm=list(found.entries.values()) if confirm else [],
        may_run="run" in visit.caller.key.scopes,
        renewed=at,
        plan=None if plan is None else plan.document(),
        emits=[each.event for each in action.emits],
        sample=pills(action.output, _sample(visit, action)),
        once=token_urlsafe(18),
    )


def _filled(action: Action, sent: Sent) -> Filled:
    told = [(name, str(value)) for name, value in sent.multi_items()]
    connection = str(sent.get("connection", "sandbox"))
    return Filled(action, connection, filled_in(action.input, told), chosen_beside(action.input, told))


def _fits(search: str, *texts: str) -> bool:
    words = " ".join(texts).casefold()
    return all(word in words for word in search.casefold().split())


def _picked(posted: FormData) -> dict[str, set[str]]:
    picked: dict[str, set[str]] = {}
    for name, value in posted.multi_items():
        if name.endswith(PICKED) and value:
            picked.setdefault(name.removesuffix(PICKED), set()).add(str(value))
    return picked


def _wrong_with(record: Mapping[str, Any]) -> Iterator[Problem]:
    """What was wrong with an earlier run's input, at the fields that it was about."""
    error = record["error"] or {}
    for each in error.get("problems") or []:
        yield Problem(each["field"], each["message"], each["title"], each["pointer"])
    if error.get("pointer") and not error.get("problems"):
        yield Problem("", error["message"], "", error["pointer"])


def _said(wrong: ConnectorError) -> Problem:
    return Problem("", wrong.message)


def _words(typed: object) -> str:
    """What to search a list for; an ID that was typed finds nothing by its digits."""
    words = str(typed or "").strip()
    return "" if words.isdecimal() or "\n" in words else words


def _action(visit: Visit) -> Action:
    key = visit.request.path_params["action"]
    action = visit.home.connector.actions.get(key)
    if action is None:
        raise unknown(f"action `{key}`")
    visit.caller.check_action(key)
    return action


def _sample(visit: Visit, action: Action) -> Json:
    return visit.home.connector.case(action.key, action.samples[0]).returns


def _longer(given: Mapping[str, Json], pointer: str) -> dict[str, Any]:
    """The same with an empty row, or pair, more at a control."""
    first, *rest = steps(pointer) or ("",)
    return {**given, first: _grown(given.get(first), rest)}


def _grown(held: Json, path: Sequence[str]) -> Json:
    if not path:
        return {**held, "": ""} if isinstance(held, dict) else [*(held if isinstance(held, list) else []), {}]
    if isinstance(held, dict):
        return {**held, path[0]: _grown(held.get(path[0]), path[1:])}
    return held


ROUTES: list[Page] = [
    ("GET", "/", "read", gallery),
    ("GET", "/actions/{action}", "read", form),
    ("POST", "/actions/{action}", "read", done),
    ("GET", "/actions/{action}/choices", "read", choices),
]
