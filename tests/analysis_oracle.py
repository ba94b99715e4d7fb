"""Small packs drawn at random, and what two oracles say of their rules: every combination of facts tried, and z3.

A pack has two to four rules of one matter over facts of some of five groups: numbers with their difference and which is
larger, truths with *any of* and *all of* them, days with the days since one and which is later, an enum with whether it is known and
what it is, a raised set, and truths and numbers of which one may not be raised. Both oracles take any fact as known or unknown, and what is computed as computed wherever its inputs are known; what is raised
may be said outright besides.
"""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass, replace
from itertools import combinations, product
from pathlib import Path
from types import MappingProxyType

import numpy as np
import z3

import funnel
from funnel.author.analysis import analyse
from funnel.engine.evaluate import holds
from funnel.facts.vocabulary import Derivation, FactSpec, Member, ValueArg, Vocabulary
from funnel.pack.model import All, Any, Not, Override, RemedySpec, RuleException, Test

MINI = funnel.load_pack(Path(__file__).parent / "packs" / "mini")
PATTERN = MINI.rules["goods.return"]
SPAN = PATTERN.span
DAY = dt.date(2026, 11, 24)
TOP = 3
"""The greatest number a fact of a drawn pack takes; constants are smaller, so that both sides of each are tried."""
SLUGS = ("p", "q", "r")
MEMBERS = MappingProxyType({slug: Member(slug, {"zh": slug}) for slug in SLUGS})
UNKNOWN = object()


def _fact(name, kind, **more):
    return FactSpec(name, kind, {"zh": name, "en": name}, **more)


FACTS = {
    spec.name: spec
    for spec in (
        _fact("n", "integer", low=0, high=TOP),
        _fact("m", "integer", low=0, high=TOP),
        _fact("gap", "integer", derivation=Derivation("difference", ("n", "m"))),
        _fact("fewer", "bool", derivation=Derivation("less", ("n", "m"))),
        _fact("level", "bool", world="raised", derivation=Derivation("same", ("n", "m"))),
        _fact("a", "bool"),
        _fact("b", "bool"),
        _fact("either", "bool", derivation=Derivation("any_of", ("a", "b"))),
        _fact("both", "bool", derivation=Derivation("all_of", ("a", "b"))),
        _fact("c", "bool", world="raised"),
        _fact("d", "bool"),
        _fact("c_or_d", "bool", derivation=Derivation("any_of", ("c", "d"))),
        _fact("c_and_d", "bool", derivation=Derivation("all_of", ("c", "d"))),
        _fact("sought", "integer", world="raised", low=0, high=TOP),
        _fact("held", "integer", low=0, high=TOP),
        _fact("agreed", "bool", world="raised", derivation=Derivation("same", ("sought", "held"))),
        _fact("start", "date"),
        _fact("since", "integer", derivation=Derivation("days_between", ("start", "complained_on"))),
        _fact("end", "date"),
        _fact("after", "bool", world="raised", derivation=Derivation("later", ("end", "start"))),
        _fact("kind", "enum", members=MEMBERS),
        _fact("told", "bool", world="raised", derivation=Derivation("known", ("kind",))),
        _fact("on_file", "bool", world="raised", derivation=Derivation("given", ("kind",))),
        _fact("is_p", "bool", world="raised", derivation=Derivation("is", ("kind", ValueArg("p")))),
        _fact("is_q", "bool", derivation=Derivation("is", ("kind", ValueArg("q")))),
        _fact("topics", "set", world="raised", members=MEMBERS),
    )
}
GROUPS = (
    ("n", "m", "gap", "fewer", "level"),
    ("a", "b", "either", "both"),
    ("start", "since", "end", "after"),
    ("kind", "told", "on_file", "is_p", "is_q"),
    ("topics",),
    ("c", "d", "c_or_d", "c_and_d"),
    ("sought", "held", "agreed"),
)
VOCABULARY = Vocabulary(
    MappingProxyType({**MINI.vocabulary.facts, **FACTS}),
    (*MINI.vocabulary.derived_order, *(name for name, spec in FACTS.items() if spec.derivation is not None)),
)


