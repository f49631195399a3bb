"""Draw times to persist: every trial as a dot, the share persisted by each time as a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.analysis.grouping import variant_of
from harness.analysis.plots import style
from harness.analysis.plots.curves import ROW_IN, Curve, curves
from harness.analysis.times import time_distributions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from harness.analysis.plots.style import Drawing, Look
    from harness.analysis.selection import Case

MOST_DOTS: Final = 200
"""A variant with more successes is drawn with so many, evenly over its quantiles."""

_GOLDEN: Final = 0.6180339887  # spreads dots evenly, and the same each time


def time_to_persist(case: Case, *, looks: Mapping[str, Look] | None = None) -> Drawing:
    """Draw the time to persist of each variant of a case (see `time_distributions`).

    One row per variant: its trials as dots, above them the share that was persisted by each time, with
    its 95 % band (simultaneous), over those of the other variants in grey. Failures have no time to
    persist: they are at the right edge as ``never``. `looks` by strategy, as from `style.looks`.
    """
    title = "Time to persist: the share that is done by each time"
    steps = time_distributions(case.trials)
    if steps.empty:
        return style.no_drawing(title, case.caption, "There is no trial that counts.")
    variants = steps.drop_duplicates("variant")
    looks = looks or style.looks(variants["strategy"])
    done = steps["time_ms"][steps["share"] > 0]
    rows = steps.groupby("variant", sort=False)[["time_ms", "share", "low", "high"]]
    drawn = [
        Curve(str(variant), looks[strategy].colour, *rows.get_group(variant).to_numpy(np.float64).T)
        for variant, strategy in zip(variants["variant"], variants["strategy"], strict=True)
    ]
    with style.styled():
        figure = style.drawing(title, case.caption, 0.45 + ROW_IN * len(variants))
        axes, never = figure.subplots(1, 2, sharey=True, width_ratios=[6.4, 1])
        style.time_axis(axes, *((done.min(), done.max()) if len(done) else (1.0, 1000.0)))
        curves(axes, drawn)
        for row, variant in enumerate(variants.to_dict("records")):
            _dots(axes, row, _successes(case, variant["variant"]), drawn[row].colour)
            _never(never, row, variant["failures"], variant["trials"], drawn[row].colour)
        axes.set_xlabel("time to persist, from when the files were closed")
        never.set_axis_off()
        never.set_xlim(0, 1)
        never.text(0, -0.52, "never", va="bottom", fontsize=8.5, fontweight="bold")
    return figure


def _successes(case: Case, variant: str) -> NDArray[np.float64]:
    trials = case.trials[(variant_of(case.trials) == variant).to_numpy()]
    found = np.sort(trials.loc[trials["outcome"] == "ok", "elapsed_ms"].to_numpy(dtype=np.float64))
    if found.size > MOST_DOTS:
        found = found[np.linspace(0, found.size - 1, MOST_DOTS).round().astype(int)]
    return found


def _dots(axes: Axes, row: int, values: NDArray[np.float64], colour: str) -> None:
    spread = (np.arange(values.size) * _GOLDEN) % 1 - 0.5
    heights = row + 0.34 + 0.13 * spread
    axes.plot(values, heights, ls="none", marker=".", ms=3.5, mew=0, color=colour, alpha=0.55)


def _never(axes: Axes, row: int, failures: int, trials: int, colour: str) -> None:
    """The failures, as a bar and a number."""
    axes.barh(row + 0.12, 1, height=0.1, color=style.GREY, alpha=0.25)
    axes.barh(row + 0.12, failures / trials, height=0.1, color=colour)
    axes.text(0, row, f"{failures:,} of {trials:,}", va="bottom", fontsize=7.5)
