"""Small charts as SVG: pure, and without a style of their own, so that a strict policy lets them be."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from connector_runtime.values import Json

WIDTH = 400
HEIGHT = 22
LINE = 40
"""Of one event: its name, and its bar below."""


def outcomes(counted: Mapping[str, int]) -> Markup:
    """How runs ended: a bar in parts, with its numbers in words."""
    parts = [(name, counted[name], name) for name in ("succeeded", "failed", "running") if counted.get(name)]
    total = sum(counted.values())
    said = ", ".join(f"{number} {name}" for name, number, _ in parts)
    return _bars(parts, f"{total} run{'' if total == 1 else 's'}: {said}.")


def delays(rows: Sequence[Mapping[str, Json]]) -> Markup:
    """How late events came: a bar for each, by the median."""
    known = [row for row in rows if row["seen"]]
    if not known:
        return Markup("")
    longest = max(row["median_s"] for row in known) or 1
    bars = [
        Markup('<text x="0" y="{}">{}</text><rect class="seen" x="0" y="{}" width="{}" height="10"/>'
               '<text x="{}" y="{}">{} s</text>').format(
            LINE * n + 14, row["event"], LINE * n + 21, round(300 * row["median_s"] / longest, 1) + 1,
            round(300 * row["median_s"] / longest) + 8, LINE * n + 31, row["median_s"])
        for n, row in enumerate(known)
    ]  # fmt: skip
    said = "; ".join(f"{row['event']} after {row['median_s']} s" for row in known)
    return _drawing(Markup("").join(bars), LINE * len(known), f"How late events came, at the median: {said}.")


def _bars(parts: Sequence[tuple[str, int, str]], said: str) -> Markup:
    total, begin, drawn = sum(number for _, number, _ in parts), 0.0, Markup("")
    if not total:
        return Markup("")
    for name, number, _ in parts:
        width = WIDTH * number / total
        drawn += Markup('<rect class="{}" x="{}" y="0" width="{}" height="{}"/>').format(
            name, round(begin, 1), round(width, 1), HEIGHT
        )
        begin += width
    return _drawing(drawn, HEIGHT, said)


def _drawing(inside: Markup, height: int, said: str) -> Markup:
    return Markup(
        '<figure class="chart"><svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>'
        "<figcaption>{}</figcaption></figure>"
    ).format(WIDTH, height, said, inside, said)
