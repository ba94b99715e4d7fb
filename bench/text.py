"""Text: the signals' scanner against automata alone. By hand: python bench/text.py [1000 5000].

Phrases are the shipped pack's own, drawn with a fixed seed; texts have 60 to 400 characters and some twenty overlapping hits,
all of which are kept. The automata give places of literals; `scan` gives what they mean: normalised text, phrases with
gaps inside one clause, negations, hedges and exceptions, amounts and dates. Hits of the automata are checked to be equal.
"""

from __future__ import annotations

import importlib
import random
import statistics
import sys
import time
from collections.abc import Callable

import funnel
from funnel.facts.phrases import Phrase
from funnel.facts.signals import Lexicon, Signal


def lexicon_of(count: int, rnd: random.Random) -> tuple[Lexicon, list[str]]:
    """A lexicon of about ``count`` literals, from whole phrases of the shipped pack, and those literals."""
    shipped = funnel.load_pack("cn-ecommerce").lexicon
    given = [(s, p) for s in shipped.signals.values() for p in s.phrases]
    rnd.shuffle(given)
    chosen: dict[str, list[Phrase]] = {}
    literals: set[str] = set()
    for signal, phrase in given:
        new = {literal for segment in phrase.segments for literal in segment}
        if len(literals | new) <= count:
            literals |= new
            chosen.setdefault(signal.id, []).append(phrase)
    signals = [Signal(id_, shipped.signals[id_].title, tuple(phrases)) for id_, phrases in chosen.items()]
    lexicon = Lexicon(signals, negators=["不", "没有"], hedges=["如果", "是不是"])
    return lexicon, list(lexicon._literals)


def texts(lexicon: Lexicon, literals: list[str], rnd: random.Random, insert: int, count: int = 500) -> list[str]:
    """Texts with so many phrases each among characters that are no phrase by themselves."""
    filler = [
        c
        for c in "今天上午收到货以后我联系了店家他们说要等后来又打电话过去还是这样真的很着急希望能早点处理"
        if c not in set(literals)
    ]
    phrases = [phrase for signal in lexicon.signals.values() for phrase in signal.phrases]
    found = []
    for _ in range(count):
        length = rnd.randint(60, 400)
        said = ["".join(rnd.choice(s) for s in rnd.choice(phrases).segments) for _ in range(insert)]
        rest = max(0, length - sum(map(len, said)))
        parts = said + [rnd.choice(filler) + rnd.choice(("", "，")) for _ in range(rest)]
        rnd.shuffle(parts)
        found.append("".join(parts)[:400])
    return found


def ahocorasick_rs(literals: list[str]) -> Callable[[str], list]:
    automaton = importlib.import_module("ahocorasick_rs").AhoCorasick(literals, store_patterns=False)
    return lambda text: automaton.find_matches_as_indexes(text, overlapping=True)


def pyahocorasick(literals: list[str]) -> Callable[[str], list]:
    automaton = importlib.import_module("ahocorasick").Automaton()
    for number, literal in enumerate(literals):
        automaton.add_word(literal, number)
    automaton.make_automaton()
    return lambda text: list(automaton.iter(text))


def timed(work: Callable[[str], object], items: list[str], rounds: int = 5) -> tuple[float, float]:
    """Microseconds a text and the slowest in a hundred, the best of some rounds, this thread's time on the processor."""
    best = [float("inf")] * len(items)
    for _ in range(rounds):
        for n, item in enumerate(items):
            start = time.thread_time()
            work(item)
            best[n] = min(best[n], time.thread_time() - start)
    best.sort()
    return statistics.mean(best) * 1e6, best[int(len(best) * 0.99) - 1] * 1e6


def measured(sizes: list[int]) -> dict[int, dict[str, dict[str, float] | str]]:
    found: dict[int, dict[str, dict[str, float] | str]] = {}
    for size in sizes:
        rnd = random.Random(size)
        lexicon, literals = lexicon_of(size, rnd)
        count = ahocorasick_rs(literals)
        given = min(  # a literal put in brings others that lie within it: as many are put in as give twenty hits
            (texts(lexicon, literals, random.Random(size), insert) for insert in range(1, 21)),
            key=lambda made: abs(statistics.mean(len(count(text)) for text in made) - 20),
        )
        found[size] = {}
        counts: list[int] | None = None
        for name, build in (("ahocorasick-rs alone", ahocorasick_rs), ("pyahocorasick alone", pyahocorasick)):
            try:
                work = build(literals)
            except ImportError as error:
                found[size][name] = f"not here ({error})"
                continue
            hits = [len(work(text)) for text in given]
            counts = hits if counts is None else counts
            if hits != counts:
                found[size][name] = "OTHER HITS"
                continue
            mean, p99 = timed(work, given)
            found[size][name] = {"mean": mean, "p99": p99, "hits": statistics.mean(hits)}
        mean, p99 = timed(lexicon.scan, given)
        said = statistics.mean(len(lexicon.scan(text).hits) for text in given)
        found[size]["funnel scan"] = {"mean": mean, "p99": p99, "hits": said, "literals": len(literals)}
    return found


def main() -> None:
    sizes = [int(a) for a in sys.argv[1:]] or [1000, 5000]
    for size, rows in measured(sizes).items():
        print(f"{size:,} phrases")
        for name, f in rows.items():
            if isinstance(f, str):
                print(f"  {name:<22}{f}")
            else:
                print(
                    f"  {name:<22}{1e6 / f['mean']:>10,.0f}/s{f['mean']:>9,.1f} µs{f['p99']:>9,.1f} µs p99{f['hits']:>8.1f} hits"
                )


if __name__ == "__main__":
    main()
