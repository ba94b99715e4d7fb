"""What a text's likeness to the pack's examples may do: never state a fact, never settle, never take a protection away.

It may do five things. A gate that nothing opened but whose examples the text reads like is *suspected*: a person looks first.
None is where the text reads most like those that state no grievance. Where something would be settled and a sentence reads like what
bars it, a person looks, or the consumer is *asked what he meant*.
Where no rule recognises a complaint, those that it reads like are *offered*: the consumer is asked which it is, and what he
answers counts as if he had picked it in a form; where one of them is sure, it is *presumed*, so that whoever has the case sees what
it will take, but nothing is decided until it is said. And a rule that recognises a complaint by its words alone is *doubted* where the
text reads far less like it than like another that recognises it: it is named, but no matter of its own is made of it, unless that
would settle the rest. Where the text reads far more like something that no rule recognises in it than like any that one does,
all are doubted, and the consumer is asked. The words of another office (what is out of scope) are doubted in the same way, so that one
of them in passing does not set a whole complaint aside. What somebody has said in a form goes before all of this, and before such
words, with or without likeness.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from types import MappingProxyType
from typing import Final, NamedTuple

from funnel.complaint import Complaint
from funnel.engine._checks import Check
from funnel.engine.evaluate import Parameters
from funnel.facts.intake import Intake, given
from funnel.facts.likeness import ANY, GATE, NEVER, NONE, Likeness, Margins, Trait, parts_of_trait, together
from funnel.facts.normalise import Normal
from funnel.facts.signals import Scan
from funnel.facts.truth import Truth
from funnel.facts.values import LIKENESS, Facts, Grade, Known
from funnel.facts.vocabulary import GRIEVANCES, MEANT
from funnel.pack.model import OTHER, Gate, Pack, Rule, Test, leaves_of, meanings

OFFERED: Final = 3
_ALSO: Final = -0.7
"""The margin from which on a matter is offered beside the likest; of those below it one in ten is right."""
_NEARLY: Final = -0.1
"""The margin from which on a single sentence tells of a matter: it has fewer words to be like the examples in."""
MEANINGS: Final = 5
"""How many meanings of a sentence the consumer is offered to choose from."""
_SENTENCE = re.compile("[^。！？；!?;\n\r]+")
_CLAUSE = re.compile("[^,，:：]+")
_STOP = re.compile(
    "[。！？；!?;\n\r~\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff\ufe0f\u200d]+|[.…]{2,}|(?<![0-9])[.](?![0-9])|…|/{2,}"
)
"""What people end a sentence with: stops, and waves, dots, strokes and little pictures."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What the likeness of one text comes to.

    Attributes:
        gates: Gates that are suspected.
        offers: Rules that the complaint may be for, the likest first, where none recognises it.
        picked: Whether a form picks a matter, before which the words of another office give way.
        presumed: The value of `GRIEVANCES` that picks the first of them, if that is sure.
        borne_out: The values of `GRIEVANCES` that pick one of them, or of those that are sure where some are.
        doubted: Rules whose words the text has, but that it reads far less like than like something else.
    """

    gates: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    doubted: tuple[str, ...] = ()
    presumed: str | None = None
    borne_out: frozenset[str] = frozenset()
    picked: bool = False


NOTHING: Final = Alike()


@dataclass(frozen=True, slots=True)
class Overheard:
    """A gate that a sentence reads like.

    Attributes:
        gate: The gate.
        words: The sentence as it was written.
        facts: The yes-or-no facts of the gate that nobody has stated: who has looked states that they are not so.
        trait: What of the gate it reads like; empty where words open it.
        means: The values of `MEANT` that the consumer is asked about, who knows best what he meant, the likest first; none
            where a person looks first.
    """

    gate: str
    words: str
    facts: tuple[str, ...] = ()
    trait: str = ""
    means: tuple[str, ...] = ()


class _Barring(NamedTuple):
    """What sentences may read like: its gate, the trait, whether the gate is open, what opens it, the claims asked for, and what is meant."""

    gate: str
    trait: Trait
    check: Check
    asked: tuple[str, ...]
    claims: frozenset[str]
    means: tuple[str, ...]


class _Read(NamedTuple):
    """How a sentence reads: how far above the mark of each trait, how much like one that opens some gate, and by how many grams."""

    over: Mapping[str, float]
    whichever: float
    known: int

    def above(self, some: Sequence[_Barring], *, mark: float | None = None) -> float:
        """How far above the marks, or one mark for all, it reads like any of some; below nought it does not."""
        over = (self.over[one.trait.name] + (0.0 if mark is None else one.trait.cut - mark) for one in some)
        return together(over, self.whichever, self.known) if some else -math.inf

    def protecting(self, some: Sequence[_Barring]) -> bool:
        """Whether what it reads like most, whatever the marks, is a gate of which nobody is asked."""
        return not max(some, key=lambda one: (self.over[one.trait.name] + one.trait.cut, one.trait.name)).means

    def ranked(self, some: Sequence[_Barring]) -> list[_Barring]:
        """Some, those that it reads like most first."""
        return sorted(some, key=lambda one: (self.over[one.trait.name], one.trait.name), reverse=True)


class Likenesses:
    """The likeness of a pack, with its rules.

    Args:
        pack: The pack.
        gates: Its gates, compiled.
    """

    def __init__(self, pack: Pack, gates: tuple[tuple[Gate, Check], ...]) -> None:
        self._likeness: Likeness | None = pack.likeness
        self._outside = frozenset(rule.id for rule in pack.live_rules if rule.out_of_scope)
        traits = {} if pack.likeness is None else pack.likeness.traits
        self._gates = tuple(
            (gate.id, GATE + gate.id, check.reads)
            for gate, check in gates
            if GATE + gate.id in traits and gate.covers != OTHER
        )
        self._sentences = None if pack.likeness is None else pack.likeness.sentences
        self._clear = NEVER if pack.likeness is None else pack.likeness.clear
        table = () if self._sentences is None else self._sentences.traits.values()
        self._mark = max((trait.cut for trait in table if trait.name != ANY), default=NEVER)
        """That of a person, where the consumer is not asked."""
        barring: dict[str, list[tuple[Trait, frozenset[str]]]] = {}
        for trait in () if self._sentences is None else self._sentences.traits.values():
            gate_id, claims = parts_of_trait(trait.name)
            barring.setdefault(gate_id, []).append((trait, claims))
        self._asked = MappingProxyType({gate.id: _asked(gate, pack) for gate, _ in gates})
        means = {gate.id: meanings(gate, pack.vocabulary.facts) for gate, _ in gates}
        self._barred = tuple(
            _Barring(gate.id, trait, check, self._asked[gate.id], claims, means[gate.id])
            for gate, check in gates
            for trait, claims in barring.get(gate.id, ())
        )
        live = [rule for rule in pack.live_rules if rule.scenario in traits]
        self._scenarios = {rule.id: rule.scenario for rule in live}
        self._pack = pack
        self._inner = tuple(rule for rule in live if not rule.out_of_scope)
        self._inside = frozenset(rule.scenario for rule in self._inner)
        # What bars a settlement whichever rule matched (`covers: other`) may name every grievance: that guards none of them.
        leaves = (leaf for gate, _ in gates if gate.covers != OTHER for leaf in leaves_of(gate.when))
        constants = [leaf.constant for leaf in leaves if leaf.fact == GRIEVANCES]
        self._guarded = frozenset(value for found in constants if isinstance(found, frozenset) for value in found)
        """What opens a gate: a rule for it is not doubted beside others, for whoever sees the gate open needs its law."""

    @cached_property
    def picks(self) -> Mapping[str, str]:
        """For each rule that a form can pick, the value of `GRIEVANCES` that picks it.

        Found when it is first asked for: of a thousand changes of a rule that are tried, few ask.
        """
        return MappingProxyType({name: values[0] for name, values in self._picking.items()})

    @cached_property
    def _picking(self) -> Mapping[str, tuple[str, ...]]:
        """For each rule that a form can pick, every value that picks it, in the order in which the rule names them."""
        found = {rule.id: tuple(_picks(rule, self._pack)) for rule in self._inner}
        return MappingProxyType({name: values for name, values in found.items() if values})

    @cached_property
    def _of(self) -> Mapping[str, str]:
        """For each scenario the rule that is offered for it."""
        return MappingProxyType({self._scenarios[name]: name for name in reversed(tuple(self.picks))})

    def compare(self, taken: Intake) -> Margins | None:
        """How the text of a complaint reads; None where there is none, or it holds too little to say."""
        if self._likeness is None or taken.scan is None:
            return None
        return self._likeness.compare(taken.scan.normal.text)

    def of(
        self,
        complaint: Complaint,
        taken: Intake,
        margins: Margins | None,
        recognised: Mapping[str, Truth],
        wordless: Callable[[], Mapping[str, Truth]],
    ) -> Alike:
        """What the text of a complaint comes to.

        Args:
            complaint: The complaint.
            taken: Its facts.
            margins: How it reads: see `compare`.
            recognised: The rules that recognise it.
            wordless: Gives those that recognise it without its text; asked for only where it matters.
        """
        if taken.scan is None:
            return NOTHING
        said = given(complaint.facts)
        certain = [name for name, truth in recognised.items() if truth is True]
        outside = [name for name in certain if name in self._outside]
        picked: tuple[str, ...] = ()
        if outside and GRIEVANCES in said:
            recorded = wordless()
            if any(recorded.get(name) is True for name in certain if name not in self._outside):
                picked = tuple(name for name in outside if recorded.get(name) is not True)
        if self._likeness is None or margins is None:
            return Alike(doubted=picked, picked=True) if picked else NOTHING
        traits = self._likeness.traits
        # Praise of a handle that does not burn reads like a burn as well; of what states no grievance nothing is suspected.
        guarded = () if margins.ranked()[0] == NONE else self._gates
        gates = tuple(
            gate for gate, name, reads in guarded if margins.of[name] >= traits[name].cut and reads.isdisjoint(said)
        )
        if GRIEVANCES in said:
            return Alike(gates, doubted=picked, picked=bool(picked)) if gates or picked else NOTHING
        offers: tuple[str, ...] = ()
        doubted: tuple[str, ...] = ()
        if not certain:
            offers = self._offers(self._likeness, margins)
        elif len(outside) < len(certain):
            text = taken.scan.normal.text
            offers, doubted = self._weighed(self._likeness, text, margins, certain, wordless)
            if outside:  # they set the others aside, all of them or none; the others are not weighed among themselves
                offers, doubted = (), tuple(outside) if set(outside) <= set(doubted) else ()
        if not (gates or offers or doubted):
            return NOTHING
        sure = self._sure(self._likeness, margins, offers)
        presumed = self.picks[offers[0]] if sure else None
        return Alike(gates, offers, doubted, presumed, self._values(sure or offers))

    def bears_out(
        self,
        taken: Intake,
        margins: Margins | None,
        grievances: frozenset[str],
        may_be: Callable[[str, str], bool],
    ) -> frozenset[str]:
        """Which of some matters that records show a complaint's words bear out: all where there are none.

        Words bear a matter out that they read like: of those that would be offered one, or of those that are sure where some are.
        Praise, or a question, beside such records is no complaint about them, and what the words deny they do not bear out.
        A matter that the form rules out (that nobody answers, where money is claimed) is none of them; words that surely
        read like that alone leave it to the records what nobody answers to.

        Args:
            taken: The facts of the complaint.
            margins: How it reads: see `compare`.
            grievances: What records show.
            may_be: Whether a rule would recognise the complaint if this value of `GRIEVANCES` were picked.
        """
        if taken.scan is None or not grievances:
            return grievances
        if self._likeness is None or margins is None:
            return frozenset()
        likest = self._offers(self._likeness, margins)
        sure = self._sure(self._likeness, margins, likest)
        left = [name for name in sure or likest if may_be(name, self.picks[name])]
        borne_out = self._values(left) if left or not sure else grievances
        return (grievances & borne_out) - self._denied(taken.scan)

    def _sure(self, likeness: Likeness, margins: Margins, offers: Sequence[str]) -> tuple[str, ...]:
        """Those of the rules that are offered which a text surely reads like."""
        return tuple(name for name in offers if margins.of[self._scenarios[name]] >= likeness.sure)

    def _values(self, rules: Sequence[str]) -> frozenset[str]:
        """All values of `GRIEVANCES` that pick one of some rules."""
        return frozenset(value for name in rules for value in self._picking[name])

    def ungainsaid(self, taken: Intake, margins: Margins | None, grievances: frozenset[str]) -> frozenset[str]:
        """Those of some grievances that a text does not deny; nor does it read like no complaint, and far less like one about them.

        Where it names nothing else, it reads like them by what is worth asking about: words that are like nothing may hold
        what nobody has heard of yet.
        """
        if taken.scan is None or not grievances:
            return grievances
        if self._likeness is not None and margins is not None:
            if (none := margins.of.get(NONE, 0.0)) >= self._likeness.sure:
                grievances &= self._read(margins, none - self._likeness.apart)
            if not taken.facts.value(GRIEVANCES):
                grievances &= self._read(margins, self._likeness.near)
        return grievances - self._denied(taken.scan)

    def reads_like(self, margins: Margins | None, grievances: frozenset[str]) -> bool:
        """Whether a text may be about one of some grievances: it reads like it as much as what is worth asking about."""
        if self._likeness is None or margins is None:
            return False
        return not grievances.isdisjoint(self._read(margins, self._likeness.near))

    def _read(self, margins: Margins, least: float) -> frozenset[str]:
        """The grievances whose scenarios a text reads like by ``least`` and more."""
        return frozenset(
            grievance for name, grievance in self.picks.items() if margins.of.get(self._scenarios[name], least) >= least
        )

    def _denied(self, scan: Scan) -> frozenset[str]:
        """The grievances that a text speaks of only to deny them."""
        signals = self._pack.lexicon.signals
        sets = (
            value for hit in scan.hits if hit.negated for fact, value in signals[hit.signal].sets if fact == GRIEVANCES
        )
        return frozenset(name for value in sets if isinstance(value, frozenset) for name in value)

    def asked(self, gate: str, complaint: Complaint) -> tuple[str, ...] | None:
        """The facts that whoever has looked states of a gate; None where all of them are stated already."""
        asked = self._asked[gate]
        said = given(complaint.facts)
        left = tuple(name for name in asked if name not in said)
        return left if left or not asked else None

    def overhears(
        self,
        complaint: Complaint,
        taken: Intake,
        parameters: Parameters,
        answered: frozenset[str] = frozenset(),
        *,
        asking: bool = True,
    ) -> tuple[Overheard, ...]:
        """The gates that a sentence of a complaint reads like, in the order of the text; each of them once.

        What counts is how much a sentence reads like any of the gates (`together`). It stands for one, the likest of those
        that would be open if it were meant so: that the goods are made to order matters to who sends them back. It is not
        overheard where all the gate's yes-or-no facts are stated: somebody has looked. What a form says of the kind of
        matter is no look at a sentence. That one reads like those that ask for what a form claims and the settlement gives (给我补一桶
        where it is sent again) is no reason to ask.

        One that reads like a gate which the consumer can be asked about is asked about, once, and what he answers (`MEANT`)
        stands for all of them. Not where it reads so clearly like it that an answer of no would have to be doubted, nor where it
        reads like a gate which protects somebody, the others aside, however much more it reads like another: then a person
        looks, whatever was answered.

        Linear in the length of the text.

        Args:
            complaint: The complaint.
            taken: Its facts.
            parameters: The figures of the law in force.
            answered: The claims that a form makes and that what would be settled gives.
            asking: Whether the words are the consumer's own, so that he can be asked about them; else a person looks, at
                his mark.
        """
        if taken.scan is None or self._sentences is None or not self._barred:
            return ()
        normal = taken.scan.normal
        told = MEANT in given(complaint.facts)
        found: dict[str, Overheard] = {}
        may: list[_Barring] | None = None
        for start, end in parts_of(normal):
            read = self._reads_like(normal.text[start:end])
            if read is None:
                continue
            if may is None:
                may = [
                    one._replace(means=_open_by(one, taken.facts, parameters))
                    for one in self._barred
                    if one.claims.isdisjoint(answered) and _would_open(one.check, one.asked, taken.facts, parameters)
                ]
            guarded, others = [one for one in may if not one.means], [one for one in may if one.means]
            above = read.above(may)
            if read.above(guarded) >= 0 or (guarded and above >= 0 and read.protecting(may)):
                likest, asks = read.ranked(guarded), False
            elif others and (above if asking else read.above(may, mark=self._mark)) >= 0:
                likest, asks = read.ranked(others), asking and above < self._clear
            else:
                continue
            gate = likest[0].gate
            facts = self.asked(gate, complaint)
            if facts is None or (asks and told):
                continue
            first, last = normal.span(start, end)
            words = normal.original[first:last].strip()
            means = dict.fromkeys(value for one in likest for value in one.means) if asks else {}
            one = Overheard(gate, words, facts, likest[0].trait.name, tuple(means)[:MEANINGS])
            # One sentence a gate: a clear one before one that is asked about, and what another may mean beside it.
            if (before := found.get(gate)) is None or (before.means and not one.means):
                found[gate] = one
            elif before.means:
                found[gate] = replace(before, means=tuple(dict.fromkeys((*before.means, *one.means))))
        return tuple(found.values())

    def _reads_like(self, sentence: str) -> _Read | None:
        """How a sentence reads; None where it does not read like any gate."""
        margins = None if self._sentences is None else self._sentences.compare_sentence(sentence)
        if margins is None:
            return None
        over = {one.trait.name: margins.of[one.trait.name] - one.trait.cut for one in self._barred}
        whichever = margins.of.get(ANY, 0.0)
        read = _Read(over, whichever, margins.known)
        return read if read.above(self._barred) >= 0 else None

    def _offers(self, likeness: Likeness, margins: Margins) -> tuple[str, ...]:
        order = margins.ranked()
        if order[0] not in self._inside or margins.of[order[0]] < likeness.near:
            return ()
        likest = [name for name in order if name in self._of and (name == order[0] or margins.of[name] >= _ALSO)]
        return tuple(self._of[name] for name in likest[:OFFERED])

    def _weighed(
        self,
        likeness: Likeness,
        text: str,
        margins: Margins,
        certain: list[str],
        wordless: Callable[[], Mapping[str, Truth]],
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What to ask instead of all that is certain, and what of it is doubted."""
        far = {name: margins.of[self._scenarios[name]] for name in certain if name in self._scenarios}
        best = max(far.values(), default=math.inf)
        least = min(best - likeness.apart, 0.0)  # above nought a text does read like it
        low = [name for name in far if far[name] < least and self.picks.get(name) not in self._guarded]
        offers = self._offers(likeness, margins)
        other = bool(offers) and best < min(margins.of[self._scenarios[offers[0]]] - likeness.apart, 0.0)
        if not (low or other):
            return (), ()
        # What is told in one sentence of many is little of the whole, and yet it is told.
        parts = [part for sentence in _SENTENCE.findall(text) if (part := likeness.compare(sentence)) is not None]
        told = {name for name in far if any(part.of[self._scenarios[name]] >= _NEARLY for part in parts)}
        low, other = [name for name in low if name not in told], other and not told
        recorded = wordless()
        if other and not any(recorded.get(name) is True or name not in far for name in certain):
            return offers, tuple(certain)
        return (), tuple(name for name in low if recorded.get(name) is not True)


