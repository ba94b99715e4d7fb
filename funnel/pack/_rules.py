"""Read rule files, gates and forums."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, cast

from funnel.diagnostics import Span
from funnel.diagnostics._catalog import CATALOG
from funnel.diagnostics._model import suggestion
from funnel.facts.values import GRADES, Grade
from funnel.facts.vocabulary import GRIEVANCES, SIGNAL_PREFIX, FactSpec, Texts
from funnel.law.register import Register
from funnel.pack._conditions import ConditionReader
from funnel.pack._nodes import MapNode, Node, ScalarNode
from funnel.pack._reader import Reader, near, near_fact
from funnel.pack._register import check_citation
from funnel.pack.formulas import FormulaError, names_of, parse, unit_of
from funnel.pack.model import (
    ACTORS,
    NEVER_SETTLED,
    OTHER,
    PAYERS,
    PLAIN_KINDS,
    REQUIRED_GATES,
    SETTLED_KINDS,
    SUPPORTS,
    Accepted,
    All,
    Basis,
    Condition,
    FactRef,
    Formula,
    ForumSpec,
    Gate,
    Manifest,
    Override,
    ParamRef,
    Refer,
    ReferWhen,
    RemedySpec,
    Rule,
    RuleException,
    Settle,
    Shown,
    StepSpec,
    StrategySpec,
    leaves_of,
)

_BLANK = re.compile(r"\{([^{}]*)\}")
_SCENARIO = re.compile(r"[a-z0-9_]+\Z")
RULE_REQUIRED = ("funnel", "id", "scenario", "revision", "title", "status", "reviewed", "recognise", "elements", "basis", "strategy", "refer")  # fmt: skip
_OPTIONAL = (
    "governs",
    "matter",
    "scope",
    "unless",
    "settle",
    "forums",
    "overrides",
    "out_of_scope",
    "remark",
    "accepted",
)


class RuleReader:
    """Reads rules, gates and forums against everything else of the pack."""

    def __init__(self, reader: Reader, conditions: ConditionReader, register: Register, manifest: Manifest) -> None:
        self.reader = reader
        self.conditions = conditions
        self.facts: Mapping[str, FactSpec] = conditions.facts
        self.register = register
        self.manifest = manifest
        self.reviewed: list[tuple[Span, dt.date]] = []  # where and on which day rules say they were reviewed

    # --- rules ------------------------------------------------------------------------------------------------------

    def rule(self, node: Node, expected_id: str, forums: Mapping[str, ForumSpec]) -> Rule | None:
        """Read one rule file. ``expected_id`` follows from its place."""
        r = self.reader
        entries = r.mapping(node, required=RULE_REQUIRED, optional=_OPTIONAL)
        if entries is None:
            return None
        id_ = r.slug(entries.get("id"))
        if id_ is not None and id_ != expected_id:
            r.sink.add("F207", entries["id"].span, value=id_, expected=expected_id)
        scenario = r._match(entries.get("scenario"), _SCENARIO, "场景编号", "a scenario id", "return7_refused")  # noqa: SLF001
        status = r.choice(entries.get("status"), ("draft", "stable", "retired"))
        reviewed = r.date(entries.get("reviewed"))
        if reviewed is not None:
            self.reviewed.append((entries["reviewed"].span, reviewed))
        title = r.texts(entries.get("title"))
        revision = r.integer(entries.get("revision"), 1, 1_000_000)
        recognise = self.conditions.read(entries.get("recognise"))
        elements = self.conditions.read(entries.get("elements"))
        scope = self.conditions.read(entries.get("scope"))
        exceptions = r.each(entries.get("unless"), self._exception)
        self._unique(entries.get("unless"))
        basis = r.each(entries.get("basis"), self._basis)
        settle = self._settle(entries.get("settle"))
        strategy = self._strategy(entries.get("strategy"))
        refer = self._refer(entries.get("refer"))
        overrides = r.each(entries.get("overrides"), self._override)
        governs = self._date_fact(entries.get("governs")) or "complained_on"
        named = []
        for item in r.items(entries.get("forums"), single=True):
            name = r.string(item)
            if name is not None and name not in forums:
                r.sink.add("F309", item.span, name=name, **near(name, forums))
            elif name is not None:
                named.append(name)
        outside = r.boolean(entries.get("out_of_scope")) is True
        if outside and "settle" in entries:
            r.sink.add("F518", entries["settle"].span)
        remark = self._remark(entries.get("remark"))
        if outside and remark is not None:
            r.sink.add("F522", entries["remark"].span)
        if None in (id_, scenario, status, reviewed, title, revision, recognise, elements, strategy, refer):
            return None
        assert id_ and scenario and status and reviewed and title and revision  # noqa: S101, PT018 (for the type checker)
        assert recognise is not None and elements is not None and strategy and refer  # noqa: S101, PT018 (as above)
        rule = Rule(
            id=id_,
            scenario=scenario,
            revision=revision,
            title=title,
            status=cast("Literal['draft', 'stable', 'retired']", status),
            reviewed=reviewed,
            governs=governs,
            matter=r.slug(entries.get("matter")) or scenario,
            scope=scope,
            recognise=recognise,
            elements=elements,
            exceptions=exceptions,
            basis=basis,
            settle=settle,
            strategy=strategy,
            refer=refer,
            forums=tuple(named),
            overrides=overrides,
            out_of_scope=outside,
            remark=remark,
            accepted=r.each(entries.get("accepted"), self._accepted),
            span=entries["id"].span,
        )
        self._ungraded(rule, entries.get("settle"))
        return rule

    def _remark(self, node: Node | None) -> Condition | None:
        """A condition, or `true` for one that always holds."""
        if isinstance(node, ScalarNode):
            return All(()) if self.reader.boolean(node) else None
        return self.conditions.read(node)

    def _ungraded(self, rule: Rule, node: Node | None) -> None:
        """Warn of a grade asked of a source while what is read is derived from it and has none.

        A derived fact is as good as its weakest input, and may be given by itself: a grade of one input says nothing of it.
        Amounts are no such case, for their facts need a record unless the rule says otherwise.
        """
        listed = node.get("needs") if isinstance(node, MapNode) else None
        if rule.settle is None or not isinstance(listed, MapNode):
            return  # none given, or another shape, which was reported where it was read
        needs = rule.settle.needs
        read = {test.fact for condition, _ in rule.ruling_conditions for test in leaves_of(condition)}
        if rule.settle.limit_of is not None:
            read.add(rule.settle.limit_of)
        paid = {
            n.name for r in rule.settle.remedies if r.formula for n in names_of(r.formula) if isinstance(n, FactRef)
        }
        for key, _ in listed.entries:
            if key.value not in needs or key.value in read | paid:
                continue
            bare = sorted(name for name in read - needs.keys() if key.value in self._sources(name))
            if bare:
                self.reader.sink.add("F517", key.span, fact=key.value, derived=", ".join(bare))

    def _sources(self, name: str) -> frozenset[str]:
        """Every fact that a derived fact is computed from, directly or not."""
        found: set[str] = set()
        waiting = [name]
        while waiting:
            spec = self.facts.get(waiting.pop())
            args = spec.derivation.args if spec is not None and spec.derivation is not None else ()
            new = {arg for arg in args if isinstance(arg, str)} - found
            found |= new
            waiting += new
        return frozenset(found)

    def _accepted(self, node: Node) -> Accepted | None:
        r = self.reader
        entries = r.mapping(node, required=("code", "why"), optional=("with",))
        if entries is None:
            return None
        code = r.choice(entries.get("code"), tuple(sorted(c for c in CATALOG if c.startswith("F7"))))
        other, why = r.string(entries.get("with")), r.texts(entries.get("why"))
        return (
            Accepted(code, other, why, entries["with"].span if other else node.span)
            if code is not None and why is not None
            else None
        )

    def _unique(self, node: Node | None) -> None:
        seen: dict[str, Span] = {}
        for item in self.reader.items(node):
            id_ = item.get("id") if isinstance(item, MapNode) else None
            if isinstance(id_, ScalarNode):
                self.reader.is_new(seen, id_.value, id_)

    def _date_fact(self, node: Node | None) -> str | None:
        name = self.reader.fact_name(node)
        if node is None or name is None:
            return None
        spec = self.facts.get(name)
        if spec is None:
            self.reader.sink.add("F301", node.span, name=name, **near_fact(name, self.facts))
            return None
        if spec.type != "date":
            self.reader.sink.add("F206", node.span, value=name, expected_zh="日期事实", expected_en="a date fact", example="signed_on")  # fmt: skip
            return None
        return name

    def _exception(self, node: Node) -> RuleException | None:
        r = self.reader
        entries = r.mapping(node, required=("id", "when", "basis", "then"), optional=("title", "why"))
        if entries is None:
            return None
        id_ = r.slug(entries.get("id"))
        when = self.conditions.read(entries.get("when"))
        basis = self.citations(entries.get("basis"))
        then = entries.get("then")
        tier: str | None = None
        word = then.value if isinstance(then, ScalarNode) else ""
        named = "" if suggestion(word, ("set_aside",)) else suggestion(word, self.manifest.tiers)
        if isinstance(then, MapNode) or named:  # a tier by itself: told how it is written
            inner = r.mapping(then, required=("refer",), example=f"{{refer: {named or 'agent'}}}") or {}
            tier = r.choice(inner.get("refer"), self.manifest.tiers)
        elif then is not None:
            r.choice(then, ("set_aside",))
        why = self._text(entries.get("why"))
        if id_ is None or when is None:
            return None
        title = r.texts(entries.get("title")) or MappingProxyType({r.language.code: id_})
        return RuleException(id_, title, when, basis, tier, why, entries["id"].span)

    def _basis(self, node: Node) -> Basis | None:
        r = self.reader
        entries = r.mapping(
            node,
            required=("article", "supports"),
            optional=("gist",),
            example="{article: cpl/25, supports: [elements]}",
        )
        if entries is None:
            return None
        article = r.string(entries.get("article"))
        supports = tuple(
            word for item in r.items(entries.get("supports"), single=True) if (word := r.choice(item, SUPPORTS))
        )
        if article is None:
            return None
        check_citation(r, self.register, article, entries["article"].span)
        return Basis(article, supports, r.texts(entries.get("gist")), entries["article"].span)

    def citations(self, node: Node | None) -> tuple[str, ...]:
        """A list of citations, each checked against the register."""
        found = []
        for item in self.reader.items(node, single=True):
            text = self.reader.string(item)
            if text is not None:
                check_citation(self.reader, self.register, text, item.span)
                found.append(text)
        return tuple(found)

    # --- settle -----------------------------------------------------------------------------------------------------

    def _settle(self, node: Node | None) -> Settle | None:
        if node is None:
            return None
        r = self.reader
        entries = r.mapping(node, required=("remedies",), optional=("when", "needs", "limit", "within"))
        if entries is None:
            return None
        limit, limit_of = None, None
        limit_node = entries.get("limit")
        if limit_node is not None:
            inner = r.mapping(limit_node, required=("amount",), optional=("of",), example="{amount: 5000.00}") or {}
            limit = self._limit(inner.get("amount"))
            limit_of = self._known_fact(inner.get("of"))
        within_days, within_of = None, "settlement"
        if (within := entries.get("within")) is not None:
            inner = r.mapping(within, required=("days",), optional=("of",), example="{days: 7}") or {}
            within_days = r.integer(inner.get("days"), 0, 3650)
            within_of = r.choice(inner.get("of"), ("settlement", "goods_returned")) or "settlement"
        listed = entries.get("remedies")
        remedies = r.each(listed, self.settled_remedy)
        if listed is not None and not r.items(listed):
            r.sink.add("F206", listed.span, value="[]", expected_zh="至少一种救济", expected_en="at least one remedy", example="[{refund: price_paid}]")  # fmt: skip
        return Settle(
            when=self.conditions.read(entries.get("when")),
            needs=MappingProxyType(self._needs(entries.get("needs"))),
            limit=limit,
            limit_of=limit_of,
            remedies=remedies,
            within_days=within_days,
            within_of=within_of,
        )

    def _limit(self, node: Node | None) -> int | None:
        if isinstance(node, ScalarNode) and node.value.startswith("param."):
            name = node.value.removeprefix("param.")
            parameter = self.register.parameters.get(name)
            if parameter is None:
                self.reader.sink.add("F307", node.span, name=name, **near(name, self.register.parameters))
                return None
            return parameter.values[-1].value
        return self.reader.money(node)

    def _known_fact(self, node: Node | None) -> str | None:
        name = self.reader.fact_name(node)
        if node is not None and name is not None and name not in self.facts:
            self.reader.sink.add("F301", node.span, name=name, **near_fact(name, self.facts))
            return None
        return name

    def _needs(self, node: Node | None) -> dict[str, Grade]:
        needs: dict[str, Grade] = {}
        for key, value in self.reader.entries(node, "{price_paid: record}"):
            fact = self._known_fact(key)
            grade = self.reader.choice(value, tuple(GRADES))
            if fact is not None and grade is not None:
                needs[fact] = GRADES[grade]
        return needs

    def settled_remedy(self, node: Node) -> RemedySpec | None:
        """A remedy that a machine may settle."""
        spec = self._remedy(node, SETTLED_KINDS)
        if spec is not None and spec.formula is not None:
            used: set[str] = set()
            for name in names_of(spec.formula):
                if isinstance(name, ParamRef):
                    used.add(name.name)
                else:  # a figure may also come in through a derived fact
                    words = self._sources(name.name)
                    used |= {word.removeprefix("param.") for word in words if word.startswith("param.")}
            for word in sorted(used):
                parameter = self.register.parameters.get(word)
                if parameter is not None and parameter.punitive:
                    self.reader.sink.add("F503", node.span, name=word)
                    return None
        return spec

    def _remedy(self, node: Node, kinds: tuple[str, ...]) -> RemedySpec | None:
        r = self.reader
        if not isinstance(node, MapNode):
            r.entries(node, "{refund: price_paid}")
            return None
        side = {"payer", "when", "note"}
        heads = [(key, value) for key, value in node.entries if key.value not in side]
        if len(heads) != 1:
            r.sink.add("F206", node.span, value="remedy", expected_zh="恰好一种救济", expected_en="exactly one kind of remedy", example="{refund: price_paid}")  # fmt: skip
            return None
        key, value = heads[0]
        kind = key.value
        if kind in NEVER_SETTLED and kind not in kinds:
            r.sink.add("F502", key.span, kind=kind)
            return None
        if kind not in kinds:
            r.sink.add("F204", key.span, value=kind, known=", ".join(kinds), **near(kind, kinds))
            return None
        entries = {k.value: v for k, v in node.entries}
        payer = r.choice(entries.get("payer"), PAYERS) or "merchant"
        formula: Formula | None = None
        source = ""
        if kind in PLAIN_KINDS:
            word = r.raw(value, "付款方或 true", "a payer or true", "merchant")
            if word in PAYERS:
                payer = str(word)
            elif word != "true":
                r.sink.add(
                    "F204", value.span, value=word or "", known=", ".join((*PAYERS, "true")), near_zh="", near_en=""
                )
                return None
        else:
            source = r.string(value) or ""
            formula = self.formula(source, value)
            if formula is None:
                return None
        when = self.conditions.read(entries.get("when"))
        return RemedySpec(kind, formula, source, payer, when, self._text(entries.get("note")))

    def formula(self, source: str, node: Node) -> Formula | None:
        """Read and check an amount."""
        sink = self.reader.sink
        try:
            formula = parse(source)
        except FormulaError as error:
            sink.add("F504", node.span, detail=str(error))
            return None
        for name in names_of(formula):
            if isinstance(name, ParamRef) and name.name not in self.register.parameters:
                sink.add("F307", node.span, name=name.name, **near(name.name, self.register.parameters))
                return None
            if isinstance(name, FactRef):
                spec = self.facts.get(name.name)
                if spec is None:
                    sink.add("F301", node.span, name=name.name, **near_fact(name.name, self.facts))
                    return None
                if spec.type not in {"money", "integer"}:
                    sink.add("F504", node.span, detail=f"“{name.name}”: {spec.type}")
                    return None
        try:
            unit_of(formula, self._unit)
        except FormulaError as error:
            sink.add("F516", node.span, name=str(error))
            return None
        return formula

    def _unit(self, name: FactRef | ParamRef) -> str:
        if isinstance(name, ParamRef):
            return "money" if self.register.parameters[name.name].type == "money" else "number"
        return "money" if self.facts[name.name].type == "money" else "number"

    # --- strategy and referral ------------------------------------------------------------------------------------------

    def _text(self, node: Node | None) -> Texts | None:
        """A text whose blanks are facts or parameters."""
        texts = self.reader.texts(node)
        if texts is None or node is None:
            return None
        for text in texts.values():
            for name in _BLANK.findall(text):
                known = name in self.facts or name.removeprefix("param.") in self.register.parameters
                known = known and not name.startswith(
                    SIGNAL_PREFIX
                )  # `state` leaves out signals that no condition reads
                if not known:
                    self.reader.sink.add("F509", node.span, name=name, **near_fact(name, self.facts))
        return texts

    def _texts(self, node: Node | None) -> tuple[Texts, ...]:
        return tuple(t for item in self.reader.items(node) if (t := self._text(item)) is not None)

    def steps(self, node: Node | None) -> tuple[StepSpec, ...]:
        """Who does what by when."""
        found = []
        for item in self.reader.items(node):
            entries = self.reader.mapping(item, required=("who", "do"), optional=("within",))
            if entries is None:
                continue
            who = self.reader.choice(entries.get("who"), ACTORS)
            within = self.reader.duration(entries.get("within")) or "0h"
            do = self._text(entries.get("do"))
            if who is not None and do is not None:
                found.append(StepSpec(who, within, do))
        return tuple(found)

    def _strategy(self, node: Node | None) -> StrategySpec | None:
        entries = self.reader.mapping(
            node,
            required=("opening", "floor"),
            optional=("concessions", "evidence", "steps", "respond_within", "resolve_within"),
        )
        if entries is None:
            return None
        opening, floor = self._text(entries.get("opening")), self._text(entries.get("floor"))
        if opening is None or floor is None:
            return None
        return StrategySpec(
            opening=opening,
            concessions=self._texts(entries.get("concessions")),
            floor=floor,
            evidence=self._texts(entries.get("evidence")),
            steps=self.steps(entries.get("steps")),
            respond_within=self.reader.duration(entries.get("respond_within")),
            resolve_within=self.reader.duration(entries.get("resolve_within")),
        )

    def _refer(self, node: Node | None) -> Refer | None:
        r = self.reader
        entries = r.mapping(node, required=("tier",), optional=("when", "considers"), example="{tier: agent}")
        if entries is None:
            return None
        tier = r.choice(entries.get("tier"), self.manifest.tiers)

        def when(item: Node) -> ReferWhen | None:
            inner = r.mapping(item, required=("if", "tier", "why"))
            if inner is None:
                return None
            condition = self.conditions.read(inner.get("if"))
            to = r.choice(inner.get("tier"), self.manifest.tiers)
            why = self._text(inner.get("why"))
            return None if condition is None or to is None or why is None else ReferWhen(condition, to, why)

        considers = r.each(entries.get("considers"), lambda n: self._remedy(n, (*NEVER_SETTLED, *SETTLED_KINDS)))
        if tier is None:
            return None
        return Refer(tier, r.each(entries.get("when"), when), considers)

    def _override(self, node: Node) -> Override | None:
        r = self.reader
        entries = r.mapping(
            node, required=("rule", "basis"), optional=("why",), example="{rule: goods.quality-defect, basis: cpl/25}"
        )
        if entries is None:
            return None
        rule, basis = r.slug(entries.get("rule")), r.string(entries.get("basis"))
        if rule is None or basis is None:
            return None
        check_citation(r, self.register, basis, entries["basis"].span)
        return Override(rule, basis, self._text(entries.get("why")), entries["rule"].span)

    # --- gates and forums -----------------------------------------------------------------------------------------------

    def gates(self, node: Node) -> dict[str, Gate]:
        """Read ``gates.yaml``."""
        entries = self.reader.mapping(node, required=("funnel", "gates")) or {}
        self._unique(entries.get("gates"))
        return {gate.id: gate for gate in self.reader.each(entries.get("gates"), self._gate)}

    def _gate(self, node: Node) -> Gate | None:
        r = self.reader
        entries = r.mapping(
            node, required=("id", "covers", "title", "when", "tier", "why"), optional=("steps", "basis")
        )
        if entries is None:
            return None
        id_, covers = r.slug(entries.get("id")), r.choice(entries.get("covers"), (*REQUIRED_GATES, OTHER))
        title, why = r.texts(entries.get("title")), self._text(entries.get("why"))
        when = self.conditions.read(entries.get("when"))
        tier = r.choice(entries.get("tier"), self.manifest.tiers)
        steps, basis = self.steps(entries.get("steps")), self.citations(entries.get("basis"))
        if id_ is None or covers is None or title is None or why is None or when is None or tier is None:
            return None
        return Gate(id_, covers, title, when, tier, why, steps, basis, entries["id"].span)

    def shown(self, node: Node) -> dict[str, Shown]:
        """Read ``shown.yaml``: by grievance what records must say to show it."""
        r = self.reader
        entries = r.mapping(node, required=("funnel", "shown")) or {}
        grievances = self.facts.get(GRIEVANCES)
        members = () if grievances is None else tuple(grievances.members)
        found: dict[str, Shown] = {}
        for key, value in r.entries(entries.get("shown"), "refund_delayed: {when: …}"):
            grievance = r.choice(key, members)
            inner = r.mapping(
                value, required=("when",), optional=("yields_to", "named"), example="{when: {refund_paid: false}}"
            )
            if inner is None:
                continue
            when = self.conditions.read(inner.get("when"))
            others = [r.choice(item, members) for item in r.items(inner.get("yields_to"), single=True)]
            named = self.conditions.read(inner["named"]) if "named" in inner else None
            if grievance is not None and when is not None:
                found[grievance] = Shown(grievance, when, tuple(o for o in others if o is not None), named)
        return found

    def forums(self, node: Node) -> dict[str, ForumSpec]:
        """Read ``forums.yaml``."""
        r = self.reader
        entries = r.mapping(node, required=("funnel", "forums")) or {}
        found: dict[str, ForumSpec] = {}
        for key, value in r.entries(entries.get("forums")):
            inner = r.mapping(value, required=("title", "text"), optional=("when", "basis"))
            if inner is None:
                continue
            title, text = r.texts(inner.get("title")), self._text(inner.get("text"))
            when: Condition | None = self.conditions.read(inner.get("when"))
            basis = self.citations(inner.get("basis"))
            if title is not None and text is not None:
                found[key.value] = ForumSpec(key.value, title, text, when, basis)
        return found
