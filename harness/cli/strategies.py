"""``harness strategies``: list strategies under their systems, or show all that is known of some."""

from __future__ import annotations

import inspect
import mimetypes
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_json
from harness.cli.notation_help import from_environment
from harness.cli.schedule_plot import text_plot
from harness.errors import InvalidInputError, together
from harness.frames import lab_extra
from harness.strategy.catalogue import VERIFIED, CatalogueEntry, OperationName
from harness.strategy.durations import spell_number
from harness.strategy.lookup import listed
from harness.strategy.number_range import Range
from harness.strategy.strategy_facts import facts_list
from harness.strategy.timetable import ATTEMPT_COST_MS
from harness.strategy.view import StrategyView
from harness.text import assumed_calls, counted, figures, milliseconds, printable

app = command_app()


SHOWN_ATTEMPTS: Final = 8
_IMAGES: Final = {".svg", ".png", ".pdf"}
_NOTATION: Final = 45
"""Room for notation of usual length; where there is less, each is on a line of its own."""
_NAME: Final = 32
_OBJECTS: Final = {"file": "files", "directory": "directories"}
_DOING: Final[Mapping[OperationName, str]] = {
    "rename": "renaming",
    "replace": "replacing",
    "delete": "deleting",
    "delete-tree": "deleting trees of",
    "copy": "copying",
    "open": "opening",
    "write": "writing",
    "any": "any operation on",
}
_HEADS: Final = ("strategy", "versions", "operation", "retries", "attempts", "budget")


