"""Of complaints with complete records, how many does a machine settle that a mediator calls plain, for the right sum; and what that is for people?

Usage, from the repository:

    python tools/measure_settling.py [--pack NAME] [--rows FILE…] [--details] [--json]

Each line of a file is ``{"id", "complaint", "expected"}``: a complaint of the contract with the records that a careful platform sends
along, and what a writer who saw the law and the vocabulary, but no rule, says of it beforehand. ``expected``: ``outcome`` (``settle``, ``ask`` or
``refer``), ``also_right`` (other outcomes that one could defend), ``refund`` (the money that goes to the consumer, null where none moves),
``scenario``, ``what``, ``why``, ``sure``. A plain case is *settled* where the decision is a settlement for that sum. One settled for
another sum, and one settled that is for people, are the errors that count; what is asked or referred costs somebody's time.
Where the only question is what the consumer meant by a sentence (`funnel.facts.vocabulary.MEANT`), it is also answered, with none of
what he is offered: *then settled* counts what that settles for the right sum. Of plain cases that is what the consumer will say;
of those for people it is what they would get who answer untruly.

Files whose name has ``heldout`` in it are held out: nobody who writes rules opens them, and ``--details`` lists nothing of them.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import funnel
from funnel.facts.vocabulary import MEANT

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "scenarios" / "cn-ecommerce" / "invented"
OUTCOMES = ("settle", "ask", "refer")


@dataclass(frozen=True, slots=True)
class Row:
    """What came of the complaints of one expected outcome.

    Attributes:
        rows: How many there are.
        settled: Settled for the sum that is expected (of those that are not to be settled: settled at all).
        other_sum: Settled for another sum.
        asked, referred: What came instead.
        then_settled: Of those asked, how many are settled for the sum that is expected once the consumer says that none of the
            things he is asked about is so.
        defended: Those among the last two, or of a settlement, whose outcome the writer could defend as well.
    """

    rows: int
    settled: int
    other_sum: int
    asked: int
    then_settled: int
    referred: int
    defended: int


def paid(decision: funnel.Decision) -> Decimal:
    """The money that a settlement gives the consumer."""
    remedies = (remedy for matter in decision.matters for remedy in matter.remedies)
    return sum((Decimal(r.amount) for r in remedies if r.amount and r.payer != "consumer"), Decimal(0))


def verdict(decision: funnel.Decision, expected: Mapping[str, Any]) -> str:
    """``settled``, ``other_sum``, ``asked`` or ``referred``."""
    if decision.outcome == "settle":
        wanted = Decimal(expected["refund"] or 0)
        right = expected["outcome"] != "settle" or paid(decision) == wanted
        return "settled" if right else "other_sum"
    return "asked" if decision.outcome == "ask" else "referred"


def then_settled(engine: funnel.Engine, row: Mapping[str, Any], decision: funnel.Decision) -> bool:
    """Whether a complaint of which only the meaning of a sentence is asked is settled, for the right sum, where nothing of it is so."""
    if {question.fact for question in decision.questions} != {MEANT}:
        return False
    complaint = row["complaint"]
    answered = complaint | {"id": row["id"], "facts": {**complaint.get("facts", {}), MEANT: []}}
    return verdict(engine.decide(answered), row["expected"]) == "settled"


def measure(
    engine: funnel.Engine, rows: Iterable[Mapping[str, Any]]
) -> tuple[dict[str, Row], list[tuple[str, str, str]]]:
    """By expected outcome what came, and each row that came out otherwise than expected or defended: id, wanted, came."""
    counts: dict[str, Counter[str]] = {outcome: Counter() for outcome in OUTCOMES}
    odd = []
    for row in rows:
        expected = row["expected"]
        decision = engine.decide(row["complaint"] | {"id": row["id"]})
        came, wanted = verdict(decision, expected), expected["outcome"]
        found = counts[wanted]
        found["rows"] += 1
        found[came] += 1
        found["then_settled"] += came == "asked" and then_settled(engine, row, decision)
        if decision.outcome != wanted and decision.outcome in expected.get("also_right", ()):
            found["defended"] += 1
        elif decision.outcome != wanted or came == "other_sum":
            odd.append((row["id"], wanted, came))
    fields = ("rows", "settled", "other_sum", "asked", "then_settled", "referred", "defended")
    return {name: Row(*(found[f] for f in fields)) for name, found in counts.items()}, odd


def lines(rows: Mapping[str, Row]) -> Iterable[str]:
    """The table."""
    yield (
        f"{'expected':10}{'rows':>6}{'settled':>9}{'other sum':>11}{'asked':>7}{'then settled':>14}{'referred':>10}"
        f"{'defensible':>12}"
    )
    for name, row in rows.items():
        yield (
            f"{name:10}{row.rows:>6}{row.settled:>9}{row.other_sum:>11}{row.asked:>7}{row.then_settled:>14}"
            f"{row.referred:>10}{row.defended:>12}"
        )


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pack", default="cn-ecommerce")
    parser.add_argument("--rows", type=Path, nargs="+", default=sorted(FOLDER.glob("records-heldout*.jsonl")))
    parser.add_argument(
        "--details", action="store_true", help="list what came out otherwise, but of no file that is held out"
    )
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    engine = funnel.Engine(args.pack)
    for path in args.rows:
        try:
            read = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
            found, odd = measure(engine, read)
        except (OSError, ValueError, KeyError, TypeError) as error:
            print(f"{path}: {type(error).__name__}: {error}", file=sys.stderr)
            return 2
        if args.json:
            print(json.dumps({"file": path.name, **{name: asdict(row) for name, row in found.items()}}))
            continue
        print(path.name)
        print("\n".join(lines(found)))
        if args.details and "heldout" not in path.name:
            print("\n".join(f"  {id_}: {wanted} expected, {came}" for id_, wanted, came in odd))
    return 0


if __name__ == "__main__":
    sys.exit(main())