def parts_of(normal: Normal) -> Iterator[tuple[int, int]]:
    """Where the sentences of a normalised text stand, and where a sentence has more than two clauses each two neighbours.

    Not each clause: what is said to be so, and what was promised, is taken back in the next (说打款了，卡里没有).
    """
    text = normal.text
    for start, end in _between(text, normal.stops()):
        yield start, end
        clauses = [clause.span() for clause in _CLAUSE.finditer(text, start, end)]
        if len(clauses) > 2:  # noqa: PLR2004 (two are the sentence)
            yield from ((first, last) for (first, _), (_, last) in pairwise(clauses))


def _between(text: str, stops: Sequence[int]) -> Iterator[tuple[int, int]]:
    """What stands between the stops of a text, those given by their place included."""
    ends = sorted([*(match.span() for match in _STOP.finditer(text)), *((place, place) for place in stops)])
    start = 0
    for end, after in [*ends, (len(text), len(text))]:
        if end > start:
            yield start, end
        start = max(start, after)


def _would_open(check: Check, asked: Sequence[str], facts: Facts, parameters: Parameters) -> bool:
    """Whether a gate may be open once its yes-or-no facts are so."""
    if not asked:
        return True
    for name in asked:
        facts = facts.with_value(name, Known(True, Grade.STATED, LIKENESS))
    return check.truth(facts.known, facts.told, parameters) is not False


