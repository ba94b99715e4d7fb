"""What `funnel test --coverage` prints."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from funnel.cli._common import USAGE, fail

if TYPE_CHECKING:
    from funnel.author.coverage import Coverage, Item
    from funnel.pack.model import Pack

_KINDS = {
    "condition": ("条件", "conditions"),
    "threshold": ("门槛两边", "thresholds, both sides"),
    "exception": ("例外", "exceptions"),
    "outcome": ("结局", "outcomes"),
}
_WANTED = {
    "true": "成立",
    "false": "不成立",
    "unknown": "未知",
    "fired": "发生",
    "settle": "结案",
    "ask": "先提问",
    "refer": "转人工",
}


def describe(pack: Pack, item: Item, lang: str) -> str:
    """One thing that no test looks at, in words."""
    from funnel.engine.describe import leaf  # noqa: PLC0415 (late, for a quick --help)

    condition = leaf(pack, item.leaf, {}, lang) if item.leaf is not None else ""
    wanted = item.wanted if lang == "en" else _WANTED.get(item.wanted, item.wanted)
    if item.kind == "threshold":
        label = pack.vocabulary.label(item.leaf.fact, lang) if item.leaf is not None else ""
        return f"{item.where}: {condition}: {label} = {wanted}"
    return f"{item.where}: {condition} {'→' if condition else ''} {wanted}".replace("  ", " ")


def text(pack: Pack, coverage: Coverage, lang: str) -> str:
    """The report as text: what is missing with its place, then the counts."""
    index = 1 if lang == "en" else 0
    lines = []
    for rule in coverage.rules:
        missing = [item for item in coverage.of(rule) if not item.seen]
        if missing:
            lines.append(rule)
            lines += [f"  {item.span}: {describe(pack, item, lang)}" for item in missing]
    counts = [f"{_KINDS[kind][index]} {seen}/{whole}" for kind, (seen, whole) in sorted(coverage.counts().items())]
    joined = ("，", ", ")[index].join(counts)
    if coverage.unreachable:
        number = len(coverage.unreachable)
        joined += (f"；另有 {number} 项证明看不到，不计", f"; {number} more proved out of reach, not counted")[index]
    lines.append((f"覆盖 {coverage.percent}%：{joined}", f"coverage {coverage.percent} %: {joined}")[index])
    return "\n".join(lines)


def write_html(pack: Pack, coverage: Coverage, path: Path, lang: str) -> None:
    """The report as one page that needs no network."""
    zh = lang != "en"
    title = f"{'场景测试覆盖' if zh else 'coverage of scenario tests'} · {pack.id} {pack.digest[:12]}"
    rows = []
    for rule in coverage.rules:
        items = coverage.of(rule)
        seen = sum(item.seen for item in items)
        rows.append(
            f"<details{'' if seen == len(items) else ' open'}><summary><code>{escape(rule)}</code> {seen}/{len(items)}</summary><ul>"
        )
        for item in items:
            mark, name = ("✓", "seen") if item.seen else ("✗", "missing")
            rows.append(
                f'<li class="{name}">{mark} {escape(describe(pack, item, lang))} <small>{escape(str(item.span))}</small></li>'
            )
        rows.append("</ul></details>")
    page = (
        f'<!doctype html><html lang="{"zh" if zh else "en"}"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title><style>body{{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}}"
        "li{list-style:none}li.seen{opacity:.6}li.missing{font-weight:600}small{opacity:.7;font-weight:400}</style>"
        f"<h1>{escape(title)}</h1><p>{escape(text(pack, coverage, lang).splitlines()[-1])}</p>{''.join(rows)}</html>\n"
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        fail(f"funnel test: {path}: {error.strerror}", USAGE)
