"""The funnel of a batch: what came in, what became of it, and which scenarios make up the most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from funnel.batch.reading import Reading
from funnel.batch.rows import excerpt
from funnel.diagnostics._render import display_width
from funnel.errors import Lang
from funnel.facts.money import currency_of
from funnel.statistics import needed

_ORDERS = 5
"""Orders settled more than once that are named in the text."""
_SHOWN = 20
"""Fields not understood that are named in the text; all are in `Summary.to_dict`."""


@dataclass(frozen=True, slots=True)
class ScenarioCount:
    """A scenario in a batch. Shares are of all matters that were recognised; a complaint can have several."""

    scenario: str
    title: str
    count: int
    settled: int
    share: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class OrderRow:
    """A complaint about an order: the file, the number of its row among the data rows, and its id."""

    file: str
    row: int
    id: str


@dataclass(frozen=True, slots=True)
class DoubledOrder:
    """An order of which more than one complaint would be settled.

    Attributes:
        order: Its number, as the file has it; cut after sixty characters.
        rows: The complaints that would be, the first ten of them.
    """

    order: str
    rows: tuple[OrderRow, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--format json`` and for runs that can be resumed."""
        return {"order": self.order, "rows": [{"file": r.file, "row": r.row, "id": r.id} for r in self.rows]}

    @classmethod
    def restored(cls, state: Mapping[str, Any]) -> DoubledOrder:
        """What `to_dict` put down."""
        return cls(state["order"], tuple(OrderRow(r["file"], int(r["row"]), r["id"]) for r in state["rows"]))

    def text(self, lang: str = "zh") -> str:
        """The order with its rows, in ``zh`` or ``en``."""
        english, parts, file = lang == "en", [], None
        for one in self.rows:
            name = "" if one.file == file else f"{one.file} "
            parts.append(f"{name}row {one.row} ({one.id})" if english else f"{name}第 {one.row} 行（{one.id}）")
            file = one.file
        return f"order {self.order}: {', '.join(parts)}" if english else f"订单 {self.order}：{'、'.join(parts)}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of a batch.

    Attributes:
        rows: Rows that came in; always ``decided`` plus the rejected.
        recognised: Complaints in which a rule recognised its scenario, or that read like one so surely that it is presumed.
        presumed: Those of them that nobody has confirmed yet.
        referred: By tier.
        rejected: By code.
        scenarios: Ranked by count. A complaint counts once a matter, so the counts may add up to more than what is recognised.
        unknown_fields: Columns and fields that were not understood, with the number of decided rows that fill them and
            the nearest known name.
        out_of_scope: Matters recognised as none of the pack's business, by title; they are referred and told where to go.
        unnamed_fields: Fields not understood beyond the thousand names that are told apart, counted.
        damaged_ids: Ids beside the complaint's own that Excel has made useless, with the number of rows: passed through as they
            are and not used.
        undated: Rows decided that do not say when the complaint was received.
        sources: What there is to tell of how files were read: a header below a title, sheets that were read together, sheets that
            were not read.
        amount: Sum of the amounts of all settlement drafts.
        currency: What that is in.
        repeated_orders: Orders that more than one complaint is about.
        doubled_orders: Those of them of which more than one complaint would be settled: the same refund may be paid twice.
        doubled: The first twenty of these.
    """

    rows: int
    decided: int
    recognised: int
    settled: int
    asked: int
    referred: Mapping[str, int]
    rejected: Mapping[str, int]
    scenarios: tuple[ScenarioCount, ...]
    gates: Mapping[str, int]
    unknown_fields: Mapping[str, tuple[int, str | None]]
    generated_ids: int
    amount: Decimal
    seconds: float
    pack: str
    digest: str
    unnamed_fields: int = 0
    presumed: int = 0
    out_of_scope: Mapping[str, int] = field(default_factory=dict)
    sources: tuple[Reading, ...] = ()
    undated: int = 0
    damaged_ids: Mapping[str, int] = field(default_factory=dict)
    currency: str = "CNY"
    repeated_orders: int = 0
    doubled_orders: int = 0
    doubled: tuple[DoubledOrder, ...] = ()

    @property
    def needed_for_80(self) -> int | None:
        """How many scenarios it takes for four fifths of what is recognised; None without any."""
        return needed(item.count for item in self.scenarios)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for ``--format json``."""
        return {
            "rows": self.rows,
            "decided": self.decided,
            "recognised": self.recognised,
            "presumed": self.presumed,
            "settled": self.settled,
            "asked": self.asked,
            "referred": dict(self.referred),
            "rejected": dict(self.rejected),
            "scenarios": [
                {
                    "scenario": s.scenario,
                    "title": s.title,
                    "count": s.count,
                    "settled": s.settled,
                    "share": round(s.share, 4),
                    "cumulative": round(s.cumulative, 4),
                }
                for s in self.scenarios
            ],
            "needed_for_80_percent": self.needed_for_80,
            "gates": dict(self.gates),
            "out_of_scope": dict(self.out_of_scope),
            "unknown_fields": [
                {"field": name, "rows": count, "suggestion": near}
                for name, (count, near) in self.unknown_fields.items()
            ],
            "unnamed_fields": self.unnamed_fields,
            "damaged_ids": dict(self.damaged_ids),
            "orders": {
                "repeated": self.repeated_orders,
                "settled_twice": self.doubled_orders,
                "examples": [order.to_dict() for order in self.doubled],
            },
            "sources": [reading.to_dict() for reading in self.sources],
            "generated_ids": self.generated_ids,
            "undated": self.undated,
            "settled_amount": f"{self.amount:.2f}",
            "currency": self.currency,
            "seconds": round(self.seconds, 3),
            "pack": {"id": self.pack, "digest": self.digest},
        }


