"""Intake: from a complaint to facts. Pure: the same complaint, vocabulary and day give the same facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any, Final, TypeGuard
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from funnel.complaint import Complaint
from funnel.diagnostics._model import suggestion
from funnel.errors import Problem
from funnel.facts.derived import FUNCTIONS, Context
from funnel.facts.language import CHINESE
from funnel.facts.money import currency_of
from funnel.facts.signals import BoundReading, Lexicon, Scan
from funnel.facts.values import GRADES, Facts, Grade, Known, Value, weakest
from funnel.facts.vocabulary import (
    BUILT_IN_DATES,
    SIGNAL_PREFIX,
    FactSpec,
    Origin,
    SellersWords,
    ValueArg,
    Vocabulary,
    about_of,
    wider_than,
)

_MAX_SOURCES = 20
_FACT_KEYS = frozenset({"value", "grade", "source"})

NONE_OF_THEM: Final = frozenset(
    {"都不是", "都没有", "都不对", "都没", "没有", "无", "否", "不是", "没", "不", "none", "none of them", "no", "n"}
)
"""What people say where none of the answers they may choose from is so."""


@dataclass(frozen=True, slots=True)
class Intake:
    """What intake found.

    Attributes:
        facts: The facts.
        scan: What the text says, with its places; None without a text.
        problems: Facts that came with a value outside their domain. Such a complaint goes to a human.
        unknown_names: Names under ``facts`` that the vocabulary does not declare; passed through and reported.
        unknown_keys: What stands beside ``value, grade, source`` of a declared fact, by its path; passed through too.
        nearly: Of facts whose best sources differ within the tolerance, what the sources say that were not taken.
    """

    facts: Facts
    scan: Scan | None
    problems: tuple[Problem, ...]
    unknown_names: tuple[str, ...]
    unknown_keys: Mapping[str, Any] = field(default_factory=dict)
    nearly: Mapping[str, tuple[Known, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class IntakeContext:
    """What intake needs besides the complaint and the law of the day: made once for a pack.

    Attributes:
        origins: Facts read from fields of the contract, each with the paths that tell it.
        presumed: What is presumed of facts that are not derived.
        derivations: Derived facts in order, each with the facts it is computed from and whether it bears unknown ones.
        sellers_words: For facts that have a field for a seller's own words, what those may be.
    """

    vocabulary: Vocabulary
    lexicon: Lexicon
    zone: ZoneInfo
    functions: Context
    origins: tuple[tuple[FactSpec, frozenset[str]], ...] = field(init=False, repr=False)
    presumed: tuple[tuple[str, Known], ...] = field(init=False, repr=False)
    derivations: tuple[tuple[FactSpec, frozenset[str], bool], ...] = field(init=False, repr=False)
    sellers_words: Mapping[str, SellersWords] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        specs = self.vocabulary.facts.values()
        object.__setattr__(self, "origins", tuple((s, _paths(s.origin)) for s in specs if s.origin is not None))
        presumed = ((s.name, self.vocabulary.defaults[s.name]) for s in specs if s.presumption and not s.derivation)
        object.__setattr__(self, "presumed", tuple(presumed))
        derived = (self.vocabulary[name] for name in self.vocabulary.derived_order)
        object.__setattr__(self, "derivations", tuple((spec, *_inputs(spec)) for spec in derived))
        worded = (spec for spec in specs if spec.origin is not None and spec.origin.text_path)
        object.__setattr__(self, "sellers_words", {spec.name: SellersWords(spec.members) for spec in worded})


def _paths(origin: Origin) -> frozenset[str]:
    """What must be given of a complaint, any of it, for a fact to be read: see `_given`."""
    head = origin.path.partition(".")[0]
    paths = {origin.path, origin.text_path or origin.path, head}
    return frozenset(paths | {f"{head}."}) if origin.absent is not None else frozenset(paths)


def _given(complaint: Complaint) -> set[str]:
    """The paths that were given, ``null`` included: ``claims``, ``order.price``, and ``order.`` for anything in a part."""
    given = set()
    for head in complaint.model_fields_set:
        part = getattr(complaint, head, None)
        if isinstance(part, BaseModel):
            given.add(f"{head}.")
            given |= {f"{head}.{name}" for name in part.model_fields_set}
        else:
            given.add(head)
    return given


def _inputs(spec: FactSpec) -> tuple[frozenset[str], bool]:
    if spec.derivation is None:
        return frozenset(), False
    facts = (arg for arg in spec.derivation.args if isinstance(arg, str) and not arg.startswith("param."))
    return frozenset(facts), FUNCTIONS[spec.derivation.function].three_valued


def local_date(instant: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day of an instant in the pack's timezone; an instant without offset is taken to be there already."""
    return localise(instant, zone).date()


