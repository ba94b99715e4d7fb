"""Example complaints of a pack: what `funnel.author.learn` learns likeness from. They decide nothing and load with no pack.

A file in ``likeness/`` holds texts about one scenario, or texts that state no grievance (``scenario: none``); or single sentences
that open a gate (``gate: ID``), and such as look like them and do not; ordinary ones stand under ``gate: none``.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from funnel.diagnostics import Diagnostic, Diagnostics, Span
from funnel.diagnostics._model import shown_path
from funnel.facts.likeness import GATE, NONE, trait_of
from funnel.facts.normalise import normalise
from funnel.facts.vocabulary import CLAIMS
from funnel.pack._nodes import MapNode, Node, ScalarNode, load_file, yaml_files
from funnel.pack._reader import Reader
from funnel.pack.model import Pack, meanings

FOLDER: Final = "likeness"

_NO_WORD = re.compile(r"[\W_]+")
_SENTENCES = re.compile(r"[。！？!?；;]+")
_MOST_SENTENCES: Final = 2  # "真的吗？钱早退了" is one thing said
_OF_GATES: Final = ("gate", "sentences", "near")
_PERSONAL: Final = MappingProxyType(
    {
        "account": ("账号", "an account"),
        "bank_card": ("银行卡号", "a bank card"),
        "email": ("邮箱", "an e-mail address"),
        "id_card": ("身份证号", "an identity card"),
        "landline": ("电话号码", "a telephone number"),
        "mobile": ("手机号", "a mobile number"),
        "passport": ("证件号", "a passport"),
        "plate": ("车牌号", "a number plate"),
    }
)
"""Kinds that are found by their form. A name or an address is only guessed behind a word, and is mostly none."""


@dataclass(frozen=True, slots=True)
class Example:
    """An example complaint.

    Attributes:
        text: Its words.
        matters: The scenarios it is about, the main one first; none: it states no grievance.
        gates: The gates it should open.
    """

    text: str
    matters: tuple[str, ...]
    gates: frozenset[str] = frozenset()

    @property
    def traits(self) -> frozenset[str]:
        """What it reads like: names of `funnel.facts.likeness.Trait`."""
        return frozenset((*(self.matters or (NONE,)), *(GATE + gate for gate in self.gates)))


@dataclass(frozen=True, slots=True)
class Saying:
    """An example sentence.

    Attributes:
        text: Its words.
        gate: The gate that it opens; None where it only looks like one that does; ``none`` of what people write in ordinary
            complaints, which may be a whole complaint.
        claims: The claims of which it asks for one; empty: for none of those that a form can make, or for something besides.
    """

    text: str
    gate: str | None
    claims: frozenset[str] = frozenset()

    @property
    def trait(self) -> str | None:
        """What it reads like; None where it opens no gate."""
        return None if self.gate in {None, NONE} else trait_of(self.gate or "", self.claims)


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of a pack, and what is wrong with them or with what was learnt from them."""

    examples: tuple[Example, ...]
    sayings: tuple[Saying, ...]
    diagnostics: tuple[Diagnostic, ...]


def digest_of(examples: Iterable[Example], sayings: Iterable[Saying] = (), asked: Iterable[str] = ()) -> str:
    """Names a set of examples, whatever their order, with the gates that the consumer is asked about: they have a mark of their own."""
    lines = sorted("\x1f".join((e.text, *e.matters, *sorted(GATE + g for g in e.gates))) for e in examples)
    lines += sorted("\x1f".join(("", s.text, s.gate or "", *sorted(s.claims))) for s in sayings)
    lines += sorted(f"\x1f\x1f{gate}" for gate in asked)
    return hashlib.sha256("\x1e".join(lines).encode("utf-8")).hexdigest()


def asked_about(pack: Pack) -> frozenset[str]:
    """The gates that the consumer is asked about where a sentence reads like one."""
    return frozenset(gate.id for gate in pack.gates.values() if meanings(gate, pack.vocabulary.facts))


def read_examples(pack: Pack, personal: Callable[[str], Iterable[str]] = lambda _: ()) -> Examples:
    """Read the examples of a pack, and hold what was learnt against them.

    Args:
        pack: The pack.
        personal: Gives the kinds of personal data in a text, as `funnel.queue.find_personal` calls them. Of numbers and the
            like there is a warning, for examples are published with their pack.
    """
    sink = Diagnostics()
    folder = Path(pack.root) / FOLDER
    reading = _Reading(pack, Reader(sink), personal)
    for path in yaml_files(folder):
        node = load_file(path, shown_path(path), sink)
        if node is not None:
            reading.file(node)
    found, sayings = tuple(reading.found), tuple(reading.sayings)
    if not sink.has_errors:
        if pack.likeness is None:
            if found or sayings:
                sink.add("F807", Span(shown_path(folder)))
        elif pack.likeness.examples != digest_of(found, sayings, asked_about(pack)):
            sink.add("F803", Span(shown_path(folder)))
    return Examples(found, sayings, sink.sorted())


