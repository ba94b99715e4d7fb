"""Learning what the matters of a pack read like, from example complaints: `funnel.facts.likeness` reads what is made here.

A linear support vector machine for each trait (one against all others) over the characters and pairs of characters of a
text, each weighed by its rarity (scikit-learn; Fan et al., "LIBLINEAR", 2008). Where a margin means something is found by
holding back a fifth of the examples at a time, five times, and looking how those read that were held back.

Single sentences that open a gate are learnt in the same way, against the sentences of ordinary texts; there the first and the last
character count as well.

Three kinds of text teach: the examples of the pack, the texts of its scenario tests with what the rules make of them, and, where
somebody has it, a *history*: complaints that people have decided. The same texts and the same scikit-learn give the same file.
Nothing is downloaded. Of a text the file keeps characters and pairs of characters that at least two texts have.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
import warnings
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from funnel.author.scenario_tests import ScenarioTest, as_of_day
from funnel.complaint import Complaint
from funnel.engine._alike import OFFERED, parts_of
from funnel.engine.decide import Compiled, compile_pack, decide
from funnel.errors import TwoLanguageError
from funnel.facts.likeness import (
    ANY,
    GATE,
    LEAST_OF_SENTENCE,
    MAX_GRAMS,
    NEVER,
    NONE,
    Likeness,
    Margins,
    Table,
    Trait,
    grams,
    parts_of_trait,
    quantised,
    rarity_of,
    together,
)
from funnel.facts.normalise import normalise
from funnel.facts.vocabulary import MEANT
from funnel.pack.examples import Example, Saying, digest_of
from funnel.pack.model import OTHER, Pack

FOLDS: Final = 5
LEAST: Final = 8
"""A trait needs as many examples: two could not be held back and learnt from at once."""
NEAR: Final = 0.8
"""Of the texts held back whose likest scenario is as near or nearer, so many are about one of those that are offered."""
SURE: Final = 0.9
"""Of those whose likest scenario is as sure or surer, so many are about it."""
APART: Final = 0.4
"""A rule is doubted that the text is further from than from the likest matter. Of the rules that recognised 893 texts which none
was learnt from, those further off were wrong in nine of ten cases; a greater distance lets more of the wrong ones stand, a
smaller one costs right ones."""
FALSE_ALARMS: Final = 0.003
"""Of the texts held back that say nothing of a gate, it is suspected in so many at most. Nothing is suspected where a text reads most
like those that state no grievance."""

LEAST_LIKE: Final = -0.3
"""No gate is suspected of a text that is less like it: few examples of a gate say little of what else may look like it."""

SENTENCE_ALARMS: Final = 0.021
"""Of the sentences of ordinary texts that were held back, so many at most read like some gate for which a person looks. It was 0.013
before the sentences that ask for a claim had traits of their own, and more plain ones were learnt from: at this mark no fewer of the
lists that are held out are heard than then."""
QUESTION_ALARMS: Final = 0.09
"""The same where the consumer is asked what he meant: a question costs less than a person, and what is not heard would be paid."""
CLEAR_ALARMS: Final = 0.005
"""Of the same sentences, so many at most read so clearly like a gate that a person looks though the consumer could be asked. Who
writes of a day's wear and is asked whether he wore it has a reason to say no."""
ORDINARY: Final = 12_000
"""So many sentences of ordinary texts teach at most: more made no difference that could be seen, and took its time."""

_PENALTY: Final = 2.0
_OF_ANY: Final = 0.5
"""The same of `ANY`."""
_SHARED: Final = 2
"""A gram is learnt that so many texts have, or more where these would be too many: what only one has teaches that text."""

_SOME_DAY: Final = dt.date(2026, 1, 1)
"""Which words open a gate hangs on no day."""

_Judged = tuple[Example, Margins]
"""A text that people have judged, with its margins by a model that had not seen it."""


class LearningError(TwoLanguageError):
    """There is nothing to learn from, or the extra that learns is not installed."""


@dataclass(frozen=True, slots=True)
class Taught:
    """How well the texts of one trait that were held back were told; those of scenario tests are not among them.

    Attributes:
        name: The trait.
        examples: How many have it.
        first: Of those that have it as their main matter, how many read like it most; of a gate: in how many it is suspected.
        offered: How many have it among the likest that are offered; None for a gate.
        wrong: In how many that do not have it a gate is suspected.
    """

    name: str
    examples: int
    first: int
    offered: int | None
    wrong: int


