"""Rule matching against other engines, on the same rules, facts and answers. By hand: python bench/matching.py [10 100 1000].

A rule is one enum equality out of 20 values, two integer comparisons and one to three yes-or-no facts, one of them denied.
Facts are extracted already; every engine says which rules hold, and the answers are checked to be equal before anything is
timed. Engines that are not installed are left out (pip install -e '.[bench]'). Rates are by CPU time, but caches are shared:
repeated cells move by up to two times on a busy machine, and only larger differences mean anything.
"""

from __future__ import annotations

import importlib
import json
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from types import MappingProxyType

import funnel
from funnel.engine.durable import DurableMatcher, MatcherError
from funnel.engine.match import CompiledMatcher
from funnel.facts.values import Facts, Grade, Known
from funnel.facts.vocabulary import FactSpec, Vocabulary
from funnel.pack.model import All, Not, Pack, Test

KINDS = [f"k{n}" for n in range(20)]
SIGNALS = [f"s{n}" for n in range(60)]
Row = dict[str, object]
Answer = frozenset[str]


def rules(count: int, rnd: random.Random) -> list[dict]:
    found = []
    for n in range(count):
        signals = rnd.sample(SIGNALS, rnd.randint(1, 3))
        denied = signals.pop() if len(signals) > 1 else None
        found.append(
            {
                "id": f"r.{n:04}",
                "kind": rnd.choice(KINDS),
                "low": rnd.randrange(40),
                "high": rnd.randrange(40, 100),
                "yes": signals,
                "no": denied,
            }
        )
    return found


def rows(count: int, rnd: random.Random) -> list[Row]:
    return [
        {
            "kind": rnd.choice(KINDS),
            "days": rnd.randrange(100),
            "price": rnd.randrange(100),
            **{s: rnd.random() < 0.1 for s in SIGNALS},
        }
        for _ in range(count)
    ]


def pack_of(base: Pack, wanted: list[dict]) -> Pack:
    rule = base.rules["delivery.nondelivery"]
    title, span = {"zh": "x", "en": "x"}, rule.span
    members = MappingProxyType(dict.fromkeys(KINDS))
    facts = {s: FactSpec(s, "bool", title, world="raised") for s in SIGNALS}
    facts |= {n: FactSpec(n, "integer", title) for n in ("days", "price")}
    facts["kind"] = FactSpec("kind", "enum", title, members=members)

    def condition(r: dict) -> All:
        parts = [
            Test("kind", "is", r["kind"], span=span),
            Test("days", "at_least", r["low"], span=span),
            Test("price", "at_most", r["high"], span=span),
        ]
        parts += [Test(s, "is", True, span=span) for s in r["yes"]]
        if r["no"]:
            parts.append(Not(Test(r["no"], "is", True, span=span)))
        return All(tuple(parts))

    made = {r["id"]: replace(rule, id=r["id"], recognise=condition(r)) for r in wanted}
    return replace(base, rules=made, vocabulary=Vocabulary(facts=facts))


def as_facts(row: Row, vocabulary: Vocabulary) -> Facts:
    """The facts of a row as intake gives them: what was told, over what holds where nobody has said anything."""
    told = {n: Known(v, Grade.STATED, "bench") for n, v in row.items() if v is not False}
    return Facts(MappingProxyType({**vocabulary.defaults, **told}), told=frozenset(told))


