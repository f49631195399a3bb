"""Trials of policies that delete, move aside, write anew or copy: what they win, and what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.payload.prepare import items_of
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.run.plan import cases_of
from harness.run.trial import TrialRun
from harness.scenario.load import load_scenario
from harness.strategy.notation import parse

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

    from harness.holds.handles import Hold
    from harness.record.trial_record import TrialRecord

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
COPY = REPLACE.replace("write-replace", "copy-replace")
REMOVE = """
[[payload]]
kind = "tree"
name = "package"
[payload.shape]
folders = 1
other = { files = 1, sizes = [9, 9, 9, 9, 9, 9, 9, 9] }
pe = { files = 2, sizes = [9, 9, 9, 9, 9, 9, 9, 9] }
[[operations]]
kind = "remove"
at = "lib/{name}"
"""
FRESH = "10ms 3 retries fresh temporary"
AROUND = ["deleting target first", "deleting target on failure", "moving target aside"]


@pytest.fixture
def trial(make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario) -> RunTrial:
    return RunTrial(make_scenario, make_profile, run_scenario)


class RunTrial:
    """Runs one trial of one sentence under one hold."""

    def __init__(
        self, make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
    ) -> None:
        self.make_scenario = make_scenario
        self.make_profile = make_profile
        self.run_scenario = run_scenario

    def __call__(
        self,
        sentence: str,
        hold_ms: float | None,
        body: str = REPLACE,
        *,
        scenario: dict[str, str] | None = None,
        **hold: str,
    ) -> TrialRecord:
        self.make_profile("hold", hold_ms, **hold)
        path = self.make_scenario(
            body, strategies=f'["{sentence}"]', profiles='["hold"]', **(scenario or {})
        )
        (record,) = self.run_scenario(path, blocks=1).trials
        return record


# a fresh temporary file


@pytest.mark.parametrize("body", [REPLACE, COPY])
def test_each_fresh_temporary_meets_a_hold_of_its_own(trial: RunTrial, body: str) -> None:
    record = trial(FRESH, None, body, share="r")
    (operation,) = record.operations
    assert (record.outcome, operation.dest_state) == ("exhausted", "old")
    assert [code for _, _, code in operation.attempts] == [32] * 4
    assert [hold.object for hold in operation.holds] == ["source"] * 4
    taken = [hold.opened_us for hold in operation.holds]
    assert None not in taken
    for attempt, opened in zip(operation.attempts, taken, strict=True):
        assert opened is not None
        assert opened <= attempt[0], "each is held when its attempt comes"
    assert taken == sorted(set(taken), key=lambda us: us or 0)


@pytest.mark.parametrize(("body", "each_ms"), [(REPLACE, 10.6), (COPY, 10.9)])
def test_what_a_fresh_temporary_takes_is_a_call_that_deletes_the_old_one(
    trial: RunTrial, body: str, each_ms: float
) -> None:
    """And one that copies, where the file is a copy. Written bytes take no time in an emulation."""
    (operation,) = trial(FRESH, None, body, share="r").operations
    first = operation.attempts[0][0]
    starts_ms = [(start - first) / 1000 for start, _, _ in operation.attempts]
    assert starts_ms == pytest.approx([0, each_ms, 2 * each_ms, 3 * each_ms])
    assert operation.calls == 4, "only attempts are counted"


def test_old_temporaries_that_are_held_are_left_over(trial: RunTrial) -> None:
    """Each was still held when the next one was written."""
    record = trial(FRESH, 25, share="r")
    assert record.outcome == "exhausted"
    assert (record.leftovers.files, record.leftovers.bytes) == (4, 4 * 5000)


def test_old_temporaries_that_are_free_by_then_are_deleted(trial: RunTrial) -> None:
    """Each is held for 5 ms when it is tried, and free when the next one is written."""
    record = trial(FRESH, 5, share="r")
    assert record.outcome == "exhausted"
    assert record.leftovers.files == 1


def test_a_fresh_temporary_gets_past_a_hold_of_the_first(trial: RunTrial) -> None:
    """Deno's point: who opens the first file is not sure to open the next. The holds never end."""
    trial.make_profile("hold", None, share="r", probability="0.5")
    path = trial.make_scenario(REPLACE, strategies=f'["{FRESH}", "10ms 3 retries"]', profiles='["hold"]')
    trials = trial.run_scenario(path, blocks=40).trials
    failed = Counter(trial.strategy for trial in trials if trial.outcome != "ok")
    assert failed["10ms 3 retries"] > 10
    assert failed[FRESH] < failed["10ms 3 retries"] / 3
    for record in trials:
        (operation,) = record.operations
        if record.strategy == FRESH and record.outcome == "ok":
            assert operation.dest_state == "new"
            assert record.leftovers.files == len(operation.attempts) - 1


