"""One pass through the install of a trial: its operations, each call persisted by the strategy.

The operations run in tasks, one per item of the payload; the platform drives them. A task makes at most
one attempt between two yields, so that an event queue can order all calls.
"""

from __future__ import annotations

import dataclasses
import os
import threading
from collections.abc import Collection, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial

from harness.clock import NS_PER_MS, NS_PER_S
from harness.errors import StorageFullError
from harness.holds.draw import draw_holds
from harness.holds.handles import Hold
from harness.holds.placement import objects_on_disk, place
from harness.holds.profile import PAYLOAD_OBJECTS
from harness.platform.base import HoldLostError, Platform, Task
from harness.record.trial_record import Outcome
from harness.run.costs import CostClock
from harness.run.operation_run import OperationRun, time_under_way_ns
from harness.run.plan import Trial
from harness.run.recorded_call import (
    Failures,
    RecordedCall,
    TrialFaultError,
    VirusFoundError,
    machine_error,
)
from harness.run.steps import InstallSite, stage, step_of
from harness.strategy import Attempt, Install, Operation
from harness.strategy.operation import Call
from harness.text import milliseconds
from harness.winerror import GONE, virus_verdict, winerror_of


@dataclass
class InstallRun:
    """One pass. Use it once: `run`, then look at `operations`, and at what else is set.

    `fault` is why it failed though no rule of the platform did that, `verdict` what a scanner says of
    one of its files, `void` why it does not count, `limit` that its time was over. `scheduled` has all
    holds of the trial, in the order of their receipts.
    """

    trial: Trial
    platform: Platform
    sites: Sequence[InstallSite]
    scheduled: list[Hold]
    costs: CostClock
    operations: list[OperationRun] = field(default_factory=list)
    fault: str | None = None
    verdict: str | None = None
    void: str | None = None
    limit: str | None = None
    _started_ns: int = 0
    _install: Install = field(default_factory=Install)
    _failures: Failures = field(default_factory=Failures)
    _getting_ready: threading.Lock = field(default_factory=threading.Lock)  # tasks may run on threads

    def __post_init__(self) -> None:
        self.clock = self.platform.clock

    def run(self) -> tuple[Outcome, int]:
        """Run all operations; return the outcome, and the time with operations under way in ns."""
        scenario = self.trial.case.loaded.scenario
        self._started_ns = self.clock.now_ns()
        self.platform.drive([self._task(site) for site in self.sites], scenario.concurrency)
        now_ns = self.clock.now_ns()
        for operation in self.operations:
            if operation.outcome is None:
                operation.end("cancelled", now_ns)
        return self._outcome(), time_under_way_ns(self.operations)

    def _outcome(self) -> Outcome:
        """Return the outcome of the operation that failed first."""
        if self.fault is not None:
            return "harness-error"
        for operation in sorted(self.operations, key=lambda operation: operation.ended_ns or 0):
            match operation.outcome:
                case None | "ok" | "cancelled":
                    continue
                case failure:
                    return failure
        return "ok"

    def _task(self, site: InstallSite) -> Task:
        """Install one item: its operations in order, until one fails."""
        for number, spec in enumerate(self.trial.case.loaded.scenario.operations):
            yield 0.0
            op_id = f"{site.item.name}/{number}-{spec.kind}"
            operation = OperationRun(op_id, spec.kind, step_of(site, spec), self.clock.now_ns())
            self.operations.append(operation)
            try:
                if number == 0 and self.trial.case.stages_in_turn and not site.is_rerun:
                    with self._getting_ready, self._writing(operation):
                        stage(site, self.trial.case.loaded.scenario.operations)
                    operation.step = step_of(site, spec)
                self._get_ready(operation)
                yield float(site.factors.get("pause_ms", spec.pause_ms)) / 1000
                for call in operation.step.calls():
                    yield 0.0
                    yield from self._persist(operation, call)
                    if operation.outcome is not None:
                        return self._goes_on and not self._is_over()
                    if self._is_over():
                        operation.end("exhausted", self.clock.now_ns())
                        return False
                for call in operation.step.clearing():
                    yield 0.0
                    self._make_once(operation, call)
            except (TrialFaultError, HoldLostError) as fault:
                self.fault = str(fault)
                if isinstance(fault, HoldLostError):
                    self.void = self.fault
                operation.end("harness-error", self.clock.now_ns())
                return False
            except VirusFoundError as found:
                self.verdict = self.void = str(found)
                operation.end("vanished", self.clock.now_ns())
                return False
            operation.end("ok", self.clock.now_ns())
            operation.step.done()
        return True

    @property
    def _goes_on(self) -> bool:
        """Whether the other items are installed after one failed."""
        return self.trial.case.loaded.scenario.after_failure == "go on"

    def _is_over(self, wait_s: float = 0.0) -> bool:
        """Whether the time of the install will be over in `wait_s` seconds; then notes that."""
        limit_ms = self.trial.case.loaded.scenario.time_limit_ms
        if limit_ms is None:
            return False
        spent_ns = self.clock.now_ns() - self._started_ns + round(wait_s * NS_PER_S)
        over = spent_ns >= limit_ms * NS_PER_MS
        if over:
            self.limit = f"the install's time limit of {milliseconds(limit_ms)} had passed"
        return over

    def _within_limit(self, attempt: Attempt, waits: Generator[float]) -> Generator[float]:
        """Yield the waits of a strategy, up to the time limit: then raise its last error."""
        for wait_s in waits:
            if self._is_over(wait_s):
                limit_ms = self.trial.case.loaded.scenario.time_limit_ms or 0.0
                left_ns = self._started_ns + round(limit_ms * NS_PER_MS) - self.clock.now_ns()
                yield max(0, left_ns) / NS_PER_S
                waits.close()
                attempt.verdict = "exhausted"
                outcome = attempt.outcome
                raise (outcome and outcome.exception()) or OSError("the time limit had passed")
            yield wait_s

    def _get_ready(self, operation: OperationRun) -> None:
        """Write the operation's files, then schedule its holds: announced before the first attempt."""
        step = operation.step
        with self._getting_ready:
            has_new_files = not step.site.is_rerun or step.writes_again
            with self._writing(operation):
                step.prepare()
            if has_new_files:  # others are hit only by what is still held
                self._schedule_holds(operation)
            operation.ready_ns = self.clock.now_ns()  # what scheduling took is the harness's own time

    @contextmanager
    def _writing(self, operation: OperationRun) -> Iterator[None]:
        """Count the time of the block as staging. An error there is not the strategy's doing."""
        with self.costs.counting("stage"):
            try:
                yield
            except OSError as error:
                raise machine_error(operation.op_id, error) from error

    def _schedule_holds(
        self, operation: OperationRun, suffix: str = "", objects: Collection[str] | None = None
    ) -> None:
        """Draw and schedule the holds of an operation: all, or those on `objects`, under another key."""
        step, case = operation.step, self.trial.case
        key = case.hold_key(self.trial.block, operation.op_id) + "/again" * step.site.is_rerun
        drawn = draw_holds(case.profile, step.held_files, key + suffix)
        target = None if step.target is None else str(step.target)
        is_tree = step.site.item.is_tree and step.held_files[0].path != "."
        paths = objects_on_disk(str(step.source), target, is_tree=is_tree) if drawn else {}
        holds = [
            hold
            for draw in drawn
            if (objects is None or draw.template.handle.object in objects)
            and (hold := place(draw, paths)) is not None
        ]
        if not suffix and not step.site.is_rerun:
            holds += step.arrivals()
        self.platform.schedule_holds(holds)
        operation.holds += range(len(self.scheduled), len(self.scheduled) + len(holds))
        self.scheduled += holds

    def _renew(self, operation: OperationRun) -> str:
        """Write an operation's temporary file again, with holds of its own; return its new name.

        The old one is deleted, or left behind if it cannot be. The time counts as the trial's: a tool
        that does so pays for it too.
        """
        with self._getting_ready:
            step, old = operation.step, operation.step.source
            operation.renewals += 1
            with self._writing(operation):
                step.renew(operation.renewals)
            with suppress(OSError):
                self.platform.files.delete_file(step.site.spell(old))
            self._schedule_holds(operation, f"/fresh-{operation.renewals}", PAYLOAD_OBJECTS)
            return step.site.spell(step.source)

    def _persist(self, operation: OperationRun, call: Call) -> Generator[float]:
        """Make one call under the strategy. Ends `operation` if it fails for good."""
        strategy, step = self.trial.variant.strategy, operation.step
        recorded = RecordedCall(self.clock, operation.op_id, self._failures)
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
        run = "again" if step.site.is_rerun else "first"
        rng = self.trial.strategy_rng(f"{run}/{operation.op_id}/{operation.calls}")
        attempt = Attempt(persisted, self._install, self.clock, rng, started_ns)
        try:
            yield from self._within_limit(attempt, strategy.retries(attempt, first))
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
