"""Load a pack: find it, read every file, report everything that is wrong at once, freeze it."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from funnel.diagnostics import Diagnostic, Diagnostics, Span
from funnel.diagnostics._model import shown_path, suggestion
from funnel.errors import PackError, PackNotFoundError
from funnel.facts.language import LANGUAGES
from funnel.facts.likeness import GATE, MAX_BYTES, NONE, Likeness, LikenessError, parse
from funnel.facts.signals import Lexicon
from funnel.facts.vocabulary import MEANT, SIGNAL_PREFIX, Vocabulary
from funnel.law.register import Register
from funnel.law.time_limits import Calendar
from funnel.pack._conditions import ConditionReader
from funnel.pack._lexicon import LexiconReader
from funnel.pack._lint import lint
from funnel.pack._nodes import MapNode, Node, ScalarNode, load_file
from funnel.pack._reader import Reader
from funnel.pack._register import RegisterReader, check_citation, read_calendar
from funnel.pack._rules import RuleReader
from funnel.pack._vocabulary import VocabularyReader
from funnel.pack.digest import canonical, digest, merge_sections
from funnel.pack.examples import FOLDER as EXAMPLES
from funnel.pack.model import ForumSpec, Gate, Manifest, NamedCondition, Pack, Rule, Shown, StepSpec

_FOLDERS = ("vocabulary", "signals", "statutes", "conditions")
"""What may be a folder of any number of files, or one file."""
_SINGLE = {f"{name}.yaml": name for name in ("pack", "gates", "shown", "calendar", "forums", *_FOLDERS)}
_RULE = "rule:"
_ELSEWHERE = {
    "texts": ("投诉例子", "example complaints", f"{EXAMPLES}/"),
    "tests": ("场景测试", "scenario tests", "scenarios/{pack}/"),
    "signals": ("说法", "signals", "signals/"),
    "words": ("词组", "word lists", "signals/"),
    "readings": ("读数", "readings", "signals/"),
    "facts": ("事实", "facts", "vocabulary/"),
    "statutes": ("法条", "statutes", "statutes/"),
    "parameters": ("法定参数", "parameters", "statutes/"),
    "gates": ("关口", "gates", "gates.yaml"),
    "shown": ("记录表明的事由", "what records show", "shown.yaml"),
    "conditions": ("具名条件", "named conditions", "conditions.yaml"),
    "calendar": ("日历", "a calendar", "calendar.yaml"),
}
"""What a file holds that lies where a rule should be, by the first of its keys that says so, and where it belongs."""
_SUFFIXES = (".yaml", ".yml")
_LEFT_BY_NOTEPAD = (".txt", *(suffix.upper() for suffix in _SUFFIXES))
"""How the names of files end that are meant to be read and are not: as Windows' Notepad saves them."""
_GROUP = re.compile(r"[a-z0-9][a-z0-9_\-]*\Z")
_CALLED = {
    **dict.fromkeys(("短语", "说法", "信号", "词组"), "signals"),
    **dict.fromkeys(("词表", "事实", "词汇"), "vocabulary"),
    **dict.fromkeys(("法条", "法规", "法律", "依据"), "statutes"),
    **dict.fromkeys(("条件", "共用条件"), "conditions"),
    **dict.fromkeys(("例子", "相似度"), EXAMPLES),
}
"""What the folders of a pack are called in Chinese."""
_SEVERAL = 10
LIKENESS = "likeness.json"
"""What `funnel learn` writes."""
_MAX_FILES = 5_000
MANIFEST_REQUIRED = ("funnel", "pack", "version", "title", "language", "timezone", "currency", "jurisdiction", "tiers", "unmatched", "settle_limit")  # fmt: skip
MANIFEST_OPTIONAL = ("respond_within", "resolve_within", "tier_steps")


@dataclass(frozen=True, slots=True)
class Loaded:
    """The result of a load: the pack where there are no errors, and every finding."""

    pack: Pack | None
    diagnostics: tuple[Diagnostic, ...]


def data_folder(kind: str) -> Path:
    """Where the shipped packs (``rules``) and their scenario tests (``scenarios``) are.

    Inside an installed wheel they lie in the package; in a checkout beside it.
    """
    package = Path(__file__).resolve().parent.parent
    inside = package / "_data" / kind
    return inside if inside.is_dir() else package.parent / kind


