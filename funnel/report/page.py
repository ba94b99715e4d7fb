"""The page: tables behind every chart, two languages, light and dark, no script and nothing fetched."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from importlib import resources
from typing import Any, Final

from funnel.batch.summary import WORDS
from funnel.errors import TwoLanguageError
from funnel.report.data import FEW, MACHINE, Report
from funnel.statistics import wilson

_OUTCOMES: Final[Mapping[str, tuple[str, str]]] = {
    "settle": WORDS["settled"],
    "ask": WORDS["asked"],
    "refer": WORDS["referred"],
}
_MACHINE: Final = ("机器", "machine")
_SHOWN: Final = 20
_WEEK: Final = 168.0


class ReportError(TwoLanguageError):
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
        raise ReportError(
            "报告需要 matplotlib 和 Jinja2：pip install 'funnel[report]'",
            "reports need matplotlib and Jinja2: pip install 'funnel[report]'",
        ) from None
    from markupsafe import Markup  # noqa: PLC0415 (comes with Jinja2)

    def say(zh: str, en: str) -> str:
        return en if lang == "en" else zh

    def chart(draw: Callable[..., str], *args: Any, **more: Any) -> Markup:
        return Markup(draw(*args, **more))  # noqa: S704 (drawn here; matplotlib escapes text in SVG)

    def tier(key: str) -> str:
        return say(*(_MACHINE if key == MACHINE else WORDS.get(key, (key, key))))

    def scenario(key: str) -> str:
        texts = report.titles.get(key)
        return key if texts is None else texts.get(lang, key)

    def share(hits: int, of: int) -> str:
        if not of:
            return "–"
        low, high = wilson(hits, of)
        return f"{hits / of:.0%} [{low:.0%}, {high:.0%}]"

    counted = {
        "rows": report.cases + report.rejected,
        "rejected": report.rejected,
        "recognised": report.recognised,
        "presumed": report.presumed,
        "out_of_scope": report.out_of_scope,
        "settled": report.settled,
        "asked": report.asked,
        "referred": report.referred,
    }
    always = {"rows", "recognised"}
    steps = [(say(*WORDS[key]), count) for key, count in counted.items() if count or key in always]
    steps += [(f"· {tier(key)}", count) for key, count in report.tiers]
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
