"""Questions: the facts whose answers would remove live ends, ranked by how many; never one that changes nothing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from funnel.decision import Answer, Question
from funnel.engine._plan import ELEMENTS, RECOGNISE, REST
from funnel.engine._texts import say
from funnel.engine.assess import SETTLE, Assessment, Case, End, reassess
from funnel.facts.values import Grade, Known, Value, weakest
from funnel.facts.vocabulary import FactSpec
from funnel.pack.model import Pack, RuleException

_MAX_VALUES = 24
_MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Ask:
    """A question worth asking.

    Attributes:
        fact: What is asked for: a fact that somebody can supply.
        decides: The condition facts that hang on it (itself, or facts derived from it).
        score: Mean number of live ends that an answer removes.
        answers: For each representative answer to ``fact`` itself, how many live ends it removes.
        rules: Rules that the answer bears on.
    """

    fact: str
    decides: tuple[str, ...]
    score: Fraction
    answers: tuple[tuple[Value, int], ...]
    rules: tuple[str, ...]


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
                if not deeper:
                    inner = []
                    break
                inner += deeper
        return inner
    return ()


def rank(pack: Pack, case: Case, assessments: Sequence[Assessment]) -> tuple[tuple[Ask, ...], tuple[str, ...]]:
    """Rank the questions of some undecided rules.

    Args:
        pack: The pack.
        case: The case; answers are supposed in it one after the other, and it is left as it was.
        assessments: The rules.

    Returns:
        The questions, the most telling first, and the facts that are needed but nobody can supply.
    """
    effects: dict[str, dict[str, tuple[tuple[Value, int], ...]]] = {}
    bears: dict[str, set[str]] = {}
    stuck: list[str] = []
    names = dict.fromkeys(name for a in assessments for name in a.unknown)
    for name in names:
        needs = {s.need for a in assessments for s in a.shortfalls if s.fact == name}
        askable = suppliers(pack, case.known, name, max(needs, default=Grade.PRESUMED))
        if not askable:
            stuck.append(name)
            continue
        using = [a for a in assessments if name in a.unknown]
        grade = weakest(pack.vocabulary[leaf].gives for leaf in askable)
        ends = _suppose(pack, case, using, name, grade)
        if not _tells(name, using, ends.values()):
            continue
        before = sum(len(a.live) for a in using)
        effect = tuple((value, before - sum(len(live) for live, _ in after)) for value, after in ends.items())
        for leaf in askable:
            effects.setdefault(leaf, {})[name] = effect
            bears.setdefault(leaf, set()).update(a.rule.id for a in using)
    asks = [
        Ask(
            fact=leaf,
            decides=tuple(by_name),
            score=_score(by_name.values()),
            answers=by_name.get(leaf, ()),
            rules=tuple(sorted(bears[leaf])),
        )
        for leaf, by_name in effects.items()
    ]
    return tuple(sorted(asks, key=lambda a: (-a.score, a.fact))), tuple(stuck)


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


def _score(effects: Iterable[Sequence[tuple[Value, int]]]) -> Fraction:
    """The mean number of ends that an answer removes, over all that hangs on it."""
    means = [Fraction(sum(removed for _, removed in effect), max(1, len(effect))) for effect in effects]
    return means[0] if len(means) == 1 else sum(means, Fraction(0))


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
