"""Signals: phrases in free text that state facts. One automaton for all phrases of a pack, linear in the text."""

from __future__ import annotations

import datetime as dt
import sys
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, count
from typing import Literal, NamedTuple

from ahocorasick_rs import AhoCorasick

from funnel.facts._clocks import Lateness, Moment, later_by, moments
from funnel.facts._reading import Reading
from funnel.facts.language import CHINESE, Language, Place, Units
from funnel.facts.normalise import Normal
from funnel.facts.phrases import Phrase
from funnel.facts.values import Value
from funnel.facts.vocabulary import GRIEVANCES, Texts

_PAIRS = 20
"""How many mentions of a half are looked at for their times; whoever writes more is read so far."""
_LIKELY = 0.1
"""How much less often texts have a literal for each character more; a guess, on which nothing but speed hangs."""

_NOWHERE: Place = (-1, -1)
_ANYWHERE: Place = (sys.maxsize, sys.maxsize)
"""Before and behind every place, to find places by one number."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A group of phrases with one meaning.

    Attributes:
        id: Its name; it raises the fact ``signal.<id>``.
        sets: Facts that an affirmed mention states.
        negated: ``ignore``: a negated mention says nothing. ``flip``: it states the opposite of the bool facts set.
        hedged: ``ignore``: a mention behind a hedge (如果, 是不是) says nothing. ``count``: it counts all the same, for
            what must never be missed.
        together: Signals that raise this one where the text affirms each of them, in whatever order.
        within: How many units of the language (characters, words) these may take up at most, from the first to the end of the
            last; None: any.
        later: By how much the time named with the second of two signals must be later than the one named with the first.
            None: no times are looked at.
        alone: Whether it counts only where such signals are the whole text, but for punctuation: a form's bare reason.
    """

    id: str
    title: Texts
    phrases: tuple[Phrase, ...]
    excepts: tuple[Phrase, ...] = ()
    sets: tuple[tuple[str, Value], ...] = ()
    negated: Literal["ignore", "flip"] = "ignore"
    hedged: Literal["ignore", "count"] = "ignore"
    together: tuple[str, ...] = ()
    within: int | None = None
    later: Lateness | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class ReadingSpec:
    """Where an amount, date or duration in the text states a fact: cue words before or after it.

    Attributes:
        excepts: A cue that touches one of these is none.
        explained_by: Facts that hold days, or sums for an amount. Where one of them is on record or shown for the day, or at the
            sum, that is told, it is that which is told of (签收 of the goods sent back), and nothing is stated.
    """

    id: str
    fact: str
    kind: Literal["amount", "date", "days"]
    before: tuple[str, ...]
    after: tuple[str, ...]
    within: int
    excepts: tuple[Phrase, ...] = ()
    explained_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A signal found in a text; offsets are of the normalised text.

    Attributes:
        parts: The places of the signals that it is made of, in the order of the text; empty where it is made of none.
    """

    signal: str
    start: int
    end: int
    negated: bool
    phrase: str
    parts: tuple[Place, ...] = ()

    @property
    def places(self) -> tuple[Place, ...]:
        """Where its words stand, in the order of the text: one place, or one for each signal that it is made of."""
        return self.parts or ((self.start, self.end),)


@dataclass(frozen=True, slots=True)
class BoundReading:
    """A value in the text, bound to a fact by a cue; ``reading.value`` is None where it is ambiguous."""

    spec: ReadingSpec
    reading: Reading
    cue: str


@dataclass(frozen=True, slots=True)
class Scan:
    """What a text says."""

    normal: Normal
    hits: tuple[Hit, ...]
    readings: tuple[BoundReading, ...]


class Lexicon:
    """All signals of a pack, compiled. Immutable after construction and safe to share between threads.

    Args:
        signals: The signals.
        readings: Where a value in the text states a fact.
        negators, not_negators, negation_breaks, hedges, not_hedges: Word lists, as in the files of a pack.
        language: What the texts are written in. What it counts in, characters or words, is called a unit below.
        currency: What amounts are in, where the text names no other.
    """

    def __init__(
        self,
        signals: Iterable[Signal],
        readings: Iterable[ReadingSpec] = (),
        *,
        negators: Sequence[str] = (),
        not_negators: Sequence[str] = (),
        negation_breaks: Sequence[str] = (),
        hedges: Sequence[str] = (),
        not_hedges: Sequence[str] = (),
        language: Language = CHINESE,
        currency: str = "CNY",
    ) -> None:
        self.language, self.currency = language, currency
        normalise = language.normalise
        self.signals: Mapping[str, Signal] = {s.id: s for s in sorted(signals, key=lambda s: s.id)}
        self._naming = {name for name, one in self.signals.items() if any(fact == GRIEVANCES for fact, _ in one.sets)}
        self.readings = tuple(sorted(readings, key=lambda r: r.id))
        numbers: defaultdict[str, int] = defaultdict(count().__next__)
        shared: dict[tuple[str, ...], frozenset[int]] = {}

        def numbered(signal: str, phrase: Phrase, *, wide: bool = False) -> _Numbered:
            for segment in phrase.segments:
                if segment not in shared:
                    shared[segment] = frozenset(map(numbers.__getitem__, segment))
            segments = tuple(map(shared.__getitem__, phrase.segments))
            return _Numbered(signal, phrase, segments, wide and len(segments) == 1)

        phrases = [numbered(s.id, phrase, wide=s.alone) for s in self.signals.values() for phrase in s.phrases]
        excepts = {s.id: [numbered(s.id, phrase) for phrase in s.excepts] for s in self.signals.values() if s.excepts}
        barred = {s.id: [numbered(s.id, phrase) for phrase in s.excepts] for s in self.readings if s.excepts}
        likely = [_LIKELY ** len(literal) for literal in numbers]
        self._index = _Index(phrases, likely)
        self._excepts = {signal: _Index(those, likely) for signal, those in excepts.items()}
        self._cue_excepts = {reading: _Index(those, likely) for reading, those in barred.items()}
        self._negators = frozenset(numbers[normalise(w).text] for w in negators)
        self._not_negators = frozenset(numbers[normalise(w).text] for w in not_negators)
        self._hedges = frozenset(numbers[normalise(w).text] for w in hedges)
        self._not_hedges = frozenset(numbers[normalise(w).text] for w in not_hedges)
        own: dict[str, frozenset[int]] = {}
        for _, phrase, segments, _ in phrases if language.by_words else ():
            own[phrase.source] = own.get(phrase.source, frozenset()).union(*segments)
        self._own = own
        self._breaks = tuple(language.word(w) for w in negation_breaks)
        self._cues: dict[int, list[tuple[int, bool]]] = {}
        for index, spec in enumerate(self.readings):
            for cues, is_before in ((spec.before, True), (spec.after, False)):
                for word in cues:
                    self._cues.setdefault(numbers[normalise(word).text], []).append((index, is_before))
        self._joint: dict[str, list[Signal]] = {}
        for signal in self.signals.values():
            if signal.together:
                self._joint.setdefault(signal.together[0], []).append(signal)
        self._literals = tuple(numbers)
        self._automaton = AhoCorasick(self._literals, store_patterns=False) if numbers else None

    @property
    def literal_count(self) -> int:
        """How many literals the automaton holds."""
        return len(self._literals)

    def scan(self, text: str, *, received_on: dt.date | None = None) -> Scan:
        """Find what a text says.

        Args:
            text: The complaint's text, as it came.
            received_on: The day that words such as 昨天 count from; None leaves them unread.
        """
        normal = self.language.normalise(text)
        if self._automaton is None:
            return Scan(normal, (), ())
        found = self._automaton.find_matches_as_indexes(normal.text, overlapping=True)
        if not found:
            return Scan(normal, (), ())
        units = self.language.units(normal.text)
        written = units.ends
        if not self.language.by_words and (stops := normal.stops()):
            # A blank that stands for a stop ends a clause between what is before it and behind it, and breaks no word.
            units.ends = sorted({*written, *stops, *(stop - 1 for stop in stops)})
        places = units.places(found)
        hits = self._hits(normal.text, units, places, written)
        readings = self._bind(normal.text, units, places, received_on)
        return Scan(normal, hits, readings)

    def _hits(self, text: str, units: Units, places: Mapping[int, list[Place]], written: list[int]) -> tuple[Hit, ...]:
        here, ends = set(places), units.ends
        found: dict[str, list[tuple[int, int, str]]] = {}
        for (signal, phrase, *_), spots in self._index.standing(places, here, ends):
            found.setdefault(signal, []).extend([(start, end, phrase.source) for start, end in spots])
        if len(written) != len(ends):
            # A phrase that names a matter ends where people end a clause; what may bar one is heard across their blanks too.
            for (signal, phrase, *_), spots in self._index.standing(places, here, written):
                if signal not in self._naming:
                    found.setdefault(signal, []).extend([(start, end, phrase.source) for start, end in spots])
        if not found:
            return ()
        negators = _live(places, self._negators, self._not_negators)
        hedges = _live(places, self._hedges, self._not_hedges)
        hits = []
        for signal, spans in found.items():
            # What was heard across a blank is excused across it as well.
            across = ends if signal in self._naming else written
            bars = self._bars(signal, places, here, across) if signal in self._excepts else None
            hedged = hedges and self.signals[signal].hedged == "ignore"
            for start, end, source in sorted(set(spans)) if len(spans) > 1 else spans:
                if bars and _overlaps(bars, start, end):
                    continue
                if hedged and _hedged(hedges, start, self.language.hedge_reach, ends):
                    continue
                negation = self._negation(units, negators, start) if negators else False
                if negators and self._own and _stands_in(negators, self._own[source], places, start, end):
                    negation = True if negation is False else None
                if negation is not None:
                    hits.append(Hit(signal, start, end, negation, source))
        if any(self.signals[hit.signal].alone for hit in hits):
            hits = self._bare(units, hits)
        hits += self._joined_hits(text, hits)
        if self.language.by_words:
            hits = [_in_characters(hit, units) for hit in hits]
        return tuple(sorted(hits, key=lambda h: (h.start, h.end, h.signal)))

    def _bare(self, units: Units, hits: list[Hit]) -> list[Hit]:
        """The hits without those that count alone only, unless these are all that the text says."""
        words, end = units.saying(0, len(units)), 0
        for start, stop in sorted((h.start, h.end) for h in hits if self.signals[h.signal].alone):
            words -= units.saying(max(end, start), stop)
            end = max(end, stop)
        return hits if words == 0 else [hit for hit in hits if not self.signals[hit.signal].alone]

    def _joined_hits(self, text: str, hits: Sequence[Hit]) -> Iterator[Hit]:
        """The signals that others raise together, by the affirmed mentions nearest to each other or so far apart in time."""
        if not self._joint or len(hits) < 2:  # noqa: PLR2004 (it takes two)
            return
        said: dict[str, list[Hit]] = {}
        for hit in hits:
            if not hit.negated:
                said.setdefault(hit.signal, []).append(hit)
        times: Sequence[Moment] | None = None
        for signal in (joint for name in self._joint.keys() & said.keys() for joint in self._joint[name]):
            if not all(name in said for name in signal.together):
                continue
            groups = [said[name] for name in signal.together]
            if signal.later is None:
                parts = _nearest(groups)
            else:
                times = moments(text) if times is None else times  # read once, and only where somebody asks
                parts = _apart_in_time(times, groups, signal.later)
            if not parts:
                continue
            places = tuple(sorted({(part.start, part.end) for part in parts}))
            start, end = places[0][0], max(end for _, end in places)
            if signal.within is None or end - start <= signal.within:
                source = " + ".join(part.phrase for part in parts)
                yield Hit(signal.id, start, end, negated=False, phrase=source, parts=places)

    def _bars(self, signal: str, places: Mapping[int, list[Place]], here: set[int], ends: list[int]) -> list[Place]:
        """Where the exceptions of a signal stand. Only a signal that was found is asked for them."""
        return self._spots(self._excepts[signal], places, here, ends)

    @staticmethod
    def _spots(excepts: _Index, places: Mapping[int, list[Place]], here: set[int], ends: list[int]) -> list[Place]:
        return _joined([spot for _, spots in excepts.standing(places, here, ends) for spot in spots])

    def _negation(self, units: Units, negators: list[Place], start: int) -> bool | None:
        """Whether a match at ``start`` is negated; None for a double negation, which says nothing certain."""
        ends = units.ends
        near = _behind(negators, start, self.language.negation_reach, ends)
        near = [p for p in near if not any(word in units.words_between(p[1], start) for word in self._breaks)]
        if not near:
            return False
        first = min(p[0] for p in near)
        apart = any(one[1] <= other[0] for one in near for other in near)
        if apart or _behind(negators, first, self.language.double_negation_reach, ends):
            return None
        return True

    def _bind(
        self, text: str, units: Units, places: Mapping[int, list[Place]], received_on: dt.date | None
    ) -> tuple[BoundReading, ...]:
        ends = units.ends
        cues = [
            (place, index, is_before)
            for literal in self._cues.keys() & places.keys()
            for place in places[literal]
            for index, is_before in self._cues[literal]
        ]
        if not cues:
            return ()
        values = self.language.reader(text, received_on, self.currency)
        if values and self._cue_excepts:
            here = set(places)
            bars = {
                index: self._spots(self._cue_excepts[self.readings[index].id], places, here, ends)
                for index in {index for _, index, _ in cues}
                if self.readings[index].id in self._cue_excepts
            }
            cues = [cue for cue in cues if not (cue[1] in bars and _overlaps(bars[cue[1]], *cue[0]))]
        # In order for each spec, so that a value is held against what stands near it alone, however long the text.
        near: dict[int, tuple[list[tuple[int, Place]], list[tuple[int, Place]]]] = {}
        for place, index, is_before in cues:
            before, after = near.setdefault(index, ([], []))
            (before if is_before else after).append((place[1] if is_before else place[0], place))
        for lists in near.values():
            for those in lists:
                those.sort()
        bound = []
        for reading in values:
            place = units.around(reading.start, reading.end)
            for index in sorted(near):
                spec = self.readings[index]
                if spec.kind == reading.kind and (cue := _cue(*near[index], place, spec.within, ends)) is not None:
                    begin, stop = units.characters(*cue)
                    bound.append(BoundReading(spec, reading, text[begin:stop]))
        return tuple(bound)


def _stands_in(
    negators: list[Place], own: frozenset[int], places: Mapping[int, list[Place]], start: int, end: int
) -> bool:
    """Whether a negator stands in a gap of a match, and not in the words of its phrase.

    In a language of words it negates the whole there ("have … opened" in "have not opened"). In Chinese it stands right
    before what it negates, and where it does not, phrases name it.
    """
    inside = [p for p in negators[bisect_left(negators, (start, -1)) : bisect_left(negators, (end, -1))] if p[1] <= end]
    if not inside:
        return False
    words = [p for literal in own & places.keys() for p in places[literal] if start <= p[0] and p[1] <= end]
    return any(not any(a <= p[0] and p[1] <= b for a, b in words) for p in inside)


def _in_characters(hit: Hit, units: Units) -> Hit:
    """A hit that was counted in words, with its places in the text."""
    start, end = units.characters(hit.start, hit.end)
    return replace(hit, start=start, end=end, parts=tuple(units.characters(*part) for part in hit.parts))


class _Numbered(NamedTuple):
    """A phrase with the numbers of its literals. ``wide``: every place of its one segment, not for each end the nearest beginning."""

    signal: str
    phrase: Phrase
    segments: tuple[frozenset[int], ...]
    wide: bool = False


class _Index:
    """Phrases, each kept under the literals of one of its segments: the one that texts are least likely to have.

    A text is asked for these literals; what is found is looked at whole. So a text costs what the phrases near it cost,
    however many phrases there are.

    Args:
        phrases: The phrases.
        likely: How likely texts are to have each literal, by its number.
    """

    __slots__ = ("_near", "_phrases")

    def __init__(self, phrases: Sequence[_Numbered], likely: Sequence[float]) -> None:
        self._phrases = phrases
        weights: dict[frozenset[int], float] = {}
        under: dict[frozenset[int], list[int]] = {}
        for index, (_, _, segments, _) in enumerate(phrases):
            rarest = segments[0]
            if len(segments) > 1:
                for segment in segments:
                    if segment not in weights:
                        weights[segment] = sum([likely[literal] for literal in segment])
                rarest = min(segments, key=weights.__getitem__)
            under.setdefault(rarest, []).append(index)
        self._near: dict[int, list[int]] = {}
        # Most literals stand in one segment and share its list; these have a list of their own.
        several: set[int] = set()
        for segment, indexes in under.items():
            for literal in segment:
                if literal in several:
                    self._near[literal] += indexes
                elif literal in self._near:
                    several.add(literal)
                    self._near[literal] = self._near[literal] + indexes
                else:
                    self._near[literal] = indexes

    def standing(
        self, places: Mapping[int, list[Place]], here: set[int], ends: list[int]
    ) -> Iterator[tuple[_Numbered, list[Place]]]:
        """The phrases that stand in a text, each with its places.

        Args:
            places: Where each literal stands.
            here: The literals that stand anywhere.
            ends: Where clauses end.
        """
        lacks = here.isdisjoint
        for index in {index for literal in self._near.keys() & here for index in self._near[literal]}:
            numbered = self._phrases[index]
            segments = numbered.segments
            if not any(map(lacks, segments)):
                parts = [sorted([p for literal in segment & here for p in places[literal]]) for segment in segments]
                spots = parts[0] if numbered.wide else _match(parts, numbered.phrase.gaps, ends)
                if spots:
                    yield numbered, spots


def _nearest(groups: Sequence[Sequence[Hit]]) -> Sequence[Hit]:
    """One hit of each group, those that stand nearest to each other: one pass over all of them, in order."""
    every = sorted(
        ((hit.start, hit.end, number, hit) for number, group in enumerate(groups) for hit in group), key=_place
    )
    latest: dict[int, Hit] = {}
    best: tuple[int, Sequence[Hit]] | None = None
    for _, _, number, hit in every:
        latest[number] = hit
        if len(latest) == len(groups):
            chosen = [latest[n] for n in range(len(groups))]
            length = max(h.end for h in chosen) - min(h.start for h in chosen)
            if best is None or length < best[0]:
                best = (length, chosen)
    assert best is not None  # noqa: S101 (every group has a hit)
    return best[1]


def _apart_in_time(times: Sequence[Moment], groups: Sequence[Sequence[Hit]], later: Lateness) -> Sequence[Hit]:
    """One hit of each of two groups, the second with a time that is so much later than the first's; none if no two are so.

    A time belongs to a hit that it overlaps or touches.
    """
    times = [moment for moment in times if moment.kind == later.kind]
    first, second = (
        [(hit, time) for hit in group[:_PAIRS] for time in times if time.start <= hit.end and hit.start <= time.end]
        for group in groups
    )
    for hit, time in first:
        for other, other_time in second:
            apart = None if time == other_time else later_by(time, other_time)
            if apart is not None and apart >= later.least:
                return (hit, other)
    return ()


def _place(item: tuple[int, int, int, Hit]) -> tuple[int, int, int]:
    return item[:3]


def _match(parts: Sequence[list[Place]], gaps: Sequence[int], ends: list[int]) -> list[Place]:
    """All places of a phrase: for each possible end the latest beginning. Work is bounded by hits times gap.

    Args:
        parts: For each segment where it stands, in order.
        gaps: The longest gap between one segment and the next.
        ends: Where clauses end.
    """
    reached: dict[int, int] = {}
    for start, end in parts[0]:
        if start > reached.get(end, -1):
            reached[end] = start
    for places, gap in zip(parts[1:], gaps, strict=True):
        following: dict[int, int] = {}
        for end, begin in reached.items():
            for index in range(bisect_left(places, (end, -1)), len(places)):
                start, stop = places[index]
                if start > end + gap:
                    break
                if begin > following.get(stop, -1) and not _crosses(ends, end, start):
                    following[stop] = begin
        if not following:
            return []
        reached = following
    return [(begin, end) for end, begin in reached.items()]


def _joined(places: list[Place]) -> list[Place]:
    """Places in order, those that overlap or touch made one: a hit is held against one of them, however many there are."""
    joined: list[Place] = []
    for start, end in sorted(places):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _overlaps(joined: list[Place], start: int, end: int) -> bool:
    """Whether ``text[start:end]`` shares a character with one of some joined places."""
    before = bisect_left(joined, (end, -1))
    return before > 0 and joined[before - 1][1] > start


def _crosses(ends: list[int], low: int, high: int) -> bool:
    """Whether a clause ends in ``text[low:high]``."""
    return bisect_left(ends, high) > bisect_left(ends, low)


def _live(places: Mapping[int, list[Place]], words: frozenset[int], barred: frozenset[int]) -> list[Place]:
    """Where negators or hedges stand, but for those inside a longer word that is none (要是 in 主要是)."""
    found = [p for literal in words & places.keys() for p in places[literal]]
    if not found:
        return found
    holders = sorted(p for literal in barred & places.keys() for p in places[literal])
    if not holders:
        return sorted(found)
    furthest = list(accumulate((end for _, end in holders), max))
    begun = ((p, bisect_right(holders, (p[0], sys.maxsize))) for p in found)
    return sorted(p for p, many in begun if not many or furthest[many - 1] < p[1])


def _cue(
    before: list[tuple[int, Place]], after: list[tuple[int, Place]], value: Place, within: int, ends: list[int]
) -> Place | None:
    """The cue nearest to a value, of those that end before it and those that begin behind it, in one clause with it."""
    begun, ended = value
    found = [
        (begun - end, place)
        for end, place in before[
            bisect_left(before, (begun - within, _NOWHERE)) : bisect_right(before, (begun, _ANYWHERE))
        ]
        if not _crosses(ends, end, begun)
    ]
    found += [
        (start - ended, place)
        for start, place in after[
            bisect_left(after, (ended, _NOWHERE)) : bisect_right(after, (ended + within, _ANYWHERE))
        ]
        if not _crosses(ends, ended, start)
    ]
    return min(found)[1] if found else None


def _hedged(hedges: list[Place], start: int, reach: int, ends: list[int]) -> bool:
    """Whether a hedge stands before a match or runs into it (是不是 + 是假货)."""
    low = bisect_left(hedges, (start - reach, -1))
    overlapping = any(begin < start < stop for begin, stop in hedges[low : bisect_right(hedges, (start, -1))])
    return overlapping or bool(_behind(hedges, start, reach, ends))


def _behind(places: list[Place], start: int, reach: int, ends: list[int]) -> list[Place]:
    """Places that end at most ``reach`` units before ``start``, in the same clause."""
    # Negators and hedges are at most a few units long, so a window over their beginnings is enough.
    low = bisect_left(places, (start - reach - 8, -1))
    high = bisect_right(places, (start, -1))
    return [p for p in places[low:high] if 0 <= start - p[1] <= reach and not _crosses(ends, p[1], start)]
