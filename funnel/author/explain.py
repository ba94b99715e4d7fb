"""Explain a decision: what was considered, from which words, what each condition gave, what was nearly so."""

from __future__ import annotations

from collections.abc import Iterator

from funnel.author._endings import ending
from funnel.decision import Decision
from funnel.engine._texts import say, shortened
from funnel.engine.assess import Assessment
from funnel.engine.decide import Reasoning
from funnel.engine.describe import leaf, need
from funnel.engine.evaluate import Trace, evaluate, flips, trace
from funnel.facts.likeness import GATE, NONE
from funnel.facts.normalise import normalise
from funnel.facts.signals import Hit, Scan
from funnel.facts.values import NOT_RAISED
from funnel.facts.vocabulary import SIGNAL_PREFIX, pick
from funnel.pack.model import All, Not, Pack, Rule, Test, leaves_of

_MARKS = {True: "✓", False: "✗", None: "?"}
_NEAR = 3
_LIKEST = 3
_TELLING = 6
_PHRASE = 60


def explain(pack: Pack, reasoning: Reasoning, decision: Decision, lang: str = "zh") -> str:
    """The whole reasoning as text, for people.

    Args:
        pack: The pack that decided.
        reasoning: What `funnel.Engine.reason` gave.
        decision: The decision on the same complaint.
        lang: ``zh`` or ``en``.
    """
    return "\n".join(_Explainer(pack, reasoning, decision, lang).lines())


