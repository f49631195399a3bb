"""``harness new``: write down a report as a scenario file, valid at once."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer
from rich.padding import Padding
from rich.text import Text
from typer.core import TyperCommand

from harness.check.draft_trial import tried_words
from harness.cli.command_app import command_app
from harness.cli.console import console, plain_table, print_plain
from harness.errors import InvalidFilesError, InvalidInputError
from harness.holds.handles import Section, ShareName
from harness.holds.milliseconds import DAY_MS
from harness.holds.profile import HandleKind
from harness.holds.sharing_rules import DeleteSemantics
from harness.scenario.draft import OBJECTS, Draft, PayloadKind, drafted, first_sentence
from harness.scenario.json_schema import field_descriptions
from harness.scenario.load import load_scenario
from harness.scenario.operations import OPERATION_MODELS
from harness.strategy.durations import UNITS, read_ms
from harness.text import available, in_sentence, quoted

app = command_app()

_NOTHING: Final = "nothing"
_SAMPLE: Final = "https://example.org/the/report"
_TIME: Final = rf"(\d{{1,9}}(?:\.\d{{1,3}})?)\s*({'|'.join(UNITS)})"


class NewCommand(TyperCommand):
    """A command whose help says which operations and objects there are, as the models have them."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Print the options, then what they may name."""
        super().format_help(ctx, formatter)
        out = console()
        out.print(Text("What is done (--operation)", "bold"))
        table = plain_table(show_header=False)
        for kind, model in OPERATION_MODELS.items():
            table.add_row(Text(kind), Text(first_sentence(model)))
        out.print(Padding(table, (0, 0, 1, 2)))
        out.print(Text("What is held (--held)", "bold"))
        meaning = field_descriptions(HandleKind)["object"].replace("``", "")
        out.print(Padding(Text(meaning), (0, 0, 1, 2)))


@app.command(cls=NewCommand)
def new(
    file: Annotated[Path, typer.Argument(help="The file to write, such as our-report.toml.")],
    *,
    operation: Annotated[
        str, typer.Option(metavar="KIND", help="What is done, such as write-replace; see below.")
    ] = "write-replace",
    held: Annotated[
        str,
        typer.Option(metavar="OBJECT", help="What somebody has open, or `nothing`; see below."),
    ] = "source",
    share: Annotated[
        ShareName,
        typer.Option(help="What the holder lets others do: r read, w write, d delete."),
    ] = "r",
    lasts: Annotated[
        str, typer.Option(metavar="TIME", help="How long: 400ms, 20ms..2s, or forever.")
    ] = "10ms..1s",
    code: Annotated[
        list[str] | None,
        typer.Option(help="The reported error: 5, 32, EPERM, EBUSY ...; repeat for more."),
    ] = None,
    section: Annotated[
        Section | None,
        typer.Option(help="It is mapped instead: data (1224), or the image of a running program."),
    ] = None,
    strategy: Annotated[str, typer.Option(help="What the tool did: a name, or notation.")] = "plain",
    fix: Annotated[str | None, typer.Option(help="What helped, if that is known.")] = None,
    report: Annotated[str, typer.Option(metavar="URL", help="Address of the report.")] = _SAMPLE,
    title: Annotated[str | None, typer.Option(help="One line about it.")] = None,
    payload: Annotated[
        PayloadKind | None, typer.Option(help="What is laid down; by default what fits the operation.")
    ] = None,
    deletes: Annotated[
        DeleteSemantics | None,
        typer.Option(help="classic: a deleted file that is open keeps its name (145)."),
    ] = None,
    taken: Annotated[
        Literal["same", "other"] | None,
        typer.Option(help="The new name is taken (183, 80), by the same content or by other."),
    ] = None,
    other_volume: Annotated[
        bool, typer.Option("--other-volume", help="The temporary place is on another volume (17).")
    ] = False,
    read_only: Annotated[
        bool,
        typer.Option("--read-only", help="What is replaced or changed has that attribute (5)."),
    ] = False,
    symlinks: Annotated[
        Literal["allowed", "denied"],
        typer.Option(help="denied: the account may make no symbolic links (1314)."),
    ] = "allowed",
) -> None:
    """Write down a report as a scenario, ready to be checked.

    Writes a file with a comment at each thing to know, tries it in a few
    emulated blocks, and says the next command. Nothing is overwritten.

    Example: harness new theirs.toml --held target --share rw --code EPERM
    --strategy "10ms 5 retries on 5" --fix "10ms x2 within 910ms on 5"
    """
    _check_name(file)
    draft = Draft(
        title=title or first_sentence(_model(operation))[:120],
        report=report,
        operation=operation,
        payload=payload,
        held=_object(held),
        share=share,
        section=section,
        lasts_ms=_lasts_ms(lasts),
        codes=[int(each) if re.fullmatch(r"\d{1,5}", each) else each for each in code or ()],
        strategy=strategy,
        fix=fix,
        deletes=deletes,
        other_volume=other_volume,
        taken=taken,
        read_only=read_only,
        symlinks_denied=symlinks == "denied",
    )
    tried = _write(file, drafted(draft))
    out = console()
    helps = f", {in_sentence(fix)} helps." if fix else "."
    print_plain(out, f"{file} says: {in_sentence(strategy)} fails{helps}")
    for line in tried:
        print_plain(out, line)
    shown = quoted(str(file))
    print_plain(out, f"Is it so?          harness check {shown}")
    print_plain(out, f'What would help?   harness run {shown} --strategy "10ms x2 for 10s on any"')
    note = "Its comments say what to fill in; docs/how-to/report.md says which hold gives which error."
    print_plain(out, note, style="dim")


