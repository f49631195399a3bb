"""Choose a strategy on the trials of a case: the fewest failures, then the least time.

A trial that loses or damages a file counts as `HARM_COUNTS` failures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from harness.summary.conclusion import Answer, Difference, Place, Standing
from harness.summary.paired_rows import SIGNIFICANT, Sample, Setting, compare
from harness.summary.tally import tally
from harness.summary.trial_row import TrialRow

HARM_COUNTS: Final = 10
"""A lost or damaged file counts as so many failures in the choice."""
_MOST_ROUNDS: Final = 4


def choose(rows: Mapping[str, Sequence[TrialRow]], setting: Setting) -> dict[str, Any]:
    """The values of `harness.summary.conclusion.Choice` for strategies by name, in their order."""
    samples = {name: Sample(name, each) for name, each in rows.items() if each}
    tried = {
        name: sample
        for name, sample in samples.items()
        if not setting.injected or any(row.held for row in sample.rows)
    }
    answer = _answer(rows, samples, tried)
    against: dict[str, Difference] = {}
    take, tied, chosen_for = None, [], ""
    if answer == "take":
        take, against = _leader(tried, setting)
        tied = _ties(against)
        simplest, chosen_for = _simplest([take, *tied], tried, list(rows))
        if simplest != take:
            others = _compared(simplest, tried, setting)
            if set(_ties(others)) >= {take, *tied} - {simplest}:
                take, against, tied = simplest, others, _ties(others)
            else:
                chosen_for = "speed"
    places = {name: _place(name, take, samples, tried, against.get(name), tied) for name in rows}
    return {
        "answer": answer,
        "take": take,
        "tied": tied,
        "undecided": [name for name, place in places.items() if place == "undecided"],
        "chosen_for": chosen_for if tied else "",
        "standings": [
            _standing(name, each, places[name], against.get(name)) for name, each in rows.items()
        ],
    }


def _answer(
    rows: Mapping[str, Sequence[TrialRow]],
    samples: Mapping[str, Sample],
    tried: Mapping[str, Sample],
) -> Answer:
    if not samples:
        return "no trials"
    if not tried or not any(map(_met_something, samples.values())):
        return "nothing held"
    if all(row.failed for sample in tried.values() for row in sample.rows):
        return "all fail"
    return "one strategy" if len(rows) == 1 else "take"


def _met_something(sample: Sample) -> bool:
    """Whether an attempt failed: whatever was held got in the way."""
    return any(row.failed or row.attempts > 1 for row in sample.rows)


def _leader(tried: Mapping[str, Sample], setting: Setting) -> tuple[str, dict[str, Difference]]:
    """The best of the strategies that were tried, and all others compared with it."""
    severities = {
        name: severity(
            sum(row.failed for row in sample.rows),
            sum(row.harmed for row in sample.rows),
            len(sample.rows),
        )
        for name, sample in tried.items()
    }
    least = min(severities.values())
    best = [name for name, found in severities.items() if found <= least + 1e-12]
    leader = min(best, key=lambda name: _typical_ms(tried[name]))
    against = _compared(leader, tried, setting)
    for _ in range(_MOST_ROUNDS):
        times = {name: against[name].time_ms or 0.0 for name in best if _is_faster(against.get(name))}
        if not times:
            break
        leader = min(times, key=times.__getitem__)
        against = _compared(leader, tried, setting)
    return leader, against


def _is_faster(found: Difference | None) -> bool:
    return found is not None and found.time == "better"


def _compared(name: str, tried: Mapping[str, Sample], setting: Setting) -> dict[str, Difference]:
    return {
        other: compare(sample, tried[name], setting, _level(tried))
        for other, sample in tried.items()
        if other != name
    }


def _level(tried: Mapping[str, Sample]) -> float:
    """The level of each comparison with one of them, after Bonferroni."""
    return SIGNIFICANT / max(1, len(tried) - 1)


def severity(failures: int, harmed: int, trials: int) -> float:
    """Failures per trial, where one of the `harmed`, which lost or damaged a file, counts as several."""
    return (failures + (HARM_COUNTS - 1) * harmed) / trials


def _typical_ms(sample: Sample) -> float:
    median_ms = tally(sample.rows)["median_ms"]
    return math.inf if median_ms is None else float(median_ms)


def _ties(against: Mapping[str, Difference]) -> list[str]:
    """Those that are shown to differ by no more than what matters."""
    return [
        name
        for name, found in against.items()
        if found.harm == found.failures == "equivalent" and found.time in {"equivalent", None}
    ]


def _simplest(
    names: Sequence[str], tried: Mapping[str, Sample], order: Sequence[str]
) -> tuple[str, Literal["calls", "order"]]:
    """Of strategies that tie: the one with the fewest calls, and if that does not tell, the first."""
    calls = {name: round(tally(tried[name].rows)["mean_calls"], 6) for name in names}
    fewest = min(calls.values())
    left = [name for name in order if calls.get(name) == fewest]
    return left[0], "calls" if len(left) < len(names) else "order"


def _place(
    name: str,
    take: str | None,
    samples: Mapping[str, Sample],
    tried: Mapping[str, Sample],
    found: Difference | None,
    tied: Sequence[str],
) -> Place:
    if name not in samples:
        return "no trials"
    if name not in tried:
        return "never held"
    if name == take:
        return "take"
    if found is None or name in tied:
        return "tie"
    if found.harm == "worse":
        return "does harm"
    if found.failures == "worse":
        return "fails more"
    if "undecided" in {found.harm, found.failures}:
        return "undecided"
    return "slower" if found.time == "worse" else "undecided"


def _standing(name: str, rows: Sequence[TrialRow], place: Place, against: Difference | None) -> Standing:
    counts = tally(rows)
    failures = counts["failures"]
    same = (
        "trials",
        "effective_trials",
        "failures",
        "held",
        "median_ms",
        "p95_ms",
        "mean_attempts",
        "mean_calls",
    )
    return Standing(
        name=name,
        place=place,
        **{each: counts[each] for each in same},
        lost=counts["left"].get("lost", 0),
        damaged=sum(row.harmed and row.left != "lost" for row in rows),
        mean_failing_ms=counts["total_failing_ms"] / failures if failures else math.nan,
        against=against,
    )