@dataclass(frozen=True, slots=True)
class Sentences:
    """How well the example sentences of one gate that were held back were told, or those of them that ask for some claims.

    Attributes:
        name: The trait.
        examples: How many open the gate.
        heard: How many of them read like it or like another gate: either way a person looks, or the consumer is asked.
    """

    name: str
    examples: int
    heard: int


@dataclass(frozen=True, slots=True)
class Heard:
    """What was learnt of sentences.

    Attributes:
        sentences: By gate whose sentences were learnt, in the order of their names.
        thin: Gates with too few sentences to learn: how many each has.
        near: Of the example sentences that only look like it, how many there are, and how many read like a gate.
        ordinary: The same of the sentences of ordinary texts.
    """

    sentences: tuple[Sentences, ...] = ()
    thin: Mapping[str, int] = field(default_factory=dict)
    near: tuple[int, int] = (0, 0)
    ordinary: tuple[int, int] = (0, 0)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What was learnt.

    Attributes:
        likeness: The model.
        taught: By trait, in the order of their names.
        thin: Traits with too few examples to learn: how many each has.
        heard: The same of sentences.
    """

    likeness: Likeness
    taught: tuple[Taught, ...]
    thin: Mapping[str, int]
    heard: Heard = Heard()


def tested(pack: Pack, tests: Iterable[ScenarioTest]) -> tuple[Example, ...]:
    """The texts of scenario tests, with the matters and gates that the rules find in them. Likeness has no part in it.

    Words that name no matter, in a test that says that its rule is recognised all the same (by what records show), are that
    rule's: they are no complaint about nothing.
    """
    compiled = compile_pack(replace(pack, likeness=None))
    found: dict[str, Example] = {}
    for test in tests:
        text = test.complaint.text
        if not text or text in found:
            continue
        bare = Complaint(id="test", text=text, received_at=test.complaint.received_at)
        decision = decide(compiled, bare, as_of=as_of_day(compiled, test))
        reasons = () if decision.referral is None else decision.referral.reasons
        opened = {reason.gate for reason in reasons}
        # What bars a settlement of itself is no kind of text: only what protects somebody is learnt.
        gates = frozenset(gate.id for gate in pack.gates.values() if gate.id in opened and gate.covers != OTHER)
        matters = tuple(dict.fromkeys(matter.scenario for matter in decision.matters))
        if not matters and _recognised(test):
            matters = (pack.rules[test.rule].scenario,)
        found[text] = Example(text, matters, gates)
    return tuple(found.values())


def _recognised(test: ScenarioTest) -> bool:
    """Whether a test says that its rule recognises the complaint."""
    expect = test.expect
    return expect.get("recognised") is True or expect.get("outcome") == "settle" or "exception" in expect


def ordinary(pack: Pack, tests: Iterable[ScenarioTest], texts: Iterable[Example]) -> tuple[str, ...]:
    """Sentences that open no gate, normalised.

    Those of scenario tests that settle, unless they say what the consumer answered of his words, and of complaints that people have decided (``texts``) where neither they nor the rules
    say that one is open. Not of the pack's examples: they are invented to be unlike each other, and much of what they tell
    beside their matter would open a gate that nobody noted.
    """
    compiled = compile_pack(replace(pack, likeness=None))
    settled = {
        test.complaint.text
        for test in tests
        if test.expect.get("outcome") == "settle" and test.complaint.text and MEANT not in test.complaint.facts
    }
    quiet = {e.text for e in texts if not e.gates and not _opens(compiled, e.text)} - settled
    first, rest = _parts(settled), _parts(quiet)
    more = sorted(rest - first, key=lambda text: hashlib.sha256(text.encode("utf-8")).digest())
    return tuple(sorted({*first, *more[: max(0, ORDINARY - len(first))]}))


def _parts(texts: Iterable[str]) -> set[str]:
    """What is read of texts as a sentence, each normalised and without the marks around it."""
    return {_bare(normal.text[a:b]) for normal in map(normalise, texts) for a, b in parts_of(normal)} - {""}


def _opens(compiled: Compiled, text: str) -> bool:
    decision = decide(compiled, Complaint(id="text", text=text), as_of=_SOME_DAY)
    return decision.referral is not None and any(reason.gate is not None for reason in decision.referral.reasons)


def _bare(part: str) -> str:
    """A sentence without the marks and spaces around it."""
    return part.strip(" \t\"'“”‘’()（）[]【】~～…、-—")


def learn(
    examples: Iterable[Example],
    tests: Iterable[Example] = (),
    history: Iterable[Example] = (),
    *,
    sayings: Iterable[Saying] = (),
    quiet: Iterable[str] = (),
    asked: Collection[str] = (),
) -> Learnt:
    """Learn.

    Args:
        examples: The examples of the pack.
        tests: What its scenario tests tell: see `tested`.
        history: Complaints that people have decided.
        sayings: The example sentences of the pack.
        quiet: Sentences of ordinary texts: see `ordinary`.
        asked: The gates that the consumer is asked about where a sentence reads like one: see `funnel.pack.model.meanings`.

    A text that stands in several of them counts once: as the pack's examples have it, else as the history does. Where one
    of them says it twice, each time otherwise, which one counts does not hang on their order.

    Raises:
        LearningError: There are too few, or scikit-learn is missing.
    """
    own = tuple(examples)
    told = {**_by_text(history), **_by_text(own)}
    chosen = sorted({**_by_text(tests), **told}.values(), key=lambda e: e.text)
    counts = Counter(name for e in chosen for name in e.traits)
    names = tuple(sorted(name for name, n in counts.items() if n >= LEAST))
    if sum(not name.startswith(GATE) for name in names) < 2:  # noqa: PLR2004 (one trait has nothing to differ from)
        raise LearningError(
            f"例子太少：至少要有两个场景，每个 {LEAST} 条；没有可处理的事由（scenario: none）算一个",
            f"too few examples: at least two scenarios with {LEAST} each are needed; none (texts that state no grievance) is one",
        )
    held = [grams(normalise(e.text).text) for e in chosen]
    has = [e.traits for e in chosen]
    margins = _held_back([e.text for e in chosen], held, has, names)
    # What the tests tell is what the rules make of words; where a margin means something, people have to have said so.
    judged = [(e, m) for e, m in zip(chosen, margins, strict=True) if e.text in told]
    cuts = {name: _cut(name, judged) for name in names}
    near, sure = _bars(judged)
    said = tuple(sayings)
    table, clear, heard = _learn_sentences(said, quiet, asked)
    likeness = Likeness.made(
        *_fit(held, has, names).compiled(cuts),
        examples=digest_of(own, said, asked),
        near=near,
        sure=sure,
        apart=APART,
        clear=clear,
        sentences=table,
    )
    thin = {name: n for name, n in sorted(counts.items()) if n < LEAST}
    taught = tuple(_taught(name, cut, judged) for name, cut in cuts.items())
    return Learnt(likeness, taught, thin, heard)


def _learn_sentences(
    sayings: Sequence[Saying], quiet: Iterable[str], asked: Collection[str]
) -> tuple[Table | None, float, Heard]:
    """The table of sentences, how far above its mark one reads clearly like a gate, and how well those held back were told."""
    opening = {
        normalise(s.text).text: s.trait
        for s in sorted(sayings, key=lambda s: (s.text, sorted(s.claims)))
        if s.trait is not None
    }
    near = {normalise(s.text).text for s in sayings if s.gate is None} - opening.keys()
    quiet = {*quiet, *_parts(s.text for s in sayings if s.gate == NONE)}
    counts = Counter(opening.values())
    names = tuple(sorted(name for name, n in counts.items() if n >= LEAST))
    thin = {name: n for name, n in sorted(counts.items()) if n < LEAST}
    # Of a gate of few sentences nothing is learnt, nor are they taken for sentences that open none.
    opening = {text: name for text, name in opening.items() if name not in thin}
    plain = {*quiet} - opening.keys() - near
    if not names or not (near or plain):
        return None, NEVER, Heard(thin=thin)
    chosen = sorted({*opening, *near, *plain})
    held = [grams(text, edges=True) for text in chosen]
    has = [frozenset({opening[text], ANY} if text in opening else ()) for text in chosen]
    every = (*names, ANY)
    # Near ones are about as like those that open a gate as they can be: what is ordinary is better learnt without them.
    beside = {ANY: [text in near for text in chosen]}
    margins = _held_back(chosen, held, has, every, beside)
    read = dict(zip(chosen, margins, strict=True))
    # One mark for all gates that a person looks for, and one for all that are asked about: it counts that one of them is heard.
    long_enough = {text for text, one in zip(chosen, held, strict=True) if len(one) >= LEAST_OF_SENTENCE}
    alarms = sorted(
        (_over(read[text], dict.fromkeys(names, 0.0)) for text in (plain or near) & long_enough), reverse=True
    )
    person, question, clear = (
        _above(alarms[int(len(alarms) * share)]) if alarms else NEVER
        for share in (SENTENCE_ALARMS, QUESTION_ALARMS, CLEAR_ALARMS)
    )
    cuts = {name: question if parts_of_trait(name)[0] in asked else person for name in names}
    table = Table.of(*_fit(held, has, every, beside).compiled({**cuts, ANY: NEVER}))
    heard = {text for text in long_enough if _over(read[text], cuts) >= 0}
    sentences = tuple(
        Sentences(name, counts[name], sum(text in heard for text, its in opening.items() if its == name))
        for name in names
    )
    wrong, false = len(heard & near), len(heard & plain)
    return table, round(clear - question, 4), Heard(sentences, thin, (len(near), wrong), (len(plain), false))


def _over(read: Margins, cuts: Mapping[str, float]) -> float:
    """How far a sentence lies above the marks of all gates together."""
    return together((read.of[name] - cut for name, cut in cuts.items()), read.of[ANY], read.known)


def _held_back(
    texts: Sequence[str],
    held: Sequence[set[str]],
    has: Sequence[frozenset[str]],
    names: tuple[str, ...],
    beside: Mapping[str, Sequence[bool]] = MappingProxyType({}),
) -> list[Margins]:
    """How each text reads by a model that was fitted without its fold; which fold it is in hangs on its words alone."""
    fold = [int(hashlib.sha256(text.encode("utf-8")).hexdigest(), 16) % FOLDS for text in texts]
    margins: dict[int, Margins] = {}
    for number in range(FOLDS):
        inside = [i for i, f in enumerate(fold) if f != number]
        out = {name: [left_out[i] for i in inside] for name, left_out in beside.items()}
        fitted = _fit([held[i] for i in inside], [has[i] for i in inside], names, out)
        margins |= {i: fitted.margins(held[i]) for i, f in enumerate(fold) if f == number}
    return [margins[i] for i in range(len(texts))]


def _by_text(examples: Iterable[Example]) -> dict[str, Example]:
    """By text; the last in an order that is their own where there are two of one text."""
    return {e.text: e for e in sorted(examples, key=lambda e: (e.text, e.matters, sorted(e.gates)))}


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A model in figures, before it is put in bytes."""

    names: tuple[str, ...]
    rarity: Mapping[str, float]
    column: Mapping[str, int]
    coefficients: Any
    intercepts: Any

    def margins(self, held: set[str]) -> Margins:
        known = [gram for gram in held if gram in self.rarity]
        length = math.sqrt(sum(self.rarity[gram] ** 2 for gram in known)) or 1.0
        columns = [self.column[gram] for gram in known]
        factors = [self.rarity[gram] / length for gram in known]
        found = self.coefficients[:, columns] @ factors + self.intercepts
        return Margins(dict(zip(self.names, map(float, found), strict=True)), len(known))

    def compiled(self, cuts: Mapping[str, float]) -> tuple[list[Trait], dict[str, int], dict[str, bytes]]:
        """The parts of a `Table`."""
        import numpy as np  # noqa: PLC0415 (comes with the extra)

        grams_ = sorted(self.rarity)
        rarity = np.array([self.rarity[g] for g in grams_])
        worth = self.coefficients[:, [self.column[g] for g in grams_]] * rarity
        scale = np.abs(worth).max(axis=1) / 127
        scale[scale == 0] = 1.0
        steps = (np.rint(worth / scale[:, None]) + 128).astype(np.uint8)
        made = [
            Trait(name, round(float(b), 5), float(f"{s:.6g}"), cuts[name])
            for name, b, s in zip(self.names, self.intercepts, scale, strict=True)
        ]
        weights = {gram: steps[:, i].tobytes() for i, gram in enumerate(grams_)}
        return made, {g: quantised(self.rarity[g]) for g in grams_}, weights