def find_pack(name_or_path: str | Path) -> Path:
    """The folder of a pack, by path or by the name of a shipped one.

    Raises:
        PackNotFoundError: There is none, and the message lists the shipped ones, or it is no name and no path.
    """
    if not isinstance(name_or_path, str | Path):
        kind = type(name_or_path).__name__
        raise PackNotFoundError(
            f"规则包写成 Pack、名字或目录，不是 {kind}", f"a pack is given as a Pack, a name or a folder, not as {kind}"
        )
    path = Path(name_or_path)
    if (path / "pack.yaml").is_file():
        return path
    shipped = data_folder("rules") / str(name_or_path)
    if "/" not in str(name_or_path) and "\\" not in str(name_or_path) and (shipped / "pack.yaml").is_file():
        return shipped
    names = ", ".join(sorted(p.parent.name for p in data_folder("rules").glob("*/pack.yaml")))
    raise PackNotFoundError(
        f"没有规则包“{name_or_path}”：应为有 pack.yaml 的目录，或者随包规则的名字 {names}",
        f"no pack at “{name_or_path}”: expected a folder with pack.yaml, or one of the shipped packs: {names}",
    )


def load_pack(name_or_path: str | Path = "cn-ecommerce") -> Pack:
    """Load a pack.

    Args:
        name_or_path: The name of a shipped pack, or the path of a folder with a ``pack.yaml``.

    Returns:
        The frozen pack. Load it once and share it between threads.

    Raises:
        PackNotFoundError: There is no such pack.
        PackError: It has errors; ``.diagnostics`` holds every one.
    """
    loaded = check_pack(name_or_path)
    if loaded.pack is None:
        errors = [d for d in loaded.diagnostics if d.severity == "error"]
        first = {lang: f"{errors[0].span}: {errors[0].code}: {errors[0].message(lang)}" for lang in ("zh", "en")}
        raise PackError(
            f"规则包有 {len(errors)} 处错误，第一处：{first['zh']}",
            f"the pack has {len(errors)} errors; the first: {first['en']}",
            loaded.diagnostics,
        )
    return loaded.pack


def check_pack(name_or_path: str | Path, *, likeness: bool = True, now: dt.datetime | None = None) -> Loaded:
    """Load a pack and report every finding, errors and warnings, in file order.

    Args:
        name_or_path: As for `load_pack`.
        likeness: Whether to read what was learnt from its examples; who learns it anew has no use for the old.
        now: What counts as now, in the author's timezone, to find reviews on a day to come (F527); without, no clock is looked at, and the
            findings follow from the files alone.

    Raises:
        PackNotFoundError: There is no such pack.
    """
    return _Load(find_pack(name_or_path), likeness=likeness, now=now).run()


class _Groundwork(NamedTuple):
    """What rules are read against."""

    words: Vocabulary
    lexicon: Lexicon
    law: Register
    conditions: ConditionReader
    named: Mapping[str, NamedCondition]
    idle: Mapping[str, Span]
    """The signals that do nothing unless a condition reads them."""
    meant: Span | None
    """Where the fact `MEANT` is declared."""