WORDS = {
    "rows": ("收到", "came in"),
    "rejected": ("读不出", "rejected as unreadable"),
    "decided": ("已判断", "decided"),
    "recognised": ("认得", "recognised"),
    "presumed": ("· 读来像，待确认", "· presumed"),
    "out_of_scope": ("不属受理范围", "out of scope"),
    "settled": ("可结案（草稿）", "settled (draft)"),
    "asked": ("先提问", "asked"),
    "referred": ("转人工", "referred"),
    "agent": ("客服", "agent"),
    "mediator": ("调解员", "mediator"),
    "lawyer": ("律师", "lawyer"),
}


def render_text(summary: Summary, lang: Lang = "zh", width: int = 78) -> str:
    """The funnel as text, aligned under double-width characters.

    Args:
        summary: The summary.
        lang: ``zh`` or ``en``.
        width: Columns available.
    """
    index = 1 if lang == "en" else 0
    lines: list[str] = []
    total = max(summary.rows, 1)
    bar = max(10, min(40, width - 40))

    def row(key: str, count: int, label: str | None = None) -> None:
        name = label or WORDS[key][index]
        lines.append(f"{_pad(name, 24)}{count:>9,}  {count / total:>6.1%}  {'█' * round(bar * count / total)}".rstrip())

    row("rows", summary.rows)
    if summary.rejected:
        row("rejected", sum(summary.rejected.values()))
    row("recognised", summary.recognised)
    if summary.presumed:
        row("presumed", summary.presumed)
    if summary.out_of_scope:
        row("out_of_scope", sum(summary.out_of_scope.values()))
    row("settled", summary.settled)
    row("asked", summary.asked)
    row("referred", sum(summary.referred.values()))
    for tier, count in summary.referred.items():
        row(tier, count, f"· {WORDS.get(tier, (tier, tier))[index]}")
    if summary.scenarios:
        lines += ["", *_ranking(summary, index)]
    lines += ["", *_notes(summary, index)]
    return "\n".join(lines)


def _ranking(summary: Summary, index: int) -> list[str]:
    heads = (("场景", "件数", "占比", "累计", "可结案"), ("scenario", "cases", "share", "total", "settled"))[index]
    names = [f"{place:>2}. {item.title}" for place, item in enumerate(summary.scenarios, 1)]
    width = max(42, *(display_width(name) + 2 for name in names))
    lines = [
        f"{_pad(heads[0], width)}{_right(heads[1], 7)}{_right(heads[2], 8)}{_right(heads[3], 8)}{_right(heads[4], 9)}"
    ]
    last = summary.needed_for_80
    for place, item in enumerate(summary.scenarios, 1):
        name = _pad(names[place - 1], width)
        lines.append(f"{name}{item.count:>7,}{item.share:>8.1%}{item.cumulative:>8.1%}{item.settled:>9,}")
        if place == last:
            text = (f"前 {place} 个场景占认得的八成", f"{place} scenarios make up 80 % of what is recognised")[index]
            lines.append(f"{'─' * 20} {text} {'─' * 20}")
    return lines