# --- packs ---------------------------------------------------------------------------------------------------------------


def leaf(rnd, facts):
    name = rnd.choice(facts)
    kind = FACTS[name].type
    if kind == "bool":
        return Test(name, "is", rnd.random() < 0.6, SPAN)
    if kind == "enum":
        return Test(name, rnd.choice(("in", "not_in")), frozenset(rnd.sample(SLUGS, rnd.randint(1, 2))), SPAN)
    if kind == "set":
        test = rnd.choice(("contains_any", "contains_all"))
        return Test(name, test, frozenset(rnd.sample(SLUGS, rnd.randint(1, 2))), SPAN)
    test = rnd.choice(("at_most", "less_than", "at_least", "more_than", "is", "is_not"))
    if kind == "date":
        return Test(name, test, DAY - dt.timedelta(days=rnd.randint(0, TOP - 1)), SPAN)
    low = -TOP + 1 if name == "gap" else 0
    return Test(name, test, rnd.randint(low, TOP - 1), SPAN)


def condition(rnd, facts, depth=2):
    draw = rnd.random()
    if depth == 0 or draw < 0.35:
        return leaf(rnd, facts)
    if draw < 0.45:
        return Not(condition(rnd, facts, depth - 1))
    make = All if draw < 0.8 else Any
    return make(tuple(condition(rnd, facts, depth - 1) for _ in range(rnd.randint(2, 3))))


def rule(rnd, number, facts, others):
    exceptions = tuple(
        RuleException(f"e{n}", {"zh": "e"}, condition(rnd, facts, 1), (), rnd.choice(("agent", None)), None, SPAN)
        for n in range(rnd.randint(0, 2))
    )
    remedy = RemedySpec("exchange" if number % 2 else "repair", None, "merchant", "merchant", None, None)
    settle = replace(
        PATTERN.settle,
        when=condition(rnd, facts, 1) if rnd.random() < 0.4 else None,
        needs=MappingProxyType({}),
        limit=None,
        limit_of=None,
        remedies=(remedy,),
    )
    overrides = tuple(Override(o, "law/24", None, SPAN) for o in others if rnd.random() < 0.25)
    return replace(
        PATTERN, id=f"drawn.r{number}", governs="complained_on", recognise=condition(rnd, facts), scope=None,
        elements=condition(rnd, facts), exceptions=exceptions, settle=settle, overrides=overrides,
        refer=replace(PATTERN.refer, when=(), considers=()), accepted=(),
    )  # fmt: skip


def drawn(seed):
    rnd = random.Random(seed)
    groups = rnd.sample(GROUPS, rnd.randint(1, 3))
    facts = [name for group in groups for name in group]
    rules = {}
    for number in range(rnd.randint(2, 4)):
        made = rule(rnd, number, facts, tuple(rules))
        rules[made.id] = made
    # Drawn apart, so that the packs are otherwise those that the figures of docs/analysis.md are of.
    apart = random.Random(f"considered {seed}")
    for name, made in rules.items():
        if apart.random() < 0.5:
            weighed = RemedySpec("explain", None, "merchant", "merchant", condition(apart, facts, 1), None)
            rules[name] = replace(made, refer=replace(made.refer, considers=(weighed,)))
    return replace(MINI, vocabulary=VOCABULARY, rules=MappingProxyType(rules), gates=MappingProxyType({})), groups


# --- every combination -----------------------------------------------------------------------------------------------------


def raised(*, follows):
    """What a raised truth may be: true where it follows, else as it is said."""
    return (True,) if follows else (False, True)


def _numbers():
    values = (*range(TOP + 1), UNKNOWN)
    for n, m in product(values, repeat=2):
        if UNKNOWN in (n, m):
            for gap, fewer, level in product((*range(-TOP, TOP + 1), UNKNOWN), (False, True, UNKNOWN), (False, True)):
                yield {"n": n, "m": m, "gap": gap, "fewer": fewer, "level": level}
        else:
            for level in raised(follows=n == m):
                yield {"n": n, "m": m, "gap": n - m, "fewer": n < m, "level": level}