class _Explainer:
    def __init__(self, pack: Pack, reasoning: Reasoning, decision: Decision, lang: str) -> None:
        self.pack = pack
        self.r = reasoning
        self.d = decision
        self.facts = reasoning.intake.facts
        self.lang = lang
        self.zh = lang != "en"

    def pick(self, zh: str, en: str) -> str:
        return zh if self.zh else en

    def lines(self) -> Iterator[str]:
        yield self._verdict()
        yield ""
        yield from self._facts()
        yield from self._gates()
        yield from self._likeness()
        yield from self._overheard()
        yield ""
        yield self.pick("# 考虑过的规则", "# Rules considered")
        for assessment in self.r.assessments.values():
            yield from self._rule(assessment)
        for name in self.r.remarks:
            rule = self.pack.rules[name]
            yield f"{_MARKS[False]} {rule.id}   {pick(rule.title, self.lang)}   ({rule.span})"
            yield self.pick(
                "    附带的话：另有正事，本规则让开", "    a remark beside another matter: this rule steps aside"
            )
        if not self.r.assessments:
            yield self.pick("  没有规则认得这件投诉", "  no rule recognises this complaint")
        yield from self._drafts()
        yield from self._questions()
        yield from self._reasons()
        yield from self._near()

    def _verdict(self) -> str:
        outcome = {
            "settle": ("可结案（草稿）", "settle (draft)"),
            "ask": ("先提问", "ask"),
            "refer": ("转人工", "refer"),
        }
        tier = f" → {self.d.tier}" if self.d.tier else ""
        rules = ", ".join(f"{m.scenario} ({m.rule} r{m.revision})" for m in self.d.matters) or "—"
        head = self.pick("结果", "outcome")
        zh, en = outcome[self.d.outcome]
        return f"{head}: {self.pick(zh, en)}{tier}   {rules}   as of {self.d.as_of}   {self.pack.id} {self.pack.digest[:12]}"

    def _facts(self) -> Iterator[str]:
        yield self.pick("# 事实（等级，来源）", "# Facts (grade, source)")
        scan = self.r.intake.scan
        for name, known in sorted(self.facts.known.items()):
            spec = self.pack.vocabulary[name]
            if known.source == NOT_RAISED or name.startswith(SIGNAL_PREFIX):
                continue
            source = known.source
            if known.words is not None and scan is not None:
                source = f"{source} “{scan.normal.original[known.words[0] : known.words[1]]}”"
            grade = say(f"grade-{known.grade.word}", self.lang)
            yield f"  {name} = {spec.show(known.value, self.lang)}   ({grade}, {source})"
        for name, sources in sorted(self.facts.disputed.items()):
            shown = " / ".join(
                f"{self.pack.vocabulary[name].show(k.value, self.lang)} ({k.grade.word}, {k.source})" for k in sources
            )
            yield f"  {name} = {self.pick('有争议', 'disputed')}: {shown}"
        for name in self.facts.unclear:
            yield "  " + say("note", self.lang, label=self.pack.vocabulary.label(name, self.lang))
        for problem in self.r.intake.problems:
            yield f"  {problem.line(self.lang)}"
        if scan is not None:
            yield from self._signals(scan)

    def _signals(self, scan: Scan) -> Iterator[str]:
        """Each signal once, by the longest of its phrases that were found."""
        longest: dict[tuple[str, bool], Hit] = {}
        for hit in scan.hits:
            before = longest.get((hit.signal, hit.negated))
            if before is None or hit.end - hit.start > before.end - before.start:
                longest[hit.signal, hit.negated] = hit
        for (signal, is_negated), hit in longest.items():
            words = " … ".join(scan.normal.words(*place) for place in hit.places)
            negated = self.pick("（否定）", " (negated)") if is_negated else ""
            phrase = hit.phrase if len(hit.phrase) <= _PHRASE else hit.phrase[:_PHRASE] + "…"
            yield f"  signal.{signal}{negated} ← “{words}”   [{phrase}]"

    def _gates(self) -> Iterator[str]:
        for gate, truth in self.r.gates:
            if truth is not False:
                word = self.pick("打开", "open") if truth else self.pick("还不能排除", "cannot be ruled out yet")
                yield f"  {self.pick('关口', 'gate')} {gate.id}: {word} — {pick(gate.title, self.lang)}"

    def _likeness(self) -> Iterator[str]:
        """What the text reads like, with the characters that speak most for it, and what that comes to."""
        scan, likeness, alike = self.r.intake.scan, self.pack.likeness, self.r.alike
        margins = None if scan is None or likeness is None else likeness.compare(scan.normal.text)
        if scan is None or likeness is None or margins is None:
            return
        titles = {rule.scenario: rule.title for rule in self.pack.live_rules}
        yield ""
        yield self.pick("# 读起来像什么（越大越像）", "# What it reads like (the greater, the more)")
        opened = {gate.id for gate, truth in self.r.gates if truth is True}
        suspected = tuple(GATE + name for name in alike.gates if name not in opened)
        for name in (*margins.ranked()[:_LIKEST], *suspected):
            if name in suspected:
                shown = self.pick("关口 ", "gate ") + pick(self.pack.gates[name.removeprefix(GATE)].title, self.lang)
            elif name == NONE:
                shown = self.pick("没有可处理的事由", "states no grievance")
            else:
                shown = pick(titles[name], self.lang)
            words = self.pick("、", ", ").join(likeness.telling(scan.normal.text, name, _TELLING))
            yield f"  {margins.of[name]:+.2f} {shown} ← {words}"
        for name in alike.doubted:
            yield "  " + say("doubted", self.lang, title=pick(self.pack.rules[name].title, self.lang))
        for gate in (name.removeprefix(GATE) for name in suspected):
            yield "  " + say("gate-suspected", self.lang, title=pick(self.pack.gates[gate].title, self.lang))

    def _overheard(self) -> Iterator[str]:
        """The sentences that read like a gate, with the characters that speak most for it."""
        sentences = None if self.pack.likeness is None else self.pack.likeness.sentences
        if sentences is None or not self.r.overheard:
            return
        yield ""
        yield self.pick("# 像是在说关口的句子", "# Sentences that read like a gate")
        for one in self.r.overheard:
            normal = normalise(one.words).text
            trait = one.trait or GATE + one.gate  # words of the evidence may open a gate that no sentence was learnt of
            grams = sentences.telling(normal, trait, _TELLING, edges=True) if trait in sentences.traits else ()
            words = self.pick("、", ", ").join(grams)
            title = pick(self.pack.gates[one.gate].title, self.lang)
            yield f"  {self.pick('关口', 'gate')} {one.gate}: {title} ← “{shortened(one.words)}”   [{words}]"

    def _rule(self, a: Assessment) -> Iterator[str]:
        rule = a.rule
        yield f"{_MARKS[a.recognised]} {rule.id}   {pick(rule.title, self.lang)}   ({rule.span})"
        yield from self._tree(self.pick("识别", "recognise"), trace(rule.recognise, self.facts, a.parameters), a)
        yield from self._tree(self.pick("要件", "elements"), trace(rule.elements, self.facts, a.parameters), a)
        for exception, truth in a.exceptions:
            title = pick(exception.title, self.lang)
            yield f"    {_MARKS[truth]} {self.pick('例外', 'unless')} {exception.id}: {title}"
            if truth is not False:
                yield from self._parts(trace(exception.when, self.facts, a.parameters), a, "        ")
        if rule.settle is not None and rule.settle.when is not None:
            yield from self._tree(
                self.pick("机器结案条件", "settle when"), trace(rule.settle.when, self.facts, a.parameters), a
            )
        for due in a.remedies or ():
            amount = f" {due.amount.shown}" if due.amount is not None else ""
            yield f"      {self.pick('救济', 'remedy')} {say(f'kind-{due.spec.kind}', self.lang)}{amount} ({due.spec.payer})"
        for spec, (truth, _) in zip(rule.refer.considers, a.plan.considered(self.facts, a.parameters), strict=True):
            if spec.when is not None:
                yield f"    {_MARKS[truth]} {self.pick('供人斟酌', 'for people to weigh')} {say(f'kind-{spec.kind}', self.lang)}"
                yield from self._parts(trace(spec.when, self.facts, a.parameters), a, "        ")
        for short in a.shortfalls:
            label = self.pack.vocabulary.label(short.fact, self.lang)
            have, want = (say(f"grade-{g.word}", self.lang) for g in (short.have, short.need))
            yield "      " + say("grade-too-low", self.lang, label=label, have=have, need=want)
        mark = "；" if self.lang != "en" else "; "
        ends = mark.join(ending(self.pack, rule, end, self.lang, a.parameters) for end in sorted(a.live))
        yield f"      {self.pick('还可能的结局', 'live ends')}: {ends}"

    def _drafts(self) -> Iterator[str]:
        """Drafts that recognise the complaint: they decide nothing, which their authors may have forgotten."""
        for rule in sorted(self.pack.rules.values(), key=lambda rule: rule.id):
            if rule.status == "draft" and evaluate(rule.recognise, self.facts, self.r.parameters) is not False:
                title = pick(rule.title, self.lang)
                yield self.pick(
                    f"  草稿 {rule.id}（{title}）认得它，但草稿不判断；看它会怎么判：funnel explain --draft {rule.id} …",
                    f"  the draft {rule.id} ({title}) recognises it but decides nothing; "
                    f"what it would decide: funnel explain --draft {rule.id} …",
                )

    def _tree(self, name: str, node: Trace, a: Assessment) -> Iterator[str]:
        yield f"    {_MARKS[node.truth]} {name}"
        yield from self._parts(node, a, "        ")

    def _parts(self, node: Trace, a: Assessment, indent: str) -> Iterator[str]:
        condition = node.condition
        if isinstance(condition, Test):
            spec = self.pack.vocabulary[condition.fact]
            now = spec.show(self.facts.value(condition.fact), self.lang)
            words = leaf(self.pack, condition, a.parameters, self.lang)
            yield f"{indent}{_MARKS[node.truth]} {words}   [{condition.fact} = {now}]"
            return
        kind = "not" if isinstance(condition, Not) else "all" if isinstance(condition, All) else "any"
        yield f"{indent}{_MARKS[node.truth]} {kind}"
        for part in node.parts:
            yield from self._parts(part, a, indent + "  ")

    def _questions(self) -> Iterator[str]:
        if not self.d.questions:
            return
        yield ""
        yield self.pick("# 要问的，最管用的在前", "# Questions, the most telling first")
        for number, question in enumerate(self.d.questions, 1):
            yield f"  {number}. [{question.who}] {question.text}   ({question.fact}, {question.grade})"
            yield f"     {question.why}"
            if question.type == "set":
                yield from (f"     - {answer.label}   ({answer.value})" for answer in question.answers)

    def _reasons(self) -> Iterator[str]:
        if self.d.referral is None:
            return
        yield ""
        yield self.pick("# 转交理由", "# Reasons of referral")
        for reason in self.d.referral.reasons:
            yield f"  [{reason.code}] {reason.text}"
        if not self.d.referral.steps:
            return
        yield ""
        yield self.pick("# 接手的人要做的", "# What whoever takes it does")
        for step in self.d.referral.steps:
            yield f"  {step.who} {step.within}: {step.do}"

    def _near(self) -> Iterator[str]:
        """Rules that fell short, the smallest change first."""
        found = []
        for rule in self.pack.live_rules:
            a = self.r.assessments.get(rule.id)
            if (a is not None and a.settles) or rule.id in self.r.remarks:
                continue
            changes = list(self._changes(rule, a))
            if changes and (a is not None or self._touches(rule)):
                found.append((len(changes), rule, changes))
        if not found:
            return
        yield ""
        yield self.pick("# 差一点的规则（要改的最少的在前）", "# Near misses, the smallest change first")
        for count, rule, changes in sorted(found, key=lambda item: (item[0], item[1].id))[:_NEAR]:
            yield f"  {rule.id}: {count} " + self.pick("处", "changes")
            for text in changes:
                yield f"    - {text}"

    def _changes(self, rule: Rule, a: Assessment | None) -> Iterator[str]:
        parameters = a.parameters if a is not None else self.r.parameters
        conditions = ((rule.recognise, True), *rule.settling_conditions)
        for flip in flips(conditions, self.facts, parameters):
            now = self.pack.vocabulary[flip.leaf.fact].show(self.facts.value(flip.leaf.fact), self.lang)
            yield f"{need(self.pack, flip, parameters, self.lang)}   [{flip.leaf.fact} = {now}]"

    def _touches(self, rule: Rule) -> bool:
        """Whether anything in the complaint speaks to a rule at all, so that it is worth naming."""
        names = {
            t.fact for condition in (rule.elements, *(e.when for e in rule.exceptions)) for t in leaves_of(condition)
        }
        return any(n in self.facts.known and self.facts.known[n].words is not None for n in names)