def _notes(summary: Summary, index: int) -> list[str]:
    lines = [
        (f"不属受理范围：{title} {count:,} 件", f"out of scope: {title}, {count:,}")[index]
        for title, count in summary.out_of_scope.items()
    ]
    unit = currency_of(summary.currency).unit("en" if index else "zh")
    rate = summary.rows / summary.seconds if summary.seconds else 0
    if index:
        lines.append(
            f"settlement drafts in all: {summary.amount:,.2f} {unit}; {summary.seconds:.1f} s, {rate:,.0f} rows/s; pack {summary.pack} {summary.digest[:12]}"
        )
    else:
        lines.append(
            f"结案草稿合计 {summary.amount:,.2f} {unit}；用时 {summary.seconds:.1f} 秒，每秒 {rate:,.0f} 行；规则包 {summary.pack} {summary.digest[:12]}"
        )
    lines += _doubled(summary, "en" if index else "zh")
    lines += [line for reading in summary.sources for line in reading.lines("en" if index else "zh")]
    for label, (count, near) in list(summary.unknown_fields.items())[:_SHOWN]:
        name = excerpt(label)
        if index:
            hint = f"; if it is {near}, add --map {name}={near}" if near else "; say what it is with --map HEADER=FIELD"
            lines.append(f"column not understood: “{name}” ({count:,} rows, passed through as it is){hint}")
        else:
            hint = f"；若是 {near}，加 --map {name}={near}" if near else "；可用 --map 表头=字段 指定"
            lines.append(f"没看懂的列：“{name}”（{count:,} 行，原样保留）{hint}")
    more = len(summary.unknown_fields) - _SHOWN + (1 if summary.unnamed_fields else 0)
    if more > 0:
        lines.append(
            (f"还有 {more:,} 个没看懂的列，见 --format json", f"{more:,} more are not understood; see --format json")[
                index
            ]
        )
    lines += [
        (
            f"{name}：{count:,} 行的编号被 Excel 当成数字改坏了，没有采用；重新导出，打开前先把这一列设成“文本”",
            f"{name}: Excel has damaged the ids of {count:,} rows, which are not used; export again and make the column text before it is opened",
        )[index]
        for name, count in summary.damaged_ids.items()
    ]
    if summary.undated:
        lines.append(
            (
                f"没写收到日期的有 {summary.undated:,} 行：按运行当天（或 --as-of 的日子）收到来判断，期限也从那天算",
                f"{summary.undated:,} rows do not say when they were received: they are decided as of the day of the run (or --as-of), and so are their deadlines",
            )[index]
        )
    if summary.generated_ids:
        lines.append(
            (
                f"没有编号列，用行号作编号（{summary.generated_ids:,} 行）",
                f"no id column; row numbers serve as ids ({summary.generated_ids:,} rows)",
            )[index]
        )
    for code, count in summary.rejected.items():
        lines.append(
            (f"读不出 {count:,} 行：{code}", f"{count:,} {'row' if count == 1 else 'rows'} rejected: {code}")[index]
        )
    return lines


def _doubled(summary: Summary, lang: str) -> list[str]:
    """Orders with more than one complaint, those first that would be paid more than once."""
    count, twice = summary.repeated_orders, summary.doubled_orders
    if not count:
        return []
    if lang == "en":
        told = f"; {twice:,} of them would be settled more than once:" if twice else "; none of them would be settled more than once"  # fmt: skip
        lines = [f"orders with more than one complaint: {count:,}{told}"]
    else:
        lines = [f"有不止一件投诉的订单：{count:,} 个" + (f"，其中 {twice:,} 个会结案不止一次：" if twice else "，没有会结案不止一次的")]  # fmt: skip
    lines += [f"· {order.text(lang)}" for order in summary.doubled[:_ORDERS]]
    if twice > _ORDERS:
        lines.append(f"· {twice - _ORDERS:,} more" if lang == "en" else f"· 还有 {twice - _ORDERS:,} 个")
    return lines


def _pad(text: str, width: int) -> str:
    return text + " " * max(1, width - display_width(text))


def _right(text: str, width: int) -> str:
    return " " * max(0, width - display_width(text)) + text


def rank(counts: Mapping[str, Sequence[int]], titles: Mapping[str, str]) -> tuple[ScenarioCount, ...]:
    """Rank scenarios; shares are of all matters, so that they add up to one."""
    total = max(1, sum(c[0] for c in counts.values()))
    running = 0
    found = []
    for scenario, (count, settled) in sorted(counts.items(), key=lambda item: (-item[1][0], item[0])):
        running += count
        title = titles.get(scenario, scenario)
        found.append(ScenarioCount(scenario, title, count, settled, count / total, running / total))
    return tuple(found)
