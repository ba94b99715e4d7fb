"""Tests that are missing, drafted from witnesses; what the law expects of them is left to the author."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from funnel.author.analysis._regions import Regions, matters_beside
from funnel.author.analysis._search import Search
from funnel.author.analysis._solve import Demand, OutOfSteps
from funnel.author.analysis._space import NOT_FALSE, NOT_TRUE
from funnel.author.analysis._witness import build, shrink
from funnel.author.coverage import ASIDE, Item
from funnel.engine._arguments import to_complaint
from funnel.engine.decide import Compiled, reason
from funnel.engine.describe import leaf
from funnel.engine.evaluate import test
from funnel.facts.values import Value
from funnel.pack.model import Rule, Test

_STEPS = 200_000
_BLANK = ("text", "claims", "claimed_amount", "consumer", "merchant", "order", "evidence")
"""Parts of a test's base that a drafted test takes away, so that it stands on its own."""
_TRUTHS: Mapping[str, bool | None] = {"true": True, "false": False, "unknown": None}


@dataclass(frozen=True, slots=True)
class Draft:
    """A drafted test: what it would look at, and its case; ``given`` is None where no such case was found."""

    item: Item
    name: str
    given: Mapping[str, Any] | None


def suggest(compiled: Compiled, items: Iterable[Item], *, as_of: dt.date, lang: str = "zh") -> tuple[Draft, ...]:
    """Draft a test for each thing that no test looks at. Each draft was run: it does look at it.

    Args:
        compiled: The pack.
        items: What is missing, of `funnel.author.coverage`.
        as_of: The day whose parameters hold.
        lang: Language of the names.
    """
    author = _Author(compiled, as_of, lang)
    return tuple(author.draft(item) for item in items)


def as_yaml(drafts: Iterable[Draft], base: Mapping[str, Any]) -> str:
    """Drafts as tests of a scenario file. ``expect`` is empty, which `funnel check` does not let pass: say what the law expects.

    Args:
        drafts: Those of one rule.
        base: The ``base`` of that file, whose parts the drafts take away.
    """
    lines = []
    for draft in drafts:
        if draft.given is None:
            lines.append(f"  # {draft.name}：没有找到这样的案情 no such case was found")
        else:
            lines.append(one_test(draft.name, draft.given, base))
    return "\n".join(lines)


def one_test(name: str, case: Mapping[str, Any], base: Mapping[str, Any], note: str = "") -> str:
    """A complaint as a test of a scenario file, with ``expect`` left empty.

    Args:
        name: What it is called.
        case: The complaint.
        base: The ``base`` of that file, whose parts are taken away.
        note: A comment behind ``expect``.
    """
    away: dict[str, Any] = {key: None for key in _BLANK if key in base}
    given = {**away, **{k: _as_given(v) for k, v in case.items() if k not in {"id", "facts"}}}
    facts = dict.fromkeys(base.get("facts", {}) if isinstance(base.get("facts"), dict) else {})
    merged = {**facts, **dict(case.get("facts", {}))}
    if merged:
        given["facts"] = merged
    shown = yaml.safe_dump(given, allow_unicode=True, default_flow_style=True, sort_keys=False, width=10_000)
    end = f"  # {note}" if note else ""
    return f"  - name: {_quoted(name)}\n    given: {shown.strip()}\n    expect: {{}}{end}"


def _as_given(part: Any) -> Any:
    """A part of a complaint as a test gives it: there ``null`` would take the field away, ``none`` says that it is empty."""
    return {k: "none" if v is None else v for k, v in part.items()} if isinstance(part, Mapping) else part


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


