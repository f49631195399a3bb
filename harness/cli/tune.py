"""``harness tune``: which default to take, for holds that were recorded or modelled."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, print_json, print_utf8
from harness.errors import InvalidInputError
from harness.frames import lab_extra, load
from harness.predict.overview import read
from harness.scenario.load import load_profile_file
from harness.strategy.durations import LONGEST_MS, UNITS, read_ms
from harness.text import joined

if TYPE_CHECKING:
    from harness.tune.tuning import Source

app = command_app()

_MOST_ATTEMPTS: Final = 200
_MOST_OPERATIONS: Final = 100_000


@app.command()
def tune(
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
        str, typer.Option(metavar="TIME", help="Least time between two attempts.")
    ] = "1ms",
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
    as_json: AsJson = False,
) -> None:
    r"""Tune a default: which errors to retry, when, and for how long.

    Finds the strategy with the least wait beyond the release of a hold, within limits on failures, on
    attempts and on the time that a permanent denial costs; says what it gains over what the tool ships,
    how near it is to the best of all schedules, and how sure that is. Needs the extra: pip install
    "persist-harness\[lab]".
    """
    if emit is not None and as_json:
        raise InvalidInputError("--json and --emit cannot be used together", hint="Use one of them.")
    asked = read(for_) if for_ is not None else []
    with lab_extra("tuned defaults"):
        from harness.cli import tuning_page  # noqa: PLC0415 - brings numpy
        from harness.tune import tuning  # noqa: PLC0415
        from harness.tune.emit import emitted  # noqa: PLC0415
        from harness.tune.question import Limits  # noqa: PLC0415
    limits = Limits(
        _share(max_failure),
        _duration("--max-denied", max_denied),
        max_attempts,
        _duration("--least-wait", least_wait),
    )
    out = console()
    if not holds and profile is None:
        _check_alone(for_, per_install, scenario, emit)
        unknown = tuning.without_data(limits)
        if as_json:
            print_json(unknown)
            return
        for line in tuning_page.page_without_data(unknown):
            out.print(line)
        return
    with console(stderr=True).status("Looking at all schedules"):
        found = tuning.tune(_source(holds or [], profile, scenario), limits, asked, per_install)
    if emit is not None:
        print_utf8(emitted(found, emit))
        return
    if as_json:
        print_json(found)
        return
    for part in tuning_page.page(found):
        out.print(part)


def _check_alone(
    for_: str | None, per_install: int | None, scenario: str | None, emit: str | None
) -> None:
    """Refuse options that need holds."""
    given = {"--for": for_, "--per-install": per_install, "--scenario": scenario, "--emit": emit}
    if needless := [name for name, value in given.items() if value is not None]:
        raise InvalidInputError(
            f"{joined(needless)} need holds, and none are named",
            hint="Name runs, a CSV file of holds, or a profile: harness tune --profile brief.",
        )


def _source(holds: list[Path], profile: str | None, scenario: str | None) -> Source:
    """Return the holds that are named: of runs, of a CSV file, or of a profile."""
    from harness.tune.holds_csv import read_holds_csv  # noqa: PLC0415 - brings numpy
    from harness.tune.recorded_holds import one_case_of, recorded_holds  # noqa: PLC0415
    from harness.tune.tuning import modelled_source, observed_source  # noqa: PLC0415

    files = [path for path in holds if path.suffix == ".csv"]
    if files:
        if len(holds) > 1 or profile or scenario:
            raise InvalidInputError(
                "a CSV file of holds stands alone",
                hint="Name either one CSV file, or runs, or a profile.",
            )
        return observed_source(read_holds_csv(files[0]))
    if holds:
        return observed_source(recorded_holds(one_case_of(load(holds), scenario, profile)))
    if scenario:
        raise InvalidInputError(
            "--scenario chooses trials of runs, and no run is named", hint="Name a folder in results/."
        )
    assert profile is not None  # noqa: S101 - something is named
    return modelled_source(*load_profile_file(profile))


def _share(text: str) -> float:
    found = re.fullmatch(r"\s*([0-9.eE+-]+)\s*(%?)\s*", text)
    try:
        value = float(found[1]) / (100 if found[2] else 1) if found else -1.0
    except ValueError:
        value = -1.0
    if not 0 <= value < 1:
        raise InvalidInputError(
            f"--max-failure: found {text[:40]!r}; expected a share from 0 to 1, such as 1e-3 or 0.1%"
        )
    return value


def _duration(option: str, text: str) -> float:
    found = re.fullmatch(rf"\s*([0-9]{{1,9}}(?:\.[0-9]{{1,9}})?)\s*({'|'.join(UNITS)})\s*", text)
    value = read_ms(found[1], found[2]) if found else -1.0
    if not 0 <= value <= LONGEST_MS:
        raise InvalidInputError(
            f"{option}: found {text[:40]!r}; expected a time of at most an hour with its unit "
            f"({', '.join(UNITS)}), such as 500ms or 30s"
        )
    return value
