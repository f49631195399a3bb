"""Compare two strategies of a case, block by block where they share blocks, else as samples."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final, NamedTuple

from harness.scenario.model import Margin
from harness.summary.conclusion import Difference
from harness.summary.statistics import Interval, fisher_test, median_interval, sign_test
from harness.summary.trial_row import TrialRow
from harness.summary.verdict import Verdict

SIGNIFICANT: Final = 0.05
_MOST_TIMES: Final = 10_000
"""So many times as many blocks are looked at for `Difference.blocks_needed`."""


@dataclass(frozen=True)
class Setting:
    """What differences mean in a case.

    `resolution_ms`: smaller differences of time are none, for the platform cannot tell them.
    `is_virtual`: calls take an assumed time, so a difference that waits do not bear out is none.
    `margin` is the scenario's own. `injected`: whether holds are injected.
    """

    resolution_ms: float
    is_virtual: bool
    margin: Margin
    injected: bool


class Point(NamedTuple):
    """The trials of a strategy in one block with one set of factors: means over repetitions."""

    failed: float
    harmed: float
    elapsed_ms: float
    waited_ms: float


class Sample:
    """The trials of one strategy, by draw and factors."""

    def __init__(self, name: str, rows: Sequence[TrialRow]) -> None:
        self.name = name
        self.rows = rows
        found: dict[Hashable, dict[str, list[TrialRow]]] = defaultdict(lambda: defaultdict(list))
        for row in rows:
            found[row.draw][row.factors].append(row)
        self.draws: Mapping[Hashable, Mapping[str, Point]] = {
            draw: {factors: _point(each) for factors, each in cells.items()}
            for draw, cells in found.items()
        }


def _point(rows: Sequence[TrialRow]) -> Point:
    return Point(
        failed=fmean(row.failed for row in rows),
        harmed=fmean(row.harmed for row in rows),
        elapsed_ms=fmean(row.elapsed_ms for row in rows),
        waited_ms=fmean(row.waited_ms for row in rows),
    )


def compare(first: Sample, second: Sample, setting: Setting, level: float = SIGNIFICANT) -> Difference:
    """Compare the first with the second; a test decides if its p-value is below `level`."""
    shared = {
        draw: [(mine[key], theirs[key]) for key in mine if key in theirs]
        for draw, mine in first.draws.items()
        if (theirs := second.draws.get(draw)) is not None
    }
    blocks = [pairs for pairs in shared.values() if pairs]
    fewest = min(len(first.draws), len(second.draws))
    # a few blocks in common say less than all blocks as independent samples
    if not blocks or 2 * len(blocks) < fewest:
        return _independent(first, second, setting, level, len(blocks))
    return _paired(blocks, setting, level)


def _paired(
    blocks: Sequence[Sequence[tuple[Point, Point]]], setting: Setting, level: float
) -> Difference:
    failed = [fmean(mine.failed - theirs.failed for mine, theirs in pairs) for pairs in blocks]
    harmed = [fmean(mine.harmed - theirs.harmed for mine, theirs in pairs) for pairs in blocks]
    times = [told for pairs in blocks if (told := _time_told(pairs, setting)) is not None]
    failures = _verdict(failed, level, setting.margin.failures)
    time, interval = _time_verdict(times, level)
    more, less = _signs(failed)
    needed = None
    if failures == "undecided":
        needed = _blocks_needed(more, less, len(blocks), level)
    elif failures == "equivalent" and time == "undecided":
        needed = _blocks_needed(*_signs(times), len(blocks), level)
    return Difference(
        blocks=len(blocks),
        paired=True,
        harm=_verdict(harmed, level, 0.0),
        failures=failures,
        only_it_failed=more,
        only_other_failed=less,
        failures_p=sign_test(more, less),
        time=time,
        time_blocks=len(times),
        time_ms=median(times) if times else None,
        time_95=interval,
        blocks_needed=needed,
    )


def _time_told(pairs: Iterable[tuple[Point, Point]], setting: Setting) -> float | None:
    """The difference of the times of a block that can be told and that matters; ``None``: no time."""
    both = [(mine, theirs) for mine, theirs in pairs if not mine.failed and not theirs.failed]
    if not both:
        return None
    mine_ms = fmean(mine.elapsed_ms for mine, _ in both)
    theirs_ms = fmean(theirs.elapsed_ms for _, theirs in both)
    waited_ms = fmean(mine.waited_ms - theirs.waited_ms for mine, theirs in both)
    difference = mine_ms - theirs_ms
    if abs(difference) <= max(setting.resolution_ms, setting.margin.time * min(mine_ms, theirs_ms)):
        return 0.0
    if setting.is_virtual and difference * waited_ms <= 0:
        return 0.0
    return difference


def _signs(differences: Iterable[float]) -> tuple[int, int]:
    """The numbers of differences above and below 0."""
    signs = [math.copysign(1, each) for each in differences if abs(each) > 1e-9]  # noqa: PLR2004 - sums
    return signs.count(1), signs.count(-1)


def _verdict(differences: Sequence[float], level: float, margin: float) -> Verdict:
    """The verdict on differences of which those below 0 are better."""
    more, less = _signs(differences)
    if not more + less:
        return "equivalent" if sign_test(len(differences), 0) < level else "undecided"
    mean = fmean(differences)
    if sign_test(more, less) >= level or mean * (more - less) <= 0:
        return "undecided"
    if abs(mean) < margin:
        return "equivalent"
    return "worse" if more > less else "better"


def _time_verdict(times: Sequence[float], level: float) -> tuple[Verdict | None, Interval | None]:
    if not times:
        return None, None
    interval = median_interval(times)
    found = _verdict(times, level, 0.0)
    return ("equivalent" if found == "undecided" and interval == (0, 0) else found), interval


def _independent(
    first: Sample, second: Sample, setting: Setting, level: float, shared: int
) -> Difference:
    (mine, of), (theirs, others) = _total(first, _failed), _total(second, _failed)
    p_value = fisher_test(mine, of, theirs, others)
    harm = fisher_test(*_total(first, _harmed), *_total(second, _harmed))
    good, others_good = _good_times(first), _good_times(second)
    return Difference(
        blocks=shared,
        paired=False,
        harm=_rates(_total(first, _harmed), _total(second, _harmed), harm < level, 0.0),
        failures=_rates((mine, of), (theirs, others), p_value < level, setting.margin.failures),
        only_it_failed=0,
        only_other_failed=0,
        failures_p=p_value,
        time=_apart(median_interval(good), median_interval(others_good), setting)
        if good and others_good
        else None,
        time_blocks=0,
        time_ms=median(good) - median(others_good) if good and others_good else None,
        time_95=None,
        blocks_needed=None,
    )


def _failed(point: Point) -> float:
    return point.failed


def _harmed(point: Point) -> float:
    return point.harmed


def _total(sample: Sample, share: Callable[[Point], float]) -> tuple[int, int]:
    """The failures of a sample, where each draw counts as one trial; and the number of draws."""
    shares = [fmean(map(share, cells.values())) for cells in sample.draws.values()]
    return round(sum(shares)), len(shares)


def _rates(
    mine: tuple[int, int], theirs: tuple[int, int], is_significant: bool, margin: float
) -> Verdict:
    difference = mine[0] / mine[1] - theirs[0] / theirs[1]
    if not is_significant:
        return "undecided" if difference else "equivalent"
    if abs(difference) < margin:
        return "equivalent"
    return "worse" if difference > 0 else "better"


def _good_times(sample: Sample) -> list[float]:
    return [
        fmean(good)
        for cells in sample.draws.values()
        if (good := [point.elapsed_ms for point in cells.values() if not point.failed])
    ]


def _apart(mine: Interval, theirs: Interval, setting: Setting) -> Verdict:
    matters_ms = max(setting.resolution_ms, setting.margin.time * min(mine.low, theirs.low))
    if mine.low > theirs.high + matters_ms:
        return "worse"
    return "better" if mine.high < theirs.low - matters_ms else "undecided"


def _blocks_needed(more: int, less: int, blocks: int, level: float) -> int | None:
    """About how many blocks decide, if differences go on in this proportion."""
    times = 1.0
    while times < _MOST_TIMES and more != less:
        if sign_test(round(times * more), round(times * less)) < level:
            return max(math.ceil(times * blocks), blocks + 1)
        times *= 1.1
    return None
