"""What an interview may still ask for where a file is silent: what counts as not so only because nobody has said anything of it.

A file counts as it stands: a return notice that it does not hold was not given, a promise that it does not hold was not made. That is
what raised facts say that are computed from others. An interview has no file yet, so it asks before it hands a case to people for that.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Final

from funnel.engine._checks import Check
from funnel.engine._plan import RECOGNISE, REST
from funnel.engine.assess import Assessment, Case, assess_planned
from funnel.engine.evaluate import Parameters
from funnel.engine.questions import Ask, suppliers
from funnel.facts.values import Facts, Grade, Known
from funnel.pack.model import Pack

_ALL: Final = Fraction(100)
"""What such a question removes: all there is, for a gate that stays open, or a matter that is none, leaves nothing to ask."""


def looked_at_again(
    pack: Pack, facts: Facts, case: Case, assessments: Sequence[Assessment], asked: Collection[str], *, certain: bool
) -> tuple[Case, tuple[Assessment, ...], frozenset[str]]:
    """Some rules as if it were unknown, and not no, what bars them only because nobody has said anything of it.

    Args:
        pack: The pack.
        facts: What is known.
        case: The same as a case.
        assessments: The rules.
        asked: Facts that were asked for already: whoever did not know them is not asked again.
        certain: Whether to look at what certainly bars them, or at what is open and nobody could say more of.

    Returns:
        The case and the rules without those facts, and the facts; none where nobody can be asked for them.
    """
    said = _said(pack, case.known)
    bars = (check for a in assessments for check in _bars(a, certain=certain))
    gone = frozenset(name for check in bars for name in _unasked(pack, said, check, asked))
    if not gone:
        return case, tuple(assessments), gone
    without = Case(facts.without(gone), case.table, case.as_of)
    return without, tuple(assess_planned(a.plan, pack, without, a.recognised) for a in assessments), gone


def asks_of(
    pack: Pack,
    facts: Facts,
    check: Check,
    parameters: Parameters,
    asked: Collection[str],
    *,
    gate: str | None = None,
    remark: str | None = None,
) -> tuple[Ask, ...]:
    """The questions on which a gate, or whether a rule's words are a remark, hangs as long as the file is silent.

    Args:
        pack: The pack.
        facts: What is known.
        check: The condition.
        parameters: The figures of the law.
        asked: Facts that were asked for already.
        gate: The gate whose condition it is.
        remark: The rule whose words may be a remark.
    """
    said = _said(pack, facts.known)
    silent = _unasked(pack, said, check, asked)
    without = facts.without(silent)
    _, unknown = check(without.known, without.told, parameters)
    found: dict[str, list[str]] = {}
    for name in unknown:
        leaves = suppliers(pack, said, name)
        if not any(leaf in asked for leaf in leaves) and _hangs_on(pack, check, without, name, parameters):
            for leaf in leaves:
                found.setdefault(leaf, []).append(name)
    rules = () if remark is None else (remark,)
    return tuple(
        Ask(leaf, tuple(names), _ALL, (), rules, gate, remark=remark is not None) for leaf, names in found.items()
    )


def _hangs_on(pack: Pack, check: Check, facts: Facts, name: str, parameters: Parameters) -> bool:
    """Whether a yes and a no to one fact leave a condition otherwise."""
    if pack.vocabulary[name].type != "bool":
        return False
    cases = (facts.with_value(name, Known(value, Grade.RECORD, "answer")) for value in (True, False))
    return len({check.truth(case.known, case.told, parameters) for case in cases}) > 1


def _bars(assessment: Assessment, *, certain: bool) -> Iterator[Check]:
    """The conditions of a rule that keep it from being settled."""
    plan = assessment.plan
    for index, (check, came) in enumerate(zip(plan.checks, assessment.checked, strict=True)):
        if check is None or came is None or index == RECOGNISE or index >= plan.paying:
            continue
        bar = REST <= index < plan.settling
        if came[0] is (bar if certain else None):
            yield check


def _said(pack: Pack, known: Mapping[str, Known]) -> Mapping[str, Known]:
    """What is known without what counts as not raised."""
    defaults, specs = pack.vocabulary.defaults, pack.vocabulary.facts
    return {n: k for n, k in known.items() if n not in specs or specs[n].world != "raised" or defaults.get(n) is not k}


def _unasked(pack: Pack, said: Mapping[str, Known], check: Check, asked: Collection[str]) -> Sequence[str]:
    """The facts that a condition reads, that nobody has said anything of, and that somebody can say."""
    found = []
    for name in sorted(check.reads - said.keys()):
        spec = pack.vocabulary[name]
        if spec.world == "raised" and spec.derivation is not None:
            leaves = suppliers(pack, said, name)
            if leaves and not any(leaf in asked for leaf in leaves):
                found.append(name)
    return found
