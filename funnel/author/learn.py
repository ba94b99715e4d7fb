"""Learning what the matters of a pack read like, from example complaints: `funnel.facts.likeness` reads what is made here.

A linear support vector machine for each trait (one against all others) over the characters and pairs of characters of a
text, each weighed by its rarity (scikit-learn; Fan et al., "LIBLINEAR", 2008). Where a margin means something is found by
holding back a fifth of the examples at a time, five times, and looking how those read that were held back.

Three kinds of text teach: the examples of the pack, the texts of its scenario tests with what the rules make of them, and, where
somebody has it, a *history*: complaints that people have decided. The same texts and the same scikit-learn give the same file.
Nothing is downloaded. Of a text the file keeps characters and pairs of characters that at least two texts have.
"""

from __future__ import annotations

import hashlib
import math
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from funnel.author.scenario_tests import ScenarioTest, as_of_day
from funnel.complaint import Complaint
from funnel.engine._alike import OFFERED
from funnel.engine.decide import compile_pack, decide
from funnel.errors import TwoLanguageError
from funnel.facts.likeness import GATE, NONE, Likeness, Margins, Trait, grams, quantised, rarity_of
from funnel.facts.normalise import normalise
from funnel.pack.examples import Example, digest_of
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

_PENALTY: Final = 2.0
_SHARED: Final = 2
"""A gram is learnt that so many texts have: what only one has teaches that text."""
_NEVER: Final = 1e6
"""A margin that no text has."""

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
class Learnt:
    """What was learnt.

    Attributes:
        likeness: The model.
        taught: By trait, in the order of their names.
        thin: Traits with too few examples to learn: how many each has.
    """

    likeness: Likeness
    taught: tuple[Taught, ...]
    thin: Mapping[str, int]


def tested(pack: Pack, tests: Iterable[ScenarioTest]) -> tuple[Example, ...]:
    """The texts of scenario tests, with the matters and gates that the rules find in them. Likeness has no part in it."""
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
        found[text] = Example(text, matters, gates)
    return tuple(found.values())


def learn(examples: Iterable[Example], tests: Iterable[Example] = (), history: Iterable[Example] = ()) -> Learnt:
    """Learn.

    Args:
        examples: The examples of the pack.
        tests: What its scenario tests tell: see `tested`.
        history: Complaints that people have decided.

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
            f"例子太少：至少要有两个场景，每个 {LEAST} 条",
            f"too few examples: at least two scenarios with {LEAST} each are needed",
        )
    held = [grams(normalise(e.text).text) for e in chosen]
    has = [e.traits for e in chosen]
    fold = [int(hashlib.sha256(e.text.encode("utf-8")).hexdigest(), 16) % FOLDS for e in chosen]
    margins: dict[int, Margins] = {}
    for number in range(FOLDS):
        inside = [i for i, f in enumerate(fold) if f != number]
        fitted = _fit([held[i] for i in inside], [has[i] for i in inside], names)
        for i in (i for i, f in enumerate(fold) if f == number):
            margins[i] = fitted.margins(held[i])
    # What the tests tell is what the rules make of words; where a margin means something, people have to have said so.
    judged = [(e, margins[i]) for i, e in enumerate(chosen) if e.text in told]
    cuts = {name: _cut(name, judged) for name in names}
    near, sure = _bars(judged)
    likeness = _fit(held, has, names).compiled(cuts, examples=digest_of(own), near=near, sure=sure)
    thin = {name: n for name, n in sorted(counts.items()) if n < LEAST}
    return Learnt(likeness, tuple(_taught(name, cut, judged) for name, cut in cuts.items()), thin)


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
        return Margins(dict(zip(self.names, map(float, found), strict=True)))

    def compiled(self, cuts: Mapping[str, float], *, examples: str, near: float, sure: float) -> Likeness:
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
        rarities = {g: quantised(self.rarity[g]) for g in grams_}
        return Likeness.made(made, rarities, weights, examples=examples, near=near, sure=sure, apart=APART)


def _fit(held: Sequence[set[str]], has: Sequence[frozenset[str]], names: tuple[str, ...]) -> _Fitted:
    try:
        import numpy as np  # noqa: PLC0415 (an extra)
        from scipy.sparse import csr_matrix  # noqa: PLC0415 (as above)
        from sklearn.svm import LinearSVC  # noqa: PLC0415 (as above)
    except ModuleNotFoundError:
        raise LearningError(
            "学习要装附加的包：pip install 'funnel[mine]'", "learning needs an extra: pip install 'funnel[mine]'"
        ) from None
    spread = Counter(gram for one in held for gram in one)
    known = sorted(gram for gram, n in spread.items() if n >= _SHARED)
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
        positive = [name in traits for traits in has]
        if not any(positive):
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that it stopped before the last digit
            machine = LinearSVC(C=_PENALTY, random_state=0).fit(table, positive)
        coefficients[index], intercepts[index] = machine.coef_[0], machine.intercept_[0]
    return _Fitted(names, rarity, column, coefficients, intercepts)


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
        return _NEVER
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
    return best if math.isfinite(best) else _NEVER


def _taught(name: str, cut: float, judged: Sequence[_Judged]) -> Taught:
    mine = [(e, m) for e, m in judged if name in e.traits]
    if name.startswith(GATE):
        suspected = [name in e.traits for e, m in judged if m.of[name] >= cut and m.ranked()[0] != NONE]
        return Taught(name, len(mine), sum(suspected), None, len(suspected) - sum(suspected))
    orders = [(e, m.ranked()) for e, m in mine]
    first = sum(order[0] == name for e, order in orders if name in (*e.matters[:1], NONE))
    offered = sum(name in order[:OFFERED] for _, order in orders)
    return Taught(name, len(mine), first, offered, 0)