def _fit(
    held: Sequence[set[str]],
    has: Sequence[frozenset[str]],
    names: tuple[str, ...],
    beside: Mapping[str, Sequence[bool]] = MappingProxyType({}),
) -> _Fitted:
    """Fit a machine for each trait; ``beside`` names for a trait those texts that it is not fitted to."""
    try:
        import numpy as np  # noqa: PLC0415 (an extra)
        from scipy.sparse import csr_matrix  # noqa: PLC0415 (as above)
        from sklearn.svm import LinearSVC  # noqa: PLC0415 (as above)
    except ModuleNotFoundError:
        raise LearningError(
            "学习要装附加的包：pip install 'funnel[mine]'", "learning needs an extra: pip install 'funnel[mine]'"
        ) from None
    spread = Counter(gram for one in held for gram in one)
    known = _known(spread)
    column = {gram: i for i, gram in enumerate(known)}
    # As the file will have them, so that what is learnt is what is read.
    rarity = {g: rarity_of(quantised(math.log((1 + len(held)) / (1 + spread[g])) + 1)) for g in known}
    data: list[float] = []
    where: list[int] = []
    ends = [0]
    for one in held:
        mine = sorted(gram for gram in one if gram in column)
        length = math.sqrt(sum(rarity[gram] ** 2 for gram in mine)) or 1.0
        data += [rarity[gram] / length for gram in mine]
        where += [column[gram] for gram in mine]
        ends.append(len(data))
    table = csr_matrix((data, where, ends), shape=(len(held), len(known)))
    coefficients, intercepts = np.zeros((len(names), len(known))), np.full(len(names), -1.0)
    for index, name in enumerate(names):
        rows = [i for i in range(len(held)) if not (name in beside and beside[name][i])]
        positive = [name in has[i] for i in rows]
        if not any(positive) or all(positive):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it stopped before the last digit
            penalty = _OF_ANY if name == ANY else _PENALTY
            machine = LinearSVC(C=penalty, random_state=0).fit(table[rows], positive)
        coefficients[index], intercepts[index] = machine.coef_[0], machine.intercept_[0]
    return _Fitted(names, rarity, column, coefficients, intercepts)


