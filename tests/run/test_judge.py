"""A trial whose holds are not known counts for nothing, nor does its block; and that is said."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from harness.clock import NS_PER_MS
from harness.platform.base import HoldLostError
from harness.platform.emulated.emulated_platform import EmulatedPlatform
from harness.record.read import Run, read_run
from harness.run import start
from harness.run.options import RunOptions
from harness.scenario.load import load_scenario
from harness.summary.markdown_tables import run_markdown
from harness.summary.summarise import summarise
from harness.summary.terminal_tables import run_tables
from harness.winerror import SHARING_VIOLATION

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario

    from harness.holds.handles import Hold, Receipt

BLOCKS = 4
SECOND_BLOCK = 3
"""The first trial of the second of several blocks of two, counted from 1."""


class Unreliable(EmulatedPlatform):
    """A locker that does something wrong in one trial, and is itself again in the next."""

    def __init__(self, wrong_in: int = SECOND_BLOCK) -> None:
        super().__init__()
        self.wrong_in = wrong_in
        self.trials = 0

    @property
    def is_wrong(self) -> bool:
        return self.trials == self.wrong_in

    def begin_trial(self, attempt_cost_ms: float) -> None:
        self.trials += 1
        super().begin_trial(attempt_cost_ms)


class LosesReceipts(Unreliable):
    def end_trial(self) -> list[Receipt]:
        receipts = super().end_trial()
        if self.is_wrong:
            raise HoldLostError("the locker ended without its receipts")
        return receipts


class LosesOrders(Unreliable):
    def schedule_holds(self, holds: Sequence[Hold]) -> None:
        if self.is_wrong:
            raise HoldLostError("the locker does not answer")
        super().schedule_holds(holds)


class DoesNotStart(Unreliable):
    """Its locker is not there when a trial wants to begin."""

    def __init__(self) -> None:
        super().__init__()
        self.trials = -1  # it is made ready once before the first trial

    def get_ready(self) -> None:
        self.trials += 1
        if self.is_wrong:
            raise HoldLostError("the locker did not start")

    def begin_trial(self, attempt_cost_ms: float) -> None:
        EmulatedPlatform.begin_trial(self, attempt_cost_ms)


class MeetsAnother(Unreliable):
    """In real time: somebody else had the file, so the hold was refused."""

    is_real_time = True

    def __init__(self) -> None:
        super().__init__()
        self.cannot = {}

    def end_trial(self) -> list[Receipt]:
        receipts = super().end_trial()
        for receipt in receipts:
            if self.is_wrong:
                receipt.opened_ns, receipt.error = None, SHARING_VIOLATION
        return receipts


class Late(Unreliable):
    """Takes the handle late, or gives it back late, by some milliseconds."""

    def __init__(self, begins_ms: float = 0, ends_ms: float = 0) -> None:
        super().__init__()
        self.begins_ns = round(begins_ms * NS_PER_MS)
        self.ends_ns = round(ends_ms * NS_PER_MS)

    def end_trial(self) -> list[Receipt]:
        receipts = super().end_trial()
        for receipt in receipts:
            if self.is_wrong and receipt.opened_ns is not None:
                receipt.opened_ns += self.begins_ns
                if receipt.released_ns is not None:
                    receipt.released_ns += self.begins_ns + self.ends_ns
        return receipts


class KeptWaiting(Unreliable):
    """Asks for handles in time, and gets each of one trial 150 ms later, as from a slow scanner."""

    def end_trial(self) -> list[Receipt]:
        receipts = super().end_trial()
        for receipt in receipts:
            receipt.asked_ns = receipt.planned_ns
            if self.is_wrong and receipt.opened_ns is not None:
                receipt.opened_ns += 150 * NS_PER_MS
                if receipt.released_ns is not None:
                    receipt.released_ns += 150 * NS_PER_MS
        return receipts


class RunOn:
    """Runs two strategies that outlast their hold of 20 ms, on a platform of the test's."""

    def __init__(
        self,
        make_scenario: MakeScenario,
        make_profile: MakeProfile,
        monkeypatch: pytest.MonkeyPatch,
        results: Path,
    ) -> None:
        make_profile("hold", 20)
        self.path = make_scenario(
            strategies='["graceful-fs", "exponential"]', profiles='["hold"]', blocks=str(BLOCKS)
        )
        self.monkeypatch = monkeypatch
        self.results = results

    def __call__(self, platform: EmulatedPlatform) -> Run:
        self.monkeypatch.setattr(start, "get_platform", lambda _: platform)
        options = RunOptions(platform="emulated", results=self.results, seed=1)
        return read_run(start.start([load_scenario(self.path)], options))


