"""The generated pages: every action and every trigger as its declaration says it, and every assumption. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from connector_runtime.definition import Action, Connector, Trigger
from connector_runtime.definition.source import GRADES, Source
from connector_runtime.exports.listing import choices_of, if_already_in_words, kind_in_words, list_of
from connector_runtime.exports.lists import lists
from connector_runtime.schema import JsonSchema, choices_in_words
from connector_runtime.values import Json
from connector_runtime.yamlfile import dump

GENERATED = "Generated from the declarations by `docs`; do not edit.\n"
BEGIN, END = "<!-- actions: generated -->\n", "<!-- end of actions -->"


def actions(connector: Connector) -> str:
    """docs/actions.md: fields, request, events, sample and assumptions of every action."""
    parts = [f"# Actions of {connector.identity.title}\n", GENERATED, *_table(connector, "")]
    for action in connector.actions.values():
        parts += ["", *_action(connector, action)]
    parts += ["", *lists(connector.identity)]
    return "\n".join(parts).rstrip() + "\n"


def triggers(connector: Connector) -> str:
    """docs/triggers.md: when each event fires, its payload, sample, causes and assumptions."""
    parts = [
        f"# Webhook events of {connector.identity.title}\n",
        GENERATED,
        "| Event | What happened | Caused by |",
        "|---|---|---|",
    ]
    for trigger in connector.triggers.values():
        parts.append(f"| [{trigger.title}](#{trigger.event}) | {_cell(trigger.summary)} | {_causes(trigger) or '–'} |")
    for trigger in connector.triggers.values():
        parts += ["", *_trigger(connector, trigger)]
    return "\n".join(parts).rstrip() + "\n"


def assumptions(connector: Connector) -> str:
    """docs/assumptions.md: what is believed beyond the vendor's article, with grade and reason."""
    parts = [
        "# Assumptions\n",
        GENERATED,
        "The vendor's article does not say everything. Whatever is believed beyond it stands here.\n",
        *(f"- **{grade}**: {words}" for grade, words in GRADES.items()),
    ]
    sources = [(f"Everywhere on {connector.identity.title}", "connector.yaml", connector.identity.source)]
    sources += [(action.title, action.key, action.source) for action in connector.declared.values()]
    sources += [(trigger.title, trigger.event, trigger.source) for trigger in connector.triggers.values()]
    for title, key, source in sources:
        if source.assumed:
            parts += ["", f"## {title} (`{key}`)\n", "| Where | Grade | Why |", "|---|---|---|"]
            parts += [f"| `{where}` | {a.grade} | {_cell(a.why)} |" for where, a in source.assumed.items()]
    return "\n".join(parts) + "\n"


