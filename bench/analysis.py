"""How long the exact analysis takes. By hand: python bench/analysis.py [200] [--steps N].

Packs of that many rules are made from the shipped one by copying its rules with names and matters of their own: *apart*,
each copy a pack of its own beside the others, and *together*, all copies of a rule in one matter with other figures, so
that pairs to be compared grow with the square. Processor time, the shortest of three; findings and what was left undecided
are printed, so that a run which gave up is seen.
"""

from __future__ import annotations

import argparse
import datetime as dt
import time
from dataclasses import replace
from types import MappingProxyType

import funnel
from funnel.author.analysis import analyse
from funnel.author.analysis._check import STEPS
from funnel.pack.model import All, Any, Condition, Not, Pack, Rule, Test

DAY = dt.date(2026, 11, 24)


def moved(condition: Condition, by: int) -> Condition:
    """The condition with its figures a few units off."""
    if isinstance(condition, Not):
        return Not(moved(condition.item, by))
    if isinstance(condition, All | Any):
        return type(condition)(tuple(moved(item, by) for item in condition.items))
    constant = condition.constant
    if isinstance(condition, Test) and isinstance(constant, int) and not isinstance(constant, bool):
        return replace(condition, constant=constant + by)
    return condition


def copied(rule: Rule, number: int, *, apart: bool) -> Rule:
    """One copy of a rule, its overrides among the copies of the same number."""
    name = f"{rule.id}-c{number}" if number else rule.id
    overrides = tuple(replace(o, rule=f"{o.rule}-c{number}" if number else o.rule) for o in rule.overrides)
    matter = f"{rule.matter}-c{number}" if apart and number else rule.matter
    return replace(
        rule, id=name, matter=matter, overrides=overrides, elements=moved(rule.elements, number), accepted=()
    )


def made(pack: Pack, count: int, *, apart: bool) -> Pack:
    rules = {}
    number = 0
    while len(rules) < count:
        for rule in pack.live_rules[: count - len(rules)]:
            one = copied(rule, number, apart=apart)
            rules[one.id] = one
        number += 1
    left = {name: replace(r, overrides=tuple(o for o in r.overrides if o.rule in rules)) for name, r in rules.items()}
    return replace(pack, rules=MappingProxyType(left))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("count", nargs="?", type=int, default=200)
    parser.add_argument("--steps", type=int, default=STEPS)
    args = parser.parse_args()
    pack = funnel.load_pack("cn-ecommerce")
    shapes = (
        ("shipped", replace(pack, rules=MappingProxyType({r.id: replace(r, accepted=()) for r in pack.live_rules}))),
        (f"{args.count} apart", made(pack, args.count, apart=True)),
        (f"{args.count} together", made(pack, args.count, apart=False)),
    )
    print(f"{'pack':<16}{'rules':>6}{'seconds':>9}{'steps':>9}{'findings':>10}{'undecided':>11}")
    for name, one in shapes:
        best = None
        for _ in range(3):
            start = time.process_time()
            report = analyse(one, as_of=DAY, steps=args.steps)
            took = time.process_time() - start
            best = took if best is None else min(best, took)
        print(
            f"{name:<16}{report.rules:>6}{best:>9.1f}{report.steps:>9}{len(report.findings):>10}{len(report.undecided):>11}"
        )


if __name__ == "__main__":
    main()