def localise(instant: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """An instant in the pack's timezone."""
    return instant.replace(tzinfo=zone) if instant.tzinfo is None else instant.astimezone(zone)


def intake(
    complaint: Complaint,
    context: IntakeContext,
    parameters: Mapping[str, Value],
    *,
    received_at: dt.datetime | None,
    as_of: dt.date,
    instead: Mapping[str, Known | None] = MappingProxyType({}),
) -> Intake:
    """Read a complaint into facts.

    Args:
        complaint: The complaint.
        context: Vocabulary, signals, timezone and calendar.
        parameters: The figures of the law in force.
        received_at: When it was received; relative days in the text count from there.
        as_of: The day that the decision is made for.
        instead: What to take for facts of `Intake.nearly`: another source's word, or None to leave them in dispute.
    """
    return _Intake(complaint, context, parameters, received_at, as_of, instead).run()


class _Intake:
    def __init__(
        self,
        complaint: Complaint,
        context: IntakeContext,
        parameters: Mapping[str, Value],
        received_at: dt.datetime | None,
        as_of: dt.date,
        instead: Mapping[str, Known | None],
    ) -> None:
        self.complaint = complaint
        self.context = context
        self.parameters = parameters
        self.vocabulary = context.vocabulary
        self.received_at = received_at
        self.as_of = as_of
        self.instead = instead
        self.nearly: dict[str, tuple[Known, ...]] = {}
        self.sources: dict[str, list[Known]] = {}
        self.problems: list[Problem] = []
        self.unclear: list[str] = []
        self.unknown_names: list[str] = []
        self.unknown_keys: dict[str, Any] = {}
        self.silenced: set[str] = set()
        self.told_sums: dict[str, frozenset[int]] = {}

    def run(self) -> Intake:
        received = local_date(self.received_at, self.context.zone) if self.received_at else self.as_of
        instant = self.received_at and localise(self.received_at, self.context.zone)
        self._add("complained_on", Known(received, Grade.RECORD, "received_at", instant=instant))
        self._add("today", Known(self.as_of, Grade.RECORD, "as_of"))
        self._fields()
        self._form()
        scan = self._text(received)
        self._foreign("text", self.complaint.text)
        for index, item in enumerate(self.complaint.evidence):
            self._foreign(f"evidence.{index}.note", item.note)
        known, disputed = self._merge()
        for name, presumption in self.context.presumed:
            if name not in known and name not in disputed:
                known[name] = presumption
        self._derive(known, disputed)
        if self._added_up(known, disputed):
            self._derive(known, disputed)
        facts = self._closed(known, disputed)
        return Intake(facts, scan, tuple(self.problems), tuple(self.unknown_names), self.unknown_keys, self.nearly)

    def _foreign(self, field: str, text: str | None) -> None:
        language = self.context.lexicon.language
        if text and (words := language.unread(text)) is not None:
            size = len(words)
            zh = f"有一段（{size} 个字符）不是{language.zh}，没有读"
            en = f"a passage of {size} characters is not {language.en} and was not read"
            self.problems.append(Problem(field, zh, en))

    def _add(self, name: str, known: Known) -> None:
        self.sources.setdefault(name, []).append(known)

    # --- contract fields --------------------------------------------------------------------------------------------

    def _fields(self) -> None:
        given = _given(self.complaint)
        for spec, paths in self.context.origins:
            if spec.origin is None or paths.isdisjoint(given):
                continue
            name = spec.name
            raw = _lookup(self.complaint, spec.origin.path)
            source = spec.origin.path
            if raw is None and spec.origin.absent is not None and self._container_given(spec.origin.path):
                raw, source = spec.origin.absent, f"{source} (absent)"
            if raw is None and spec.type == "bool" and self._explicitly_empty(spec.origin.path):
                self._add(name, Known(False, spec.origin.grade, f"{source} (null)"))
                continue
            words = _lookup(self.complaint, spec.origin.text_path) if spec.origin.text_path else None
            if spec.origin.holds_words:
                value = self._in_words(spec, raw)
            elif raw is None and spec.origin.text_path:
                raw, source = words, spec.origin.text_path
                value = self._loosely(spec, raw)
            else:
                value = self._contract_value(spec, raw, source)
                if isinstance(words, str) and isinstance(value, str):
                    value = self._with_words(spec, spec.origin, value, words)
            if value is not None:
                instant = localise(raw, self.context.zone) if isinstance(raw, dt.datetime) else None
                self._add(name, Known(value, spec.origin.grade, source, instant=instant))

    def _container_given(self, path: str) -> bool:
        """Whether the part of the contract that holds a field was given at all."""
        part = getattr(self.complaint, path.split(".", maxsplit=1)[0], None)
        return bool(getattr(part, "model_fields_set", ()))

    def _explicitly_empty(self, path: str) -> bool:
        """Whether the record was given with this field empty (``null``), which says that it did not happen."""
        head, _, field = path.partition(".")
        part = getattr(self.complaint, head, None)
        return bool(field) and field in getattr(part, "model_fields_set", ())

    def _contract_value(self, spec: FactSpec, raw: object, source: str) -> Value | None:
        """A contract field as a value. A slug that is no member is looked for among the sellers' words."""
        if raw is None or (isinstance(raw, tuple | list) and not raw):
            return None
        if spec.type == "bool" and not isinstance(raw, bool):
            # A yes-or-no fact read from a field of another kind asks whether the record has it; the figure 0 is none.
            return not (isinstance(raw, int | float) and raw == 0)
        if isinstance(raw, dt.datetime):
            return local_date(raw, self.context.zone)
        if spec.type == "set":
            items = raw if isinstance(raw, list | tuple) else (raw,)
            read = [member(spec, str(item)) for item in items]
            other = {"other"} & spec.members.keys() if None in read else set()
            return frozenset(m for m in read if m is not None) | other or None
        if spec.type == "enum":
            items = raw if isinstance(raw, list | tuple) else (raw,)
            named = {m for item in items if not isinstance(item, bool) and (m := member(spec, str(item))) is not None}
            return named.pop() if len(named) == 1 else None  # a list that names two values settles on neither
        return self._checked(spec, raw, source)

    def _loosely(self, spec: FactSpec, raw: object) -> Value | None:
        """A seller's own words, mapped to the one value they speak of."""
        return self.context.sellers_words[spec.name].read(raw) if isinstance(raw, str) else None

    def _in_words(self, spec: FactSpec, raw: object) -> Value | None:
        """A field that holds words: the values that they name, ``other`` where a set has it and they name none."""
        given = raw if isinstance(raw, list | tuple) else (raw,)
        items = [item for item in given if isinstance(item, str) and item.strip()]  # an empty field names nothing
        read = [self.context.sellers_words[spec.name].all_in(item) for item in items]
        named = frozenset().union(*read)
        if spec.type == "set":
            other = {"other"} & spec.members.keys() if not all(read) else set()
            return named | other or None
        return next(iter(named)) if len(named) == 1 else None

    def _with_words(self, spec: FactSpec, origin: Origin, value: str, words: str) -> Value | None:
        """A value beside a seller's own words, which may be more exact or say another thing.

        Words that name a kind of the value, or a value where the field says nothing in particular, are the better
        source. Words for what this value may be about (a service for a phone) say nothing against it. Words that name
        other values beside this one leave it unknown; words that name only others contradict it.
        """
        members = spec.members
        spoken = self.context.sellers_words[spec.name].all_in(words)
        named = spoken - {value} - set(wider_than(members, value))
        if value == origin.unspecific:
            return value if not named else next(iter(named)) if len(named) == 1 else None
        narrower = {other for other in named if value in wider_than(members, other)}
        others = named - narrower - {origin.unspecific}
        if others:
            others -= about_of(members, value)
        if not others:
            return next(iter(narrower)) if len(narrower) == 1 else value
        if narrower or value in spoken:
            return None
        for other in sorted(others):
            self._add(spec.name, Known(other, origin.grade, origin.text_path or origin.path))
        return value

    # --- form facts -------------------------------------------------------------------------------------------------

    def _form(self) -> None:
        for name, raw in self.complaint.facts.items():
            spec = self.vocabulary.facts.get(name)
            if spec is None or name in BUILT_IN_DATES:
                self.unknown_names.append(name)
                continue
            several = is_several(raw)
            if several and len(raw) > _MAX_SOURCES:
                zh, en = f"来源最多 {_MAX_SOURCES} 个", f"at most {_MAX_SOURCES} sources are read"
                self.problems.append(Problem(f"facts.{name}", zh, en))
            for index, entry in enumerate(raw[:_MAX_SOURCES] if several else [raw]):
                self._form_entry(spec, entry, f"facts.{name}.{index}" if several else f"facts.{name}")

    def _form_entry(self, spec: FactSpec, entry: object, path: str) -> None:
        grade, source, raw = Grade.STATED, f"facts.{spec.name}", entry
        if isinstance(entry, dict):
            if not self._keys_read(spec, entry, path):
                return
            raw = entry.get("value")
            word = entry.get("grade", "stated")
            if word not in GRADES:
                grades = ", ".join(GRADES)
                field = f"facts.{spec.name}.grade"
                self.problems.append(Problem(field, f"应为以下之一：{grades}", f"expected one of: {grades}"))
                return
            grade = GRADES[word]
            if isinstance(entry.get("source"), str):
                source = entry["source"]
        if raw is None:
            return
        value = self._checked(spec, raw, f"facts.{spec.name}")
        if value is not None:
            self._add(spec.name, Known(value, grade, source, instant=self._instant(spec, raw)))
            if spec.type == "set":
                self._told_by_set(spec.name, value, grade, source)
            elif spec.type == "enum" and isinstance(value, str):
                self._told_as_given(spec, value, grade, source)

    def _keys_read(self, spec: FactSpec, entry: Mapping[Any, Any], path: str) -> bool:
        """Whether the keys of a fact's mapping can be told; what stands beside the three known ones is passed through.

        A mapping without ``value`` meant to say something, and a slip of the pen for ``grade`` would quietly make less of
        a record than it is: a person looks at both. Any other key is the sender's own, as anywhere in a complaint.
        """
        strange = {str(key): value for key, value in entry.items() if key not in _FACT_KEYS}
        slips = [] if "grade" in entry else [key for key in strange if _is_slip(key, "grade")]
        for key in slips:
            field = f"facts.{spec.name}.{key}"
            self.problems.append(Problem(field, "没有这个键，是不是 grade？", "there is no such key; is it grade?"))
        if "value" not in entry:
            near = next((key for key in strange if _is_slip(key, "value")), "")
            self.problems.append(
                Problem(
                    f"facts.{spec.name}.value",
                    "缺少 value；写成 {value, grade, source}" + (f"，“{near}”是不是 value？" if near else ""),
                    "the value is missing; write {value, grade, source}" + (f"; is {near!r} value?" if near else ""),
                )
            )
        self.unknown_keys |= {f"{path}.{key}": value for key, value in strange.items()}
        return not slips and "value" in entry

    def _told_by_set(self, name: str, members: Value, grade: Grade, source: str) -> None:
        """A field of the contract given as a fact of its name tells the other facts that are read from it, too."""
        assert isinstance(members, frozenset)  # noqa: S101 (the fact is a set and accepted the value)
        for other in self.vocabulary.facts.values():
            if other.origin is not None and other.origin.path == name and other.name != name:
                value = self._contract_value(other, sorted(members), source)
                if value is not None:
                    self._add(other.name, Known(value, grade, source))

    def _told_as_given(self, spec: FactSpec, value: str, grade: Grade, source: str) -> None:
        """A value told under its own name counts among what the field gives it as: a kind of order that was asked for."""
        for other in self.vocabulary.facts.values():
            same = other.origin is not None and spec.origin is not None and other.origin.path == spec.origin.path
            if same and other.type == "set" and other.members.keys() >= spec.members.keys():
                self._add(other.name, Known(frozenset({value}), grade, source))

    def _instant(self, spec: FactSpec, raw: object) -> dt.datetime | None:
        if spec.type != "date" or not isinstance(raw, str) or "T" not in raw:
            return None
        try:
            return localise(dt.datetime.fromisoformat(raw), self.context.zone)
        except ValueError:
            return None

    def _checked(self, spec: FactSpec, raw: Any, field: str) -> Value | None:
        value = coerce(spec, raw, self.context.zone)
        if value is None or not spec.accepts(value):
            zh, en = expected(spec, self.context.lexicon.currency)
            self.problems.append(Problem(field, f"应为{zh}", f"expected {en}"))
            return None
        return value

    # --- text -------------------------------------------------------------------------------------------------------

    def _text(self, received: dt.date) -> Scan | None:
        if not self.complaint.text:
            return None
        scan = self.context.lexicon.scan(self.complaint.text, received_on=received if self.received_at else None)
        said: dict[str, list[Known]] = {}
        span = scan.normal.way_back()
        for hit in scan.hits:
            signal = self.context.lexicon.signals[hit.signal]
            words = span(hit.start, hit.end)
            source = f"{SIGNAL_PREFIX}{hit.signal}"
            if not hit.negated:
                said.setdefault(source, []).append(Known(True, Grade.STATED, source, words=words))
            for fact, value in signal.sets:
                if not hit.negated:
                    said.setdefault(fact, []).append(Known(value, Grade.STATED, source, words=words))
                elif signal.negated == "flip" and isinstance(value, bool):
                    said.setdefault(fact, []).append(Known(not value, Grade.STATED, source, words=words))
        for bound in scan.readings:
            words = span(bound.reading.start, bound.reading.end)
            if bound.reading.value is None:
                self.silenced.add(bound.spec.fact)
                continue
            if self._explained(bound, received):
                continue
            source = f"reading.{bound.spec.id}"
            said.setdefault(bound.spec.fact, []).append(Known(bound.reading.value, Grade.STATED, source, words=words))
        for name, values in said.items():
            self._say(self.vocabulary[name], values)
        return scan

    def _explained(self, bound: BoundReading, received: dt.date) -> bool:
        """Whether the day or the sum that is told is that of something else, by what is on record or shown of it.

        The goods sent back are signed for as well (说9月5号就签收了): that contradicts no record of when they came. Nor does what
        their freight cost (付了12块) contradict the price.
        """
        told: Any = bound.reading.value
        try:
            if bound.spec.kind != "amount":
                told = received - dt.timedelta(days=told) if isinstance(told, int) else told
        except OverflowError:  # longer ago than there are years
            return False
        return any(
            one.grade >= Grade.EVIDENCE and not self.vocabulary[name].differ(told, one.value)
            for name in bound.spec.explained_by
            for one in self.sources.get(name, ())
        )

    def _say(self, spec: FactSpec, values: list[Known]) -> None:
        """One text is one source: what it says both ways of an open fact, it does not say."""
        if spec.type == "set":
            union = frozenset().union(*(v.value for v in values if isinstance(v.value, frozenset)))
            for known in values:
                self._add(spec.name, Known(union, known.grade, known.source, words=known.words))
            return
        if spec.world == "raised" and spec.type == "bool":
            values = [v for v in values if v.value is True] or values
        if spec.world == "raised" and spec.type == "money":
            # Affirmed mentions of a sum that is only ever claimed: the largest is what is claimed, what is vague takes none away.
            self.told_sums[spec.name] = frozenset(v.value for v in values if isinstance(v.value, int))
            values = [max(values, key=lambda v: v.value if isinstance(v.value, int) else 0)]
            self.silenced.discard(spec.name)
        if any(spec.differ(values[0].value, v.value) for v in values) or spec.name in self.silenced:
            self.unclear.append(spec.name)
            return
        if spec.accepts(values[0].value):
            self._add(spec.name, values[0])

    # --- merging ----------------------------------------------------------------------------------------------------

    def _merge(self) -> tuple[dict[str, Known], dict[str, tuple[Known, ...]]]:
        known: dict[str, Known] = {}
        disputed: dict[str, tuple[Known, ...]] = {}
        for name, sources in self.sources.items():
            spec = self.vocabulary.facts.get(name)
            if len(sources) == 1:
                known[name] = sources[0]
                continue
            best = max(sources, key=lambda k: k.grade)
            if spec is None:
                known[name] = best
            elif spec.type == "set":
                union = frozenset().union(*(k.value for k in sources if isinstance(k.value, frozenset)))
                known[name] = Known(union, best.grade, best.source, words=best.words)
            elif spec.world == "raised" and spec.type == "bool":
                known[name] = next((k for k in sources if k.value is True), best)
            elif any(spec.differ(one.value, best.value) for one in sources):
                disputed[name] = tuple(sources)
            else:
                others = {one.value: one for one in sources if one.grade == best.grade and one.value != best.value}
                if others:
                    self.nearly[name] = tuple(others.values())
                taken = self.instead.get(name, best)
                if taken is None:
                    disputed[name] = tuple(sources)
                else:
                    known[name] = taken
        return known, disputed

    def _added_up(self, known: dict[str, Known], disputed: dict[str, tuple[Known, ...]]) -> bool:
        """Settle what is disputed only because the text names the parts of the sum that the form claims.

        退159，再补30 beside a form that claims 189, and 退款，再补30 where 159 were paid, claim 189: what the form says stands, and
        each sum that is told is in it.
        """
        whole = {name: one for name in disputed if (one := self._whole(name, disputed[name], known)) is not None}
        known |= whole
        for name in whole:
            del disputed[name]
        return bool(whole)

    def _whole(self, name: str, sources: tuple[Known, ...], known: Mapping[str, Known]) -> Known | None:
        """The form's word for a sum that holds each sum that is told of it; None where it does not."""
        spec, told = self.vocabulary[name], self.told_sums.get(name, frozenset())
        path = None if spec.origin is None else spec.origin.path
        form, *others = sorted(sources, key=lambda one: one.source != path)
        if not spec.parts or not told or form.source != path or len(others) != 1 or not isinstance(form.value, int):
            return None
        rest = form.value - sum(told)
        parts = {known[part].value for part in spec.parts if part in known and known[part].grade is Grade.RECORD}
        return form if (rest == 0 and len(told) > 1) or (rest > 0 and rest in parts - told) else None

    def _derive(self, known: dict[str, Known], disputed: dict[str, tuple[Known, ...]]) -> None:
        context = self.context
        for spec, inputs, three_valued in context.derivations:
            name = spec.name
            computed = None
            # Nothing comes of an unknown input, and nothing three-valued of unknown inputs alone.
            if not known.keys().isdisjoint(inputs) if three_valued else known.keys() >= inputs:
                computed = compute(spec, known, self.parameters, context.functions)
            if computed is None or not spec.accepts(computed.value):
                if spec.presumption is not None and name not in known and name not in disputed:
                    known[name] = self.vocabulary.defaults[name]
                continue
            if name in disputed:
                continue
            direct = known.get(name)
            if direct is None:
                known[name] = computed
            elif spec.world == "raised":
                if computed.value is True:
                    known[name] = computed if direct.value is not True else direct
            elif spec.differ(direct.value, computed.value):
                if spec.origin is not None and (
                    direct.source == spec.origin.path or (spec.type == "money" and direct.grade is Grade.RECORD)
                ):
                    # The field itself is the better record: a total paid beats price times quantity. So does the same sum on record
                    # that is given under its own name, as when somebody was asked for it.
                    continue
                disputed[name] = (direct, computed)
                del known[name]
            elif computed.grade > direct.grade:
                known[name] = computed

    def _closed(self, known: dict[str, Known], disputed: Mapping[str, tuple[Known, ...]]) -> Facts:
        """All facts: what was found, over what holds where nobody has said anything."""
        defaults = self.vocabulary.defaults
        told = {name for name, have in known.items() if defaults.get(name) is not have}
        whole = dict(defaults) if not isinstance(defaults, MappingProxyType) else defaults.copy()
        whole.update(known)
        for name in disputed:
            told.add(name)
            whole.pop(name, None)
        return Facts(
            MappingProxyType(whole), MappingProxyType(dict(disputed)), tuple(self.unclear), told=frozenset(told)
        )


def compute(
    spec: FactSpec, known: Mapping[str, Known], parameters: Mapping[str, Value], context: Context
) -> Known | None:
    """The value of a derived fact, with the weakest grade of its inputs; None if an input is unknown."""
    if spec.derivation is None:
        return None
    function = FUNCTIONS[spec.derivation.function]
    args: list[Known] = []
    for arg in spec.derivation.args:
        if isinstance(arg, int | ValueArg):
            args.append(Known(arg if isinstance(arg, int) else arg.value, Grade.RECORD, "constant"))
        elif arg.startswith("param."):
            value = parameters.get(arg.removeprefix("param."))
            if value is None:
                return None
            args.append(Known(value, Grade.RECORD, arg))
        elif arg in known:
            args.append(known[arg])
        elif function.three_valued:
            args.append(Known("", Grade.RECORD, "unknown"))
        else:
            return None
    value = function.compute(args, context)
    if value is None:
        return None
    names = ", ".join(str(a) for a in spec.derivation.args)
    grade = weakest(a.grade for a in args if a.source != "unknown")
    return Known(value, grade, f"{spec.derivation.function}({names})")


def coerce(spec: FactSpec, raw: Any, zone: ZoneInfo) -> Value | None:
    """A JSON value as a fact's value; None where it does not fit. Nothing is guessed."""
    if spec.type == "bool":
        return raw if isinstance(raw, bool) else None
    if spec.type == "integer":
        if isinstance(raw, bool):
            return None
        if isinstance(raw, float):
            return int(raw) if raw.is_integer() and abs(raw) < 2**53 else None
        return raw if isinstance(raw, int) else None
    if spec.type == "money":
        return _fen(raw)
    if spec.type == "date":
        return _day(raw, zone)
    if spec.type == "enum":
        return member(spec, raw) if isinstance(raw, str) else None
    if isinstance(raw, str) and member(spec, raw) is None and raw.strip().casefold() in NONE_OF_THEM:
        return frozenset()
    items = raw if isinstance(raw, list | tuple | set | frozenset) else (raw,)
    members = [member(spec, item) if isinstance(item, str) else None for item in items]
    return None if any(m is None for m in members) else frozenset(m for m in members if m)


def _fen(raw: Any) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int | float | str | Decimal):
        return None
    try:
        amount = Decimal(repr(raw)) if isinstance(raw, float) else Decimal(raw)
    except InvalidOperation:
        return None
    if not amount.is_finite() or abs(amount) >= 10**12:  # the contract's bound on amounts
        return None
    fen = amount * 100
    return int(fen) if fen == fen.to_integral_value() else None