def funnel_matcher(make: Callable[[Pack], object]) -> Callable:
    def build(base: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
        pack = pack_of(base, wanted)
        matcher = make(pack)
        return [as_facts(row, pack.vocabulary) for row in given], lambda facts: frozenset(matcher.recognised(facts, {}))

    return build


def expression(r: dict, *, and_: str, not_: str, eq: str = "==") -> str:
    parts = [f"kind {eq} '{r['kind']}'", f"days >= {r['low']}", f"price <= {r['high']}", *r["yes"]]
    return f" {and_} ".join([*parts, *([f"{not_}{r['no']}"] if r["no"] else [])])


def zen(_: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
    module = importlib.import_module("zen")
    compiled = module.compile_expression(
        "[" + ", ".join(f"({expression(r, and_='and', not_='not ')})" for r in wanted) + "]"
    )
    ids = [r["id"] for r in wanted]
    return given, lambda row: frozenset(i for i, held in zip(ids, compiled.evaluate(row), strict=True) if held)


def rule_engine(_: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
    module = importlib.import_module("rule_engine")
    made = [(r["id"], module.Rule(expression(r, and_="and", not_="not "))) for r in wanted]
    return given, lambda row: frozenset(i for i, rule in made if rule.matches(row))


def json_logic(_: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
    module = importlib.import_module("json_logic")

    def tree(r: dict) -> dict:
        parts = [
            {"==": [{"var": "kind"}, r["kind"]]},
            {">=": [{"var": "days"}, r["low"]]},
            {"<=": [{"var": "price"}, r["high"]]},
        ]
        parts += [{"var": s} for s in r["yes"]]
        return {"and": [*parts, *([{"!": [{"var": r["no"]}]}] if r["no"] else [])]}

    trees = [(r["id"], tree(r)) for r in wanted]
    return given, lambda row: frozenset(i for i, t in trees if module.jsonLogic(t, row))


def cel(_: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
    module = importlib.import_module("cel")
    made = [(r["id"], module.compile(expression(r, and_="&&", not_="!"))) for r in wanted]
    return given, lambda row: frozenset(i for i, program in made if program.execute(row))


def cel_list(_: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
    module = importlib.import_module("cel")
    program = module.compile("[" + ", ".join(f"({expression(r, and_='&&', not_='!')})" for r in wanted) + "]")
    ids = [r["id"] for r in wanted]
    return given, lambda row: frozenset(i for i, held in zip(ids, program.execute(row), strict=True) if held)


def cel_context(_: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
    """One program of all rules, and each complaint carried over to Rust before the clock starts."""
    module = importlib.import_module("cel")
    program = module.compile("[" + ", ".join(f"({expression(r, and_='&&', not_='!')})" for r in wanted) + "]")
    ids = [r["id"] for r in wanted]
    contexts = [module.Context(variables=row) for row in given]
    return contexts, lambda c: frozenset(i for i, held in zip(ids, program.execute(c), strict=True) if held)


def durable_rules(_: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
    """durable-rules by itself in its best form: two-valued, integers only, one session, complaints encoded beforehand.

    Its native part is called as its own host calls it, less the exception that the host raises where no rule fires.
    """
    native = importlib.import_module("durable_rules_engine")

    def condition(r: dict) -> dict:
        parts = [{"kind": KINDS.index(r["kind"])}, {"$gte": {"days": r["low"]}}, {"$lte": {"price": r["high"]}}]
        return {"$and": [*parts, *({s: 1} for s in r["yes"]), *([{r["no"]: 0}] if r["no"] else [])]}

    made = {r["id"]: {"all": [{"m": condition(r)}]} for r in wanted}
    handle = native.create_ruleset(f"bench-{len(wanted)}", json.dumps(made))

    def match(message: str) -> Answer:
        fired: list[str] = []
        code, state = native.assert_fact(handle, message)
        if code == 0:
            begun = native.start_action_for_state(handle, state)
            results = json.loads(begun[1]) if begun else None
            while results:
                fired += results
                following = native.complete_and_start_action(handle, state)
                results = json.loads(following) if following else None
        native.retract_fact(handle, message)
        return frozenset(fired)

    plain = [{n: KINDS.index(v) if n == "kind" else int(v) for n, v in row.items()} for row in given]
    return [json.dumps({"id": "1", "sid": "1", **row}) for row in plain], match


def clips(_: Pack, wanted: list[dict], given: list[Row]) -> tuple[list, Callable[[object], Answer]]:
    module = importlib.import_module("clips")
    environment = module.Environment()
    slots = " ".join(f"(slot {n})" for n in ("kind", "days", "price", *SIGNALS))
    environment.build(f"(deftemplate c {slots})")
    fired: list[str] = []
    environment.define_function(lambda name: fired.append(str(name)), name="say")
    for r in wanted:
        tests = [f"(kind {r['kind']})", f"(days ?d&:(>= ?d {r['low']}))", f"(price ?p&:(<= ?p {r['high']}))"]
        tests += [f"({s} yes)" for s in r["yes"]] + ([f"({r['no']} no)"] if r["no"] else [])
        environment.build(f'(defrule {r["id"].replace(".", "-")} (c {" ".join(tests)}) => (say "{r["id"]}"))')
    template = environment.find_template("c")
    symbols = [
        {
            n: module.Symbol(v)
            if isinstance(v, str)
            else module.Symbol("yes" if v else "no")
            if isinstance(v, bool)
            else v
            for n, v in row.items()
        }
        for row in given
    ]

    def match(row: dict) -> Answer:
        fired.clear()
        fact = template.assert_fact(**row)
        environment.run()
        fact.retract()
        return frozenset(fired)

    return symbols, match


ENGINES: dict[str, Callable] = {
    "funnel compiled": funnel_matcher(CompiledMatcher),
    "funnel durable": funnel_matcher(DurableMatcher),
    "durable-rules alone": durable_rules,
    "zen-engine": zen,
    "clipspy": clips,
    "CEL, one a rule": cel,
    "CEL, one list": cel_list,
    "CEL, list+context": cel_context,
    "rule-engine": rule_engine,
    "json-logic": json_logic,
}


def timed(match: Callable[[object], Answer], items: list, seconds: float = 1.0) -> tuple[float, float, float]:
    """Rate of the best round without a clock in between, which costs a microsecond; then p50 and p99 with one."""
    best, end = 0.0, time.process_time() + seconds
    while not best or time.process_time() < end:
        start = time.process_time()
        for item in items:
            match(item)
        best = max(best, len(items) / (time.process_time() - start))
    times = []
    for item in items:
        begin = time.perf_counter_ns()
        match(item)
        times.append((time.perf_counter_ns() - begin) / 1000)
    times.sort()
    return best, statistics.median(times), times[int(len(times) * 0.99) - 1]


def measured(sizes: list[int], seconds: float = 1.5) -> dict[int, dict[str, dict[str, float] | str]]:
    """For each number of rules and each engine its figures, or why there are none."""
    base = funnel.load_pack("cn-ecommerce")
    found: dict[int, dict[str, dict[str, float] | str]] = {}
    for size in sizes:
        rnd = random.Random(size)
        wanted, given = rules(size, rnd), rows(400, rnd)
        truth: list[Answer] | None = None
        found[size] = {}
        for name, build in ENGINES.items():
            try:
                start = time.perf_counter()
                items, match = build(base, wanted, given)
                built = time.perf_counter() - start
            except (ImportError, MatcherError) as error:
                found[size][name] = f"not here ({str(error)[:30]})"
                continue
            answers = [match(item) for item in items]
            truth = answers if truth is None else truth
            if answers != truth:
                found[size][name] = "OTHER ANSWERS"
                continue
            rate, p50, p99 = timed(match, items, seconds)
            found[size][name] = {"rate": rate, "p50": p50, "p99": p99, "build": built * 1000}
    return found


def main() -> None:
    sizes = [int(a) for a in sys.argv[1:]] or [10, 100, 1000]
    found = measured(sizes)
    print("rules".ljust(22) + "".join(str(size).ljust(62) for size in sizes))
    for name in ENGINES:
        cells = []
        for size in sizes:
            f = found[size][name]
            cells.append(
                f
                if isinstance(f, str)
                else f"{f['rate']:>9,.0f}/s  p50 {f['p50']:>7,.1f}  p99 {f['p99']:>8,.1f} µs  build {f['build']:>5,.0f} ms"
            )
        print(name.ljust(22) + "".join(cell.ljust(62) for cell in cells))
    last = {name: f["rate"] for name, f in found[sizes[-1]].items() if not isinstance(f, str)}
    if best := last.get("funnel compiled"):
        ratios = ", ".join(f"{best / rate:,.1f}x {n}" for n, rate in last.items() if n != "funnel compiled")
        print(f"\nfunnel compiled is, at {sizes[-1]} rules: {ratios}")
    print(json.dumps({"python": sys.version.split()[0], "sizes": sizes}))


if __name__ == "__main__":
    main()
