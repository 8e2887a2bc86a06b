"""Pages on which something is done: an action's form with its preview, and the choices of its fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from starlette.datastructures import FormData
from starlette.responses import JSONResponse, RedirectResponse, Response

from connector_runtime.definition import Action
from connector_runtime.errors import Conflict, ConnectorError, InvalidInput
from connector_runtime.hosts.directories import SANDBOX
from connector_runtime.hosts.http.pages.asking import NOWHERE, Filled, in_words, listed
from connector_runtime.hosts.http.pages.checking import checked
from connector_runtime.hosts.http.pages.drawing import HEADERS
from connector_runtime.hosts.http.pages.filling import BESIDE, renamed
from connector_runtime.hosts.http.pages.meaning import FIX, Meant, meant, narrowed, unread
from connector_runtime.hosts.http.pages.picking import Listed, field_of
from connector_runtime.hosts.http.pages.posted import Posted, longer, reaching, read_form, words_to_search
from connector_runtime.hosts.http.pages.searching import searched
from connector_runtime.hosts.http.pages.showing import declined, in_short, platforms_of, shown, unconnected
from connector_runtime.hosts.http.pages.visit import Again, Answer, Page, Visit
from connector_runtime.hosts.http.pages.whose import Shown
from connector_runtime.hosts.http.problems import Declined, status_of, unknown
from connector_runtime.hosts.http.seen import check_there, run_of
from connector_runtime.hosts.session import Session
from connector_runtime.values import Json, Problem, pointer_to

AGAIN = ("more", "list", "fresh", "fields")
"""What only shows the form again, with something more at the control it names: an empty row, a field's list, the
platform's own fields, read anew or not.
"""

MOST_FIELDS = 4000
"""Of a form that is sent, with what it holds without showing it."""

RAN = "This form was run already, with something else filled in. What stands in it now was not run."
RUN_AGAIN = "Look at that run first. To run once more, with what stands here now, press the button again."


async def form(visit: Visit) -> Response:
    """An action's form, empty or with what an earlier run was given."""
    action, platforms = _action(visit), platforms_of(visit)
    if earlier := visit.request.query_params.get("from"):
        record = run_of(visit.home, visit.caller, earlier)
        if record["action"] == action.key and isinstance(record["input"], dict):
            name = record["connection"]
            picked_on = name if name == SANDBOX else record["platform"] or platforms.get(name, "")
            known = {pointer_to([key]): frozenset({Shown("", picked_on)}) for key in record["input"]}
            filled = Filled(action, name, record["input"], platform=platforms.get(name, ""), known=known)
            filled = replace(filled, if_already=record["if_already"])
            problems = list(_wrong_with(record))
            fix = record["error"]["fix"] if problems else ""
            if name not in platforms:
                return await unconnected(visit, filled, problems, fix)
            return await shown(visit, filled, problems=problems, fix=fix)
    name = SANDBOX if SANDBOX in platforms else next(iter(platforms)) if len(platforms) == 1 else ""
    return await shown(visit, Filled(action, name, platform=platforms.get(name, "")))


async def done(visit: Visit) -> Response:
    """A form that was filled in: previewed, run, or shown again with something more."""
    action = _action(visit)
    sent = await visit.request.form(max_files=0, max_fields=MOST_FIELDS)
    asked = [name for name in AGAIN if sent.get(name)]
    visit.looks = bool(asked) or sent.get("do") != "run"
    platforms = platforms_of(visit)
    posted = read_form(visit.home.connector, action, sent, platforms, adds=not asked)
    filled = posted.filled
    if filled.connection not in platforms:
        return await unconnected(visit, filled, posted.against)
    found = Meant(filled)
    try:
        if asked:
            return await _again(visit, posted, asked[0], str(sent[asked[0]]), sent)
        visit.caller.check("run")
        do = str(sent.get("do", ""))
        found = await _meant(visit, posted)
        return await _done(visit, found, do, str(sent.get("once") or "") or None)
    except Declined as wrong:
        return await declined(visit, found.open, wrong)
    except InvalidInput as wrong:
        return await shown(visit, found.open, found=found, problems=wrong.problems, fix=wrong.fix, status=422)
    except Conflict as wrong:
        said = [Problem("", RAN)] if wrong.run_id else [in_short(wrong)]
        fix = RUN_AGAIN if wrong.run_id else wrong.fix
        return await shown(visit, found.open, found=found, problems=said, fix=fix, status=409, ran=wrong.run_id or "")
    except ConnectorError as wrong:
        status = status_of(wrong)
        return await shown(visit, found.open, found=found, problems=[in_short(wrong)], fix=wrong.fix, status=status)


async def too_many(visit: Visit, wrong: Declined) -> Response:
    """A form that was sent while no more is answered: it comes back, without a word from the platform."""
    sent = await visit.request.form(max_files=0, max_fields=MOST_FIELDS)
    filled = read_form(visit.home.connector, _action(visit), sent, platforms_of(visit), adds=False).filled
    return await declined(visit, filled, wrong, alone=True)