def test_the_holds_of_a_block_are_the_same_for_whoever_writes_once(trial: RunTrial) -> None:
    trial.make_profile(
        "varied", 0, share="r", duration='distribution = "uniform", low_ms = 1, high_ms = 500'
    )
    path = trial.make_scenario(REPLACE, strategies=f'["plain", "{FRESH}"]', profiles='["varied"]')
    trials = trial.run_scenario(path, blocks=5).trials
    for block in range(5):
        first = {t.operations[0].holds[0].duration_us for t in trials if t.block == block}
        assert len(first) == 1
        (fresh,) = [t for t in trials if t.block == block and t.strategy == FRESH]
        durations = [hold.duration_us for hold in fresh.operations[0].holds]
        assert len(set(durations)) == len(durations) > 1, "drawn anew for each"


@pytest.mark.parametrize("held", ["target", "target-parent"])
def test_what_is_not_written_anew_is_not_held_anew(trial: RunTrial, held: str) -> None:
    record = trial(FRESH, None, object=held, share="r")
    (operation,) = record.operations
    assert record.outcome == "exhausted"
    assert len(operation.holds) == 1
    assert record.leftovers.files == 1, "the old ones were free to be deleted"


def test_holds_are_told_of_the_operation_they_were_on(trial: RunTrial) -> None:
    """Two files at once, whose renewals take turns."""
    body = REPLACE.replace("[5000]", "[5000, 6000, 7000]")
    record = trial(FRESH, 5, body, scenario={"concurrency": "3"}, share="r", probability="0.7")
    assert len({operation.op_id for operation in record.operations}) > 1
    for operation in record.operations:
        starts = [start for start, _, _ in operation.attempts]
        for hold in operation.holds:
            assert hold.opened_us is not None
            renewals = [start - 300 for start in starts[1:]]
            assert hold.planned_us in {operation.ready_us, *renewals, *(us + 300 for us in renewals)}


def test_a_quarantined_temporary_is_written_anew(trial: RunTrial) -> None:
    """uv#9531: without it the source has vanished, and there is nothing to retry."""
    assert trial("10ms 3 retries", 5, end='ends = "vanish"', object="child").outcome == "vanished"
    record = trial(FRESH, 5, end='ends = "vanish"', object="child")
    assert record.outcome == "exhausted"
    assert [code for _, _, code in record.operations[0].attempts] == [32] * 4


