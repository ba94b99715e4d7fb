"""What a pack says in one language: everything that is the same in many decisions is made once and shared.

All parts of a decision are frozen, so that two decisions may hold the same citation, strategy or question text. A part is
made when it is first said and kept for good; what is kept hangs on the pack alone (a rule, a text, a window between changes
of the law), so the tables are bounded by the pack, and two threads that make the same part make equal ones.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, TypeVar

from funnel.decision import Change, Citation, Explanation, FiredException, Forum, Remedy, Strategy
from funnel.engine import describe
from funnel.engine._checks import Checked, is_dated
from funnel.engine._texts import join, say
from funnel.engine.assess import Assessment
from funnel.engine.evaluate import Flip, Parameters
from funnel.facts.money import currency_of
from funnel.facts.truth import Truth
from funnel.facts.values import NOT_RAISED, RECORDS, Facts, Known
from funnel.facts.vocabulary import SIGNAL_PREFIX, Texts, pick
from funnel.pack.formulas import names_of
from funnel.pack.model import FactRef, Formula, Pack, ParamRef, Rule, leaves_of

_TRUTHS: Mapping[Truth, str] = {True: "true", False: "false", None: "unknown"}

_Window = tuple[int, int]
"""Where a case stands between changes of the law: by its governing day and by its deciding day."""

K = TypeVar("K")
V = TypeVar("V")


class _Once(dict[K, V], Generic[K, V]):
    """A table that makes what is not in it yet."""

    __slots__ = ("_make",)

    def __init__(self, make: Callable[[K], V]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> V:
        value = self[key] = self._make(key)
        return value


class _Blanks:
    """The facts that texts and formulas show. Where none of them is known, what they give is the same for every case."""

    __slots__ = ("dated", "facts")

    def __init__(self, pack: Pack, texts: Sequence[Texts | None], formulas: Sequence[Formula | None] = ()) -> None:
        names = [name for text in texts if text for shown in text.values() for name in describe.BLANK.findall(shown)]
        named = [name for formula in formulas if formula is not None for name in names_of(formula)]
        self.facts = {name for name in names if name in pack.vocabulary}
        self.facts |= {name.name for name in named if isinstance(name, FactRef)}
        self.dated = any(n.startswith("param.") for n in names) or any(isinstance(n, ParamRef) for n in named)

    def empty(self, known: Mapping[str, Known]) -> bool:
        """Whether nothing of one case stands in them."""
        return not self.dated and not any(name in known for name in self.facts)


class Wording:
    """The words of one pack in one language.

    Args:
        pack: The pack.
        lang: ``zh`` or ``en``.
    """

    def __init__(self, pack: Pack, lang: str) -> None:
        self.pack = pack
        self.lang = lang
        self.unit = currency_of(pack.manifest.currency).unit(lang)
        self._days = pack.register.turning_days()
        defaults = pack.vocabulary.defaults
        self._presumptions = frozenset(name for name, known in defaults.items() if known.source != NOT_RAISED)
        self.labels: _Once[str, str] = _Once(lambda name: pack.vocabulary.label(name, lang))
        self.titles: _Once[str, str] = _Once(lambda rule: pick(pack.rules[rule].title, lang))
        self._fixed: _Once[tuple[str, ...], str] = _Once(self._fix)
        self._notes: _Once[tuple[str, str, str | None, str], Explanation] = _Once(self._note)
        self._presumed: _Once[str, Explanation] = _Once(self._presume)
        self._changes: _Once[Flip, Change] = _Once(self._change)
        self._blanks: _Once[str, _RuleBlanks] = _Once(lambda rule: _RuleBlanks(pack, pack.rules[rule]))
        self._shown: _Once[str, frozenset[str]] = _Once(self._show)
        self._forum_blanks: _Once[str, _Blanks] = _Once(lambda forum: _Blanks(pack, [pack.forums[forum].text]))
        self._basis: dict[tuple[str, _Window], tuple[Citation, ...]] = {}
        self._exceptions: dict[tuple[str, int, _Window, Truth], FiredException] = {}
        self._forums: dict[tuple[str, _Window], Forum] = {}
        self._strategies: dict[str, Strategy] = {}
        self._considered: dict[tuple[str, tuple[Checked, ...]], tuple[Remedy, ...]] = {}

    # --- sentences ------------------------------------------------------------------------------------------------------

    def say(self, key: str, **values: object) -> str:
        """A sentence with its blanks filled."""
        return say(key, self.lang, unit=self.unit, **values)

    def fixed(self, key: str, *titles: str) -> str:
        """A sentence of a key, the title of a rule, and of one of its exceptions: the same for every case."""
        return self._fixed[key, *titles]

    def _fix(self, key: tuple[str, ...]) -> str:
        name, title, exception = (*key, "", "")[:3]
        return say(name, self.lang, title=title, exception=exception)

    def all_labels(self, names: Sequence[str]) -> str:
        """Some facts by their labels."""
        labels = self.labels
        return join([labels[name] for name in dict.fromkeys(names)], self.lang)

    def note(self, step: str, key: str, rule: str | None = None, exception: str = "") -> Explanation:
        """A step of the reasoning that names a rule or one of its exceptions and nothing of the case."""
        return self._notes[step, key, rule, exception]

    def _note(self, key: tuple[str, str, str | None, str]) -> Explanation:
        step, name, rule, exception = key
        title = "" if rule is None else self.titles[rule]
        text = say(name, self.lang, title=title, exception=exception)
        return Explanation(step=step, text=text, rule=rule)

    def worth_stating(self, facts: Facts) -> list[str]:
        """The facts that a decision may state, in order: what was told and what is presumed, signals left out."""
        names = facts.known.keys() if facts.told is None else facts.told | self._presumptions
        known, declared = facts.known, self.pack.vocabulary.facts
        return sorted(n for n in names if n in known and n in declared and not n.startswith(SIGNAL_PREFIX))

    def shown_by(self, rule: str) -> frozenset[str]:
        """The facts whose figures stand in the texts of a rule, and those that its forums or what people may weigh read."""
        return self._shown[rule]

    def _show(self, rule: str) -> frozenset[str]:
        blanks, forums = self._blanks[rule], self.pack.rules[rule].forums
        shown = [b.facts for b in (blanks.strategy, blanks.considered, *blanks.exceptions)]
        shown += [self._forum_blanks[name].facts for name in forums]
        conditions = [self.pack.forums[name].when for name in forums]
        conditions += [remedy.when for remedy in self.pack.rules[rule].refer.considers]
        shown += [{leaf.fact for leaf in leaves_of(condition)} for condition in conditions]
        return frozenset().union(*shown)

    def is_reckoned(self, name: str, known: Known) -> bool:
        """Whether a value was computed from other facts."""
        derivation = self.pack.vocabulary[name].derivation
        return derivation is not None and known.source.startswith(f"{derivation.function}(")

    def presumed(self, name: str) -> Explanation:
        """The step that states what is presumed of a fact."""
        return self._presumed[name]

    def _presume(self, name: str) -> Explanation:
        return self.fact(name, self.pack.vocabulary.defaults[name], None)

    def fact(self, name: str, known: Known, original: str | None) -> Explanation:
        """The step that states a fact, its grade and where it comes from.

        Args:
            name: The fact.
            known: Its value.
            original: The complaint's text, if it has one.
        """
        label, grade = self.labels[name], self.fixed(f"grade-{known.grade.word}")
        shown = self.pack.vocabulary[name].show(known.value, self.lang)
        if known.words is not None and original is not None:
            words = original[known.words[0] : known.words[1]]
            text = self.say("fact-words", label=label, value=shown, grade=grade, words=words)
        elif known.source == RECORDS:
            text = self.say("fact-shown", label=label, value=shown, grade=grade)
        elif (derivation := self.pack.vocabulary[name].derivation) and self.is_reckoned(name, known):
            inputs = [a for a in derivation.args if isinstance(a, str) and not a.startswith("param.")]
            text = self.say("fact-reckoned", label=label, value=shown, grade=grade, inputs=self.all_labels(inputs))
        else:
            text = self.say("fact", label=label, value=shown, grade=grade, source=known.source)
        return Explanation(step="fact", text=text, facts=(name,))

    def change(self, flip: Flip, facts: Facts, parameters: Parameters) -> Change:
        """One change of fact that a settlement lacks."""
        if flip.leaf.fact in facts.known or is_dated(flip.leaf):
            return describe.change(self.pack, flip, facts, parameters, self.lang)
        return self._changes[flip]

    def _change(self, flip: Flip) -> Change:
        return describe.change(self.pack, flip, Facts({}), {}, self.lang)

    # --- what rules cite, advise and weigh ------------------------------------------------------------------------------

    def window(self, assessment: Assessment) -> _Window:
        """The windows between changes of the law that the governing and the deciding day fall in."""
        return bisect_right(self._days, assessment.governing), bisect_right(self._days, assessment.deciding)

    def basis(self, assessment: Assessment) -> tuple[Citation, ...]:
        """The articles of a rule that the case may cite."""
        key = (assessment.rule.id, self.window(assessment))
        found = self._basis.get(key)
        if found is None:
            cited = describe.citations(self.pack, assessment, self.lang)
            found = self._basis[key] = cited
        return found

    def exceptions(self, assessment: Assessment, facts: Facts) -> tuple[FiredException, ...]:
        """The exceptions of a rule, each with its truth and the articles in force."""
        rule, window = assessment.rule, self.window(assessment)
        found = []
        for index, ((_, truth), blanks) in enumerate(
            zip(assessment.exceptions, self._blanks[rule.id].exceptions, strict=True)
        ):
            key = (rule.id, index, window, truth) if blanks.empty(facts.known) else None
            part = None if key is None else self._exceptions.get(key)
            if part is None:
                part = self._exception(assessment, index, truth, facts)
                if key is not None:
                    self._exceptions[key] = part
            found.append(part)
        return tuple(found)

    def _exception(self, assessment: Assessment, index: int, truth: Truth, facts: Facts) -> FiredException:
        exception = assessment.rule.exceptions[index]
        basis = (describe.citation(self.pack, c, assessment, self.lang) for c in exception.basis)
        why = describe.fill(self.pack, exception.why, facts, assessment.parameters, self.lang)
        return FiredException(
            id=exception.id,
            title=pick(exception.title, self.lang),
            truth=_TRUTHS[truth],
            basis=tuple(c for c in basis if c is not None),
            why=why or None,
        )

    def strategy(self, assessment: Assessment, facts: Facts) -> Strategy:
        """A rule's mediation strategy on this case."""
        rule = assessment.rule.id
        if not self._blanks[rule].strategy.empty(facts.known):
            return describe.strategy(self.pack, assessment, facts, self.lang)
        found = self._strategies.get(rule)
        if found is None:
            found = self._strategies[rule] = describe.strategy(self.pack, assessment, facts, self.lang)
        return found

    def considered(self, assessment: Assessment, facts: Facts) -> tuple[Remedy, ...]:
        """What a person may weigh: computed where it can be, never settled."""
        rule = assessment.rule.id
        weighed = assessment.plan.considered(facts, assessment.parameters)
        if not self._blanks[rule].considered.empty(facts.known):
            return describe.considered(self.pack, assessment, weighed, facts, self.lang)
        found = self._considered.get((rule, weighed))
        if found is None:
            made = describe.considered(self.pack, assessment, weighed, facts, self.lang)
            found = self._considered[rule, weighed] = made
        return found

    def forum(self, name: str, primary: Assessment, facts: Facts, parameters: Parameters) -> Forum:
        """Where a consumer can turn, on the articles that a matter may cite."""
        spec = self.pack.forums[name]
        if not self._forum_blanks[name].empty(facts.known):
            return describe.forum(self.pack, spec, primary, facts, parameters, self.lang)
        key = (name, self.window(primary))
        found = self._forums.get(key)
        if found is None:
            found = self._forums[key] = describe.forum(self.pack, spec, primary, facts, parameters, self.lang)
        return found


class _RuleBlanks:
    """What the texts of one rule show of a case."""

    __slots__ = ("considered", "exceptions", "strategy")

    def __init__(self, pack: Pack, rule: Rule) -> None:
        spec, weighed = rule.strategy, rule.refer.considers
        steps = [step.do for step in spec.steps]
        self.strategy = _Blanks(pack, [spec.opening, *spec.concessions, spec.floor, *spec.evidence, *steps])
        self.considered = _Blanks(pack, [r.note for r in weighed], [r.formula for r in weighed])
        self.exceptions = tuple(_Blanks(pack, [exception.why]) for exception in rule.exceptions)
