"""The environment of the templates: filters, addresses, and what is missing without the extra."""

from __future__ import annotations

import subprocess
import sys

import pytest

from connector_runtime.definition import Connector
from connector_runtime.errors import InvalidInput
from connector_runtime.exports.document import action_facts, event_facts
from connector_runtime.exports.markdown import rendered
from connector_runtime.exports.templating import Addresses, breakable, environment, in_short, paragraphs, with_code


def test_a_text_is_escaped_and_its_code_marked() -> None:
    assert with_code("Write `a < b` & <b>go</b>") == "Write <code>a &lt; b</code> &amp; &lt;b&gt;go&lt;/b&gt;"


def test_a_line_break_begins_a_paragraph() -> None:
    assert paragraphs("One.\n\nTwo <i>.\n") == "<p>One.</p>\n<p>Two &lt;i&gt;.</p>"


def test_a_long_name_may_go_on_after_its_separators() -> None:
    assert breakable("/a/{b_c}.d<") == "/<wbr>a/<wbr>{b_<wbr>c}.<wbr>d&lt;"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("a\n b", "a b"), (7, "7"), (True, "true"), ([1, "é"], '[1, "é"]'), ("x" * 99, "x" * 59 + "…")],
)
def test_a_sample_beside_its_field_is_short(value: object, shown: str) -> None:
    assert in_short(value) == shown


def test_templates_escape_and_filter() -> None:
    template = environment().from_string("{{ text }} {{ schema | kind_in_words }} {{ schema | choices_in_words }}|")
    schema = {"type": "integer", "oneOf": [{"const": 3, "title": "Student"}, {"const": 4, "title": "Tutor"}]}
    assert template.render(text="<b>", schema=schema) == "&lt;b&gt; Integer Student (3) or Tutor (4)|"


def test_cards_lead_where_the_addresses_say(toy: Connector) -> None:
    templates = environment()
    card = templates.from_string(
        '{% from "partials/action_card.html" import action_card %}{{ action_card(it, at, 2) }}'
    )
    shown = card.render(it=action_facts(toy, toy.actions["lend_book"]), at=Addresses(up="/library/", ending=""))
    assert '<h2><a href="/library/actions/lend_book">Lend a book</a></h2>' in shown
    card = templates.from_string('{% from "partials/event_card.html" import event_card %}{{ event_card(it, at) }}')
    shown = card.render(it=event_facts(toy, toy.triggers["loan.made"]), at=Addresses())
    assert '<h3><a href="triggers/loan.made.html">Book lent</a></h3>' in shown
    assert "caused by Lend a book" in shown


def test_markdown_is_rendered_and_html_in_it_is_shown() -> None:
    shown = rendered("- `a` **b** <script>x</script>", {})
    assert "<li><code>a</code> <strong>b</strong> &lt;script&gt;x&lt;/script&gt;</li>" in shown


def test_a_link_leads_to_a_page_of_the_site_or_elsewhere_or_is_left_out() -> None:
    text = "[one](docs/errors.md#x) [*two*](docs/other.md) [three](https://example.com/a) [four](javascript:x)"
    shown = rendered(text, {"docs/errors.md": "errors.html"})
    assert '<a href="errors.html#x">one</a> <em>two</em> <a href="https://example.com/a">three</a>' in shown
    assert shown.count("<a ") == 2


@pytest.mark.parametrize("module", ["jinja2", "markdown_it"])
def test_what_is_missing_is_named_with_its_extra(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidInput, match=f"{module} is not installed") as caught:
        environment() if module == "jinja2" else rendered("", {})
    assert "extra `pages`" in caught.value.fix


def test_neither_is_imported_before_it_is_used() -> None:
    program = (
        "import sys; import connector_runtime.exports.site, connector_runtime.hosts.cli.documents; "
        "print([name for name in ('jinja2', 'markupsafe', 'markdown_it') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
