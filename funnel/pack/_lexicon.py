"""Read ``signals/*.yaml``: word lists first (they are pack-wide), then signals and readings."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, cast

from funnel.diagnostics import Span
from funnel.facts._clocks import Lateness
from funnel.facts.language import CHINESE
from funnel.facts.phrases import Phrase, PhraseError, PhraseParser, mark_in, sign_in
from funnel.facts.signals import Lexicon, ReadingSpec, Signal
from funnel.facts.values import Value
from funnel.facts.vocabulary import MEANT, FactSpec, Texts
from funnel.pack._conditions import TYPE_NAMES, member, read_value
from funnel.pack._nodes import Node, ScalarNode
from funnel.pack._reader import Reader, near, near_fact

LISTS = ("negators", "not_negators", "negation_breaks", "hedges", "not_hedges")
_TOP = ("words", "signals", "readings", *LISTS)
_SIGNAL = ("phrases", "all", "within", "later", "sets", "except", "negated", "hedged", "alone")
_KIND_TYPES = {"amount": "money", "date": "date", "days": "integer"}
_MAX_WITHIN = 20
_MAX_APART = 1000


class LexiconReader:
    """Collects the signal files of a pack."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.words: dict[str, tuple[str, ...]] = {}
        self.lists: dict[str, tuple[str, ...]] = dict.fromkeys(LISTS, ())
        self.titles: dict[str, Texts] = {}
        self._spans: dict[str, Span] = {}
        self._signals: dict[str, dict[str, Node]] = {}
        self._readings: dict[str, dict[str, Node]] = {}
        self._parser = PhraseParser({}, reader.language)  # of all words, once they are known

    def add_file(self, node: Node) -> None:
        """Read a file's words and remember its signals."""
        r = self.reader
        entries = r.mapping(node, required=("funnel",), optional=_TOP)
        if entries is None:
            return
        for key, value in r.entries(entries.get("words")):
            if self.reader.is_new(self._spans, f"words.{key.value}", key):
                self.words[key.value] = self._forms(value)
        for name in LISTS:
            self.lists[name] += self._list(entries.get(name))
        for key, value in r.entries(entries.get("signals")):
            name_ = r.slug(key)
            inner = r.mapping(value, required=("title",), optional=_SIGNAL)
            if inner is not None and "phrases" not in inner and "all" not in inner:
                r.sink.add("F202", value.span, key="phrases")
            if name_ is not None and inner is not None and self.reader.is_new(self._spans, name_, key):
                self.titles[name_] = r.texts(inner.get("title")) or MappingProxyType({r.language.code: name_})
                self._signals[name_] = inner
        for key, value in r.entries(entries.get("readings")):
            name_ = r.slug(key)
            inner = r.mapping(
                value,
                required=("sets", "kind"),
                optional=("before", "after", "within", "except", "explained_by", "title"),
            )
            if name_ is not None and inner is not None and self.reader.is_new(self._spans, f"readings.{name_}", key):
                self._readings[name_] = inner

    def _list(self, node: Node | None) -> tuple[str, ...]:
        """The words of a list such as the negators, each of which must be one that can be found."""
        for item in self.reader.items(node, single=True):
            if isinstance(item, ScalarNode) and self._is_cut(item.value):
                self.reader.sink.add("F528", item.span, phrase=item.value)
        return self.reader.strings(node)

    def _is_cut(self, form: str) -> bool:
        return self.reader.language.is_cut(self.reader.language.normalise(form).text)

    def _forms(self, node: Node) -> tuple[str, ...]:
        """The forms of a word list. One with a mark is an error here, once, and not at every phrase that uses the list."""
        found: list[str] = []
        for item in self.reader.items(node, single=True):
            form = self.reader.string(item)
            if form is None:
                continue
            if wrong := sign_in(form):
                self.reader.sink.add("F526", item.span, phrase=form, **wrong)
            elif mark := mark_in(form, self.reader.language):
                self.reader.sink.add("F519", item.span, phrase=form, mark=mark)
                form = form.partition(mark)[0]
            if form:
                found.append(form)
        return tuple(found)

    @property
    def signal_ids(self) -> tuple[str, ...]:
        """Ids of all signals read so far."""
        return tuple(sorted(self._signals))

    def finish(self, facts: Mapping[str, FactSpec], currency: str) -> Lexicon:
        """Compile everything; call when all files and the vocabulary have been read."""
        language = self.reader.language
        self._parser = PhraseParser(self.words, language)
        signals = [self._signal(name, entries, facts) for name, entries in sorted(self._signals.items())]
        readings = [self._reading(name, entries, facts) for name, entries in sorted(self._readings.items())]
        return Lexicon(
            signals, [spec for spec in readings if spec is not None], **self.lists, language=language, currency=currency
        )

    def _signal(self, name: str, entries: Mapping[str, Node], facts: Mapping[str, FactSpec]) -> Signal:
        negated = self.reader.choice(entries.get("negated"), ("ignore", "flip")) or "ignore"
        hedged = self.reader.choice(entries.get("hedged"), ("ignore", "count")) or "ignore"
        return Signal(
            id=name,
            title=self.titles[name],
            phrases=self._phrases(entries.get("phrases")),
            excepts=self._phrases(entries.get("except")),
            sets=self._sets(entries.get("sets"), facts),
            negated=cast("Literal['ignore', 'flip']", negated),
            hedged=cast("Literal['ignore', 'count']", hedged),
            together=self._together(entries.get("all")),
            within=self.reader.integer(entries.get("within"), 2, _MAX_APART),
            later=self._later(entries.get("later"), entries.get("all")),
            alone=self.reader.boolean(entries.get("alone")) is True,
        )

    def idle(self) -> Mapping[str, Span]:
        """The signals that do nothing unless a condition reads them: they set no fact and none is made of them."""
        parts = {
            item.value
            for entries in self._signals.values()
            for item in self.reader.items(entries.get("all"))
            if isinstance(item, ScalarNode)
        }
        return {
            name: self._spans[name]
            for name, entries in self._signals.items()
            if "sets" not in entries and name not in parts
        }

    def _later(self, node: Node | None, parts: Node | None) -> Lateness | None:
        """How much later the second of two signals must be."""
        if node is not None and len(self.reader.items(parts)) != 2:  # noqa: PLR2004 (an earlier and a later one)
            self.reader.sink.add("F523", node.span)
        if node is not None and self.reader.language is not CHINESE:
            self.reader.sink.add("F529", node.span, language=self.reader.language.code)
        said = self.reader.lateness(node)
        return None if said is None else Lateness.of(said)

    def _together(self, node: Node | None) -> tuple[str, ...]:
        """The signals that one is made of: two at least, and none that is itself made of others."""
        found: dict[str, None] = {}
        for item in self.reader.items(node):
            name = self.reader.string(item)
            if name is None:
                continue
            if name not in self._signals:
                self.reader.sink.add("F302", item.span, name=name, **near(name, self._signals))
            elif "all" in self._signals[name]:
                self.reader.sink.add("F520", item.span, name=name)
            else:
                found[name] = None
        if node is not None and len(self.reader.items(node)) < 2:  # noqa: PLR2004 (two at least)
            self.reader.sink.add("F521", node.span)
        return tuple(found)

    def _phrases(self, node: Node | None) -> tuple[Phrase, ...]:
        found: list[Phrase] = []
        for item in self.reader.items(node, single=True):
            source = self.reader.string(item)
            if source is None:
                continue
            try:
                found += self._parser.parse(source)
            except PhraseError as error:
                values = dict(error.values)
                if error.code == "F308":
                    values |= near(values["name"], self.words)
                self.reader.sink.add(error.code, item.span, **values)
        return tuple(found)

    def _sets(self, node: Node | None, facts: Mapping[str, FactSpec]) -> tuple[tuple[str, Value], ...]:
        found: list[tuple[str, Value]] = []
        for key, value in self.reader.entries(node, "{grievances: return_refused}"):
            spec = facts.get(key.value)
            if key.value == MEANT:
                self.reader.sink.add("F532", key.span, fact=MEANT)
                continue
            if spec is None:
                self.reader.sink.add("F301", key.span, name=key.value, **near_fact(key.value, facts))
                continue
            if spec.type == "set":
                members = [member(self.reader, spec, item) for item in self.reader.items(value, single=True)]
                found.append((spec.name, frozenset(m for m in members if m is not None)))
            else:
                constant = read_value(self.reader, spec, value)
                if constant is not None:
                    found.append((spec.name, constant))
        return tuple(sorted(found, key=lambda pair: pair[0]))

    def _reading(self, name: str, entries: Mapping[str, Node], facts: Mapping[str, FactSpec]) -> ReadingSpec | None:
        kind = self.reader.choice(entries.get("kind"), tuple(_KIND_TYPES))
        fact_node = entries.get("sets")
        fact = self.reader.fact_name(fact_node)
        within = self.reader.integer(entries.get("within"), 0, _MAX_WITHIN)
        if kind is None or fact is None or fact_node is None:
            return None
        spec = facts.get(fact)
        if spec is None:
            self.reader.sink.add("F301", fact_node.span, name=fact, **near_fact(fact, facts))
            return None
        if spec.type != _KIND_TYPES[kind]:
            zh, en = TYPE_NAMES[_KIND_TYPES[kind]]
            self.reader.sink.add(
                "F206", fact_node.span, value=fact, expected_zh=zh, expected_en=en, example="price_paid"
            )
            return None
        return ReadingSpec(
            id=name,
            fact=fact,
            kind=cast("Literal['amount', 'date', 'days']", kind),
            before=self._cues(entries.get("before")),
            after=self._cues(entries.get("after")),
            within=6 if within is None else within,
            excepts=self._phrases(entries.get("except")),
            explained_by=self._explainers(entries.get("explained_by"), kind, facts),
        )

    def _explainers(self, node: Node | None, kind: str, facts: Mapping[str, FactSpec]) -> tuple[str, ...]:
        """Names of facts that hold a sum, for an amount, or a day, for a date and a duration."""
        wanted = "money" if kind == "amount" else "date"
        example = "return_freight_paid" if kind == "amount" else "return_received_on"
        found: list[str] = []
        for item in self.reader.items(node, single=True):
            name = self.reader.fact_name(item)
            spec = None if name is None else facts.get(name)
            if name is not None and spec is None:
                self.reader.sink.add("F301", item.span, name=name, **near_fact(name, facts))
            elif spec is not None and spec.type != wanted:
                zh, en = TYPE_NAMES[wanted]
                self.reader.sink.add(
                    "F206", item.span, value=spec.name, expected_zh=zh, expected_en=en, example=example
                )
            elif spec is not None:
                found.append(spec.name)
        return tuple(found)

    def _cues(self, node: Node | None) -> tuple[str, ...]:
        """Cue words: literals only, but alternatives and word lists are allowed."""
        return tuple(
            literal for phrase in self._cue_phrases(node) if len(phrase.segments) == 1 for literal in phrase.segments[0]
        )

    def _cue_phrases(self, node: Node | None) -> tuple[Phrase, ...]:
        found: list[Phrase] = []
        for item in self.reader.items(node, single=True):
            source = self.reader.string(item)
            if source is None:
                continue
            if len(source) == 1 and not self._is_cut(source):
                # One character is enough for a cue: the value beside it makes it specific.
                found.append(Phrase(source, ((source,),), ()))
                continue
            found += self._phrases(item)
        return tuple(found)
