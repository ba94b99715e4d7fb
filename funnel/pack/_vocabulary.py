"""Read ``vocabulary/*.yaml``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import cast

from funnel.diagnostics import Span
from funnel.facts.derived import FUNCTIONS
from funnel.facts.values import GRADES, Grade, Value
from funnel.facts.vocabulary import (
    BUILT_IN_DATES,
    FACT_TYPES,
    MEANT,
    SIGNAL_PREFIX,
    Derivation,
    FactSpec,
    FactType,
    Member,
    Origin,
    Presumption,
    Source,
    Texts,
    ValueArg,
    Vocabulary,
    World,
    wider_than,
)
from funnel.pack._conditions import RESERVED, TYPE_NAMES, read_value
from funnel.pack._nodes import MapNode, Node, ScalarNode
from funnel.pack._reader import Reader, near
from funnel.pack.model import SETTLED_KINDS

_FIELDS = (
    "values", "world", "unit", "range", "tolerance", "from", "derived", "presumed", "question", "ask", "gives",
    "sensitivity", "why", "heed", "parts",
)  # fmt: skip
_BUILT_IN_LABELS: Mapping[str, Texts] = MappingProxyType(
    {
        "complained_on": MappingProxyType({"zh": "投诉日", "en": "complained on"}),
        "today": MappingProxyType({"zh": "判断基准日", "en": "as of"}),
    }
)


class VocabularyReader:
    """Collects facts from any number of files, then checks what refers to what."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.facts: dict[str, FactSpec] = {}
        self.spans: dict[str, Span] = {}
        self._presumed: dict[str, Node] = {}
        self._derivation_spans: dict[str, Span] = {}
        self._part_spans: dict[str, dict[str, Span]] = {}

    def add_file(self, node: Node) -> None:
        """Read one vocabulary file."""
        entries = self.reader.mapping(node, required=("funnel", "facts")) or {}
        for key, value in self.reader.entries(entries.get("facts")):
            name = self.reader.fact_name(key)
            if name is None:
                continue
            if name in self.spans or name in BUILT_IN_DATES or name.startswith(SIGNAL_PREFIX):
                related = ((self.spans[name], ""),) if name in self.spans else ()
                self.reader.sink.add("F303", key.span, *related, name=name)
                continue
            self.spans[name] = key.span
            if name in RESERVED:
                self.reader.sink.add("F315", key.span, name=name)
            spec = self._fact(name, value)
            if spec is not None:
                self.facts[name] = spec

    def _fact(self, name: str, node: Node) -> FactSpec | None:
        r = self.reader
        entries = r.mapping(node, required=("type", "label"), optional=_FIELDS)
        if entries is None:
            return None
        type_ = r.choice(entries.get("type"), FACT_TYPES)
        label = r.texts(entries.get("label"))
        if type_ is None or label is None:
            return None
        world = r.choice(entries.get("world"), ("open", "raised")) or "open"
        members = self._members(entries.get("values"))
        if type_ in {"enum", "set"} and not members:
            r.sink.add("F202", node.span, key="values")
        low, high = self._range(entries.get("range"), type_)
        ask = r.choice(entries.get("ask"), ("consumer", "merchant", "system", "nobody")) or "nobody"
        gives = r.choice(entries.get("gives"), tuple(GRADES))
        why = r.texts(entries.get("why"))
        if world == "raised" and why is None:
            r.sink.add("F514", self.spans[name], fact=name)
        question = r.texts(entries.get("question"))
        if ask in {"consumer", "merchant"} and question is None:
            r.sink.add("F512", self.spans[name], fact=name)
        if name == MEANT and (type_, world, ask) != ("set", "raised", "consumer"):
            r.sink.add("F530", self.spans[name], fact=name)
        tolerance = r.money(entries.get("tolerance")) if type_ == "money" else r.integer(entries.get("tolerance"), 0)
        spec = FactSpec(
            name=name,
            type=cast("FactType", type_),
            label=label,
            world=cast("World", world),
            unit=r.raw(entries.get("unit"), "单位", "a unit", "day"),
            members=MappingProxyType(members),
            low=low,
            high=high,
            tolerance=tolerance or 0,
            origin=self._origin(entries.get("from"), members),
            derivation=self._derivation(name, entries.get("derived")),
            question=question,
            ask=cast("Source", ask),
            gives=GRADES[gives] if gives else (Grade.RECORD if ask == "system" else Grade.STATED),
            sensitivity=r.choice(entries.get("sensitivity"), ("none", "personal", "sensitive")) or "none",
            why=why,
            presumption=None,
            heed=(type_ == "bool" and world == "raised") if (heed := r.boolean(entries.get("heed"))) is None else heed,
            parts=self._parts(name, entries.get("parts"), type_),
        )
        return self._presume(spec, entries.get("presumed"))

    def _parts(self, name: str, node: Node | None, type_: str) -> tuple[str, ...]:
        """Names of sums; whether they are facts of money shows when all files are read."""
        items = self.reader.items(node, single=True)
        if items and type_ != "money":
            self.reader.sink.add(
                "F206", self.spans[name], value=type_, expected_zh=TYPE_NAMES["money"][0],
                expected_en=TYPE_NAMES["money"][1], example="money",
            )  # fmt: skip
        named = {part: item.span for item in items if (part := self.reader.fact_name(item)) is not None}
        self._part_spans[name] = named
        return tuple(named)

    def _check_parts(self, facts: Mapping[str, FactSpec]) -> None:
        for named in self._part_spans.values():
            for part, span in named.items():
                spec = facts.get(part)
                if spec is None:
                    self.reader.sink.add("F301", span, name=part, **near(part, facts))
                elif spec.type != "money":
                    zh, en = TYPE_NAMES["money"]
                    self.reader.sink.add("F206", span, value=part, expected_zh=zh, expected_en=en, example="price_paid")

    def _members(self, node: Node | None) -> dict[str, Member]:
        entries = self.reader.mapping(node, optional=None) or {}
        members: dict[str, Member] = {}
        wider: dict[str, Node] = {}
        about: frozenset[str]
        for slug, value in entries.items():
            answered_by: frozenset[str] | None = None
            group: str | None = None
            about = frozenset()
            if isinstance(value, MapNode):
                inner = (
                    self.reader.mapping(
                        value,
                        required=(self.reader.language.code,),
                        optional=("zh", "en", "also", "within", "about", "answered_by", "group"),
                    )
                    or {}
                )
                if "within" in inner:
                    wider[slug] = inner["within"]
                texts = {lang: self.reader.string(inner.get(lang)) for lang in ("zh", "en")}
                label = MappingProxyType({lang: t for lang, t in texts.items() if t is not None})
                also = self.reader.strings(inner.get("also"))
                others = [name for name in entries if name != slug]
                items = self.reader.items(inner["about"]) if "about" in inner else []
                about = frozenset(k for n in items if (k := self.reader.choice(n, others)) is not None)
                if "answered_by" in inner:
                    items = self.reader.items(inner["answered_by"])
                    answered_by = frozenset(k for n in items if (k := self.reader.choice(n, SETTLED_KINDS)) is not None)
                group = self.reader.string(inner.get("group"))
            else:
                label, also = MappingProxyType(dict(self.reader.texts(value) or {self.reader.language.code: slug})), ()
            within = (
                self.reader.choice(wider[slug], [name for name in entries if name != slug]) if slug in wider else None
            )
            members[slug] = Member(slug, label, also, within, about, answered_by, group, self.reader.language)
        for slug, node_ in wider.items():
            chain = wider_than(members, slug)
            if slug in chain:
                self.reader.sink.add("F206", node_.span, value=slug, expected_zh="更宽的值，不能成环", expected_en="a wider value, without a circle", example="within: food")  # fmt: skip
        return members

    def _range(self, node: Node | None, type_: str) -> tuple[int | None, int | None]:
        if node is None:
            return (0, None) if type_ == "money" else (None, None)
        items = self.reader.items(node)
        if len(items) != 2:  # noqa: PLR2004 (low and high)
            self.reader.sink.add(
                "F206", node.span, value="range", expected_zh="两个数", expected_en="two figures", example="[0, 365]"
            )
            return (None, None)
        read = self.reader.money if type_ == "money" else self.reader.integer
        return (read(items[0]), read(items[1]))

    def _origin(self, node: Node | None, members: Mapping[str, Member]) -> Origin | None:
        if node is None:
            return None
        if isinstance(node, ScalarNode):
            path = self.reader.string(node)
            return None if path is None else Origin(path, _default_grade(path))
        entries = (
            self.reader.mapping(node, required=("path",), optional=("grade", "text", "absent", "unspecific")) or {}
        )
        path = self.reader.string(entries.get("path"))
        if path is None:
            return None
        grade = self.reader.choice(entries.get("grade"), tuple(GRADES))
        text = self.reader.string(entries.get("text"))
        absent = self.reader.integer(entries.get("absent"))
        unspecific = self.reader.choice(entries.get("unspecific"), tuple(members)) if "unspecific" in entries else None
        return Origin(path, GRADES[grade] if grade else _default_grade(path), text, absent, unspecific)

    def _derivation(self, name: str, node: Node | None) -> Derivation | None:
        if node is None:
            return None
        if not isinstance(node, MapNode) or len(node.entries) != 1:
            self.reader.sink.add(
                "F206", node.span, value="derived", expected_zh="一个函数和参数", expected_en="one function with arguments",
                example="{days_between: [signed_on, complained_on]}",
            )  # fmt: skip
            return None
        key, value = node.entries[0]
        if key.value not in FUNCTIONS:
            known = ", ".join(FUNCTIONS)
            self.reader.sink.add("F310", key.span, name=key.value, known=known, **near(key.value, FUNCTIONS))
            return None
        args: list[str | int | ValueArg] = []
        wanted = FUNCTIONS[key.value].args
        for index, item in enumerate(self.reader.items(value)):
            text = self.reader.string(item)
            if text is None:
                return None
            if wanted[min(index, len(wanted) - 1)] == "member":
                args.append(ValueArg(text))
            else:
                args.append(int(text) if text.lstrip("-").isdigit() else text)
        self._derivation_spans[name] = value.span
        return Derivation(key.value, tuple(args))

    def _presume(self, spec: FactSpec, node: Node | None) -> FactSpec:
        if node is None:
            return spec
        entries = self.reader.mapping(node, required=("value",), optional=("basis", "why")) or {}
        value_node = entries.get("value")
        value: Value | None = read_value(self.reader, spec, value_node) if value_node is not None else None
        basis = self.reader.string(entries.get("basis"))
        why = self.reader.texts(entries.get("why"))
        if basis is None and why is None:
            self.reader.sink.add("F513", node.span)
        if value is None:
            return spec
        if basis is not None:
            self._presumed[spec.name] = entries["basis"]
        return replace(spec, presumption=Presumption(value, basis, why))

    @property
    def presumption_citations(self) -> Mapping[str, Node]:
        """The nodes of citations that presumptions rest on, by fact."""
        return self._presumed

    def finish(
        self, signals: Sequence[str], signal_titles: Mapping[str, Texts], parameters: Mapping[str, str]
    ) -> Vocabulary:
        """Add what every pack has, check references, and order the derived facts.

        Args:
            signals: Ids of the pack's signals; each is a raised bool fact.
            signal_titles: Their titles.
            parameters: Types of the register's parameters by name.
        """
        facts = dict(self.facts)
        for name in BUILT_IN_DATES:
            facts[name] = FactSpec(name, "date", _BUILT_IN_LABELS[name])
        for signal in signals:
            name = SIGNAL_PREFIX + signal
            facts[name] = FactSpec(name, "bool", signal_titles[signal], world="raised")
        self._check_parts(facts)
        order = self._order(facts, parameters)
        return Vocabulary(MappingProxyType(dict(sorted(facts.items()))), tuple(order))

    def _order(self, facts: Mapping[str, FactSpec], parameters: Mapping[str, str]) -> list[str]:
        derived = {name: spec.derivation for name, spec in facts.items() if spec.derivation is not None}
        for name, derivation in derived.items():
            self._check_args(name, derivation, facts, parameters)
        order: list[str] = []
        state: dict[str, int] = {}

        def visit(name: str, trail: tuple[str, ...]) -> None:
            if state.get(name) == 1:
                cycle = " → ".join((*trail[trail.index(name) :], name))
                self.reader.sink.add("F311", self._derivation_spans.get(name, Span("")), cycle=cycle)
                return
            if name in state:
                return
            state[name] = 1
            for arg in derived[name].args:
                if isinstance(arg, str) and arg in derived:
                    visit(arg, (*trail, name))
            state[name] = 2
            order.append(name)

        for name in sorted(derived):
            visit(name, ())
        return order

    def _check_args(
        self, name: str, derivation: Derivation, facts: Mapping[str, FactSpec], parameters: Mapping[str, str]
    ) -> None:
        span = self._derivation_spans.get(name, Span(""))
        function = FUNCTIONS[derivation.function]
        known: Collection[str]
        wanted = list(function.args)
        if wanted and wanted[-1].endswith("*"):
            wanted = [wanted[-1][:-1]] * max(1, len(derivation.args))
        if len(wanted) != len(derivation.args):
            example = f"{{{derivation.function}: [{', '.join(function.args)}]}}"
            self.reader.sink.add(
                "F206", span, value=derivation.function, expected_zh=f"{len(wanted)} 个参数的函数调用",
                expected_en=f"a call with {len(wanted)} arguments", example=example,
            )  # fmt: skip
            return
        for arg, want in zip(derivation.args, wanted, strict=True):
            if isinstance(arg, ValueArg):
                known = _values_of(facts.get(str(derivation.args[0])))
                if known and arg.value not in known:
                    self.reader.sink.add(
                        "F204", span, value=arg.value, known=", ".join(known), **near(arg.value, known)
                    )
                continue
            have = _type_of(arg, facts, parameters)
            if have is None:
                known = parameters if str(arg).startswith("param.") else facts
                word = str(arg).removeprefix("param.")
                code = "F307" if str(arg).startswith("param.") else "F301"
                self.reader.sink.add(code, span, name=word, **near(word, known))
            elif want not in {"any", have} and (want, have) != ("enum", "bool"):
                self.reader.sink.add(
                    "F206", span, value=str(arg), expected_zh=_WANT_ZH[want], expected_en=_WANT_EN[want], example=want
                )


