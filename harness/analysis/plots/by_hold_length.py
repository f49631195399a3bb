"""Draw success rates by the length of the hold: a row per strategy, the rate in colour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd
from matplotlib.colors import LinearSegmentedColormap, to_rgb

from harness.analysis.grouping import variant_of
from harness.analysis.plots import style
from harness.frames.definition import BLOCK
from harness.text import percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from harness.analysis.plots.style import Drawing
    from harness.analysis.selection import Case

NOT_HELD: Final = -1.0
"""The left edge for blocks without a hold."""

_MOST_COLUMNS: Final = 7
_ROW_IN: Final = 0.36
_MAP: Final = LinearSegmentedColormap.from_list("success", [style.VERMILION, "#f4ede3", style.BLUE])
_DARK: Final = 0.4  # luminance below which white text is easier to read than black


def by_hold_length(case: Case) -> pd.DataFrame:
    """Count the trials of a case by variant and by the length of the longest hold of their block.

    By block, because all its variants have the same draw, and a trial that gives up at its first
    operation has no holds of later ones. Returns one row per variant and class of lengths that occurs
    (RangeIndex): `variant`, `from_ms`, `to_ms` (float64: lengths from `from_ms` up to, not including,
    `to_ms`; both ``inf``: without end; both `NOT_HELD`: no hold), `trials`, `succeeded` (int64). Classes
    are bounded by 1, 3, 10, 30 … ms, or by powers of ten where those would be more than seven.
    """
    holds = case.holds[case.holds["opened_ms"].notna() | case.holds["error"].isna()]
    longest = holds["duration_ms"].fillna(math.inf).groupby(holds["trial"]).max()
    longest = longest.reindex(case.trials.index).fillna(NOT_HELD)
    blocks = [case.trials[key] for key in BLOCK]
    length = longest.groupby(blocks, observed=True).transform("max").to_numpy(dtype=np.float64)
    lengths = length[np.isfinite(length) & (length >= 0)]
    edges = _edges(lengths)
    place = np.digitize(length, edges)
    table = pd.DataFrame(
        {
            "variant": variant_of(case.trials).to_numpy(),
            "from_ms": np.where(np.isfinite(length), np.r_[NOT_HELD, edges][place], math.inf),
            "to_ms": np.r_[NOT_HELD, edges[1:], math.inf][place],
            "succeeded": (case.trials["outcome"] == "ok").to_numpy(),
        }
    )
    counted = table.groupby(["variant", "from_ms", "to_ms"], observed=True)["succeeded"]
    return counted.agg(trials="size", succeeded="sum").reset_index()


def success_by_hold_length(case: Case) -> Drawing:
    """Draw the success rate of each variant by the length of the hold (`by_hold_length`).

    Cells of the map have the rate and the number of trials; grey ones have no trials.
    """
    title = "Success rate by the length of the hold"
    table = by_hold_length(case)
    if table.empty or (table["from_ms"] == NOT_HELD).all():
        words = "No hold was injected here, so there are no lengths."
        return style.no_drawing(title, case.caption, words)
    variants = list(dict.fromkeys(table["variant"].astype(str)))
    classes = table[["from_ms", "to_ms"]].drop_duplicates().sort_values("from_ms")
    columns = _columns(classes.to_numpy(dtype=np.float64))
    with style.one_plot(title, case.caption, 0.5 + _ROW_IN * len(variants)) as (figure, axes):
        axes.grid(visible=False)
        for row in range(len(variants)):
            axes.barh(row, len(columns), height=0.94, color=style.GREY, alpha=0.22, lw=0)
        for entry in table.to_dict("records"):
            column = columns.index((entry["from_ms"], entry["to_ms"]))
            _cell(axes, column, variants.index(entry["variant"]), entry["succeeded"], entry["trials"])
        _edge_labels(axes, columns)
        axes.set_xlabel("length of the hold (the longest of the block)")
        style.row_labels(axes, variants)
    return figure


def _edges(lengths: NDArray[np.float64]) -> NDArray[np.float64]:
    """The bounds of the classes; the first is 0, or the greatest bound below all lengths."""
    if not lengths.size:
        return np.array([0.0, math.inf])
    powers = np.arange(-3, 10)
    for steps in ((1, 3), (1,)):
        edges = np.sort(np.array([step * 10.0**power for power in powers for step in steps]))
        first = max(int(np.searchsorted(edges, lengths.min(), side="right")) - 1, 0)
        edges = edges[first : int(np.searchsorted(edges, lengths.max(), side="right")) + 1]
        if len(edges) - 1 <= _MOST_COLUMNS:
            break
    return np.r_[0.0, edges[1:]] if lengths.min() < edges[0] else edges


def _columns(classes: NDArray[np.float64]) -> list[tuple[float, float]]:
    """The classes of the map from left to right, including empty ones in between."""
    found = {(float(low), float(high)) for low, high in classes}
    bounded = [each for each in found if each[0] != NOT_HELD and math.isfinite(each[0])]
    if bounded:
        least, most = min(bounded)[0], max(bounded)[1]
        inner = _edges(np.array([least, np.nextafter(most, 0)]))
        found |= set(zip(inner[:-1].tolist(), inner[1:].tolist(), strict=True))
    return sorted(found)


def _cell(axes: Axes, column: int, row: int, succeeded: int, trials: int) -> None:
    share = succeeded / trials
    colour = _MAP(share)
    red, green, blue = to_rgb(colour)
    text = "#ffffff" if 0.2126 * red + 0.7152 * green + 0.0722 * blue < _DARK else "#000000"
    axes.barh(row, 0.96, left=column + 0.02, height=0.94, color=colour, lw=0)
    middle = column + 0.5
    axes.text(
        middle, row - 0.03, f"{percent(share)} %", color=text, ha="center", va="bottom", fontsize=8
    )
    axes.text(middle, row + 0.04, f"of {trials:,}", color=text, ha="center", va="top", fontsize=7)


def _edge_labels(axes: Axes, columns: list[tuple[float, float]]) -> None:
    """Label the bounds between classes, and the classes without bounds in their middle."""
    ticks: dict[float, str] = {}
    for place, (low, high) in enumerate(columns):
        if low == NOT_HELD:
            ticks[place + 0.5] = "no hold"
        elif math.isinf(low):
            ticks[place + 0.5] = "no end"
        else:
            ticks |= {float(place): style.time_label(low), place + 1.0: style.time_label(high)}
    axes.set_xticks(list(ticks), list(ticks.values()))
    axes.set_xlim(0, len(columns))
    axes.spines["bottom"].set_visible(False)
