"""A table that leaves out its least important columns where the terminal is too narrow for all.

A number is never cut off, and text is wrapped only where no column is left that can go.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement

from harness.cli.console import plain_table

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.table import Table

LEFT_OUT: Final = "Some columns are left out: a wider terminal shows all, and so does --json."
_ENDLESS: Final = 1000


@dataclass(frozen=True)
class FittingTable:
    """A table with these `names` of columns, of which `text` is aligned to the left.

    Where space is short those in `dropped` go, the first one first. `gap`: spaces between columns.
    """

    names: Sequence[str]
    text: frozenset[str]
    dropped: Sequence[str]
    gap: int = 2
    rows: list[tuple[Sequence[str], str]] = field(default_factory=list)

    def add_row(self, *cells: str, style: str = "") -> None:
        """Add a row with a cell for each column."""
        self.rows.append((cells, style))

    def fits(self, width: int) -> bool:
        """Whether all columns are shown on a terminal of that width."""
        return self._columns(width) == list(self.names)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw the columns that fit."""
        yield self._table(self._columns(options.max_width))

    def _columns(self, width: int) -> list[str]:
        shown = list(self.names)
        endless = Console(width=_ENDLESS)
        for name in self.dropped:
            if Measurement.get(endless, endless.options, self._table(shown)).maximum <= width:
                break
            shown.remove(name)
        return shown

    def _table(self, shown: Sequence[str]) -> Table:
        table = plain_table(padding=(0, self.gap, 0, 0))
        for name in shown:
            is_text = name in self.text
            justify: JustifyMethod = "left" if is_text else "right"
            table.add_column(name, justify=justify, no_wrap=not is_text, overflow="fold")
        places = [self.names.index(name) for name in shown]
        for cells, style in self.rows:
            table.add_row(*(cells[place] for place in places), style=style)
        return table