def _check_name(file: Path) -> None:
    if file.suffix != ".toml":
        raise InvalidInputError(f"{file}: a scenario is a .toml file", hint=f"Such as {file}.toml.")
    if file.exists():
        raise InvalidInputError(f"{file} exists, and is not overwritten", hint="Choose another name.")
    if not file.absolute().parent.is_dir():
        raise InvalidInputError(f"{file}: there is no folder {file.parent}")


def _model(operation: str) -> type:
    if operation not in OPERATION_MODELS:
        hint = available(operation, OPERATION_MODELS)
        raise InvalidInputError(f"--operation: no operation is called {operation!r}", hint=hint)
    return OPERATION_MODELS[operation]


def _object(held: str) -> Any:
    if held == _NOTHING:
        return None
    if held not in OBJECTS:
        hint = available(held, [*OBJECTS, _NOTHING])
        raise InvalidInputError(f"--held: no object is called {held!r}", hint=hint)
    return held


def _lasts_ms(text: str) -> tuple[float, float] | None:
    """Read ``400ms``, ``20ms..2s`` or ``forever``."""
    if text == "forever":
        return None
    match = re.fullmatch(rf"\s*{_TIME}\s*(?:\.\.\s*{_TIME}\s*)?", text)
    if match is not None:
        low = read_ms(match[1], match[2])
        high = read_ms(match[3], match[4]) if match[3] else low
        if low <= high <= DAY_MS:
            return low, high
    raise InvalidInputError(
        f"--lasts: found {text[:40]!r}; expected a time such as 400ms, a range such as 20ms..2s, or "
        "forever"
    )


def _write(file: Path, text: str) -> list[str]:
    """Write a valid scenario to a new file; return what a few emulated trials say of it.

    Raises `InvalidFilesError` for one that is not valid, `InvalidInputError` for one that cannot be run.
    """
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / file.name
        draft.write_text(text, encoding="utf-8")
        try:
            tried = tried_words(load_scenario(draft), Path(folder) / "results")
        except InvalidFilesError as error:
            hint = "`harness new --help` says what the options may name."
            raise InvalidFilesError(error.problems, not_done="written", hint=hint) from error
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError as error:
        raise InvalidInputError(f"{file} exists, and is not overwritten") from error
    return tried
