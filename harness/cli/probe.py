"""``harness probe -- COMMAND``: how a program retries each of its writes, measured from the outside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, print_found, print_plain
from harness.cli.option_values import long_duration
from harness.errors import ExitCode, InvalidInputError
from harness.reproduce.atlas import make_atlas
from harness.reproduce.attempt_words import attempt_words
from harness.reproduce.claims import read_claim
from harness.reproduce.lab_names import LabName
from harness.reproduce.linux_lab import NATIVE_SHOWS
from harness.reproduce.load_programs import load_programs, program_names
from harness.reproduce.model import ProgramScenario
from harness.reproduce.probe import ProbeOptions, probe_report
from harness.reproduce.probe import probe as probed
from harness.reproduce.probed import Probed, ProbedCode, ProbedPath
from harness.reproduce.schedule_fit import LATE_MS
from harness.reproduce.windows_lab import HOLDS_SHOW, UNDER_WINE
from harness.text import available, counted, joined, milliseconds, one_line

app = command_app()

ATLAS: Final = Path("results", "atlas")
_SHOWS: Final[dict[LabName, str]] = {
    "wine": "Attempts were seen by Wine's server, which denied them; what is removed was denied by its "
    "open. How long Windows denies a call is not shown.",
    "linux": NATIVE_SHOWS,
    "windows": HOLDS_SHOW,
    "wine-holds": UNDER_WINE,
}


@app.command(context_settings={"allow_interspersed_args": False})
def probe(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[-- COMMAND]",
            help="The command, with its arguments. On Linux, a program whose name ends in .exe runs "
            "under Wine.",
        ),
    ] = None,
    *,
    report: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Probe the program of a shipped report (`harness reproduce --list`)."
        ),
    ] = None,
    release: Annotated[
        str | None, typer.Option(metavar="VERSION", help="The release of it; by default the last one.")
    ] = None,
    atlas: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Probe every release of all shipped reports, or of --report, into JSON files there; "
            "those that are there are kept.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help=f"Make the whole atlas: as --atlas {ATLAS}, or another folder.")
    ] = False,
    files: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Begin each run with a copy of this folder's files."),
    ] = None,
    claims: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help='Compare with a claim: "retries for 10 s", "5 attempts", "no retry".'
        ),
    ] = None,
    time_limit: Annotated[
        str, typer.Option(metavar="TIME", help="End a run after this time, such as 2min.")
    ] = "75s",
    most: Annotated[int, typer.Option(min=1, max=100, help="Probe at most so many write paths.")] = 8,
    as_json: AsJson = False,
) -> None:
    """Measure how a program retries: how often, when, on which errors.

    The command runs twice undisturbed, to learn what it renames, opens to
    write and removes. Then each of these calls is always denied, with the
    codes 5, 32, 33 and 145, and its attempts are counted: the budget, the
    schedule, and what the program does in the end. It runs in a folder of its
    own, without your environment and home. Needs Linux; on Windows, where
    attempts are not seen, files are really held, for longer and shorter.

    Exit code 0; 10 if something is otherwise than claimed; 11 if the command
    writes nothing.
    """
    if files is not None and not files.is_dir():
        raise InvalidInputError(f"--files: {files} is not a folder")
    options = ProbeOptions(
        files=files,
        time_limit_s=long_duration("--time-limit", time_limit) / 1000,
        most_paths=most,
        claim=None if claims is None else read_claim(claims),
    )
    to = console(stderr=True)
    announce = partial(print_plain, to, style="dim")
    if everything and report is not None:
        raise InvalidInputError("--all probes all reports, and goes without --report")
    if everything or atlas is not None:
        _make(
            atlas or ATLAS, report, options, announce, alone=not (command or files or release or as_json)
        )
        return
    if report is not None:
        if command or files is not None:
            raise InvalidInputError("--report has a command and files of its own: give neither")
        found = probe_report(report, *_of_report(report, release), options, announce)
    elif command:
        found = probed(command, options, announce)
    else:
        raise InvalidInputError(
            "there is nothing to probe", hint="`harness probe -- COMMAND`, or --report ID."
        )
    print_found(found, page(found), as_json=as_json)
    if not found.paths:
        raise typer.Exit(ExitCode.UNKNOWN)
    raise typer.Exit(ExitCode.NOT_AS_EXPECTED if found.differs else ExitCode.OK)


def _make(
    folder: Path,
    report: str | None,
    options: ProbeOptions,
    announce: Callable[[str], None],
    *,
    alone: bool,
) -> None:
    """Make an atlas, and say what could not be probed."""
    if not alone:
        raise InvalidInputError(
            "--atlas and --all go with --report, --claims, --time-limit and --most only"
        )
    left_out = make_atlas(
        load_programs([report] if report else program_names()), folder, options, announce
    )
    print_plain(console(), f"{counted(len(list(folder.glob('*.json'))), 'release')} in {folder}.")
    for name, reason in left_out.items():
        print_plain(console(), f"{name}: {reason}")
    raise typer.Exit(ExitCode.UNKNOWN if left_out else ExitCode.OK)


def _of_report(report: str, release: str | None) -> tuple[ProgramScenario, str]:
    """Return the scenario of a shipped report, and one of its releases."""
    if report not in program_names():
        raise InvalidInputError(f"--report: {available(report, program_names())}")
    (loaded,) = load_programs([report])
    versions = loaded.scenario.versions
    if release is not None and release not in versions:
        raise InvalidInputError(f"--release: {report} has {joined(versions)}")
    return loaded.scenario, release or versions[-1]


def page(found: Probed) -> Iterator[RenderableType]:
    """Yield the answer, then each write path with what was measured."""
    yield Text(found.answer, "bold")
    for path in found.paths:
        yield Text()
        yield Text(one_line(f"It {path.words}{_how_often(path)}"), "bold")
        for text in _sentences(path):
            yield Padding(text, (0, 0, 0, 2))
    yield Text()
    if found.left_out:
        words = joined(found.left_out, most=3)
        yield Text(one_line(f"Not probed (--most): it {words}."), "dim")
    yield Text(_SHOWS[found.lab], "dim")


def _how_often(path: ProbedPath) -> str:
    words = f", {path.count:,} times" if path.count > 1 else ""
    return f"{words}, and {path.alike:,} more alike" if path.alike else words


def _sentences(path: ProbedPath) -> Iterator[Text]:
    most = max(path.codes, key=lambda each: len(each.seen))
    if path.attempts is None:
        yield from (_held(each) for each in path.codes if each.denied_by)
    elif path.retried and path.budget_ms is not None:
        low, high = map(milliseconds, path.budget_ms)
        budget = high if low == high else f"{low} to {high}"
        more = " or more: it still tried at the time limit" if path.cut else ""
        yield Text(f"retries after {joined([*map(str, path.retried)])}; budget {budget}{more}")
        yield Text(f"{most.code}: {attempt_words(most.seen)}", "dim")
        yield _schedule(path)
    if not path.stable and path.attempts is None:
        yield Text("Some runs outlast a hold that others do not: jitter, or a busy machine.", "yellow")
    elif not path.stable:
        yield Text("The repeats differ in their attempts: jitter, or a busy machine.", "yellow")
    for like in path.nearest:
        differs = joined(like.differences, "; ") or "the same"
        yield Text(one_line(f"like {like.name} ({like.notation}): {differs}"), "dim")
    for reason, codes in groupby(path.codes, lambda each: (each.ending, _reason(each))):
        named = joined([str(each.code) for each in codes])
        yield Text(one_line(f"always denied with {named}: {reason[0]}{reason[1]}"))
    for words in path.otherwise_than_claimed:
        yield Text(one_line(words), "bold red")


def _held(code: ProbedCode) -> Text:
    """Say how long a hold may be, and how it was made."""
    held = code.held
    if held is None:
        return Text(one_line(f"{code.code}: budget unknown; {code.denied_by}"))
    high = milliseconds(held.too_long_ms, "up") if held.too_long_ms is not None else ""
    tried = counted(sum(each.runs for each in held.tried), "run")
    if not held.is_retried:
        words = f"no hold longer than {high} is outlasted: given up at once, or soon"
    elif not high:
        words = f"retries; outlasts a hold of {milliseconds(held.outlasted_ms, 'down')}, and more"
    else:
        low = milliseconds(held.outlasted_ms, "down")
        words = f"retries; outlasts a hold of {low}, and none of {high}: its budget is between"
    return Text(one_line(f"{code.code}: {words} ({tried}); {code.denied_by}"))


def _schedule(path: ProbedPath) -> Text:
    if path.notation is None:
        if path.repeats > 1 and path.spread_ms > LATE_MS:
            spread, runs = milliseconds(path.spread_ms), counted(path.repeats, "run")
            return Text(f"waits differ by up to {spread} between {runs}: jitter, or a busy machine")
        return Text("no simple schedule explains these times")
    late = f"waits at most {milliseconds(path.latest_ms)} longer, in {counted(path.repeats, 'run')}"
    return Text(f"fits {path.notation} ({late})")


def _reason(code: ProbedCode) -> str:
    return f": {code.reason}" if code.ending in {"failed", "claimed", "unknown"} else ""
