"""Trials on real files: how each kind of operation ends, and what is found at its destination."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessError
from harness.payload.prepare import Item, items_of
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.run import payloads
from harness.run.events import ignore
from harness.run.plan import cases_of
from harness.run.steps.replace import ReplaceStep
from harness.run.trial import TrialRun
from harness.scenario.load import load_scenario
from harness.strategy import get_strategy
from harness.winerror import VIRUS_DELETED, VIRUS_INFECTED, win32_error

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.record.trial_record import TrialRecord

TREE = """
[[payload]]
kind = "tree"
name = "lib"
[payload.shape]
folders = 4
other = { files = 9, sizes = [0, 10, 20, 30, 40, 50, 60, 700] }
pe = { files = 2, sizes = [2000, 2000, 2000, 2000, 2000, 2000, 2000, 9000] }
"""
RENAME = '[[operations]]\nkind = "rename"\nto = "store/{name}"\n'
PLACE = '[[operations]]\nkind = "place"\nto = "site-packages"\n'
REMOVE = '[[operations]]\nkind = "remove"\nat = "site-packages"\n'
REWRITE = '[[operations]]\nkind = "rewrite"\nat = "site-packages"\nfile = "*/lib-00004.py"\n'
REPLACE = """
[[payload]]
kind = "files"
name = "entry"
sizes = [5000]
[[operations]]
kind = "write-replace"
to = "cache/{file}"
existing = true
"""
RETRYING = '["plain", "exponential"]'


@pytest.fixture
def outcomes(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> Outcomes:
    return Outcomes(make_scenario, make_profile, run_scenario)


class Outcomes:
    """Runs one block of a scenario under one hold; gives the trial of each strategy."""

    def __init__(
        self, make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
    ) -> None:
        self.make_scenario = make_scenario
        self.make_profile = make_profile
        self.run_scenario = run_scenario

    def __call__(
        self,
        body: str,
        hold_ms: float | None,
        *,
        strategies: str = RETRYING,
        scenario: dict[str, str] | None = None,
        **hold: str,
    ) -> dict[str, TrialRecord]:
        self.make_profile("hold", hold_ms, **hold)
        path = self.make_scenario(body, strategies=strategies, profiles='["hold"]', **(scenario or {}))
        return {trial.strategy: trial for trial in self.run_scenario(path, blocks=1).trials}


def test_a_held_child_blocks_the_rename_of_its_directory_with_5(outcomes: Outcomes) -> None:
    trials = outcomes(TREE + RENAME, 25, object="child", share="rwd")
    plain, retrying = trials["plain"], trials["exponential"]
    assert (plain.outcome, plain.operations[0].dest_state) == ("not-retried", "missing")
    assert plain.operations[0].attempts == [(0, 300, 5)]
    assert (plain.leftovers.files, plain.operations[0].files) == (11, 11)
    assert (retrying.outcome, retrying.operations[0].dest_state) == ("ok", "new")
    # exponential: 0, 10, 30 ms, and 0.3 ms for each call
    assert retrying.operations[0].attempts == [(0, 300, 5), (10_300, 10_600, 5), (30_600, 30_900, 0)]
    assert retrying.leftovers.files == 0


def test_a_held_source_blocks_the_rename_of_a_file_with_32(outcomes: Outcomes) -> None:
    trials = outcomes(REPLACE, 25, object="source", share="r")
    assert trials["plain"].operations[0].attempts[0][2] == 32
    assert trials["plain"].operations[0].dest_state == "old"
    assert trials["exponential"].outcome == "ok"


def test_the_record_tells_when_a_hold_was_ordered_taken_and_given_back(outcomes: Outcomes) -> None:
    delay = 'distribution = "constant", ms = 5'
    trials = outcomes(TREE + RENAME + "pause_ms = 6\n", 25, object="child", delay=delay)
    (hold,) = trials["exponential"].operations[0].holds
    assert (hold.planned_us, hold.opened_us, hold.released_us) == (5000, 5000, 30_000)
    assert (hold.object, hold.share, hold.duration_us) == ("child", "none", 25_000)
    (unfinished,) = trials["plain"].operations[0].holds
    assert unfinished.released_us is None


def test_a_hold_that_comes_after_the_rename_finds_nothing_to_hold(outcomes: Outcomes) -> None:
    trials = outcomes(
        TREE + RENAME + PLACE, 25, object="source", delay='distribution = "constant", ms = 1'
    )
    first, second = trials["plain"].operations
    assert trials["plain"].outcome == "ok"
    assert first.holds[0].opened_us is None
    assert first.holds[0].error == 2
    assert second.holds[0].opened_us == second.ready_us + 1000


def test_a_file_of_the_store_that_may_not_be_read_blocks_a_copy_but_not_a_hard_link(
    outcomes: Outcomes,
) -> None:
    linked = outcomes(TREE + PLACE, None, object="child")["plain"]
    assert (linked.outcome, linked.operations[0].calls) == ("ok", 11)
    copied = outcomes(TREE + PLACE + 'link_mode = "copy"\n', None, object="child")["plain"]
    assert copied.outcome == "not-retried"
    assert copied.operations[0].dest_state in {"missing", "mixed"}  # as early as the held file comes
    assert copied.operations[0].attempts[-1][2] == 32


def test_a_removal_that_fails_half_way_leaves_a_mixture_and_running_again_may_recover(
    outcomes: Outcomes,
) -> None:
    body = TREE + REMOVE + PLACE
    later = {"run_again_after_ms": "5000"}
    loaded = ', section = "image"'
    soon = outcomes(body, 3000, scenario=later, object="largest-pe", more=loaded)["plain"]
    assert soon.outcome == "not-retried"
    assert soon.operations[0].dest_state in {"mixed", "old"}
    assert soon.rerun is not None
    assert (soon.rerun.outcome, soon.rerun.dest_state) == ("ok", "new")
    late = outcomes(body, 9000, scenario=later, object="largest-pe", more=loaded)["plain"]
    assert late.rerun is not None
    assert late.rerun.outcome == "not-retried"


def test_a_removal_and_its_replacement_succeed_together(outcomes: Outcomes) -> None:
    trial = outcomes(TREE + REMOVE + PLACE, 25, object="child", share="r")["exponential"]
    assert trial.outcome == "ok"
    assert [operation.dest_state for operation in trial.operations] == ["new", "new"]


def test_a_range_lock_between_truncation_and_write_damages_the_file(outcomes: Outcomes) -> None:
    lock = ", byte_range_lock = true"
    delay = 'distribution = "constant", ms = 0.2'
    trials = outcomes(TREE + REWRITE, 25, delay=delay, more=lock, share="rwd")
    assert (trials["plain"].outcome, trials["plain"].operations[0].dest_state) == ("damaged", "mixed")
    assert trials["plain"].operations[0].attempts[0][2] == 33
    assert (trials["exponential"].outcome, trials["exponential"].operations[0].dest_state) == (
        "ok",
        "new",
    )
    before = outcomes(TREE + REWRITE, 25, more=lock, share="rwd")["plain"]
    assert (before.outcome, before.operations[0].dest_state) == ("not-retried", "old")


def test_a_quarantined_file_has_vanished(outcomes: Outcomes) -> None:
    trials = outcomes(REPLACE, 25, object="child", end='ends = "vanish"')
    assert trials["plain"].outcome == "not-retried"
    retrying = trials["exponential"]
    assert (retrying.outcome, retrying.operations[0].attempts[-1][2]) == ("vanished", 2)
    assert retrying.operations[0].dest_state == "old"


def test_a_strategy_that_runs_out_is_exhausted_after_its_budget(outcomes: Outcomes) -> None:
    trial = outcomes(REPLACE, None)["exponential"]
    assert trial.outcome == "exhausted"
    assert trial.elapsed_ms == pytest.approx(10_230 + 11 * 0.3)
    assert len(trial.operations[0].attempts) == 11


def test_graceful_fs_gives_up_at_once_where_the_target_exists(outcomes: Outcomes) -> None:
    """graceful-fs#98; a mere 25 ms would have been enough."""
    there = outcomes(REPLACE, 25, strategies='["graceful-fs-60s"]')["graceful-fs-60s"]
    assert (there.outcome, len(there.operations[0].attempts)) == ("not-retried", 1)
    absent = outcomes(REPLACE.replace("true", "false"), 25, strategies='["graceful-fs-60s"]')[
        "graceful-fs-60s"
    ]
    assert absent.outcome == "ok"


