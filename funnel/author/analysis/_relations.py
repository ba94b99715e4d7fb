"""How derived facts hang together with what they are computed from, and values that fit all of it.

A box of cells says between which numbers each fact lies. Whether numbers can be found that fit the functions too is
decided by narrowing the intervals and, where that is not enough, by trying values and halving what is left. Whole
numbers end that search, so the answer is exact; a budget of steps ends it earlier, and then it is no answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from funnel.author.analysis._solve import Clause, OutOfSteps
from funnel.author.analysis._space import Box, Space, Variable
from funnel.facts.derived import Context
from funnel.facts.intake import compute, member
from funnel.facts.signals import Lexicon
from funnel.facts.values import Grade, Known, Value
from funnel.facts.vocabulary import BUILT_IN_DATES, SIGNAL_PREFIX, Derivation, FactSpec, ValueArg
from funnel.law.time_limits import Calendar, days_past

_STEPS = 600
"""Tries for one box."""
_REST = 20
"""More days than any rest that a last day is moved past."""
_ALMOST_FOREVER = 10**13

_LINKED = frozenset({"any_of", "all_of", "is", "known", "given"})
"""Functions of which clauses say all that there is to say."""
_ORDERED = frozenset({"integer", "money", "date", "bool"})
"""Types whose values are whole numbers, truths or days."""
OUTRIGHT = "outright"
"""Each fact is told under its own name, and under no other."""
WORDLESS = "wordless"
"""And no set in words: what is read from the same field has its members too."""
WORDED = "worded"
"""And sets in words where words are for it."""
_NOT_FOUND_OUT: Mapping[str, int] = MappingProxyType({})

Span = tuple[int, int]
"""The least and the greatest of some whole numbers, truths (0 and 1) or days (ordinals)."""


@dataclass(frozen=True, slots=True)
class Relation:
    """A derived fact whose inputs are all there: its value is computed.

    Attributes:
        slack: A value given outright may differ from the computed one by this much.
        at_least: A raised truth that may be given outright though it does not follow.
        raised: Arguments that are nought where nobody raised them; then nothing is computed of them.
    """

    fact: str
    function: str
    args: tuple[str | int, ...]
    slack: int
    at_least: bool
    raised: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """What a derived fact must be, given what it is derived from.

    Attributes:
        fact: The derived fact.
        clause: Of these masks one holds.
        way: In which way of telling that is so; empty: in every one.
    """

    fact: str
    clause: Clause
    way: str = ""


@dataclass(frozen=True, slots=True)
class Clash:
    """Facts that cannot have the values they are to have.

    Attributes:
        cells: Those whose cells clash.
        known: Those that clash by being known at all.
    """

    cells: frozenset[str]
    known: frozenset[str] = frozenset()


class Words:
    """What the words of a complaint may tell, by the pack's signals.

    Attributes:
        told: Facts that they may tell, with the values that they may tell of each; None: any.
        telling: Of a set and a member, the signals that tell that it is in it.
    """

    def __init__(self, lexicon: Lexicon | None = None) -> None:
        self.told: dict[str, set[Value | None]] = {}
        self.telling: dict[tuple[str, str], list[str]] = {}
        for name, spec in () if lexicon is None else lexicon.signals.items():
            signal = f"{SIGNAL_PREFIX}{name}"
            self.told[signal] = {None}
            for fact, value in spec.sets:
                either = spec.negated == "flip" and isinstance(value, bool)
                self.told.setdefault(fact, set()).update((value, not value) if either else (value,))
                for slug in sorted(value) if isinstance(value, frozenset) else ():
                    self.telling.setdefault((fact, slug), []).append(signal)
        for reading in () if lexicon is None else lexicon.readings:
            self.told.setdefault(reading.fact, set()).add(None)


class Facts:
    """Values for a box, or the variables that stand in each other's way.

    Args:
        space: The cells.
        calendar: Rest days.
        day: The day of the complaint and of the decision.
        words: What words may tell.
    """

    def __init__(self, space: Space, calendar: Calendar, day: dt.date, words: Words) -> None:
        self.space = space
        self.words = words
        self.vocabulary = space.vocabulary
        self.parameters = space.parameters
        self.calendar = calendar
        self.day = day
        self.context = Context(calendar)
        self._fits: dict[object, Mapping[str, int] | None] = {}

    # --- what hangs together as truths ----------------------------------------------------------------------------------

    def links(self, facts: Iterable[str], done: set[str]) -> Iterator[Link]:
        """What facts must be that are *any of* or *all of* others, or say whether another is known or what it is.

        The others' own links are included.

        Args:
            facts: The facts.
            done: Those whose links were given before; these here are added.
        """
        agenda = list(facts)
        while agenda:
            name = agenda.pop()
            spec = self.vocabulary[name]
            if name in done:
                continue
            source = None if spec.origin is None else self.vocabulary.facts.get(spec.origin.path)
            if source is not None and source is not spec and source.type == "set":
                done.add(name)
                yield from self._by_set(spec, source)
                agenda.append(source.name)
            if spec.derivation is None or spec.derivation.function not in _LINKED:
                continue
            done.add(name)
            inputs = [a for a in spec.derivation.args if isinstance(a, str) and a in self.vocabulary]
            if all(a in inputs or isinstance(a, ValueArg) for a in spec.derivation.args):
                # What a field of the contract says of itself is the better record.
                way = OUTRIGHT if spec.origin is not None and spec.world != "raised" else ""
                yield from (Link(name, clause, way) for clause in self._link(name, inputs, spec, spec.derivation))
                if spec.derivation.function == "given":
                    yield from self._given(name, inputs[0], way)
                agenda += inputs

    def _by_set(self, spec: FactSpec, source: FactSpec) -> Iterator[Link]:
        """What a fact is that is read from the same field as a set, where that field is how the set is told."""
        no, yes = 0b01, 0b10
        unknown = (source.name, ""), self.space.whole((source.name, "")) & ~self.space.known(source.name)
        read = {slug: found for slug in source.members if (found := member(spec, slug)) is not None}
        for slug, found in read.items():
            if spec.type == "set":
                so = [((spec.name, found), yes)]
            elif spec.type == "enum":  # a list that names two values settles on neither
                others = [((source.name, other), yes) for other, value in read.items() if value != found]
                so = [((spec.name, ""), self.space.cell(spec.name, found)), *others]
            else:
                continue
            clause = (unknown, ((source.name, slug), no), *so)
            yield Link(spec.name, clause, WORDLESS)
            signals = self.words.telling.get((source.name, slug), ())
            yield Link(spec.name, (*clause, *(((signal, ""), 0b10) for signal in signals)), WORDED)

    def _given(self, name: str, fact: str, way: str) -> Iterator[Link]:
        """A fact is known from elsewhere than the words of the complaint, certainly where it is as no words tell it."""
        told = self.words.told.get(fact, set())
        in_words = 0
        for bit in range(self.space.known(fact).bit_length()):
            set_ = self.vocabulary[fact].type == "set"
            if None in told or (
                told if set_ else any(self.space.within(fact, 1 << bit, v) for v in told if v is not None)
            ):
                in_words |= 1 << bit
        yield from (Link(name, clause, way) for clause in self._known(name, fact, but=in_words))
        if in_words:
            yield from (Link(name, clause, OUTRIGHT) for clause in self._known(name, fact))

    def _known(self, name: str, fact: str, but: int = 0) -> Iterator[Clause]:
        """A truth holds where a fact is known, other than in some cells.

        A raised fact is not known by being as it is where nobody raised it.
        """
        yes, raised = ((name, ""), 0b10), self.vocabulary[fact].world == "raised"
        if self.vocabulary[fact].type == "set" and raised:
            members = self.vocabulary[fact].members if not but else ()
            yield from ((((fact, slug), 0b01), yes) for slug in members)
            return
        known = self.space.known(fact) & ~but & ~(self._unraised(fact) if raised else 0)
        yield ((fact, ""), self.space.whole((fact, "")) & ~known), yes

    def _unraised(self, fact: str) -> int:
        """The cells in which a raised fact is as it is where nobody raised it."""
        if self.vocabulary[fact].world != "raised":
            return 0
        value = self.vocabulary[fact].unraised.value
        return sum(1 << bit for bit in range(len(self.space.cells(fact))) if self.space.within(fact, 1 << bit, value))

    def _link(self, name: str, inputs: Sequence[str], spec: FactSpec, derivation: Derivation) -> Iterator[Clause]:
        whole = self.space.whole
        no, yes = 0b01, 0b10

        def but(fact: str, mask: int) -> tuple[Variable, int]:
            return (fact, ""), whole((fact, "")) & ~mask

        outright = spec.world == "raised"  # raised outright, it holds whatever its inputs say
        # A raised input that nobody raised is unknown to what is computed of it.
        sure = [a for a in inputs if self.vocabulary[a].world != "raised"]
        if derivation.function == "any_of":
            yield from (((but(a, yes)), ((name, ""), yes)) for a in inputs)
            if not outright and len(sure) == len(inputs):
                yield (*(but(a, no) for a in inputs), ((name, ""), no))
        elif derivation.function == "all_of":
            yield (*(but(a, yes) for a in inputs), ((name, ""), yes))
            if not outright:
                yield from (((but(a, no)), ((name, ""), no)) for a in sure)
        elif derivation.function == "is":
            fact, value = inputs[0], derivation.args[1]
            assert isinstance(value, ValueArg)  # noqa: S101 (the loader has checked the argument types)
            cell, unraised = self.space.cell(fact, value.value), self._unraised(fact)
            yield but(fact, cell & ~unraised), ((name, ""), yes)
            if not outright:
                yield but(fact, self.space.known(fact) & ~cell & ~unraised), ((name, ""), no)
        elif derivation.function == "known":
            yield from self._known(name, inputs[0])

    # --- what is computed -----------------------------------------------------------------------------------------------

    def relations(self, present: Iterable[str], *, fields: bool = False) -> list[Relation]:
        """The derived facts among some whose inputs are all among them, inputs before what is computed from them.

        Args:
            present: The facts.
            fields: Whether a fact that is also a field of the contract is to be as computed. It need not be: the field is
                the better record. But outside the field it would be in dispute.
        """
        here = set(present)
        found = []
        for name in self.vocabulary.derived_order:
            spec = self.vocabulary[name]
            if name not in here or spec.derivation is None or spec.derivation.function not in _BOUNDS:
                continue
            if spec.origin is not None and not fields:
                continue
            args = tuple(a for a in spec.derivation.args if not isinstance(a, ValueArg))
            if not all(self._there(a, here) for a in args):
                continue
            at_least = spec.world == "raised" and spec.type == "bool"
            # Of two instants on one day either may be the later.
            slack = 1 if spec.derivation.function == "later" and not at_least else spec.tolerance
            raised = tuple(a for a in args if a in here and self.vocabulary[str(a)].world == "raised")
            found.append(Relation(name, spec.derivation.function, args, slack, at_least, raised))
        return found

    def _there(self, arg: str | int, here: set[str]) -> bool:
        if isinstance(arg, int) or arg in here or arg in BUILT_IN_DATES:
            return True
        return arg.startswith("param.") and arg.removeprefix("param.") in self.parameters

    def inputs(self, names: Iterable[str], functions: frozenset[str]) -> list[str]:
        """Facts with what they are computed from, near and far, where that is by some functions."""
        found: dict[str, None] = {}
        agenda = list(names)
        while agenda:
            name = agenda.pop(0)
            if name in found or name in BUILT_IN_DATES:
                continue
            found[name] = None
            derivation = self.vocabulary[name].derivation
            if derivation is not None and derivation.function in functions and self.vocabulary[name].origin is None:
                agenda += [a for a in derivation.args if isinstance(a, str) and a in self.vocabulary]
        return list(found)

    def values(self, box: Box, present: Sequence[str], *, fields: bool) -> dict[str, Value] | Clash:
        """A value for each fact that is to be there, within the box and as computed; else what clashes.

        Facts that are no numbers, truths or days take what the box gives; sets are not looked at.

        Raises:
            OutOfSteps: It was not found out.
        """
        names = [n for n in present if self.vocabulary[n].type in _ORDERED]
        relations = self.relations(names, fields=fields)
        domains = {n: self._domain(box, n) for n in names}
        numbers = {n: self.preferred(n, domain)[0] for n, domain in domains.items()}
        for together in _parts(relations):
            fit = self._fit(together, {n: domains[n] for n in _names(together) if n in domains})
            if fit is None:
                return self._core(box, together)
            numbers |= fit
        return {n: self._value(n, number) for n, number in numbers.items()}

    def _fit(self, relations: tuple[Relation, ...], domains: dict[str, tuple[Span, ...]]) -> Mapping[str, int] | None:
        """Numbers that fit relations, remembered: the same few are asked for again and again.

        Raises:
            OutOfSteps: It was not found out.
        """
        key = relations, tuple(domains.items())
        if key not in self._fits:
            try:
                self._fits[key] = _Search(self, relations, domains).run()
            except OutOfSteps:
                self._fits[key] = _NOT_FOUND_OUT
        found = self._fits[key]
        if found is _NOT_FOUND_OUT:
            raise OutOfSteps
        return found

    def _core(self, box: Box, relations: tuple[Relation, ...]) -> Clash:
        """Of the facts that are tied together, some whose cells leave no values, none of them dispensable.

        Those that are spared are known all the same: unknown, they would tie nothing.
        """
        tied = [name for name in _names(relations) if name in self.vocabulary]
        known = frozenset(n for n in tied if (n, "") in box)
        kept = set(known)
        for name in sorted(known):
            fewer = kept - {name}
            domains = {n: self._domain(box if n in fewer else {}, n) for n in tied if n not in BUILT_IN_DATES}
            try:
                if self._fit(relations, domains) is None:
                    kept = fewer
            except OutOfSteps:
                continue
        return Clash(frozenset(kept), known - kept)

    def _domain(self, box: Box, name: str) -> tuple[Span, ...]:
        spec = self.vocabulary[name]
        mask = box.get((name, ""), self.space.known(name)) & self.space.known(name)
        if spec.type == "bool":
            return tuple((bit, bit) for bit in (0, 1) if mask >> bit & 1)
        return tuple(pair for bit, pair in enumerate(self.space.ranges(name)) if mask >> bit & 1)

    def _value(self, name: str, number: int) -> Value:
        kind = self.vocabulary[name].type
        return number == 1 if kind == "bool" else dt.date.fromordinal(number) if kind == "date" else number

    def preferred(self, name: str, domain: tuple[Span, ...]) -> list[int]:
        """Values to try first: what a complaint would likely say."""
        spec = self.vocabulary[name]
        wish = {"date": self.day.toordinal(), "money": 10_000, "integer": 1, "bool": 0}[spec.type]
        if spec.world == "raised":
            wish = 0
        near = [max(low, min(wish, high)) for low, high in domain]
        near.sort(key=lambda n: abs(n - wish))
        ends = [domain[0][0], domain[-1][1]]
        return list(dict.fromkeys([*near[:2], *ends]))

    # --- computing ------------------------------------------------------------------------------------------------------

    def span(self, arg: str | int, spans: Mapping[str, Span]) -> Span:
        """Between which numbers an argument lies."""
        if isinstance(arg, int):
            return arg, arg
        if arg in BUILT_IN_DATES:
            return self.day.toordinal(), self.day.toordinal()
        if arg.startswith("param."):
            value = int(self.parameters[arg.removeprefix("param.")])
            return value, value
        return spans[arg]

    def exact(self, relation: Relation, numbers: Mapping[str, int]) -> int | None:
        """The computed value; None if the function gives none, or nobody raised what it is computed from."""
        if any(not numbers[a] for a in relation.raised):
            return None
        today = self.day
        known = {
            n: Known(today if n in BUILT_IN_DATES else self._value(n, numbers[n]), Grade.RECORD, "")
            for n in relation.args
            if isinstance(n, str) and (n in numbers or n in BUILT_IN_DATES)
        }
        try:
            found = compute(self.vocabulary[relation.fact], known, self.parameters, self.context)
        except (OverflowError, ValueError):
            return None
        if found is None or not self.vocabulary[relation.fact].accepts(found.value):
            return None
        value = found.value
        return value.toordinal() if isinstance(value, dt.date) else value if isinstance(value, int) else None

    def bounds(self, relation: Relation, spans: Mapping[str, Span]) -> Span:
        """Between which numbers the computed value lies."""
        return _BOUNDS[relation.function]([self.span(a, spans) for a in relation.args], self.calendar)


class _Search:
    """Numbers for one box. Small, and thrown away after it."""

    def __init__(self, facts: Facts, relations: Sequence[Relation], domains: dict[str, tuple[Span, ...]]) -> None:
        self.facts = facts
        self.relations = relations
        self.domains = domains
        self.computed = {r.fact for r in relations}
        self.left = _STEPS

    def run(self) -> dict[str, int] | None:
        return self._search(self.domains)

    def _search(self, domains: dict[str, tuple[Span, ...]]) -> dict[str, int] | None:
        self.left -= 1
        if self.left < 0:
            raise OutOfSteps
        narrowed = self._narrow(dict(domains))
        if narrowed is None:
            return None
        numbers, failing = self._try(narrowed)
        if failing is None:
            return numbers
        open_ = [
            a for a in (*failing.args, failing.fact) if isinstance(a, str) and a in narrowed and _size(narrowed[a]) > 1
        ]
        # What is itself computed follows from the rest; among the rest the fact with the fewest values first.
        base = [a for a in self._bases(failing) if _size(narrowed[a]) > 1] or open_
        if not base:
            return None
        name = min(base, key=lambda n: (_size(narrowed[n]), n))
        for part in self._parts(name, narrowed[name]):
            found = self._search({**narrowed, name: part})
            if found is not None:
                return found
        return None

    def _bases(self, relation: Relation) -> list[str]:
        found: dict[str, None] = {}
        agenda = list(relation.args)
        by_fact = {r.fact: r for r in self.relations}
        while agenda:
            arg = agenda.pop(0)
            if isinstance(arg, str) and arg in by_fact:
                agenda += by_fact[arg].args
            elif isinstance(arg, str) and arg in self.domains:
                found[arg] = None
        return list(found)

    def _parts(self, name: str, domain: tuple[Span, ...]) -> Iterator[tuple[Span, ...]]:
        """A likely value alone, then what is left of the domain in halves."""
        value = self.facts.preferred(name, domain)[0]
        yield ((value, value),)
        left = [*_cut(domain, -_ALMOST_FOREVER, value - 1)], [*_cut(domain, value + 1, _ALMOST_FOREVER)]
        for half in left:
            if _size(half) > 2:  # noqa: PLR2004 (worth halving)
                middle = (half[0][0] + half[-1][1]) // 2
                for low, high in ((-_ALMOST_FOREVER, middle), (middle + 1, _ALMOST_FOREVER)):
                    part = tuple(_cut(half, low, high))
                    if part:
                        yield part
            elif half:
                yield tuple(half)

    def _try(self, domains: dict[str, tuple[Span, ...]]) -> tuple[dict[str, int], Relation | None]:
        """Likely values, what is computed computed; and the first function that does not fit."""
        numbers = {n: self.facts.preferred(n, domain)[0] for n, domain in domains.items() if n not in self.computed}
        failing = None
        for relation in self.relations:
            name = relation.fact
            value = self.facts.exact(relation, numbers)
            domain = domains[name]
            if value is None:
                numbers[name] = self.facts.preferred(name, domain)[0]  # not computed: it is given outright
                continue
            fits = next((n for n in _allowed(relation, value) if _has(domain, n)), None)
            if fits is None:
                failing = failing or relation
                fits = value
            numbers[name] = fits
        return numbers, failing

    def _narrow(self, domains: dict[str, tuple[Span, ...]]) -> dict[str, tuple[Span, ...]] | None:
        if any(not domain for domain in domains.values()):
            return None
        changed = True
        while changed:
            changed = False
            for relation in self.relations:
                spans = {n: (d[0][0], d[-1][1]) for n, d in domains.items()}
                if any(spans[a][0] <= 0 <= spans[a][1] for a in relation.raised):
                    continue
                low, high = self.facts.bounds(relation, spans)
                wider = _ALMOST_FOREVER if relation.at_least else relation.slack
                wanted = {relation.fact: (low - relation.slack, high + wider)}
                low, high = spans[relation.fact]
                # Said outright a raised truth may hold without following; where it does not hold it does not follow.
                if not relation.at_least or not high:
                    ends = [self.facts.span(a, spans) for a in relation.args]
                    backwards = _BACKWARDS.get(relation.function)
                    if backwards is not None:
                        slack = 0 if relation.at_least else relation.slack
                        result = (low - slack, high + slack)
                        for arg, span in zip(relation.args, backwards(result, ends), strict=False):
                            if isinstance(arg, str) and arg in domains:
                                old = wanted.get(arg, (-_ALMOST_FOREVER, _ALMOST_FOREVER))
                                wanted[arg] = (max(old[0], span[0]), min(old[1], span[1]))
                for name, (low, high) in wanted.items():
                    cut = tuple(_cut(domains[name], low, high))
                    if not cut:
                        return None
                    if cut != domains[name]:
                        domains[name] = cut
                        changed = True
        return domains


def _names(relations: Iterable[Relation]) -> list[str]:
    """The facts that relations are about, parameters among them."""
    return list(dict.fromkeys(n for r in relations for n in (r.fact, *r.args) if isinstance(n, str)))


def _parts(relations: Sequence[Relation]) -> list[tuple[Relation, ...]]:
    """Relations in groups that have no fact in common: what fits one says nothing of another."""
    groups: list[tuple[set[str], list[Relation]]] = []
    for relation in relations:
        names = {n for n in (relation.fact, *relation.args) if isinstance(n, str) and not _fixed(n)}
        mine = [relation]
        rest = []
        for group in groups:
            if names.isdisjoint(group[0]):
                rest.append(group)
            else:
                names |= group[0]
                mine += group[1]
        groups = [*rest, (names, mine)]
    order = {relation: place for place, relation in enumerate(relations)}
    return [tuple(sorted(mine, key=order.__getitem__)) for _, mine in groups]


def _fixed(name: str) -> bool:
    return name.startswith("param.") or name in BUILT_IN_DATES


def _allowed(relation: Relation, value: int) -> Iterator[int]:
    """The computed value, then what may be given outright beside it."""
    yield value
    for off in range(1, relation.slack + 1):
        yield from (value - off, value + off)
    if relation.at_least and value == 0:
        yield 1


def _cut(domain: Iterable[Span], low: int, high: int) -> Iterator[Span]:
    for one, two in domain:
        if one <= high and two >= low:
            yield max(one, low), min(two, high)


def _has(domain: Iterable[Span], number: int) -> bool:
    return any(low <= number <= high for low, high in domain)


def _size(domain: Iterable[Span]) -> int:
    return sum(high - low + 1 for low, high in domain)


# --- functions over intervals ------------------------------------------------------------------------------------------------


def _difference(a: Sequence[Span]) -> Span:
    return a[0][0] - a[1][1], a[0][1] - a[1][0]


def _days_past(a: Sequence[Span], calendar: Calendar) -> Span:
    """Later the further it starts back, the shorter the period and the later the day judged."""
    (start, late), (short, long), (first, last) = a
    return _past(late, long, first, calendar), _past(start, short, last, calendar)


def _past(start: int, days: int, on: int, calendar: Calendar) -> int:
    return days_past(dt.date.fromordinal(start), max(0, days), dt.date.fromordinal(on), calendar)


def _product(a: Sequence[Span]) -> Span:
    low = high = 1
    for one, two in a:
        ends = [x * y for x in (low, high) for y in (one, two)]
        low, high = min(ends), max(ends)
    return low, high


def _part(a: Sequence[Span], _: Calendar) -> Span:
    (least, most), (few, many), (of, all_) = a
    if of <= 0 or least < 0 or few < 0:
        return -_ALMOST_FOREVER, _ALMOST_FOREVER  # not computed for some of them: it may be anything
    return least * few // all_ - 1, most * many // of + 1


def _less(a: Sequence[Span], _: Calendar) -> Span:
    (low, high), (least, most) = a
    return int(high < least), int(low < most)


def _later(a: Sequence[Span], calendar: Calendar) -> Span:
    return _less(a[::-1], calendar)


def _same(a: Sequence[Span], _: Calendar) -> Span:
    (low, high), (least, most) = a
    return int(low == high == least == most), int(low <= most and least <= high)


_BOUNDS = {
    "days_between": lambda a, _: _difference([a[1], a[0]]),
    "days_past": _days_past,
    "sum": lambda a, _: (sum(x for x, _ in a), sum(y for _, y in a)),
    "difference": lambda a, _: _difference(a),
    "product": lambda a, _: _product(a),
    "larger": lambda a, _: (max(x for x, _ in a), max(y for _, y in a)),
    "smaller": lambda a, _: (min(x for x, _ in a), min(y for _, y in a)),
    "less": _less,
    "later": _later,
    "same": _same,
    "part": _part,
}
"""Of each function, between which numbers its value lies when its arguments lie between some."""
COMPUTED = frozenset(_BOUNDS)


def _back_difference(result: Span, a: Sequence[Span]) -> list[Span]:
    return [(result[0] + a[1][0], result[1] + a[1][1]), (a[0][0] - result[1], a[0][1] - result[0])]


def _back_days_between(result: Span, a: Sequence[Span]) -> list[Span]:
    return _back_difference(result, [a[1], a[0]])[::-1]


def _back_days_past(result: Span, a: Sequence[Span]) -> list[Span]:
    _, (short, long), (first, last) = a
    start = (first - long - result[1] - _REST, last - short - result[0])
    end = (a[0][0] + short + result[0], a[0][1] + long + result[1] + _REST)
    return [start, (-_ALMOST_FOREVER, _ALMOST_FOREVER), end]


def _back_sum(result: Span, a: Sequence[Span]) -> list[Span]:
    low, high = sum(x for x, _ in a), sum(y for _, y in a)
    return [(result[0] - (high - y), result[1] - (low - x)) for x, y in a]


def _back_product(result: Span, a: Sequence[Span]) -> list[Span]:
    found = []
    for place in range(len(a)):
        low, high = _product([span for other, span in enumerate(a) if other != place])
        if low <= 0 or result[0] < 0:
            found.append((-_ALMOST_FOREVER, _ALMOST_FOREVER))
        else:
            found.append((-(-result[0] // high), result[1] // low))
    return found


def _back_less(result: Span, a: Sequence[Span]) -> list[Span]:
    (low, high), (least, most) = a
    if result == (1, 1):
        return [(low, most - 1), (low + 1, most)]
    if result == (0, 0):
        return [(least, high), (least, high)]
    return [a[0], a[1]]


def _back_later(result: Span, a: Sequence[Span]) -> list[Span]:
    return _back_less(result, a[::-1])[::-1]


def _back_same(result: Span, a: Sequence[Span]) -> list[Span]:
    return [a[1], a[0]] if result == (1, 1) else [a[0], a[1]]


_BACKWARDS = {
    "difference": _back_difference,
    "days_between": _back_days_between,
    "days_past": _back_days_past,
    "sum": _back_sum,
    "product": _back_product,
    "larger": lambda result, a: [(-_ALMOST_FOREVER, result[1])] * len(a),
    "smaller": lambda result, a: [(result[0], _ALMOST_FOREVER)] * len(a),
    "less": _back_less,
    "later": _back_later,
    "same": _back_same,
}
"""Of some functions, between which numbers each argument must lie for the value to lie between some."""
