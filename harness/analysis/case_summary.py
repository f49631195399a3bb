"""The summary of a case of data frames, as the models that all tables and notes are drawn from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from harness.analysis.observed_holds import hold_times
from harness.frames.rows import rows_of
from harness.summary.ambient import BYTES
from harness.summary.conclude import conclude
from harness.summary.conclusion_words import Circumstances
from harness.summary.model import AmbientHolds, CaseSummary
from harness.summary.pair import Setting
from harness.summary.unheld import DrawnHold, why_unheld
from harness.winerror import GONE, VIRUS_CODES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.analysis.selection import Case
    from harness.summary.conclusion import CaseConclusion


def summarise_case(case: Case) -> CaseSummary:
    """The summary of a case.

    Data frames do not have everything that records have: there are no reasons of void blocks, no details
    of harness errors, and no programs that held files.
    """
    key = case.key
    setting = Setting(
        resolution_ms=case.resolution_ms,
        is_virtual=key["platform"] == "emulated",
        margin=case.margin,
        injected=not case.is_ambient,
    )
    # a hold without a planned end was released: by the strategy's own failures
    ended_by_failures = case.holds["duration_ms"].isna() & case.holds["released_ms"].notna()
    return CaseSummary.model_validate(
        {
            **key,
            "evidence": case.evidence[key["profile"]],
            "profile_known": True,
            "comparable": not ended_by_failures.any(),
            "blocks": case.blocks,
            "void_blocks": case.void_blocks,
            "void_reasons": {},
            "failed_holds": _failed_holds(case),
            "harness_errors": case.harness_errors,
            "error_detail": None,
            "attempt_cost_ms": setting.resolution_ms if setting.is_virtual else None,
            "ambient": _ambient_holds(case) if case.is_ambient else None,
            "conclusion": _conclusion(case, setting, comparable=not ended_by_failures.any()),
            "variants": case.variants,
        }
    )


def _conclusion(case: Case, setting: Setting, *, comparable: bool) -> CaseConclusion:
    evidence = case.evidence[case.key["profile"]]
    is_control = evidence is None and not case.is_ambient
    return conclude(
        rows_of(case.trials),
        setting,
        Circumstances(
            blocks=case.blocks,
            platform=case.key["platform"],
            injected=not case.is_ambient,
            assumed=evidence.parameters["assumed"] if evidence else [],
            cost_ms=setting.resolution_ms if setting.is_virtual else None,
            unheld="control" if is_control else why_unheld(_drawn(case)),
        ),
        scenario=case.key["scenario"],
        profile=case.key["profile"],
        comparable=comparable,
        variants=case.variants,
    )


def _drawn(case: Case) -> Iterator[DrawnHold]:
    """The holds on its operations."""
    operation = ["trial", "operation"]
    holds = case.holds.merge(case.operations[[*operation, "ended_ms"]], on=operation)
    rows = zip(holds["opened_ms"], holds["ended_ms"], holds["error"].notna(), strict=True)
    for opened, ended, failed in rows:
        yield DrawnHold(None if np.isnan(opened) else opened, ended, bool(failed))


def _failed_holds(case: Case) -> dict[int, int]:
    """The number of holds that could not be taken, by Win32 code."""
    codes = case.holds[case.holds["opened_ms"].isna()]["error"].dropna()
    counts = codes[~codes.isin(GONE)].value_counts(sort=False)
    return {int(str(code)): int(count) for code, count in counts.items()}


def _refused(case: Case) -> int:
    """The number of trials in which a scanner refused a call as on a virus."""
    return int(case.attempts[case.attempts["winerror"].isin(VIRUS_CODES)]["trial"].nunique())


def _ambient_holds(case: Case) -> AmbientHolds:
    times = hold_times(case).times
    ends = times["free_ms"][np.isfinite(times["free_ms"])]
    return AmbientHolds(
        payload=BYTES[case.key["freshness"]],
        trials=len(case.trials),
        hit=int(times["trial"].nunique()),
        longest_ms=float(times["low_ms"].max()) if len(times) else 0.0,
        released_by_ms=float(ends.max()) if len(ends) else None,
        unexplained=0,
        stage_ms=float(case.trials["stage_cost_ms"].median()) if len(case.trials) else None,
        viruses=_refused(case),
        holders=[],
    )
