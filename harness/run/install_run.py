"""One pass through the install of a trial: its operations, each call persisted by the strategy.

The operations run in tasks, one per item of the payload; the platform drives them. A task makes at most
one attempt between two yields, so that an event queue can order all calls.
"""

from __future__ import annotations

import dataclasses
import os
from collections import defaultdict
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from harness.errors import StorageFullError
from harness.holds.profile import PAYLOAD_OBJECTS
from harness.platform.base import HoldLostError, Platform, Task
from harness.record.trial_record import Outcome
from harness.run.costs import CostClock
from harness.run.hold_schedule import HoldSchedule
from harness.run.operation_run import OperationRun, time_under_way_ns
from harness.run.plan import Trial
from harness.run.recorded_call import (
    Failures,
    RecordedCall,
    TrialFaultError,
    VirusFoundError,
    machine_error,
    most_attempts,
)
from harness.run.steps import InstallSite, stage, step_of
from harness.run.time_limit import TimeLimit
from harness.run.writers import take_turns
from harness.scenario.operations import OperationSpec
from harness.scenario.operations.base import OperationBase
from harness.strategy import Attempt, Install, Operation
from harness.strategy.operation import Call
from harness.winerror import GONE, virus_verdict, winerror_of


@dataclass
class InstallRun:
    """One pass. Use it once: `run`, then look at `operations`, and at what else is set.

    `fault` is why it failed though no rule of the platform did that, `verdict` what a scanner says of
    one of its files, `void` why it does not count, `limit` tells whether its time was over.
    """

    trial: Trial
    platform: Platform
    sites: Sequence[InstallSite]
    holds: HoldSchedule
    costs: CostClock
    operations: list[OperationRun] = field(default_factory=list)
    fault: str | None = None
    verdict: str | None = None
    void: str | None = None
    _installs: dict[int, Install] = field(default_factory=lambda: defaultdict(Install))
    _failures: Failures = field(default_factory=Failures)

    def __post_init__(self) -> None:
        self.clock = self.platform.clock
        self.limit = TimeLimit(self.clock, self.trial.case.loaded.scenario.time_limit_ms)

    def run(self) -> tuple[Outcome, int]:
        """Run all operations; return the outcome, and the time with operations under way in ns."""
        scenario = self.trial.case.loaded.scenario
        self.limit.started_ns = self.clock.now_ns()
        if not any(site.is_rerun for site in self.sites):
            self.holds.of_processes([site for site in self.sites if not site.writer])
        if scenario.writers is None:
            tasks = [self._task(site) for site in self.sites]
            self.platform.drive(tasks, scenario.concurrency)
        else:
            writers = take_turns(scenario.writers, self._writers(), self.trial.writers_rng())
            self.platform.drive(writers, scenario.writers.count, contend=True)
        now_ns = self.clock.now_ns()
        for operation in self.operations:
            if operation.outcome is None:
                operation.end("cancelled", now_ns)
        return self._outcome(), time_under_way_ns(self.operations)

    def _writers(self) -> Iterator[Task]:
        """Yield the install of each writer. One that fails stops no other."""
        for _, own in groupby(self.sites, key=lambda site: site.writer):
            yield self._items_in_turn(list(own))

    def _items_in_turn(self, sites: Sequence[InstallSite]) -> Task:
        for site in sites:
            if not (yield from self._task(site)):
                break
        return self.fault is None and self.void is None

    def _outcome(self) -> Outcome:
        """Return the outcome of the operation that failed first, of those that may not."""
        if self.fault is not None:
            return "harness-error"
        for operation in sorted(self.operations, key=lambda operation: operation.ended_ns or 0):
            match None if operation.is_excused else operation.outcome:
                case None | "ok" | "cancelled":
                    continue
                case failure:
                    return failure
        return "ok"

    def _task(self, site: InstallSite) -> Task:
        """Install one item: its operations in order, until one fails."""
        for number, spec in enumerate(site.operations):
            yield 0.0
            operation = self._begin(site, spec, f"{site.own_name}/{number}-{spec.kind}")
            if operation is None:
                continue
            yield from self._operate(operation, spec, stages=not number)
            if operation.outcome == "ok":
                continue
            if self.fault is not None or self.void is not None:
                return False
            if spec.may_fail and not self.limit.is_over():
                operation.is_excused = True
                continue
            yield from self._put_back(operation, spec)
            return self._goes_on and not self.limit.is_over()
        return True

    def _put_back(self, failed: OperationRun, spec: OperationBase) -> Generator[float]:
        """Make the steps that an operation declares for its failure, up to one that fails for good."""
        for number, each in enumerate(spec.on_failure):
            yield 0.0
            step = self._begin(failed.step.site, each, f"{failed.op_id}/undo/{number}-{each.kind}")
            if step is None:
                continue
            yield from self._operate(step, each, draws=each.held is True)
            step.is_excused = True
            if not (step.outcome == "ok" or each.may_fail):
                return

    def _begin(self, site: InstallSite, spec: OperationSpec, op_id: str) -> OperationRun | None:
        """Begin an operation, unless its condition is not met."""
        step = step_of(site, spec)
        if self.limit.is_over() or not step.may_begin():
            return None
        operation = OperationRun(op_id, spec.kind, step, self.clock.now_ns())
        self.operations.append(operation)
        return operation

    def _operate(
        self, operation: OperationRun, spec: OperationSpec, *, stages: bool = False, draws: bool = True
    ) -> Generator[float]:
        """Carry out an operation, and end it. `stages`: the first one lays the files of all down.

        With `draws` holds are drawn for it.
        """
        site = operation.step.site
        try:
            if stages and self.trial.case.stages_in_turn and not site.is_rerun:
                with self.platform.alone(), self._writing(operation):
                    stage(site, site.operations)
                operation.step = step_of(site, spec)
            self._get_ready(operation, draws=draws and spec.held is not False)
            yield float(site.factors.get("pause_ms", spec.pause_ms)) / 1000
            for call in operation.step.calls():
                yield 0.0
                yield from self._persist(operation, call)
                if operation.outcome is not None:
                    return
                if self.limit.is_over():
                    operation.end("exhausted", self.clock.now_ns())
                    return
            for call in operation.step.clearing():
                yield 0.0
                self._make_once(operation, call)
        except (TrialFaultError, HoldLostError) as fault:
            self.fault = str(fault)
            if isinstance(fault, HoldLostError):
                self.void = self.fault
            operation.end("harness-error", self.clock.now_ns())
            return
        except VirusFoundError as found:
            self.verdict = self.void = str(found)
            operation.end("vanished", self.clock.now_ns())
            return
        operation.end("ok", self.clock.now_ns())
        operation.step.done()

    @property
    def _goes_on(self) -> bool:
        """Whether the other items are installed after one failed."""
        return self.trial.case.loaded.scenario.after_failure == "go on"

    def _get_ready(self, operation: OperationRun, *, draws: bool) -> None:
        """Write the operation's files, then schedule its holds: announced before the first attempt.

        None fall on it unless it `draws` them.
        """
        step = operation.step
        with self.platform.alone():
            has_new_files = not step.site.is_rerun or step.writes_again
            with self._writing(operation):
                step.prepare()
            if has_new_files:  # others are hit only by what is still held
                self.holds.of_operation(operation, draws=draws)
            operation.ready_ns = self.clock.now_ns()  # what scheduling took is the harness's own time

    @contextmanager
    def _writing(self, operation: OperationRun) -> Iterator[None]:
        """Count the time of the block as staging. An error there is not the strategy's doing."""
        with self.costs.counting("stage"):
            try:
                yield
            except OSError as error:
                raise machine_error(operation.op_id, error) from error

    def _renew(self, operation: OperationRun) -> str:
        """Write an operation's temporary file again, with holds of its own; return its new name.

        The old one is deleted, or left behind if it cannot be. The time counts as the trial's: a tool
        that does so pays for it too.
        """
        with self.platform.alone():
            step, old = operation.step, operation.step.source
            operation.renewals += 1
            with self._writing(operation):
                step.renew(operation.renewals)
            with suppress(OSError):
                self.platform.files.delete_file(step.site.spell(old))
            self.holds.of_renewed(operation, PAYLOAD_OBJECTS)
            return step.site.spell(step.source)

    def _persist(self, operation: OperationRun, call: Call) -> Generator[float]:
        """Make one call under the strategy. Ends `operation` if it fails for good."""
        step = operation.step
        strategy = step.strategy
        most = most_attempts(self.limit.limit_ms)
        recorded = RecordedCall(self.clock, operation.op_id, self._failures, most=most)
        operation.last_call = call
        persisted = Operation(
            operation.kind,
            step.primitive,
            call.source,
            call.target,
            call.run,
            recorded,
            self.platform.files,
            partial(self._renew, operation) if step.can_renew else None,
            trash=os.path.dirname(step.site.spell(step.source)) if step.target is None else None,
            unpack_in_place=step.unpack_in_place if step.moves_tree else None,
        )
        strategy.prepare(persisted)
        started_ns = self.clock.now_ns()
        try:
            persisted.attempt()
        except OSError as error:
            first = error
        else:
            operation.calls += 1
            if step.one_call:
                operation.add_attempts(recorded)
            return
        run = step.site.again or "first"
        rng = self.trial.strategy_rng(f"{run}/{operation.op_id}/{operation.calls}")
        attempt = Attempt(persisted, self._installs[step.site.writer], self.clock, rng, started_ns)
        try:
            yield from self.limit.within(attempt, strategy.retries(attempt, first))
        except OSError as last:
            self.verdict = virus_verdict(last) or self.verdict
            is_gone = winerror_of(last) in GONE and not os.path.lexists(persisted.source)
            vanished = is_gone or virus_verdict(last) is not None
            outcome = "vanished" if vanished else attempt.verdict or "not-retried"
            operation.end(outcome, self.clock.now_ns())
        except (TrialFaultError, VirusFoundError, StorageFullError, HoldLostError):
            raise
        except Exception as error:  # a strategy from elsewhere may raise anything
            raise TrialFaultError(
                f"{operation.op_id}: the strategy raised {type(error).__name__}: {error}"
            ) from error
        finally:
            operation.last_call = dataclasses.replace(call, source=persisted.source)
            operation.calls += len(recorded.attempts)
            operation.add_attempts(recorded)

    def _make_once(self, operation: OperationRun, call: Call) -> None:
        """Make a call that may fail, once: nothing depends on it."""
        operation.calls += 1
        with suppress(OSError):
            RecordedCall(self.clock, operation.op_id, self._failures)(call.run)
