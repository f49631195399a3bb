"""Compare two runs case by case: what the second one's environment does to each strategy.

A strategy is compared with itself. Where both runs drew the same holds it is compared draw by draw, else
as independent samples; the rule is that of `harness.summary.compare`.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from statistics import fmean

from harness.errors import InvalidInputError
from harness.holds.draw import case_key
from harness.record.draws import Draws
from harness.record.manifest import ScenarioEntry, StrategyEntry
from harness.record.read import Run
from harness.record.void import block_of, void_blocks
from harness.summary.compare import WRONG, compare
from harness.summary.conclusion import TimeDifference
from harness.summary.manifest_facts import differing, facts_of
from harness.summary.pair import Pair, Setting, trials_by_block
from harness.summary.paired_estimates import blocks_needed, independent_log_ratio, log_ratio
from harness.summary.phrase import Phrase, Value, case_name
from harness.summary.rate_words import named
from harness.summary.run_comparison import (
    ComparedCase,
    ComparedStrategy,
    Kind,
    RunComparison,
    RunRate,
    Side,
    TimeRatio,
)
from harness.summary.run_comparison_words import cautions, sentences
from harness.summary.statistics import Interval
from harness.summary.summarise import about_run, setting_of
from harness.summary.tally import tally
from harness.summary.trial_row import NOT_COUNTED, TrialRow, row_of, steps_of
from harness.summary.verdict import ComparisonVerdict, verdict
from harness.text import by_place

CaseKey = tuple[str, str]
"""Scenario and profile."""
Rows = Mapping[CaseKey, Mapping[str, Sequence[TrialRow]]]
"""The trials that count, by case and strategy."""


def compare_runs(first: Run, second: Run) -> RunComparison:
    """Compare the second run with the first. Raises `InvalidInputError` if both are the same run."""
    if first.manifest.run == second.manifest.run:
        raise InvalidInputError(
            f"{first.folder} and {second.folder} are one run, {first.manifest.run}",
            hint="Give two runs, such as one with antivirus and one without.",
        )
    ours, theirs = _rows(first), _rows(second)
    left_out = list(_left_out(first, second, ours, theirs))
    common = {
        key: [
            name
            for name in sorted(ours[key], key=by_place(_labels(first, key[0])))
            if name in theirs[key] and _is_same(first, second, key[0], name)
        ]
        for key in ours
        if key in theirs
    }
    compared = sum(map(len, common.values()))
    confidence = 1 - WRONG / max(1, compared)
    cases = [
        _case(key, names, (first, ours[key]), (second, theirs[key]), confidence)
        for key, names in common.items()
        if names
    ]
    facts = facts_of(first.manifest), facts_of(second.manifest)
    about = Side(**about_run(first)), Side(**about_run(second))
    differences = differing(*facts)
    return RunComparison(
        first=about[0],
        second=about[1],
        confidence=confidence,
        sentences=list(sentences(cases, *about, confidence)),
        cautions=list(cautions(cases, *about, differences)),
        differences=differences,
        facts=len({*facts[0], *facts[1]}),
        cases=cases,
        left_out=left_out,
    )


def _rows(run: Run) -> Rows:
    """The trials of a run that count; those of one draw have one block, whichever run they are of."""
    draws = Draws(run.manifest)
    void = void_blocks(run.trials)
    found: dict[CaseKey, dict[str, list[TrialRow]]] = defaultdict(lambda: defaultdict(list))
    steps = {entry.name: steps_of(entry.scenario) for entry in run.manifest.scenarios}
    for trial in run.trials:
        if block_of(trial) in void or trial.outcome == NOT_COUNTED:
            continue
        key = trial.scenario, trial.profile
        draw = draws.of(trial)
        row = row_of(trial, steps.get(trial.scenario, ()))._replace(
            block=f"{run.manifest.run}/{trial.block}" if _kind(run, key) == "control" else draw,
            draw=draw,
        )
        found[key][trial.strategy].append(row)
    return found


def _kind(run: Run, key: CaseKey) -> Kind | None:
    """Where the holds of a case come from, as far as the manifest of a run knows."""
    entry = run.entry(key[0])
    profile = entry.profiles.get(key[1]) if entry else None
    if profile is None:
        return None
    return "injected" if profile.holds else "ambient" if profile.ambient else "control"


def _case(
    key: CaseKey,
    names: Sequence[str],
    first: tuple[Run, Mapping[str, Sequence[TrialRow]]],
    second: tuple[Run, Mapping[str, Sequence[TrialRow]]],
    confidence: float,
) -> ComparedCase:
    (run, ours), (other, theirs) = first, second
    scenario, profile = key
    entries = [each for each in (run.entry(scenario), other.entry(scenario)) if each is not None]
    is_known = len(entries) == 2 and all(profile in each.profiles for each in entries)  # noqa: PLR2004
    kind = _kind(run, key) or _kind(other, key) or "unknown"
    setting = _setting(run, other, scenario, injected=kind in {"injected", "unknown"})
    strategies = [_strategy(name, ours[name], theirs[name], setting, confidence) for name in names]
    return ComparedCase(
        scenario=scenario,
        profile=profile,
        kind=kind,
        common_draws=max(each.common_draws for each in strategies),
        unlike=list(_unlike(entries, profile)) if is_known else [],
        known=is_known,
        strategies=strategies,
    )


def _strategy(
    name: str,
    ours: Sequence[TrialRow],
    theirs: Sequence[TrialRow],
    setting: Setting,
    confidence: float,
) -> ComparedStrategy:
    """A strategy in the second run (`theirs`) compared with it in the first (`ours`)."""
    pair = Pair(trials_by_block(theirs), trials_by_block(ours))
    found = compare(pair, setting, confidence)
    if found.paired:  # a longer run has more, which are not compared
        theirs, ours = ([trials[place] for trials in pair.common] for place in (0, 1))
    return ComparedStrategy(
        name=name,
        first=_rate(ours),
        second=_rate(theirs),
        paired=found.paired,
        common_draws=pair.draws if found.paired else 0,
        harm=found.harm,
        failures=found.failures,
        time=_in_pairs(found.time) if found.paired else _as_samples(pair, setting, confidence),
    )


def _in_pairs(found: TimeDifference) -> TimeRatio:
    return TimeRatio(
        verdict=found.verdict,
        first_draws=found.draws,
        second_draws=found.draws,
        ratio=found.ratio,
        interval=found.interval,
        blocks_needed=found.blocks_needed,
    )


def _as_samples(pair: Pair, setting: Setting, confidence: float) -> TimeRatio:
    """The times of two independent samples, of the trials that succeeded."""
    theirs, ours = (_logs(trials.values()) for trials in (pair.first, pair.second))
    estimate = independent_log_ratio(theirs, ours, confidence=confidence)
    said: ComparisonVerdict = "not compared"
    needed = math.nan
    if ours and theirs:
        # what the platform cannot tell apart is no difference, however certain it is
        shortest_ms = math.exp(min(fmean(ours), fmean(theirs)))
        margin = math.log1p(max(setting.margin.time, setting.resolution_ms / shortest_ms))
        said = verdict(estimate.interval, margin)
        fewest = min(len(ours), len(theirs))
        needed = blocks_needed(estimate, margin, fewest, confidence=confidence)
    is_open = said == "undecided" and math.isfinite(needed)
    return TimeRatio(
        verdict=said,
        first_draws=len(ours),
        second_draws=len(theirs),
        ratio=math.exp(estimate.value),
        interval=Interval(*map(math.exp, estimate.interval)),
        blocks_needed=math.ceil(needed) if is_open else None,
    )


def _logs(rows: Iterable[TrialRow]) -> list[float]:
    """The logarithms of the times under each draw in which it succeeded, means where measured again."""
    found: dict[Hashable, list[float]] = defaultdict(list)
    for row in rows:
        if not row.failed:
            found[row.draw].append(log_ratio(row.elapsed_ms, 1.0))
    return [fmean(each) for each in found.values()]


def _rate(rows: Sequence[TrialRow]) -> RunRate:
    counts = tally(rows)
    return RunRate(
        **{name: counts[name] for name in ("trials", "effective_trials", "failures", "median_ms")}
    )


def _setting(first: Run, second: Run, scenario: str, *, injected: bool) -> Setting:
    """What differences mean where two runs are compared: the coarser clock of the two decides."""
    found = [
        setting_of(
            run.manifest, entry.scenario if (entry := run.entry(scenario)) else None, injected=injected
        )
        for run in (first, second)
    ]
    return max(found, key=lambda each: (not each.is_virtual, each.resolution_ms))


def _unlike(entries: Sequence[ScenarioEntry], profile: str) -> Iterator[str]:
    """What of a case is not the same in both runs, in words."""
    first, second = entries
    for key in first.other_parts(second):
        yield f"the scenario's {key.replace('_', ' ')}"
    if first.scenario.factors != second.scenario.factors:
        yield "the scenario's factors"
    bytes_of = [
        [(item.name, item.sha256, item.files, item.bytes, item.origin) for item in entry.items]
        for entry in entries
    ]
    if bytes_of[0] != bytes_of[1]:
        yield "the bytes of the payload"
    if len({case_key(0, "", entry.profiles[profile]) for entry in entries}) > 1:
        yield "the holds of the profile"


def _labels(run: Run, scenario: str) -> list[str]:
    """The labels of a scenario's strategies, in its order."""
    entry = run.entry(scenario)
    return [each.label for each in entry.strategies] if entry else []


