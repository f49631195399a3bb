"""``harness check``: whether scenarios show what they are expected to, such as a reported failure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from harness.check.check import check_run, check_scenarios
from harness.check.checked import WORST_FIRST, Checked, CheckedScenario, CheckReport, worst_of
from harness.check.judgement import Verdict
from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_found, print_plain
from harness.cli.declared_options import given_options, with_run_options
from harness.cli.progress import RunProgress
from harness.errors import InvalidInputError
from harness.record.manifest import NAME as MANIFEST
from harness.record.read import read_run
from harness.run.events import Event, LeftOut, Remarked
from harness.run.options import RunOptions
from harness.scenario.load import REPORTS, load_scenarios, report_names
from harness.text import joined, one_line, quoted

app = command_app()

SEED: Final = 1
"""The holds are the same each time, so that a check that passed passes again."""
_OPTIONS: Final = frozenset(
    {"blocks", "seed", "platform", "jobs", "long_holds", "allow_code", "results"}
)
_STYLES: Final[dict[Verdict, str]] = {
    "as expected": "green",
    "not as expected": "bold red",
    "unknown": "yellow",
}


_ANOTHER_CODE: Final = (
    "If the error is another one, something else is held: docs/how-to/report.md says which gives which."
)


@app.command()
@with_run_options(_OPTIONS)
def check(
    context: typer.Context,
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO|FOLDER...]",
            help="Scenarios with `expect`: paths of .toml files, folders of them, names of shipped "
            "ones; or a folder in results/, whose trials are checked as they are. By default the "
            "shipped public reports.",
        ),
    ] = None,
    *,
    as_json: AsJson = False,
    **options: Any,
) -> None:
    """Check that scenarios show what they expect, such as a report.

    Runs scenarios and decides on each of their expectations (`expect`: which
    strategy fails, how often, with which code; which one succeeds): as
    expected, not as expected, or unknown, with the failures counted. Unknown
    is what nothing was held in, or cannot be run here.

    Exit code 0 if all is as expected, 10 if something is not, 11 if something
    is unknown. The seed is 1 unless --seed gives another one.
    """
    given = given_options(context, options)
    asked = RunOptions(**given)
    if asked.seed is None:
        asked = replace(asked, seed=SEED)
    named = scenarios or report_names()
    runs = [name for name in named if (Path(name) / MANIFEST).is_file()]
    found = _check_run(runs, named, given) if runs else _check_scenarios(named, asked)
    print_found(found, page(found), as_json=as_json)
    runs_made = sorted({each.run for each in found.scenarios if each.run} - {*runs})
    if runs_made and not as_json:
        print_plain(console(), f"\nEvery trial: harness show {quoted(runs_made[-1])}", style="dim")
    raise typer.Exit(found.exit_code)


def _check_run(runs: Sequence[str], named: Sequence[str], given: Collection[str]) -> CheckReport:
    if len(named) > 1:
        raise InvalidInputError(
            "a run is checked by itself", hint=f"Name only {runs[0]}, or scenarios without a run."
        )
    if {*given} - {"results"}:
        raise InvalidInputError("a run has its trials already, so options of a run do not go with it")
    return check_run(read_run(runs[0]))


def _check_scenarios(named: Sequence[str], options: RunOptions) -> CheckReport:
    loaded = load_scenarios([file for name in named for file in _files(name)])
    if not any(each.scenario.expect for each in loaded):
        raise InvalidInputError(
            f"nothing is expected by {joined([each.name for each in loaded], most=5)}",
            hint="An entry [[expect]] in the file says what is: docs/how-to/report.md.",
        )
    progress = RunProgress(console(stderr=True))

    def show(event: Event) -> None:
        if not isinstance(event, LeftOut | Remarked):  # the first is a reason, the second no news here
            progress(event)

    with progress.bar:
        return check_scenarios(loaded, options, show)


def _files(name: str) -> list[str]:
    """Return the scenarios that an argument stands for: files of a folder, or itself.

    `REPORTS`, the name of the shipped folder, stands for its files where no folder here has that name.
    """
    folder = Path(name)
    if name == REPORTS and not folder.exists():
        return report_names()
    if not folder.is_dir() or name in report_names():
        return [name]
    files = sorted(map(str, folder.glob("*.toml")))
    if not files:
        raise InvalidInputError(f"{name}: there are no .toml files in this folder")
    return files


def page(found: CheckReport) -> Iterator[RenderableType]:
    """Yield the answer, then each scenario with its expectations; what is not as expected first."""
    worst = worst_of(each.worst for each in found.scenarios)
    yield Text(found.answer, _STYLES[worst])
    common = _common_reason(found)
    if common:
        yield Text(one_line(common))
    for one in sorted(found.scenarios, key=lambda each: WORST_FIRST.index(each.worst)):
        yield Text()
        yield Text(one_line(f"{one.name}: {one.title}"), "bold")
        yield _table(one, common)
    if found.counts["not as expected"]:
        yield Text()
        yield Text(_ANOTHER_CODE, "dim")
    if found.without:
        yield Text()
        names = joined(found.without, most=10)
        yield Text(f"Nothing is expected on {found.platform} by: {names}.", "dim")


def _common_reason(found: CheckReport) -> str:
    """Return why nothing could be checked, if that is the same for all; else nothing."""
    reasons = {each.reason for one in found.scenarios for each in one.checks}
    return reasons.pop() if len(reasons) == 1 and len(found.scenarios) > 1 else ""


def _table(one: CheckedScenario, common: str) -> RenderableType:
    """Show the checks of a scenario, each with its reason unless that is `common` to all."""
    table = plain_table(show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold", style="dim")
    for each in one.checks:
        verdict = Text(each.verdict, _STYLES[each.verdict])
        table.add_row(verdict, Text(_sentence(each, one)), _found(each))
        if each.reason != common:
            table.add_row("", Text(one_line(each.reason), _STYLES[each.verdict]))
    return Padding(table, (0, 0, 0, 2))


def _sentence(each: Checked, one: CheckedScenario) -> str:
    profiles = {other.profile for other in one.checks}
    under = f" under {each.profile}" if len(profiles) > 1 else ""
    return one_line(f"{each.strategy}: {each.expected}{under}")


def _found(each: Checked) -> str:
    return one_line(f"failed {each.evidence}") if each.trials else "no trials"