class _Reading:
    def __init__(self, pack: Pack, reader: Reader, personal: Callable[[str], Iterable[str]]) -> None:
        self.r = reader
        self.personal = personal
        self.scenarios = sorted({rule.scenario for rule in pack.rules.values()})
        self.titles = {title: rule.scenario for rule in pack.rules.values() for title in rule.title.values()}
        self.gates = sorted(pack.gates)
        claims = pack.vocabulary.facts.get(CLAIMS)
        self.claims = () if claims is None else tuple(claims.members)
        self.gate_titles = {title: gate.id for gate in pack.gates.values() for title in gate.title.values()}
        self.found: list[Example] = []
        self.sayings: list[Saying] = []
        self.seen: dict[str, Span] = {}
        self.said: dict[str, Span] = {}
        self.meant: dict[str, tuple[str | None, ScalarNode]] = {}

    def file(self, node: Node) -> None:
        r = self.r
        of_gate = isinstance(node, MapNode) and any(key in node.values for key in _OF_GATES)
        required = ("funnel", "gate", "sentences", "near") if of_gate else ("funnel", "scenario", "texts")
        optional = ("claims",) if of_gate and not _opens_none(node) else ()
        entries = r.mapping(
            node, required=("funnel", "gate", "near") if _opens_none(node) else required, optional=optional
        )
        if entries is None:
            return
        version = entries.get("funnel")
        if isinstance(version, ScalarNode) and version.value != "1":
            r.sink.add("F205", version.span, value=version.value)
        if of_gate:
            self._sentences(entries)
            return
        main = r.choice(entries.get("scenario"), (*self.scenarios, NONE), self.titles)
        for item in r.items(entries.get("texts")):
            example = None if main is None else self._example(item, main)
            if example is not None and r.is_new(self.seen, example.text, at := _text_node(item)):
                self._published(example.text, at)
                self.found.append(example)

    def _sentences(self, entries: Mapping[str, Node]) -> None:
        r = self.r
        gate = r.choice(entries.get("gate"), (*self.gates, NONE), self.gate_titles)
        chosen = [r.choice(item, self.claims) for item in r.items(entries.get("claims"), single=True)]
        claims = frozenset(claim for claim in chosen if claim is not None)
        for key, opens in (("sentences", gate), ("near", NONE if gate == NONE else None)):
            for item in r.items(entries.get(key)):
                text = r.string(item)
                if text is None or not isinstance(item, ScalarNode) or not self._means(text, opens, item):
                    continue
                if r.is_new(self.said, text, item):
                    self._published(text, item)
                    self.sayings.append(Saying(text, opens, claims if opens == gate else frozenset()))

    def _means(self, text: str, opens: str | None, node: ScalarNode) -> bool:
        """Whether a sentence can be learnt from: it has words, and means one thing only, however it is written."""
        sink = self.r.sink
        key = _NO_WORD.sub("", normalise(text).text)
        barring = opens not in {None, NONE}
        if barring and not any(char.isalpha() for char in key):
            sink.add("F804", node.span, text=text)
            return False
        if barring and sum(bool(_NO_WORD.sub("", part)) for part in _SENTENCES.split(text)) > _MOST_SENTENCES:
            sink.add("F808", node.span)
        meant, where = self.meant.setdefault(key, (opens, node))
        if meant != opens and (barring or meant not in {None, NONE}):
            sink.add("F805", node.span, (where.span, ""), text=text)
            return False
        return True

    def _published(self, text: str, node: ScalarNode) -> None:
        for kind in sorted(_PERSONAL.keys() & set(self.personal(text))):
            zh, en = _PERSONAL[kind]
            self.r.sink.add("F806", node.span, kind_zh=zh, kind_en=en)

    def _example(self, node: Node, main: str) -> Example | None:
        r = self.r
        if not isinstance(node, MapNode):
            text = r.string(node)
            return None if text is None else Example(text, self._matters(main, ()))
        entries = r.mapping(node, required=("text",), optional=("also", "gates"))
        if entries is None:
            return None
        text = r.string(entries.get("text"))
        also = [r.choice(n, self.scenarios, self.titles) for n in r.items(entries.get("also"), single=True)]
        gates = [r.choice(n, self.gates, self.gate_titles) for n in r.items(entries.get("gates"), single=True)]
        if text is None:
            return None
        return Example(
            text,
            self._matters(main, tuple(name for name in also if name is not None)),
            frozenset(gate for gate in gates if gate is not None),
        )

    @staticmethod
    def _matters(main: str, also: tuple[str, ...]) -> tuple[str, ...]:
        return also if main == NONE else tuple(dict.fromkeys((main, *also)))


def _opens_none(node: Node) -> bool:
    """Whether a file is of sentences that open no gate and are near none either."""
    gate = node.values.get("gate") if isinstance(node, MapNode) else None
    return isinstance(gate, ScalarNode) and gate.value == NONE


def _text_node(node: Node) -> ScalarNode:
    inner = node.values["text"] if isinstance(node, MapNode) else node
    assert isinstance(inner, ScalarNode)  # noqa: S101 (its text was read)
    return inner
