"""The shipped scenarios show what the reports they cite saw. Payloads are generated: no network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.api import run_scenarios
from harness.errors import NotSupportedError, PayloadUnavailableError
from harness.payload.fetch import index_settings
from harness.payload.prepare import items_of
from harness.scenario.load import load_scenario, load_scenarios, shipped_names
from harness.summary.summarise import summarise
from harness.winerror import ALREADY_EXISTS

if TYPE_CHECKING:
    from harness.record.read import Run
    from harness.summary.model import VariantSummary

HEAVY = {"many-wheels", "many-small-files", "many-small-files-20k"}


def run(name: str, tmp_path: Path, *strategies: str, blocks: int = 20) -> Run:
    scenarios = load_scenarios([name], generated=True)
    return run_scenarios(
        scenarios,
        blocks=blocks,
        strategies=strategies,
        platform="emulated",
        results=tmp_path / "results",
        seed=1,
    )


def rows(found: Run, profile: str) -> dict[str, VariantSummary]:
    (case,) = [case for case in summarise(found).cases if case.profile == profile]
    return {" ".join([row.strategy, *row.factors.values()]): row for row in case.variants}


NEED_A_REAL_MACHINE = {
    "attempt-density": "no antivirus takes part in an emulation",
}


@pytest.mark.parametrize("name", sorted(NEED_A_REAL_MACHINE))
def test_what_an_emulation_cannot_measure_is_refused_with_the_reason(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotSupportedError, match=NEED_A_REAL_MACHINE[name]):
        run(name, tmp_path)


@pytest.mark.parametrize("name", sorted(set(shipped_names()) - set(NEED_A_REAL_MACHINE)))
def test_every_scenario_runs_without_a_network_and_without_a_harness_error(
    name: str, tmp_path: Path
) -> None:
    strategies = ("plain",) if name in HEAVY else ()
    found = run(name, tmp_path, *strategies, blocks=1)
    assert found.trials
    assert [trial.detail for trial in found.trials if trial.outcome == "harness-error"] == []
    for trial in found.trials:
        for operation in trial.operations:
            if trial.outcome == "ok":
                assert operation.dest_state == "new", trial.trial_id
            codes = {code for _, _, code in operation.attempts}
            assert ALREADY_EXISTS not in codes, f"{operation.op_id}: no two payloads share a name"


def test_numpy_fails_at_its_largest_library_without_a_retry(tmp_path: Path) -> None:
    """uv#1491: always stops at libopenblas64; uv's 10 s were too short for some (uv PR#21522)."""
    found = run("numpy-wheel", tmp_path, blocks=2)
    scanned = rows(found, "dll-scan")
    assert scanned["plain hardlink"].failures == 2
    assert scanned["exponential hardlink"].failures == 0
    codes = {
        attempt[2]
        for trial in found.trials
        if trial.profile == "dll-scan"
        for operation in trial.operations
        for attempt in operation.attempts
    }
    assert codes == {0, 5}


def test_a_launcher_is_persisted_by_a_retry_that_knows_the_code(tmp_path: Path) -> None:
    """uv#9531: a plain persist nearly always failed, a retry of up to 10 s cured it."""
    brief = rows(run("script-install", tmp_path), "brief")
    assert brief["plain"].failures == 20
    assert brief["exponential"].failures == 0
    assert brief["exponential, only 5"].failures == 20  # the hold gives 32


def test_graceful_fs_does_not_retry_a_replace(tmp_path: Path) -> None:
    """graceful-fs#98, #247."""
    found = run("script-replace", tmp_path)
    assert rows(found, "brief")["graceful-fs-60s move-replace"].failures == 20
    over_target = rows(found, "target-scan")
    assert over_target["plain move-replace"].failures == 20
    assert over_target["plain posix-rename"].failures == 0


def test_a_permanent_denial_costs_a_strategy_its_whole_budget(tmp_path: Path) -> None:
    """2.25 s and 60 s both fail (docs/evidence/hold-durations.md#denials-that-never-end)."""
    found = rows(run("permanent-denial", tmp_path), "permanent")
    assert all(row.failures == row.trials for row in found.values())
    assert found["exponential"].mean_failing_ms == pytest.approx(10_230 + 11 * 0.3)
    assert found["plain"].mean_failing_ms == pytest.approx(0.3)


