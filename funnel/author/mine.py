"""Mining: what stands in the complaints that no rule recognised, grouped, named, and drafted as signals.

Three steps. *Phrases*: runs of two to six characters that hold together (pointwise mutual information, plain or normalised,
over every way to cut them) and are not part of a longer one. *Groups*: non-negative matrix factorisation of texts by phrases (scikit-learn),
started from its singular vectors, so that the same texts give the same groups. *Names*: the phrases whose log-odds in a
group stand furthest from those elsewhere (Monroe, Colaresi and Quinn, "Fightin' Words", 2008, with a flat prior).

Nothing is downloaded and nothing is learnt from outside. What a group is worth is for a person to say: read its texts.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from funnel.errors import TwoLanguageError
from funnel.facts.normalise import normalise

_RUN = re.compile("[\u3400-\u9fff]+")
_EDGE: Final = frozenset(
    "的了是我你他她它就都也还和跟与在有个这那很太吗呢吧啊呀着把被给让说到又再才没要会能去来上下们么样得地之而且但或"
)
_LENGTHS: Final = range(2, 7)
_COHESION: Final = 3.0
_COHESION_SHARE: Final = 0.6
_SUBSUMED: Final = 0.8
_PRIOR: Final = 0.5
_TELLING: Final = 1.96
_OWN_SHARE: Final = 0.5
_SIGNALS: Final = 25
_NAMED: Final = 12
_NEAR: Final = 0.15
_MAX_PHRASES: Final = 4_000
_WEAK: Final = 0.02


class MiningError(TwoLanguageError):
    """There is nothing to mine, or the extra that mines is not installed."""


@dataclass(frozen=True, slots=True)
class Text:
    """A complaint to mine.

    Attributes:
        id: Its id.
        text: Its words, masked by the caller if they are to be shown.
        scenarios: What the pack recognised in it; empty: nothing.
        human: The scenario that a person gave it, if any: the history to test against.
    """

    id: str
    text: str
    scenarios: tuple[str, ...] = ()
    human: str | None = None


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase that sets a group apart: in how many texts of the group, in how many others, and how far (z)."""

    text: str
    inside: int
    outside: int
    z: float


@dataclass(frozen=True, slots=True)
class BackTest:
    """What a group's signals would have done on history.

    Attributes:
        hits: Texts that hold one of them, whatever became of them.
        judged: Those of the hits that a person gave a scenario.
        scenario: What persons gave them most often; None if none was judged.
        agreed: How many of them got that one.
        of_scenario: How many texts in all persons gave that scenario.
    """

    hits: int
    judged: int
    scenario: str | None
    agreed: int
    of_scenario: int


@dataclass(frozen=True, slots=True)
class Group:
    """Texts that go together.

    Attributes:
        texts: Ids, the most typical first.
        share: Of all texts: what recognising the group would add to recognition.
        phrases: What sets it apart, the most telling first.
        signals: Phrases to draft a signal from: together they find the group, each mostly there.
        found: How many of the group's texts hold one of the signals.
        nearest: The scenario whose recognised texts speak most alike, if any is near.
        back_test: The signals on history.
    """

    texts: tuple[str, ...]
    share: float
    phrases: tuple[Phrase, ...]
    signals: tuple[str, ...]
    found: int
    nearest: str | None
    back_test: BackTest


@dataclass(frozen=True, slots=True)
class Mined:
    """What mining found.

    Attributes:
        total: Texts in all.
        unmatched: Those that no rule recognised.
        groups: By size, the largest first.
        ungrouped: Unmatched texts in no group.
    """

    total: int
    unmatched: int
    groups: tuple[Group, ...]
    ungrouped: int


