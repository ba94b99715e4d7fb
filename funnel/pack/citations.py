"""Who cites what: every use of an article in a pack, for indexes and for what a change of law touches."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from funnel.law.register import Change, parse_citation
from funnel.pack.formulas import names_of
from funnel.pack.model import Condition, Pack, ParamRef, RemedySpec, Rule, leaves_of

By = Literal["rule", "gate", "forum", "parameter", "fact"]


@dataclass(frozen=True, slots=True)
class Use:
    """One use of an article.

    Attributes:
        citation: As it is written, ``cpl/25`` or ``cpl@2013/25``.
        statute: Id of the statute.
        article: Number of the article.
        version: Id of the version meant: the pinned one, for a dated figure the one of its first day, else the newest.
        by: What cites it.
        id: Its name in the pack.
        role: What the article carries there: words of `SUPPORTS`, ``exception:ID``, ``override``, ``parameter:NAME``;
            empty where there is nothing to tell apart.
    """

    citation: str
    statute: str
    article: str
    version: str
    by: By
    id: str
    role: str = ""


def uses(pack: Pack) -> tuple[Use, ...]:
    """Every use of an article in a pack, in order of statute, article and user."""
    found = set(_uses(pack))
    return tuple(sorted(found, key=_order))


def uses_by_rule(pack: Pack, rule: Rule) -> tuple[Use, ...]:
    """Every article that a rule rests on: its basis, exceptions and overrides, and the figures it reads."""
    return tuple(sorted(set(_rule(pack, rule)), key=_order))


def parameters_of(pack: Pack, rule: Rule) -> frozenset[str]:
    """The parameters that a rule reads: in conditions, in amounts, and in the facts derived for either."""
    remedies = (*rule.refer.considers, *(() if rule.settle is None else rule.settle.remedies))
    return parameters_in(pack, rule.conditions, remedies)


def parameters_in(pack: Pack, conditions: Iterable[Condition], remedies: Iterable[RemedySpec]) -> frozenset[str]:
    """The parameters in conditions, in the amounts of remedies, and in the facts derived for either."""
    found: set[str] = set()
    facts: list[str] = []
    for condition in conditions:
        for test in leaves_of(condition):
            facts.append(test.fact)
            constants = test.constant if isinstance(test.constant, tuple) else (test.constant,)
            found |= {constant.name for constant in constants if isinstance(constant, ParamRef)}
    for remedy in remedies:
        for name in names_of(remedy.formula) if remedy.formula is not None else ():
            if isinstance(name, ParamRef):
                found.add(name.name)
            else:
                facts.append(name.name)
    seen: set[str] = set()
    while facts:
        spec = pack.vocabulary.facts.get(facts.pop())
        if spec is None or spec.name in seen or spec.derivation is None:
            continue
        seen.add(spec.name)
        words = [arg for arg in spec.derivation.args if isinstance(arg, str)]
        found |= {word.removeprefix("param.") for word in words if word.startswith("param.")}
        facts += [word for word in words if not word.startswith("param.")]
    return frozenset(found & pack.register.parameters.keys())


@dataclass(frozen=True, slots=True)
class Touched:
    """A rule that a change of law touches.

    Attributes:
        articles: The articles through which it does, as the rule writes them.
        stale: Whether the rule was last held against the law before the change.
    """

    rule: Rule
    articles: tuple[str, ...]
    stale: bool


def touched_by(pack: Pack, change: Change) -> tuple[Touched, ...]:
    """The rules that a new version touches, in order of their ids.

    A rule is touched if it rests on any article of the statute, or of one that the statute superseded. The register does
    not know what a version changed: each of them wants another look.
    """
    return _touched(pack, change.statute.id, change.version.from_)


def touched_by_end(pack: Pack, statute: str, on: dt.date) -> tuple[Touched, ...]:
    """The rules that the end of a statute on a day touches."""
    return _touched(pack, statute, on)


def _touched(pack: Pack, statute: str, on: dt.date) -> tuple[Touched, ...]:
    names = {statute} | {s.id for s in pack.register.statutes.values() if s.superseded_by == statute}
    found = []
    for _, rule in sorted(pack.rules.items()):
        articles = dict.fromkeys(use.citation for use in uses_by_rule(pack, rule) if use.statute in names)
        if articles and rule.status != "retired":
            found.append(Touched(rule, tuple(articles), rule.reviewed < on))
    return tuple(found)


def _uses(pack: Pack) -> Iterator[Use]:
    for rule in pack.rules.values():
        yield from _rule(pack, rule)
    for gate in pack.gates.values():
        for citation in gate.basis:
            yield _use(pack, citation, "gate", gate.id)
    for forum in pack.forums.values():
        for citation in forum.basis:
            yield _use(pack, citation, "forum", forum.id)
    for parameter in pack.register.parameters.values():
        for value in parameter.values:
            if value.basis is not None:
                yield _use(pack, value.basis, "parameter", parameter.name, on=value.from_)
    for spec in pack.vocabulary.facts.values():
        if spec.presumption is not None and spec.presumption.basis is not None:
            yield _use(pack, spec.presumption.basis, "fact", spec.name)


def _rule(pack: Pack, rule: Rule) -> Iterator[Use]:
    for basis in rule.basis:
        for part in basis.supports or ("",):
            yield _use(pack, basis.citation, "rule", rule.id, part)
    for exception in rule.exceptions:
        for citation in exception.basis:
            yield _use(pack, citation, "rule", rule.id, f"exception:{exception.id}")
    for override in rule.overrides:
        yield _use(pack, override.basis, "rule", rule.id, "override")
    for name in parameters_of(pack, rule):
        for value in pack.register.parameters[name].values:
            if value.basis is not None:
                yield _use(pack, value.basis, "rule", rule.id, f"parameter:{name}", on=value.from_)


def _use(pack: Pack, citation: str, by: By, id_: str, role: str = "", *, on: dt.date | None = None) -> Use:
    parsed = parse_citation(citation)
    statute = pack.register.statute(parsed.statute)
    version = parsed.version or (statute.newest if on is None else statute.version_on(on)).id
    return Use(citation, parsed.statute, parsed.article, version, by, id_, role)


def _order(use: Use) -> tuple[str, tuple[int, ...], str, str, str, str]:
    number = tuple(int(part) for part in use.article.split("-"))
    return (use.statute, number, use.by, use.id, use.role, use.citation)