def test_a_quarantined_launcher_has_vanished_for_whoever_looks_again(tmp_path: Path) -> None:
    """uv#9531, os error 2."""
    found = rows(run("quarantine", tmp_path), "quarantine")
    assert found["exponential"].outcomes == {"vanished": 20}
    assert found["exponential, 2 as well"].total_failing_ms > 10 * found["exponential"].total_failing_ms


def test_a_rewrite_under_a_range_lock_may_damage_record(tmp_path: Path) -> None:
    """uv#21905, os error 33."""
    found = rows(run("record-rewrite", tmp_path, blocks=40), "range-lock")
    assert found["plain"].outcomes.get("damaged", 0) > 0
    assert found["exponential"].outcomes == {"ok": 40}


def test_whoever_renames_at_once_beats_a_queued_scan(tmp_path: Path) -> None:
    """Trend Micro KA-0015527."""
    found = rows(run("delayed-onset", tmp_path, blocks=60), "delayed")
    assert found["plain 0"].failures == 0
    assert found["plain 100"].failures > 0


def test_whoever_does_not_rename_the_directory_is_not_kept_from_it(tmp_path: Path) -> None:
    """golang/go#36568, rustup#1912: no budget is as good as a tree that is written where it belongs."""
    found = run("avoidance", tmp_path, blocks=2)
    for profile in ("dll-scan", "brief", "cloud-verdict", "minute-hold"):
        by_name = rows(found, profile)
        assert by_name["plain"].failures == 2
        for name in ("move-files", "link-files", "in-place"):
            assert by_name[name].failures == 0
    slow = rows(found, "minute-hold")
    assert slow["exponential"].failures == slow["uv-backon-10"].failures == 2
    waited = [rows(found, "cloud-verdict")[name].median_ms for name in ("move-files", "link-files")]
    assert waited[0] is not None
    assert waited[1] is not None
    assert waited[0] > 1000 > waited[1], "a move waits for whoever does not share, a link does not"
    left = {
        (trial.profile, trial.strategy): trial.leftovers
        for trial in found.trials
        if trial.strategy in {"move-files", "link-files", "in-place"} and trial.leftovers.files
    }
    assert {key: (value.files, value.bytes) for key, value in left.items()} == {
        ("cloud-verdict", "link-files"): (1, 0)
    }


def test_one_budget_for_many_files_bounds_what_is_waited_for_in_all(tmp_path: Path) -> None:
    """uv PR#21522 asks for more time for a file; forty of them take it forty times."""
    slow = rows(run("shared-budget", tmp_path, blocks=1), "archive-scan")
    one, each = slow["shared-budget"], slow["30 s for each file"]
    assert (one.failures, each.failures) == (0, 0)
    assert one.median_ms is not None
    assert each.median_ms is not None
    assert one.median_ms < each.median_ms, "what one file teaches, the next need not find out"
    assert slow["shared-budget, 10 s"].failures == 1
    assert slow["shared-budget, 10 s"].total_failing_ms < 10_000 + 100


@pytest.mark.network
@pytest.mark.parametrize("name", ["numpy-wheel", "sdist-cache", "record-rewrite", "sdist-build"])
def test_generated_payloads_have_the_shape_of_the_real_ones(name: str, tmp_path: Path) -> None:
    index_settings.cache_clear()
    try:
        real = run_scenarios(
            [load_scenario(name)],
            blocks=1,
            strategies=["plain"],
            platform="emulated",
            results=tmp_path / "results",
            seed=1,
        )
    except PayloadUnavailableError as error:
        pytest.skip(f"no package index: {error.message}")
    made = [
        item
        for number, payload in enumerate(load_scenario(name).scenario.payload)
        for item in items_of(payload, tmp_path / str(number), generated=True)
    ]
    assert {trial.outcome for trial in real.trials} <= {"ok", "not-retried", "damaged"}
    for entry, item in zip(real.manifest.scenarios[0].items, made, strict=True):
        assert entry.origin == "index" or entry.name == "fire"
        assert entry.files == len(item.files)
        assert entry.pe_files == sum(file.is_pe for file in item.files)
        assert 0.6 < item.size / entry.bytes < 1.6, entry.name
