"""``harness tune``: which default to take, for holds that were recorded or modelled."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, print_json, print_plain, print_utf8
from harness.cli.declared_options import given_names
from harness.cli.option_values import duration, share
from harness.cli.validate_tuning import Trials, scenario_of_profile, scenario_of_runs
from harness.cli.validate_tuning import validate as validated
from harness.errors import InvalidInputError
from harness.frames import lab_extra, load
from harness.predict.overview import read
from harness.record.artifact import opened_runs
from harness.scenario.bounds import MOST_BLOCKS, SEEDS
from harness.scenario.load import load_profile_file
from harness.strategy.durations import LONGEST_MS
from harness.text import joined, quoted

if TYPE_CHECKING:
    from harness.analysis.selection import Case
    from harness.scenario.load import LoadedScenario
    from harness.tune.question import Limits
    from harness.tune.recommendation import Recommendation
    from harness.tune.sources import Source
    from harness.tune.tuning import Tuning

app = command_app()

_MOST_ATTEMPTS: Final = 200
_MOST_OPERATIONS: Final = 100_000


@app.command()
def tune(
    context: typer.Context,
    holds: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[RUN... | HOLDS.csv]",
            help="Runs of one case, or a file with the columns low_ms,high_ms[,count,code,object]. "
            "Without any, and without a profile, the schedule whose worst case is least.",
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Take the holds of this profile (or .toml file); of runs, the trials under it.",
        ),
    ] = None,
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="Of runs, the trials of this scenario.")
    ] = None,
    max_failure: Annotated[
        str, typer.Option(metavar="SHARE", help="Most operations that may fail, such as 1e-3 or 0.1%.")
    ] = "1e-3",
    max_denied: Annotated[
        str,
        typer.Option(metavar="TIME", help="Longest time until a permanent denial is reported."),
    ] = "30s",
    max_attempts: Annotated[
        int, typer.Option(min=1, max=_MOST_ATTEMPTS, help="Most attempts, the first included.")
    ] = 15,
    least_wait: Annotated[
        str, typer.Option(metavar="TIME", help="Least wait between two attempts.")
    ] = "1ms",
    call: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Time that a call takes; by default as measured in the runs, else 0.3ms.",
        ),
    ] = None,
    failure_price: Annotated[
        str | None,
        typer.Option(
            metavar="TIME",
            help="Weigh failures instead of limiting them: so much waiting is as bad as one failure.",
        ),
    ] = None,
    attempt_price: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="So much waiting is as bad as one more attempt."),
    ] = None,
    denied_share: Annotated[
        str | None,
        typer.Option(
            metavar="SHARE",
            help="So many operations are denied for good: each waits until that is reported.",
        ),
    ] = None,
    for_: Annotated[
        str | None,
        typer.Option("--for", metavar="TOOL", help="Compare with what this tool ships, such as uv."),
    ] = None,
    per_install: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=_MOST_OPERATIONS,
            metavar="N",
            help="The limit on failures is for installs of so many independent operations.",
        ),
    ] = None,
    emit: Annotated[
        Literal["python", "rust", "go", "javascript"] | None,
        typer.Option(help="Print code for it in this language instead of the page."),
    ] = None,
    validate: Annotated[
        bool,
        typer.Option(
            "--validate",
            help="Run the recommendation, its neighbours and what TOOL ships, and hold predictions "
            "against what is observed.",
        ),
    ] = False,
    platform: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="With --validate: windows, wine or emulated; by default this machine's.",
        ),
    ] = None,
    blocks: Annotated[
        int, typer.Option(min=1, max=MOST_BLOCKS, help="With --validate: repetitions.")
    ] = 100,
    seed: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=SEEDS - 1,
            help="With --validate: seed of the draws; by default a fresh one. The run says which.",
        ),
    ] = None,
    results: Annotated[
        Path, typer.Option(metavar="FOLDER", help="With --validate: folder to write the run to.")
    ] = Path("results"),
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="With --for: also write a page for that tool's maintainers, as HTML."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    r"""Tune a default: which errors to retry, when, and for how long.

    Finds the strategy with the least wait beyond the release of a hold,
    within limits on failures, on attempts and on the time that a permanent
    denial costs, or at prices instead. Says what it gains over what the tool
    ships, how near it is to the best of all schedules, and how sure that is.

    Needs the extra: pip install "persist-harness\[lab]".
    """
    _check_together(emit=emit, as_json=as_json, validate=validate)
    asked = read(for_) if for_ is not None else []
    with lab_extra("tuned defaults"):
        from harness.tune.question import CallTime, Limits, Prices  # noqa: PLC0415 - brings numpy
        from harness.tune.recommendation import recommend  # noqa: PLC0415
        from harness.tune.tuning import tune as tuned  # noqa: PLC0415

        _check_ready(for_, page, validate=validate)
    limits = Limits(
        share("--max-failure", max_failure),
        duration("--max-denied", max_denied),
        max_attempts,
        duration("--least-wait", least_wait),
    )
    prices = Prices(
        attempt=duration("--attempt-price", attempt_price or "0ms"),
        failure=duration("--failure-price", failure_price or "0ms"),
        denied=share("--denied-share", denied_share or "0"),
    )
    if prices != Prices():
        limits = _only_given(context, limits)
    call_time = CallTime(duration("--call", call), "given, not measured") if call else None
    if not holds and profile is None:
        _check_alone(context)
        _show_without_data(replace(limits, call_ms=call_time.ms if call_time else 0.0), as_json=as_json)
        return
    with console(stderr=True).status("Reading holds") as status:
        with lab_extra("tuned defaults"):
            source, case = _source(holds or [], profile, None if validate and not holds else scenario)
        loaded = _to_run(holds or [], profile, scenario, source, case) if validate else None
        source = replace(source, call=call_time or source.call)
        limits = replace(limits, call_ms=source.call.ms)
        if emit is not None and page is None:
            chosen = recommend(source, limits, per_install, prices=prices, on_step=status.update)
            _print_code(chosen, emit)
            return
        found = tuned(source, limits, asked, per_install, prices=prices, on_step=status.update)
    _show(found, emit, as_json=as_json)
    if page is not None:
        from harness.report.maintainer_page import write_maintainer_page  # noqa: PLC0415 - slow

        write_maintainer_page(found, str(for_), _command(), page, holds or [])
        print_plain(console(stderr=as_json or emit is not None), f"Written: {page}")
    if loaded is not None:
        out = console()
        for part in validated(loaded, found, source, Trials(platform, blocks, seed, results), out):
            out.print(part)


def _command() -> str:
    """Return the command line as it was given, for others to repeat."""
    return " ".join(["harness", *map(quoted, sys.argv[1:])])


def _check_together(*, emit: str | None, as_json: bool, validate: bool) -> None:
    """Refuse options that exclude each other."""
    given = {"--json": as_json, "--emit": emit is not None, "--validate": validate}
    if len(named := [name for name, is_given in given.items() if is_given]) > 1:
        raise InvalidInputError(
            f"{joined(named)} cannot be used together", hint="Use one of them at a time."
        )


def _check_ready(tool: str | None, page: Path | None, *, validate: bool) -> None:
    """Check before the tuning that its page can be written, and that what comes after it is there."""
    if validate:
        import harness.tune.validation  # noqa: PLC0415 - what it needs is missing now or never
    if page is None:
        return
    if tool is None:
        raise InvalidInputError("--page is for one tool, and none is named", hint="Name it: --for uv.")
    import harness.report.maintainer_page  # noqa: F401, PLC0415
    from harness.report.one_page import check_target  # noqa: PLC0415

    check_target(page)


def _show_without_data(limits: Limits, *, as_json: bool) -> None:
    from harness.cli.tuning_page import page_without_data  # noqa: PLC0415 - brings numpy
    from harness.tune.no_data import without_data  # noqa: PLC0415

    unknown = without_data(limits)
    if as_json:
        print_json(unknown)
        return
    for part in page_without_data(unknown):
        console().print(part)


def _print_code(found: Recommendation, language: str) -> None:
    from harness.tune.emit import emitted  # noqa: PLC0415 - brings numpy

    print_utf8(emitted(found, language))


def _show(found: Tuning, emit: str | None, *, as_json: bool) -> None:
    """Print the answer as code, as JSON or as a page."""
    from harness.cli.tuning_page import page  # noqa: PLC0415 - brings numpy

    if emit is not None:
        _print_code(found.chosen, emit)
        return
    if as_json:
        print_json(found)
        return
    out = console()
    for part in page(found, out.width):
        out.print(part)


def _to_run(
    runs: list[Path], profile: str | None, scenario: str | None, source: Source, case: Case | None
) -> LoadedScenario:
    """Return the scenario in which predictions are tried: that of the runs, or one for the profile."""
    if case is not None:
        with opened_runs(runs) as folders:
            return scenario_of_runs(folders, str(case.key["scenario"]), str(case.key["profile"]))
    if profile is None:
        raise InvalidInputError(
            "a CSV file of holds says nothing that could be run",
            hint="--validate needs runs or a profile: harness profile fit makes one of runs.",
        )
    return scenario_of_profile(source, profile, scenario)


def _only_given(context: typer.Context, limits: Limits) -> Limits:
    """Keep the limits that were given; beside prices, the others have no defaults."""
    free: dict[str, tuple[str, Any]] = {
        "max_failure": ("max_failure", 1.0),
        "max_denied": ("max_denied_ms", LONGEST_MS),
        "max_attempts": ("max_attempts", None),
    }
    given = given_names(context)
    return replace(limits, **{key: value for name, (key, value) in free.items() if name not in given})


_NEED_HOLDS: Final = {
    "for_": "--for",
    "per_install": "--per-install",
    "scenario": "--scenario",
    "emit": "--emit",
    "page": "--page",
    "validate": "--validate",
    "failure_price": "--failure-price",
    "attempt_price": "--attempt-price",
    "denied_share": "--denied-share",
}


def _check_alone(context: typer.Context) -> None:
    """Refuse options that need holds."""
    given = given_names(context)
    if needless := [name for key, name in _NEED_HOLDS.items() if key in given]:
        raise InvalidInputError(
            f"{joined(needless)} need holds, and none are named",
            hint="Name runs, a CSV file of holds, or a profile: harness tune --profile brief.",
        )


def _source(holds: list[Path], profile: str | None, scenario: str | None) -> tuple[Source, Case | None]:
    """Return the holds that are named: of runs (with their case), of a CSV file, or of a profile."""
    from harness.tune.sources import modelled_source, observed_source  # noqa: PLC0415 - brings numpy

    files = [path for path in holds if path.suffix == ".csv"]
    if files:
        if len(holds) > 1 or profile or scenario:
            raise InvalidInputError(
                "a CSV file of holds stands alone",
                hint="Name either one CSV file, or runs, or a profile.",
            )
        from harness.tune.holds_csv import read_holds_csv  # noqa: PLC0415 - brings pandas

        return observed_source(read_holds_csv(files[0])), None
    if holds:
        from harness.tune.recorded_holds import (  # noqa: PLC0415 - brings pandas
            one_case_of,
            recorded_call,
            recorded_holds,
        )

        with opened_runs(holds) as folders:
            case = one_case_of(load(folders), scenario, profile)
        return observed_source(recorded_holds(case), recorded_call(case)), case
    if scenario:
        raise InvalidInputError(
            "--scenario chooses trials of runs, and no run is named", hint="Name a folder in results/."
        )
    assert profile is not None  # noqa: S101 - something is named
    return modelled_source(*load_profile_file(profile)), None
