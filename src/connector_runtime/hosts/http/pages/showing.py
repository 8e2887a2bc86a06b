"""An action's page: its form as it is filled in, what is wrong with it, and what a run would do."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from secrets import token_urlsafe

from starlette.responses import Response

from connector_runtime.definition import Action
from connector_runtime.errors import ConnectorError
from connector_runtime.hosts.http.pages.asking import Filled, labels, own_fields, unasked
from connector_runtime.hosts.http.pages.forms import begun, by_place, controls, either_or, unplaced, with_odd
from connector_runtime.hosts.http.pages.meaning import Meant, by_control
from connector_runtime.hosts.http.pages.own import with_own
from connector_runtime.hosts.http.pages.picking import Listed, with_needs
from connector_runtime.hosts.http.pages.results import pills
from connector_runtime.hosts.http.pages.visit import Visit
from connector_runtime.hosts.http.pages.whose import to_carry, together
from connector_runtime.hosts.http.problems import Declined
from connector_runtime.hosts.http.seen import connections_of
from connector_runtime.run import Plan
from connector_runtime.run.offered import set_values
from connector_runtime.values import Json, Problem

UNASKED = "The platform was not asked which fields it has."


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
    nowhere: str = "",
    alone: bool = False,
    ran: str = "",
) -> Response:
    """An action's page, with what was filled in, and what was wrong with it.

    `lists` are to be shown at their controls, and so is what was `found` for words; `confirm`: nothing was run, as
    somebody is to look at that first. `fields` says that the platform's own fields were asked for, `fresh` or not,
    for what is filled in or else `fields_of`, and `at` at which control more was asked for. `nowhere` is said where no
    connection is chosen; `alone`: without asking the platform; `ran` is the run that was made of this form before.
    """
    action, found, wrong = filled.action, found or Meant(filled), by_place(problems)
    names: Mapping[str, str] = {}
    own = unasked(action, UNASKED)
    if not alone:
        asked = own_fields(visit, fields_of or filled, fresh=fields == "fresh", asked=bool(fields))
        own, names = await asyncio.gather(asked, labels(visit, filled))
    made = with_own(controls(action.input, filled.given, problems), action, filled.given, wrong, own)
    made = with_needs(with_odd(made, filled.odd), visit.home.connector, action, filled.all, wrong)
    decided = confirm or plan is not None
    known = connections_of(visit.home, visit.caller)
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
        connections=known,
        connection=filled.connection if any(filled.connection == each["name"] for each in known) else "",
        platform_of=platform_of,
        nowhere=nowhere,
        platform=filled.platform,
        carried=to_carry(filled.known, made, filled.platform, _together(visit, filled) if decided else None),
        searched=filled.searched,
        if_already=filled.if_already,
        focused=begun(made, at),
        labels=names,
        lists=lists or {},
        offered=by_control(found.lists, made),
        entries=by_control(found.entries, made),
        confirm=list(found.entries.values()) if confirm else [],
        may_run="run" in visit.caller.key.scopes,
        renewed=at,
        ran=ran,
        plan=None if plan is None else plan.document(),
        emits=[each.event for each in action.emits],
        sample=pills(action.output, _sample(visit, action)),
        once=token_urlsafe(18),
    )


async def unconnected(visit: Visit, filled: Filled, problems: Sequence[Problem], fix: str = "") -> Response:
    """A form whose connection is not there: none is chosen instead, and nothing is run."""
    gone = f"There is no connection `{filled.connection}` any more, or this key is not for it." * bool(
        filled.connection
    )
    said = f"{gone} Choose a connection.".strip()
    nowhere = replace(filled, connection="", platform="")
    again = visit.request.method == "GET"
    return await shown(
        visit, nowhere, problems=[Problem("", said), *problems], nowhere=said, fix=fix, status=200 if again else 422
    )


async def declined(visit: Visit, filled: Filled, wrong: Declined, *, alone: bool = False) -> Response:
    """A form that the host did nothing with, as it was filled in."""
    fix = wrong.fix if wrong.status == 403 else f"{wrong.fix} What was filled in is below: press the button again."
    answer = await shown(visit, filled, problems=[in_short(wrong)], fix=fix, status=wrong.status, alone=alone)
    answer.headers.update(wrong.headers)
    return answer


def platforms_of(visit: Visit) -> dict[str, str]:
    """The connections that the visitor may choose from, with the platform to which each leads."""
    return {str(each["name"]): platform_of(each) for each in connections_of(visit.home, visit.caller)}


def platform_of(connection: Mapping[str, Json]) -> str:
    """What tells a connection's platform from others: the address, or the name of one that has none."""
    return str(connection["base_url"] or connection["name"])


def in_short(wrong: ConnectorError | Declined) -> Problem:
    return Problem("", wrong.message)


def _together(visit: Visit, filled: Filled) -> dict[str, list[str]]:
    """The IDs of which each is shown with what its list depends on, by place."""
    connector, found = visit.home.connector, dict[str, list[str]]()
    for offer, value in set_values(connector, filled.action, filled.all):
        if offer.pick and (needs := connector.identity.pick_lists[offer.pick].needs):
            found[offer.pointer] = [together(value, needs, filled.all)]
    return found


def _sample(visit: Visit, action: Action) -> Json:
    return visit.home.connector.case(action.key, action.samples[0]).returns
