"""Arms summed up at once are what the tables of a run say of them, trial by trial."""

from __future__ import annotations

from typing import TYPE_CHECKING

from frames_lab import JOURNALS, write_journal
from hypothesis import HealthCheck, given, settings

from harness.frames import load
from harness.frames.variant_summary import KEYS, variant_summary
from harness.record.read import read_run

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord

NARROW = JOURNALS.map(
    lambda trials: [each.model_copy(update={"strategy": "plain", "factors": {}}) for each in trials]
)
"""Of one variant, so that there are medians of many."""


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(trials=JOURNALS | NARROW)
def test_it_agrees_with_the_tables_of_the_run(
    make_scenario: MakeScenario, run_scenario: RunScenario, tmp_path: Path, trials: list[TrialRecord]
) -> None:
    if not (tmp_path / "results").exists():
        run_scenario(make_scenario(), blocks=1)
    (folder,) = (tmp_path / "results").iterdir()
    for record in trials:
        record.freshness = None  # tables of a run do not tell kinds of freshness apart
        record.scenario = record.profile = "made"
    write_journal(folder, trials)
    expected = {
        (
            *("emulated", "", "", "unknown", case.scenario, case.profile, row.strategy),
            ", ".join(f"{key}={row.factors[key]}" for key in sorted(row.factors)),
        ): (row.trials, row.failures, row.rate, *row.interval, row.median_ms)
        for case in read_run(folder).summary()
        for row in case.rows
        if row.trials
    }
    rows = variant_summary(load(folder))
    numbers = ["trials", "failures", "failure_rate", "low", "high", "median_ms"]
    found = {
        tuple(key): tuple(values)
        for key, values in zip(
            rows[list(KEYS)].astype(str).to_numpy().tolist(),
            rows[numbers].to_numpy().tolist(),
            strict=True,
        )
    }
    assert found == expected