_WANT_ZH = {"date": "日期事实", "number": "数值（整数或金额）", "bool": "真假值", "enum": "几选一或者真假的事实"}
_WANT_EN = {
    "date": "a date fact",
    "number": "a number (integer or money)",
    "bool": "a yes-or-no fact",
    "enum": "a fact of one value among several, or a yes-or-no fact",
}


def _values_of(spec: FactSpec | None) -> tuple[str, ...]:
    """What an enum or a yes-or-no fact may be; nothing for a fact that is neither, which is told of its type."""
    if spec is None:
        return ()
    return ("true", "false") if spec.type == "bool" else tuple(spec.members)


def _type_of(arg: str | int, facts: Mapping[str, FactSpec], parameters: Mapping[str, str]) -> str | None:
    if isinstance(arg, int):
        return "number"
    if arg.startswith("param."):
        return "number" if arg.removeprefix("param.") in parameters else None
    spec = facts.get(arg)
    if spec is None:
        return None
    return {"integer": "number", "money": "number", "date": "date", "bool": "bool", "enum": "enum"}.get(
        spec.type, "any"
    )


def _default_grade(path: str) -> Grade:
    head = path.split(".", maxsplit=1)[0]
    if head in {"order", "merchant", "consumer"}:
        return Grade.RECORD
    return Grade.EVIDENCE if head == "evidence" else Grade.STATED
