"""Draw when strategies make attempts: one row each, jitter as a band."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.lines import Line2D

from harness.analysis.plots import style
from harness.strategy.timetable import ATTEMPT_COST_MS
from harness.text import counted, milliseconds

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from harness.analysis.plots.style import Drawing
    from harness.strategy.view import StrategyView

_TITLE: Final = "When strategies make attempts"
_ROW_IN: Final = 0.26
_MANY: Final = 30
_CAPTION: Final = (
    "Computed, not measured: the strategy's own loop on a virtual clock, against a call that always "
    "fails with an error that it retries; calls take no time, except "
    f"{ATTEMPT_COST_MS:g} ms (assumed) in loops that never wait. Holds that end by the last attempt are "
    "outlasted. With jitter: a draw near the median budget, and a pale band from the 5th to the 95th "
    "percentile of the last attempt. x: it waits once more before it reports the error."
)
_COLOURS: Final = {
    "5": style.BLUE,
    "32": style.ORANGE,
    "5 and 32": style.GREEN,
    "any": style.VERMILION,
    "neither 5 nor 32": style.GREY,
}
"""A colour for each class of retried codes."""


def schedule_figure(views: Sequence[StrategyView]) -> Drawing:
    """Draw the attempts of strategies, from the top in their order.

    The time axis is logarithmic from 1 ms on and begins at the first attempt. Colours tell which of the
    errors of holds are retried; the label of a row says which codes, and beside it are the number of
    attempts and the budget.
    """
    if not views:
        return style.no_drawing(_TITLE, _CAPTION, "No strategy was named.")
    last = max(max(view.times.budget_ms.p95, view.times.typical.gave_up_ms) for view in views)
    with style.one_plot(_TITLE, _CAPTION, 0.75 + _ROW_IN * len(views)) as (figure, axes):
        style.time_axis(axes, 0, max(last, 10.0), from_zero=True)
        for row, view in enumerate(views):
            _draw_row(axes, row, view)
            style.beside(axes, row, _beside(view))
        axes.set_xlabel("time since the first attempt")
        axes.tick_params(axis="x", labeltop=len(views) > _MANY)
        style.row_labels(axes, ["" for _ in views])
        axes.set_yticks(range(len(views)), [_label(view) for view in views])
        drawn = {_code_class(view) for view in views}
        marks = [
            Line2D([], [], color=colour, lw=0.8, marker="|", ms=9, mew=1.1, label=f"retries {name}")
            for name, colour in _COLOURS.items()
            if name in drawn
        ]
        style.legend_above(axes, marks, pad=2.0 if len(views) > _MANY else 0.3)  # the times between
    return figure


def draw_schedules(views: Sequence[StrategyView], file: Path) -> None:
    """Write `schedule_figure` to `file`: .svg, .png or .pdf. Raises `OSError`."""
    figure = schedule_figure(views)
    if file.suffix.lower() == ".svg":
        file.write_text(figure.svg(), encoding="utf-8")
        return
    with style.styled():
        figure.savefig(file, dpi=200, facecolor="white")


def _draw_row(axes: Axes, row: int, view: StrategyView) -> None:
    colour = _COLOURS[_code_class(view)]
    listed, budget = view.times.typical, view.times.budget_ms
    if not budget.is_one:
        axes.barh(row, budget.p95 - budget.p5, 0.62, budget.p5, color=colour, alpha=0.25, lw=0)
    axes.plot([0, listed.budget_ms], [row, row], color=colour, lw=0.8, alpha=0.6)
    at = style.thinned(axes, np.array(listed.attempts_ms))
    alpha = 0.55 if view.times.is_random else 1
    rows = np.full(at.size, row)
    axes.plot(at, rows, ls="none", marker="|", ms=9, mew=1.1, color=colour, alpha=alpha)
    if view.times.waits_after_last:
        axes.plot([listed.gave_up_ms], [row], ls="none", marker="x", ms=4, color=colour)


def _beside(view: StrategyView) -> str:
    listed = view.times.typical
    attempts = counted(len(listed.attempts_ms), "attempt")
    more = "more than " * view.times.is_cut
    return f"{more}{attempts}" + (f", {milliseconds(listed.budget_ms)}" if listed.budget_ms else "")


def _label(view: StrategyView) -> str:
    return f"{style.shortened(view.name)}  [{style.shortened(view.retries, 12)}]"


def _code_class(view: StrategyView) -> str:
    found = [code for code in (5, 32) if view.retries_code(code)]
    if view.retries.startswith("any") and found:
        return "any"
    return " and ".join(map(str, found)) or "neither 5 nor 32"