def _known(spread: Mapping[str, int]) -> list[str]:
    """The grams that are learnt, in order: those that most texts have, where a table cannot hold all."""
    least = _SHARED
    while sum(n >= least for n in spread.values()) > MAX_GRAMS:
        least += 1
    return sorted(gram for gram, n in spread.items() if n >= least)


def _bars(judged: Sequence[_Judged]) -> tuple[float, float]:
    """From which margin on it is worth while to ask, and from which on a matter is sure, of texts that were held back."""
    offers, tops = [], []
    for example, margins in judged:
        order = margins.ranked()
        scenarios = [name for name in order if name != NONE][:OFFERED]
        if order[0] != NONE:  # nobody is asked of a text that reads like none
            offers.append((margins.of[order[0]], not example.traits.isdisjoint(scenarios)))
            tops.append((margins.of[order[0]], order[0] in example.traits))
    return round(_lowest(offers, NEAR), 4), round(_lowest(tops, SURE), 4)


def _cut(name: str, judged: Sequence[_Judged]) -> float:
    """The margin from which on a gate is suspected; for all that is no gate one that no text has."""
    others = [m for e, m in judged if name not in e.traits]
    if not others or not name.startswith(GATE):
        return NEVER
    likest = sorted((m.of[name] for m in others if m.ranked()[0] != NONE), reverse=True)
    allowed = int(len(others) * FALSE_ALARMS)
    return max(_above(likest[allowed]), LEAST_LIKE) if allowed < len(likest) else LEAST_LIKE


def _above(margin: float) -> float:
    """The next figure of four decimals above a margin: never the margin itself, which many texts may have."""
    return (math.floor(margin * 10_000) + 1) / 10_000


def _lowest(pairs: Sequence[tuple[float, bool]], share: float) -> float:
    """The lowest margin from which on so many are right; above all of them where that is never so."""
    best = math.inf
    right = 0
    for count, (margin, hit) in enumerate(sorted(pairs, reverse=True), 1):
        right += hit
        if right >= share * count:
            best = margin
    return best if math.isfinite(best) else NEVER


def _taught(name: str, cut: float, judged: Sequence[_Judged]) -> Taught:
    mine = [(e, m) for e, m in judged if name in e.traits]
    if name.startswith(GATE):
        suspected = [name in e.traits for e, m in judged if m.of[name] >= cut and m.ranked()[0] != NONE]
        return Taught(name, len(mine), sum(suspected), None, len(suspected) - sum(suspected))
    orders = [(e, m.ranked()) for e, m in mine]
    first = sum(order[0] == name for e, order in orders if name in (*e.matters[:1], NONE))
    offered = sum(name in order[:OFFERED] for _, order in orders)
    return Taught(name, len(mine), first, offered, 0)
