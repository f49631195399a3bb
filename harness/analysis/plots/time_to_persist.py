"""Draw how long persisting takes: every trial as a dot, the share persisted by each time as a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from harness.analysis.cases import arm_of
from harness.analysis.plots import style
from harness.analysis.plots.curves import ROW_IN, Curve, curves
from harness.analysis.times import time_distributions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from harness.analysis.plots.style import Drawing, Look
    from harness.analysis.selection import Cell

MOST_DOTS: Final = 200
"""Of an arm with more successes, so many are drawn, evenly over its quantiles."""

_GOLDEN: Final = 0.6180339887  # spreads dots evenly, and the same each time


def time_to_persist(cell: Cell, *, looks: Mapping[str, Look] | None = None) -> Drawing:
    """Draw the time to persist of each arm of a cell (see `time_distributions`).

    One row an arm: its trials as dots, above them the share that was persisted by each time, with its
    95 % band (simultaneous), over those of the other arms in grey. Failures are no times: they stand at
    the right edge as ``never``. `looks` by strategy, as from `style.looks`.
    """
    title = "Time to persist: how many are done by when"
    steps = time_distributions(cell.trials)
    if steps.empty:
        return style.no_drawing(title, cell.caption, "There is no trial that counts.")
    arms = steps.drop_duplicates("arm")
    looks = looks or style.looks(arms["strategy"])
    done = steps["time_ms"][steps["share"] > 0]
    rows = steps.groupby("arm", sort=False)[["time_ms", "share", "low", "high"]]
    drawn = [
        Curve(str(arm), looks[strategy].colour, *rows.get_group(arm).to_numpy(np.float64).T)
        for arm, strategy in zip(arms["arm"], arms["strategy"], strict=True)
    ]
    with style.styled():
        figure = style.drawing(title, cell.caption, 0.45 + ROW_IN * len(arms))
        axes, never = figure.subplots(1, 2, sharey=True, width_ratios=[6.4, 1])
        style.time_axis(axes, *((done.min(), done.max()) if len(done) else (1.0, 1000.0)))
        curves(axes, drawn)
        for row, arm in enumerate(arms.to_dict("records")):
            _dots(axes, row, _successes(cell, arm["arm"]), drawn[row].colour)
            _never(never, row, arm["failures"], arm["trials"], drawn[row].colour)
        axes.set_xlabel("time to persist, from when the files were closed")
        never.set_axis_off()
        never.set_xlim(0, 1)
        never.text(0, -0.52, "never", va="bottom", fontsize=8.5, fontweight="bold")
    return figure


def _successes(cell: Cell, arm: str) -> NDArray[np.float64]:
    trials = cell.trials[(arm_of(cell.trials) == arm).to_numpy()]
    found = np.sort(trials.loc[trials["outcome"] == "ok", "elapsed_ms"].to_numpy(dtype=np.float64))
    if found.size > MOST_DOTS:
        found = found[np.linspace(0, found.size - 1, MOST_DOTS).round().astype(int)]
    return found


def _dots(axes: Axes, row: int, values: NDArray[np.float64], colour: str) -> None:
    spread = (np.arange(values.size) * _GOLDEN) % 1 - 0.5
    heights = row + 0.34 + 0.13 * spread
    axes.plot(values, heights, ls="none", marker=".", ms=3.5, mew=0, color=colour, alpha=0.55)


def _never(axes: Axes, row: int, failures: int, trials: int, colour: str) -> None:
    """How many never got there, as a bar and a number."""
    axes.barh(row + 0.12, 1, height=0.1, color=style.GREY, alpha=0.25)
    axes.barh(row + 0.12, failures / trials, height=0.1, color=colour)
    axes.text(0, row, f"{failures:,} of {trials:,}", va="bottom", fontsize=7.5)