@app.command()
def strategies(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Show all details of these: strategies, systems (`uv`), systems in a version "
            "(`uv-0.5.17`), notation in quotes. After --plot, also the file to draw to."
        ),
    ] = None,
    system: Annotated[
        list[str] | None, typer.Option(help="Only those of this system; repeat for more.")
    ] = None,
    code: Annotated[
        list[int] | None, typer.Option(help="Only those that retry this Win32 error; repeat for more.")
    ] = None,
    operation: Annotated[
        list[str] | None,
        typer.Option(help="Only those for this operation, such as rename or delete; repeat for more."),
    ] = None,
    plot: Annotated[
        bool,
        typer.Option(
            "--plot",
            help="Draw when each makes attempts: as text, or to the files named (.svg, .png, .pdf).",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List retry strategies: those of real software, and tunable ones.

    Attempt times are for an operation that always fails.
    """
    names = list(map(from_environment, names or []))
    files = [name for name in names if _is_image(name)]
    if files and not plot:
        raise InvalidInputError(
            f"{files[0]} is the name of a file, not of a strategy", hint="Add --plot to draw to it."
        )
    named = [name for name in names if name not in files]
    unknown: list[InvalidInputError] = []
    for name in dict.fromkeys(named):
        try:
            listed([name])
        except InvalidInputError as error:
            unknown.append(error)
            named = [each for each in named if each != name]
    if unknown and not named:
        raise together(unknown)
    views = listed(named, systems=system or (), codes=code or (), operations=operation or ())
    if files:
        _draw(views, files)
    elif as_json:
        print_json(facts_list(views))
    elif named or plot:
        _show(views, details_of_each=bool(named), plot=plot)
    else:
        out = console()
        for part in listing(views, out.width):
            out.print(part)
    if unknown:
        raise together(unknown)


def _is_image(name: str) -> bool:
    kind = mimetypes.guess_type(name)[0] or ""
    return kind.startswith("image/") or Path(name).suffix.lower() in _IMAGES


def _draw(views: Sequence[StrategyView], files: Sequence[str]) -> None:
    """Draw schedules to files."""
    if unfit := [file for file in files if Path(file).suffix.lower() not in _IMAGES]:
        raise InvalidInputError(f"cannot draw to {unfit[0]}", hint="Use .svg, .png or .pdf.")
    with lab_extra("figures (--plot without a file draws text)"):
        from harness.analysis.plots.schedule_figure import draw_schedules  # noqa: PLC0415
    for file in files:
        if not Path(file).parent.is_dir():
            raise InvalidInputError(
                f"{file} cannot be written: there is no folder {Path(file).parent}",
                hint="Create the folder, or choose another.",
            )
        draw_schedules(views, Path(file))
        typer.echo(f"Written: {file}")


def _show(views: Sequence[StrategyView], *, details_of_each: bool, plot: bool) -> None:
    out = console()
    for view in views:
        out.print(details(view) if details_of_each else view.name)
        if plot:
            out.print(text_plot(view.times.typical), markup=False, highlight=False)
        out.print()


def listing(views: Sequence[StrategyView], width: int) -> Iterator[RenderableType]:
    """Yield all strategies under their systems, for a terminal of this width."""
    table = [_HEADS, *map(_cells, views)]
    shown, widths = _columns(table, width)
    inline = _HEADS.index("versions") in shown
    yield Text("  " + _aligned([_HEADS[number] for number in shown], widths), style="dim")
    group = None
    for view, cells in zip(views, table[1:], strict=True):
        title, about = _group(view)
        if title != group:
            group = title
            heading = Text(title, style="bold underline")
            heading.append(f"  {about}", style="not bold not underline dim")
            heading.truncate(width, overflow="ellipsis")
            yield heading
        line = Text("  " + _aligned([cells[number] for number in shown], widths))
        line.stylize("bold", 2, 2 + widths[0])
        summary = Text(view.summary, style="cyan" if view.summary == view.notation else "dim")
        if view.summary != view.notation:
            summary.truncate(width - (len(line) + 2 if inline else 4), overflow="ellipsis")
        if inline and len(line) + 2 + len(summary) <= width:
            yield line.append("  ").append_text(summary)
        else:
            yield line
            yield Padding(summary, (0, 0, 0, 4))
    yield Text()
    yield Text(
        f"{counted(len(views), 'strategy')}. budget: from the first attempt to the last, against a "
        "failure that never ends and calls that take no time; loops that never wait take their calls, "
        f"each assumed (not measured) to last {figures(ATTEMPT_COST_MS)} ms. ~: median, with jitter.",
        style="dim",
    )
    yield Text(
        "`harness strategies NAME` shows all details of one, with its source; --plot draws it; "
        '`harness predict "NOTATION"` ranks your own.',
        style="dim",
    )


def _columns(table: Sequence[Sequence[str]], width: int) -> tuple[list[int], list[int]]:
    """Choose the columns that fit, by number, and their widths."""
    shown = list(range(len(_HEADS)))
    for left_out, room in (("versions", width - _NOTATION), ("operation", width), ("", 0)):
        widths = [max(len(cells[number]) for cells in table) for number in shown]
        if not left_out or sum(widths) + 2 * len(widths) <= room:
            break
        shown.remove(_HEADS.index(left_out))
    return shown, widths


def _cells(view: StrategyView) -> tuple[str, ...]:
    return (
        _short(view.name, _NAME),
        view.entry.version_range if view.entry else "",
        view.operation,
        _short(view.retries, 14),
        view.times.attempts.in_short("{:,.0f}".format) + "+" * view.times.is_cut,
        _budget(view),
    )


def _budget(view: StrategyView) -> str:
    """Spell a time in short, or how many calls there are where there is nothing else."""
    if view.rests_on_calls:
        return counted(round(view.times.attempts.median), "call")
    budget = view.times.budget_ms
    return "0" if budget.is_nothing else budget.in_short(milliseconds)


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[: length - 1].rstrip(' ,')}…"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    right = len(widths) - 2  # attempts and budget
    padded = (
        cell.rjust(width) if number >= right else cell.ljust(width)
        for number, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(padded)


def _group(view: StrategyView) -> tuple[str, str]:
    """Return the heading under which a strategy is listed, and a line about it."""
    if view.system is not None:
        return view.system.title, view.system.about
    if view.origin == "shipped":
        return "Tunable", "with parameters, at their defaults"
    return view.origin.capitalize(), ""


def details(view: StrategyView) -> RenderableType:
    """Return all that is known of one strategy."""
    title = Text(printable(view.name), style="bold")
    subtitle = f"{view.system.title}: {view.entry.title}" if view.system and view.entry else ""
    title.append(f"  {subtitle or f'({view.origin})'}", style="not bold dim")
    table = plain_table(show_header=False, padding=(0, 2, 0, 2))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in detail_rows(view).items():
        if value:
            table.add_row(name, Text(printable(value)))
    if view.entry is not None or not view.description:
        return Group(title, table)
    # its lines are as wide as source code; those of a terminal may be narrower
    description = Text(re.sub(r"(?<=\S)\n(?=\w|`)", " ", inspect.cleandoc(printable(view.description))))
    return Group(title, Padding(description, (0, 0, 0, 2)), table)


def detail_rows(view: StrategyView) -> dict[str, str]:
    """Return what is known of a strategy as text, by its heading; empty where nothing is known."""
    facts = {f"{key} =": _parameter(value) for key, value in view.parameters.items()}
    facts["notation"] = view.notation or ""
    facts["in words"] = " ".join(view.explanation)
    facts["retries"] = view.retries
    facts["attempts"] = _attempts(view)
    if (over := view.times_over_target) is not None:
        attempts = counted(round(over.attempts.median), "attempt")
        facts["if the target exists"] = f"{attempts}, {_spelled(over.budget_ms)}"
    if view.spec is not None and view.spec.otherwise:
        facts["then"] = " ".join(each.explanation for each in view.spec.otherwise)
    if (entry := view.entry) is not None:
        facts |= {
            "versions": entry.when,
            "applies to": _applies_to(entry),
            "primitive": entry.primitive,
            "retries in source": entry.retried,
            "differs": entry.differs,
            "note": entry.note,
            "source": entry.source,
            "verified": VERIFIED[entry.verified],
            "links": "\n".join(entry.links),
        }
    return facts


def _parameter(value: object) -> str:
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "none" if value is None else str(value)


def _applies_to(entry: CatalogueEntry) -> str:
    objects = " and ".join(_OBJECTS[each] for each in entry.objects)
    mode = "sync and async" if entry.mode == "both" else entry.mode
    return f"{_DOING[entry.operation]} {objects}, {mode}"


def _attempts(view: StrategyView) -> str:
    times = view.times
    starts = times.typical.attempts_ms
    if len(starts) == 1:
        return "1"
    shown = ", ".join(spell_number(round(ms, 3)) for ms in starts[:SHOWN_ATTEMPTS])
    if len(starts) > SHOWN_ATTEMPTS:
        shown += f" … {spell_number(round(starts[-1], 1))}"
    more = " and more" * times.is_cut
    budget = _spelled(times.budget_ms)
    if view.rests_on_calls:
        budget = assumed_calls(times.attempts.median - 1, times.attempt_cost_ms)
    text = f"{times.attempts.spelled('{:,.0f}'.format)}{more}, budget {budget}"
    text += f"; at {shown} ms{', for example' * times.is_random}"
    if times.attempt_cost_ms:
        text += f", if each takes {figures(times.attempt_cost_ms)} ms (assumed, not measured)"
    if times.waits_after_last:
        text += f"; reports the error after {_spelled(times.gave_up_ms)}"
    return text


def _spelled(values: Range) -> str:
    return "0" if values.is_nothing else values.spelled(milliseconds)
