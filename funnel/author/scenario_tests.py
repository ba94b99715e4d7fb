"""Scenario tests: sentences of law with a complaint and what must come of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from funnel.author._endings import ending
from funnel.complaint import Complaint, Consumer, Merchant, Order
from funnel.decision import Decision, Matter, Remedy
from funnel.diagnostics import Diagnostic, Diagnostics, Span
from funnel.diagnostics._model import shown_path, suggestion
from funnel.engine._arguments import to_complaint
from funnel.engine.decide import Compiled, Reasoning, compile_pack, judge, put_in_words, read
from funnel.engine.describe import leaf
from funnel.engine.evaluate import cheapest
from funnel.errors import ComplaintError
from funnel.facts.intake import Intake, coerce, local_date, member
from funnel.facts.values import GRADES
from funnel.facts.vocabulary import FactSpec, pick, yuan
from funnel.law.register import parse_citation
from funnel.pack._nodes import ListNode, MapNode, Node, ScalarNode, load_file, yaml_files
from funnel.pack._reader import Reader, near, near_fact
from funnel.pack.model import PAYERS, Pack, Rule

EXPECTATIONS = (
    "recognised",
    "outcome",
    "tier",
    "remedies",
    "considers",
    "exception",
    "gate",
    "asks",
    "first_question",
    "basis",
    "not_cited",
    "reason",
    "facts",
)
ENGINE_GATES = ("disputed-facts", "over-limit", "unreadable-field", "unread-fact")
_DEFAULT_RECEIVED = "2026-11-10T10:00:00"
"""In the pack's timezone."""


@dataclass(frozen=True, slots=True)
class ScenarioTest:
    """One test: a sentence, a complaint, and what is expected of its decision."""

    rule: str
    name: str
    complaint: Complaint
    as_of: dt.date | None
    expect: Mapping[str, Any]
    span: Span


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One expectation that did not hold."""

    key: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Result:
    """A test that was run.

    Attributes:
        mismatches: Empty if it passed.
        killers: The conditions that kept the rule from what was expected, in words.
    """

    test: ScenarioTest
    decision: Decision
    mismatches: tuple[Mismatch, ...]
    killers: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything expected came."""
        return not self.mismatches


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of some files, with what is wrong in the files themselves, and the ``base`` of each rule's file."""

    tests: tuple[ScenarioTest, ...]
    diagnostics: tuple[Diagnostic, ...] = field(default=())
    bases: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def scenario_files(folder: Path) -> Iterator[Path]:
    """Every scenario file below a folder, in order."""
    yield from yaml_files(folder)


def load_suite(pack: Pack, paths: list[Path], root: Path | None = None) -> Suite:
    """Read scenario files.

    Args:
        pack: The pack they test.
        paths: The files.
        root: The folder that slugs count from; with it, a stable rule without tests is reported.
    """
    sink = Diagnostics()
    reader = Reader(sink)
    tests: list[ScenarioTest] = []
    bases: dict[str, Mapping[str, Any]] = {}
    for path in paths:
        shown = shown_path(path)
        node = load_file(path, shown, sink)
        if node is not None:
            tests += _file(reader, pack, node)
            bases |= _base(node)
    if root is not None:
        tested = {test.rule for test in tests}
        for rule in pack.live_rules:
            if rule.id not in tested:
                wanted = shown_path(root / f"{rule.id.replace('.', '/', 1)}.yaml")
                sink.add("F601", rule.span, rule=rule.id, path=wanted)
    return Suite(tuple(tests), sink.sorted(), bases)


def _base(node: Node) -> dict[str, Mapping[str, Any]]:
    content = _plain(node)
    rule, base = (content.get("rule"), content.get("base")) if isinstance(content, dict) else (None, None)
    return {rule: base} if isinstance(rule, str) and isinstance(base, dict) else {}