def test_a_fresh_temporary_that_cannot_be_written_is_no_fault_of_the_strategy(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pristine copy is taken away once the first temporary file is there."""
    make_profile("hold", None, share="r")
    loaded = load_scenario(make_scenario(REPLACE, profiles='["hold"]'))
    (item,) = items_of(loaded.scenario.payload[0], tmp_path, generated=False)
    (case,) = cases_of(loaded, {"fresh": parse(FRESH).strategy("fresh")}, seed=1)
    (planned,) = case.block(0)
    platform = EmulatedPlatform()
    schedule = platform.schedule_holds

    def schedule_then_lose(holds: Sequence[Hold]) -> None:
        schedule(holds)
        item.pristine.unlink(missing_ok=True)

    monkeypatch.setattr(platform, "schedule_holds", schedule_then_lose)
    record = TrialRun(planned, [item], platform, tmp_path / "trial", run="made").run()
    assert record.outcome == "harness-error"
    assert "No such file" in str(record.detail)
    assert len(record.operations[0].attempts) == 1, "the fault is no attempt"


def test_a_second_run_has_temporaries_of_its_own(trial: RunTrial) -> None:
    record = trial(FRESH, 25, scenario={"run_again_after_ms": "1000"}, share="r")
    assert record.rerun is not None
    assert record.rerun.outcome == "exhausted"


# the target


@pytest.mark.parametrize("around", AROUND)
def test_a_target_that_is_shared_for_deletion_is_replaced(trial: RunTrial, around: str) -> None:
    assert trial("plain", None, object="target", share="rwd").outcome == "not-retried"
    record = trial(f"plain {around}", None, object="target", share="rwd")
    assert (record.outcome, record.operations[0].dest_state) == ("ok", "new")
    assert record.leftovers.files == 0


@pytest.mark.parametrize("around", AROUND)
def test_a_target_that_is_not_shared_for_deletion_is_kept(trial: RunTrial, around: str) -> None:
    record = trial(f"10ms 2 retries {around}", None, object="target", share="rw")
    (operation,) = record.operations
    assert (record.outcome, operation.dest_state) == ("exhausted", "old")
    # a deletion after the rename leaves the rename's own code
    code = 5 if around == "deleting target on failure" else 32
    assert [each for _, _, each in operation.attempts] == [code] * 3


@pytest.mark.parametrize("around", AROUND)
def test_a_failure_after_the_target_went_leaves_nothing_at_its_name(
    trial: RunTrial, around: str
) -> None:
    """The price: without the action the old content would still be there."""
    assert trial("10ms 2 retries", None, share="r").operations[0].dest_state == "old"
    record = trial(f"10ms 2 retries {around}", None, share="r")
    assert (record.outcome, record.operations[0].dest_state) == ("exhausted", "missing")
    assert record.leftovers.files == 1, "the temporary file"


@pytest.mark.parametrize("around", AROUND)
def test_an_attempt_with_its_actions_is_one_attempt_that_takes_the_time_of_all_its_calls(
    trial: RunTrial, around: str
) -> None:
    calls = {"deleting target first": 2, "deleting target on failure": 3, "moving target aside": 4}
    (operation,) = trial(f"plain {around}", None, object="target", share="rwd").operations
    assert operation.attempts == [(0, calls[around] * 300, 0)]
    assert operation.by == "MoveFileExW"


def test_a_loaded_library_can_be_moved_aside_but_then_stays(trial: RunTrial) -> None:
    """Windows lets nobody delete a mapped program: the file that was moved is left over."""
    loaded = ', section = "image"'
    deleting = trial("plain deleting target first", None, object="target", share="rwd", more=loaded)
    assert (deleting.outcome, deleting.operations[0].dest_state) == ("not-retried", "old")
    moving = trial("plain moving target aside", None, object="target", share="rwd", more=loaded)
    assert (moving.outcome, moving.operations[0].dest_state) == ("ok", "new")
    assert moving.leftovers.files == 1


# after giving up


def test_what_cannot_be_deleted_is_left_under_another_name(trial: RunTrial) -> None:
    """A loaded library: nobody can delete it, anybody can rename it."""
    loaded = ', section = "image"'
    stays = trial("plain", None, REMOVE, object="child", share="rwd", more=loaded)
    assert (stays.outcome, stays.operations[0].dest_state) == ("not-retried", "mixed")
    goes = trial("plain else trash", None, REMOVE, object="child", share="rwd", more=loaded)
    assert (goes.outcome, goes.operations[0].dest_state) == ("ok", "missing")
    assert goes.leftovers.files == 1


def test_a_fresh_temporary_after_giving_up_has_holds_of_its_own(trial: RunTrial) -> None:
    record = trial("10ms 2 retries else fresh temporary", 45, share="r")
    (operation,) = record.operations
    assert [code for _, _, code in operation.attempts] == [32] * 6
    assert len(operation.holds) == 2
    record = trial("10ms 2 retries else fresh temporary", 15, share="r")
    assert record.outcome == "ok"


def test_a_rename_that_was_given_up_is_copied(trial: RunTrial) -> None:
    """uv's scripts: the target is only read, so its content can be written over."""
    record = trial("10ms 2 retries else copy", None, object="target", share="rwd")
    (operation,) = record.operations
    assert (record.outcome, operation.dest_state, operation.by) == ("ok", "new", "CopyFileExW")
    assert [code for _, _, code in operation.attempts] == [5, 5, 5, 0]
    assert record.leftovers.files == 0


def test_a_tree_that_cannot_be_renamed_is_unpacked_in_its_place(trial: RunTrial) -> None:
    """Its held file stays behind in the temporary folder; a copy could not even read it."""
    tree = REMOVE.replace('kind = "remove"\nat = "lib/{name}"', 'kind = "rename"\nto = "lib/{name}"')
    refused = trial("10ms 2 retries else copy", None, tree, object="child", share="none")
    assert (refused.outcome, refused.operations[0].dest_state) == ("exhausted", "mixed")
    record = trial("10ms 2 retries else in place", None, tree, object="child", share="none")
    assert (record.outcome, record.operations[0].dest_state) == ("ok", "new")
    assert [code for _, _, code in record.operations[0].attempts] == [5, 5, 5, 0]
    assert record.leftovers.files == 3


def test_who_holds_a_file_for_good_is_asked_and_not_waited_for(trial: RunTrial) -> None:
    asking = "100ms for 5s unless held for good asking 20ms"
    stays = trial(asking, None, share="r")
    assert (stays.outcome, len(stays.operations[0].attempts)) == ("not-retried", 1)
    assert stays.elapsed_ms == pytest.approx(20.3), "a call of 0.3 ms, and the question"
    goes = trial(asking, 300, share="r")
    assert (goes.outcome, len(goes.operations[0].attempts)) == ("ok", 4)
    patient = trial("100ms for 5s", None, share="r")
    assert patient.outcome == "exhausted"


def test_a_copy_of_a_held_file_leaves_it_behind(trial: RunTrial) -> None:
    record = trial("plain else copy", None, share="r")
    assert (record.outcome, record.operations[0].dest_state) == ("ok", "new")
    assert (record.leftovers.files, record.leftovers.bytes) == (1, 5000)


def test_a_copy_is_persisted_as_the_rename_was(trial: RunTrial) -> None:
    record = trial("10ms 2 retries else copy", None, object="target", share="r")
    assert (record.outcome, record.operations[0].dest_state) == ("exhausted", "old")
    assert [code for _, _, code in record.operations[0].attempts] == [5, 5, 5, 32, 32, 32]
