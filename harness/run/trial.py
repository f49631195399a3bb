"""Run one trial: stage the payload, schedule the holds, persist under the strategy, verify, record.

The operations of a trial run in tasks, one an item of the payload; the platform drives them. A task
makes at most one attempt between two yields, so that an event queue can order all calls.
"""

from __future__ import annotations

import dataclasses
import os
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.clock import NS_PER_MS, NS_PER_S, NS_PER_US
from harness.errors import FULL, HarnessError, StorageFullError
from harness.holds.draw import draw_holds
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold, Receipt
from harness.holds.placement import objects_on_disk, place
from harness.holds.profile import PAYLOAD_OBJECTS
from harness.payload.archive import remove_tree
from harness.platform.base import HoldLostError
from harness.record.trial_record import (
    Cost,
    HolderRecord,
    HoldRecord,
    Leftovers,
    OperationOutcome,
    OperationRecord,
    Outcome,
    Rerun,
    TrialRecord,
)
from harness.run.clearing import clear_away
from harness.run.recorded_call import (
    RecordedCall,
    TrialFaultError,
    machine_error,
    storage_full,
)
from harness.run.steps import TEMPORARY_PREFIX, Site, Step, stage, step_of
from harness.run.verify import Verifier, is_held, leftovers
from harness.scenario.model import STAGING
from harness.strategy import Attempt, Install, Operation
from harness.winerror import GONE, winerror_of

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from harness.payload.prepare import Item
    from harness.platform.base import Platform, Task
    from harness.record.trial_record import AttemptTimes, DestState
    from harness.run.plan import Trial
    from harness.scenario.model import Operation as ScenarioOperation
    from harness.strategy.operation import Call


@dataclass
class _Log:
    """What one operation did, while it does it. Times are nanoseconds."""

    op_id: str
    kind: str
    step: Step
    ready_ns: int
    holds: list[int] = field(default_factory=list)
    """Its receipts, by their place among those of the trial."""
    renewals: int = 0
    ended_ns: int | None = None
    outcome: OperationOutcome | None = None
    calls: int = 0
    attempts: list[AttemptTimes] = field(default_factory=list)
    by: str | None = None
    statuses: dict[int, None] = field(default_factory=dict)
    last_call: Call | None = None
    holders: list[HolderRecord] = field(default_factory=list)


