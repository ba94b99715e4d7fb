"""How many sentences that bar a settlement are heard behind complaints that a machine would settle, and how many harmless ones stop it.

Usage, from the repository:

    python tools/measure_sentences.py [--pack NAME] [--sentences FILE] [--complaints FILE] [--json]

Each sentence of the file (``{"id", "gate", "text"}`` a line; ``gate: null`` for a harmless one) is put behind the complaint of one
settling scenario test of each of twelve rules, whose records are complete. A pair is *stopped* where the decision is no
settlement any more, for whatever reason: a gate, an exception, a question; *asked* are those of them where the consumer is asked
what he meant by it. Beside them, whole complaints in which nothing bars (``{"id",
"text"}`` a line): how many have a sentence that reads like a gate, and in how many words open one; neither should. Both files are held
out: nobody who writes phrases or examples opens them, and no text is listed here.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import funnel
from funnel.author.scenario_tests import ScenarioTest, as_of_day, load_suite, scenario_files
from funnel.complaint import Complaint
from funnel.engine.decide import Compiled, compile_pack, decide, read
from funnel.facts.vocabulary import MEANT

ROOT = Path(__file__).resolve().parents[1]
SCENARIOS = ROOT / "scenarios" / "cn-ecommerce"
SENTENCES = SCENARIOS / "invented" / "sentences-heldout.jsonl"
COMPLAINTS = SCENARIOS / "invented" / "plain-heldout.jsonl"
DAY = dt.date(2026, 11, 27)
HARMLESS = "harmless"
RULES = (
    "returns.no-reason-refused",
    "goods.quality-defect",
    "goods.not-as-described",
    "delivery.nondelivery",
    "delivery.transit-damage",
    "delivery.signed-dispute",
    "returns.refund-delay",
    "prices.price-protect",
    "prices.deposit",
    "subscriptions.autorenew",
    "services.install-service",
    "payments.prepaid-refund",
)


@dataclass(frozen=True, slots=True)
class Row:
    """The sentences of one gate, or the harmless ones.

    Attributes:
        sentences: How many there are.
        pairs: With how many complaints they were tried, together.
        stopped: How many of the pairs settle no more.
        asked: Of these, where the consumer is asked what he meant.
        always, never: How many sentences stop every complaint, and none.
    """

    sentences: int
    pairs: int
    stopped: int
    asked: int
    always: int
    never: int


def complaints(compiled: Compiled, tests: Iterable[ScenarioTest]) -> tuple[ScenarioTest, ...]:
    """Of each rule the first scenario test that settles."""
    found: dict[str, ScenarioTest] = {}
    for test in tests:
        wanted = test.rule in RULES and test.rule not in found and test.complaint.text
        if wanted and decide(compiled, test.complaint, as_of=as_of_day(compiled, test)).outcome == "settle":
            found[test.rule] = test
    return tuple(found.values())


def behind(compiled: Compiled, test: ScenarioTest, sentence: str) -> funnel.Decision:
    """What is decided of a complaint with a sentence behind it."""
    text = f"{(test.complaint.text or '').rstrip('。')}。{sentence}"
    told = test.complaint.model_copy(update={"text": text})
    return decide(compiled, told, as_of=as_of_day(compiled, test))


def stops(decision: funnel.Decision) -> tuple[bool, bool]:
    """Whether nothing is settled, and whether the consumer is asked what he meant."""
    return decision.outcome != "settle", any(question.fact == MEANT for question in decision.questions)


def measure(
    compiled: Compiled, tests: Sequence[ScenarioTest], sentences: Iterable[Mapping[str, Any]]
) -> dict[str, Row]:
    """By gate, in the order of their names; the harmless ones last."""
    counts: dict[str, list[int]] = defaultdict(list)
    asked: Counter[str] = Counter()
    for row in sentences:
        name = row["gate"] or HARMLESS
        came = [stops(behind(compiled, test, row["text"])) for test in tests]
        counts[name].append(sum(stopped for stopped, _ in came))
        asked[name] += sum(meant for _, meant in came)
    ordered = sorted(counts, key=lambda name: (name == HARMLESS, name))
    total = len(tests)
    return {
        name: Row(len(k), len(k) * total, sum(k), asked[name], sum(n == total for n in k), sum(n == 0 for n in k))
        for name, k in ((name, counts[name]) for name in ordered)
    }


@dataclass(frozen=True, slots=True)
class Plain:
    """Complaints in which nothing bars a settlement.

    Attributes:
        complaints: How many there are.
        overheard: How many have a sentence that reads like a gate.
        asked: Of these, where only the consumer is asked.
        words: In how many words open a gate.
    """

    complaints: int
    overheard: int
    asked: int
    words: int


def measure_plain(compiled: Compiled, texts: Iterable[str]) -> Plain:
    """What is heard in complaints in which nothing is to be heard."""
    total = overheard = asked = words = 0
    for text in texts:
        complaint = Complaint(id="plain", text=text)
        taken = read(compiled, complaint, as_of=DAY)
        parameters = compiled.table.on(DAY)
        total += 1
        found = compiled.likenesses.overhears(complaint, taken, parameters)
        overheard += bool(found)
        asked += bool(found) and all(one.means for one in found)
        words += any(check.truth(taken.facts.known, taken.facts.told, parameters) for _, check in compiled.gates)
    return Plain(total, overheard, asked, words)


def lines(rows: Mapping[str, Row]) -> Iterable[str]:
    """The table."""
    yield f"{'':22}{'sentences':>10}{'pairs stopped':>22}{'asked':>8}{'always':>8}{'never':>7}"
    barring = [row for name, row in rows.items() if name != HARMLESS]
    pairs, stopped = sum(row.pairs for row in barring), sum(row.stopped for row in barring)
    every = Row(
        sum(r.sentences for r in barring),
        pairs,
        stopped,
        sum(r.asked for r in barring),
        sum(r.always for r in barring),
        sum(r.never for r in barring),
    )
    for name, row in [*rows.items(), ("all that bar", every)]:
        share = f"{row.stopped / row.pairs:.0%}" if row.pairs else "-"
        yield f"{name:22}{row.sentences:>10}{row.stopped:>10} of {row.pairs:<5}{share:>4}{row.asked:>8}{row.always:>8}{row.never:>7}"


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default="cn-ecommerce")
    parser.add_argument("--sentences", type=Path, default=SENTENCES)
    parser.add_argument("--complaints", type=Path, default=COMPLAINTS)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    found = []
    for path in (args.sentences, args.complaints):
        try:
            found.append([json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()])
        except (OSError, ValueError) as error:
            print(f"{path}: {error}", file=sys.stderr)
            return 2
    sentences, plain = found
    pack = funnel.load_pack(args.pack)
    compiled = compile_pack(pack)
    tests = complaints(compiled, load_suite(pack, list(scenario_files(SCENARIOS)), SCENARIOS).tests)
    if not tests:
        print("no scenario test of the twelve rules settles", file=sys.stderr)
        return 2
    rows = measure(compiled, tests, sentences)
    quiet = measure_plain(compiled, (row["text"] for row in plain))
    if args.json:
        print(json.dumps({**{name: asdict(row) for name, row in rows.items()}, "plain": asdict(quiet)}))
    else:
        print("\n".join(lines(rows)))
        print(
            f"{quiet.complaints} plain complaints: a sentence reads like a gate in {quiet.overheard}, {quiet.asked} of which only ask the consumer; words open one in {quiet.words}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
