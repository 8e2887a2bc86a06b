"""Markdown that somebody wrote, such as a changelog, as HTML that is safe in a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from connector_runtime.connections.extra import extra

if TYPE_CHECKING:
    from markdown_it.token import Token
    from markupsafe import Markup


def rendered(text: str, pages: Mapping[str, str]) -> Markup:
    """CommonMark as HTML. HTML in it is shown, not obeyed.

    `pages` says for files beside the text where they are shown. A link to any other file leads nowhere on a page that
    stands alone, so its words stay and the link goes.
    """
    with extra("pages"):
        from markdown_it import MarkdownIt
        from markupsafe import Markup

    made = MarkdownIt("commonmark", {"html": False})
    tokens = made.parse(text)
    for token in tokens:
        if token.children:
            token.children = _with_links(token.children, pages)
    return Markup(made.renderer.render(tokens, made.options, {}))


def _with_links(tokens: list[Token], pages: Mapping[str, str]) -> list[Token]:
    kept: list[Token] = []
    dropped = False
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrs.get("href", ""))
            file, _, place = target.partition("#")
            dropped = not target.startswith("https://") and file not in pages
            if file in pages:
                token.attrs["href"] = pages[file] + (f"#{place}" if place else "")
        if token.type not in ("link_open", "link_close") or not dropped:
            kept.append(token)
        dropped = dropped and token.type != "link_close"
    return kept
