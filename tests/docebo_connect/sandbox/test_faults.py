"""The grammar of fault scripts, and which requests meet what."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docebo_connect import folder
from docebo_connect.sandbox import site as open_sandbox
from docebo_connect.sandbox.fault_kinds import KINDS
from docebo_connect.sandbox.faults import CONDITIONS, Course, FaultError, read_script
from docebo_connect.sandbox.store import FILE_NAME

ENROLL = "/learn/v1/enrollments/42/7"


def struck(rule: dict[str, Any], requests: int = 10, *, seed: int = 1) -> list[int]:
    """Which of so many enrollments the rule strikes, counted from 1."""
    course = Course(read_script({"seed": seed, "rules": [{"fault": "lost_answer", **rule}]}))
    return [number for number in range(1, requests + 1) if course.meet("POST", ENROLL)[0]]


def problems(script: Any) -> tuple[str, ...]:
    with pytest.raises(FaultError) as caught:
        read_script(script)
    return caught.value.problems


def test_a_rule_without_conditions_strikes_every_request() -> None:
    assert struck({}) == list(range(1, 11))


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"nth": 3}, [3]),
        ({"nth": [1, 4]}, [1, 4]),
        ({"times": 2}, [1, 2]),
        ({"nth": [2, 3, 4], "times": 2}, [2, 3]),
        ({"chance": 1, "times": 3}, [1, 2, 3]),
        ({"chance": 0}, []),
        ({"method": "post"}, list(range(1, 11))),
        ({"method": ["GET", "DELETE"]}, []),
        ({"path": "/learn/v1/enrollments/*", "nth": 1}, [1]),
        ({"path": "*/7", "nth": 1}, [1]),
        ({"path": "/learn/v1/enrollments"}, []),
        ({"path": "/learn/v1/enrollment./42/7"}, []),
    ],
)
def test_conditions_narrow_down_what_is_struck(conditions: dict[str, Any], expected: list[int]) -> None:
    assert struck(conditions) == expected


def test_the_same_seed_makes_the_same_faults_and_another_seed_others() -> None:
    first = struck({"chance": 0.3}, 1000)
    assert struck({"chance": 0.3}, 1000) == first
    assert struck({"chance": 0.3}, 1000, seed=2) != first
    assert 250 < len(first) < 350


def test_a_rule_draws_from_a_sequence_of_its_own() -> None:
    rules = [{"fault": "lost_answer", "chance": 0.5, "path": path} for path in ("/a", "/b")]
    apart, mixed = (Course(read_script(rules)) for _ in range(2))
    alone = [bool(apart.meet("GET", "/a")[0]) for _ in range(50)]
    beside = []
    for _ in range(50):
        mixed.meet("GET", "/b")
        beside.append(bool(mixed.meet("GET", "/a")[0]))
    assert beside == alone


def test_several_rules_can_strike_one_request_in_their_order() -> None:
    course = Course(read_script([{"fault": "delayed_visibility"}, {"fault": "lost_answer"}]))
    assert [rule.fault for rule in course.meet("POST", ENROLL)[0]] == ["delayed_visibility", "lost_answer"]


def test_rows_vanish_when_their_rule_strikes_and_are_hidden_until_they_appear() -> None:
    course = Course(read_script([{"fault": "vanishing_row", "nth": 2}, {"fault": "appearing_row", "nth": 3}]))
    assert [course.meet("GET", "/a")[1] for _ in range(4)] == [1, 2, 1, 1]


def test_a_script_tells_how_often_its_rules_were_met_and_struck() -> None:
    rule = {"fault": "error", "path": ENROLL, "nth": 2}
    course = Course(read_script({"seed": 5, "rules": [rule]}))
    for path in (ENROLL, "/x", ENROLL, ENROLL):
        course.meet("POST", path)
    assert course.document() == {"seed": 5, "rules": [{**rule, "met": 3, "struck": 1}]}


@pytest.mark.parametrize("fault", KINDS)
def test_what_holds_unsaid_is_accepted_when_said(fault: str) -> None:
    said = {name: option.unsaid for name, option in KINDS[fault].items() if option.unsaid is not None}
    script = read_script([{"fault": fault, **said}])
    assert script.rules[0].options == read_script([{"fault": fault}]).rules[0].options


def test_everything_that_is_wrong_is_said_at_once_with_the_rules_number_and_what_is_accepted() -> None:
    found = problems(
        {
            "seed": "x",
            "rule": [],
            "rules": [
                {"fault": "lost_answer", "when": "during", "wen": 1},
                {"fault": "error", "status": 404},
                "junk",
                {"fault": "flood"},
                {"path": "learn"},
                {"fault": "error", "nth": 0, "times": 0, "method": [], "chance": 2},
                {"fault": "error", "nth": 1, "chance": 1},
                {"fault": ["error"]},
                {"fault": "partial_batch", "rows": [-1]},
            ],
        }
    )
    said = "\n".join(found)
    assert found[:2] == ("`rule` is not known here; a script has seed and rules", "seed must be a whole number")
    assert "rule 1: `wen` is not known for lost_answer; it takes when, method, path, nth, chance, times" in found
    assert "rule 1: when must be after or before" in found
    assert "rule 2: status must be a status from 500 to 599" in found
    assert "rule 3 must be an object" in found
    assert "rule 4: there is no fault `flood`; choose rate_limited, error" in said
    assert "rule 5: fault is missing; choose" in said
    assert "rule 5: path must be a path such as" in said
    wrong = [problem.split()[2] for problem in found if problem.startswith("rule 6")]
    assert wrong == ["method", "nth", "chance", "times", "say"]
    assert "rule 7: say nth or chance, not both" in found
    assert "rule 8: there is no fault" in said
    assert "rule 9: rows must be a list of row numbers, counted from 0" in found


@pytest.mark.parametrize("script", [{}, {"rules": "x"}, "x", 7, {"seed": 1, "rules": {}}])
def test_what_is_no_list_of_rules_is_refused(script: Any) -> None:
    assert problems(script) == ("a script is a list of rules, or an object of seed and rules",)


def test_a_script_is_read_from_json_or_yaml(tmp_path: Path) -> None:
    script = {"seed": 3, "rules": [{"fault": "error", "nth": [1, 2]}]}
    (tmp_path / "a.json").write_text(json.dumps(script, indent="\t"))
    (tmp_path / "a.yaml").write_text("seed: 3\nrules:\n  - {fault: error, nth: [1, 2]}\n")
    expected = Course(read_script(script)).document()
    for name in ("a.json", "a.yaml"):
        assert Course(read_script(tmp_path / name)).document() == expected


def test_what_yaml_can_say_and_json_cannot_is_refused(tmp_path: Path) -> None:
    rules = "- {fault: wrong_type, value: 2026-01-10}\n- &loop {fault: expired_token, body: {a: *loop}}\n"
    (tmp_path / "a.yaml").write_text(rules + "- {fault: wrong_type, value: .nan}\n- {fault: error, 7: no}\n")
    assert problems(tmp_path / "a.yaml") == (
        "rule 1: value must be a JSON value",
        "rule 2: body must be a JSON object",
        "rule 3: value must be a JSON value",
        "rule 4: `7` is not known for error; it takes status, when, method, path, nth, chance, times",
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.yaml").write_text("rules: [")
    (tmp_path / "empty.yaml").write_text("")
    assert "odd.yaml is neither JSON nor YAML" in problems(tmp_path / "odd.yaml")[0]
    assert "nothing.yaml cannot be read: No such file" in problems(tmp_path / "nothing.yaml")[0]
    assert problems(tmp_path / "empty.yaml") == ("a script is a list of rules, or an object of seed and rules",)


def test_a_wrong_script_opens_no_sandbox(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no fault `flood`"):
        open_sandbox(tmp_path, faults=[{"fault": "flood"}])
    assert not (tmp_path / FILE_NAME).exists()


def test_the_documented_script_is_one_and_the_page_names_all_that_can_be_said(tmp_path: Path) -> None:
    page = (folder() / "docs" / "sandbox.md").read_text(encoding="utf-8")
    example = page.partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "faults.yaml").write_text(example)
    assert len(read_script(tmp_path / "faults.yaml").rules) == 4
    documented = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert {*KINDS, *CONDITIONS} <= documented.keys()
    for fault, options in KINDS.items():
        assert [name for name in options if f"`{name}`" not in documented[fault]] == [], fault
