"""The page on every error, to which each problem's `type` leads: for whoever follows it, without a key."""

from __future__ import annotations

import re

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from connector_runtime.definition import Connector
from connector_runtime.exports.catalogue import page

ELSEWHERE = re.compile(r"\[([^\]]+)\]\((?!#)[^)]*\)")
"""Links to pages that are not on a host."""

WHOLE = """<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Errors</title></head>
<body><main>
{}
</main></body>
</html>
"""


class Explained:
    """Answers with the page. It is made when it is asked for first."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector
        self._made: str | None = None

    async def answer(self, request: Request) -> Response:
        """The page."""
        if self._made is None:
            from markdown_it import MarkdownIt

            # What it is made of is the connector's own, and has an anchor for each code.
            reader = MarkdownIt("commonmark", {"html": True}).enable("table")
            self._made = WHOLE.format(reader.render(ELSEWHERE.sub(r"\1", page(self._connector))))
        return HTMLResponse(self._made, headers={"cache-control": "public, max-age=3600"})
