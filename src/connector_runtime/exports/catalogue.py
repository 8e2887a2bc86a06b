"""The generated page of errors: every type of error, and every entry of the connector's catalogue. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from connector_runtime import errors, present
from connector_runtime.definition import Connector
from connector_runtime.definition.grammar import Catalogued
from connector_runtime.errors import ConnectorError
from connector_runtime.exports.declined import DECLINED, Said
from connector_runtime.exports.facts import ErrorFacts, Meaning, Named, Shown
from connector_runtime.exports.generated import GENERATED
from connector_runtime.refusal import said_by, type_of
from connector_runtime.values import Whose
from connector_runtime.wording import WHOSE, WORDS

INTRODUCTION = """\
Every run, plan or command that fails ends in one of these errors, wherever it is shown: `code` is the stable word for
programs, `fix` says what to do next, `whose` says whose move that is, `pointer` names the field, and `docs` leads to
the code's place on this page. [The command line](cli.md) has every key of an error.
"""
UNKNOWN = """\
A refusal that none of these entries explains has the code [`refused`](#refused), or [`not_found`](#not_found): it says
that its reason is not in the catalogue, what that reason is, and where the run's record is, for a report.
"""

HOSTED = """\
[`serve`](hosting.md) answers with these before anything is run: nothing was sent to the platform.
"""


class Row(NamedTuple):
    """One meaning of one code: what happened, and when it is said."""

    code: str
    cause: str
    fix: str
    whose: Whose
    kind: type[ConnectorError]
    when: str = ""


def page(connector: Connector) -> str:
    """docs/errors.md: code, cause, fix, whose move, exit code and HTTP status, with an anchor for each code."""
    title, found = connector.identity.title, errors_of(connector)
    parts = [f"# Errors of {title}\n", GENERATED, INTRODUCTION, "## Whose move it is\n"]
    parts += [f"- **{who}** (`{whose}`): {meaning}" for whose, (who, meaning) in WHOSE.items()]
    for of, heading in (("platform", f"What {title} refuses"), ("connector", "What every connector says")):
        parts += [f"\n## {heading}\n"] + ([UNKNOWN] if of == "platform" else [])
        for error in found:
            parts += _section(error) if error.of == of else ()
    parts += ["\n## What a host says by itself\n", HOSTED]
    for code, said in DECLINED.items():
        parts += _declined(code, said) if code not in {error.code for error in found} else ()
    return "\n".join(parts).rstrip() + "\n"


def errors_of(connector: Connector, ends: Mapping[str, list[Named]] | None = None) -> list[ErrorFacts]:
    """Every code with all that it may mean: the platform's, then what every connector says.

    `ends` says of codes which actions' recorded runs end in them.
    """
    own, general = list(_platforms(connector)), list(_runtimes())
    codes = dict.fromkeys(row.code for row in own + general)
    return [
        ErrorFacts(
            code=code,
            of="platform" if any(row.code == code for row in own) else "connector",
            meanings=_meanings([row for row in own + general if row.code == code]),
            actions=(ends or {}).get(code, []),
        )
        for code in codes
    ]


def _platforms(connector: Connector) -> Iterator[Row]:
    habits = connector.identity.errors
    for entry in (said_by(habits, each) for each in habits.catalogue):
        kind = type_of(entry.status) if entry.raised is None else getattr(errors, entry.raised)
        yield Row(entry.code, entry.cause, entry.fix, entry.whose or kind.whose, kind, _when(entry))


def _runtimes() -> Iterator[Row]:
    for kind in present.TABLE:
        for code, words in WORDS[kind.__name__].items():
            yield Row(code, words.cause, words.fix, words.whose, kind)


def _when(entry: Catalogued) -> str:
    """What the entry looks for, in words."""
    if entry.raised is not None:
        return "the action finds it in the answer"
    about = [entry.about] if isinstance(entry.about, str) else entry.about
    words = ["an accepted answer (2xx)" if entry.status is None else f"HTTP status {entry.status}"]
    words += [f"“{entry.says}” in `{entry.at}`" if entry.at else f"“{entry.says}” in the reason"] if entry.says else []
    words += ["without a reason"] if entry.bare else []
    words += [f"points at {' or '.join(f'`{name}`' for name in about)}"] if about else []
    return ", ".join(words)


def _meanings(rows: list[Row]) -> list[Meaning]:
    """What is the same in several rows is said once."""
    said: dict[tuple[str, str, Whose], list[Row]] = {}
    for row in rows:
        said.setdefault((row.cause, row.fix, row.whose), []).append(row)
    return [
        Meaning(
            cause=cause,
            fix=fix,
            whose=whose,
            move=WHOSE[whose][0],
            shown=[_shown(kind, alike[0].code) for kind in dict.fromkeys(row.kind for row in alike)],
            when=list(dict.fromkeys(row.when for row in alike if row.when)),
        )
        for (cause, fix, whose), alike in said.items()
    ]


def _section(error: ErrorFacts) -> Iterator[str]:
    yield f'<a id="{error.code}"></a>\n\n### `{error.code}`\n'
    for meaning in error.meanings:
        yield f"{meaning.cause}\n"
        yield f"- What to do: {meaning.fix}"
        yield f"- Whose move: {meaning.move}"
        for shown in meaning.shown:
            yield f"- Shown as: `{shown.type}`, exit code {shown.exit_code}, HTTP status {shown.http_status}"
        yield from (f"- Said for: {when}" for when in meaning.when)
        yield ""
    if (said := DECLINED.get(error.code)) is not None:
        yield f"A host says it too, before anything is run: {said.cause}\n"
        yield from _remedy(said)


def _declined(code: str, said: Said) -> Iterator[str]:
    yield f'<a id="{code}"></a>\n\n### `{code}`\n'
    yield f"{said.cause}\n"
    yield from _remedy(said)


def _remedy(said: Said) -> Iterator[str]:
    yield f"- What to do: {said.fix}"
    yield f"- Whose move: {WHOSE[said.whose][0]}"
    yield f"- Shown as: HTTP status {said.status}\n"


def _shown(kind: type[ConnectorError], code: str) -> Shown:
    exit_code, status = present.TABLE[kind]
    return Shown(type=kind.__name__, exit_code=exit_code, http_status=present.STATUSES.get(code, status))
