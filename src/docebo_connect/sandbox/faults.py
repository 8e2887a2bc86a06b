"""The grammar of fault scripts, and the choosing: which of its rules a request meets. Pure.

A script is a list of rules, or an object of `seed` and `rules`. The same seed and the same sequence of requests make
the same faults: each rule counts by itself, and draws from a sequence of its own.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from docebo_connect.sandbox.fault_kinds import KINDS, is_number, is_whole

Written: TypeAlias = Path | Mapping[str, Any] | Sequence[Mapping[str, Any]]
"""A script as it is given: rules, an object of seed and rules, or the JSON or YAML file that holds either."""

CONDITIONS = {
    "method": "a method such as POST, or a list of them",
    "path": "a path such as /learn/v1/enrollments/*, in which * stands for any text",
    "nth": "a whole number from 1, or a list of them",
    "chance": "a number from 0 to 1",
    "times": "a whole number, from 1",
}
"""What says which requests a rule meets, and what is accepted there."""


SCRIPT_KEYS = ("seed", "rules")


class FaultError(ValueError):
    """A script that cannot be used. `problems` are all that is wrong with it, each with the rule's number."""

    option = "faults"

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Rule:
    """Which requests meet what fault. `given` is the rule as it was written.

    `lot` belongs to one stroke of the rule: what a fault leaves to chance is drawn from it.
    """

    number: int
    fault: str
    options: Mapping[str, Any]
    given: Mapping[str, Any]
    methods: frozenset[str]
    path: re.Pattern[str]
    nth: frozenset[int]
    chance: float | None
    times: int | None
    lot: str = ""

    def meets(self, method: str, path: str, with_token: bool) -> bool:
        """The rule is about such requests. An access token can only end in a request that brings one."""
        return (
            (with_token or self.fault != "expired_token")
            and (not self.methods or method in self.methods)
            and self.path.fullmatch(path) is not None
        )


@dataclass(frozen=True, slots=True)
class Script:
    """Rules in their order, and where their chances come from."""

    seed: int
    rules: tuple[Rule, ...]


@dataclass(slots=True)
class Tally:
    """How often a rule was met, and how often it struck."""

    rule: Rule
    chances: random.Random
    met: int = 0
    struck: int = 0

    def strikes(self) -> bool:
        """Count one more request that the rule meets."""
        self.met += 1
        rule, drawn = self.rule, self.chances.random()  # drawn each time, or `times` would shift the sequence
        if rule.times is not None and self.struck >= rule.times:
            return False
        if (rule.nth and self.met not in rule.nth) or (rule.chance is not None and drawn >= rule.chance):
            return False
        self.struck += 1
        return True

    @property
    def hidden_rows(self) -> int:
        """Rows at a list's top that are not shown: those that have vanished, or have not appeared yet."""
        if self.rule.fault == "vanishing_row":
            return self.struck
        return max(0, (self.rule.times or 1) - self.struck) if self.rule.fault == "appearing_row" else 0


@dataclass(slots=True)
class Course:
    """A script as one connection goes through it."""

    script: Script
    tallies: list[Tally] = field(init=False)

    def __post_init__(self) -> None:
        self.tallies = [Tally(rule, random.Random(f"{self.script.seed} {rule.number}")) for rule in self.script.rules]

    def meet(self, method: str, path: str, *, with_token: bool = True) -> tuple[list[Rule], int]:
        """The rules that strike this request, and how many rows it does not see."""
        met = [tally for tally in self.tallies if tally.rule.meets(method, path, with_token)]
        struck = [replace(tally.rule, lot=self._lot(tally)) for tally in met if tally.strikes()]
        return struck, sum(tally.hidden_rows for tally in met)

    def _lot(self, tally: Tally) -> str:
        return f"{self.script.seed} {tally.rule.number} {tally.struck}"

    def document(self) -> dict[str, Any]:
        """The script as it was written, with what became of each rule."""
        rules = [{**tally.rule.given, "met": tally.met, "struck": tally.struck} for tally in self.tallies]
        return {"seed": self.script.seed, "rules": rules}


