"""What changed between two packs: rule by rule, with complaints that show it, and on a batch."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from funnel.author._wording import Rewording, rewordings
from funnel.author.analysis._regions import Regions, matters_beside
from funnel.author.analysis._search import Search
from funnel.author.analysis._solve import Demand, OutOfSteps
from funnel.author.analysis._witness import build, shrink
from funnel.author.coverage import parts
from funnel.author.mutation import written
from funnel.complaint import Complaint
from funnel.decision import Decision
from funnel.diagnostics import Span
from funnel.engine._arguments import to_complaint
from funnel.engine.decide import Compiled, Reasoning, compile_pack, decide, reason
from funnel.facts.intake import localise
from funnel.facts.likeness import Likeness
from funnel.pack.loader import LIKENESS
from funnel.pack.model import All, Condition, Not, Pack, RemedySpec, Rule, Settle, flat, leaves_of

_STEPS = 100_000
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class PartChange:
    """A part of a rule that means something else: as it was and as it is, as in the file; empty where there is none.

    Attributes:
        span: Where it stands in the rule.
        related: Where the named conditions are defined through which it changed, with their names.
    """

    where: str
    before: str
    after: str
    span: Span
    related: tuple[tuple[Span, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Shift:
    """A complaint that both packs decide, differently."""

    before: str
    after: str
    complaint: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """A rule that means something else.

    Attributes:
        parts: What changed in it.
        shifts: Complaints that show the difference, the smallest that were found.
        same_revision: The meaning changed and the revision did not.
    """

    rule: str
    revisions: tuple[int, int]
    parts: tuple[PartChange, ...]
    shifts: tuple[Shift, ...]
    undecided: bool

    @property
    def same_revision(self) -> bool:
        """Whether the revision was left as it was."""
        return self.revisions[0] == self.revisions[1]


@dataclass(frozen=True, slots=True)
class PackDiff:
    """Two packs compared.

    Attributes:
        added, removed: Rules that decide in one of them only.
        changed: Rules whose meaning changed.
        touched: Rules that stand as they were, but read something that changed, with its names.
        names: What changed besides rules, by section: facts, signals, parameters, gates, what records show, statutes, likeness.
        words: What only reads differently. No meaning hangs on it, and no revision need tell of it.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[RuleChange, ...]
    touched: Mapping[str, tuple[str, ...]]
    names: Mapping[str, tuple[str, ...]]
    words: tuple[Rewording, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing changed that could change a decision."""
        return not (self.added or self.removed or self.changed or any(self.names.values()))

    @property
    def unrevised(self) -> tuple[str, ...]:
        """Rules whose meaning changed and whose revision did not."""
        return tuple(change.rule for change in self.changed if change.same_revision)


@dataclass(frozen=True, slots=True)
class Transition:
    """What one kind of complaint in a batch went from and to.

    Attributes:
        before, after: The outcome, tier and amount, in short.
        examples: Ids of the first few.
        rules: The rules that named the matters before and after, changed ones with the place of the change.
    """

    before: str
    after: str
    count: int
    examples: tuple[str, ...]
    rules: tuple[str, ...]


# --- the packs ---------------------------------------------------------------------------------------------------------------


def compare(old: Pack, new: Pack, *, as_of: dt.date) -> PackDiff:
    """Compare two packs.

    Args:
        old: The pack as it was.
        new: The pack as it is.
        as_of: The day whose law and parameters hold.
    """
    live = [{rule.id: rule for rule in pack.live_rules} for pack in (old, new)]
    both = sorted(live[0].keys() & live[1].keys())
    comparer = _Comparer(old, new, as_of)
    changed = tuple(comparer.rule(name) for name in both if meaning(live[0][name]) != meaning(live[1][name]))
    names = _names(old, new)
    moved = {name for found in names.values() for name in found}
    touched = {}
    for name in both:
        reads = tuple(sorted(_reads(live[1][name]) & moved))
        if reads and name not in {c.rule for c in changed}:
            touched[name] = reads
    return PackDiff(
        tuple(sorted(live[1].keys() - live[0].keys())),
        tuple(sorted(live[0].keys() - live[1].keys())),
        changed,
        touched,
        names,
        rewordings(old, new),
    )


def meaning(rule: Rule) -> object:
    """What a rule does, without its words: titles, gists, strategies and places are not part of it."""
    return (
        rule.scenario,
        rule.governs,
        rule.matter,
        _flat(rule.scope),
        flat(rule.recognise),
        _flat(rule.remark),
        flat(rule.elements),
        tuple(sorted((e.id, written(flat(e.when)), e.tier or "", e.basis) for e in rule.exceptions)),
        tuple(sorted((b.citation, b.supports) for b in rule.basis)),
        None if rule.settle is None else _bare_settle(rule.settle),
        rule.refer.tier,
        tuple((flat(w.condition), w.tier) for w in rule.refer.when),
        tuple(_bare(r) for r in rule.refer.considers),
        tuple(sorted((o.rule, o.basis) for o in rule.overrides)),
        rule.out_of_scope,
    )


def _flat(condition: Condition | None) -> Condition | None:
    return None if condition is None else flat(condition)


def _bare(remedy: RemedySpec) -> RemedySpec:
    return replace(remedy, note=None, when=_flat(remedy.when))


def _bare_settle(settle: Settle) -> Settle:
    return replace(settle, when=_flat(settle.when), remedies=tuple(_bare(r) for r in settle.remedies))


def _reads(rule: Rule) -> set[str]:
    found = {leaf.fact for _, condition in parts(rule) for leaf in leaves_of(condition)}
    return found | {name.removeprefix("signal.") for name in found} | {rule.governs}


def _names(old: Pack, new: Pack) -> dict[str, tuple[str, ...]]:
    sections: dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]] = {
        "facts": (_facts(old), _facts(new)),
        "signals": (_wordless(old.lexicon.signals, title={}), _wordless(new.lexicon.signals, title={})),
        "parameters": (
            _wordless(old.register.parameters, label={}, note=None),
            _wordless(new.register.parameters, label={}, note=None),
        ),
        "gates": (
            _wordless(old.gates, title={}, why={}, steps=()),
            _wordless(new.gates, title={}, why={}, steps=()),
        ),
        "shown": (_shown(old), _shown(new)),
        "forums": (_wordless(old.forums, title={}, text={}), _wordless(new.forums, title={}, text={})),
        "likeness": (_learnt(old), _learnt(new)),
    }
    found: dict[str, tuple[str, ...]] = {}
    for section, (before, after) in sections.items():
        names = tuple(n for n in sorted(before.keys() | after.keys()) if before.get(n) != after.get(n))
        if names:
            found[section] = names
    if old.manifest.settle_limit != new.manifest.settle_limit:
        found["manifest"] = ("settle_limit",)
    return found


def _learnt(pack: Pack) -> dict[str, Likeness]:
    """What was learnt, by the name of its file; the examples themselves decide nothing."""
    return {} if pack.likeness is None else {LIKENESS: pack.likeness}


def _shown(pack: Pack) -> dict[str, Any]:
    return {name: (flat(one.when), one.yields_to, one.named and flat(one.named)) for name, one in pack.shown.items()}


def _wordless(named: Mapping[str, Any], **without: object) -> dict[str, Any]:
    """Things without their words."""
    return {name: replace(item, **without) for name, item in named.items()}


def _facts(pack: Pack) -> dict[str, Any]:
    return {
        name: (
            replace(spec, label={}, question=None, why=None, members={}),
            tuple((slug, member.also) for slug, member in sorted(spec.members.items())),
        )
        for name, spec in pack.vocabulary.facts.items()
    }


class _Comparer:
    def __init__(self, old: Pack, new: Pack, day: dt.date) -> None:
        self.day = day
        self.compiled = (compile_pack(old), compile_pack(new))
        self.regions = tuple(Regions(c.pack, c.table.on(day)) for c in self.compiled)

    def rule(self, name: str) -> RuleChange:
        old, new = (c.pack.rules[name] for c in self.compiled)
        shifts: list[Shift] = []
        undecided = False
        for demands in self._differences(old, new):
            if len(shifts) >= _EXAMPLES:
                break
            try:
                shift = self._shift(demands, (old, new))
            except OutOfSteps:
                undecided = True
                continue
            if shift is not None and (shift.before, shift.after) not in {(s.before, s.after) for s in shifts}:
                shifts.append(shift)
        return RuleChange(name, (old.revision, new.revision), tuple(_parts(old, new)), tuple(shifts), undecided)

    def _differences(self, old: Rule, new: Rule) -> Iterator[list[Demand]]:
        """What may come out differently, the weightiest first."""
        settle = [self.regions[0].settles(old), self.regions[1].settles(new)]
        if old.settle is not None:
            yield [*settle[0], (_whole(settle[1]), False)]
            yield settle[0]
        if new.settle is not None:
            yield [*settle[1], (_whole(settle[0]), False)]
            yield settle[1]
        known: list[Demand] = [(old.recognise, True), (new.recognise, True)]
        for (where, before), (_, after) in _paired(old, new):
            for truth in (True, False):
                context = [] if where == "recognise" else known
                yield [*context, (before, truth), (after, not truth)]
        for condition in _of_remedies(old, new):  # nothing stood there, or nothing does now
            yield [*known, (condition, False)]
        if old.remark != new.remark:  # it shows only beside another matter
            beside = (matters_beside(self.compiled[1].pack, new), True)
            for remark, other in ((old.remark, new.remark), (new.remark, old.remark)):
                if remark is not None:
                    yield [*known, beside, (remark, True), *([(other, False)] if other is not None else [])]
        tiers = {e.id: e.tier for e in new.exceptions}
        for moved in old.exceptions:
            if moved.id in tiers and tiers[moved.id] != moved.tier:
                others = [(e.when, False) for e in old.exceptions if e is not moved]
                yield [*known, (old.elements, True), (new.elements, True), (moved.when, True), *others]
        for one, two, mine in ((old, new, 0), (new, old, 1)):
            gone = {e.id for e in one.exceptions} - {e.id for e in two.exceptions}
            for exception in one.exceptions:
                if exception.id in gone:
                    yield [*known, (self.compiled[mine].pack.rules[one.id].elements, True), (exception.when, True)]

    def _shift(self, demands: Sequence[Demand], rules: tuple[Rule, Rule]) -> Shift | None:
        new = self.compiled[1].pack
        if any(leaf.fact not in new.vocabulary for condition, _ in demands for leaf in leaves_of(condition)):
            return None  # a fact that is gone cannot be written down for the new pack
        parameters = self.compiled[1].table.on(self.day)
        search = Search(new, parameters, self.day, self.regions[1].conditions(), steps=_STEPS)
        found = search.find(demands)
        content = None if found is None else build(new, found, rules, self.day)
        if content is None:
            return None
        before, after = self._both(content)
        if before == after:
            return None
        small = shrink(content, lambda c: self._both(c) == (before, after))
        return None if small is None else Shift(before, after, small)

    def _both(self, content: Mapping[str, Any]) -> tuple[str, str]:
        complaint = to_complaint(content)
        was, now = (reason(c, complaint, as_of=self.day) for c in self.compiled)
        one, two = _short(was), _short(now)
        return (one, two) if one != two else (one + _weighed(was), two + _weighed(now))


def _whole(demands: Sequence[Demand]) -> Condition:
    return All(tuple(condition if wanted else Not(condition) for condition, wanted in demands))


def _paired(old: Rule, new: Rule) -> Iterator[tuple[tuple[str, Condition], tuple[str, Condition]]]:
    after = dict(parts(new))
    for where, condition in parts(old):
        if where in after and flat(after[where]) != flat(condition):
            yield (where, condition), (where, after[where])


def _of_remedies(old: Rule, new: Rule) -> Iterator[Condition]:
    """The conditions of remedies that one of two rules has and the other has not."""
    both = dict(parts(old)), dict(parts(new))
    for where in sorted(both[0].keys() ^ both[1].keys()):
        if where.startswith(("settle.remedies", "refer.considers")):
            yield next(found[where] for found in both if where in found)


def _parts(old: Rule, new: Rule) -> Iterator[PartChange]:
    before, after = dict(parts(old)), dict(parts(new))
    for where in dict.fromkeys([*before, *after]):
        one, two = before.get(where), after.get(where)
        if _flat(one) != _flat(two):
            span = next((leaf.span for c in (two, one) if c is not None for leaf in leaves_of(c)), new.span)
            shown = (written(one) if one else "", written(two) if two else "")
            yield PartChange(where, *shown, span, tuple(_definitions(one, two)))
    tiers = [{f"unless {e.id}": e.tier or "set_aside" for e in rule.exceptions} for rule in (old, new)]
    for where, tier in tiers[0].items():
        if where in tiers[1] and tiers[1][where] != tier:
            yield PartChange(where, f"then: {tier}", f"then: {tiers[1][where]}", new.span)
    for where, was, now in (
        ("settle", _settle(old), _settle(new)),
        ("refer.tier", old.refer.tier, new.refer.tier),
        ("refer.considers", _remedies(old.refer.considers), _remedies(new.refer.considers)),
        ("governs", old.governs, new.governs),
        ("matter", old.matter, new.matter),
        ("basis", ", ".join(sorted(b.citation for b in old.basis)), ", ".join(sorted(b.citation for b in new.basis))),
        (
            "overrides",
            ", ".join(sorted(o.rule for o in old.overrides)),
            ", ".join(sorted(o.rule for o in new.overrides)),
        ),
    ):
        if was != now:
            yield PartChange(where, was, now, new.span)


def _definitions(one: Condition | None, two: Condition | None) -> Iterator[tuple[Span, str]]:
    """Where the tests that only one of two conditions has are defined, those of the second before those of the first.

    Tests alike in both may be tied otherwise: then every definition is named that either reads.
    """
    was, now = tuple(leaves_of(one)), tuple(leaves_of(two))
    moved = [*(leaf for leaf in now if leaf not in was), *(leaf for leaf in was if leaf not in now)]
    places: dict[str, Span] = {}
    for leaf in moved or (*now, *was):
        for span, name in leaf.via:
            places.setdefault(name, span)
    yield from ((span, name) for name, span in places.items())


def _settle(rule: Rule) -> str:
    settle = rule.settle
    if settle is None:
        return ""
    needs = ", ".join(f"{name}: {grade.word}" for name, grade in sorted(settle.needs.items()))
    limit = "" if settle.limit is None else f"; limit {settle.limit / 100:.2f} {settle.limit_of or ''}".rstrip()
    return f"needs {{{needs}}}; remedies [{_remedies(settle.remedies)}]{limit}"


def _remedies(remedies: Iterable[RemedySpec]) -> str:
    return ", ".join(f"{r.kind}: {r.source or r.payer} ({r.payer})" for r in remedies)


def _short(reasoning: Reasoning) -> str:
    """What rulings come to, on one line: outcome, tier, amounts."""
    shown = []
    for r in reasoning.rulings:
        amounts = "+".join(
            f"{kind} {fen / 100:.2f} {payer}" if fen >= 0 else f"{kind} {payer}"
            for kind, fen, payer in r.primary.result
        )
        shown.append(f"{r.outcome} {amounts if r.outcome == 'settle' else r.tier or ''}".strip())
    return "; ".join(shown) or "unmatched"


def _weighed(reasoning: Reasoning) -> str:
    """What people are shown to weigh; a question mark where it is not known whether it comes into question."""
    shown = [
        spec.kind + ("" if truth else "?")
        for r in reasoning.rulings
        for spec, (truth, _) in zip(
            r.primary.rule.refer.considers,
            r.primary.plan.considered(reasoning.intake.facts, r.primary.parameters),
            strict=True,
        )
        if truth is not False
    ]
    return f" (considers {', '.join(shown) or '-'})"


# --- a batch -----------------------------------------------------------------------------------------------------------------


def on_batch(
    old: Pack, new: Pack, complaints: Iterable[Complaint], *, as_of: dt.date | None, changes: PackDiff | None = None
) -> tuple[tuple[Transition, ...], int]:
    """Decide complaints with both packs and group what came out differently.

    Args:
        old: The pack as it was.
        new: The pack as it is.
        complaints: The batch.
        as_of: The day; default: that on which each complaint was received, else today.
        changes: What `compare` found, to name the changed parts of the rules concerned.

    Returns:
        The transitions, the most frequent first, and how many complaints there were.
    """
    compiled = (compile_pack(old), compile_pack(new))
    places = {c.rule: tuple(f"{p.where} {p.span}" for p in c.parts) for c in (changes.changed if changes else ())}
    found: dict[tuple[str, str], list[Any]] = {}
    count = 0
    for complaint in complaints:
        count += 1
        day = as_of or _day(compiled[1], complaint)
        one, two = (decide(c, complaint, as_of=day) for c in compiled)
        key = (_line(one), _line(two))
        if key[0] == key[1]:
            continue
        entry = found.setdefault(key, [0, [], {}])
        entry[0] += 1
        if len(entry[1]) < _EXAMPLES:
            entry[1].append(complaint.id)
        for matter in (*one.matters, *two.matters):
            where = places.get(matter.rule, ())
            entry[2][f"{matter.rule} ({'; '.join(where)})" if where else matter.rule] = None
    transitions = tuple(
        Transition(before, after, n, tuple(ids), tuple(rules))
        for (before, after), (n, ids, rules) in sorted(found.items(), key=lambda item: (-item[1][0], item[0]))
    )
    return transitions, count


def _day(compiled: Compiled, complaint: Complaint) -> dt.date:
    moment = complaint.received_at or dt.datetime.now(dt.UTC)
    return localise(moment, compiled.zone).date()


def _line(decision: Decision) -> str:
    amounts = [r.amount for m in decision.matters for r in m.remedies if r.amount is not None]
    tail = "+".join(amounts) if decision.outcome == "settle" else decision.tier or ""
    names = ",".join(m.scenario for m in decision.matters) or "unmatched"
    return f"{decision.outcome} {tail}".strip() + f" [{names}]"
