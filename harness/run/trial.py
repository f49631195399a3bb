"""Run one trial: stage the payload, install it under the strategy, verify, record."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from harness.clock import NS_PER_MS, NS_PER_S
from harness.errors import FULL, HarnessError
from harness.holds.handles import Receipt
from harness.payload.archive import remove_tree
from harness.payload.prepare import Item
from harness.platform.base import HoldLostError, Platform
from harness.record.trial_record import (
    Outcome,
    ProcessRecord,
    Rerun,
    TrialRecord,
    trial_id,
)
from harness.run.clearing import clear_away
from harness.run.costs import CostClock
from harness.run.hold_schedule import HoldSchedule
from harness.run.inspection import Inspection
from harness.run.install_run import InstallRun
from harness.run.judge import checked, is_whole, void_reason
from harness.run.operation_run import hold_record
from harness.run.plan import Trial
from harness.run.recorded_call import storage_full
from harness.run.steps import InstallSite, stage, step_of
from harness.run.swapped_places import SwappedPlaces
from harness.scenario.names import STAGING, STORE
from harness.winerror import virus_verdict


class TrialRun:
    """One trial of the run named `run`. Use it once: `TrialRun.run` returns its record."""

    def __init__(
        self, trial: Trial, items: Sequence[Item], platform: Platform, folder: Path, *, run: str
    ) -> None:
        self.trial = trial
        self.run_name = run
        self.scenario = trial.case.loaded.scenario
        self.platform = platform
        self.clock = platform.clock
        self.root = folder
        self.costs = CostClock()
        variant, operations = trial.variant, self.scenario.operations
        self.sites = [
            InstallSite(
                folder,
                item,
                platform,
                variant.factors,
                variant.strategy,
                operations,
                writer=number,
                writers=self.scenario.installs,
            )
            for number in range(self.scenario.installs)
            for item in items
        ]
        self.places: list[SwappedPlaces] = []
        self.holds = HoldSchedule(trial, platform)
        self.install = self._new_install()
        self.detail: str | None = None
        self.void: str | None = None

    def _new_install(self) -> InstallRun:
        return InstallRun(self.trial, self.platform, self.sites, self.holds, self.costs)

    def run(self) -> TrialRecord:
        """Do all of it, and clear the folder away, whatever happens.

        Raises `StorageFullError` when the disk is full, `HarnessError` when the payload cannot be laid
        down or looked at; what goes wrong in between is in the record.
        """
        receipts = None
        try:
            outcome, elapsed_ns = self._stage_and_install()
            ended_ns = self.clock.now_ns()
            self._ask_for_holders()
            is_final = self.scenario.run_again_after_ms is None or outcome in {"ok", "harness-error"}
            if is_final:  # nothing is held any more when the files are read
                receipts = self._end_trial()
            with self.costs.counting("verify"):
                seen = Inspection(self.platform)
                states = seen.states(self.install.operations, lightly=not is_final)
                left = seen.leftovers(self.root, self.install.operations)
                places = seen.places(self.places)
                self.detail, self.void = seen.verdict or self.detail, self.void or seen.fault
            rerun = None if is_final else self._run_again(ended_ns)
            if receipts is None:
                receipts = self._end_trial()
        except OSError as error:
            if error.errno in FULL:
                raise storage_full(error) from error
            raise HarnessError(
                f"{self.trial.name}: {type(error).__name__}: {error}",
                hint="The trials before it are in the journal; `harness run --resume RUN` continues.",
            ) from error
        finally:
            if receipts is None:
                self._end_trial()
            with self.costs.counting("stage"):
                clear_away(self.root)
        operations = [
            operation.record(state, receipts, self.clock.now_ns())
            for operation, state in zip(self.install.operations, states, strict=True)
        ]
        case = self.trial.case
        return TrialRecord(
            trial_id=trial_id(self.run_name, self.trial.place),
            run=self.run_name,
            scenario=case.loaded.name,
            profile=case.profile_name,
            block=self.trial.block,
            position=self.trial.position,
            strategy=self.trial.variant.label,
            factors=dict(self.trial.variant.factors),
            freshness=case.freshness,
            platform=self.platform.name,
            outcome=checked(outcome, self.install.operations, operations),
            void=self.void,
            detail=self.detail,
            elapsed_ms=elapsed_ns / NS_PER_MS,
            operations=operations,
            processes=[
                ProcessRecord(
                    name=opened.name,
                    place=opened.place,
                    holds=list(map(hold_record, receipts[first : first + len(opened.holds)])),
                )
                for opened, first in self.holds.processes
            ],
            places=places,
            leftovers=left,
            rerun=rerun,
            cost_us=self.costs.cost(),
        )

    def _stage_and_install(self) -> tuple[Outcome, int]:
        try:
            with self.costs.counting("stage"):
                self.platform.get_ready()
                remove_tree(self.root)  # a killed run may have left it
                self.root.mkdir(parents=True)
                self._stage()
                volume = None if self.scenario.volume is None else self.scenario.volume.volume
                away = [STAGING, STORE] if volume is not None and volume.staged_elsewhere else []
                self.platform.choose_volume(volume, [self.root / folder for folder in away])
                self.platform.begin_trial(self.scenario.attempt_cost_ms)
            return self._run(self.install)
        except HoldLostError as lost:
            self.void = self.detail = str(lost)
            return "harness-error", 0
        except OSError as error:
            verdict = virus_verdict(error)
            if verdict is None:
                raise
            self.void = self.detail = f"while the payload was laid down: {verdict}"
            return "vanished", 0

    def _stage(self) -> None:
        """Lay the old files down, then the payload, unless each item is laid down in its turn."""
        operations = self.scenario.operations
        steps = [step_of(site, operation) for site in self.sites for operation in operations]
        has_old_files = [step.lay_old_file() for step in steps]
        if not self.trial.case.stages_in_turn:
            for site in self.sites:
                stage(site, operations)
            if self.scenario.swaps:
                self.places = [SwappedPlaces(site) for site in self.sites if not site.writer]
        elif any(has_old_files):  # a scanner is given time for them
            time.sleep(self.trial.case.quiet_s)

    def _run(self, install: InstallRun) -> tuple[Outcome, int]:
        with self.costs.counting("persist"):
            result = install.run()
        self.detail = install.fault or install.verdict or install.limit.reason or self.detail
        self.void = install.void or self.void
        return result

    def _run_again(self, ended_ns: int) -> Rerun:
        """Run the whole install again, a while after it failed at `ended_ns`, up to a success."""
        for number in range(self.scenario.run_again_times):
            again = self._run_once_more(ended_ns, number + 1)
            if again.outcome in {"ok", "harness-error"}:
                break
            ended_ns = self.clock.now_ns()
        return again

    def _run_once_more(self, ended_ns: int, number: int) -> Rerun:
        after_ns = round((self.scenario.run_again_after_ms or 0.0) * NS_PER_MS)
        with self.costs.counting("persist"):
            self.clock.sleep(max(0, ended_ns + after_ns - self.clock.now_ns()) / NS_PER_S)
        for site in self.sites:
            site.reruns = number
        install = self._new_install()
        outcome, elapsed_ns = self._run(install)
        with self.costs.counting("verify"):
            seen = Inspection(self.platform)
            states = seen.states(install.operations)
            self.detail = seen.verdict or self.detail
        return Rerun(
            outcome="damaged"
            if outcome == "ok" and not is_whole(install.operations, states)
            else outcome,
            elapsed_ms=elapsed_ns / NS_PER_MS,
            dest_state=states[-1],
            runs=number,
        )

    def _end_trial(self) -> list[Receipt]:
        """Release everything. Without receipts it is unknown what was held, and the trial is void."""
        with self.costs.counting("persist"):
            try:
                receipts = self.platform.end_trial()
            except HoldLostError as lost:
                self.void = str(lost)
                return [Receipt(hold, 0) for hold in self.holds.ordered]
            is_real_time = self.platform.is_real_time
            self.void = self.void or void_reason(receipts, is_real_time=is_real_time)
            return receipts

    def _ask_for_holders(self) -> None:
        """Ask, after the last attempt of what failed for good, which processes have its files open.

        Only where nothing was injected: elsewhere the locker is known.
        """
        if self.trial.case.profile.ambient is None:
            return
        with self.costs.counting("verify"):
            for operation in self.install.operations:
                call = operation.last_call
                if operation.outcome in {"exhausted", "not-retried"} and call is not None:
                    found = dict.fromkeys(
                        holder
                        for path in (call.source, call.target)
                        if path is not None and os.path.lexists(path)
                        for holder in self.platform.holders(path)
                    )
                    operation.holders = list(found)