def read_script(written: Written) -> Script:
    """Check a script. Raises FaultError with everything that is wrong."""
    content: Any = _read_file(written) if isinstance(written, Path) else written
    if isinstance(content, Mapping):
        problems = [
            f"`{key}` is not known here; a script has seed and rules" for key in content if key not in SCRIPT_KEYS
        ]
        seed, rules = content.get("seed", 1), content.get("rules")
    else:
        problems, seed, rules = [], 1, content
    if not is_whole(seed, -(2**63), 2**63):
        problems.append("seed must be a whole number")
    if isinstance(rules, str) or not isinstance(rules, Sequence):
        raise FaultError([*problems, "a script is a list of rules, or an object of seed and rules"])
    read = [_rule(number, rule, problems) for number, rule in enumerate(rules, 1)]
    if problems:
        raise FaultError(problems)
    return Script(seed, tuple(rule for rule in read if rule is not None))


def _read_file(path: Path) -> Any:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as wrong:
        raise FaultError([f"{path} cannot be read: {getattr(wrong, 'strerror', None) or wrong}"]) from wrong
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        pass
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:
        raise FaultError([f"{path} is neither JSON nor YAML: {wrong}"]) from wrong


def _rule(number: int, written: Any, problems: list[str]) -> Rule | None:
    """The rule, or None and its problems."""
    if not isinstance(written, Mapping):
        problems.append(f"rule {number} must be an object")
        return None
    found = [f"rule {number}: {problem}" for problem in (*_wrong_fault(written), *_wrong_conditions(written))]
    problems += found
    if found:
        return None
    fault, methods, nth = written["fault"], written.get("method", []), written.get("nth", [])
    return Rule(
        number=number,
        fault=fault,
        options={name: written.get(name, option.unsaid) for name, option in KINDS[fault].items()},
        given=dict(written),
        methods=frozenset(method.upper() for method in ([methods] if isinstance(methods, str) else methods)),
        path=re.compile(re.escape(written.get("path", "*")).replace(r"\*", ".*"), re.DOTALL),
        nth=frozenset([nth] if is_whole(nth) else nth),
        chance=written.get("chance"),
        times=written.get("times"),
    )


def _wrong_fault(written: Mapping[str, Any]) -> list[str]:
    fault = written.get("fault")
    if not isinstance(fault, str) or fault not in KINDS:
        said = "fault is missing" if fault is None else f"there is no fault `{fault}`"
        return [f"{said}; choose {', '.join(KINDS)}"]
    options = KINDS[fault]
    known = ", ".join([*options, *CONDITIONS])
    unknown = [str(key) for key in written if key != "fault" and key not in options and key not in CONDITIONS]
    return [f"`{key}` is not known for {fault}; it takes {known}" for key in unknown] + [
        f"{name} must be {option.accepted}"
        for name, option in options.items()
        if name in written and not option.fits(written[name])
    ]


def _wrong_conditions(written: Mapping[str, Any]) -> list[str]:
    nth, method, path = written.get("nth", 1), written.get("method", "GET"), written.get("path", "/")
    several_nth, methods = nth if isinstance(nth, list) else [nth], method if isinstance(method, list) else [method]
    right = {
        "method": bool(methods) and all(isinstance(each, str) and each.isalpha() for each in methods),
        "path": isinstance(path, str) and path.startswith(("/", "*")),
        "nth": bool(several_nth) and all(is_whole(each, 1) for each in several_nth),
        "chance": is_number(written.get("chance", 1), 0, 1),
        "times": is_whole(written.get("times", 1), 1),
    }
    wrong = [f"{name} must be {CONDITIONS[name]}" for name, fits in right.items() if not fits]
    return [*wrong, "say nth or chance, not both"] if {"nth", "chance"} <= written.keys() else wrong