def with_table(readme: str, connector: Connector) -> str:
    """The README with its table of actions renewed between the two marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    return (
        before + begin + "\n".join(_table(connector, "docs/actions.md")) + "\n" + end + after
        if begin and end
        else readme
    )


def _table(connector: Connector, page: str) -> Iterator[str]:
    yield "| Action | What it does | Changes | Webhook events |"
    yield "|---|---|---|---|"
    for action in connector.actions.values():
        events = ", ".join(f"`{emit.event}`" for emit in action.emits) or "–"
        yield f"| [{action.title}]({page}#{action.key}) | {action.summary} | {action.kind} | {events} |"


def _action(connector: Connector, action: Action) -> Iterator[str]:
    internal = (
        " It is an internal endpoint: the vendor does not document it." if action.request.endpoint == "internal" else ""
    )
    yield f'<a id="{action.key}"></a>\n\n## {action.title}\n'
    in_article = f" · in the article: {action.action_name}" if action.source.article else ""
    yield f"`{action.key}`{in_article}\n"
    yield f"{action.summary} {action.description}\n"
    yield f"Sends `{action.request.method} {action.request.path}`.{internal}\n"
    yield "| Input | Data type | Required | Description |"
    yield "|---|---|---|---|"
    yield from _rows(action.input, [])
    yield "\n| Output | Data type | Description |"
    yield "|---|---|---|"
    yield from _rows(action.output, None)
    yield "\n" + _events(action) + "\n"
    if action.if_already is not None:
        yield f"Where nothing is left to do: {if_already_in_words(action.if_already)}\n"
    yield from _sample(connector, action)
    yield from _assumed(action.source)


def _rows(schema: JsonSchema, required: list[str] | None, depth: int = 0) -> Iterator[str]:
    """One line per field, children indented; `required` is None where requiredness means nothing."""
    for key, child in schema.get("properties", {}).items():
        words = child.get("description", "")
        if choices := choices_of(child):
            words += f" Choose {choices_in_words(choices)}."
        if (listed := list_of(child)) is not None:
            words += f" {listed[0]}: [{listed[1]}](#{listed[1]})."
        title = "&emsp;" * depth + f"{child.get('title', key)} `{key}`"
        needed = [] if required is None else ["yes" if key in schema.get("required", []) else ""]
        yield "| " + " | ".join(map(_cell, [title, kind_in_words(child), *needed, words])) + " |"
        yield from _rows(child.get("items", child), required, depth + 1)


def _events(action: Action) -> str:
    if not action.emits:
        return "Causes no webhook event."
    events = [
        f"[{emit.event}](triggers.md#{emit.event})"
        + (f" (when `{emit.when_input}` is true)" if emit.when_input else "")
        for emit in action.emits
    ]
    return f"Causes {', '.join(events)}."


def _sample(connector: Connector, action: Action) -> Iterator[str]:
    case = connector.case(action.key, action.samples[0])
    yield f"**Sample** `{action.samples[0]}`\n"
    yield from _yaml("Input", case.given)
    for exchange in case.exchanges:
        request = exchange.request
        shown: dict[str, Json] = {"method": request.method, "path": request.path}
        shown |= {"query": request.query} if request.query else {}
        shown |= {"body": request.body} if request.body is not None else {}
        yield from _yaml("Request", shown)
    if case.returns is not None:
        yield from _yaml("Output", case.returns)


def _trigger(connector: Connector, trigger: Trigger) -> Iterator[str]:
    yield f'<a id="{trigger.event}"></a>\n\n## {trigger.title}\n'
    yield f"`{trigger.event}`{'' if trigger.source.article else ' · the article does not name it'}\n"
    yield f"{trigger.summary} {trigger.fires_when}\n"
    yield f"Caused by: {_causes(trigger) or 'none of the actions'}.\n"
    yield "| Payload | Data type | Always there | Description |"
    yield "|---|---|---|---|"
    yield from _rows(trigger.payload, [])
    order = trigger.order
    yield f"\nPayloads that agree in {_listed(trigger.identity)} tell of the same happening."
    line = f"Those that agree in {_listed(order.per)}" if order.per else "All of them"
    yield f"{line} stand in one line, ordered by `{order.by}`.\n"
    yield _without_webhooks(trigger) + "\n"
    yield f"**Sample** `{trigger.samples[0]}`\n"
    yield from _yaml("Delivery", connector.delivery(trigger.event, trigger.samples[0]))
    yield from _assumed(trigger.source)


def _without_webhooks(trigger: Trigger) -> str:
    if (polling := trigger.polling) is None:
        return "Without webhooks: no list tells it."
    untold = [name for name in trigger.payload.get("properties", {}) if name not in polling.payload]
    said = (
        f"Without webhooks: `poll` reads [{polling.action}](actions.md#{polling.action}) for it, by "
        f"`{polling.cursor}`. A row may show up {polling.overlap_s} seconds late."
    )
    return f"{said} {_listed(untold)} {'is' if len(untold) == 1 else 'are'} null then." if untold else said


def _causes(trigger: Trigger) -> str:
    return ", ".join(f"[{key}](actions.md#{key})" for key in trigger.caused_by)


def _listed(names: list[str]) -> str:
    *others, last = [f"`{name}`" for name in names]
    return f"{', '.join(others)} and {last}" if others else last


def _yaml(title: str, value: Json) -> Iterator[str]:
    yield f"{title}:\n\n```yaml\n{dump(value)}```\n"


def _assumed(source: Source) -> Iterator[str]:
    if source.assumed:
        yield "Assumed beyond the article:\n"
        for where, assumption in source.assumed.items():
            yield f"- `{where}` ({assumption.grade}, {GRADES[assumption.grade]}): {assumption.why}"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").strip()
