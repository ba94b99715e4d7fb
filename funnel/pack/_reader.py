"""Read nodes by what a field expects: every error is collected with its place, none raises.

The combinators here know nothing of packs. A reader returns None where it could not read, and the caller goes on, so
that one run reports everything that is wrong.
"""

from __future__ import annotations

import datetime as dt
import difflib
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import TypeVar

from funnel.diagnostics import Diagnostics, Span
from funnel.diagnostics._model import suggestion
from funnel.facts.language import CHINESE, Language
from funnel.facts.vocabulary import FactSpec, Texts
from funnel.pack._nodes import ListNode, MapNode, Node, ScalarNode

T = TypeVar("T")

_KINDS_ZH = {ScalarNode: "一个值", ListNode: "列表", MapNode: "键值对"}
_KINDS_EN = {ScalarNode: "a single value", ListNode: "a list", MapNode: "a mapping"}
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}\Z")
_CURRENCY = re.compile(r"[A-Z]{3}\Z")
_MONEY = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,2})?\Z")
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})\Z")
_DURATION = re.compile(r"([0-9]{1,6})(h|d)\Z")
_LATENESS = re.compile(r"([0-9]{1,4})(m|h|d)\Z")
_CHINESE_DURATION = re.compile(r"\s*([0-9]{1,6})\s*(天|日|个?小时|个?钟头)\s*\Z")
_DAYS = frozenset({"天", "日"})
_SLUG = re.compile(r"[a-z0-9][a-z0-9_\-.]*\Z")
_FACT = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_\-]+)?\Z")


def near(word: str, known: Iterable[str]) -> dict[str, str]:
    """Blanks ``near_zh`` and ``near_en`` with the nearest known word, if there is one."""
    return near_blanks(suggestion(word, known))


def near_blanks(hit: str) -> dict[str, str]:
    """The blanks for a word that may have been meant; empty where ``hit`` is."""
    return {"near_zh": f"是不是“{hit}”？" if hit else "", "near_en": f"Did you mean “{hit}”?" if hit else ""}


def near_fact(name: str, facts: Mapping[str, FactSpec]) -> dict[str, str]:
    """`near`, for a fact: whoever wrote what it is called is told its name."""
    called = [fact for fact, spec in facts.items() if name.strip() in spec.label.values()]
    if len(called) != 1:
        return near(name, facts)
    return {
        "near_zh": f"“{name}”是事实“{called[0]}”的说明，写它的名字 {called[0]}",
        "near_en": f"“{name}” is what the fact “{called[0]}” is called; write its name, {called[0]}",
    }


def _titled(value: str, titles: Mapping[str, str]) -> str:
    """The word whose title a value is, is part of or comes near to; ``""`` where none or several are."""
    part = {word for title, word in titles.items() if value in title}
    if part:
        return part.pop() if len(part) == 1 else ""
    close = difflib.get_close_matches(value, titles, n=1, cutoff=0.6)
    return titles[close[0]] if close else ""


