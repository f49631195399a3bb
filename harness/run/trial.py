"""Run one trial: stage the payload, install it under the strategy, verify, record."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

from harness.clock import NS_PER_MS, NS_PER_S
from harness.errors import FULL, HarnessError
from harness.holds.handles import Hold, Receipt
from harness.payload.archive import remove_tree
from harness.payload.prepare import Item
from harness.platform.base import HoldLostError, Platform
from harness.record.trial_record import (
    DestState,
    Leftovers,
    Outcome,
    Rerun,
    TrialRecord,
    trial_id,
)
from harness.run.clearing import clear_away
from harness.run.costs import CostClock
from harness.run.install_run import InstallRun
from harness.run.judge import checked, void_reason
from harness.run.operation_run import OperationRun
from harness.run.plan import Trial
from harness.run.recorded_call import storage_full
from harness.run.steps import TEMPORARY_PREFIX, InstallSite, stage, step_of
from harness.run.verify import Verifier, is_held, leftovers
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
        factors, method = trial.variant.factors, trial.variant.strategy.method
        self.sites = [InstallSite(folder, item, platform, factors, method) for item in items]
        self.scheduled: list[Hold] = []
        self.install = self._new_install()
        self.detail: str | None = None
        self.void: str | None = None

    def _new_install(self) -> InstallRun:
        return InstallRun(self.trial, self.platform, self.sites, self.scheduled, self.costs)

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
                states = self._states(self.install.operations, lightly=not is_final)
                left = self._leftovers()
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
        elif any(has_old_files):  # a scanner is given time for them
            time.sleep(self.trial.case.quiet_s)

    def _run(self, install: InstallRun) -> tuple[Outcome, int]:
        with self.costs.counting("persist"):
            result = install.run()
        self.detail = install.fault or install.verdict or install.limit or self.detail
        self.void = install.void or self.void
        return result

    def _run_again(self, ended_ns: int) -> Rerun:
        """Run the whole install once more, a while after it failed at `ended_ns`."""
        after_ns = round((self.scenario.run_again_after_ms or 0.0) * NS_PER_MS)
        with self.costs.counting("persist"):
            self.clock.sleep(max(0, ended_ns + after_ns - self.clock.now_ns()) / NS_PER_S)
        for site in self.sites:
            site.is_rerun = True
        install = self._new_install()
        outcome, elapsed_ns = self._run(install)
        with self.costs.counting("verify"):
            states = self._states(install.operations)
        is_whole = all(
            operation.step.is_complete(state)
            for operation, state in zip(install.operations, states, strict=True)
        )
        return Rerun(
            outcome="damaged" if outcome == "ok" and not is_whole else outcome,
            elapsed_ms=elapsed_ns / NS_PER_MS,
            dest_state=states[-1],
        )

    def _end_trial(self) -> list[Receipt]:
        """Release everything. Without receipts it is unknown what was held, and the trial is void."""
        with self.costs.counting("persist"):
            try:
                receipts = self.platform.end_trial()
            except HoldLostError as lost:
                self.void = str(lost)
                return [Receipt(hold, 0) for hold in self.scheduled]
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

    def _states(self, operations: Sequence[OperationRun], *, lightly: bool = False) -> list[DestState]:
        """Return what is at each destination. `lightly`: the install will go on, so read little.

        In real time, and on Windows, the files may still be held, or be taken for a virus: such a state
        is ``held``.
        """
        verifier = Verifier(links=not self.platform.is_real_time)
        states: list[DestState] = []
        for operation in operations:
            target = operation.step.target
            if lightly and self.platform.is_real_time and target and not os.path.lexists(target):
                states.append("missing")
                continue
            try:
                states.append(operation.step.state(verifier))
            except OSError as error:
                if (verdict := virus_verdict(error)) is not None:
                    self.detail = operation.verdict = f"{operation.op_id}, read after it: {verdict}"
                    states.append("held")
                    continue
                if error.errno in FULL or not (self.platform.is_real_time or is_held(error)):
                    raise
                states.append("missing" if isinstance(error, FileNotFoundError) else "held")
        return states

    def _leftovers(self) -> Leftovers:
        begun = {operation.step.site.item.name for operation in self.install.operations}
        staged = [f"{STAGING}/{name}" for name in begun]
        try:
            return leftovers(str(self.root), TEMPORARY_PREFIX, staged)
        except OSError as error:
            if not self.platform.is_real_time or error.errno in FULL:
                raise
            self.void = self.void or f"its folder could not be looked at: {error.strerror}"
            return Leftovers(files=0, bytes=0)
