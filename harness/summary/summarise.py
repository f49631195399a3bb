"""Summarise the trials of a run, read as records: the plain-Python way to the models of a summary.

`harness.frames.variant_summaries` is the way from data frames. A void trial makes
its whole block void.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from harness.holds.profile import Freshness, Profile
from harness.record.manifest import Manifest, ScenarioEntry
from harness.record.read import Run
from harness.record.trial_record import TrialRecord
from harness.record.void import void_blocks
from harness.scenario.model import Margin, Scenario
from harness.strategy.timetable import ATTEMPT_COST_MS
from harness.summary.ambient import BYTES, ambient_holds
from harness.summary.conclude import conclude
from harness.summary.conclude_run import conclude_run
from harness.summary.conclusion import RunConclusion
from harness.summary.conclusion_words import Circumstances
from harness.summary.model import (
    AmbientHolds,
    CaseSummary,
    HeldBy,
    HoldEvidence,
    ProcessOpenings,
    RunSummary,
    VariantSummary,
    hold_evidence,
)
from harness.summary.pair import Setting
from harness.summary.part_failures import part_failures
from harness.summary.tally import variant_summary
from harness.summary.trial_row import (
    NOT_COUNTED,
    TrialRow,
    factors_text,
    row_of,
    steps_of,
)
from harness.summary.unheld import DrawnHold, why_unheld
from harness.text import by_place, in_order
from harness.winerror import GONE

SLOW_MS: Final = 100.0
"""A handle that takes this long to open is kept waiting, as by a scanner: see `harness.run.judge`."""
PARAMETERS: Final = ("handle", "probability", "delay", "duration")
"""Of a hold in a profile: those that say how well they are known."""


def summarise(run: Run) -> RunSummary:
    """The summary of a run, case by case in the order of their first trials."""
    cases: dict[tuple[str, str, str | None], list[TrialRecord]] = defaultdict(list)
    for trial in run.trials:
        cases[trial.scenario, trial.profile, trial.freshness].append(trial)
    found = [_case(trials, run) for trials in cases.values()]
    return RunSummary(**about_run(run), conclusion=_over_all(found), cases=found)


def about_run(run: Run) -> dict[str, Any]:
    """The values of a `RunSummary` that are of the run as a whole."""
    manifest = run.manifest
    return {
        "run": manifest.run,
        "started": manifest.started.isoformat(),
        "platform": manifest.platform,
        "rules": rules_of(manifest),
        "seed": manifest.seed,
        "harness_version": manifest.packages.get("persist-harness", ""),
        "antivirus": manifest.antivirus,
        "trials": len(run.trials),
        "planned_trials": planned_trials(manifest),
        "torn": run.torn,
        "damaged": run.damage.lines,
        "damage": run.damage.told,
        "manifest": manifest.integrity,
        "machine": _machine(manifest),
    }


def _over_all(cases: Sequence[CaseSummary]) -> RunConclusion | None:
    if len(cases) < 2:  # noqa: PLR2004 - one case has its own
        return None
    return conclude_run([case.conclusion for case in cases], cases[0].platform)


def planned_trials(manifest: Manifest) -> int | None:
    """The number of trials that a run is to have; ``None`` if time limits it."""
    total = 0
    for entry in manifest.scenarios:
        if entry.blocks is None:
            return None
        factors = entry.scenario.factors.model_dump(exclude_none=True)
        variants = len(entry.strategies) * math.prod(len(values) for values in factors.values())
        total += entry.blocks * variants * len(entry.profiles)
    return total


def rules_of(manifest: Manifest) -> str:
    """On Wine, the rules for renaming that a run went by, as its manifest says; else empty."""
    return str(manifest.platform_facts.get("rules")) if manifest.platform == "wine" else ""


def _machine(manifest: Manifest) -> str:
    facts = manifest.environment
    python = f"Python {facts.get('python', '?')}"
    if manifest.platform == "wine":  # the system that Python reports is Wine's pretence
        return f"Wine {manifest.platform_facts.get('wine')} (rules: {rules_of(manifest)}), {python}"
    system = " ".join(facts[name] for name in ("system", "release", "machine") if name in facts)
    return f"{system}, {python}"


def _case(trials: Sequence[TrialRecord], run: Run) -> CaseSummary:
    first = trials[0]
    entry = run.entry(first.scenario)
    profile = entry.profiles.get(first.profile) if entry else None
    void = {block: why for (*_, block), why in void_blocks(trials).items()}
    blocks = {trial.block for trial in trials} - void.keys()
    valid = [trial for trial in trials if trial.block in blocks]
    errors = [trial for trial in valid if trial.outcome == NOT_COUNTED]
    steps = steps_of(entry.scenario if entry else None)
    rows = [row_of(trial, steps) for trial in valid if trial.outcome != NOT_COUNTED]
    labels = [item.label for item in entry.strategies] if entry else []
    evidence = _evidence(profile)
    is_comparable = profile is None or profile.comparable
    is_control = profile is not None and not profile.holds and not first.freshness
    setting = setting_of(run.manifest, entry.scenario if entry else None, injected=not first.freshness)
    cost_ms = setting.resolution_ms if setting.is_virtual else None
    variants = _variants(trials, blocks, rows, labels)
    return CaseSummary(
        scenario=first.scenario,
        profile=first.profile,
        platform=run.manifest.platform,
        rules=rules_of(run.manifest),
        antivirus=run.manifest.antivirus.state,
        freshness=first.freshness or "",
        evidence=evidence,
        profile_known=profile is not None,
        comparable=is_comparable,
        blocks=len(blocks),
        void_blocks=len(void),
        void_reasons=Counter(void.values()),
        void_outcomes=Counter(trial.outcome for trial in trials if trial.block in void),
        slow_holds=sum(open_ms >= SLOW_MS for open_ms in _open_times_ms(trials)),
        slowest_open_ms=max(_open_times_ms(trials), default=0.0),
        failed_holds=_failed_holds(trials),
        processes=_processes(valid),
        parts=part_failures(valid, entry.scenario if entry else None),
        harness_errors=len(errors),
        error_detail=min((trial.detail for trial in errors if trial.detail), default=None),
        attempt_cost_ms=cost_ms,
        ambient=_ambient(first.freshness, valid, entry),
        conclusion=conclude(
            rows,
            setting,
            Circumstances(
                blocks=len(blocks),
                platform=run.manifest.platform,
                injected=not first.freshness,
                assumed=evidence.parameters["assumed"] if evidence else [],
                cost_ms=cost_ms,
                unheld="control" if is_control else why_unheld(_drawn(valid)),
                untried=[label for label in labels if label not in {trial.strategy for trial in trials}],
            ),
            scenario=first.scenario,
            profile=first.profile,
            comparable=is_comparable,
            variants=variants,
        ),
        remarks=entry.remarks if entry else [],
        variants=variants,
    )


def _drawn(trials: Iterable[TrialRecord]) -> Iterator[DrawnHold]:
    """The holds on the operations of trials that count."""
    for trial in trials:
        for operation in trial.operations if trial.outcome != NOT_COUNTED else ():
            for hold in operation.holds:
                yield DrawnHold(hold.opened_us, operation.ended_us, hold.error is not None)


def setting_of(manifest: Manifest, scenario: Scenario | None, *, injected: bool) -> Setting:
    """What differences mean in a case of a run."""
    is_virtual = manifest.platform == "emulated"
    cost_ms = scenario.attempt_cost_ms if scenario else ATTEMPT_COST_MS
    return Setting(
        resolution_ms=cost_ms if is_virtual else _timer_ms(manifest),
        is_virtual=is_virtual,
        margin=scenario.margin if scenario else Margin(),
        injected=injected,
    )


def _timer_ms(manifest: Manifest) -> float:
    """By how much waits are too long in a run in real time, at worst; 1 ms if it does not say."""
    over = manifest.platform_facts.get("sleep_overshoot_us")
    known = [each.get("worst") for each in over.values()] if isinstance(over, dict) else []
    return max((each for each in known if isinstance(each, int | float)), default=1000) / 1000


def _evidence(profile: Profile | None) -> HoldEvidence | None:
    if profile is None or not profile.holds:
        return None
    found = hold_evidence(
        profile.title,
        (
            (number, name, getattr(hold, name).evidence)
            for number, hold in enumerate(profile.holds, 1)
            for name in PARAMETERS
        ),
    )
    holders = dict.fromkeys(hold.holder for hold in profile.holds if hold.holder is not None)
    held_by = [HeldBy(product=holder.product, words=holder.words) for holder in holders]
    return found.model_copy(update={"held_by": held_by})


def _open_times_ms(trials: Sequence[TrialRecord]) -> Iterator[float]:
    """How long the handles of holds took to open."""
    for trial in trials:
        for operation in trial.operations:
            for hold in operation.holds:
                if hold.asked_us is not None and hold.opened_us is not None:
                    yield (hold.opened_us - hold.asked_us) / 1000


def _failed_holds(trials: Sequence[TrialRecord]) -> Mapping[int, int]:
    return Counter(
        hold.error
        for trial in trials
        for operation in trial.operations
        for hold in operation.holds
        if hold.opened_us is None and hold.error is not None and hold.error not in GONE
    )


def _processes(trials: Sequence[TrialRecord]) -> list[ProcessOpenings]:
    """What each process asked for before its trial was over, and the errors that it got."""
    asked: dict[str, list[int]] = defaultdict(list)
    for trial in trials:
        for process in trial.processes:
            found = [hold for hold in process.holds if hold.opened_us is not None or hold.error]
            asked[process.name] += [hold.error or 0 for hold in found]
    return [
        ProcessOpenings(name=name, openings=len(codes), errors=Counter(filter(None, codes)))
        for name, codes in asked.items()
    ]


def _ambient(
    freshness: Freshness | None, valid: Sequence[TrialRecord], entry: ScenarioEntry | None
) -> AmbientHolds | None:
    if freshness is None:
        return None
    from_index = entry is not None and all(item.origin == "index" for item in entry.items)
    payload = BYTES[freshness] if from_index or freshness != "original" else "bytes made here"
    return ambient_holds([trial for trial in valid if trial.outcome != NOT_COUNTED], payload)


def _variants(
    trials: Sequence[TrialRecord],
    blocks: set[int],
    rows: Sequence[TrialRow],
    order: Sequence[str],
) -> list[VariantSummary]:
    """The variants of a case in the `order` of its strategies' labels, others after them by name.

    Those of a strategy are in the order of their factors, numbers by size.
    """
    place = by_place(order)
    found: dict[tuple[str, str], list[TrialRecord]] = defaultdict(list)
    for trial in trials:
        found[trial.strategy, factors_text(trial.factors)].append(trial)
    counted: dict[tuple[str, str], list[TrialRow]] = defaultdict(list)
    for row in rows:
        counted[row.strategy, row.factors].append(row)
    return [
        variant_summary(
            counted[key],
            strategy=key[0],
            factors=found[key][0].factors,
            harness_errors=sum(trial.block in blocks for trial in found[key]) - len(counted[key]),
            void=sum(trial.block not in blocks for trial in found[key]),
        )
        for key in sorted(
            found,
            key=lambda key: (place(key[0]), in_order(key[1])),
        )
    ]
