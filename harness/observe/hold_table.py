"""Times as a table of intervals that stays small, and as the CSV file that ``harness tune`` reads.

Nothing but numbers and the kind of object is in it, so a file made of it can name no person, machine or
folder. To keep it small, intervals are widened, never narrowed: what was true stays true.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from harness.holds.milliseconds import DAY_MS

Kind = Literal["scan", "scan-bound", "rename", "persist", "copy"]
"""What a time is of: a scan, one of which only bounds are known, or a step that was blocked."""
SCANS: Final[frozenset[Kind]] = frozenset({"scan", "scan-bound"})

MOST_BYTES: Final = 10_000
MOST_COUNT: Final = 1_000_000_000
"""In one row, as ``harness tune`` takes it."""
_MOST_ROWS: Final = 20_000
_HEAD: Final = "low_ms,high_ms,count,code,object"
_FIGURES: Final = (
    tuple(each / 100 for each in range(100, 1000)),
    tuple(each / 10 for each in range(10, 100)),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    (1.0, 3.0),
    (1.0,),
)
"""Figures to which times may be widened: three, two, and then ever fewer."""
_GRIDS: Final = tuple(
    (
        0.0,
        *(
            float(f"{each}e{power}")
            for power in range(-3, 8)
            for each in figures
            if each * 10.0**power < DAY_MS
        ),
        DAY_MS,
    )
    for figures in _FIGURES
)
"""For each of them all possible times: from a microsecond (nothing is measured finer) to a day."""


class Row(NamedTuple):
    """So many times that ended after `low_ms` and by `high_ms`, ``inf``: not seen to end.

    `code` is the Win32 error meanwhile, 0: not known.
    """

    kind: Kind
    low_ms: float
    high_ms: float
    code: int
    number: int


@dataclass
class HoldTable:
    """Intervals, those that are alike together."""

    _counts: dict[tuple[Kind, float, float, int], int] = field(default_factory=dict)
    _grid: int = 0

    def add(self, kind: Kind, low_ms: float, high_ms: float, code: int = 0, count: int = 1) -> None:
        """Add intervals within a day; what is longer was not seen to end."""
        low = _floor(min(low_ms, DAY_MS), self._grid)
        high = _ceil(high_ms, self._grid) if high_ms <= DAY_MS else math.inf
        self._put((kind, low, high, code), count)
        while len(self._counts) > _MOST_ROWS and self._grid + 1 < len(_GRIDS):
            self._coarsen()

    def rows(self) -> list[Row]:
        """All intervals, in order."""
        return sorted(
            Row(kind, low, high, code, count) for (kind, low, high, code), count in self._counts.items()
        )

    @property
    def total(self) -> int:
        """How many times there are."""
        return sum(self._counts.values())

    @property
    def kinds(self) -> list[Kind]:
        """What the times are of."""
        return sorted({kind for kind, *_ in self._counts})

    def only(self, kinds: Collection[Kind]) -> HoldTable:
        """The times of some kinds."""
        return HoldTable(
            {key: count for key, count in self._counts.items() if key[0] in kinds}, self._grid
        )

    def small(self) -> HoldTable:
        """The same, widened until `csv` has at most `MOST_BYTES`."""
        table = HoldTable(dict(self._counts), self._grid)
        while len(table.csv().encode()) > MOST_BYTES and table._grid + 1 < len(_GRIDS):
            table._coarsen()
        return table

    def csv(self) -> str:
        """A file for ``harness tune``; `small` makes one of at most `MOST_BYTES`.

        Of a bound, the file has the longest that is possible. The most likely distribution within
        bounds would have as few long scans as they allow, and a strategy for it would fail more often
        than said.
        """
        counts: dict[tuple[Kind, float, float, int], int] = {}
        for row in self.rows():
            low = row.high_ms if row.kind == "scan-bound" else row.low_ms
            key = row.kind, low, row.high_ms, row.code
            counts[key] = counts.get(key, 0) + row.number
        rows = (Row(*key, count) for key, count in sorted(counts.items()))
        return "".join(f"{line}\n" for line in (_HEAD, *map(_line, _short(rows))))

    def within(self, share: float) -> float:
        """The shortest time by which at least this share ended, as far as the bounds tell; ``inf``."""
        needed, reached = share * self.total, 0
        for row in sorted(self.rows(), key=lambda each: each.high_ms):
            reached += row.number
            if reached >= needed:
                return row.high_ms
        return math.inf

    def _put(self, key: tuple[Kind, float, float, int], count: int) -> None:
        self._counts[key] = self._counts.get(key, 0) + count

    def _coarsen(self) -> None:
        self._grid += 1
        counts, self._counts = self._counts, {}
        for (kind, low, high, code), count in counts.items():
            wider = high if math.isinf(high) else _ceil(high, self._grid)
            self._put((kind, _floor(low, self._grid), wider, code), count)


def _short(rows: Iterable[Row]) -> Iterator[Row]:
    """Rows of at most `MOST_COUNT` each."""
    for row in rows:
        whole, rest = divmod(row.number, MOST_COUNT)
        yield from [row._replace(number=MOST_COUNT)] * min(whole, 100)
        if rest:
            yield row._replace(number=rest)


def _line(row: Row) -> str:
    high = "" if math.isinf(row.high_ms) else f"{row.high_ms:.6g}"
    return f"{row.low_ms:.6g},{high},{row.number},{row.code or ''},{row.kind}"


def _floor(value: float, grid: int) -> float:
    """The largest time of the grid that is not above `value`."""
    return _GRIDS[grid][bisect_right(_GRIDS[grid], value) - 1]


def _ceil(value: float, grid: int) -> float:
    """The smallest time of the grid that is not below `value`, which is at most a day."""
    return _GRIDS[grid][bisect_left(_GRIDS[grid], value)]
