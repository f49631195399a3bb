"""Draw hold times as attempts show them: the share of blocked operations still held at each time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.analysis.hold_distribution import Unreleased, hold_time_distribution, unreleased
from harness.analysis.hold_families import FAMILIES
from harness.analysis.observed_holds import hold_times
from harness.analysis.plots import style
from harness.text import counted, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from harness.analysis.plots.style import Drawing
    from harness.analysis.selection import Case

_HEIGHT_IN: Final = 3.1


def hold_time_curve(case: Case, *, fitted: tuple[str, Mapping[str, float]] | None = None) -> Drawing:
    """Draw the share of blocked operations of a case that were still held at each time.

    It is the `hold_time_distribution` of `hold_times`. The line is wide between two attempts, where the
    time is not known exactly; around it is the 95 % band (pointwise). Nothing is known beyond the
    longest observation. `fitted`, the name of a family and its parameters (a row of
    `hold_time_families`), is drawn with it.
    """
    title = "How long holds last"
    observed = hold_times(case)
    if observed.times.empty:
        return style.no_drawing(title, case.caption, "No operation was blocked, so no hold was seen.")
    table = hold_time_distribution(observed)
    last = unreleased(observed)
    left, right, released, low, high = (
        table[name].to_numpy(np.float64) for name in ("left_ms", "right_ms", "released", "low", "high")
    )
    seen = np.r_[left, right, last.at_ms]
    seen = seen[np.isfinite(seen) & (seen > 0)]
    if not seen.size:
        words = "Every blocked operation was given up at once, so no hold time was observed."
        return style.no_drawing(title, case.caption, words)
    caption = f"{case.caption} Seen: {counted(len(observed.times), 'blocked operation')}."
    grid = {"axes.grid.axis": "both"}
    with style.one_plot(title, caption, _HEIGHT_IN + 0.4, grid) as (figure, axes):
        style.time_axis(axes, seen.min(), seen.max() * 1.6)
        end = last.at_ms
        outer = _between(left, right, 1 - high, 1 - low, end)
        axes.fill_between(*outer, color=style.BLUE, alpha=0.15, lw=0)
        inner = _between(left, right, 1 - released, 1 - released, end)
        axes.fill_between(*inner, color=style.BLUE, alpha=0.85, lw=1.4)
        handles: list[Line2D | Patch] = [
            Patch(color=style.BLUE, label="share still held (wide: unknown when)"),
            Patch(color=style.BLUE, alpha=0.15, label="95 % band (pointwise)"),
        ]
        if fitted is not None:
            handles.append(_family(axes, *fitted))
        handles.append(_longest_observation(axes, last))
        axes.set_ylim(-0.01, 1.03)
        axes.yaxis.set_major_formatter(lambda share, _: f"{100 * share:g} %")
        axes.set_xlabel("time from when the files were closed")
        style.legend_above(axes, handles)
    return figure


def _between(
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    least: NDArray[np.float64],
    most: NDArray[np.float64],
    end: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Times, and the least and the greatest share at each, as corners of steps.

    `least` and `most` are valid after the right end of each interval; inside of it the one has already
    fallen, the other has not.
    """
    at = np.unique(np.r_[0.0, left, right[np.isfinite(right)], end])
    at = at[at <= end]
    fallen = np.r_[1.0, least][np.searchsorted(left, at, side="right")]
    still = np.r_[1.0, most][np.searchsorted(right, at, side="right")]
    corners = np.repeat(at, 2)[1:]
    return corners, np.repeat(fallen, 2)[:-1], np.repeat(still, 2)[:-1]


def _family(axes: Axes, name: str, parameters: Mapping[str, float]) -> Line2D:
    low, high = axes.get_xlim()
    at = np.geomspace(max(low, high / 1e6), high, 200)
    share = FAMILIES[name](**parameters).sf(at)
    how: dict[str, Any] = {"color": style.VERMILION, "ls": (0, (4, 1.5)), "lw": 1.4}
    axes.plot(at, share, **how)
    return Line2D([], [], label=f"fitted: {name}", **how)


def _longest_observation(axes: Axes, last: Unreleased) -> Patch:
    """Mark the end of the longest observation, with the bound on the share still held there."""
    axes.axvspan(last.at_ms, axes.get_xlim()[1], color=style.GREY, alpha=0.2, lw=0)
    axes.axvline(last.at_ms, color=style.GREY, lw=1)
    words = f"not observed: at most {percent(last.high, 'up')} % held"
    return Patch(color=style.GREY, alpha=0.2, label=words)
