"""``harness profile``: fit the measured holds of a machine as a profile, and show one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.console import RenderableType
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import console, print_plain
from harness.cli.fitting_table import FittingTable
from harness.errors import InvalidInputError
from harness.frames import lab_extra, load
from harness.holds.distribution import LARGEST_LIBRARY_BYTES
from harness.holds.distributions import UntilFailure
from harness.predict.hold_cases import hold_cases
from harness.predict.shapes import SHAPES
from harness.record.artifact import opened_runs
from harness.record.redaction import of_this_machine
from harness.scenario.load import load_profile_file
from harness.text import milliseconds, percent, printable, quoted

if TYPE_CHECKING:
    from harness.holds.profile import Cited, HoldTemplate, Profile

app = command_app()


@app.callback()
def profile() -> None:
    """Fit the holds of a machine as a profile, and show profiles."""


@app.command()
def fit(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Runs of one case: a machine's own holds.")
    ],
    to: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="The .toml file to write.")],
    scenario: Annotated[
        str | None, typer.Option(metavar="NAME", help="The trials of this scenario.")
    ] = None,
    profile: Annotated[
        str | None, typer.Option(metavar="NAME", help="The trials under this profile.")
    ] = None,
    injected: Annotated[
        bool,
        typer.Option(
            "--injected", help="Also fit injected holds, which gives their own profile; labelled so."
        ),
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    r"""Fit the holds that runs measured as a profile that can be shared.

    How often operations are held and for how long, with intervals; what was
    not seen to end is kept as such. Names of users, hosts and home folders
    are redacted. Needs the extra: pip install "persist-harness\[lab]".
    """
    if to.suffix != ".toml":
        raise InvalidInputError(f"{to}: a profile is a .toml file", hint=f"Name it {to.name}.toml.")
    if to.exists() and not overwrite:
        raise InvalidInputError(f"{to} exists", hint="Choose another name, or add --overwrite.")
    with lab_extra("fitted profiles"):
        from harness.tune.fitted_profile import fitted_profile  # noqa: PLC0415 - brings numpy
        from harness.tune.recorded_holds import one_case_of  # noqa: PLC0415
    with console(stderr=True).status("Reading holds"):
        with opened_runs(runs) as folders:
            case = one_case_of(load(folders), scenario, profile)
        found = fitted_profile(case, of_this_machine(runs), injected=injected)
    try:
        to.write_text(found.text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise InvalidInputError(f"{to}: {error.strerror}") from error
    for part in page(to.stem, found.profile):
        console().print(part)
    print_plain(console(), f"\nWritten: {to}\nTo use it: harness tune --profile {quoted(str(to))}")


@app.command()
def show(
    name: Annotated[
        str, typer.Argument(metavar="PROFILE", help="A shipped profile, or the .toml file of one.")
    ],
) -> None:
    """Show a profile: what it holds, for how long, and what of that is known."""
    for part in page(*load_profile_file(name)):
        console().print(part)


def page(name: str, profile: Profile) -> Iterator[RenderableType]:
    """Yield what a profile does, the evidence of each parameter, and a plot of the lengths."""
    yield Text(f"{name}: {_plain(profile.title)}", style="bold")
    yield Text(_errors(name, profile))
    if profile.about:
        yield Text(_plain(profile.about), style="dim")
    for number, hold in enumerate(profile.holds, 1):
        title = f"\nHold {number} of {len(profile.holds)}" if len(profile.holds) > 1 else ""
        if title:
            yield Text(title, style="bold")
        yield Text()
        yield _parameters(hold)
        yield from _lengths(hold)


def _plain(text: str) -> str:
    return printable(" ".join(text.split()))


def _errors(name: str, profile: Profile) -> str:
    """Say which errors operations get, by target shape, or why none."""
    if profile.ambient is not None:
        return "It injects nothing: the machine's own holds are measured."
    said = []
    for shape in SHAPES:
        cases, left_out = hold_cases({name: profile}, shape)
        words = shape.purpose.words
        said += [f"{words} fails with {case.code} while it is held" for case in cases]
        said += [f"{words} is not predicted ({reason})" for reason in left_out.values()]
    text = "; ".join(said) or "it holds nothing"
    return f"{text[0].upper()}{text[1:]}."


def _parameters(hold: HoldTemplate) -> FittingTable:
    handle = hold.handle
    table = FittingTable(
        ("parameter", "value", "evidence", "source"), frozenset({"value", "source"}), ()
    )
    how = f"{handle.object}, opened for {handle.access}, sharing {handle.share}"
    if handle.byte_range_lock:
        how += ", bytes locked"
    if handle.section:
        how += f", mapped as {handle.section}"
    delay, lengths = hold.delay.of, hold.duration.of
    from_ms = milliseconds(delay.usual_ms())
    values: dict[str, tuple[str, Cited]] = {
        "who, and how": (how, handle),
        "how often": (f"{percent(hold.probability.value)} %", hold.probability),
        "from when": (from_ms if delay.distribution == "constant" else f"about {from_ms}", hold.delay),
        "how long": (lengths.distribution, hold.duration),
    }
    for parameter, (value, cited) in values.items():
        table.add_row(parameter, value, cited.evidence, _plain(cited.source))
    return table


_TIMES_MS: Final = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000, 30_000, 100_000)
_BAR: Final = 40
_NONE: Final = 1e-6
"""A share that no row is needed for."""


def _lengths(hold: HoldTemplate) -> Iterator[RenderableType]:
    """Yield the share of holds that last longer than each time, as bars."""
    lengths = hold.duration.of
    if isinstance(lengths, UntilFailure):
        yield Text(f"\nReleased after {lengths.failures} failed attempts.")
        return
    yield Text("\nHolds that last longer than", style="bold")
    table = FittingTable(("time", "share", ""), frozenset({""}), ())
    for ms in _TIMES_MS:
        left = 1 - lengths.cdf(ms, LARGEST_LIBRARY_BYTES)
        if left < _NONE:
            table.add_row(milliseconds(ms), f"under {100 * _NONE:.4f} %" if left > 0 else "0 %", "")
            break
        shown = 1.0 if left > 1 - _NONE else left
        table.add_row(milliseconds(ms), f"{percent(shown)} %", "#" * math.ceil(_BAR * left - _NONE))
    yield table