def _open_by(one: _Barring, facts: Facts, parameters: Parameters) -> tuple[str, ...]:
    """The meanings that would open a gate here: that goods were used bars a return, and no claim for a defect."""
    found = []
    for value in one.means:
        meant = facts.with_value(MEANT, Known(frozenset({value}), Grade.STATED, LIKENESS))
        if one.check.truth(meant.known, meant.told, parameters) is not False:
            found.append(value)
    return tuple(found)


def _asked(gate: Gate, pack: Pack) -> tuple[str, ...]:
    """The facts that a person states who has looked, in the order they stand: the yes-or-no facts whose yes opens a gate.

    One that is reckoned from others counts where there is no other.
    """
    leaves = dict.fromkeys(leaf.fact for leaf in leaves_of(gate.when) if leaf.constant is not False)
    specs = [spec for spec in (pack.vocabulary[name] for name in leaves) if spec.type == "bool"]
    return tuple(spec.name for spec in specs if spec.derivation is None) or tuple(spec.name for spec in specs)


def _picks(rule: Rule, pack: Pack) -> Iterator[str]:
    """The values of the fact `GRIEVANCES` that by themselves make a rule recognise a complaint, in the order it names them."""
    spec = pack.vocabulary.facts.get(GRIEVANCES)
    if spec is None:
        return
    defaults = pack.vocabulary.defaults
    check = Check(rule.recognise, defaults)
    for value in dict.fromkeys(_named(rule)):
        known = Known(frozenset({value}), Grade.STATED, GRIEVANCES)
        facts = Facts({**defaults, GRIEVANCES: known}, told=frozenset({GRIEVANCES}))
        if value in spec.members and check.truth(facts.known, facts.told, {}) is True:
            yield value


def _named(rule: Rule) -> list[str]:
    leaves = [leaf for leaf in leaves_of(rule.recognise) if isinstance(leaf, Test) and leaf.fact == GRIEVANCES]
    return [value for leaf in leaves if isinstance(leaf.constant, frozenset) for value in sorted(leaf.constant)]