class Reader:
    """Reads nodes of one pack load and collects what is wrong.

    Attributes:
        language: What the pack is written in; its manifest says so.
    """

    def __init__(self, sink: Diagnostics) -> None:
        self.sink = sink
        self.language: Language = CHINESE

    # --- shapes -----------------------------------------------------------------------------------------------------

    def mapping(
        self,
        node: Node | None,
        *,
        required: Collection[str] = (),
        optional: Collection[str] | None = (),
        example: str = "key: value",
    ) -> dict[str, Node] | None:
        """The entries of a mapping. ``optional=None`` allows any further key; ``example`` is shown to who wrote something else."""
        if node is None:
            return None
        if not isinstance(node, MapNode):
            self._kind(node, "键值对", "a mapping", example)
            return None
        entries = dict(node.values)
        if optional is not None and not entries.keys() <= {*required, *optional}:
            self._unknown(node, (*required, *optional))
        for key_ in required:
            if key_ not in entries:
                self.sink.add("F202", node.span, key=key_)
        return entries

    def _unknown(self, node: MapNode, known: tuple[str, ...]) -> None:
        for key, value in node.entries:
            if key.value in known:
                continue
            if self._cut_by_comma(key, value):
                self.sink.add("F120", key.span, text=key.value)
            else:
                blanks = near(key.value, known)
                self.sink.add("F201", key.span, key=key.value, known=", ".join(sorted(known)), **blanks)

    @staticmethod
    def _cut_by_comma(key: ScalarNode, value: Node) -> bool:
        """Whether a "key" is the tail of a text that an unquoted comma cut in a flow mapping: it has no value."""
        empty = isinstance(value, ScalarNode) and not value.value and not value.quoted
        return empty and not key.quoted

    def is_new(self, seen: dict[str, Span], name: str, key: ScalarNode) -> bool:
        """Whether ``name`` is not among ``seen`` yet; it is remembered, and a second one is an error at ``key``."""
        if name in seen:
            self.sink.add("F303", key.span, (seen[name], ""), name=key.value)
            return False
        seen[name] = key.span
        return True

    def items(self, node: Node | None, *, single: bool = False) -> tuple[Node, ...]:
        """The items of a list; with ``single`` a lone value counts as a list of one."""
        if node is None:
            return ()
        if isinstance(node, ListNode):
            return node.items
        if single:
            return (node,)
        self._kind(node, "列表", "a list", "[a, b]")
        return ()

    def entries(self, node: Node | None, example: str = "key: value") -> tuple[tuple[ScalarNode, Node], ...]:
        """The entries of a mapping whose keys its author chose, in file order.

        Nothing where there is no node; anything else than a mapping is an error, never an empty one: a field of another
        shape would be lost without a word, and with it what its author asked for.
        """
        if node is None:
            return ()
        if isinstance(node, MapNode):
            return node.entries
        self._kind(node, "键值对", "a mapping", example)
        return ()

    def _kind(self, node: Node, zh: str, en: str, example: str) -> None:
        self.sink.add(
            "F203",
            node.span,
            expected_zh=zh,
            expected_en=en,
            found_zh=_KINDS_ZH[type(node)],
            found_en=_KINDS_EN[type(node)],
            example=example,
        )

    # --- scalars ----------------------------------------------------------------------------------------------------

    def raw(self, node: Node | None, zh: str, en: str, example: str) -> str | None:
        """The characters of a scalar."""
        if node is None:
            return None
        if not isinstance(node, ScalarNode):
            self._kind(node, zh, en, example)
            return None
        return node.value

    def string(self, node: Node | None, *, empty: bool = False) -> str | None:
        """A text."""
        value = node.value if isinstance(node, ScalarNode) else self.raw(node, "文字", "text", "文字")
        if value is not None and not empty and (not value or value.isspace()):
            self._bad(node, value, "文字（不能为空）", "text (it must not be empty)", "文字")
            return None
        return value

    def choice(
        self, node: Node | None, choices: Iterable[str], titles: Mapping[str, str] = MappingProxyType({})
    ) -> str | None:
        """One of a closed set of words. ``titles``: what else people call them, so that they can be told the word."""
        known = tuple(choices)
        value = self.raw(node, "一个词", "a word", known[0] if known else "")
        if node is None or value is None:
            return None
        if value not in known:
            self.sink.add(
                "F204",
                node.span,
                value=value,
                known=", ".join(known),
                **near_blanks(suggestion(value, known) or _titled(value, titles)),
            )
            return None
        return value

    def slug(self, node: Node | None) -> str | None:
        """A name of small letters, digits, dots, hyphens and underscores."""
        return self._match(
            node, _SLUG, "小写字母、数字和 . - _ 组成的名字", "a name of a-z, 0-9, . - _", "no-reason-refused"
        )

    def fact_name(self, node: Node | None) -> str | None:
        """The name of a fact."""
        return self._match(
            node, _FACT, "事实名（小写字母、数字、下划线）", "a fact's name (a-z, 0-9, _)", "goods_intact"
        )

    def boolean(self, node: Node | None) -> bool | None:
        """``true`` or ``false``."""
        value = self.raw(node, "true 或 false", "true or false", "true")
        if value in {"true", "false"}:
            return value == "true"
        if value is not None:
            self._bad(node, value, " true 或 false", "true or false", suggestion(value, ("true", "false")) or "true")
        return None

    def integer(self, node: Node | None, low: int | None = None, high: int | None = None) -> int | None:
        """A whole number within bounds."""
        value = self._match(node, _INTEGER, "整数", "a whole number", "7")
        if node is None or value is None:
            return None
        number = int(value)
        if (low is not None and number < low) or (high is not None and number > high):
            self.sink.add("F208", node.span, value=value, low=low, high=high)
            return None
        return number

    def money(self, node: Node | None) -> int | None:
        """A decimal amount, read into hundredths."""
        value = self._match(node, _MONEY, "金额（最多两位小数）", "an amount, at most two decimals", "500.00")
        if value is None:
            return None
        try:
            return int(Decimal(value) * 100)
        except InvalidOperation:  # pragma: no cover (the pattern admits only decimals)
            return None

    def currency(self, node: Node | None) -> str | None:
        """The code of a currency."""
        return self._match(
            node, _CURRENCY, "货币代码（三个大写字母）", "the code of a currency (three capitals)", "EUR"
        )

    def date(self, node: Node | None) -> dt.date | None:
        """A date, ``YYYY-MM-DD``, that exists."""
        value = self.raw(node, "日期", "a date", "2026-11-20")
        if node is None or value is None:
            return None
        match = _DATE.match(value)
        if match is None:
            self._bad(node, value, "日期", "a date", "2026-11-20")
            return None
        try:
            return dt.date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            self.sink.add("F112", node.span, value=value)
            return None

    def duration(self, node: Node | None) -> str | None:
        """``24h`` or ``7d``."""
        said = _CHINESE_DURATION.match(node.value) if isinstance(node, ScalarNode) else None
        example = "24h" if said is None else f"{said[1]}{'d' if said[2] in _DAYS else 'h'}"
        return self._match(node, _DURATION, "时长", "a duration", example)

    def lateness(self, node: Node | None) -> str | None:
        """``15m``, ``2h`` or ``1d``."""
        return self._match(node, _LATENESS, "时长（m 分钟、h 小时、d 天）", "a length of time (m, h or d)", "2h")

    def _match(self, node: Node | None, pattern: re.Pattern[str], zh: str, en: str, example: str) -> str | None:
        value = self.raw(node, zh, en, example)
        if value is None:
            return None
        if not pattern.match(value):
            self._bad(node, value, zh, en, example)
            return None
        return value

    def _bad(self, node: Node | None, value: str, zh: str, en: str, example: str) -> None:
        span = node.span if node is not None else Span("")
        shown = value if len(value) <= 60 else value[:60] + "…"  # noqa: PLR2004 (a line of a terminal)
        self.sink.add("F206", span, value=shown, expected_zh=zh, expected_en=en, example=example)

    # --- compounds --------------------------------------------------------------------------------------------------

    def texts(self, node: Node | None) -> Texts | None:
        """``{zh: …, en: …}``, or a bare text, which is in the pack's language; that one is always needed."""
        if node is None:
            return None
        if isinstance(node, ScalarNode):
            value = self.string(node)
            return None if value is None else MappingProxyType({self.language.code: value})
        entries = self.mapping(node, required=(self.language.code,), optional=("zh", "en"))
        if entries is None:
            return None
        found = {}
        for lang in ("zh", "en"):
            value = self.string(entries.get(lang))
            if value is not None:
                found[lang] = value
        if "en" not in entries and self.language is CHINESE:
            self.sink.add("F209", node.span)
        return MappingProxyType(found)

    def strings(self, node: Node | None, *, single: bool = True) -> tuple[str, ...]:
        """A list of texts; a lone one counts as a list of one."""
        found = (self.string(item) for item in self.items(node, single=single))
        return tuple(value for value in found if value is not None)

    def each(self, node: Node | None, read: Callable[[Node], T | None]) -> tuple[T, ...]:
        """Read every item of a list, leaving out what could not be read."""
        found = (read(item) for item in self.items(node))
        return tuple(value for value in found if value is not None)
