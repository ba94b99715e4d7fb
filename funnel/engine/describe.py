"""Conditions, values and remedies in words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType

from funnel.decision import Change, Citation, Forum, Remedy, Step, Strategy
from funnel.engine._checks import Checked
from funnel.engine._plan import resolve
from funnel.engine._texts import join, say
from funnel.engine.assess import Assessment, DueRemedy
from funnel.engine.evaluate import Flip, Parameters
from funnel.engine.remedies import Amount, Missing, compute
from funnel.facts.money import currency_of
from funnel.facts.values import Facts, Value
from funnel.facts.vocabulary import Texts, pick, yuan
from funnel.law.register import PendingReach, StatuteVersion, parse_citation
from funnel.pack.model import Basis, FactRef, ForumSpec, Pack, ParamRef, RemedySpec, StepSpec, Test

BLANK = re.compile(r"\{([^{}]*)\}")
"""A blank in a text: the name of a fact or ``param.NAME``."""
_OPPOSITES = MappingProxyType(
    {
        "is": "is_not",
        "is_not": "is",
        "in": "not_in",
        "not_in": "in",
        "at_most": "more_than",
        "more_than": "at_most",
        "less_than": "at_least",
        "at_least": "less_than",
    }
)


def leaf(pack: Pack, test: Test, parameters: Parameters, lang: str) -> str:
    """A leaf of a condition as a phrase."""
    spec = pack.vocabulary[test.fact]

    def shown(constant: object) -> str:
        if isinstance(constant, ParamRef):
            value = parameters.get(constant.name)
            if value is None:
                return constant.name
            figure = spec.show(value, lang)
            return (
                say("policy-figure", lang, value=figure) if pack.register.parameters[constant.name].policy else figure
            )
        if isinstance(constant, frozenset):
            return join([spec.show(v, lang) for v in sorted(constant, key=str)], lang)
        if isinstance(constant, tuple):
            return " – ".join(shown(end) for end in constant)
        return spec.show(constant, lang)  # type: ignore[arg-type]  # what is left is a value

    return say(f"test-{test.test}", lang, fact=pick(spec.label, lang), value=shown(test.constant))


def need(pack: Pack, flip: Flip, parameters: Parameters, lang: str) -> str:
    """What would have to be so: said outright where the opposite has a word, for "not: used is yes" is hard to read."""
    test = flip.leaf
    if flip.wanted:
        return leaf(pack, test, parameters, lang)
    if isinstance(test.constant, bool) and test.test in {"is", "is_not"}:
        return leaf(pack, replace(test, constant=not test.constant), parameters, lang)
    if test.test in _OPPOSITES:
        return leaf(pack, replace(test, test=_OPPOSITES[test.test]), parameters, lang)
    return say("not", lang, condition=leaf(pack, test, parameters, lang))


def change(pack: Pack, flip: Flip, facts: Facts, parameters: Parameters, lang: str) -> Change:
    """A fact as it is and as it would have to be."""
    name = flip.leaf.fact
    return Change(
        fact=name,
        label=pack.vocabulary.label(name, lang),
        now=pack.vocabulary[name].show(facts.value(name), lang),
        needed=need(pack, flip, parameters, lang),
    )


def fill(pack: Pack, texts: Texts | None, facts: Facts, parameters: Parameters, lang: str) -> str:
    """A text with the case's own figures in its blanks."""

    def figure(match: re.Match[str]) -> str:
        name = match.group(1)
        if name.startswith("param."):
            name = name.removeprefix("param.")
            value: Value | None = parameters.get(name)
            if value is None:
                return say("unknown", lang)
            money = pack.register.parameters[name].type == "money"
            return yuan(value) if money and isinstance(value, int) else str(value)
        if name not in pack.vocabulary:
            return match.group(0)
        value = facts.value(name)
        return say("unknown", lang) if value is None else pack.vocabulary[name].show(value, lang)

    text = pick(texts, lang)
    return BLANK.sub(figure, text) if "{" in text else text


def strategy(pack: Pack, assessment: Assessment, facts: Facts, lang: str) -> Strategy:
    """A rule's mediation strategy on this case."""
    spec = assessment.rule.strategy

    def say_(texts: Texts) -> str:
        return fill(pack, texts, facts, assessment.parameters, lang)

    return Strategy(
        opening=say_(spec.opening),
        concessions=tuple(say_(t) for t in spec.concessions),
        floor=say_(spec.floor),
        evidence=tuple(say_(t) for t in spec.evidence),
        steps=steps(pack, spec.steps, facts, assessment.parameters, lang),
    )


def steps(pack: Pack, specs: tuple[StepSpec, ...], facts: Facts, parameters: Parameters, lang: str) -> tuple[Step, ...]:
    """Who does what by when."""
    return tuple(Step(who=s.who, within=s.within, do=fill(pack, s.do, facts, parameters, lang)) for s in specs)


