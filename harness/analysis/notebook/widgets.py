"""Choices for the reader of a live notebook; a page of a report has the defaults instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import ipywidgets as widgets  # type: ignore[import-untyped]
from IPython.display import display as show_as

from harness.analysis.grouping import case_name
from harness.analysis.notebook.display import say
from harness.analysis.notebook.known_strategies import strategies_named
from harness.analysis.plots import schedule_figure
from harness.analysis.selection import Case, case_keys, select
from harness.strategy.lookup import listed

if TYPE_CHECKING:
    from harness.frames.definition import Frames


def choose(frames: Frames, draw: Callable[[Case], None]) -> Any:
    """Return a widget to choose a case and strategies, which `draw` is then called with.

    ``None`` if there are no cases.
    """
    keys: list[Any] = case_keys(frames)
    if not keys:
        return None
    options = [(case_name(key), place) for place, key in enumerate(keys)]
    which = widgets.Dropdown(options=options, description="Case", layout=_wide())
    names = sorted(map(str, frames.trials["strategy"].unique()))
    who = widgets.SelectMultiple(options=names, value=names, description="Strategies", layout=_wide())

    def redraw() -> None:
        case = select(frames, **keys[which.value]).of_strategies(who.value)
        if case.trials.empty:
            say("No trial of these strategies counts here.")
        else:
            draw(case)

    return _with_button([which, who], redraw)


def choose_schedules() -> Any:
    """Return a widget to choose strategies by name or to write one, and to draw their schedules.

    The names are all that ``harness strategies`` lists.
    """
    names = [view.name for view in listed()]
    who = widgets.SelectMultiple(options=names, rows=10, description="Strategies", layout=_wide())
    notation = widgets.Text(
        placeholder="10ms x2 cap 1s for 30s", description="Or notation", layout=_wide()
    )

    def redraw() -> None:
        given = [*who.value, *([notation.value] if notation.value.strip() else [])]
        if found := strategies_named(given):
            show_as(schedule_figure(found))  # type: ignore[no-untyped-call]
        elif given:
            say("Nothing is drawn: what was given is no strategy.")
        else:
            say("Nothing is drawn: no strategy was chosen. Choose some of the list, or write one.")

    return _with_button([who, notation], redraw)


def _with_button(above: list[Any], redraw: Callable[[], None]) -> Any:
    """Return widgets, a button below them, and what `redraw` shows when it is clicked."""
    button = widgets.Button(description="Draw")
    out = widgets.Output()

    def clicked(_: object) -> None:
        out.clear_output(wait=True)
        with out:
            redraw()

    button.on_click(clicked)
    return widgets.VBox([*above, button, out])


def _wide() -> Any:
    return widgets.Layout(width="95%")