def _file(reader: Reader, pack: Pack, node: Node) -> list[ScenarioTest]:
    entries = reader.mapping(node, required=("funnel", "rule", "tests"), optional=("base", "as_of"))
    if entries is None:
        return []
    rule = reader.slug(entries.get("rule"))
    if rule is None:
        return []
    if rule not in pack.rules:
        reader.sink.add("F306", entries["rule"].span, name=rule, **near(rule, pack.rules))
        return []
    reader.entries(entries.get("base"))
    base = _case(entries.get("base"))
    _given(reader, pack, entries.get("base"))
    _check_away(reader, entries.get("base"), {})
    as_of = reader.date(entries.get("as_of")) if "as_of" in entries else None
    found: list[ScenarioTest] = []
    names: dict[str, Span] = {}
    for item in reader.items(entries.get("tests")):
        test = _test(reader, pack, item, rule, _merge({}, base) if isinstance(base, dict) else {}, as_of)
        if test is None:
            continue
        if test.name in names:
            reader.sink.add("F602", test.span, (names[test.name], ""), name=test.name)
        names[test.name] = test.span
        found.append(test)
    return found


def _test(
    reader: Reader, pack: Pack, node: Node, rule: str, base: dict[str, Any], as_of: dt.date | None
) -> ScenarioTest | None:
    entries = reader.mapping(node, required=("name", "given", "expect"), optional=("as_of", "note"))
    if entries is None:
        return None
    name = reader.string(entries.get("name"))
    given = _case(entries.get("given"))
    expect = _expect(reader, pack, entries.get("expect"), rule)
    if "as_of" in entries:
        as_of = reader.date(entries.get("as_of"))
    if name is None or not isinstance(given, dict) or expect is None:
        reader.entries(entries.get("given"))
        return None
    _check_away(reader, entries["given"], base)
    content = {"id": "test", "received_at": _DEFAULT_RECEIVED, **_said(_merge(base, given))}
    try:
        complaint = to_complaint(content)
    except ComplaintError as error:
        for problem in error.problems:
            reader.sink.add(
                "F603",
                entries["given"].span,
                field=problem.field or "complaint",
                detail_zh=problem.zh,
                detail_en=problem.en,
            )
        return None
    unreadable = "unreadable-field" in (expect.get("gate"), expect.get("reason"))
    _given(reader, pack, entries["given"], unreadable=unreadable, expected=frozenset(expect.get("facts", ())))
    return ScenarioTest(rule, name, complaint, as_of, expect, entries["name"].span)


_WHOLE: type[BaseModel] = Complaint
_PARTS: dict[str, type[BaseModel]] = {"order": Order, "consumer": Consumer, "merchant": Merchant}


def _given(
    reader: Reader,
    pack: Pack,
    node: Node | None,
    *,
    unreadable: bool = False,
    expected: frozenset[str] = frozenset(),
) -> None:
    """Check what a test gives, at its place: fields that the contract has, facts that there are, values that can be read.

    A complaint of the real world may bring a field that nobody knows; in a test it is a slip of the pen, and the test would
    look at another case than its name says.

    Args:
        reader: Collects what is wrong.
        pack: The pack.
        node: ``base`` or ``given``.
        unreadable: The test is about a value that cannot be read.
        expected: Facts whose value the test expects: what comes of a value that they do not know is looked at there.
    """
    _check_choices(reader, pack, node, expected)
    for key, value in node.entries if isinstance(node, MapNode) else ():
        _known(reader, key, _WHOLE)
        if key.value in _PARTS and isinstance(value, MapNode):
            for field_name, _ in value.entries:
                _known(reader, field_name, _PARTS[key.value])
        if key.value == "facts":
            for name, given in reader.entries(value):
                _check_fact(reader, pack, name.value, name.span)
                spec = pack.vocabulary.facts.get(name.value)
                if spec is not None and not unreadable:
                    _check_values(reader, spec, given)


def _known(reader: Reader, key: ScalarNode, part: type[BaseModel]) -> None:
    if key.value not in part.model_fields:
        known = ", ".join(part.model_fields)
        reader.sink.add("F201", key.span, key=key.value, known=known, **near(key.value, part.model_fields))


