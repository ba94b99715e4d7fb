"""The page: tables behind every chart, two languages, light and dark, no script and nothing fetched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, Final

from funnel.errors import FunnelError
from funnel.facts.vocabulary import Texts
from funnel.report.data import FEW, Report
from funnel.statistics import wilson

_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "settle": ("可结案（草稿）", "settled (draft)"),
    "ask": ("先提问", "asked"),
    "refer": ("转人工", "referred"),
}
_TIERS: Final[Mapping[str, tuple[str, str]]] = {
    "agent": ("客服", "agent"),
    "mediator": ("调解员", "mediator"),
    "lawyer": ("律师", "lawyer"),
    "machine": ("机器", "machine"),
}
_SHOWN: Final = 20
_WEEK: Final = 168.0


class ReportError(FunnelError):
    """The extra that draws is not installed."""


def render(report: Report, *, lang: str, generated_at: dt.datetime, title: str | None = None) -> str:
    """The page as HTML.

    Args:
        report: What to show.
        lang: ``zh`` or ``en``.
        generated_at: Printed at the foot; the same report and instant give the same bytes.
        title: What it is about, such as the file's name.

    Raises:
        ReportError: matplotlib or Jinja2 is missing (``pip install 'funnel[report]'``).
    """
    try:
        import jinja2  # noqa: PLC0415 (an extra)
        import matplotlib.figure  # noqa: F401, PLC0415 (as above)

        from funnel.report import charts  # noqa: PLC0415 (as above)
    except ImportError:
        raise ReportError("报告需要 matplotlib 和 Jinja2: reports need pip install 'funnel[report]'") from None
    from markupsafe import Markup  # noqa: PLC0415 (comes with Jinja2)

    def say(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    def chart(draw: Callable[..., str], *args: Any, **more: Any) -> Markup:
        return Markup(draw(*args, **more))  # noqa: S704 (drawn here; matplotlib escapes text in SVG)

    def name_of(titles: Mapping[str, Texts], key: str) -> str:
        texts = titles.get(key)
        return texts.get(lang, key) if texts is not None else key

    def tier(key: str) -> str:
        return say(*_TIERS.get(key, (key, key)))

    def scenario(key: str) -> str:
        return name_of(report.titles, key)

    def share(hits: int, of: int) -> str:
        if not of:
            return "–"
        low, high = wilson(hits, of)
        return f"{hits / of:.0%} [{low:.0%}, {high:.0%}]"

    steps = [
        (say("收到", "came in"), report.cases + report.rejected),
        (say("认得", "recognised"), report.recognised),
        (say("不属受理范围", "out of scope"), report.out_of_scope),
        (say("可结案（草稿）", "settled (draft)"), report.settled),
        (say("先提问", "asked"), report.asked),
        (say("转人工", "referred"), report.referred),
        *((f"· {tier(key)}", count) for key, count in report.tiers),
    ]
    if report.rejected:
        steps.insert(1, (say("读不出", "unreadable"), report.rejected))
    steps = [step for step in steps if step[1] or step[0] in {steps[0][0], say("认得", "recognised")}]
    drawn: dict[str, Markup] = {
        "funnel": chart(
            charts.bars,
            [n for n, _ in steps],
            [c for _, c in steps],
            title=say("漏斗：每一步有多少件", "the funnel: how many at each step"),
        )
    }
    if report.scenarios:
        drawn["pareto"] = chart(
            charts.pareto,
            [scenario(r.name) for r in report.scenarios],
            [r.count for r in report.scenarios],
            title=say("场景的帕累托曲线", "Pareto curve of the scenarios"),
            line=say(f"前 {report.to_80} 个场景到 80%", f"80 % with {report.to_80} scenarios"),
        )
        first = report.scenarios[:_SHOWN]
        drawn["outcomes"] = chart(
            charts.stacked,
            [scenario(r.name) for r in first],
            [[r.parts.get(key, 0) for key in _OUTCOMES] for r in first],
            [say(*words) for words in _OUTCOMES.values()],
            title=say("各场景的结果", "outcomes by scenario"),
        )
    if report.durations:
        drawn["durations"] = chart(
            charts.durations,
            {f"{tier(key)} ({len(hours):,})": hours for key, hours in report.durations.items()},
            title=say("多久办完", "time to resolve"),
            promise=(_WEEK, say("7 天", "7 days")),
            unit=say("小时", "hours"),
        )
    environment = jinja2.Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    template = environment.from_string(resources.files("funnel.report").joinpath("page.html").read_text("utf-8"))
    most = max((count for row in report.matrix for count in row.parts.values()), default=1)
    columns = [r.name for r in report.scenarios[:10]]
    return template.render(
        r=report,
        lang=lang,
        say=say,
        charts=drawn,
        steps=steps,
        title=title or report.pack,
        generated=generated_at.isoformat(timespec="seconds"),
        scenario=scenario,
        tier=tier,
        outcomes={key: say(*words) for key, words in _OUTCOMES.items()},
        share=share,
        rule=lambda texts: texts.get(lang, ""),
        few=FEW,
        columns=columns,
        heat=lambda count: round(100 * count / most),
        quantile=_quantile,
    )


def _quantile(hours: tuple[float, ...], share: float) -> str:
    """The least number of hours within which that share of cases ended."""
    value = hours[max(0, -(-int(share * 100) * len(hours) // 100) - 1)]
    return f"{value:,.1f}"
