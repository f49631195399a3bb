"""Draw failure against time: one mark per variant, left and low being best."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from harness.analysis.plots import style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from harness.analysis.plots.style import Drawing, Look
    from harness.summary.model import VariantSummary

WIDTH_IN: Final = 3.5
"""As wide as a phone: several of these stand side by side on a wider page."""
_HEIGHT_IN: Final = 2.0  # of the axes
_LINE_IN: Final = 0.144  # of a label
_CHARACTER_IN: Final = 0.082
_CHARACTERS: Final = 28
_NAMED: Final = 5
_SAME_IN: Final = 0.09
"""Marks that are closer than this are drawn as one, with all their names."""
_NEVER: Final = 0.93  # of the width: where those are that half of the installs never reached


def _name(variant: VariantSummary) -> str:
    """The strategy with the values of its factors, cut with an ellipsis."""
    values = f" ({', '.join(variant.factors.values())})" if variant.factors else ""
    name = " ".join(f"{variant.strategy}{values}".split())
    return name if len(name) <= _CHARACTERS else f"{name[: _CHARACTERS - 1]}…"


@dataclass
class _Mark:
    """Variants at the same place, which is in inches from the lower left corner of the axes."""

    x: float
    y: float
    variants: list[VariantSummary] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Its label: their names, a line each."""
        names = list(map(_name, self.variants))
        if len(names) > _NAMED:
            names = [*names[: _NAMED - 1], f"and {len(names) - _NAMED + 1} more"]
        return names


def failure_against_time(
    variants: Sequence[VariantSummary], title: str, *, looks: Mapping[str, Look] | None = None
) -> Drawing:
    """Draw the share of trials that failed over the median time to persist, for variants of one case.

    Failures count as infinite times, so where half of the trials fail the time is ``never``. Variants at
    the same place share a mark and a label. Thin lines are Wilson's 95 % intervals. `looks` by strategy,
    as from `style.looks`.
    """
    found = [variant for variant in variants if variant.trials]
    looks = looks or style.looks(variant.strategy for variant in found)
    with style.styled({"axes.grid.axis": "both"}):
        figure = style.Drawing(figsize=(WIDTH_IN, _HEIGHT_IN + 0.9))
        figure.suptitle(
            "\n".join(textwrap.wrap(title, 44)), x=0.02, y=0.985, ha="left", va="top", fontsize=9
        )
        width, height = WIDTH_IN - 0.62, _HEIGHT_IN
        axes = figure.add_axes(
            (0.52 / WIDTH_IN, 0.48 / (_HEIGHT_IN + 0.9), *_size(figure, width, height))
        )
        times = [each.median_ms for each in found if each.median_ms and math.isfinite(each.median_ms)]
        low, high = _scale(times)
        marks = _marks(found, width, height, low, high)
        for mark in marks:
            _draw(axes, mark, width, height, looks)
        _labels(axes, marks, width, height)
        _frame(axes, low, high)
    return figure


def _size(figure: Drawing, width: float, height: float) -> tuple[float, float]:
    whole = figure.get_size_inches()
    return width / whole[0], height / whole[1]


def _scale(times: Sequence[float]) -> tuple[float, float]:
    """The ends of the axis of time, as powers of ten of a millisecond; at least one decade apart."""
    if not times:
        return 0.0, 3.0
    low, high = math.log10(max(min(times), 0.1)), math.log10(max(times))
    spare = max(1.0 - (high - low), 0.0) / 2
    return low - spare - 0.1, high + spare + 0.1


def _marks(
    found: Sequence[VariantSummary], width: float, height: float, low: float, high: float
) -> list[_Mark]:
    marks: list[_Mark] = []
    for variant in found:
        x = _NEVER * width
        if variant.median_ms is not None and math.isfinite(variant.median_ms):
            x = (math.log10(max(variant.median_ms, 0.1)) - low) / (high - low) * 0.8 * width
        y = variant.failure_rate * height
        near = [mark for mark in marks if math.hypot(mark.x - x, mark.y - y) < _SAME_IN]
        if not near:
            marks.append(_Mark(x, y))
        (near or marks[-1:])[0].variants.append(variant)
    return marks


