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
    TimeRemainingColumn,
)

from harness.cli.console import print_plain
from harness.record.trial_record import TrialRecord
from harness.run.events import Event, Fetching, LeftOut, Planned, Preparing, TrialFinished
from harness.text import counted, duration, printable, size

PLAIN_LINE_EVERY_S: Final = 10.0


class RunProgress:
    """A handler of a run's events that shows them: on its `bar`, a context manager, or as lines."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.plan: Planned | None = None
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("[dim]left"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self.bar.add_task("", visible=False)
        self._done = 0
        self._done_s = self._began = self._last_line = 0.0
        self._archive = ""

    def __call__(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Fetching():
                self._fetching(event)
            case Preparing():
                what = printable(event.what)
                if self.bar.disable:
                    print_plain(self.console, f"Preparing {what}")
                self._new_task(f"Preparing {escape(what)}", 1)
            case LeftOut():
                print_plain(self.console, f"Left out: {event.reason}")
            case Planned():
                self._planned(event)
            case TrialFinished():
                self._finished(event.record)

    def _fetching(self, event: Fetching) -> None:
        if event.file != self._archive:
            self._archive = event.file
            of = f" ({size(event.total)})" if event.total else ""
            print_plain(self.console, f"Fetching {event.file}{of}")
            self._new_task(event.file, event.total or 1)
        self.bar.update(self._task, completed=event.done if event.total else 0)

    def _planned(self, plan: Planned) -> None:
        """Print how much there is to do, and about how long it takes."""
        self.plan = plan
        self._done, self._done_s = plan.done, plan.done_s
        cases, left = counted(plan.cases, "case"), duration(plan.total_s - plan.done_s)
        where = f"on the {plan.platform} platform"
        before = f" ({plan.done:,} were done before)" if plan.done else ""
        if plan.trials is None:
            words = f"Running {cases} (a scenario under a profile) {where} for {left}{before}"
        elif plan.done == plan.trials:
            words = f"Nothing left to run: all {plan.trials:,} trials are done"
        else:
            words = (
                f"{counted(plan.trials - plan.done, 'trial')}{before} in {cases} {where}, about {left}"
            )
        print_plain(self.console, f"{words} (seed {plan.seed})")
        self._new_task("Trials", plan.total_s, completed=plan.done_s)
        self._began = self._last_line = time.monotonic()

    def _finished(self, record: TrialRecord) -> None:
        """Count a trial, by the work it is estimated to be."""
        if self.plan is None:
            return
        self._done += 1
        now = time.monotonic()
        if self.plan.trials is None:  # time limits the run, so time is what is done
            self._done_s = self.plan.done_s + now - self._began
        else:
            self._done_s += self.plan.trial_s[f"{record.scenario}/{record.profile}"]
        if not self.bar.disable:
            text = f"{self._done:,} trials, {escape(printable(record.scenario))}"
            self.bar.update(self._task, completed=self._done_s, description=text)
        elif now - self._last_line >= PLAIN_LINE_EVERY_S:
            self._last_line = now
            of = f" of {self.plan.trials:,}" if self.plan.trials else ""
            print_plain(self.console, f"{self._done:,}{of} trials, {self._left(self.plan, now)}")

    def _left(self, plan: Planned, now: float) -> str:
        if plan.trials is None and self._done_s > plan.total_s:
            return "time is up; finishing one block of every scenario"
        pace = (now - self._began) / max(self._done_s - plan.done_s, 1e-9)
        return f"about {duration(pace * max(plan.total_s - self._done_s, 0))} left"

    def _new_task(self, description: str, total: float, completed: float = 0) -> None:
        self.bar.remove_task(self._task)
        self._task = self.bar.add_task(description, total=total)
        self.bar.update(self._task, completed=completed)