def _entry(run: Run, scenario: str, label: str) -> StrategyEntry | None:
    entry = run.entry(scenario)
    return next((each for each in entry.strategies if each.label == label), None) if entry else None


def _is_same(first: Run, second: Run, scenario: str, label: str) -> bool:
    """Whether a label is the same strategy in both runs, as far as their manifests tell."""
    mine, theirs = _entry(first, scenario, label), _entry(second, scenario, label)
    return mine is None or theirs is None or mine.is_made_as(theirs)


def _left_out(first: Run, second: Run, ours: Rows, theirs: Rows) -> Iterator[Phrase]:
    """The cases and strategies that are not compared, and why."""
    for rows, others, which in ((ours, theirs, "first"), (theirs, ours, "second")):
        if alone := [key for key in rows if key not in others]:
            cases = (Value(f"{scenario} under {profile}") for scenario, profile in alone)
            parts = [part for case in cases for part in (", ", case)]
            yield (f"Only in the {which} run: ", *parts[1:], ".")
    for key in ours:
        if key not in theirs:
            continue
        where: Phrase = (" in ", *case_name(*key))
        for rows, others, which in ((ours, theirs, "first"), (theirs, ours, "second")):
            if missing := sorted(rows[key].keys() - others[key].keys()):
                yield (f"Only in the {which} run", *where, ": ", *named(missing), ".")
        changed = [
            name
            for name in ours[key]
            if name in theirs[key] and not _is_same(first, second, key[0], name)
        ]
        if changed:
            yield ("Another strategy under the same label", *where, ": ", *named(changed), ".")