def _draw(axes: Axes, mark: _Mark, width: float, height: float, looks: Mapping[str, Look]) -> None:
    first = mark.variants[0]
    look = looks[first.strategy]
    x = mark.x / width
    axes.plot([x, x], list(first.failure_rate_95), color=look.colour, lw=0.8, alpha=0.45)
    axes.plot(
        [x], [mark.y / height], marker=look.marker, color=look.colour, ms=6, ls="none", clip_on=False
    )


def _labels(axes: Axes, marks: Sequence[_Mark], width: float, height: float) -> None:
    """Write the labels, each as near to its mark as those before leave room."""
    taken = [(mark.x - 0.06, mark.y - 0.06, mark.x + 0.06, mark.y + 0.06) for mark in marks]
    for mark in sorted(marks, key=lambda mark: (mark.y, mark.x)):
        lines = mark.lines()
        wide, tall = _CHARACTER_IN * max(map(len, lines)), _LINE_IN * len(lines)
        left, low = _free(mark, wide, tall, taken, width, height)
        taken.append((left, low, left + wide, low + tall))
        axes.text(left / width, low / height, "\n".join(lines), fontsize=8, linespacing=1.2, va="bottom")
        near = min(max(mark.x, left), left + wide), min(max(mark.y, low), low + tall)
        if math.dist(near, (mark.x, mark.y)) > 0.2:  # noqa: PLR2004 - too far to be clear
            ends = [[near[0] / width, mark.x / width], [near[1] / height, mark.y / height]]
            axes.plot(*ends, color=style.INK, lw=0.5, alpha=0.6)


def _free(
    mark: _Mark,
    wide: float,
    tall: float,
    taken: Sequence[tuple[float, float, float, float]],
    width: float,
    height: float,
) -> tuple[float, float]:
    """The lower left corner of the nearest place that touches nothing; beside the mark if none does."""
    places = [
        (left, low)
        for low in (height / 40 * step for step in range(41))
        for left in (mark.x + 0.1, mark.x - 0.1 - wide, mark.x - wide / 2, 0.03, width - wide)
        if 0 <= left <= width - wide + 0.04 and low + tall <= height + 0.08
    ]
    free = [
        (left, low)
        for left, low in places
        if not any(
            left < right and x < left + wide and low < top and y < low + tall
            for x, y, right, top in taken
        )
    ]

    def distance(place: tuple[float, float]) -> float:
        left, low = place
        across = max(left - mark.x, mark.x - left - wide, 0)
        return math.hypot(across, max(low - mark.y, mark.y - low - tall, 0))

    return min(free or places or [(0.0, 0.0)], key=distance)


def _frame(axes: Axes, low: float, high: float) -> None:
    axes.set_xlim(0, 1)
    axes.set_ylim(-0.02, 1.02)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    steps = (0.0,) if high - low > 2 else (0.0, math.log10(3))  # noqa: PLR2004 - decades
    powers = [
        place + step
        for place in range(math.floor(low), math.ceil(high))
        for step in steps
        if low <= place + step <= high
    ]
    every = max(1, math.ceil(len(powers) / 4))
    ticks = {0.8 * (power - low) / (high - low): 10.0**power for power in powers[::every]}
    axes.set_xticks([*ticks, _NEVER], [*(style.time_label(each) for each in ticks.values()), "never"])
    axes.axvspan(0.86, 1, color=style.GREY, alpha=0.12, lw=0)
    axes.set_xlabel("time until half of the installs are done", fontsize=8)
    axes.set_ylabel("failed", fontsize=8, rotation=0, ha="right", va="bottom")
    axes.yaxis.set_label_coords(-0.03, 1.04)