class _Author:
    def __init__(self, compiled: Compiled, day: dt.date, lang: str) -> None:
        self.compiled = compiled
        self.pack = compiled.pack
        self.day = day
        self.lang = lang
        self.parameters = compiled.table.on(day)
        self.regions = Regions(self.pack, self.parameters)
        self.search = Search(self.pack, self.parameters, day, self.regions.conditions(), steps=_STEPS)

    def draft(self, item: Item) -> Draft:
        rule = self.pack.rules[item.rule]
        for demands in self._demands(rule, item):
            given = self._case(rule, item, demands)
            if given is not None:
                return Draft(item, self._name(item), given)
        return Draft(item, self._name(item), None)

    def _name(self, item: Item) -> str:
        todo = "待写" if self.lang != "en" else "to write"
        what = item.wanted
        if item.leaf is not None:
            what = f"{leaf(self.pack, item.leaf, self.parameters, self.lang)} → {item.wanted}"
        return f"{todo}：{item.where} {what}"

    def _demands(self, rule: Rule, item: Item) -> Iterable[list[Demand]]:
        """What must hold, the likelier case first: a whole case of the rule, then any that is recognised."""
        known: list[Demand] = [(rule.recognise, True)]
        if item.kind == "outcome":
            if item.wanted == "settle":
                yield self.regions.settles(rule)
            elif item.wanted == "refer":
                yield [*known, (rule.elements, False), *((gate.when, False) for gate in self.pack.gates.values())]
                yield from ([*known, (rule.elements, True), (e.when, True)] for e in rule.exceptions)
            elif item.wanted == ASIDE and rule.remark is not None:
                yield [*known, (rule.remark, True), (matters_beside(self.pack, rule), True)]
            yield known
            return
        own = self._own(rule, item)
        yield [*self.regions.settles(rule), *own]
        yield [*self.regions.applies(rule), *own]
        yield [*known, (rule.elements, True), *own]
        yield [*known, (rule.elements, NOT_FALSE), *own]
        yield [*known, *own]
        yield own

    @staticmethod
    def _own(rule: Rule, item: Item) -> list[Demand]:
        if item.kind == "exception":
            name = item.where.removeprefix("unless ")
            return [(e.when, True) for e in rule.exceptions if e.id == name]
        if item.leaf is None:
            return []
        if item.wanted == "unknown":
            return [(item.leaf, NOT_TRUE), (item.leaf, NOT_FALSE)]
        if item.value is not None:
            return [(Test(item.leaf.fact, "is", item.value, item.span), True)]
        return [(item.leaf, item.wanted == "true")]

    def _case(self, rule: Rule, item: Item, demands: list[Demand]) -> dict[str, Any] | None:
        self.search.solver.left = _STEPS
        try:
            found = self.search.find(demands)
        except OutOfSteps:
            return None
        content = None if found is None else build(self.pack, found, (rule,), self.day)
        if content is None or not self._sees(rule, item, content):
            return None
        return shrink(content, lambda c: self._sees(rule, item, c) and self._like(rule, content, c))

    def _like(self, rule: Rule, whole: dict[str, Any], part: dict[str, Any]) -> bool:
        """Whether a smaller complaint still comes to the same for the rule, so that it tells the same story."""
        shown = []
        for content in (whole, part):
            rulings = reason(self.compiled, to_complaint(content), as_of=self.day).rulings
            mine = [r for r in rulings if any(a.rule.id == rule.id for a in r.members)]
            shown.append([(r.outcome, r.tier, r.primary.result) for r in mine])
        return shown[0] == shown[1]

    def _sees(self, rule: Rule, item: Item, content: dict[str, Any]) -> bool:
        if not content.get("text") and not content.get("facts"):
            return False
        reasoning = reason(self.compiled, to_complaint(content), as_of=self.day)
        facts = reasoning.intake.facts
        if item.kind == "outcome":
            if item.wanted == ASIDE:
                return rule.id in reasoning.remarks
            return any(r.outcome == item.wanted for r in reasoning.rulings if r.primary.rule.id == rule.id)
        if item.kind == "exception":
            found = reasoning.assessments.get(rule.id)
            fired = {e.id for e, truth in (found.exceptions if found is not None else ()) if truth is True}
            return item.where.removeprefix("unless ") in fired
        if item.leaf is None:
            return False
        value: Value | None = facts.value(item.leaf.fact)
        if item.value is not None:
            return value == item.value
        return test(item.leaf, facts, self.parameters) is _TRUTHS[item.wanted]
