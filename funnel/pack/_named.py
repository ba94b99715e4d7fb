"""Named conditions: written once for the pack, read once, and put in the place of every use as if written out there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from graphlib import CycleError, TopologicalSorter
from types import MappingProxyType

from funnel.diagnostics import Span
from funnel.facts.vocabulary import Texts
from funnel.pack._nodes import MAX_DEPTH, MAX_NODES, ListNode, MapNode, Node, ScalarNode
from funnel.pack._reader import Reader, near
from funnel.pack.model import All, Any, Condition, NamedCondition, Not, Test, leaves_of

WORD = "condition"
"""The key of a use: ``{condition: NAME}``."""
_EXAMPLE = "only_some_pieces: {label: {zh: …, en: …}, when: {…}}"


@dataclass(frozen=True, slots=True)
class _Definition:
    """A definition as it stands in its file."""

    key: ScalarNode
    label: Texts | None
    when: Node | None
    uses: Mapping[str, Span]
    """The other definitions that it names, each with the first place."""


class NamedConditions:
    """Reads the definitions of a pack and puts them in the place of their uses.

    Args:
        reader: Collects what is wrong.
        read: Reads a condition; where that names another one, it calls `use`.
        facts: Where each fact is declared.
    """

    def __init__(self, reader: Reader, read: Callable[[Node | None], Condition | None], facts: Mapping[str, Span]) -> None:  # fmt: skip
        self.reader = reader
        self._read = read
        self._facts = facts
        self._found: dict[str, _Definition] = {}
        self._places: dict[str, Span] = {}
        self._ready: dict[str, Condition | None] = {}
        self._used: set[str] = set()
        self._sizes: dict[str, int] = {}  # for how many tests the uses of each file stand
        self._full: set[str] = set()

    # --- definitions ----------------------------------------------------------------------------------------------------

    def add_file(self, node: Node) -> None:
        """Take up the definitions of one file."""
        r = self.reader
        entries = r.mapping(node, required=("funnel", "conditions")) or {}
        for key, value in r.entries(entries.get("conditions"), _EXAMPLE):
            name = r.slug(key)
            if name is None or not r.is_new(self._places, name, key):
                continue
            if name in self._facts:
                r.sink.add("F314", key.span, (self._facts[name], ""), name=name)
            inner = r.mapping(value, required=("label", "when"), example=_EXAMPLE) or {}
            when = inner.get("when")
            uses: dict[str, Span] = {}
            for used, span in () if when is None else _uses(when):
                uses.setdefault(used, span)
            self._found[name] = _Definition(key, r.texts(inner.get("label")), when, uses)

    def finish(self) -> Mapping[str, NamedCondition]:
        """Read every definition, those first that others name.

        A definition in a circle is no condition; nor is one that would be nested deeper than what can be written out.
        """
        for name in self._order():
            definition = self._found[name]
            condition = self._read(definition.when)
            if condition is not None and definition.when is not None and _depth(condition) > MAX_DEPTH:
                self.reader.sink.add("F115", definition.when.span, limit=MAX_DEPTH)
                condition = None
            self._ready[name] = condition
        self._used.clear()  # naming each other is no use yet
        made = {
            name: NamedCondition(name, definition.label, condition, definition.key.span)
            for name, definition in sorted(self._found.items())
            if (condition := self._ready.get(name)) is not None and definition.label is not None
        }
        return MappingProxyType(made)

    def _order(self) -> tuple[str, ...]:
        """The names, each behind those that it names; every circle reported and cut at one edge."""
        graph = {name: {u for u in d.uses if u in self._found} for name, d in sorted(self._found.items())}
        while True:
            try:
                return tuple(TopologicalSorter(graph).static_order())
            except CycleError as error:
                self._cut(graph, error.args[1])

    def _cut(self, graph: dict[str, set[str]], circle: list[str]) -> None:
        found = circle[:0:-1]  # each is named by the one before it, now that the order is turned round
        first = found.index(min(found))
        names = [*found[first:], *found[:first]]
        edges = list(zip(names, [*names[1:], names[0]], strict=True))
        related = [(self._found[one].uses[two], f"→ {two}") for one, two in edges]
        self.reader.sink.add("F313", self._places[names[0]], *related, cycle=" → ".join([*names, names[0]]))
        one, two = edges[-1]
        graph[one].discard(two)

    # --- uses -------------------------------------------------------------------------------------------------------------

    def use(self, node: Node) -> Condition | None:
        """What a use stands for, its tests at the place of the use; None where it cannot be had (the findings say why)."""
        name = self.reader.slug(node)
        if name is None:
            return None
        if name not in self._found:
            self.reader.sink.add("F312", node.span, name=name, **near(name, self._found))
            return None
        self._used.add(name)
        condition = self._ready.get(name)
        if condition is None:
            return None  # its definition is broken, which was said there
        return _placed(condition, node.span, name) if self._fits(condition, name, node.span) else None

    def _fits(self, condition: Condition, name: str, span: Span) -> bool:
        """Whether a file with all its uses is no larger than one that could be written out; said once if it is not."""
        size = self._sizes.get(span.path, 0) + sum(1 for _ in leaves_of(condition))
        if size <= MAX_NODES:
            self._sizes[span.path] = size
        elif span.path not in self._full:
            self._full.add(span.path)
            self.reader.sink.add("F316", span, name=name, limit=MAX_NODES)
        return size <= MAX_NODES

    def idle(self) -> Iterator[tuple[str, Span]]:
        """The definitions that no rule, gate or forum uses, not even through another one."""
        reached: set[str] = set()
        agenda = [*self._used]
        while agenda:
            name = agenda.pop()
            if name not in reached:
                reached.add(name)
                agenda += (used for used in self._found[name].uses if used in self._found)
        yield from ((name, span) for name, span in self._places.items() if name in self._found and name not in reached)


def _uses(node: Node) -> Iterator[tuple[str, Span]]:
    """The names that a condition's nodes use, with the places."""
    if isinstance(node, ListNode):
        for item in node.items:
            yield from _uses(item)
    elif isinstance(node, MapNode):
        for key, value in node.entries:
            if key.value == WORD and isinstance(value, ScalarNode):
                yield value.value, value.span
            else:
                yield from _uses(value)


def _depth(condition: Condition) -> int:
    if isinstance(condition, Test):
        return 1
    items = (condition.item,) if isinstance(condition, Not) else condition.items
    return 1 + max(map(_depth, items), default=0)


def _placed(condition: Condition, span: Span, name: str) -> Condition:
    """A definition's condition at a place where it is used: the same, and each test knows both places."""
    if isinstance(condition, Test):
        return replace(condition, span=span, via=((condition.span, name), *condition.via))
    if isinstance(condition, Not):
        return Not(_placed(condition.item, span, name))
    items = tuple(_placed(item, span, name) for item in condition.items)
    return All(items) if isinstance(condition, All) else Any(items)