def test_primitives_differ_over_an_open_target(outcomes: Outcomes) -> None:
    for primitive, code in {"move-replace": 5, "posix-rename": 0, "replace-file": 0}.items():
        body = REPLACE + f'primitive = "{primitive}"\n'
        trial = outcomes(body, 25, object="target", share="rwd")["plain"]
        assert trial.operations[0].attempts[0][2] == code


def test_the_first_failure_ends_an_install_of_several_and_cancels_what_is_under_way(
    outcomes: Outcomes,
) -> None:
    body = """
[[payload]]
kind = "files"
name = "entry"
sizes = [10, 20, 30, 40]
[[operations]]
kind = "write-replace"
to = "cache/{file}"
"""
    trial = outcomes(
        body, None, strategies='["exponential"]', scenario={"concurrency": "2"}, probability="0.5"
    )["exponential"]
    ended = {operation.op_id: operation.outcome for operation in trial.operations}
    assert trial.outcome == "exhausted"
    assert set(ended.values()) <= {"ok", "exhausted", "cancelled"}
    ends = [operation.ended_us for operation in trial.operations]
    assert max(ends) == trial.elapsed_ms * 1000


def test_what_others_were_to_do_before_the_failure_they_still_do(outcomes: Outcomes) -> None:
    """Two items at once, both due at the start; the first call takes 100 ms to fail."""
    body = REPLACE.replace("[5000]", "[5000, 6000]")
    slow = {"concurrency": "2", "attempt_cost_ms": "100"}
    trial = outcomes(body, None, strategies='["plain"]', scenario=slow)["plain"]
    assert [operation.attempts for operation in trial.operations] == [[(0, 100_000, 32)]] * 2
    assert trial.elapsed_ms == 100


