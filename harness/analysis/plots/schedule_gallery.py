"""Draw when strategies try: their schedules against a failure that lasts, one under another."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np

from harness.analysis.plots import style
from harness.strategy.lookup import get_strategy
from harness.strategy.schedules import retried_codes, timetable
from harness.text import counted, milliseconds

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.analysis.plots.style import Drawing, Look
    from harness.strategy.loop import Strategy
    from harness.strategy.schedules import Schedule

_ROW_IN: Final = 0.42
_CAPTION: Final = (
    "Computed, not measured: the strategy's own loop on a virtual clock, against a call that always "
    "fails with the first code it retries; calls take no time. With jitter, the draw whose last "
    "attempt is in the middle. The last attempt is the longest hold that is survived with these waits."
)


def schedule_gallery(
    strategies: Iterable[str] | Mapping[str, Strategy], *, looks: Mapping[str, Look] | None = None
) -> Drawing:
    """Draw the attempt times of strategies, given by names (also of policies, and sentences) or made.

    One row each, on a time axis that is logarithmic from 1 ms on. Beside it: how many attempts, until
    when, on which Win32 codes. `looks` by name, as from `style.looks`. Raises `InvalidInputError` for a
    name that is none.
    """
    title = "When strategies try"
    made = (
        strategies
        if isinstance(strategies, Mapping)
        else {each: get_strategy(each) for each in strategies}
    )
    if not made:
        return style.no_drawing(title, _CAPTION, "No strategy was named.")
    looks = looks or style.looks(made)
    found = {
        name: (retried_codes(strategy), timetable(strategy).typical) for name, strategy in made.items()
    }
    last = max(schedule.gave_up_ms for _, schedule in found.values())
    with style.styled():
        figure = style.drawing(title, _CAPTION, 0.45 + _ROW_IN * len(found))
        axes = figure.subplots()
        style.time_axis(axes, 0, max(last, 10.0), from_zero=True)
        for row, (name, (codes, schedule)) in enumerate(found.items()):
            colour = looks[name].colour
            axes.plot([0, schedule.gave_up_ms], [row, row], color=colour, lw=0.8, alpha=0.6)
            at = style.thinned(axes, np.array(schedule.attempts_ms))
            axes.plot(at, np.full(at.size, row), ls="none", marker="|", ms=10, mew=1.1, color=colour)
            style.beside(axes, row, _words(codes, schedule))
        axes.set_xlabel("time from the first attempt")
        style.row_labels(axes, found)
    return figure


def _words(codes: tuple[int, ...], schedule: Schedule) -> str:
    number = counted(len(schedule.attempts_ms), "attempt")
    if schedule.verdict is None:
        number = f"more than {number}"
    until = f", {milliseconds(schedule.budget_ms)}" if schedule.budget_ms else ""
    listed = ", ".join(map(str, codes[:4])) + (" …" if len(codes) > 4 else "")  # noqa: PLR2004
    return f"{number}{until}\n{f'on {listed}' if codes else 'retries nothing'}"