def _check_choices(reader: Reader, pack: Pack, node: Node | None, expected: frozenset[str]) -> None:
    """Warn of a field that facts choose their value from, where what is given is no value of any of them.

    A batch may bring a category that the pack does not know, and the fact stays unknown. In a test it is nearly always a
    slip of the pen, and the test passes for another reason than its name says.
    """
    readers: dict[str, list[FactSpec]] = {}
    for spec in pack.vocabulary.facts.values():
        if spec.origin is not None and spec.members and not spec.origin.holds_words:
            readers.setdefault(spec.origin.path, []).append(spec)
    for path, specs in readers.items():
        if not expected.isdisjoint(spec.name for spec in specs):
            continue
        known = tuple(dict.fromkeys(slug for spec in specs for slug in spec.members))
        words = next(
            (spec.origin.text_path for spec in specs if spec.origin is not None and spec.origin.text_path), None
        )
        for given in _at(node, path.split(".")):
            if _plain(given) is None or _is_none(given) or any(member(spec, given.value) is not None for spec in specs):
                continue
            reader.sink.add(
                "F604",
                given.span,
                value=given.value,
                field=path,
                fact=specs[0].name,
                known=", ".join(known),
                words_zh=f"商家自己的说法写在 {words}；" if words else "",
                words_en=f"a seller's own words go in {words}; " if words else "",
                **near(given.value, known),
            )


def _at(node: Node | None, path: Sequence[str]) -> Iterator[ScalarNode]:
    """The values at a path of the contract, those of every item where it leads through a list."""
    if isinstance(node, ListNode):
        for item in node.items:
            yield from _at(item, path)
    elif not path:
        if isinstance(node, ScalarNode):
            yield node
    elif isinstance(node, MapNode):
        for key, value in node.entries:
            if key.value == path[0]:
                yield from _at(value, path[1:])


def _check_values(reader: Reader, spec: FactSpec, node: Node) -> None:
    """Check the value of a fact, or of each of its sources."""
    listed = isinstance(node, ListNode) and any(isinstance(item, MapNode) for item in node.items)
    for item in node.items if listed and isinstance(node, ListNode) else (node,):
        given: Node | None = item
        if isinstance(item, MapNode):
            entries = reader.mapping(item, required=("value",), optional=("grade", "source")) or {}
            given = entries.get("value")
            reader.choice(entries.get("grade"), tuple(GRADES))
        if given is None or (raw := _plain(given)) is None:
            continue
        value = coerce(spec, raw, ZoneInfo("UTC"))  # days, not instants
        if value is None or not spec.accepts(value):
            zh, en, example = _EXPECTED[spec.type]
            if spec.members:
                zh, en = f"{zh}（{', '.join(spec.members)}）", f"{en} ({', '.join(spec.members)})"
                example = next(iter(spec.members))
            shown = given.value if isinstance(given, ScalarNode) else str(raw)
            example = suggestion(shown, spec.members) or example
            reader.sink.add("F206", given.span, value=shown, expected_zh=zh, expected_en=en, example=example)


_EXPECTED = {
    "bool": (" true 或 false", "true or false", "true"),
    "integer": ("范围内的整数", "a whole number in its range", "7"),
    "money": ("金额（最多两位小数）", "an amount, at most two decimals", "500.00"),
    "date": ("日期", "a date", "2026-11-20"),
    "enum": ("可以取的值", "one of its values", ""),
    "set": ("可以取的值", "one of its values", ""),
}


def _check_fact(reader: Reader, pack: Pack, name: str, span: Span) -> None:
    if name not in pack.vocabulary:
        reader.sink.add("F301", span, name=name, **near_fact(name, pack.vocabulary.facts))


