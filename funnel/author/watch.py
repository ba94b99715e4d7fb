"""Watching a pack: which files changed, and whose tests a change touches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from funnel.author.scenario_tests import ScenarioTest, Suite
from funnel.pack.model import Pack, Rule, leaves_of

Stamps = Mapping[Path, tuple[int, int]]
"""Of each file when it was changed (ns) and how long it is (bytes)."""


def stamps(*folders: Path) -> Stamps:
    """The YAML files below some folders as they stand. A file that goes away meanwhile is left out."""
    found = {}
    for folder in folders:
        for path in folder.rglob("*.y*ml"):
            try:
                stat = path.stat()
            except OSError:
                continue
            found[path] = (stat.st_mtime_ns, stat.st_size)
    return found


def changed(before: Stamps, after: Stamps) -> tuple[Path, ...]:
    """Files that were written, made or removed, in order."""
    return tuple(sorted(path for path in before.keys() | after.keys() if before.get(path) != after.get(path)))


def touched(
    pack: Pack, suite: Suite, files: Collection[Path]
) -> tuple[tuple[ScenarioTest, ...], tuple[ScenarioTest, ...]]:
    """The tests that a change of some files surely bears on, and the others.

    A scenario file: its own tests. A rule: the tests of that rule. Signals: those of rules whose scenario bears the file's
    name. Named conditions: those of the rules that use one of the file. Anything else (vocabulary, gates, law) may bear on
    all; the others come after in any case, as any rule may step before any other.
    """
    names = {file.resolve() for file in files}
    stems = {file.stem.replace("-", "_") for file in names if "signals" in file.parts}
    rules = {rule.id for rule in pack.rules.values() if rule.scenario in stems or not names.isdisjoint(_files(rule))}
    near = tuple(t for t in suite.tests if t.rule in rules or Path(t.span.path).resolve() in names)
    chosen = set(map(id, near))
    return near, tuple(t for t in suite.tests if id(t) not in chosen)


def _files(rule: Rule) -> Iterator[Path]:
    """The file of a rule, and those that define the conditions it names."""
    places = {span.path for condition in rule.conditions for leaf in leaves_of(condition) for span, _ in leaf.via}
    yield from (Path(path).resolve() for path in (rule.span.path, *places))
