"""Draw how long holds last, as far as attempts can tell: the share still held as time goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.analysis.hold_times import FAMILIES, unlock_distribution, unlock_times, unreleased
from harness.analysis.plots import style
from harness.text import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from harness.analysis.hold_times import Unreleased
    from harness.analysis.plots.style import Drawing
    from harness.analysis.selection import Case

_HEIGHT_IN: Final = 3.1


def unlock_curve(case: Case, *, fitted: tuple[str, Mapping[str, float]] | None = None) -> Drawing:
    """Draw the share of denied operations of a case that were still held.

    It is the `unlock_distribution` of `unlock_times`. The line is wide where no attempt tells when
    exactly; around it the 95 % band (pointwise). Beyond the longest watch nobody knows. `fitted`: the
    name of a family and its parameters, a row of `unlock_families`, is drawn with it.
    """
    title = "How long holds last"
    unlocks = unlock_times(case)
    if unlocks.times.empty:
        return style.no_drawing(title, case.caption, "No operation was denied, so no hold was seen.")
    table = unlock_distribution(unlocks)
    never = unreleased(unlocks)
    left, right, released, low, high = (
        table[name].to_numpy(np.float64) for name in ("left_ms", "right_ms", "released", "low", "high")
    )
    seen = np.r_[left, right, never.at_ms]
    seen = seen[np.isfinite(seen) & (seen > 0)]
    if not seen.size:
        words = "Whatever was denied was given up at once, so nobody saw how long it was held."
        return style.no_drawing(title, case.caption, words)
    with style.styled({"axes.grid.axis": "both"}):
        caption = f"{case.caption} Seen: {counted(len(unlocks.times), 'denied operation')}."
        figure = style.drawing(title, caption, _HEIGHT_IN + 0.4)
        axes = figure.subplots()
        style.time_axis(axes, seen.min(), seen.max() * 1.6)
        end = never.at_ms
        outer = _between(left, right, 1 - high, 1 - low, end)
        axes.fill_between(outer[0], outer[1], outer[2], color=style.BLUE, alpha=0.15, lw=0)
        inner = _between(left, right, 1 - released, 1 - released, end)
        axes.fill_between(inner[0], inner[1], inner[2], color=style.BLUE, alpha=0.85, lw=1.4)
        handles: list[Line2D | Patch] = [
            Patch(color=style.BLUE, label="share still held (wide: not known when)"),
            Patch(color=style.BLUE, alpha=0.15, label="95 % band (pointwise)"),
        ]
        if fitted is not None:
            handles.append(_family(axes, *fitted))
        handles.append(_watch(axes, never))
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

    `least` and `most` hold after the right end of each interval; inside of it the one has already
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


def _watch(axes: Axes, never: Unreleased) -> Patch:
    """Mark the longest watch, and say what is known there of those that never end."""
    axes.axvspan(never.at_ms, axes.get_xlim()[1], color=style.GREY, alpha=0.2, lw=0)
    axes.axvline(never.at_ms, color=style.GREY, lw=1)
    words = f"unwatched: at most {100 * never.high:.3g} % held"
    return Patch(color=style.GREY, alpha=0.2, label=words)
