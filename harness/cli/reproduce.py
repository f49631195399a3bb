"""``harness reproduce``: whether real programs fail as reports say, and their fixed releases do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_found, print_plain
from harness.errors import ExitCode, InvalidInputError
from harness.reproduce.attempt_words import attempt_words
from harness.reproduce.bisect import bisect
from harness.reproduce.bisection import BisectReport
from harness.reproduce.kept_outcomes import KeptOutcomes
from harness.reproduce.lab_names import LabName
from harness.reproduce.linux_lab import NATIVE_SHOWS
from harness.reproduce.load_programs import load_programs, program_names
from harness.reproduce.model import ProgramScenario
from harness.reproduce.outcome import (
    WORST_FIRST,
    ProgramOutcome,
    ReleaseOutcome,
    ReproduceReport,
    Reproduction,
    worst_of,
)
from harness.reproduce.reproduce import reproduce as reproduced
from harness.reproduce.windows_lab import HOLDS_SHOW, UNDER_WINE
from harness.text import joined, one_line

app = command_app()

_STYLES: Final[dict[Reproduction, str]] = {
    "reproduced": "green",
    "not reproduced": "bold red",
    "unknown": "yellow",
}
_BISECTED: Final[dict[ExitCode, str]] = {
    ExitCode.OK: "green",
    ExitCode.NOT_AS_EXPECTED: "",
    ExitCode.UNKNOWN: "yellow",
}
_WINE: Final = (
    "Programs for Windows ran under Wine, whose server denied their calls: what they do on a denial is "
    "theirs, how long Windows denies a call is not shown."
)
_SHOWS: Final[dict[LabName, str]] = {
    "wine": _WINE,
    "linux": NATIVE_SHOWS,
    "windows": HOLDS_SHOW,
    "wine-holds": UNDER_WINE,
}


@app.command()
def reproduce(
    reports: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[ID|FILE...]",
            help="Reports with a program, such as uv-1491, which stands for all its write paths; or "
            "paths of .toml files. By default all shipped ones.",
        ),
    ] = None,
    *,
    listed: Annotated[
        bool, typer.Option("--list", help="List the shipped ones with their releases; run nothing.")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Keep the outcome of each release there, and do not run what is there already: an "
            "interrupted run goes on, and the notebook reproductions draws it.",
        ),
    ] = None,
    bisecting: Annotated[
        bool,
        typer.Option(
            "--bisect",
            help="Find the first release that is fixed, or broken, among all that the scenarios pin.",
        ),
    ] = False,
    allow_code: Annotated[
        bool, typer.Option("--allow-code", help="Run programs of scenarios that are not shipped.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Run real programs: do they fail as reported, and are they fixed?

    Each release runs twice undisturbed, then once while calls on its files
    are denied as the report has it. How it ended is decided by what is on
    disk: ok, failed, recovered (another way), claimed (exit code 0, but not
    all is there), vanished, hung. Needs Linux with Wine, or Windows, where
    files are really held and attempts are not seen. Archives come by name,
    version and hash through your pip and npm.

    Exit code 0 if all is reproduced, 10 if something is not, 11 if something
    could not be run; with --bisect 0 if there is a change, 10 if there is none.
    """
    if listed:
        if reports or as_json or keep or bisecting:
            raise InvalidInputError("--list shows all shipped ones, and goes with nothing else")
        _list()
        return
    if bisecting and not reports:
        raise InvalidInputError("--bisect takes a report", hint="Such as uv-9531-launcher.")
    to = console(stderr=True)
    programs = load_programs(reports or program_names())
    kept = None if keep is None else KeptOutcomes(keep)

    def announce(line: str) -> None:
        print_plain(to, line, style="dim")

    found: ReproduceReport | BisectReport
    if bisecting:
        found = bisect(programs, allow_code=allow_code, keep=kept, announce=announce)
    else:
        found = reproduced(programs, allow_code=allow_code, keep=kept, announce=announce)
    parts = page(found) if isinstance(found, ReproduceReport) else bisected_page(found)
    print_found(found, parts, as_json=as_json)
    raise typer.Exit(found.exit_code)


def _list() -> None:
    table = plain_table()
    for title in ("report", "releases", "what is denied"):
        table.add_column(title, overflow="fold", no_wrap=title == "report")
    for each in load_programs(program_names()):
        table.add_row(each.name, _releases(each.scenario), Text(one_line(each.scenario.title)))
    console().print(table)


def _releases(scenario: ProgramScenario) -> str:
    """Those that run, and the number of those to bisect."""
    more = len(scenario.versions) - len(scenario.expected_versions)
    bisected = f"; {more:,} more to bisect" if more else ""
    return f"{joined(scenario.expected_versions)}{bisected}"


def page(found: ReproduceReport) -> Iterator[RenderableType]:
    """Yield the answer, then each report with its releases; what is not reproduced first."""
    yield Text(found.answer, _STYLES[worst_of(each.found for each in found.programs)])
    for one in sorted(found.programs, key=lambda each: WORST_FIRST.index(each.found)):
        yield Text()
        yield Text(one_line(f"{one.name}: {one.title}"), "bold")
        yield _table(one)
    yield from _what_it_shows(each.lab for each in found.programs)


def bisected_page(found: BisectReport) -> Iterator[RenderableType]:
    """Yield the answer on each report, then the runs behind it."""
    for one in found.programs:
        yield Text(f"{one.program.name}: {one.answer}", _BISECTED[one.exit_code])
    for one in found.programs:
        yield Text()
        yield Text(one_line(f"{one.program.name}: {one.program.title}"), "bold")
        table = _columns(2)
        for each in one.program.releases:
            table.add_row(each.version, _ended(each))
            for more in (each.denied_by, each.reason if each.ending == "unknown" else None):
                if more:
                    table.add_row("", Text(one_line(more), "dim"))
        yield Padding(table, (0, 0, 0, 2))
        if one.not_run:
            yield Text(f"  not run: {joined(one.not_run)}", "dim")
    yield from _what_it_shows(each.program.lab for each in found.programs)


def _what_it_shows(labs: Iterable[LabName]) -> Iterator[RenderableType]:
    for lab in dict.fromkeys(labs):
        yield Text()
        yield Text(_SHOWS[lab], "dim")


def _table(one: ProgramOutcome) -> RenderableType:
    table = _columns(3)
    for each in one.releases:
        table.add_row(Text(each.found, _STYLES[each.found]), each.version, _ended(each))
        if each.denied_by:
            table.add_row("", "", Text(one_line(each.denied_by), "dim"))
        if each.why:
            table.add_row("", "", Text(one_line(each.why), _STYLES[each.found]))
    return Padding(table, (0, 0, 0, 2))


def _columns(number: int) -> Table:
    """A table without a head, of which only the last column is wrapped."""
    table = plain_table(show_header=False)
    for _ in range(number - 1):
        table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    return table


def _ended(release: ReleaseOutcome) -> Text:
    text = Text(release.ending)
    if words := attempt_words(release.seen):
        text.append(f", {words}", "dim")
    if release.ending in {"failed", "vanished", "claimed"}:
        text.append(f": {one_line(release.reason)}", "dim")
    return text
