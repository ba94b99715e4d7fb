"""What drafts would have decided in a batch: a line each in a file, and the counts for who runs it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from funnel.batch.longrun import LongRun, unwritable
from funnel.batch.summary import WORDS
from funnel.engine._texts import knows, say
from funnel.engine.shadow import Shadow, Tallies, Tally, sides
from funnel.pack.model import Pack

if TYPE_CHECKING:
    from funnel.facts.vocabulary import Texts

_KEYS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "outcome": ("结果", "outcome"),
        "tier": ("层级", "tier"),
        "scenarios": ("场景", "scenarios"),
        "remedies": ("救济", "remedies"),
    }
)
_OUTCOMES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {"settle": ("可结案", "settle"), "ask": ("先提问", "ask"), "refer": ("转人工", "refer")}
)


class ShadowFile:
    """Writes what drafts would have decided, a line each, and counts."""

    def __init__(self) -> None:
        self._stream: BinaryIO | None = None
        self.tallies = Tallies()

    def write_to(self, stream: BinaryIO, long_run: LongRun) -> None:
        """Where to write, and what was counted before the run was interrupted."""
        self._stream = stream
        if long_run.start is not None:
            self.tallies.restore(long_run.start.extra)

    def __call__(self, shadow: Shadow) -> None:
        """Write one down and count it."""
        self.tallies.add(shadow)
        assert self._stream is not None  # noqa: S101 (given before the first row)
        try:
            self._stream.write(line(shadow))
        except OSError as error:  # or the row would be a reject, for no fault of its own
            raise unwritable(Path("--shadow"), error) from None


def line(shadow: Shadow) -> bytes:
    """A line of the file: what was decided and what would have been, what differs, and the whole would-be decision."""
    would = shadow.would
    content = {
        "complaint_id": shadow.complaint_id,
        "rule": shadow.rule,
        "live": sides(shadow.live),
        "would": None if would is None else sides(would),
        "changes": {key: {"live": live, "would": other} for key, (live, other) in shadow.changes.items()},
        "decision": None if would is None else orjson.Fragment(would.model_dump_json()),
        "error": shadow.error,
    }
    return orjson.dumps(content) + b"\n"


def counts(pack: Pack, tallies: Tallies) -> dict[str, dict[str, Any]]:
    """What became of each draft, as plain data; all of them, also those that had no say."""
    return {
        rule: {
            "applied": tally.applied,
            "agreed": tally.agreed,
            "failed": tally.failed,
            "changes": [
                {"key": c.key, "live": c.live, "would": c.would, "count": c.count, "examples": list(c.examples)}
                for c in tally.changes
            ],
        }
        for rule, tally in _all(pack, tallies).items()
    }


def text(pack: Pack, tallies: Tallies, lang: str) -> str:
    """What became of each draft, for reading."""
    zh = lang != "en"
    words = _words(pack, lang)
    lines = []
    for rule, tally in _all(pack, tallies).items():
        if not tally.applied:
            lines.append(f"草稿 {rule}：一件也没碰到" if zh else f"draft {rule}: had no say in any complaint")
            continue
        lines.append(
            f"草稿 {rule}：碰到 {tally.applied} 件，其中 {tally.agreed} 件结论不变，{tally.failed} 件出错"
            if zh
            else f"draft {rule}: a say in {tally.applied}, {tally.agreed} of them decided the same, {tally.failed} failed"
        )
        for c in tally.changes:
            ids = ("、" if zh else ", ").join(c.examples)
            what = (
                f"{_KEYS[c.key][0 if zh else 1]}{'：' if zh else ': '}{words(c.key, c.live)} → {words(c.key, c.would)}"
            )
            lines.append(f"  {c.count:>6}  {what}  " + (f"（{ids}）" if zh else f"({ids})"))
    return "\n".join(lines) or ("没有草稿规则" if zh else "there are no draft rules")


def _all(pack: Pack, tallies: Tallies) -> dict[str, Tally]:
    """Every draft of the pack, the busiest first."""
    found = tallies.result()
    drafts = sorted(rule.id for rule in pack.rules.values() if rule.status == "draft")
    return found | {rule: Tally() for rule in drafts if rule not in found}


def _words(pack: Pack, lang: str) -> Callable[[str, str], str]:
    """What a side of a change is called."""
    from funnel.facts.vocabulary import pick  # noqa: PLC0415 (only here)

    titles: dict[str, Texts] = {rule.scenario: rule.title for rule in pack.rules.values()}
    index = 1 if lang == "en" else 0
    none = "none" if lang == "en" else "无"

    def one(key: str, word: str) -> str:
        if key == "outcome":
            return _OUTCOMES[word][index]
        if key == "tier":
            return WORDS.get(word, (word, word))[index]
        if key == "scenarios":
            return f"“{pick(titles[word], lang)}”" if word in titles else word
        kind, _, amount = word.partition(" ")
        name = say(f"kind-{kind}", lang) if knows(f"kind-{kind}") else kind
        return f"{name} {amount}" if amount else name

    def shown(key: str, side: str) -> str:
        return (", " if lang == "en" else "、").join(one(key, word) for word in side.split(", ") if word) or none

    return shown