class TrialRun:
    """One trial on its way. Use it once: `run` gives the record."""

    def __init__(self, trial: Trial, items: Sequence[Item], platform: Platform, folder: Path) -> None:
        self.trial = trial
        self.scenario = trial.case.loaded.scenario
        self.platform = platform
        self.clock = platform.clock
        self.root = folder
        method = trial.variant.strategy.method
        self.sites = [Site(folder, item, platform, trial.variant.factors, method) for item in items]
        self.install = Install()
        self.logs: list[_Log] = []
        self.ordered: list[Hold] = []
        self.detail: str | None = None
        self.void: str | None = None
        self._getting_ready = threading.Lock()  # tasks may run on threads
        self.spent_ns = {"stage": 0, "persist": 0, "verify": 0}

    def run(self) -> TrialRecord:
        """Do all of it, and clear the folder away, whatever happens.

        Raises `StorageFullError` when the disk is full, `HarnessError` when the payload cannot be laid
        down or looked at; what goes wrong in between is in the record.
        """
        receipts = None
        try:
            outcome, elapsed_ns = self._stage_and_install()
            ended_ns = self.clock.now_ns()
            with self._spending("verify"):
                self._ask_for_holders()
            ended = self._ended_for_good(outcome)
            if ended:  # nothing is held any more when the files are read
                receipts = self._end_trial()
            logs = self.logs
            with self._spending("verify"):
                states = self._states(lightly=not ended)
                left = self._leftovers()
            rerun = None if ended else self._run_again(ended_ns)
            if receipts is None:
                receipts = self._end_trial()
        except OSError as error:
            if error.errno in FULL:
                raise storage_full(error) from error
            raise HarnessError(
                f"{self.trial.trial_id}: {type(error).__name__}: {error}",
                hint="The trials before it are in the journal; `harness run --resume RUN` goes on.",
            ) from error
        finally:
            if receipts is None:
                self._end_trial()
            with self._spending("stage"):
                clear_away(self.root)
        operations = [
            self._operation_record(log, state, receipts) for log, state in zip(logs, states, strict=True)
        ]
        return TrialRecord(
            trial_id=self.trial.trial_id,
            scenario=self.trial.case.loaded.name,
            profile=self.trial.case.profile_name,
            block=self.trial.block,
            position=self.trial.position,
            strategy=self.trial.variant.label,
            factors=dict(self.trial.variant.factors),
            freshness=self.trial.case.freshness,
            platform=self.platform.name,
            outcome=_checked(outcome, logs, operations),
            void=self.void,
            detail=self.detail,
            elapsed_ms=elapsed_ns / NS_PER_MS,
            operations=operations,
            leftovers=left,
            rerun=rerun,
            cost_us=Cost(**{name: spent // NS_PER_US for name, spent in self.spent_ns.items()}),
        )

    @contextmanager
    def _spending(self, part: str) -> Iterator[None]:
        """Count the real time of what is inside towards `part`, less what is counted within."""
        before = sum(self.spent_ns.values())
        began = time.perf_counter_ns()
        try:
            yield
        finally:
            within = sum(self.spent_ns.values()) - before
            self.spent_ns[part] += time.perf_counter_ns() - began - within

    def _stage_and_install(self) -> tuple[Outcome, int]:
        try:
            with self._spending("stage"):
                self._stage()
            with self._spending("persist"):
                return self._install()
        except HoldLostError as lost:
            self.void = self.detail = str(lost)
            return "harness-error", 0

    def _states(self, *, lightly: bool = False) -> list[DestState]:
        """What is at each destination. `lightly`: the install goes on, so read as little as can be.

        In real time, and on Windows, something may still have the files: such a state is ``held``.
        """
        verifier = Verifier()
        states: list[DestState] = []
        for log in self.logs:
            target = log.step.target
            if lightly and self.platform.is_real_time and target and not os.path.lexists(target):
                states.append("missing")
                continue
            try:
                states.append(log.step.state(verifier))
            except OSError as error:
                if error.errno in FULL or not (self.platform.is_real_time or is_held(error)):
                    raise
                states.append("missing" if isinstance(error, FileNotFoundError) else "held")
        return states

    def _leftovers(self) -> Leftovers:
        began = {log.step.site.item.name for log in self.logs}
        staged = [f"{STAGING}/{name}" for name in began]
        try:
            return leftovers(str(self.root), TEMPORARY_PREFIX, staged)
        except OSError as error:
            if not self.platform.is_real_time or error.errno in FULL:
                raise
            self.void = self.void or f"its folder could not be looked at: {error.strerror}"
            return Leftovers(files=0, bytes=0)

    def _stage(self) -> None:
        self.platform.get_ready()
        remove_tree(self.root)  # a killed run may have left it
        self.root.mkdir(parents=True)
        for site in self.sites:
            stage(site, self.scenario.operations)
        self.platform.begin_trial(self.scenario.attempt_cost_ms)

    def _end_trial(self) -> list[Receipt]:
        """Let go of everything. Without receipts nobody knows what was held, and the trial is void."""
        with self._spending("persist"):
            try:
                receipts = self.platform.end_trial()
            except HoldLostError as lost:
                self.void = str(lost)
            else:
                self.void = self.void or _late(receipts)
                if self.platform.is_real_time:
                    self.void = self.void or _failed_hold(receipts)
                return receipts
        return [Receipt(hold, 0) for hold in self.ordered]

    def _ask_for_holders(self) -> None:
        """After the last attempt of what failed for good: who has it open?

        Asked where nothing was injected. Elsewhere the locker is known, and looking through all handles
        of a machine is nothing to do without need.
        """
        if self.trial.case.profile.ambient is None:
            return
        for log in self.logs:
            if log.outcome in {"exhausted", "not-retried"} and log.last_call is not None:
                call = log.last_call
                found = dict.fromkeys(
                    holder
                    for path in (call.source, call.target)
                    if path is not None and os.path.lexists(path)
                    for holder in self.platform.holders(path)
                )
                log.holders = [HolderRecord(**dataclasses.asdict(holder)) for holder in found]

    def _install(self) -> tuple[Outcome, int]:
        """Run all tasks; return the outcome, and the time with operations under way in nanoseconds."""
        tasks: list[Task] = [self._task(site) for site in self.sites]
        self.platform.drive(tasks, self.scenario.concurrency)
        ended_ns = self.clock.now_ns()
        for log in self.logs:
            if log.outcome is None:
                log.outcome, log.ended_ns = "cancelled", ended_ns
        failed = [log for log in self.logs if log.outcome not in {"ok", "cancelled"}]
        first = min(failed, key=lambda log: log.ended_ns or 0, default=None)
        outcome: Outcome = "ok"
        if self.detail is not None:
            outcome = "harness-error"
        elif first is not None:
            assert first.outcome is not None  # noqa: S101 - it ended
            assert first.outcome != "cancelled"  # noqa: S101
            outcome = first.outcome
        return outcome, time_under_way_ns(self.logs)

    def _ended_for_good(self, outcome: Outcome) -> bool:
        """Whether the install is not run once more."""
        return self.scenario.run_again_after_ms is None or outcome in {"ok", "harness-error"}

    def _run_again(self, ended_ns: int) -> Rerun:
        """Run the whole install once more, a while after it failed at `ended_ns`."""
        after_ns = round((self.scenario.run_again_after_ms or 0.0) * NS_PER_MS)
        with self._spending("persist"):
            self.clock.sleep(max(0, ended_ns + after_ns - self.clock.now_ns()) / NS_PER_S)
            self.logs = []
            self.install = Install()
            for site in self.sites:
                site.again = True
            again, elapsed_ns = self._install()
        with self._spending("verify"):
            states = self._states()
        whole = all(log.step.is_complete(state) for log, state in zip(self.logs, states, strict=True))
        return Rerun(
            outcome="damaged" if again == "ok" and not whole else again,
            elapsed_ms=elapsed_ns / NS_PER_MS,
            dest_state=states[-1],
        )

    def _task(self, site: Site) -> Task:
        """Install one item: its operations in order, until one fails."""
        for number, operation in enumerate(self.scenario.operations):
            yield 0.0
            op_id = f"{site.item.name}/{number}-{operation.kind}"
            log: _Log | None = None
            try:
                log = self._ready(site, op_id, operation)
                yield float(site.factors.get("pause_ms", operation.pause_ms)) / 1000
                for call in log.step.calls():
                    yield 0.0
                    yield from self._persist(log, call)
                    if log.outcome is not None:
                        return False
                for call in log.step.clearing():
                    yield 0.0
                    self._make_once(log, call)
            except (TrialFaultError, HoldLostError) as fault:
                self.detail = str(fault)
                if isinstance(fault, HoldLostError):
                    self.void = str(fault)
                if log is not None:
                    self._end(log, "harness-error")
                return False
            self._end(log, "ok")
            log.step.done()
        return True

    def _ready(self, site: Site, op_id: str, operation: ScenarioOperation) -> _Log:
        """Write the operation's files, then schedule its holds: announced before the first attempt."""
        with self._getting_ready:
            return self._write_and_schedule(site, op_id, operation)

    def _write_and_schedule(self, site: Site, op_id: str, operation: ScenarioOperation) -> _Log:
        step = step_of(site, operation)
        log = _Log(op_id, operation.kind, step, self.clock.now_ns())
        self.logs.append(log)
        writes_anew = step.writes_anew
        with self._spending("stage"):
            try:
                step.prepare()
            except OSError as error:
                self._end(log, "harness-error")
                raise machine_error(op_id, error) from error
        if not site.again or writes_anew:  # else a second run meets only what is still held
            self._schedule_holds(log)
        log.ready_ns = self.clock.now_ns()  # what scheduling took is the harness's own time
        return log

    def _schedule_holds(
        self, log: _Log, suffix: str = "", objects: Collection[str] | None = None
    ) -> None:
        """Draw and schedule the holds of an operation: all, or those on `objects`, under another key."""
        step = log.step
        key = self.trial.case.hold_key(self.trial.block, log.op_id) + "/again" * step.site.again
        drawn = draw_holds(self.trial.case.profile, step.held_files, key + suffix)
        target = None if step.target is None else str(step.target)
        is_tree = step.site.item.is_tree and step.held_files[0].path != "."
        paths = objects_on_disk(str(step.source), target, is_tree=is_tree) if drawn else {}
        holds = [
            hold
            for draw in drawn
            if (objects is None or draw.template.handle.object in objects)
            and (hold := place(draw, paths)) is not None
        ]
        self.platform.schedule_holds(holds)
        log.holds += range(len(self.ordered), len(self.ordered) + len(holds))
        self.ordered += holds

    def _renew(self, log: _Log) -> str:
        """Write the temporary file of an operation anew, with holds of its own; return its new name.

        The old one is deleted, or left behind if it cannot be. What it takes is the trial's time: a tool
        that does so pays for it too.
        """
        with self._getting_ready:
            step, old = log.step, log.step.source
            log.renewals += 1
            with self._spending("stage"):
                try:
                    step.renew(log.renewals)
                except OSError as error:
                    raise machine_error(log.op_id, error) from error
            with suppress(OSError):
                self.platform.files.delete_file(step.site.spell(old))
            self._schedule_holds(log, f"/fresh-{log.renewals}", PAYLOAD_OBJECTS)
            return step.site.spell(step.source)

    def _end(self, log: _Log, outcome: OperationOutcome) -> None:
        log.outcome = outcome
        log.ended_ns = self.clock.now_ns()

    def _persist(self, log: _Log, call: Call) -> Generator[float]:
        """Make one call under the strategy. Sets the outcome of `log` if it fails for good."""
        strategy = self.trial.variant.strategy
        recorded = RecordedCall(self.clock, log.op_id)
        log.last_call = call
        operation = Operation(
            log.kind,
            log.step.primitive,
            call.source,
            call.target,
            call.run,
            recorded,
            self.platform.files,
            partial(self._renew, log) if log.step.can_renew else None,
        )
        strategy.prepare(operation)
        started_ns = self.clock.now_ns()
        try:
            operation.attempt()
        except OSError as error:
            first = error
        else:
            log.calls += 1
            if log.step.one_call:
                log.attempts += recorded.attempts
                log.by = recorded.by
            return
        run = "again" if log.step.site.again else "first"
        rng = self.trial.strategy_rng(f"{run}/{log.op_id}/{log.calls}")
        attempt = Attempt(operation, self.install, self.clock, rng, started_ns)
        try:
            yield from strategy.retries(attempt, first)
        except OSError as last:
            vanished = winerror_of(last) in GONE and not os.path.lexists(operation.source)
            self._end(log, "vanished" if vanished else attempt.verdict or "not-retried")
        except (TrialFaultError, StorageFullError, HoldLostError):
            raise
        except Exception as error:  # a strategy from elsewhere may raise anything
            raise TrialFaultError(
                f"{log.op_id}: the strategy raised {type(error).__name__}: {error}"
            ) from error
        finally:
            log.last_call = dataclasses.replace(call, source=operation.source)
            log.calls += len(recorded.attempts)
            log.attempts += recorded.attempts
            log.statuses |= recorded.statuses
            log.by = recorded.by or log.by

    def _make_once(self, log: _Log, call: Call) -> None:
        """Make a call that may fail, once: nothing depends on it."""
        log.calls += 1
        with suppress(OSError):
            RecordedCall(self.clock, log.op_id)(call.run)

    def _operation_record(
        self, log: _Log, state: DestState, receipts: Sequence[Receipt]
    ) -> OperationRecord:
        files, size = log.step.size
        mine = [receipts[place] for place in log.holds]
        ended_ns = self.clock.now_ns() if log.ended_ns is None else log.ended_ns
        return OperationRecord(
            op_id=log.op_id,
            kind=log.kind,
            primitive=log.step.primitive,
            files=files,
            bytes=size,
            outcome=log.outcome or "cancelled",
            dest_state=state,
            ready_us=log.ready_ns // NS_PER_US,
            ended_us=ended_ns // NS_PER_US,
            calls=log.calls,
            attempts=log.attempts,
            holds=[_hold_record(receipt) for receipt in mine],
            by=log.by,
            ntstatus=[f"0x{status:08X}" for status in log.statuses],
            holders=log.holders,
        )


def time_under_way_ns(logs: Sequence[_Log]) -> int:
    """How long at least one operation was under way: what lies between them is the harness's own."""
    total = reached = 0
    for log in sorted(logs, key=lambda log: log.ready_ns):
        ended_ns = log.ready_ns if log.ended_ns is None else log.ended_ns
        total += max(0, ended_ns - max(reached, log.ready_ns))
        reached = max(reached, ended_ns)
    return total


LATE_NS: Final = 100 * NS_PER_MS
"""A hold that begins or ends so much later than it was to is not the one that was drawn."""


def _late(receipts: Sequence[Receipt]) -> str | None:
    """Why the receipts make a trial void, if they do: a hold was another than the one drawn."""
    for receipt in receipts:
        hold, opened = receipt.hold, receipt.opened_ns
        if opened is None:
            continue
        if opened > receipt.planned_ns + LATE_NS:
            return f"a hold began {(opened - receipt.planned_ns) // NS_PER_MS} ms late"
        if receipt.released_ns is not None and hold.duration_ns is not None:
            over_ns = receipt.released_ns - max(opened, receipt.planned_ns) - hold.duration_ns
            if over_ns > LATE_NS:
                return f"a hold lasted {over_ns // NS_PER_MS} ms too long"
    return None


def _failed_hold(receipts: Sequence[Receipt]) -> str | None:
    """Why a hold that was to be there from the start makes a trial void, if it could not be taken.

    It met somebody else's: nothing of ours was held in this variant, and it was in the others. (Two
    holds of ours on one path may exclude each other, in every variant alike.)
    """
    paths = Counter(receipt.hold.path for receipt in receipts)
    for receipt in receipts:
        hold, error = receipt.hold, receipt.error
        taken = receipt.opened_ns is not None or error is None or error in GONE
        if not taken and not hold.starts_ns and paths[hold.path] == 1:
            return f"a hold could not be taken (error {error})"
    return None


def _checked(outcome: Outcome, logs: Sequence[_Log], operations: Sequence[OperationRecord]) -> Outcome:
    """Correct the outcome by what was found at the destinations.

    Success with other bytes than the payload's is damage; so is a rewrite that failed half way.
    """
    for log, record in zip(logs, operations, strict=True):
        half_done = record.kind == "rewrite" and record.dest_state == "mixed"
        wrong = record.outcome == "ok" and not log.step.is_complete(record.dest_state)
        if half_done or (outcome == "ok" and wrong):
            record.outcome = "damaged"
            if outcome != "harness-error":
                outcome = "damaged"
    return outcome


_ACCESS_OF: Final = {access: name for name, access in ACCESS_NAMES.items()}
_SHARE_OF: Final = {share: name for name, share in SHARE_NAMES.items()}


def _hold_record(receipt: Receipt) -> HoldRecord:
    hold = receipt.hold
    return HoldRecord(
        object=hold.object,
        access=_ACCESS_OF[hold.access],
        share=_SHARE_OF[hold.share],
        planned_us=receipt.planned_ns // NS_PER_US,
        duration_us=None if hold.duration_ns is None else hold.duration_ns // NS_PER_US,
        opened_us=None if receipt.opened_ns is None else receipt.opened_ns // NS_PER_US,
        released_us=None if receipt.released_ns is None else receipt.released_ns // NS_PER_US,
        error=receipt.error,
    )
