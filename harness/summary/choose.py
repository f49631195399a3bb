"""Choose a strategy on the trials of a case: the fewest failures, then the least time.

A trial that loses or damages a file counts as `HARM_COUNTS` failures.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final

from harness.summary.compare import compare, confidence_of_each
from harness.summary.conclusion import Answer, ChosenFor, Difference, Place, Standing
from harness.summary.pair import Pair, Setting, trials_by_block
from harness.summary.tally import tally
from harness.summary.trial_row import TrialRow
from harness.summary.verdict import ComparisonVerdict

HARM_COUNTS: Final = 10
"""A lost or damaged file counts as so many failures in the choice."""
SAME_RATES: Final[frozenset[ComparisonVerdict]] = frozenset(
    {"equivalent", "neither fails", "both always fail"}
)
"""Verdicts on rates that leave nothing to choose by."""
_MOST_ROUNDS: Final = 4

Rows = Mapping[str, Sequence[TrialRow]]
"""Trials by the name of their strategy."""


def choose(rows: Rows, setting: Setting, *, comparable: bool = True) -> dict[str, Any]:
    """The values of `harness.summary.conclusion.StrategyChoice`, for strategies in the order of `rows`.

    Where holds end with a strategy's own failures, trials are not `comparable`.
    """
    all_tried = not setting.injected or _blocked_by_itself(rows)
    tried = {
        name: each
        for name, each in rows.items()
        if each and (all_tried or any(row.held for row in each))
    }
    answer = _answer(rows, tried) if comparable else "not comparable"
    take, against = _taken(tried, setting) if answer == "take" else (None, {})
    places = {name: _place(name, take, rows, tried, answer, against.get(name)) for name in rows}
    tied = _named(places, "tie")
    return {
        "answer": answer,
        "take": take,
        "tied": tied,
        "undecided": _named(places, "undecided"),
        "chosen_for": _reason(take, tied, tried, list(rows)) if take is not None and tied else "",
        "standings": [
            _standing(name, each, places[name], against.get(name)) for name, each in rows.items()
        ],
    }


def _answer(rows: Rows, tried: Rows) -> Answer:
    if not any(rows.values()):
        return "no trials"
    if not tried or not any(_met_something(each) for each in rows.values()):
        return "nothing held"
    if len(tried) == 1:
        return "one strategy"
    if all(row.failed for each in tried.values() for row in each):
        return "all fail"
    return "take"


def _blocked_by_itself(rows: Rows) -> bool:
    """Whether attempts failed with nothing held: for what is there already, or for the volume."""
    held = any(row.held for each in rows.values() for row in each)
    return not held and any(map(_met_something, rows.values()))


def _met_something(rows: Sequence[TrialRow]) -> bool:
    """Whether an attempt failed, that of a step that may fail, too: what was held got in the way."""
    return any(row.failed or row.left or row.attempts > 1 for row in rows)


def _taken(tried: Rows, setting: Setting) -> tuple[str, Mapping[str, Difference]]:
    """The strategy to take, and all others compared with it.

    It is among those with the least severity. Of these, whichever is shown to be faster comes first;
    then, of those that tie, the one with the fewest calls, and then the first one.
    """
    trials = {name: trials_by_block(each) for name, each in tried.items()}
    confidence = confidence_of_each(len(tried))

    def compared(name: str) -> dict[str, Difference]:
        return {
            other: compare(Pair(trials[other], trials[name]), setting, confidence)
            for other in tried
            if other != name
        }

    best = _least_severe(tried)
    leader = min(best, key=lambda name: _typical_ms(tried[name]))
    against = compared(leader)
    for _ in range(_MOST_ROUNDS):
        faster = {
            name: against[name].time.ratio
            for name in best
            if name != leader and against[name].time.verdict == "better"
        }
        if not faster:
            break
        leader = min(faster, key=faster.__getitem__)
        against = compared(leader)
    ties = {name for name, found in against.items() if _is_tie(found)}
    group = [name for name in tried if name in best and name in {leader, *ties}]
    simplest = min(group, key=lambda name: _calls(tried[name]))
    if simplest != leader:
        others = compared(simplest)
        if all(_is_tie(others[name]) for name in {leader, *ties} - {simplest}):
            return simplest, others
    return leader, against


def _least_severe(tried: Rows) -> list[str]:
    severities = {
        name: severity(sum(row.failed for row in rows), sum(row.harmed for row in rows), len(rows))
        for name, rows in tried.items()
    }
    least = min(severities.values())
    return [name for name, found in severities.items() if found <= least + 1e-12]


def severity(failures: int, harmed: int, trials: int) -> float:
    """Failures per trial, where one of the `harmed`, which lost or damaged a file, counts as several."""
    return (failures + (HARM_COUNTS - 1) * harmed) / trials


def _typical_ms(rows: Sequence[TrialRow]) -> float:
    median_ms = tally(rows)["median_ms"]
    return math.inf if median_ms is None else float(median_ms)


def _calls(rows: Sequence[TrialRow]) -> float:
    return round(float(tally(rows)["mean_calls"]), 6)


def _is_tie(found: Difference) -> bool:
    """Whether they are shown to differ by no more than what matters."""
    if not {found.harm.verdict, found.failures.verdict} <= SAME_RATES:
        return False
    # where both always fail, there is no time to compare
    return found.time.verdict == "equivalent" or found.failures.verdict == "both always fail"


def _reason(take: str, tied: Sequence[str], tried: Rows, order: Sequence[str]) -> ChosenFor:
    """Why it was taken among those that tie."""
    calls = {name: _calls(tried[name]) for name in (take, *tied)}
    if len({*calls.values()}) == 1:
        if take == min(calls, key=order.index):
            return "order"
    elif calls[take] == min(calls.values()):
        return "calls"
    times = {name: _typical_ms(tried[name]) for name in calls}
    return "speed" if times[take] == min(times.values()) else ""


def _place(
    name: str, take: str | None, rows: Rows, tried: Rows, answer: Answer, found: Difference | None
) -> Place:
    if not rows[name]:
        return "no trials"
    if name not in tried:
        return "never held"
    if name == take:
        return "take"
    if found is None:
        return "always fails" if answer == "all fail" else "not compared"
    return _beside(found)


def _beside(found: Difference) -> Place:
    """The place of a strategy that was compared with the one to take."""
    if _is_tie(found):
        return "tie"
    if found.harm.verdict == "worse":
        return "does harm"
    if found.failures.verdict == "worse":
        return "fails more"
    if {found.harm.verdict, found.failures.verdict} <= SAME_RATES:
        if found.time.verdict == "worse":
            return "slower"
        if found.time.verdict == "better":
            return "faster"
    return "undecided"


def _named(places: Mapping[str, Place], place: Place) -> list[str]:
    return [name for name, found in places.items() if found == place]


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
