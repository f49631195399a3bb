"""What ``harness list``, ``strategies`` and ``doctor`` print: rows for programs, tables for people."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness.payload.cache import archives_of, is_ready
from harness.platform.windows.summary import summary
from harness.scenario.load import load_scenarios, shipped_names
from harness.strategy import registry
from harness.strategy.plot import plot
from harness.strategy.schedules import Schedule, behaviour
from harness.text import milliseconds, size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console, RenderableType

    from harness.doctor import Diagnosis

SHOWN_ATTEMPTS = 8


@dataclass(frozen=True)
class ScenarioRow:
    """One shipped scenario."""

    name: str
    title: str
    about: str
    reports: list[str]
    quick: bool
    blocks: int
    strategies: list[str]
    profiles: list[str]
    archives: list[str]
    cached: bool

    def as_json(self) -> dict[str, Any]:
        """The row as plain data."""
        return asdict(self)


def scenario_rows() -> list[ScenarioRow]:
    """All shipped scenarios, by name."""
    rows = []
    for loaded in load_scenarios(shipped_names()):
        archives = archives_of(loaded)
        scenario = loaded.scenario
        rows.append(
            ScenarioRow(
                name=loaded.name,
                title=scenario.title,
                about=" ".join(scenario.about.split()),
                reports=scenario.reports,
                quick=scenario.quick,
                blocks=scenario.blocks,
                strategies=[choice.display for choice in scenario.strategies],
                profiles=list(loaded.profiles),
                archives=[archive.file for archive in archives],
                cached=is_ready(loaded),
            )
        )
    return rows


def scenario_table(rows: Sequence[ScenarioRow]) -> RenderableType:
    """The scenarios as a table."""
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    for column in ("scenario", "what", "under", "payload"):
        table.add_column(column, overflow="fold", no_wrap=column == "scenario")
    for row in rows:
        state = "cached" if row.cached else f"{len(row.archives)} to fetch"
        table.add_row(
            Text(row.name, style="bold" if row.quick else ""),
            row.title,
            ", ".join(row.profiles),
            state if row.archives else "made here",
        )
    note = "Bold: run when none is named. NAME:generated runs without a network."
    return Group(table, Text(), Text(note, style="dim"))


@dataclass(frozen=True)
class StrategyRow:
    """One strategy with its default parameters. Times are milliseconds from the first attempt."""

    name: str
    origin: str
    description: str
    parameters: dict[str, Any]
    codes: list[int]
    schedule: Schedule

    def as_json(self) -> dict[str, Any]:
        """The row as plain data: `attempts_ms`, `budget_ms` and `codes` are those of the defaults."""
        return {
            "name": self.name,
            "origin": self.origin,
            "description": self.description,
            "parameters": self.parameters,
            "codes": self.codes,
            "attempts_ms": list(self.schedule.attempts_ms),
            "budget_ms": self.schedule.budget_ms,
            "gave_up_ms": self.schedule.gave_up_ms,
        }


def strategy_rows(names: Sequence[str]) -> list[StrategyRow]:
    """The strategies of these names, or all. Raises `InvalidInputError` for an unknown one."""
    makers = [registry.find(name) for name in names] or [
        *registry.shipped().values(),
        *registry.installed().values(),
    ]
    rows = []
    for maker in makers:
        codes, times = behaviour(maker())
        rows.append(
            StrategyRow(maker.name, maker.origin, maker.description, maker.defaults, list(codes), times)
        )
    return rows


def print_strategies(
    console: Console, rows: Sequence[StrategyRow], *, details: bool, plots: bool
) -> None:
    """Print a table, or with `details` a section a strategy; with `plots` the schedules too."""
    if not details:
        console.print(_strategy_table(rows))
        console.print()
        console.print(
            "`harness strategies NAME` explains one, with its parameters; --plot draws it.", style="dim"
        )
    for row in rows if details or plots else ():
        console.print()
        console.print(Text(row.name, style="bold"), Text(f"({row.origin})", style="dim"))
        if details:
            console.print(inspect.cleandoc(row.description), markup=False, highlight=False)
            for key, value in row.parameters.items():
                console.print(f"  {key} = {value}", markup=False, highlight=False)
        console.print(_facts(row), markup=False, highlight=False)
        if plots:
            console.print(plot(row.schedule), markup=False, highlight=False)


def _strategy_table(rows: Sequence[StrategyRow]) -> Table:
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("strategy", no_wrap=True)
    table.add_column("attempts", justify="right")
    table.add_column("budget", justify="right", no_wrap=True)
    table.add_column("retries", no_wrap=True)
    table.add_column("first attempts at (ms)", overflow="fold")
    for row in rows:
        table.add_row(
            row.name,
            f"{len(row.schedule.attempts_ms):,}",
            milliseconds(row.schedule.budget_ms),
            ", ".join(map(str, row.codes)) or "nothing",
            _first_attempts(row.schedule),
        )
    return table


def _facts(row: StrategyRow) -> str:
    times = row.schedule
    count = len(times.attempts_ms)
    on = f"on error {', '.join(map(str, row.codes))}" if row.codes else "on no error"
    return (
        f"{count:,} {'attempt' if count == 1 else 'attempts'}, budget {milliseconds(times.budget_ms)}, "
        f"retries {on}; attempts at {_first_attempts(times)} ms"
    )


def _first_attempts(times: Schedule) -> str:
    shown = ", ".join(f"{attempt:g}" for attempt in times.attempts_ms[:SHOWN_ATTEMPTS])
    if len(times.attempts_ms) <= SHOWN_ATTEMPTS:
        return shown
    return f"{shown} … {times.attempts_ms[-1]:g}"


def doctor_table(diagnosis: Diagnosis) -> RenderableType:
    """The diagnosis as a table, advice beneath it."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    environment = diagnosis.environment
    state = diagnosis.antivirus
    rows = {
        "platforms": ", ".join(f"{name} ({what})" for name, what in diagnosis.platforms.items()),
        "system": f"{environment['system']} {environment['release']}, {environment['machine']}",
        "python": f"{environment['implementation']} {environment['python']}",
        **(summary(diagnosis.windows) if diagnosis.windows else {}),
        "antivirus": f"{state['state']} ({'; '.join(state['evidence'])})",
        "sleep": ", ".join(
            f"{wait} takes {over:g} ms longer" for wait, over in diagnosis.sleep_overshoot_ms.items()
        ),
        "package index": ", ".join(diagnosis.indexes),
        "cache": diagnosis.cache,
        "free for work": size(diagnosis.free_bytes),
        "ready offline": ", ".join(diagnosis.ready),
        "needs fetching": ", ".join(diagnosis.needs_fetching) or "nothing",
    }
    for name, value in rows.items():
        table.add_row(name, Text(value))
    return Group(table, Text(), *(Text(f"- {line}") for line in diagnosis.advice))
