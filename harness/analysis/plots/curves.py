"""Draw the curves of many variants, one row each, over the others in grey."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from harness.analysis.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Floats = NDArray[np.float64]

ROW_IN: Final = 0.62
_BASE: Final = 0.22  # of a row, whose middle is 0; rows go down
_TALL: Final = 0.70


@dataclass(frozen=True)
class Curve:
    """A share that rises in steps at `at`, with a band if it has one; drawn to the end of the axis."""

    label: str
    colour: str
    at: Floats
    share: Floats
    low: Floats | None = None
    high: Floats | None = None


def curves(axes: Axes, drawn: Sequence[Curve]) -> None:
    """Draw one row per curve, from the top. The limits of the x-axis must be set before."""
    end = axes.get_xlim()[1]
    for row, curve in enumerate(drawn):
        for other in drawn:
            if other is not curve:
                _step(axes, row, other, end, color=style.GREY, lw=0.5, alpha=0.5)
        if curve.low is not None and curve.high is not None:
            axes.fill_between(
                np.r_[curve.at, end],
                _height(row, curve.low),
                _height(row, curve.high),
                step="post",
                color=curve.colour,
                alpha=0.15,
                lw=0,
            )
        _step(axes, row, curve, end, color=curve.colour)
    style.row_labels(axes, (curve.label for curve in drawn))


def _step(axes: Axes, row: int, curve: Curve, end: float, **how: Any) -> None:
    axes.step(np.r_[curve.at, end], _height(row, curve.share), where="post", **how)


def _height(row: int, share: Floats) -> Floats:
    """The heights of shares in their row, with one more for the end of the axis."""
    heights: Floats = row + _BASE - _TALL * np.r_[share, share[-1:]]
    return heights
