"""A page that asks before something is done that cannot be undone, or is better not done by mistake."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.responses import Response

from connector_runtime.hosts.http.pages.visit import Visit


def asked(
    visit: Visit, question: str, words: str, *, button: str, to: str, back: str, sent: Sequence[tuple[str, str]]
) -> Response:
    """The question, and a button that posts to `to` what was `sent`; `back` is the page on which all stays as it is."""
    return visit.page("sure.html", question=question, words=words, button=button, to=to, back=back, sent=sent)
