"""Charts as SVG that takes its colours from the page, so that one drawing serves light and dark.

matplotlib draws with placeholder colours, which become CSS variables afterwards; text stays text, in the reader's own
fonts. Nothing moves and nothing runs: the page needs no script.
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from funnel.diagnostics._render import display_width

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS: Final[Mapping[str, str]] = {
    "#010101": "var(--ink)",
    "#020202": "var(--bar)",
    "#030303": "var(--line)",
    "#040404": "var(--grid)",
    "#050505": "var(--second)",
    "#060606": "var(--third)",
}
INK, BAR, LINE, GRID, SECOND, THIRD = _COLOURS
_SETTINGS: Final[Mapping[str, Any]] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "funnel",
    "text.parse_math": False,
    "font.size": 11,
    "font.family": "sans-serif",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": GRID,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "none",
}
_SHORT: Final = 40
"""Columns of a label; a Chinese character takes two."""


def bars(names: Sequence[str], counts: Sequence[int], *, title: str) -> str:
    """Horizontal bars with their numbers, the first on top."""

    def draw(axes: Axes) -> None:
        places = range(len(names))
        axes.barh(places, counts, color=BAR, height=0.62)
        axes.set_yticks(places, [_short(name) for name in names])
        axes.invert_yaxis()
        axes.tick_params(length=0)
        axes.set_xlim(0, max([*counts, 1]) * 1.16)
        axes.xaxis.set_visible(False)
        axes.spines["bottom"].set_visible(False)
        total = max(counts[0] if counts else 1, 1)
        for place, count in zip(places, counts, strict=True):
            axes.text(count + max(counts) * 0.01, place, f" {count:,}  ({count / total:.0%})", va="center", color=INK)

    return _svg(draw, 9.0, 0.42 * len(names) + 0.4, title)


def pareto(counts: Sequence[int], *, title: str, line: str) -> str:
    """Counts as bars, their running share as a line, and where four fifths are reached. Names stand in the table below."""

    def draw(axes: Axes) -> None:
        total, sofar, shares = max(sum(counts), 1), 0, []
        for count in counts:
            sofar += count
            shares.append(100 * sofar / total)
        places = range(1, len(counts) + 1)
        axes.bar(places, [100 * count / total for count in counts], color=BAR, width=0.7)
        axes.plot(places, shares, color=LINE, marker="o", markersize=3.5, linewidth=1.6)
        axes.axhline(80, color=SECOND, linewidth=1, linestyle=(0, (4, 3)))
        axes.text(len(counts) + 0.45, 81, line, ha="right", va="bottom", color=INK)
        axes.set_ylim(0, 104)
        axes.set_yticks([0, 20, 40, 60, 80, 100], ["0", "20%", "40%", "60%", "80%", "100%"])
        axes.set_xlim(0.4, len(counts) + 0.6)
        axes.set_xticks(list(places))
        axes.tick_params(length=0)
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.set_axisbelow(True)
        axes.spines["left"].set_visible(False)

    return _svg(draw, 9.0, 3.4, title)


def stacked(names: Sequence[str], parts: Sequence[Sequence[int]], legend: Sequence[str], *, title: str) -> str:
    """Horizontal bars in up to three parts, as shares."""

    def draw(axes: Axes) -> None:
        places = range(len(names))
        left = [0.0] * len(names)
        sums = [max(sum(row), 1) for row in parts]
        for index, (colour, label) in enumerate(zip((BAR, SECOND, THIRD), legend, strict=False)):
            widths = [100 * row[index] / whole for row, whole in zip(parts, sums, strict=True)]
            axes.barh(places, widths, left=left, color=colour, height=0.62, label=label)
            left = [a + b for a, b in zip(left, widths, strict=True)]
        axes.set_yticks(places, [f"{_short(name)} ({sum(row):,})" for name, row in zip(names, parts, strict=True)])
        axes.invert_yaxis()
        axes.set_xlim(0, 100)
        axes.set_xticks([0, 50, 100], ["0", "50%", "100%"])
        axes.tick_params(length=0)
        axes.legend(loc="lower center", bbox_to_anchor=(0.4, 1.0), ncols=3, frameon=False)

    return _svg(draw, 9.0, 0.36 * len(names) + 0.9, title)


def durations(series: Mapping[str, Sequence[float]], *, title: str, promise: tuple[float, str], unit: str) -> str:
    """For each tier the share of cases ended within so many hours, as steps."""

    def draw(axes: Axes) -> None:
        styles = [(BAR, "-"), (LINE, "--"), (SECOND, "-."), (THIRD, ":")]
        for number, (name, hours) in enumerate(series.items()):
            colour, dash = styles[number % len(styles)]
            shares = [100 * (i + 1) / len(hours) for i in range(len(hours))]
            axes.step([0, *hours], [0, *shares], where="post", color=colour, linestyle=dash, linewidth=1.8, label=name)
        axes.axvline(promise[0], color=GRID, linewidth=1)
        axes.text(promise[0], 103, promise[1], ha="center", va="bottom", color=INK)
        axes.set_ylim(0, 102)
        axes.set_yticks([0, 50, 100], ["0", "50%", "100%"])
        axes.set_xlim(0, max([promise[0] * 1.1, *(h for hours in series.values() for h in hours)]))
        axes.set_xlabel(unit)
        axes.tick_params(length=0)
        axes.grid(axis="y", color=GRID, linewidth=0.6)
        axes.legend(loc="lower right", frameon=False)

    return _svg(draw, 9.0, 3.2, title)


def _settings() -> Any:
    return dict(_SETTINGS)  # matplotlib types its own setting names one by one


def _short(name: str) -> str:
    if display_width(name) <= _SHORT:
        return name
    while display_width(name) >= _SHORT:
        name = name[:-1]
    return name + "…"


def _svg(draw: Any, width: float, height: float, title: str) -> str:
    from html import escape  # noqa: PLC0415 (beside its only use)

    from matplotlib import rc_context  # noqa: PLC0415 (an extra)
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415 (as above)
    from matplotlib.figure import Figure  # noqa: PLC0415 (as above)

    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    out = io.StringIO()
    with rc_context(_settings()), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the drawing font lacks Chinese glyphs; the reader's browser has them
        figure = Figure(figsize=(width, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.subplots())
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    svg = out.getvalue()
    svg = svg[svg.index("<svg") :]
    for placeholder, variable in _COLOURS.items():
        svg = svg.replace(placeholder, variable)
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font: (\d+px) [^;\"]*", r"font-size: \1", svg)
    label = escape(title, quote=True)
    return re.sub(
        r"^<svg ",
        f'<svg role="img" aria-label="{label}" ',
        re.sub(r' (width|height)="[\d.]+pt"', "", svg, count=2),
        count=1,
    )
