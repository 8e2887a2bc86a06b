"""How pages are made: the templates, what they are told beside their facts, and what each says to a browser."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.responses import HTMLResponse, Response

from connector_runtime.definition import Connector
from connector_runtime.exports.templating import environment
from connector_runtime.hosts.http.keys import Caller
from connector_runtime.hosts.http.pages.picking import label_of
from connector_runtime.hosts.http.pages.results import address
from connector_runtime.values import as_text
from connector_runtime.wording import WHOSE

HERE = Path(__file__).parent

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""What the pages may do: nothing of theirs leaves the host. To a platform, for a consent, leads a link."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cache-control": "no-store",
}

KINDS = {"read": "Only reads", "create": "Makes something", "delete": "Removes something", "overwrite": "Overwrites"}
OUTCOMES = {"succeeded": "Succeeded", "failed": "Failed", "running": "Running"}
STATUSES = {"expected": "Not seen yet", "seen": "Seen", "missing": "Missing", "not_watched": "Nobody looks"}
EFFECTS = {
    "none": "Nothing was changed.",
    "unknown": "Whether the change was made is not known.",
    "done": "The change was made.",
}
UNDER_WAY = {
    "none": "Still running: no change was sent yet.",
    "unknown": "Still running: a change may be on its way.",
    "done": "Still running: the change was made.",
}
"""The same of a run in progress."""
CHANGED = {"none": "No", "unknown": "Not known", "done": "Yes"}


class Drawing:
    """The pages of a host, each of a template. Raises InvalidInput where the extra `pages` is missing."""

    def __init__(self, connector: Connector, program: str) -> None:
        self._templates = environment()
        from jinja2 import ChoiceLoader, FileSystemLoader  # it is there: the environment is made of it

        own = FileSystemLoader(HERE / "templates")
        self._templates.loader = ChoiceLoader([own, self._templates.loader]) if self._templates.loader else own
        self._templates.filters |= {"moment": moment_in_words, "address": address}
        self._templates.policies["json.dumps_kwargs"] = {"sort_keys": False, "ensure_ascii": False}
        self._templates.globals |= {
            "connector": connector,
            "program": program,
            "kinds": KINDS,
            "outcomes": OUTCOMES,
            "statuses": STATUSES,
            "effects": EFFECTS,
            "under_way": UNDER_WAY,
            "changed": CHANGED,
            "whose": WHOSE,
            "label_of": label_of,
        }

    def page(self, template: str, who: Caller | None, status: int = 200, **facts: Any) -> Response:
        """A page made of these facts."""
        made = self._templates.get_template(template).render(caller=who, **{"here": "", **facts})
        return HTMLResponse(made, status, HEADERS)


def moment_in_words(moment: str | float) -> str:
    """A moment in UTC, or in seconds since 1970, as people read it: `2026-01-31 09:00:00 UTC`."""
    text = moment if isinstance(moment, str) else as_text(datetime.fromtimestamp(moment, UTC))
    return f"{text[:19].replace('T', ' ')} UTC"