def citations(pack: Pack, assessment: Assessment, lang: str) -> tuple[Citation, ...]:
    """The articles of a rule in the versions in force on its governing date, or that reach the case as one still pending."""
    found = (citation(pack, basis, assessment, lang) for basis in assessment.rule.basis)
    return tuple(c for c in found if c is not None)


def citation(pack: Pack, basis: Basis | str, assessment: Assessment, lang: str) -> Citation | None:
    """One article; None if it was not in force on the governing date and does not reach the case as one still pending."""
    source = basis if isinstance(basis, str) else basis.citation
    resolved = resolve(pack.register, source, assessment.governing, assessment.deciding)
    if resolved is None:
        return None
    gist = pick(basis.gist, lang) if isinstance(basis, Basis) and basis.gist else pick(resolved.article.gist, lang)
    return Citation(
        statute=resolved.statute.id,
        article=resolved.article.number,
        version=resolved.version.id,
        title=pick(resolved.statute.title, lang),
        gist=gist,
        supports=() if isinstance(basis, str) else basis.supports,
        verified=resolved.verified,
        reach=None if resolved.reach is None else reaches(pack, resolved.version, resolved.reach, lang),
    )


def reaches(pack: Pack, version: StatuteVersion, reach: PendingReach, lang: str) -> str:
    """That a version which came into force after the governing day reaches the case, from when and by which article."""
    cited = parse_citation(reach.basis)
    title = pick(pack.register.statute(cited.statute).title, lang)
    return say("reaches-pending", lang, since=version.from_, title=title, article=cited.article)


def forum(pack: Pack, spec: ForumSpec, primary: Assessment, facts: Facts, parameters: Parameters, lang: str) -> Forum:
    """Where a consumer can turn, on the articles that a matter may cite."""
    basis = (citation(pack, c, primary, lang) for c in spec.basis)
    text, title = fill(pack, spec.text, facts, parameters, lang), pick(spec.title, lang)
    return Forum(id=spec.id, title=title, text=text, basis=tuple(c for c in basis if c is not None))


def remedies(
    pack: Pack, due: tuple[DueRemedy, ...], facts: Facts, parameters: Parameters, lang: str
) -> tuple[Remedy, ...]:
    """A settlement's remedies, computed."""
    return tuple(
        Remedy(
            kind=r.spec.kind,
            amount=yuan(r.amount.fen) if r.amount is not None else None,
            payer=r.spec.payer,
            formula=_formula(r.spec, r.amount),
            note=fill(pack, r.spec.note, facts, parameters, lang) or None,
        )
        for r in due
    )


def considered(
    pack: Pack, assessment: Assessment, weighed: Sequence[Checked], facts: Facts, lang: str
) -> tuple[Remedy, ...]:
    """What a person may weigh: computed where it can be, never settled.

    What its condition rules out is left out. Where that is not known it is shown, and says what it hangs on.
    """
    found = []
    parameters = assessment.parameters
    for spec, (truth, unknown) in zip(assessment.rule.refer.considers, weighed, strict=True):
        if truth is False:
            continue
        amount = None
        if spec.formula is not None:
            computed = compute(spec.formula, facts, parameters, pack.vocabulary, pack.register)
            amount = None if isinstance(computed, Missing) else computed
        found.append(
            Remedy(
                kind=spec.kind,
                amount=yuan(amount.fen) if amount is not None else None,
                payer=spec.payer,
                formula=_formula(spec, amount) or spec.source or None,
                note=_weighed_note(pack, fill(pack, spec.note, facts, parameters, lang), unknown, lang),
                hangs_on=unknown,
            )
        )
    return tuple(found)


def _weighed_note(pack: Pack, note: str, unknown: Sequence[str], lang: str) -> str | None:
    """A note with what is yet to be known before the remedy is one at all."""
    if not unknown:
        return note or None
    names = join([pack.vocabulary.label(name, lang) for name in unknown], lang)
    open_ = say("considers-unknown", lang, facts=names)
    return f"{note}{'; ' if lang == 'en' else '；'}{open_}" if note else open_


def _formula(spec: RemedySpec, amount: Amount | None) -> str | None:
    """The formula with the case's figures and its result; a lone name is named, since its figure alone says nothing."""
    if amount is None:
        return None
    left = spec.source if isinstance(spec.formula, FactRef | ParamRef) else amount.shown
    return f"{left} = {yuan(amount.fen)}"


def remedy_words(items: tuple[Remedy, ...], lang: str, currency: str) -> str:
    """Remedies in one phrase, their amounts in a currency."""
    unit = currency_of(currency).unit(lang)
    parts = []
    for item in items:
        payer = say(f"payer-{item.payer}", lang)
        kind = say(f"kind-{item.kind}", lang)
        amount = "" if item.amount is None else f" {item.amount} {unit}"
        parts.append(f"{kind}{amount}（{payer}）" if lang != "en" else f"{kind}{amount} ({payer})")
    return join(parts, lang)