async def _meant(visit: Visit, posted: Posted) -> Meant:
    """What a form means, and what is to be said of it. Where something will be written, be it after a preview, lists
    are read anew.
    """
    writes = posted.filled.action.kind != "read"
    against = [each.pointer for each in posted.against]
    found = await meant(visit, posted.filled, posted.picked, fresh=writes, unclear=against)
    others = [each for each in found.problems if each.pointer not in against]
    offered = {**await _again_offered(visit, posted), **found.lists}
    found = replace(found, problems=[*posted.against, *others], lists=offered)
    return await checked(visit, found, fresh=writes)


async def _done(visit: Visit, found: Meant, do: str, once: str | None) -> Response:
    """A form whose words are understood, previewed or run. It is run when that is asked for alone, and only where
    everybody to whom something is done was named or shown.
    """
    key, given = found.filled.action.key, found.filled.given
    confirm = do == "run" and bool(found.entries) and not found.sure and not found.problems
    async with visit.home.turn():
        session = await visit.home.session(found.filled.connection)
        if found.problems:
            raise InvalidInput(unread(found, await _wrong_beside(session, key, given)), fix=FIX)
        if confirm and (wrong := await _wrong_beside(session, key, given)):
            raise InvalidInput(wrong)
        plan = await session.plan(key, given) if do != "run" else None
        record = None
        if plan is None and not confirm:
            record = await session.run(key, given, key=once, if_already=found.filled.if_already)
    if record is None:  # what the page looks up takes a turn of its own
        return await shown(visit, found.filled, found=found, plan=plan, confirm=confirm)
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
    filled = read_form(visit.home.connector, _action(visit), query, platforms_of(visit), adds=False).filled
    if not filled.connection:
        return JSONResponse(_nothing(NOWHERE), headers=HEADERS)
    check_there(visit.home, visit.caller, filled.connection)
    field = field_of(query.get("field", ""))
    try:
        filled, said, clear = await narrowed(visit, filled, field)
        if not clear:
            return JSONResponse(_nothing(said), headers=HEADERS)
        async with visit.home.turn():
            session = await visit.home.session(filled.connection)
            found = await searched(session, filled.action, field, filled.all, query.get("search", ""))
    except ConnectorError as wrong:  # the value can be typed all the same
        return JSONResponse(_nothing(in_words(wrong)), headers=HEADERS)
    document = found.document()
    return JSONResponse({**document, "note": f"{said} {document['note']}".strip()}, headers=HEADERS)


async def _again(visit: Visit, posted: Posted, what: str, name: str, sent: FormData) -> Response:
    """The form as it was filled in, with what was asked for at one of its controls."""
    filled, wrong, at = posted.filled, posted.against, renamed(name, posted.numbers)
    if what == "more":
        longest, offered = longer(filled, at, sent), Meant(filled, lists=await _again_offered(visit, posted))
        return await shown(visit, longest, problems=wrong, at=at, found=offered)
    if what == "list":
        list_of = await _listed(visit, filled, at, words_to_search(sent, name))
        left = {each: words for each, words in filled.searched.items() if each != at}
        offered = Meant(filled, lists=await _again_offered(visit, posted, but=at))
        here = replace(reaching(filled, at), searched=left)
        return await shown(visit, here, problems=wrong, lists={at: list_of}, found=offered)
    found = await meant(visit, filled)  # which fields there are may depend on what was meant
    return await shown(visit, filled, problems=wrong, fields_of=found.filled, fields=what, at=at)


async def _again_offered(visit: Visit, posted: Posted, but: str = "") -> dict[str, Listed]:
    """The lists at which something is to be picked again, by place."""
    offered: dict[str, Listed] = {}
    for name, words in posted.again.items():
        if name != but:
            found = [await _listed(visit, posted.filled, name, each) for each in words]
            items = {str(each.value): each for listed in found for each in listed.items}
            offered[name.removeprefix(BESIDE)] = Listed(list(items.values()), " ".join(each.note for each in found))
    return offered


async def _listed(visit: Visit, filled: Filled, name: str, words: str) -> Listed:
    try:
        clear, said, may = await narrowed(visit, filled, field_of(name))
    except ConnectorError as wrong:
        return Listed([], in_words(wrong))
    return await listed(visit, clear, name, words) if may else Listed([], said)


def _wrong_with(record: Mapping[str, Any]) -> Iterator[Problem]:
    """What was wrong with an earlier run's input, at the fields that it was about."""
    error = record["error"] or {}
    for each in error.get("problems") or []:
        yield Problem(each["field"], each["message"], each["title"], each["pointer"])
    if error.get("pointer") and not error.get("problems"):
        yield Problem("", error["message"], "", error["pointer"])


def _nothing(note: str) -> dict[str, Json]:
    """No choices, and why."""
    return {"items": [], "more": False, "note": note}


def _action(visit: Visit) -> Action:
    key = visit.request.path_params["action"]
    action = visit.home.connector.actions.get(key)
    if action is None:
        raise unknown(f"action `{key}`")
    visit.caller.check_action(key)
    return action


COMES_BACK: dict[Answer, Again] = {done: too_many}
"""What is sent to be done, and how it is answered where the key may ask for no more."""

ROUTES: list[Page] = [
    ("GET", "/actions/{action}", "read", form),
    ("POST", "/actions/{action}", "read", done),
    ("GET", "/actions/{action}/choices", "read", choices),
]