def _truths():
    three = (False, True, UNKNOWN)
    for a, b in product(three, repeat=2):
        eithers = (True,) if True in (a, b) else (False,) if (a, b) == (False, False) else three
        boths = (False,) if False in (a, b) else (True,) if (a, b) == (True, True) else three
        for either, both in product(eithers, boths):
            yield {"a": a, "b": b, "either": either, "both": both}


def _days():
    ago = (*range(-1, TOP + 1), UNKNOWN)
    for start, end in product(ago, repeat=2):
        known = UNKNOWN not in (start, end)
        for since in ago if start is UNKNOWN else (start,):
            for after in raised(follows=known and end < start):
                days = {name: n if n is UNKNOWN else DAY - dt.timedelta(days=n) for name, n in (("start", start), ("end", end))}  # fmt: skip
                yield {**days, "since": since, "after": after}


def _kinds():
    for kind in (*SLUGS, UNKNOWN):
        known = kind is not UNKNOWN
        ways = product(raised(follows=known), raised(follows=known), raised(follows=kind == "p"))
        for (told, on_file, is_p), is_q in product(ways, (kind == "q",) if known else (False, True, UNKNOWN)):
            yield {"kind": kind, "told": told, "on_file": on_file, "is_p": is_p, "is_q": is_q}


def _half_raised():
    three = (False, True, UNKNOWN)
    for c, d in product((False, True), three):
        # Where c is false it may be that nobody raised it, and then it is unknown to what is computed of it.
        eithers = (True,) if True in (c, d) else three
        boths = (True,) if (c, d) == (True, True) else (False,) if d is False else three
        for c_or_d, c_and_d in product(eithers, boths):
            yield {"c": c, "d": d, "c_or_d": c_or_d, "c_and_d": c_and_d}


def _sums():
    for sought, held in product(range(TOP + 1), (*range(TOP + 1), UNKNOWN)):
        for agreed in raised(follows=sought > 0 and sought == held):
            yield {"sought": sought, "held": held, "agreed": agreed}


WAYS = {
    GROUPS[0]: tuple(_numbers()),
    GROUPS[1]: tuple(_truths()),
    GROUPS[2]: tuple(_days()),
    GROUPS[3]: tuple(_kinds()),
    GROUPS[4]: tuple({"topics": frozenset(c)} for size in range(4) for c in combinations(SLUGS, size)),
    GROUPS[5]: tuple(_half_raised()),
    GROUPS[6]: tuple(_sums()),
}


class Everything:
    """All combinations of the facts of some groups, one place in an array each."""

    def __init__(self, groups):
        self.groups = groups
        self.shape = tuple(len(WAYS[g]) for g in groups)

    def truth(self, c):
        """Where a condition is true, and where it is false."""
        if isinstance(c, Test):
            axis = next(i for i, g in enumerate(self.groups) if c.fact in g)
            values = [way[c.fact] for way in WAYS[self.groups[axis]]]
            found = [None if v is UNKNOWN else holds(c, v, {}) for v in values]
            spread = [1] * len(self.shape)
            spread[axis] = -1
            return tuple(np.array([f is want for f in found]).reshape(spread) for want in (True, False))
        if isinstance(c, Not):
            return self.truth(c.item)[::-1]
        parts = [self.truth(item) for item in c.items]
        every, some = (np.ones((1,) * len(self.shape), bool), np.zeros((1,) * len(self.shape), bool))
        first, second = (0, 1) if isinstance(c, All) else (1, 0)
        for part in parts:
            every = every & part[first]
            some = some | part[second]
        return (every, some) if isinstance(c, All) else (some, every)

    def possible(self, demands):
        left = np.ones((1,) * len(self.shape), bool)
        for c, wanted in demands:
            left = left & self.truth(c)[0 if wanted else 1]
        return bool(left.any())


# --- z3 ----------------------------------------------------------------------------------------------------------------------