def _day(raw: Any, zone: ZoneInfo) -> dt.date | None:
    if isinstance(raw, dt.datetime):
        return local_date(raw, zone)
    if isinstance(raw, dt.date):
        return raw
    if not isinstance(raw, str):
        return None
    try:
        instant = dt.datetime.fromisoformat(raw)
    except ValueError:
        return None
    day = local_date(instant, zone)
    return day if dt.date(1990, 1, 1) <= day < dt.date(2100, 1, 1) else None


def is_several(raw: object) -> TypeGuard[list[Any]]:
    """Whether what stands under a fact's name is a list of sources, and not one value that is a list."""
    return isinstance(raw, list) and any(isinstance(entry, dict) for entry in raw)


def given(facts: Mapping[str, object]) -> frozenset[str]:
    """The facts of a complaint that somebody gives a value of: null is a field that was left open."""
    return frozenset(name for name, raw in facts.items() if any(value is not None for value in values_of(raw)))


def values_of(raw: object) -> Iterator[object]:
    """The values that stand under a fact's name, one for each source."""
    for entry in raw if is_several(raw) else [raw]:
        yield entry.get("value") if isinstance(entry, dict) else entry


def member(spec: FactSpec, word: str) -> str | None:
    """A member by its slug, its label or a seller's word for it."""
    if word in spec.members:
        return word
    members = spec.members.values()
    text = next((one.language for one in members), CHINESE).normalise(word).text.strip()
    return next((one.slug for one in members if text in one.names), None)


_KINDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "bool": (" true 或 false", "true or false"),
        "integer": ("整数", "a whole number"),
        "money": ("金额（{zh}）", "an amount in {en}"),
        "date": ("日期，写成 2026-11-20", "a date, written as 2026-11-20"),
    }
)


def expected(spec: FactSpec, currency: str) -> tuple[str, str]:
    """What values a fact takes, in Chinese and in English; amounts are in the pack's currency."""
    if spec.type in {"enum", "set"}:
        members = ", ".join(spec.members)
        if spec.type == "set":
            return (
                f"以下之一：{members}；几个写成列表，都不是写 []",
                f"one of: {members}; several as a list, none of them as []",
            )
        return f"以下之一：{members}", f"one of: {members}"
    zh, en = _KINDS[spec.type]
    if spec.type == "integer" and spec.low is not None and spec.high is not None:
        return f" {spec.low} 至 {spec.high} 的{zh}", f"{en} between {spec.low} and {spec.high}"
    own = currency_of(currency)
    return zh.format(zh=own.zh), en.format(en=own.en)


def _is_slip(key: str, word: str) -> bool:
    """Whether a key is nearly a word: ``grde``, ``Grade``."""
    return bool(suggestion(key.casefold().strip(), (word,)))


def _lookup(complaint: Complaint, path: str) -> object:
    """A field of the contract by its path. A path into a list gives the field of each item."""
    current: object = complaint
    for part in path.split("."):
        if isinstance(current, tuple | list):
            current = [getattr(item, part, None) for item in current]
        else:
            current = getattr(current, part, None)
        if current is None:
            return None
    return current
