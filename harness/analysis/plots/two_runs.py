"""Draw the failure rates of two runs side by side: a row per strategy, a mark per run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from matplotlib.lines import Line2D

from harness.analysis.plots import style

if TYPE_CHECKING:
    from harness.analysis.plots.style import Drawing
    from harness.summary.run_comparison import RunComparison

MOST_ROWS: Final = 40
"""Strategies that are drawn; the tables have all."""
_ROW_IN: Final = 0.36
_APART: Final = 0.17  # of a row
_RUNS: Final = (("first", style.BLUE, "o", -_APART), ("second", style.VERMILION, "s", _APART))


def failure_rates_of_two(compared: RunComparison) -> Drawing:
    """Draw the rates of each strategy in both runs, with Wilson's 95 % intervals.

    Strategies that failed in neither run are left out, and said to be.
    """
    title = "Failure rates in both runs"
    every = [(case, each) for case in compared.cases for each in case.strategies]
    failed = [(case, each) for case, each in every if each.first.failures or each.second.failures]
    rows = failed[:MOST_ROWS]
    left_out = f"{len(every) - len(failed)} that failed in neither run are left out"
    more = f", and so are {len(failed) - len(rows)} more" if len(failed) > len(rows) else ""
    caption = f"{len(every)} strategies and cases; {left_out}{more}. 95 % intervals (Wilson)."
    if not rows:
        return style.no_drawing(title, caption, "Nothing failed in either run.")
    with style.one_plot(title, caption, 0.65 + _ROW_IN * len(rows)) as (figure, axes):
        for row, (_, each) in enumerate(rows):
            for (_, colour, marker, off), rate in zip(_RUNS, (each.first, each.second), strict=True):
                low, high = (100 * bound for bound in rate.failure_rate_95)
                axes.plot([low, high], [row + off] * 2, color=colour, solid_capstyle="butt", lw=1.2)
                place = 100 * rate.failure_rate
                axes.plot(place, row + off, marker=marker, color=colour, ms=5, clip_on=False)
        axes.set_xlim(0, 100)
        axes.xaxis.set_major_formatter(lambda rate, _: f"{rate:.0f} %")
        axes.set_xlabel("trials that failed")
        style.row_labels(axes, (f"{each.name}, {case.profile}" for case, each in rows))
        handles = [
            Line2D([], [], color=colour, marker=marker, ms=5, lw=1.2, label=f"{which} run")
            for which, colour, marker, _ in _RUNS
        ]
        style.legend_above(axes, handles)
    return figure