class Z3:
    """The same in z3: of each fact its value, and whether it is known."""

    def __init__(self):
        self.solver = z3.Solver()
        self.known = {name: z3.Bool(f"known.{name}") for name in FACTS}
        kinds = {"bool": z3.Bool, "integer": z3.Int, "date": z3.Int, "enum": z3.Int}
        self.value = {name: kinds[spec.type](name) for name, spec in FACTS.items() if spec.type != "set"}
        self.members = {slug: z3.Bool(f"topics.{slug}") for slug in SLUGS}
        v, known, add = self.value, self.known, self.solver.add
        add(v["n"] >= 0, v["n"] <= TOP, v["m"] >= 0, v["m"] <= TOP, v["kind"] >= 0, v["kind"] < len(SLUGS))
        numbers = z3.And(known["n"], known["m"])
        add(z3.Implies(numbers, z3.And(known["gap"], v["gap"] == v["n"] - v["m"])))
        add(z3.Implies(numbers, z3.And(known["fewer"], v["fewer"] == (v["n"] < v["m"]))))
        yes = {x: z3.And(known[x], v[x]) for x in ("a", "b")}
        no = {x: z3.And(known[x], z3.Not(v[x])) for x in ("a", "b")}
        for name, true, false in (
            ("either", z3.Or(yes["a"], yes["b"]), z3.And(no["a"], no["b"])),
            ("both", z3.And(yes["a"], yes["b"]), z3.Or(no["a"], no["b"])),
        ):
            add(z3.Implies(true, z3.And(known[name], v[name])), z3.Implies(false, z3.And(known[name], z3.Not(v[name]))))
        add(v["sought"] >= 0, v["sought"] <= TOP, v["held"] >= 0, v["held"] <= TOP, known["c"], known["sought"])
        d_no = z3.And(known["d"], z3.Not(v["d"]))
        add(z3.Implies(z3.Or(v["c"], z3.And(known["d"], v["d"])), z3.And(known["c_or_d"], v["c_or_d"])))
        add(z3.Implies(z3.And(v["c"], known["d"], v["d"]), z3.And(known["c_and_d"], v["c_and_d"])))
        add(z3.Implies(d_no, z3.And(known["c_and_d"], z3.Not(v["c_and_d"]))))
        day = DAY.toordinal()
        add(z3.Implies(known["start"], z3.And(known["since"], v["since"] == day - v["start"])))
        p, q = (v["kind"] == SLUGS.index(slug) for slug in ("p", "q"))
        add(z3.Implies(known["kind"], z3.And(known["is_q"], v["is_q"] == q)))
        for name, follows in (
            ("level", z3.And(numbers, v["n"] == v["m"])),
            ("after", z3.And(known["start"], known["end"], v["end"] > v["start"])),
            ("told", known["kind"]),
            ("on_file", known["kind"]),
            ("is_p", z3.And(known["kind"], p)),
            ("agreed", z3.And(known["held"], v["sought"] == v["held"], v["sought"] > 0)),
        ):
            add(known[name], z3.Implies(follows, v[name]))

    def _leaf(self, t):
        if t.fact == "topics":
            parts = [self.members[slug] for slug in sorted(t.constant)]
            holding = z3.Or(parts) if t.test == "contains_any" else z3.And(parts)
            return holding, z3.Not(holding)
        value = self.value[t.fact]
        constant = t.constant.toordinal() if isinstance(t.constant, dt.date) else t.constant
        if t.test in {"in", "not_in"}:
            inside = z3.Or([value == SLUGS.index(slug) for slug in t.constant])
            holding = inside if t.test == "in" else z3.Not(inside)
        else:
            holding = {
                "is": lambda: value == constant, "is_not": lambda: value != constant, "at_most": lambda: value <= constant,
                "less_than": lambda: value < constant, "at_least": lambda: value >= constant, "more_than": lambda: value > constant,
            }[t.test]()  # fmt: skip
        return z3.And(self.known[t.fact], holding), z3.And(self.known[t.fact], z3.Not(holding))

    def truth(self, c):
        if isinstance(c, Test):
            return self._leaf(c)
        if isinstance(c, Not):
            return self.truth(c.item)[::-1]
        parts = [self.truth(item) for item in c.items]
        join, other = (z3.And, z3.Or) if isinstance(c, All) else (z3.Or, z3.And)
        return join([t for t, _ in parts]), other([f for _, f in parts])

    def possible(self, demands):
        self.solver.push()
        for c, wanted in demands:
            self.solver.add(self.truth(c)[0 if wanted else 1])
        found = self.solver.check() == z3.sat
        self.solver.pop()
        return found


