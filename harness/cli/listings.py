"""What ``harness list`` and ``harness doctor`` print: rows for programs, tables for people."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness.payload.cache import archives_of, is_ready
from harness.platform.windows.environment.overview import summary
from harness.scenario.load import load_scenarios, shipped_names
from harness.text import size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from harness.cli.doctor import Diagnosis


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
