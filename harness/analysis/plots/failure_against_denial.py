"""Draw failures over what a permanent denial costs: defaults as points, the best schedules as a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from matplotlib.ticker import FuncFormatter

from harness.analysis.plots import style

if TYPE_CHECKING:
    from harness.analysis.plots.style import Drawing

_LEAST_SHARE: Final = 1e-5
"""Failures of this share and less stand at the lower edge."""
_LEAST_MS: Final = 0.3
_HEIGHT_IN: Final = 3.0

Place = tuple[float, float]
"""The share of operations that fail, and milliseconds until a permanent denial is reported."""


def failure_against_denial(
    named: Mapping[str, Place], others: Sequence[Place], best: Sequence[Place], caption: str = ""
) -> Drawing:
    """Draw the frontier of `best` schedules, `named` defaults with their names, and `others` in grey."""
    title = "Failures against the time of a permanent denial"
    with style.one_plot(title, caption, _HEIGHT_IN, {"axes.grid.axis": "both"}) as (figure, axes):
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_ylim(_LEAST_SHARE * 0.6, 1.6)
        places = [_shown(each) for each in (*others, *best, *named.values())]
        axes.set_xlim(_LEAST_MS * 0.7, max(ms for _, ms in places) * 3)
        if others:
            failing, denied = zip(*map(_shown, others), strict=True)
            axes.plot(denied, failing, "o", color=style.GREY, alpha=0.55, ms=4, label="shipped", lw=0)
        if best:
            line = sorted(map(_shown, best), key=lambda each: each[1])
            failing, denied = zip(*line, strict=True)
            axes.plot(denied, failing, "-", color=style.INK, lw=1, label="best of all schedules")
        for name, look in style.looks(named).items():
            failing_at, denied_at = _shown(named[name])
            axes.plot(denied_at, failing_at, look.marker, color=look.colour, ms=8, label=name, lw=0)
        axes.set_xlabel("time until a permanent denial is reported")
        axes.set_ylabel("operations that fail")
        axes.xaxis.set_major_formatter(FuncFormatter(style.time_label))
        axes.yaxis.set_major_formatter(FuncFormatter(_percent))
        axes.legend(loc="lower left", fontsize=8, frameon=False)
    return figure


def _percent(share: float, _: object) -> str:
    least = "\u2264 " if share <= _LEAST_SHARE else ""
    return f"{least}{100 * share:g} %"


def _shown(place: Place) -> Place:
    return max(place[0], _LEAST_SHARE), max(place[1], _LEAST_MS)