# --- what is to be found -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one pack should give, what it gave, and what was left undecided."""

    expected: frozenset[tuple[str, ...]]
    by_z3: frozenset[tuple[str, ...]]
    found: frozenset[tuple[str, ...]]
    undecided: int

    @property
    def agrees(self):
        return self.expected == self.by_z3 == self.found and not self.undecided


def _expected(pack, possible):
    found = set()
    rules = pack.live_rules
    applies = {r.id: [(r.recognise, True), (r.elements, True), *((e.when, False) for e in r.exceptions)] for r in rules}
    certain = {name: All(tuple(c if wanted else Not(c) for c, wanted in demands)) for name, demands in applies.items()}
    settles = {r.id: [*applies[r.id], *([(r.settle.when, True)] if r.settle.when is not None else [])] for r in rules}
    for r in rules:
        both = [(r.recognise, True), (r.elements, True)]
        if not possible(both):
            found.add(("F702", r.id))
            continue
        found |= {("F704", r.id, e.id) for e in r.exceptions if not possible([*both, (e.when, True)])}
        above = [o for o in rules if any(x.rule == r.id for x in o.overrides)]
        shadow = [*applies[r.id], *((certain[o.id], False) for o in above)]
        if above and not possible(shadow) and possible(applies[r.id]):
            found.add(("F703", r.id))
        if not possible(settles[r.id]):
            found.add(("F706", r.id))
        if any(not possible([(r.recognise, True), (w.when, True)]) for w in r.refer.considers):
            found.add(("F708", r.id))
    for one, two in combinations(rules, 2):
        if two.id in {o.rule for o in one.overrides} or one.id in {o.rule for o in two.overrides}:
            continue
        if one.settle.remedies == two.settle.remedies:
            continue
        aside = [r for r in rules if r.id not in {one.id, two.id} and {o.rule for o in r.overrides} & {one.id, two.id}]
        demands = [*settles[one.id], *settles[two.id], *((certain[r.id], False) for r in aside)]
        demands += [(_quiet(r, rules, settles, certain), True) for r in rules if r.id not in {one.id, two.id}]
        if possible(demands):
            found.add(("F701", one.id, two.id))
    return frozenset(found)


def _quiet(r, rules, settles, certain):
    """A third rule that leaves the two alone: dead, set aside, or settling too."""
    steps = [
        All((e.when, *(Not(o.when) for o in r.exceptions if o.tier is not None)))
        for e in r.exceptions
        if e.tier is None
    ]
    whole = All(tuple(c if wanted else Not(c) for c, wanted in settles[r.id]))
    above = [certain[o.id] for o in rules if any(x.rule == r.id for x in o.overrides)]
    return Any((Not(r.recognise), Not(r.elements), whole, *steps, *above))


def judged(seed):
    """One drawn pack, judged by the analysis and by both oracles."""
    pack, groups = drawn(seed)
    report = analyse(pack, as_of=DAY)
    found = set()
    for finding in report.findings:
        values = finding.diagnostic.values
        names = [values["rule"], *([values["exception"]] if "exception" in values else [])]
        if finding.diagnostic.code == "F701":
            names.append(values["other"])
        found.add((finding.diagnostic.code, *names))
    everything, solver = Everything(tuple(groups)), Z3()
    return Verdict(
        _expected(pack, everything.possible), _expected(pack, solver.possible), frozenset(found), len(report.undecided)
    )
