"""``harness cache``: what is kept for later runs, how large and what for, and how to remove it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_json, print_plain
from harness.errors import InvalidInputError
from harness.payload.cache import cache_folder
from harness.payload.kept import Kept, KeptKind, kept_archives, remove_archives
from harness.text import available, counted, joined, printable, quoted, size
from harness.wine.kept_lane import kept_by_wine, remove_wine

app = command_app()

SMALL_BYTES: Final = 1_000_000
"""What is smaller is counted, not named."""
REMOVE: Final[dict[KeptKind, Callable[[Path], None]]] = {
    "archives": remove_archives,
    "wine": remove_wine,
}


@dataclass(frozen=True)
class KeptPart:
    """One thing in the cache."""

    kind: KeptKind
    """``archives`` or ``wine``: what `harness cache clean` takes."""
    what: str
    """What it is."""
    path: str
    """Where it is."""
    bytes: int
    """Bytes on the disk."""


@dataclass(frozen=True)
class CacheReport:
    """The JSON of ``harness cache --json``."""

    schema: Literal[1] = field(default=1, init=False)
    """Version of the format."""
    folder: str
    """Folder of the cache."""
    bytes: int
    """Bytes on the disk of all parts."""
    parts: list[KeptPart]
    """What is kept, the largest of each kind first."""


@app.callback(invoke_without_command=True)
def cache(context: typer.Context, as_json: AsJson = False) -> None:
    """Show what is kept for later runs, and remove it.

    `harness cache clean` removes it.

    Archives are those that scenarios pin by hash; a run without them takes them
    from the package index again. The Wine lane is made again by the next run
    under Wine. HARNESS_CACHE chooses another folder.
    """
    if context.invoked_subcommand is not None:
        return
    parts = kept()
    if as_json:
        print_json(report(parts))
    else:
        console().print(table(parts))


@app.command()
def clean(
    kinds: Annotated[
        list[str] | None,
        typer.Argument(metavar="[KIND...]", help="archives or wine; by default both."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Remove what is kept. Asks before, unless --yes is given.

    Removes only what the harness itself has put there, and no results.
    """
    asked = [_kind(name) for name in kinds or REMOVE]
    parts = [part for part in kept() if part.kind in asked]
    chosen = list(dict.fromkeys(part.kind for part in parts))
    if not parts:
        print_plain(console(), f"Nothing to remove in {cache_folder()}.")
        return
    what = f"{size(sum(part.bytes for part in parts))} of {joined(chosen)}"
    if not yes:
        _ask(f"Remove {what} from {quoted(str(cache_folder()))}?")
    for kind in chosen:
        REMOVE[kind](cache_folder())
    print_plain(console(), f"Removed {what}. Runs that need it fetch or make it again.")


def kept() -> list[Kept]:
    """All that is kept, by kind."""
    folder = cache_folder()
    return [*kept_archives(folder), *kept_by_wine(folder)]


def report(parts: Sequence[Kept]) -> CacheReport:
    """Spell what is kept for programs."""
    return CacheReport(
        folder=str(cache_folder()),
        bytes=sum(part.bytes for part in parts),
        parts=[KeptPart(part.kind, part.what, str(part.path), part.bytes) for part in parts],
    )


def table(parts: Sequence[Kept]) -> RenderableType:
    """The answer, then one row for each thing that is kept."""
    where = printable(str(cache_folder()))
    if not parts:
        return Text(f"Nothing is kept in {where}.")
    total = size(sum(part.bytes for part in parts))
    rows = plain_table()
    rows.add_column("kind", no_wrap=True)
    rows.add_column("size", justify="right", no_wrap=True)
    rows.add_column("what", overflow="fold")
    rows.add_column("name", overflow="ellipsis", no_wrap=True, max_width=24)
    for part in parts:
        if part.bytes >= SMALL_BYTES:
            rows.add_row(part.kind, size(part.bytes), Text(printable(part.what)), Text(part.path.name))
    if small := [part.bytes for part in parts if part.bytes < SMALL_BYTES]:
        rows.add_row("", size(sum(small)), counted(len(small), "small part"))
    note = "`harness cache clean` removes it; runs that need it fetch or make it again."
    answer = f"{total} are kept in {where}."
    return Group(Text(answer, style="bold"), Text(), rows, Text(), Text(note, style="dim"))


def _kind(name: str) -> KeptKind:
    known = next((kind for kind in REMOVE if kind == name), None)
    if known is None:
        raise InvalidInputError(f"nothing is kept as {name!r}", hint=available(name, REMOVE))
    return known


def _ask(question: str) -> None:
    """Ask on a terminal. Raises `InvalidInputError` where nobody could answer."""
    if not _can_ask():
        raise InvalidInputError(
            f"{question} Nobody can be asked here", hint="Add --yes to remove it without a question."
        )
    typer.confirm(printable(question), abort=True)


def _can_ask() -> bool:
    return sys.stdin.isatty()