def mine(texts: Iterable[Text], *, groups: int = 12, least: int = 5) -> Mined:
    """Group what was not recognised.

    Args:
        texts: Every text, recognised or not: the recognised ones say which phrases are nothing new.
        groups: How many groups to look for.
        least: A group of fewer texts is not shown; a phrase in fewer texts is not looked at.

    Returns:
        The groups. The order of the texts does not matter.

    Raises:
        MiningError: Too few unmatched texts, or scikit-learn is missing (``pip install 'funnel[mine]'``).
    """
    try:
        from sklearn.decomposition import NMF  # noqa: PLC0415 (an extra)
        from sklearn.feature_extraction.text import TfidfTransformer  # noqa: PLC0415 (an extra)
    except ImportError:
        raise MiningError(
            "挖掘需要 scikit-learn：pip install 'funnel[mine]'", "mining needs scikit-learn: pip install 'funnel[mine]'"
        ) from None
    every = sorted(((normalise(t.text).text, t) for t in texts), key=lambda pair: (pair[0], pair[1].id))
    fresh = [index for index, (_, t) in enumerate(every) if not t.scenarios]
    if len(fresh) < max(2 * least, 10):
        raise MiningError(
            f"没有认出的只有 {len(fresh)} 件，不够分组",
            f"only {len(fresh)} texts are unmatched, too few to group",
        )
    phrases = _phrases([every[index][0] for index in fresh], least)
    held = _holdings([words for words, _ in every], phrases)
    phrases, held = _news(phrases, held, [not t.scenarios for _, t in every])
    if not phrases:
        raise MiningError("没有反复出现的说法", "no phrase stands in enough of the texts")
    matrix = _matrix(held, len(phrases))
    weights = TfidfTransformer(sublinear_tf=True).fit(matrix[fresh]).transform(matrix)
    count = max(1, min(groups, len(fresh) // least, len(phrases)))
    model = NMF(n_components=count, init="nndsvda", random_state=0, max_iter=400, tol=1e-4)
    parts = model.fit_transform(weights[fresh])
    members: dict[int, list[tuple[float, int]]] = defaultdict(list)
    for row, index in enumerate(fresh):
        best = int(parts[row].argmax())
        if parts[row][best] > _WEAK * max(parts[:, best].max(), 1e-12):
            members[best].append((-float(parts[row][best]), index))
    everywhere = Counter(n for numbers in held for n in numbers)
    scan = _Scan(every, held, phrases, everywhere, _centres(weights, every), weights)
    found = [scan.group(sorted(rows)) for rows in members.values() if len(rows) >= least]
    found.sort(key=lambda g: (-len(g.texts), g.texts))
    return Mined(len(every), len(fresh), tuple(found), len(fresh) - sum(len(g.texts) for g in found))


def _phrases(texts: Sequence[str], least: int) -> list[str]:
    """Runs of characters that hold together, in the order of their texts' number."""
    counts: Counter[str] = Counter()
    texts_with: Counter[str] = Counter()
    total = 0
    for text in texts:
        seen: set[str] = set()
        for run in _RUN.findall(text):
            total += len(run)
            counts.update(run)
            grams = list(_grams(run))
            counts.update(grams)
            seen.update(grams)
        texts_with.update(seen)
    floor = max(least, math.ceil(len(texts) * 0.003))
    kept = {g for g, n in texts_with.items() if n >= floor and _holds_together(g, counts, total)}
    inside: set[str] = set()
    for gram in kept:
        for length in range(2, len(gram)):
            for i in range(len(gram) - length + 1):
                part = gram[i : i + length]
                if part in kept and texts_with[gram] >= _SUBSUMED * texts_with[part]:
                    inside.add(part)
    ranked = sorted(kept - inside, key=lambda g: (-texts_with[g], g))
    return ranked[:_MAX_PHRASES]


def _holds_together(gram: str, counts: Mapping[str, int], total: int) -> bool:
    if gram[0] in _EDGE or gram[-1] in _EDGE:
        return False
    sure = -math.log(counts[gram] / total)
    for cut in range(1, len(gram)):
        pull = math.log(counts[gram] * total / (counts[gram[:cut]] * counts[gram[cut:]]))
        # Where a word stands in most texts, no pull can be large; then its share of the largest possible decides.
        if pull < _COHESION and pull < _COHESION_SHARE * sure:
            return False
    return True


def _grams(run: str) -> Iterator[str]:
    for length in _LENGTHS:
        for start in range(len(run) - length + 1):
            yield run[start : start + length]


def _holdings(texts: Sequence[str], phrases: Sequence[str]) -> list[frozenset[int]]:
    number = {phrase: index for index, phrase in enumerate(phrases)}
    return [
        frozenset(number[gram] for run in _RUN.findall(text) for gram in _grams(run) if gram in number)
        for text in texts
    ]


def _news(
    phrases: Sequence[str], held: Sequence[frozenset[int]], fresh: Sequence[bool]
) -> tuple[list[str], list[frozenset[int]]]:
    """Without the phrases that are at home in what is recognised already: they name nothing new."""
    new, old = Counter[int](), Counter[int]()
    for numbers, unmatched in zip(held, fresh, strict=True):
        (new if unmatched else old).update(numbers)
    ours, theirs = sum(fresh), len(fresh) - sum(fresh)
    kept = [n for n in range(len(phrases)) if not theirs or _log_odds(new[n], ours, old[n], theirs) > -_TELLING]
    number = {old_number: index for index, old_number in enumerate(kept)}
    return [phrases[n] for n in kept], [frozenset(number[n] for n in numbers if n in number) for numbers in held]


def _matrix(held: Sequence[frozenset[int]], width: int) -> Any:
    from scipy.sparse import csr_matrix  # noqa: PLC0415 (comes with scikit-learn)

    rows = [row for row, numbers in enumerate(held) for _ in numbers]
    columns = [number for numbers in held for number in sorted(numbers)]
    return csr_matrix(([1.0] * len(rows), (rows, columns)), shape=(len(held), width))


def _centres(weights: Any, every: Sequence[tuple[str, Text]]) -> dict[str, Any]:
    """The mean text of each scenario, at length one."""
    import numpy as np  # noqa: PLC0415 (comes with scikit-learn)

    rows: dict[str, list[int]] = defaultdict(list)
    for index, (_, text) in enumerate(every):
        for scenario in text.scenarios:
            rows[scenario].append(index)
    centres = {}
    for scenario, indices in sorted(rows.items()):
        mean = np.asarray(weights[indices].mean(axis=0)).ravel()
        size = float(np.linalg.norm(mean))
        if size > 0:
            centres[scenario] = mean / size
    return centres


@dataclass(frozen=True, slots=True)
class _Scan:
    every: Sequence[tuple[str, Text]]
    held: Sequence[frozenset[int]]
    phrases: Sequence[str]
    everywhere: Mapping[int, int]
    centres: Mapping[str, Any]
    weights: Any

    def group(self, rows: Sequence[tuple[float, int]]) -> Group:
        inside = [index for _, index in rows]
        own = Counter(n for index in inside for n in self.held[index])
        outside = len(self.held) - len(inside)
        found: dict[int, Phrase] = {}
        for n, a in own.items():
            b = self.everywhere[n] - a
            found[n] = Phrase(self.phrases[n], a, b, _log_odds(a, len(inside), b, outside))
        telling = sorted((n for n in found if found[n].z >= _TELLING), key=lambda n: (-found[n].z, found[n].text))
        signals = self._signals(telling, found, inside)
        hits = [index for index, numbers in enumerate(self.held) if not numbers.isdisjoint(signals)]
        return Group(
            texts=tuple(self.every[index][1].id for index in inside),
            share=len(inside) / len(self.every),
            phrases=tuple(found[n] for n in telling[:_NAMED]),
            signals=tuple(self.phrases[n] for n in signals),
            found=len(set(hits) & set(inside)),
            nearest=self._nearest(inside),
            back_test=self._back_test(hits),
        )

    def _signals(self, telling: Sequence[int], found: Mapping[int, Phrase], inside: Sequence[int]) -> list[int]:
        """Phrases that mostly stand in the group, taken as long as each finds texts that those before do not."""
        open_ = set(inside)
        chosen: list[int] = []
        for n in telling:
            if found[n].inside / (found[n].inside + found[n].outside) < _OWN_SHARE:
                continue
            new = {index for index in open_ if n in self.held[index]}
            if new:
                chosen.append(n)
                open_ -= new
            if len(chosen) == _SIGNALS:
                break
        return chosen

    def _nearest(self, inside: Sequence[int]) -> str | None:
        import numpy as np  # noqa: PLC0415 (comes with scikit-learn)

        mean = np.asarray(self.weights[list(inside)].mean(axis=0)).ravel()
        size = float(np.linalg.norm(mean))
        if size <= 0 or not self.centres:
            return None
        score, scenario = max((float(mean @ centre) / size, name) for name, centre in self.centres.items())
        return scenario if score >= _NEAR else None

    def _back_test(self, found: Sequence[int]) -> BackTest:
        judged = [self.every[index][1].human for index in found if self.every[index][1].human is not None]
        if not judged:
            return BackTest(len(found), 0, None, 0, 0)
        counts = Counter(judged)
        scenario = min(counts, key=lambda s: (-counts[s], str(s)))
        whole = sum(1 for _, text in self.every if text.human == scenario)
        return BackTest(len(found), len(judged), scenario, counts[scenario], whole)


def _log_odds(a: int, n: int, b: int, m: int) -> float:
    """How many standard errors the log-odds of a phrase differ between a group and the rest, with a flat prior."""
    one = math.log((a + _PRIOR) / (n - a + _PRIOR))
    two = math.log((b + _PRIOR) / (m - b + _PRIOR))
    return (one - two) / math.sqrt(1 / (a + _PRIOR) + 1 / (b + _PRIOR))