class _Load:
    def __init__(self, root: Path, *, likeness: bool = True, now: dt.datetime | None = None) -> None:
        self.root = root
        self.now = now
        self.with_likeness = likeness
        self.tier_steps: Node | None = None
        # A working directory inside the pack's folder makes some paths short and others not: then each is found by itself.
        self.base = None if Path.cwd().is_relative_to(root.absolute()) else shown_path(root)
        self.sink = Diagnostics()
        self.reader = Reader(self.sink)
        self.files: dict[str, tuple[str, Node]] = {}
        self.contents: dict[str, tuple[str, object]] = {}  # what each file means, for the digest
        self.rule_files: list[tuple[Path, str, str]] = []  # where, as it is shown, and the id that follows from it

    def run(self) -> Loaded:
        for path, parts in self._paths():
            shown, section = self._shown(path, parts), self._section(parts)
            if section.startswith(_RULE):
                self.rule_files.append((path, shown, section.removeprefix(_RULE)))
            else:
                node = self._read(path, shown, section)
                if node is not None:
                    self.files[shown] = (section, node)
        pack = self._build()
        found = self.sink.sorted()
        return Loaded(None if self.sink.has_errors else pack, found)

    def _read(self, path: Path, shown: str, section: str) -> Node | None:
        node = load_file(path, shown, self.sink)
        if node is not None:
            self._version(node)
            self.contents[shown] = (section, canonical(node))
        return node

    def _rules(self, read: Callable[[Node, str], Rule | None]) -> Mapping[str, Rule]:
        """Every rule. Nothing else asks for their files, so that each is read and let go before the next."""
        rules: dict[str, Rule] = {}
        for path, shown, id_ in self.rule_files:
            node = self._read(path, shown, _RULE + id_)
            rule = None if node is None or self._belongs_elsewhere(node) else read(node, id_)
            if rule is not None:
                rules[rule.id] = rule
        return MappingProxyType(dict(sorted(rules.items())))

    def _belongs_elsewhere(self, node: Node) -> bool:
        """Whether a file is plainly no rule, told in one message instead of one for each key that a rule has and it has not."""
        if not isinstance(node, MapNode) or not {"id", "recognise"}.isdisjoint(node.values):
            return False
        for name in node.names:
            if name.value in _ELSEWHERE:
                zh, en, where = _ELSEWHERE[name.value]
                where = where.format(pack=self.root.resolve().name)
                self.sink.add("F123", name.span, kind_zh=zh, kind_en=en, where=where)
                return True
        return False

    def _paths(self) -> list[tuple[Path, tuple[str, ...]]]:
        """Every YAML file with the parts of its path below the pack's folder, in the order of these."""
        found = []
        for folder, folders, names in os.walk(self.root):
            below = Path(folder).relative_to(self.root).parts
            if not below and EXAMPLES in folders:
                folders.remove(EXAMPLES)  # they are learnt from, and decide nothing by themselves
                for inner, _, inside in os.walk(self.root / EXAMPLES):
                    self._left_out(Path(inner), Path(inner).relative_to(self.root).parts, inside)
            if not below or below[0] not in _FOLDERS:
                folders[:] = [name for name in folders if self._is_group(name, (*below, name))]
            self._left_out(Path(folder), below, names)
            found += [
                (Path(folder, name), (*below, name))
                for name in names
                if name.endswith(_SUFFIXES) and os.path.isfile(os.path.join(folder, name))  # noqa: PTH113, PTH118 (five times as fast, for hundreds of files)
            ]
        if len(found) > _MAX_FILES:
            self.sink.add("F114", Span(str(self.root)), size=len(found), limit=_MAX_FILES)
            return []
        return sorted(found, key=lambda pair: pair[1])

    def _is_group(self, name: str, parts: tuple[str, ...]) -> bool:
        """Whether a folder can hold rules; one that cannot is told once, and not each of its files."""
        if name.startswith(".") or (len(parts) == 1 and name in _FOLDERS) or _GROUP.match(name):
            return True
        if not any(path.suffix in _SUFFIXES for path in self.root.joinpath(*parts).rglob("*")):
            return True  # nothing in it would be read
        hit = _CALLED.get(name) or suggestion(name.lower(), (*_FOLDERS, EXAMPLES))
        near = {"near_zh": f"是不是 {hit}/？", "near_en": f"Did you mean {hit}/? "} if hit else {}
        self.sink.add("F127", Span(self._shown(self.root.joinpath(*parts), parts)), name=name, **near)
        return False

    def _left_out(self, folder: Path, below: tuple[str, ...], names: list[str]) -> None:
        for name in names:
            if name.endswith(_LEFT_BY_NOTEPAD) and not name.startswith("."):
                right = name.lower() if name.endswith(_LEFT_BY_NOTEPAD[1:]) else name.removesuffix(".txt")
                right = right if right.endswith(_SUFFIXES) else f"{right}.yaml"
                self.sink.add("F126", Span(self._shown(folder / name, (*below, name))), name=right)

    def _shown(self, path: Path, parts: tuple[str, ...]) -> str:
        """`shown_path`, found once for the pack's folder where that is enough."""
        return shown_path(path) if self.base is None else "/".join((self.base, *parts))

    @staticmethod
    def _section(parts: tuple[str, ...]) -> str:
        if len(parts) == 1:
            return _SINGLE.get(parts[0], _RULE + Path(parts[0]).stem)
        head = parts[0]
        return head if head in _FOLDERS else _RULE + ".".join((*parts[:-1], Path(parts[-1]).stem))

    def _version(self, node: Node) -> None:
        version = node.get("funnel") if isinstance(node, MapNode) else None
        if isinstance(version, ScalarNode) and version.value != "1":
            self.sink.add("F205", version.span, value=version.value)

    def _take(self, section: str) -> list[Node]:
        """The files of a section. It is read once, so that they are let go by whoever has read them."""
        taken = sorted(shown for shown, (name, _) in self.files.items() if name == section)
        return [self.files.pop(shown)[1] for shown in taken]

    def _groundwork(self, currency: str) -> _Groundwork:
        # By itself, so that its files, the most part of a pack, are let go before the rules are read.
        lexicon, vocabulary, register = (
            LexiconReader(self.reader),
            VocabularyReader(self.reader),
            RegisterReader(self.reader),
        )
        for section, add in (
            ("signals", lexicon.add_file),
            ("vocabulary", vocabulary.add_file),
            ("statutes", register.add_file),
        ):
            for node in self._take(section):
                add(node)
        law = register.finish()
        types = {name: parameter.type for name, parameter in law.parameters.items()}
        words = vocabulary.finish(lexicon.signal_ids, lexicon.titles, types)
        for citation in vocabulary.presumption_citations.values():
            text = self.reader.string(citation)
            if text is not None:
                check_citation(self.reader, law, text, citation.span)
        conditions = ConditionReader(self.reader, words.facts, lexicon.signal_ids, types, vocabulary.spans)
        for node in self._take("conditions"):
            conditions.named.add_file(node)
        named = conditions.named.finish()
        meant = vocabulary.spans.get(MEANT)
        return _Groundwork(words, lexicon.finish(words.facts, currency), law, conditions, named, lexicon.idle(), meant)

    def _build(self) -> Pack | None:
        manifest = self._manifest()  # first: in what language the others are written stands there
        currency = "CNY" if manifest is None else manifest.currency
        words, lexicon, law, conditions, named, idle, meant_span = self._groundwork(currency)
        calendars = self._take("calendar")
        calendar = read_calendar(self.reader, calendars[0]) if calendars else Calendar()
        if manifest is None:
            self._rules(lambda _node, _id: None)  # for what is wrong with their files
            return None
        rules_reader = RuleReader(self.reader, conditions, law, manifest)
        manifest = replace(manifest, tier_steps=self._tier_steps(rules_reader, manifest.tiers))
        forums: dict[str, ForumSpec] = {}
        for node in self._take("forums"):
            forums |= rules_reader.forums(node)
        gates: dict[str, Gate] = {}
        for node in self._take("gates"):
            gates |= rules_reader.gates(node)
        shown: dict[str, Shown] = {}
        for node in self._take("shown"):
            shown |= rules_reader.shown(node)
        rules = self._rules(lambda node, id_: rules_reader.rule(node, id_, forums))
        self._to_come(rules_reader.reviewed, manifest)
        likeness = self._likeness(rules, gates)
        self._idle(idle, conditions, words)
        gates_span = Span(shown_path(self.root / "gates.yaml"))
        lint(
            self.sink,
            rules,
            gates,
            words.facts,
            law,
            gates_span=gates_span,
            meant_span=meant_span,
            named=frozenset(id_ for *_, id_ in self.rule_files),
        )
        return Pack(
            manifest=manifest,
            vocabulary=words,
            lexicon=lexicon,
            register=law,
            calendar=calendar,
            rules=rules,
            gates=MappingProxyType(dict(sorted(gates.items()))),
            forums=MappingProxyType(dict(sorted(forums.items()))),
            digest=digest(merge_sections(self.contents)),
            likeness=likeness,
            root=str(self.root),
            conditions=named,
            shown=MappingProxyType(dict(sorted(shown.items()))),
        )

    def _to_come(self, reviewed: list[tuple[Span, dt.date]], manifest: Manifest) -> None:
        """Reviews on a day that has come neither where the author is nor in the pack's timezone, where somebody gave the time."""
        if self.now is None:
            return
        today = max(self.now.date(), self.now.astimezone(ZoneInfo(manifest.timezone)).date())
        ahead = [(span, day) for span, day in reviewed if day > today]
        if len(reviewed) >= _SEVERAL and len(ahead) * 2 > len(reviewed):
            return  # most of a pack's authors are not wrong about the year: it is the clock that is behind
        for span, day in ahead:
            self.sink.add("F527", span, reviewed=day, today=today)

    def _idle(self, idle: Mapping[str, Span], conditions: ConditionReader, words: Vocabulary) -> None:
        if self.sink.has_errors:
            return  # what could not be read may be what reads them
        args = {arg for spec in words.facts.values() if spec.derivation is not None for arg in spec.derivation.args}
        for name, span in idle.items():
            if name not in conditions.heard and SIGNAL_PREFIX + name not in args:
                self.sink.add("F524", span, name=name)
        for name, span in conditions.named.idle():
            self.sink.add("F525", span, name=name)

    def _likeness(self, rules: Mapping[str, Rule], gates: Mapping[str, Gate]) -> Likeness | None:
        """What was learnt from the examples, if anything was. It is part of what the pack means, and so of its digest."""
        path = self.root / LIKENESS
        if not self.with_likeness or not path.is_file():
            return None
        span = Span(shown_path(path))
        try:
            if (size := path.stat().st_size) > MAX_BYTES:
                self.sink.add("F114", span, size=size, limit=MAX_BYTES)
                return None
            raw = path.read_bytes()
            likeness = parse(raw.decode("utf-8"))
        except OSError as error:
            why = error.strerror or "cannot be read"
            self.sink.add("F100", span, detail=why, detail_zh=why)
            return None
        except UnicodeDecodeError as error:
            self.sink.add("F116", span, byte=error.start)
            return None
        except LikenessError as error:
            self.sink.add("F801", span, why_zh=error.zh, why_en=error.en)
            return None
        known = {rule.scenario for rule in rules.values()} | {GATE + gate for gate in gates} | {NONE}
        if not self.sink.has_errors:  # a rule that could not be read is no rule that is gone
            for name in sorted(likeness.traits.keys() - known):
                self.sink.add("F802", span, name=name.removeprefix(GATE))
        self.contents[span.path] = (LIKENESS, {"sha256": hashlib.sha256(raw).hexdigest()})
        return likeness

    def _tier_steps(self, rules: RuleReader, tiers: tuple[str, ...]) -> Mapping[str, tuple[StepSpec, ...]]:
        found = {}
        for key, node in self.reader.entries(self.tier_steps, "mediator: […]"):
            tier = self.reader.choice(key, tiers)
            if tier is not None:
                found[tier] = rules.steps(node)
        return MappingProxyType(found)

    def _manifest(self) -> Manifest | None:
        r = self.reader
        nodes = self._take("pack")
        if not nodes:
            return None  # unreadable: its own findings say so
        entries = r.mapping(nodes[0], required=MANIFEST_REQUIRED, optional=MANIFEST_OPTIONAL)
        if entries is None:
            return None
        language = r.choice(entries.get("language"), tuple(LANGUAGES))
        r.language = LANGUAGES[language or "zh"]
        id_, version, title = (
            r.slug(entries.get("pack")),
            r.string(entries.get("version")),
            r.texts(entries.get("title")),
        )
        if id_ is not None and id_ != self.root.resolve().name:
            r.sink.add("F207", entries["pack"].span, value=id_, expected=self.root.resolve().name)
        timezone = r.string(entries.get("timezone"))
        if timezone is not None and not _is_zone(timezone):
            r.sink.add("F206", entries["timezone"].span, value=timezone, expected_zh="时区", expected_en="a timezone", example="Asia/Shanghai")  # fmt: skip
        tiers = r.strings(entries.get("tiers"))
        unmatched = r.mapping(entries.get("unmatched"), required=("tier",)) or {}
        tier = r.choice(unmatched.get("tier"), tiers) if tiers else None
        limit = r.money(entries.get("settle_limit"))
        self.tier_steps = entries.get("tier_steps")
        currency, jurisdiction = r.currency(entries.get("currency")), r.string(entries.get("jurisdiction"))
        if not (id_ and version and title and language and timezone and tier and currency and jurisdiction):
            return None
        if limit is None:
            return None
        return Manifest(
            id=id_,
            version=version,
            title=title,
            language=language,
            timezone=timezone,
            currency=currency,
            jurisdiction=jurisdiction,
            respond_within=r.duration(entries.get("respond_within")) or "24h",
            resolve_within=r.duration(entries.get("resolve_within")) or "7d",
            tiers=tiers,
            unmatched_tier=tier,
            settle_limit=limit,
        )


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
