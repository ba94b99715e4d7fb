"""Read the statute register, the calendar and the forums."""

from __future__ import annotations

import datetime as dt
import itertools
from types import MappingProxyType
from typing import cast

from funnel._nearness import nearest
from funnel.diagnostics import Span
from funnel.facts.vocabulary import pick
from funnel.law.register import (
    Article,
    BadCitation,
    Kind,
    LawError,
    Parameter,
    ParameterType,
    ParameterValue,
    PendingReach,
    Register,
    Statute,
    StatuteVersion,
    UnknownStatute,
    Verified,
)
from funnel.law.time_limits import Calendar
from funnel.pack._nodes import MapNode, Node, ScalarNode
from funnel.pack._reader import Reader, near, near_blanks

_STATUTE_KINDS = ("law", "regulation", "rule", "interpretation")
_MAX_KEY = 12


class RegisterReader:
    """Collects register files, checks windows, and builds the frozen register."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.statutes: dict[str, Statute] = {}
        self.parameters: dict[str, Parameter] = {}
        self._spans: dict[str, Span] = {}
        self._citations: list[tuple[str, Span, dt.date | None]] = []

    def add_file(self, node: Node) -> None:
        """Read one register file."""
        entries = self.reader.mapping(node, required=("funnel",), optional=("statutes", "parameters"))
        if entries is None:
            return
        for key, value in self.reader.entries(entries.get("statutes")):
            if self.reader.is_new(self._spans, key.value, key):
                statute = self._statute(key, value)
                if statute is not None:
                    self.statutes[statute.id] = statute
        for key, value in self.reader.entries(entries.get("parameters")):
            if self.reader.is_new(self._spans, f"param.{key.value}", key):
                parameter = self._parameter(key, value)
                if parameter is not None:
                    self.parameters[parameter.name] = parameter

    def _statute(self, key: ScalarNode, node: Node) -> Statute | None:
        r = self.reader
        entries = r.mapping(
            node, required=("title", "issuer", "kind", "versions"), optional=("superseded_by", "articles", "note")
        )
        if entries is None:
            return None
        versions = r.each(entries.get("versions"), self._version)
        self._windows(key.span, [(v.from_, v.until) for v in versions])
        articles: list[Article] = []
        version_ids = {v.id for v in versions}
        for number, value in r.entries(entries.get("articles")):
            article = self._article(number, value, version_ids)
            if article is not None:
                articles.append(article)
        title, issuer = r.texts(entries.get("title")), r.texts(entries.get("issuer"))
        kind = r.choice(entries.get("kind"), _STATUTE_KINDS)
        if title is None or issuer is None or kind is None or not versions:
            return None
        try:
            return Statute(
                id=key.value,
                title=title,
                issuer=issuer,
                kind=cast("Kind", kind),
                versions=versions,
                articles=tuple(articles),
                superseded_by=r.string(entries.get("superseded_by")) if "superseded_by" in entries else None,
            )
        except ValueError as error:
            r.sink.add("F408", key.span, detail=str(error))
            return None

    def _version(self, node: Node) -> StatuteVersion | None:
        r = self.reader
        entries = r.mapping(node, required=("id", "from", "verified"), optional=("until", "note", "reaches_pending"))
        if entries is None:
            return None
        id_, from_ = r.string(entries.get("id")), r.date(entries.get("from"))
        until = r.date(entries.get("until")) if "until" in entries else None
        verified_node = entries.get("verified")
        verified: Verified | None = None
        if isinstance(verified_node, MapNode):
            inner = r.mapping(verified_node, required=("how", "when")) or {}
            how, when = r.string(inner.get("how")), r.date(inner.get("when"))
            verified = Verified(how, when) if how is not None and when is not None else None
        elif verified_node is not None and r.boolean(verified_node):
            r.mapping(verified_node)  # `verified: true` alone does not say how and when
        if id_ is None or from_ is None:
            return None
        note = r.texts(entries.get("note"))
        reach = self._reach(entries.get("reaches_pending"), from_)
        return StatuteVersion(id_, from_, until, verified, note, reach)

    def _reach(self, node: Node | None, from_: dt.date) -> PendingReach | None:
        """That a version reaches pending cases; the article that says so must stand in the law of its first day."""
        r = self.reader
        entries = None if node is None else r.mapping(node, required=("basis",), optional=("facts_since",))
        if entries is None:
            return None
        basis_node, since_node = entries.get("basis"), entries.get("facts_since")
        basis = r.string(basis_node)
        since = None if since_node is None else r.date(since_node)
        if since is not None and since_node is not None and since >= from_:
            r.sink.add("F409", since_node.span, since=since.isoformat(), start=from_.isoformat())
            return None
        if basis is None or basis_node is None:
            return None
        self._citations.append((basis, basis_node.span, from_))
        return PendingReach(basis, since)

    def _article(self, key: ScalarNode, node: Node, version_ids: set[str]) -> Article | None:
        r = self.reader
        entries = r.mapping(node, required=("title", "gist"), optional=("keys", "versions", "note"))
        if entries is None:
            return None
        number, _, pin = key.value.partition("@")  # "9@2019": what stood under this number in another version
        versions = r.strings(entries.get("versions")) or ((pin,) if pin else ())
        for item in r.items(entries.get("versions"), single=True):
            if isinstance(item, ScalarNode) and item.value not in version_ids:
                known = ", ".join(sorted(version_ids))
                r.sink.add("F204", item.span, value=item.value, known=known, **near(item.value, version_ids))
        keys = r.strings(entries.get("keys"))
        for item in r.items(entries.get("keys"), single=True):
            if isinstance(item, ScalarNode) and len(item.value) > _MAX_KEY:
                r.sink.add(
                    "F206", item.span, value=item.value, expected_zh=f"不超过 {_MAX_KEY} 字的关键词",
                    expected_en=f"key words of at most {_MAX_KEY} characters", example="无需说明理由",
                )  # fmt: skip
        title, gist = r.texts(entries.get("title")), r.texts(entries.get("gist"))
        if title is None or gist is None:
            return None
        return Article(number=number, title=title, gist=gist, keys=keys, versions=versions)

    def _parameter(self, key: ScalarNode, node: Node) -> Parameter | None:
        r = self.reader
        entries = r.mapping(node, required=("label", "type", "values"), optional=("punitive", "policy", "note", "unit"))
        if entries is None:
            return None
        type_ = r.choice(entries.get("type"), ("integer", "money"))
        if type_ is None:
            return None
        policy = r.boolean(entries.get("policy")) or False

        def value(item: Node) -> ParameterValue | None:
            inner = r.mapping(item, required=("from", "value"), optional=("until", "basis"))
            if inner is None:
                return None
            from_ = r.date(inner.get("from"))
            until = r.date(inner.get("until")) if "until" in inner else None
            number = r.money(inner.get("value")) if type_ == "money" else r.integer(inner.get("value"))
            basis_node = inner.get("basis")
            basis = r.string(basis_node) if basis_node is not None else None
            if basis is None and not policy:
                r.sink.add("F202", item.span, key="basis")
            if basis is not None and basis_node is not None:
                self._citations.append((basis, basis_node.span, None))
            if from_ is None or number is None:
                return None
            return ParameterValue(from_=from_, until=until, value=number, basis=basis)

        values = tuple(sorted(r.each(entries.get("values"), value), key=lambda v: v.from_))
        closed = tuple(
            ParameterValue(from_=v.from_, until=v.until or (w.from_ if w else None), value=v.value, basis=v.basis)
            for v, w in itertools.zip_longest(values, values[1:])
            if v is not None
        )
        self._windows(key.span, [(v.from_, v.until) for v in closed])
        if not closed:
            return None
        label = r.texts(entries.get("label")) or MappingProxyType({r.language.code: key.value})
        punitive = r.boolean(entries.get("punitive")) or False
        try:
            return Parameter(
                name=key.value,
                type=cast("ParameterType", type_),
                values=closed,
                label=label,
                punitive=punitive,
                policy=policy,
                note=r.texts(entries.get("note")),
            )
        except ValueError as error:
            r.sink.add("F408", key.span, detail=str(error))
            return None

    def _windows(self, span: Span, windows: list[tuple[dt.date, dt.date | None]]) -> None:
        ordered = sorted(windows, key=lambda w: w[0])
        for (start, until), following in itertools.zip_longest(ordered, [w[0] for w in ordered[1:]]):
            bad = until is not None and until <= start
            overlap = following is not None and (until is None or until > following)
            if bad or overlap:
                self.reader.sink.add("F408", span, detail=f"{start} – {until or '…'}, {following or ''}")

    def finish(self) -> Register:
        """The register; citations inside it are checked."""
        register = Register(MappingProxyType(dict(self.statutes)), MappingProxyType(dict(self.parameters)))
        for citation, span, on in self._citations:
            check_citation(self.reader, register, citation, span, on)
        return register


def check_citation(reader: Reader, register: Register, citation: str, span: Span, on: dt.date | None = None) -> bool:
    """Whether a citation names an article of the register (and, with ``on``, one in force that day)."""
    try:
        parsed = register.parse_citation(citation)
    except BadCitation:
        reader.sink.add("F406", span, citation=citation)
        return False
    except UnknownStatute as error:
        reader.sink.add("F401", span, citation=citation, **_statute(citation, register, error))
        return False
    except LawError:  # no guess at the number: the article beside it says something else
        reader.sink.add("F402", span, citation=citation, statute=citation.partition("/")[0].partition("@")[0])
        return False
    if on is None:
        return True
    try:
        register.resolve(parsed, on)
    except LawError:
        statute = register.statutes[parsed.statute]
        if statute.superseded_by and statute.newest.until is not None and statute.newest.until <= on:
            reader.sink.add("F407", span, citation=citation, by=statute.superseded_by)
        else:
            reader.sink.add("F403", span, citation=citation, on=on.isoformat())
        return False
    return True


def _statute(citation: str, register: Register, error: LawError) -> dict[str, str]:
    """The statute, or the version of one, that may have been meant: its title says whether it is, which an id of three letters does not."""
    name = citation.partition("/")[0].partition("@")[0]
    if name in register.statutes:
        return near_blanks(next(iter(error.close), ""))
    hit = nearest(name, register.statutes)
    if not hit:
        return {
            "near_zh": "登记了哪些法规用 funnel law show 看",
            "near_en": "funnel law show lists what is registered",
        }
    title = register.statutes[hit].title
    zh, en = pick(title, "zh"), pick(title, "en")
    return {"near_zh": f"是不是“{hit}”（{zh}）？", "near_en": f"Did you mean “{hit}” ({en})?"}


def read_calendar(reader: Reader, node: Node | None) -> Calendar:
    """Read ``calendar.yaml``."""
    entries = reader.mapping(node, required=("funnel", "calendar")) or {}
    lists = ("holidays", "workdays", "statutory")
    inner = reader.mapping(entries.get("calendar"), required=("until",), optional=("source", "from", *lists)) or {}
    statutory: set[dt.date] = set()
    for item in reader.items(inner.get("statutory")):
        if isinstance(item, MapNode):
            named = reader.mapping(item, required=("days",), optional=("name",)) or {}
            statutory |= set(reader.each(named.get("days"), reader.date))
        elif (day := reader.date(item)) is not None:
            statutory.add(day)
    return Calendar(
        holidays=frozenset(reader.each(inner.get("holidays"), reader.date)),
        workdays=frozenset(reader.each(inner.get("workdays"), reader.date)),
        statutory=frozenset(statutory),
        until=reader.date(inner.get("until")) if "until" in inner else None,
        since=reader.date(inner.get("from")) if "from" in inner else None,
    )