def _plain(node: Node | None) -> Any:
    """A node as JSON would have it: what a test gives, in the contract's shape."""
    if node is None:
        return None
    if isinstance(node, MapNode):
        return {key.value: _plain(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [_plain(item) for item in node.items]
    return scalar(node)


def scalar(node: ScalarNode) -> str | int | float | bool | None:
    """A scalar as JSON would have it: numbers and true/false where they are not quoted, else text."""
    value = node.value
    if node.quoted:
        return value
    if value in {"true", "false"}:
        return value == "true"
    if value in {"", "null", "~"}:
        return None
    digits = value.removeprefix("-")
    if digits.isascii() and digits.isdigit():
        return int(value)
    whole, dot, part = digits.partition(".")
    if dot and whole.isascii() and whole.isdigit() and part.isascii() and part.isdigit():
        return float(value)
    return value


class _Empty:
    """What ``none`` stands for: the record was given with this field empty."""


_NONE = _Empty()


def _is_none(node: ScalarNode) -> bool:
    return node.value == "none" and not node.quoted


def _case(node: Node | None) -> Any:
    """What ``base`` or ``given`` says, with ``none`` in a part of the complaint told from the text of that spelling."""
    content = _plain(node)
    for key, part in node.entries if isinstance(node, MapNode) else ():
        if key.value in _PARTS and isinstance(part, MapNode):
            for name, value in part.entries:
                if isinstance(value, ScalarNode) and _is_none(value):
                    content[key.value][name.value] = _NONE
    return content


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Deep merge. ``null`` says that something is not given, wherever it stands: it takes away what the base gives."""
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Mapping):
            inner = merged.get(key)
            merged[key] = _merge(inner if isinstance(inner, Mapping) else {}, value)
        else:
            merged[key] = value
    return merged


def _said(case: Mapping[str, Any]) -> dict[str, Any]:
    """A case as the contract has it, where an empty field of a record is ``null``."""
    whole = {key: _said(value) if isinstance(value, Mapping) else value for key, value in case.items()}
    return {key: None if value is _NONE else value for key, value in whole.items()}


def _check_away(reader: Reader, node: Node | None, base: Mapping[str, Any]) -> None:
    """Warn of ``null`` for a field of a record where there is nothing to take away.

    In a complaint ``shipped_at: null`` says that nothing was sent. Who writes it so in a test means that, and the test would
    look at a case in which nothing is known of it.
    """
    for key, part in node.entries if isinstance(node, MapNode) else ():
        if key.value in _PARTS and isinstance(part, MapNode):
            given = base.get(key.value)
            for name, value in part.entries:
                nothing = not isinstance(given, Mapping) or given.get(name.value) is None
                if isinstance(value, ScalarNode) and scalar(value) is None and nothing:
                    reader.sink.add("F605", value.span if value.value else name.span, field=f"{key.value}.{name.value}")


def _expect(reader: Reader, pack: Pack, node: Node | None, rule: str) -> dict[str, Any] | None:
    entries = reader.mapping(node, optional=EXPECTATIONS)
    if entries is None or not entries:
        if node is not None and entries is not None:
            reader.sink.add("F202", node.span, key="outcome")
        return None
    expect: dict[str, Any] = {}
    for key, value in entries.items():
        if key == "recognised":
            expect[key] = reader.boolean(value)
        elif key == "outcome":
            expect[key] = reader.choice(value, ("settle", "ask", "refer"))
        elif key == "tier":
            expect[key] = reader.choice(value, pack.manifest.tiers)
        elif key == "exception":
            expect[key] = reader.choice(value, tuple(e.id for e in pack.rules[rule].exceptions) or ("-",))
        elif key == "gate":
            expect[key] = reader.choice(value, (*pack.gates, *ENGINE_GATES))
        elif key in {"asks", "basis"}:
            expect[key] = reader.strings(value)
        elif key == "not_cited":
            expect[key] = _of_the_rule(reader, value, pack.rules[rule])
        elif key in {"remedies", "considers"}:
            expect[key] = _remedies(reader, value)
        elif key == "facts":
            expect[key] = {name.value: _plain(given) for name, given in reader.entries(value)}
            for name in expect[key]:
                _check_fact(reader, pack, name, value.span)
        else:
            expect[key] = reader.string(value)
        if key in {"asks", "first_question"}:
            for name in expect[key] if isinstance(expect[key], tuple) else (expect[key],):
                _check_fact(reader, pack, str(name), value.span)
    return None if any(v is None for v in expect.values()) else expect


def _of_the_rule(reader: Reader, node: Node, rule: Rule) -> tuple[str, ...] | None:
    """Articles that the rule cites when they are in force: to expect that another is missing would always hold."""
    known: set[str] = set()
    for basis in rule.basis:
        citation = parse_citation(basis.citation)
        known |= {basis.citation, f"{citation.statute}/{citation.article}"}
    found = tuple(reader.choice(item, sorted(known)) for item in reader.items(node))
    return None if None in found or not found else tuple(name for name in found if name is not None)


def _remedies(reader: Reader, node: Node) -> dict[str, str | None] | None:
    if isinstance(node, ListNode):
        merged: dict[str, str | None] = {}
        for item in node.items:
            part = _remedies(reader, item)
            if part is None:
                return None
            merged |= part
        return merged
    entries = reader.mapping(node, optional=None)
    if entries is None:
        return None
    found: dict[str, str | None] = {}
    for kind, value in entries.items():
        if isinstance(value, ScalarNode) and value.value in {"null", "~", "", "true"}:
            found[kind] = None
            continue
        if isinstance(value, ScalarNode) and value.value in PAYERS:
            found[kind] = value.value
            continue
        fen = reader.money(value)
        if fen is None:
            return None
        found[kind] = yuan(fen)
    return found


def as_of_day(compiled: Compiled, test: ScenarioTest) -> dt.date:
    """The day that a test is decided for: its own, else the day its complaint came in."""
    received = test.complaint.received_at or dt.datetime.fromisoformat(_DEFAULT_RECEIVED)
    return test.as_of or local_date(received, compiled.zone)


def run(compiled: Compiled, test: ScenarioTest, *, lang: str = "zh", taken: Intake | None = None) -> Result:
    """Run one test. The test of a draft is run as if that draft were stable: a draft decides nothing, and could not be tested.

    Args:
        compiled: The pack.
        test: The test.
        lang: Language of the texts.
        taken: The facts of its complaint, where they were read before.
    """
    if compiled.pack.rules[test.rule].status == "draft":
        compiled = compile_pack(compiled.pack.with_stable(test.rule))
    as_of = as_of_day(compiled, test)
    taken = taken if taken is not None else read(compiled, test.complaint, as_of=as_of)
    reasoning = judge(compiled, test.complaint, taken, as_of=as_of)
    decision = put_in_words(compiled, reasoning, lang=lang)
    mismatches = tuple(_compare(compiled.pack, test, reasoning, decision))
    killers = tuple(_killers(compiled.pack, test, reasoning, lang)) if mismatches else ()
    return Result(test, decision, mismatches, killers)


def _compare(pack: Pack, test: ScenarioTest, reasoning: Reasoning, decision: Decision) -> Iterator[Mismatch]:
    rule = pack.rules[test.rule]
    matter = next((m for m in decision.matters if m.rule == rule.id or rule.id in m.competing), None)
    recognised = reasoning.names(rule.id)
    for key, expected in test.expect.items():
        got = _got(pack, key, expected, reasoning, decision, matter, recognised=recognised, rule=rule.id)
        if got is not None:
            yield Mismatch(key, _show(expected), got)


def _got(
    pack: Pack,
    key: str,
    expected: Any,
    reasoning: Reasoning,
    decision: Decision,
    matter: Matter | None,
    *,
    recognised: bool,
    rule: str,
) -> str | None:
    """What came instead; None if the expectation holds."""
    if key == "recognised":
        return None if recognised is expected else _show(recognised)
    if key == "outcome":
        got = matter.outcome if matter is not None else decision.outcome
        return None if got == expected else got
    if key == "tier":
        tier = matter.tier if matter is not None else decision.tier
        return None if tier == expected else str(tier)
    if key in {"remedies", "considers"}:
        due = () if matter is None else matter.remedies if key == "remedies" else matter.considers
        return _remedies_differ(due, expected)
    if key == "exception":
        assessment = reasoning.assessments.get(rule)
        fired = [e.id for e, truth in (assessment.exceptions if assessment else ()) if truth is True]
        return None if expected in fired else _show(fired)
    reasons = decision.referral.reasons if decision.referral else ()
    if key == "gate":
        gates = [r.gate for r in reasons if r.gate]
        return None if expected in gates else _show(gates)
    if key == "reason":
        codes = list(dict.fromkeys(r.code for r in reasons))
        return None if expected in codes else _show(codes)
    asked = [q.fact for q in decision.questions]
    if key == "asks":
        return None if _has_all(asked, expected) else _show(asked)
    if key == "first_question":
        return None if asked[:1] == [expected] else _show(asked)
    if key in {"basis", "not_cited"}:
        cited = [f"{c.statute}/{c.article}" for c in (matter.basis if matter else ())]
        cited += [f"{c.statute}@{c.version}/{c.article}" for c in (matter.basis if matter else ())]
        holds = _has_all(cited, expected) if key == "basis" else matter is not None and not set(expected) & set(cited)
        return None if holds else _show(cited)
    return _facts_differ(pack, reasoning, expected, decision.language)


def _has_all(got: Sequence[str], expected: Sequence[str]) -> bool:
    """Whether all that is expected is there; an empty list expects none."""
    return set(expected) <= set(got) if expected else not got


def _remedies_differ(remedies: Sequence[Remedy], expected: Mapping[str, str | None]) -> str | None:
    got: dict[str, str | None] = {}
    for remedy in remedies:
        wanted = expected.get(remedy.kind)
        due = remedy.payer if wanted in PAYERS else remedy.amount
        # Of a kind that is due twice both are shown: one of them alone is not what was expected.
        got[remedy.kind] = f"{got[remedy.kind]} + {due}" if remedy.kind in got else due
    return None if got == dict(expected) else _show(got)


def _facts_differ(pack: Pack, reasoning: Reasoning, expected: Mapping[str, Any], lang: str) -> str | None:
    facts = reasoning.intake.facts
    wrong = {}
    for name, raw in expected.items():
        spec = pack.vocabulary.facts.get(name)
        if spec is None:
            continue
        got = facts.value(name)
        wanted = None if raw is None else coerce(spec, raw, ZoneInfo("UTC"))  # days, not instants
        if spec.type == "set" and isinstance(got, frozenset) and isinstance(wanted, frozenset) and wanted <= got:
            continue
        if got != wanted:
            wrong[name] = spec.show(got, lang)
    return _show(wrong) if wrong else None


def _show(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {_show(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_show(v) for v in value) + "]"
    return "null" if value is None else str(value)


def _killers(pack: Pack, test: ScenarioTest, reasoning: Reasoning, lang: str) -> Iterator[str]:
    """The conditions that kept the rule from applying, with the facts they met."""
    rule = pack.rules[test.rule]
    facts = reasoning.intake.facts
    if rule.id in reasoning.remarks:
        others = ", ".join(name for name in reasoning.assessments if reasoning.names(name))
        yield f"{rule.span}: remark: {others}"
        return
    assessment = reasoning.assessments.get(rule.id)
    parameters = assessment.parameters if assessment is not None else {}
    parts = [("recognise", rule.recognise)] if assessment is None else [("elements", rule.elements)]
    if assessment is not None and rule.settle is not None and rule.settle.when is not None:
        parts.append(("settle.when", rule.settle.when))
    for where, condition in parts:
        for flip in cheapest(condition, facts, parameters):
            spec = pack.vocabulary[flip.leaf.fact]
            now = spec.show(facts.value(flip.leaf.fact), lang)
            wanted = leaf(pack, flip.leaf, parameters, lang)
            wanted = wanted if flip.wanted else f"not ({wanted})"
            yield f"{flip.leaf.span}: {where}: {wanted} — {pick(spec.label, lang)} = {now}"
    if assessment is None:
        return
    for exception, truth in assessment.exceptions:
        if truth is not False:
            word = {True: "true", None: "unknown"}[truth]
            yield f"{exception.span}: unless {exception.id}: {word}"
    for end in sorted(assessment.live):
        if end.startswith(("grade:", "amount:", "governs:", "cannot:", "refer:")):
            yield f"{rule.span}: {ending(pack, rule, end, lang)}"
