"""Summarise the trials of a run, read as records: the plain-Python way to the models of a summary.

`harness.frames.variant_summaries` is the way from data frames. A void trial makes
its whole block void.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import mean
from typing import Final

from harness.holds.profile import Freshness, Profile
from harness.record.manifest import Manifest, ScenarioEntry
from harness.record.read import Run
from harness.record.trial_record import TrialRecord
from harness.summary.ambient import BYTES, ambient_holds
from harness.summary.model import (
    NOT_COUNTED,
    AmbientHolds,
    CaseSummary,
    HoldEvidence,
    RunSummary,
    VariantSummary,
    hold_evidence,
)
from harness.summary.statistics import quantile
from harness.winerror import GONE

PARAMETERS: Final = ("handle", "probability", "delay", "duration")
"""Of a hold in a profile: those that say how well they are known."""


def summarise(run: Run) -> RunSummary:
    """The summary of a run, case by case in the order of their first trials."""
    manifest = run.manifest
    cases: dict[tuple[str, str, str | None], list[TrialRecord]] = defaultdict(list)
    for trial in run.trials:
        cases[trial.scenario, trial.profile, trial.freshness].append(trial)
    return RunSummary(
        run=manifest.run,
        started=manifest.started.isoformat(),
        platform=manifest.platform,
        rules=rules_of(manifest),
        seed=manifest.seed,
        harness_version=manifest.packages.get("persist-harness", ""),
        antivirus=manifest.antivirus,
        trials=len(run.trials),
        planned_trials=planned_trials(manifest),
        torn=run.torn,
        machine=_machine(manifest),
        cases=[_case(trials, run) for trials in cases.values()],
    )


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
    void = {trial.block: trial.void for trial in trials if trial.void is not None}
    blocks = {trial.block for trial in trials} - void.keys()
    valid = [trial for trial in trials if trial.block in blocks]
    errors = [trial for trial in valid if trial.outcome == NOT_COUNTED]
    return CaseSummary(
        scenario=first.scenario,
        profile=first.profile,
        platform=run.manifest.platform,
        rules=rules_of(run.manifest),
        antivirus=run.manifest.antivirus.state,
        freshness=first.freshness or "",
        evidence=_evidence(profile),
        profile_known=profile is not None,
        comparable=profile is None or profile.comparable,
        blocks=len(blocks),
        void_blocks=len(void),
        void_reasons=Counter(void.values()),
        blocks_without_holds=len(blocks - {trial.block for trial in trials if _was_hit(trial)}),
        failed_holds=_failed_holds(trials),
        harness_errors=len(errors),
        error_detail=min((trial.detail for trial in errors if trial.detail), default=None),
        ambient=_ambient(first.freshness, valid, entry),
        variants=_variants(trials, blocks, [item.label for item in entry.strategies] if entry else ()),
    )


def _evidence(profile: Profile | None) -> HoldEvidence | None:
    if profile is None or not profile.holds:
        return None
    return hold_evidence(
        profile.title,
        (
            (number, name, getattr(hold, name).evidence)
            for number, hold in enumerate(profile.holds, 1)
            for name in PARAMETERS
        ),
    )


def _was_hit(trial: TrialRecord) -> bool:
    """Whether a hold was still there when an operation was ready."""
    return any(
        hold.opened_us is not None
        and (hold.released_us is None or hold.released_us > operation.ready_us)
        for operation in trial.operations
        for hold in operation.holds
    )


def _failed_holds(trials: Sequence[TrialRecord]) -> Mapping[int, int]:
    return Counter(
        hold.error
        for trial in trials
        for operation in trial.operations
        for hold in operation.holds
        if hold.opened_us is None and hold.error is not None and hold.error not in GONE
    )


def _ambient(
    freshness: Freshness | None, valid: Sequence[TrialRecord], entry: ScenarioEntry | None
) -> AmbientHolds | None:
    if freshness is None:
        return None
    from_index = entry is not None and all(item.origin == "index" for item in entry.items)
    payload = BYTES[freshness] if from_index or freshness != "original" else "bytes made here"
    return ambient_holds([trial for trial in valid if trial.outcome != NOT_COUNTED], payload)


def _variants(
    trials: Sequence[TrialRecord], blocks: set[int], order: Sequence[str]
) -> list[VariantSummary]:
    """The variants of a case in the `order` of its strategies' labels; others come after, by name."""
    places = {label: place for place, label in reversed(list(enumerate(order)))}
    found: dict[tuple[str, tuple[tuple[str, str], ...]], list[TrialRecord]] = defaultdict(list)
    for trial in trials:
        found[trial.strategy, tuple(sorted(trial.factors.items()))].append(trial)
    keys = sorted(found, key=lambda key: (places.get(key[0], len(places)), key))
    return [_variant(found[key], blocks) for key in keys]


def _variant(trials: Sequence[TrialRecord], blocks: set[int]) -> VariantSummary:
    valid = [trial for trial in trials if trial.block in blocks]
    counted = [trial for trial in valid if trial.outcome != NOT_COUNTED]
    failed = [trial for trial in counted if trial.outcome != "ok"]
    times = [trial.elapsed_ms if trial.outcome == "ok" else math.inf for trial in counted]
    attempts = [attempts_of(trial) for trial in counted]
    reruns = [trial.rerun for trial in failed if trial.rerun is not None]
    return VariantSummary(
        strategy=trials[0].strategy,
        factors=trials[0].factors,
        trials=len(counted),
        failures=len(failed),
        outcomes=Counter(trial.outcome for trial in counted),
        median_ms=quantile(times, 0.5),
        p95_ms=quantile(times, 0.95),
        total_failing_ms=math.fsum(trial.elapsed_ms for trial in failed),
        mean_attempts=mean(attempts) if attempts else math.nan,
        max_attempts=max(attempts, default=0),
        mean_calls=mean(map(calls_of, counted)) if counted else math.nan,
        leftover_files=sum(trial.leftovers.files for trial in counted),
        leftover_bytes=sum(trial.leftovers.bytes for trial in counted),
        reruns=len(reruns),
        recovered=sum(rerun.outcome == "ok" for rerun in reruns),
        harness_errors=len(valid) - len(counted),
        void=len(trials) - len(valid),
    )


def attempts_of(trial: TrialRecord) -> int:
    """Attempts on the operation that needed the most: 1 where everything worked at once."""
    return max((len(operation.attempts) for operation in trial.operations), default=1) or 1


def calls_of(trial: TrialRecord) -> int:
    """All calls of the primitive in a trial, those that worked at once included."""
    return sum(operation.calls for operation in trial.operations)