@pytest.fixture
def run_on(
    make_scenario: MakeScenario,
    make_profile: MakeProfile,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> RunOn:
    return RunOn(make_scenario, make_profile, monkeypatch, tmp_path / "results")


def printed(run: Run) -> str:
    file = io.StringIO()
    console = Console(file=file, width=160)
    for part in run_tables(summarise(run), 160, "run"):
        console.print(part)
    return file.getvalue()


WRONG: dict[str, Callable[[], Unreliable]] = {
    "the locker ended without its receipts": LosesReceipts,
    "the locker does not answer": LosesOrders,
    "the locker did not start": DoesNotStart,
    "a hold could not be taken (error 32)": MeetsAnother,
    "a hold was asked for 150 ms late": lambda: Late(begins_ms=150),
    "a hold lasted 101 ms too long": lambda: Late(ends_ms=101),
}


@pytest.mark.parametrize("reason", WRONG)
def test_a_hold_that_is_lost_or_late_leaves_its_block_out_and_every_view_says_so(
    run_on: RunOn, reason: str
) -> None:
    run = run_on(WRONG[reason]())
    (void,) = [trial for trial in run.trials if trial.void is not None]
    assert (void.void, void.block, void.position) == (reason, 1, 0)
    assert len(run.trials) == 2 * BLOCKS
    (case,) = summarise(run).cases
    assert (case.blocks, case.void_blocks, case.void_reasons) == (BLOCKS - 1, 1, {reason: 1})
    assert [(row.trials, row.void) for row in case.variants] == [(BLOCKS - 1, 1)] * 2
    ends = "; their trials ended as: "
    assert sum(case.void_outcomes.values()) == 2
    assert f"Void and left out: 1 block, for {reason} (1){ends}" in " ".join(printed(run).split())
    assert f"**Caution:** Void and left out: 1 block, for `{reason}` (1){ends}" in run_markdown(
        summarise(run), "run"
    )


@pytest.mark.parametrize("platform_of", [LosesReceipts, LosesOrders])
def test_of_a_hold_that_was_lost_nothing_is_claimed(
    run_on: RunOn, platform_of: type[Unreliable]
) -> None:
    run = run_on(platform_of())
    (void,) = [trial for trial in run.trials if trial.void is not None]
    (operation,) = void.operations
    assert {(hold.opened_us, hold.released_us) for hold in operation.holds} <= {(None, None)}
    assert len(operation.holds) == (platform_of is LosesReceipts)  # ordered, and nobody knows more


def test_without_the_locker_s_word_no_operation_begins(run_on: RunOn) -> None:
    """Holds are announced, not raced: an attempt against an unknown hold would be worth nothing."""
    run = run_on(LosesOrders())
    (void,) = [trial for trial in run.trials if trial.void is not None]
    assert void.outcome == "harness-error"
    assert [operation.attempts for operation in void.operations] == [[]]
    assert (
        sum(row.harness_errors for row in summarise(run).cases[0].variants) == 0
    )  # it left with its block


@pytest.mark.parametrize("late_ms", [(100, 0), (0, 100), (0, 0), (-50, -10)])
def test_a_hold_that_is_as_late_as_any_machine_makes_it_counts(
    run_on: RunOn, late_ms: tuple[float, float]
) -> None:
    run = run_on(Late(*late_ms))
    assert [trial.void for trial in run.trials] == [None] * 2 * BLOCKS
    assert "void" not in printed(run)


def test_a_hold_that_a_scanner_kept_waiting_counts_and_is_told(run_on: RunOn) -> None:
    """Else the blocks in which the scanner was slow would be left out."""
    run = run_on(KeptWaiting())
    assert {trial.void for trial in run.trials} == {None}
    (case,) = summarise(run).cases
    assert (case.blocks, case.slow_holds, case.slowest_open_ms) == (BLOCKS, 1, 150)
    assert "1 hold began late, up to 150 ms after it was asked for" in " ".join(printed(run).split())


def test_trials_after_a_void_one_are_as_if_it_had_not_been(run_on: RunOn) -> None:
    whole, broken = run_on(EmulatedPlatform()), run_on(LosesReceipts())
    for before, after in zip(whole.trials, broken.trials, strict=True):
        if after.void is None:
            unlike = {"cost_us", "run", "trial_id"}
            assert after.model_dump(exclude=unlike) == before.model_dump(exclude=unlike)


@pytest.mark.parametrize("platform_of", [LosesReceipts, LosesOrders])
def test_a_trial_that_is_void_leaves_no_files(
    run_on: RunOn, platform_of: type[Unreliable], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "work"))
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "work"))
    run_on(platform_of())
    assert list((tmp_path / "work").iterdir()) == []
