"""``harness list``: the shipped scenarios, and whether they can run offline now."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Annotated, Literal

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from harness.check.symptoms import Reported, shipped_reports
from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_json
from harness.payload.cache import archives_of, is_ready
from harness.scenario.load import load_scenarios, report_names, shipped_names

app = command_app()


@app.command("list")
def list_(
    *,
    reports: Annotated[
        bool,
        typer.Option("--reports", help="List the shipped public reports, by the error that is seen."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the shipped scenarios: what each reproduces and needs."""
    found = ReportList(shipped_reports()) if reports else shipped_scenarios()
    if as_json:
        print_json(asdict(found))
    else:
        shown = report_table(found) if isinstance(found, ReportList) else scenario_table(found)
        console().print(shown)


@dataclass(frozen=True)
class ScenarioRow:
    """One shipped scenario."""

    name: str
    """Name of the scenario."""
    title: str
    """One line about it."""
    about: str
    """What is reproduced, and what one expects to see."""
    reports: list[str]
    """Addresses of the public reports that it reproduces."""
    quick: bool
    """Whether it runs when no scenario is named."""
    blocks: int
    """Number of repetitions."""
    strategies: list[str]
    """Strategies that it compares, by label."""
    profiles: list[str]
    """Its hold profiles."""
    archives: list[str]
    """Files that it needs from the package index."""
    cached: bool
    """Whether all of them are in the cache."""


@dataclass(frozen=True)
class ScenarioList:
    """The JSON of ``harness list --json``: all shipped scenarios, by name."""

    schema: Literal[1] = field(default=1, init=False)
    """Version of the format."""
    scenarios: list[ScenarioRow]
    """All shipped scenarios, by name."""


@dataclass(frozen=True)
class ReportList:
    """The JSON of ``harness list --reports --json``: all shipped public reports, by name."""

    schema: Literal[1] = field(default=1, init=False)
    """Version of the format."""
    reports: list[Reported]
    """All shipped public reports, by name."""


def shipped_scenarios() -> ScenarioList:
    """Load the shipped scenarios."""
    return ScenarioList(
        [
            ScenarioRow(
                name=loaded.name,
                title=loaded.scenario.title,
                about=" ".join(loaded.scenario.about.split()),
                reports=loaded.scenario.reports,
                quick=loaded.scenario.quick,
                blocks=loaded.scenario.blocks,
                strategies=[choice.display for choice in loaded.scenario.strategies],
                profiles=list(loaded.profiles),
                archives=[archive.file for archive in archives_of(loaded)],
                cached=is_ready(loaded),
            )
            for loaded in load_scenarios(shipped_names())
        ]
    )


def scenario_table(found: ScenarioList) -> RenderableType:
    """The scenarios as a table, with a note."""
    table = plain_table()
    for column in ("scenario", "description", "profiles", "payload"):
        table.add_column(column, overflow="fold", no_wrap=column == "scenario")
    for row in found.scenarios:
        state = "cached" if row.cached else f"{len(row.archives)} to download"
        table.add_row(
            Text(row.name + " *" * row.quick, style="bold" if row.quick else ""),
            row.title,
            ", ".join(row.profiles),
            state if row.archives else "made locally",
        )
    reports = f"--reports lists {len(report_names())} public reports that can be run, too."
    note = "* runs by default. NAME:generated runs without a network."
    return Group(table, Text(), Text(reports, style="dim"), Text(note, style="dim"))


def _helps(row: Reported) -> Text:
    if row.helps:
        return Text("; ".join(each.label for each in row.helps))
    if row.keeps:
        return Text(f"{'; '.join(each.label for each in row.keeps)} (keeps the old one)")
    return Text("no wait", "dim")


def report_table(found: ReportList) -> RenderableType:
    """The reports as a table, with a note."""
    table = plain_table()
    for column in ("report", "what is seen", "what helps"):
        table.add_column(column, overflow="fold", no_wrap=column == "report")
    for row in found.reports:
        seen = Text(row.title)
        if row.symptom:
            seen.append(f"\n{row.symptom}", style="dim")
        table.add_row(Text(row.name), seen, _helps(row))
    note = "`harness run REPORT` runs one, `harness check REPORT` says whether it is still as reported."
    return Group(table, Text(), Text(note, style="dim"))