def test_payloads_whose_turn_never_came_are_no_leftovers(outcomes: Outcomes) -> None:
    trees = TREE + TREE.replace('"lib"', '"other"')
    trial = outcomes(trees + RENAME, None, object="child", strategies='["plain"]')["plain"]
    assert [operation.op_id for operation in trial.operations] == ["lib/0-rename"]
    assert trial.leftovers.files == 11


def test_graceful_fs_retries_renames_alone(outcomes: Outcomes) -> None:
    """Only fs.rename is patched so (docs/evidence/retry-strategies.md#targets-that-exist)."""
    held = outcomes(TREE + REMOVE, 25, object="child", share="r", strategies='["graceful-fs-60s"]')
    assert held["graceful-fs-60s"].outcome == "not-retried"


def test_a_hold_can_end_with_the_failures_it_caused(outcomes: Outcomes) -> None:
    until = 'distribution = "until-failure", failures = 3'
    trial = outcomes(REPLACE, 0, duration=until)["exponential"]
    assert [code for _, _, code in trial.operations[0].attempts] == [32, 32, 32, 0]


def test_an_error_of_the_machine_itself_is_not_the_strategys_doing(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pristine copy is taken away, so that the temporary file cannot be written."""
    loaded = load_scenario(make_scenario(REPLACE))
    (item,) = items_of(loaded.scenario.payload[0], tmp_path, generated=False)
    (case,) = cases_of(loaded, {"plain": get_strategy("plain")}, seed=1)
    (trial,) = case.block(0)
    platform = EmulatedPlatform()
    run = TrialRun(trial, [item], platform, tmp_path / "trial", run="made")
    begin_trial = platform.begin_trial

    def begin_then_lose(attempt_cost_ms: float) -> None:
        begin_trial(attempt_cost_ms)
        item.pristine.unlink()

    monkeypatch.setattr(platform, "begin_trial", begin_then_lose)
    record = run.run()
    assert record.outcome == "harness-error"
    assert "No such file" in str(record.detail)
    assert not (tmp_path / "trial").exists()


@pytest.fixture
def one_trial(make_scenario: MakeScenario, tmp_path: Path) -> tuple[TrialRun, EmulatedPlatform, Item]:
    """One trial of `exponential` on the file of `REPLACE`, not run yet."""
    loaded = load_scenario(make_scenario(REPLACE))
    (item,) = items_of(loaded.scenario.payload[0], tmp_path, generated=False)
    (case,) = cases_of(loaded, {"exponential": get_strategy("exponential")}, seed=1)
    (trial,) = case.block(0)
    platform = EmulatedPlatform()
    return TrialRun(trial, [item], platform, tmp_path / "trial", run="made"), platform, item


@pytest.mark.parametrize("code", [VIRUS_INFECTED, VIRUS_DELETED])
def test_a_call_that_a_scanner_refuses_as_on_a_virus_ends_as_vanished(
    one_trial: tuple[TrialRun, EmulatedPlatform, Item], monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    run, platform, _ = one_trial

    def refused(source: str, target: str, _: str) -> str:
        raise win32_error(code, source, target)

    monkeypatch.setattr(platform.files, "rename", refused)
    record = run.run()
    assert (record.outcome, record.void) == ("vanished", None)
    assert record.operations[0].outcome == "vanished"
    assert {found for _, _, found in record.operations[0].attempts} == {code}
    assert f"error {code}" in str(record.detail)


@pytest.mark.parametrize("moment", ["stage", "prepare"])
def test_a_payload_that_a_scanner_refuses_makes_the_trial_void_and_the_run_goes_on(
    one_trial: tuple[TrialRun, EmulatedPlatform, Item], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """No strategy had a say in it."""
    run, _, _ = one_trial

    def refused(*_: object) -> None:
        raise win32_error(VIRUS_INFECTED, "entry-0")

    monkeypatch.setattr(ReplaceStep, moment, refused)
    record = run.run()
    assert record.outcome == "vanished"
    assert record.void == record.detail
    assert "contains a virus (error 225)" in str(record.void)
    assert [operation.outcome for operation in record.operations] == ["vanished"] * (moment == "prepare")


def test_a_placed_file_that_a_scanner_lets_nobody_read_has_vanished(
    one_trial: tuple[TrialRun, EmulatedPlatform, Item], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not damaged: nobody could look."""
    run, _, _ = one_trial

    def refused(*_: object) -> None:
        raise win32_error(VIRUS_INFECTED, "entry-0")

    monkeypatch.setattr(ReplaceStep, "state", refused)
    record = run.run()
    assert (record.outcome, record.operations[0].outcome) == ("vanished", "vanished")
    assert record.operations[0].dest_state == "held"
    assert "read after it" in str(record.detail)


def test_a_payload_that_cannot_be_unpacked_for_a_virus_is_told_before_the_run(
    make_scenario: MakeScenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_scenario(make_scenario(REPLACE))

    def refused(*_: object, **__: object) -> None:
        raise win32_error(VIRUS_DELETED, "entry-0")

    monkeypatch.setattr(payloads, "items_of", refused)
    with pytest.raises(HarnessError, match=r"cannot be laid down here: .*removed it \(error 226\)"):
        payloads.prepare_all([loaded], tmp_path, ignore)


def test_a_foreign_strategy_that_raises_ends_as_harness_error_with_its_words(
    outcomes: Outcomes, tmp_path: Path
) -> None:
    from harness.api import run_scenarios  # noqa: PLC0415
    from harness.errors import CodeNotAllowedError  # noqa: PLC0415

    (tmp_path / "mine.py").write_text(
        "import tenacity\n"
        "from harness.strategy import Strategy, retry_if_any_oserror, strategy\n"
        "def wait(state):\n"
        "    if state.operation.kind == 'write-replace': raise RuntimeError('out of ideas')\n"
        "    return 0.1\n"
        "@strategy('mine')\n"
        "def mine(): return Strategy('mine', retry_if_any_oserror(), wait)\n"
    )
    outcomes.make_profile("hold", 25.0)
    path = outcomes.make_scenario(
        REPLACE, strategies='[{ use = "mine", file = "mine.py" }]', profiles='["hold"]'
    )
    with pytest.raises(CodeNotAllowedError):
        run_scenarios([load_scenario(path)], platform="emulated", results=tmp_path / "results", seed=1)
    run = run_scenarios(
        [load_scenario(path)], allow_code=True, platform="emulated", results=tmp_path / "results", seed=1
    )
    assert {trial.outcome for trial in run.trials} == {"harness-error"}
    assert "out of ideas" in str(run.trials[0].detail)


def test_every_strategy_of_a_block_meets_the_same_holds(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    make_profile("varied", 0, duration='distribution = "uniform", low_ms = 1, high_ms = 500')
    path = make_scenario(
        REPLACE, strategies='["plain", "exponential", "graceful-fs-60s"]', profiles='["varied"]'
    )
    trials = run_scenario(path, blocks=20).trials
    seen = {
        block: {trial.operations[0].holds[0].duration_us for trial in trials if trial.block == block}
        for block in range(20)
    }
    assert all(len(durations) == 1 for durations in seen.values())
    assert len(set.union(*seen.values())) == 20


def test_a_wheel_that_was_really_renamed_has_the_bytes_of_the_archive(tmp_path: Path) -> None:
    """The verifier is not fooled: one changed byte, an extra or a missing file are a mixture."""
    from harness.payload.archive import unpack  # noqa: PLC0415
    from harness.run.verify import Verifier  # noqa: PLC0415
    from harness.scenario.payload_models import TreePayload, TreeShape  # noqa: PLC0415

    shape = TreeShape.model_validate(
        {"folders": 3, "other": {"files": 5, "sizes": [1, 2, 3, 4, 5, 6, 7, 8]}}
    )
    payload = TreePayload(kind="tree", name="lib", shape=shape)
    (item,) = items_of(payload, tmp_path, generated=False)
    archive = tmp_path / "lib.whl"
    with zipfile.ZipFile(archive, "w") as zipped:
        for file in item.files:
            zipped.write(item.pristine / file.path, file.path)
    unpack(archive, tmp_path / "unpacked")
    assert Verifier().state(tmp_path / "unpacked", item) == "new"
    victim = tmp_path / "unpacked" / item.files[2].path
    content = victim.read_bytes()
    victim.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert Verifier().state(tmp_path / "unpacked", item) == "mixed"
    victim.write_bytes(content)
    (tmp_path / "unpacked" / "stranger").touch()
    assert Verifier().state(tmp_path / "unpacked", item) == "mixed"
    (tmp_path / "unpacked" / "stranger").unlink()
    victim.unlink()
    assert Verifier().state(tmp_path / "unpacked", item) == "mixed"
    assert Verifier().state(tmp_path / "nothing", item) == "missing"
