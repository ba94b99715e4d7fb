"""Questions: the facts whose answers would remove live ends, ranked by how many; never one that changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from funnel.decision import Answer, Question
from funnel.engine._plan import ELEMENTS, RECOGNISE, REST
from funnel.engine._texts import say
from funnel.engine.assess import SETTLE, Assessment, Case, End, assess_planned, reassess
from funnel.engine.evaluate import Flip, Parameters, evaluate, holds
from funnel.facts.values import Facts, Grade, Known, Value, weakest
from funnel.facts.vocabulary import FactSpec
from funnel.pack.model import All, Condition, Not, Pack, RuleException, Test

_MAX_VALUES = 24
_MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Ask:
    """A question worth asking.

    Attributes:
        fact: What is asked for: a fact that somebody can supply.
        decides: The condition facts that hang on it (itself, or facts derived from it).
        score: Mean number of live ends that an answer removes; of one that takes others besides, so much less for each of them.
        answers: For each representative answer to ``fact`` itself, how many live ends it removes.
        rules: Rules that the answer bears on.
        gate: The gate that the answer bears on, where it is none of a rule.
        remark: Whether the answer tells if there is such a matter at all, or if people only also say so beside another.
    """

    fact: str
    decides: tuple[str, ...]
    score: Fraction
    answers: tuple[tuple[Value, int], ...]
    rules: tuple[str, ...]
    gate: str | None = None
    remark: bool = False


def suppliers(pack: Pack, known: Mapping[str, Known], name: str, need: Grade = Grade.PRESUMED) -> tuple[str, ...]:
    """The facts to ask for in order to learn ``name``: itself if somebody can supply it, else its unknown inputs."""
    return tuple(dict.fromkeys(_suppliers(pack, known, name, need, 0)))


def _suppliers(pack: Pack, known: Mapping[str, Known], name: str, need: Grade, depth: int) -> Iterable[str]:
    spec = pack.vocabulary[name]
    if spec.ask != "nobody" and spec.gives >= need:
        return (name,)
    if spec.derivation is not None and depth < _MAX_DEPTH:
        inner: list[str] = []
        for arg in spec.derivation.args:
            if not isinstance(arg, str) or arg not in pack.vocabulary:
                continue
            have = known.get(arg)
            if have is None or have.grade < need:
                deeper = list(_suppliers(pack, known, arg, need, depth + 1))
                if not deeper and spec.derivation.function != "any_of":  # of alternatives one is enough
                    return ()
                inner += deeper
        return inner
    return ()


def rank(
    pack: Pack, case: Case, assessments: Sequence[Assessment], asked: Collection[str] = ()
) -> tuple[tuple[Ask, ...], tuple[str, ...]]:
    """Rank the questions of some undecided rules.

    Args:
        pack: The pack.
        case: The case; answers are supposed in it one after the other, and it is left as it was.
        assessments: The rules.
        asked: Facts that were asked for already; whoever did not know them is not asked again.

    Returns:
        The questions, the most telling first, and the facts that are needed but nobody can supply.
    """
    effects: dict[str, dict[str, _Effect]] = {}
    bears: dict[str, set[str]] = {}
    names = dict.fromkeys(name for a in assessments for name in a.unknown)
    needs: dict[str, Grade] = {}
    for shortfall in (s for a in assessments for s in a.shortfalls):
        needs[shortfall.fact] = max(shortfall.need, needs.get(shortfall.fact, Grade.PRESUMED))
    found = {name: suppliers(pack, case.known, name, needs.get(name, Grade.PRESUMED)) for name in names}
    open_ = {name: leaves for name, leaves in found.items() if leaves and not any(leaf in asked for leaf in leaves)}
    for name, leaves in open_.items():
        using = [a for a in assessments if name in a.unknown]
        grade = weakest(pack.vocabulary[leaf].gives for leaf in leaves)
        ends = _suppose(pack, case, using, name, grade)
        if _tells(name, using, ends.values()):
            effect = _effect(using, ends)
        elif (together := _with_others(pack, case, using, name, grade, open_)) is not None:
            effect = together
        else:
            continue
        for leaf in leaves:
            effects.setdefault(leaf, {})[name] = effect
            bears.setdefault(leaf, set()).update(a.rule.id for a in using)
    asks = [
        Ask(
            fact=leaf,
            decides=tuple(by_name),
            score=_score(by_name.values()),
            answers=by_name[leaf].answers if leaf in by_name else (),
            rules=tuple(sorted(bears[leaf])),
        )
        for leaf, by_name in effects.items()
    ]
    stuck = tuple(name for name in names if name not in open_)
    return tuple(sorted(asks, key=lambda a: (-a.score, a.fact))), stuck


@dataclass(frozen=True, slots=True)
class _Effect:
    """What the answers to a question do: the mean number of ends that one removes, how many each does, and whether alone."""

    score: Fraction
    answers: tuple[tuple[Value, int], ...]
    alone: bool = True


def _score(effects: Collection[_Effect]) -> Fraction:
    """The mean number of ends that an answer removes, over all that hangs on it; of what takes other answers only if nothing else does."""
    counted = [effect for effect in effects if effect.alone] or effects
    return sum((effect.score for effect in counted), Fraction(0))


def _effect(using: Sequence[Assessment], ends: Mapping[Value, tuple[End, ...]]) -> _Effect:
    before = sum(len(a.live) for a in using)
    answers = tuple((value, before - sum(len(live) for live, _ in after)) for value, after in ends.items())
    return _Effect(Fraction(sum(removed for _, removed in answers), max(1, len(answers))), answers)


def _with_others(
    pack: Pack, case: Case, using: Sequence[Assessment], name: str, grade: Grade, askable: Collection[str]
) -> _Effect | None:
    """What a question does once others are answered, where alone it changes nothing; None: not then, either.

    That nothing was scanned in two days takes both: that nothing was scanned, and that two days are over. It counts for so
    much less the more of the others there are.
    """
    best: _Effect | None = None
    for assessment in using:
        values = _representatives(pack.vocabulary[name], (assessment,))
        for index in assessment.plan.reading.get(name, ()):
            check = assessment.plan.checks[index]
            if check is None or name not in assessment.unknown_of(index):
                continue
            wanted = not REST <= index < assessment.plan.settling  # as a settlement takes it: no exception, no referral
            for value in values:
                facts = Facts({**case.known, name: Known(value, grade, "answer")})
                others = frozenset(askable) - {name}
                for leaves in _hinges(check.condition, name, facts, assessment.parameters, others, wanted=wanted):
                    effect = _given(pack, case, assessment, name, grade, leaves)
                    if effect is not None and (best is None or effect.score > best.score):
                        best = effect
    return best


def _hinges(
    condition: Condition, name: str, facts: Facts, parameters: Parameters, others: Collection[str], *, wanted: bool
) -> Iterator[tuple[Flip, ...]]:
    """What else must come out how, for a condition to be ``wanted`` by one fact: one way for each place where it stands so."""
    if isinstance(condition, Test):
        if condition.fact == name and evaluate(condition, facts, parameters) is wanted:
            yield ()
        return
    if isinstance(condition, Not):
        yield from _hinges(condition.item, name, facts, parameters, others, wanted=not wanted)
        return
    every = isinstance(condition, All) == wanted
    for item in condition.items:
        beside = [other for other in condition.items if other is not item] if every else []
        flips = [_answers(other, facts, parameters, others, wanted=wanted) for other in beside]
        if None not in flips:
            for inner in _hinges(item, name, facts, parameters, others, wanted=wanted):
                yield (*inner, *(flip for found in flips if found is not None for flip in found))


def _answers(
    condition: Condition, facts: Facts, parameters: Parameters, askable: Collection[str], *, wanted: bool
) -> tuple[Flip, ...] | None:
    """The fewest answers that make a condition ``wanted``, as leaves; None where none do."""
    if evaluate(condition, facts, parameters) is wanted:
        return ()
    if isinstance(condition, Test):
        return (Flip(condition, wanted),) if condition.fact in askable else None
    if isinstance(condition, Not):
        return _answers(condition.item, facts, parameters, askable, wanted=not wanted)
    parts = [_answers(item, facts, parameters, askable, wanted=wanted) for item in condition.items]
    possible = [part for part in parts if part is not None]
    if isinstance(condition, All) == wanted:
        return None if None in parts else tuple(flip for part in possible for flip in part)
    return min(possible, key=len, default=None)


def _given(
    pack: Pack,
    case: Case,
    assessment: Assessment,
    name: str,
    grade: Grade,
    leaves: Sequence[Flip],
) -> _Effect | None:
    """What the answers to a question do where some leaves come out as they are wanted; None where they all do the same."""
    given: dict[str, Value] = {}
    for flip in leaves:
        fact = flip.leaf.fact
        if fact in case.known:  # known, but not well enough
            return None
        values = (given[fact],) if fact in given else _representatives(pack.vocabulary[fact], (assessment,))
        fits = (value for value in values if holds(flip.leaf, value, assessment.parameters) is flip.wanted)
        value = next(fits, None)
        if value is None:
            return None
        given[fact] = value
    told = case.told
    case.known.update({fact: Known(value, Grade.RECORD, "answer") for fact, value in given.items()})
    case.told = None if told is None else {*told, *given}
    try:
        using = (assess_planned(assessment.plan, pack, case, assessment.recognised),)
        ends = _suppose(pack, case, using, name, grade)
    finally:
        case.told = told
        for fact in given:
            del case.known[fact]
    if not _tells(name, using, ends.values()):
        return None
    effect = _effect(using, ends)
    answers = tuple((value, 0) for value, _ in effect.answers)
    return _Effect(effect.score / (1 + len(given)), answers, alone=False)


def _suppose(
    pack: Pack, case: Case, using: Sequence[Assessment], name: str, grade: Grade
) -> dict[Value, tuple[End, ...]]:
    """What each answer to a question would leave of some rules."""
    known, before, told = case.known, case.known.get(name), case.told
    ends = {}
    case.told = None if told is None else {*told, name}
    try:
        for value in _representatives(pack.vocabulary[name], using):
            known[name] = Known(value, grade, "answer")
            ends[value] = tuple(reassess(a, pack, case, name) for a in using)
    finally:
        case.told = told
        if before is None:
            known.pop(name, None)
        else:
            known[name] = before
    return ends


def _tells(name: str, using: Sequence[Assessment], ends: Iterable[tuple[End, ...]]) -> bool:
    """Whether answers differ in what they leave live, or an answer supplies what a computation lacks."""
    if any(f"{kind}:{name}" in a.live for a in using for kind in ("amount", "grade", "governs")):
        return True
    return len(set(ends)) > 1


def _representatives(spec: FactSpec, using: Sequence[Assessment]) -> tuple[Value, ...]:
    """One value of a fact for each way the rules can tell its values apart."""
    if spec.type == "bool":
        return (True, False)
    found: set[Value] = set()
    for assessment in using:
        found |= assessment.plan.thresholds(spec.name, assessment.parameters)
    if spec.type == "enum":
        named = sorted(str(v) for v in found if v in spec.members)
        other = next((slug for slug in spec.members if slug not in named), None)
        return (*named[: _MAX_VALUES - 1], *(() if other is None else (other,)))
    if spec.type == "set":
        named = sorted(str(v) for v in found if v in spec.members)
        return (frozenset(), *(frozenset({slug}) for slug in named[:_MAX_VALUES]))
    if spec.type == "date":
        days = sorted(v for v in found if isinstance(v, dt.date)) or [assessment.governing for assessment in using][:1]
        one = dt.timedelta(days=1)
        around: list[Value] = [day + step for day in days[:8] for step in (-one, dt.timedelta(0), one)]
        return tuple(dict.fromkeys(around))
    numbers = sorted(v for v in found if isinstance(v, int)) or [spec.low or 100]
    near = dict.fromkeys(n + step for n in numbers[:8] for step in (-1, 0, 1))
    return tuple(n for n in near if spec.accepts(n)) or (numbers[0],)


def roles(assessment: Assessment, name: str) -> tuple[tuple[str, RuleException | None], ...]:
    """What a fact is needed for in a rule: ``("elements", None)``, ``("exception", which)``, and so on."""
    found: list[tuple[str, RuleException | None]] = []
    if name in assessment.unknown_of(RECOGNISE):
        found.append(("recognise", None))
    if name in assessment.unknown_of(ELEMENTS):
        found.append(("elements", None))
    found += [
        ("exception", exception)
        for index, exception in enumerate(assessment.rule.exceptions, REST)
        if name in assessment.unknown_of(index)
    ]
    if f"amount:{name}" in assessment.live:
        found.append(("amount", None))
    if f"grade:{name}" in assessment.live and not found:
        found.append(("grade", None))
    if f"governs:{name}" in assessment.live:
        found.append(("governs", None))
    return tuple(found) or (("settle", None),)


def may_settle(assessment: Assessment) -> bool:
    """Whether settling is still possible for a rule."""
    return SETTLE in assessment.live


def which_matter(spec: FactSpec, lang: str, answers: tuple[Answer, ...] = ()) -> Question:
    """The question which matter a complaint is about, where its words do not show it; an answer of none is an empty list.

    Args:
        spec: The fact that picks the matter.
        lang: ``zh`` or ``en``.
        answers: Those to choose from; all that the fact can have where there are none.
    """
    return Question(
        fact=spec.name,
        type=spec.type,
        text=say("kind", lang),
        who="consumer",
        grade="stated",
        why=say("kind-why", lang),
        answers=answers,
    )
