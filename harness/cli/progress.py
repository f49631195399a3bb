"""The progress of a run: a progress bar on a terminal, plain lines anywhere else."""

from __future__ import annotations

import time
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
)

from harness.cli.console import print_plain
from harness.record.trial_record import TrialRecord
from harness.run.events import (
    Damaged,
    Estimated,
    Event,
    Fetching,
    LeftOut,
    Planned,
    Preparing,
    Remarked,
    SettingUp,
    TrialFinished,
)
from harness.text import counted, printable, size, time_range

PLAIN_LINE_EVERY_S: Final = 10.0
FIRST_PLAIN_LINE_S: Final = 2.0
"""After the first trials, whose pace says more than the estimate before them."""


class RunProgress:
    """A handler of a run's events that shows them: on its `bar`, a context manager, or as lines.

    `remarked` has the scenarios whose remarks were printed.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.plan: Planned | None = None
        self.remarked: set[str] = set()
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[left]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self.bar.add_task("", visible=False, left="")
        self._done = 0
        self._next_line = 0.0
        self._archive = ""

    def __call__(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Fetching():
                self._fetching(event)
            case SettingUp():
                print_plain(self.console, f"Wine lane: {event.step}")
                self._new_task("Setting up", None)
            case Preparing():
                what = printable(event.what)
                if self.bar.disable:
                    print_plain(self.console, f"Preparing {what}")
                self._new_task(f"Preparing {escape(what)}", 1)
            case LeftOut() | Remarked() | Damaged():
                self._tell(event)
            case Planned():
                self._planned(event)
            case Estimated():
                self._estimated(event)
            case TrialFinished():
                self._finished(event.record)

    def _tell(self, event: LeftOut | Remarked | Damaged) -> None:
        """Print what is worth knowing before the run."""
        match event:
            case LeftOut():
                text = f"Left out: {event.reason}"
            case Remarked():
                text = f"{event.scenario}: {event.text}"
                self.remarked.add(event.scenario)
            case Damaged():
                text = event.text
        print_plain(self.console, text)

    def _fetching(self, event: Fetching) -> None:
        if event.file != self._archive:
            self._archive = event.file
            of = f" ({size(event.total)})" if event.total else ""
            print_plain(self.console, f"Fetching {event.file}{of}")
            self._new_task(event.file, event.total or 1)
        self.bar.update(self._task, completed=event.done if event.total else 0)

    def _planned(self, plan: Planned) -> None:
        """Print how much there is to do, and how long it may take."""
        self.plan = plan
        self._done = plan.done
        cases, left = counted(plan.cases, "case"), time_range(plan.left.low_s, plan.left.high_s)
        where = f"on the {plan.platform} platform"
        before = f" ({plan.done:,} were done before)" if plan.done else ""
        if plan.trials is None:
            words = f"Running {cases} (a scenario under a profile) {where} for {left}{before}"
        elif plan.done == plan.trials:
            words = f"Nothing left to run: all {plan.trials:,} trials are done"
        else:
            words = f"{counted(plan.trials - plan.done, 'trial')}{before} in {cases} {where}, {left}"
        print_plain(self.console, f"{words} (seed {plan.seed})")
        self._next_line = time.monotonic() + FIRST_PLAIN_LINE_S
        self._new_task("Trials", 1)
        self.bar.update(self._task, completed=plan.left.done, left=self._left(plan.left))

    def _finished(self, record: TrialRecord) -> None:
        """Count a trial."""
        self._done += 1
        if not self.bar.disable:
            text = f"{counted(self._done, 'trial')}, {escape(printable(record.scenario))}"
            self.bar.update(self._task, description=text)

    def _estimated(self, estimate: Estimated) -> None:
        """Show what is left, on a terminal each time, else in a line now and then."""
        left = self._left(estimate)
        self.bar.update(self._task, completed=estimate.done, left=left)
        if self.bar.disable and self.plan is not None and time.monotonic() >= self._next_line:
            self._next_line = time.monotonic() + PLAIN_LINE_EVERY_S
            of = f" of {self.plan.trials:,}" if self.plan.trials else ""
            print_plain(self.console, f"{self._done:,}{of} trials, {left}")

    def _left(self, estimate: Estimated) -> str:
        if self.plan is not None and self.plan.trials is None and not estimate.high_s:
            return "time is up; finishing one block of every scenario"
        return f"{time_range(estimate.low_s, estimate.high_s)} left"

    def _new_task(self, description: str, total: float | None) -> None:
        """Show another bar; with no `total`, one that only moves."""
        self.bar.remove_task(self._task)
        self._task = self.bar.add_task(description, total=total, left="")
