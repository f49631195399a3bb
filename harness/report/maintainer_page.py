"""The maintainer's page: for one tool, what its default does, what to change, why, and at what price."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.record.redaction import Redaction, of_this_machine
from harness.report.figures import inline_svg
from harness.report.one_page import check_target, write_one_page
from harness.report.pages import GivenAbout, Page, Site, package_version
from harness.strategy.explain import explained
from harness.strategy.notation import parse
from harness.summary.columns import TextTable
from harness.summary.notes import Note
from harness.summary.phrase import Value
from harness.text import joined, milliseconds, percent, printable, quoted
from harness.tune.answers import answers
from harness.tune.plots import frontier

if TYPE_CHECKING:
    from harness.summary.phrase import Part
    from harness.tune.tuning import Tuning

_MODEL: Final = "A model: exact for these holds, and no measurement."
_OPERATIONS: Final = 84
"""Operations of an install, where none were asked for: the builds of text-to-cad#274."""


def write_maintainer_page(
    found: Tuning, tool: str, command: str, target: Path, runs: Sequence[Path] = ()
) -> None:
    """Write the page for `tool` at `target`; `command` is what was asked.

    An earlier page of the harness is replaced. Raises as `check_target`.
    """
    check_target(target)
    text = maintainer_page(found, tool, command, printable(target.name))
    write_one_page(text, target, of_this_machine(runs) if runs else Redaction())


def maintainer_page(found: Tuning, tool: str, command: str, file: str) -> str:
    """Return the page as HTML that needs nothing else."""
    page = Page(file, f"{tool}: how long, how often, on which errors to retry", "Summary")
    about = GivenAbout(
        title=(Value(tool), ": how long, how often, on which errors to retry"),
        about=f"Under {found.holds.source}.",
        claims=[] if found.certainty else [Note((_MODEL,))],
    )
    picture = frontier(found, "proposed", "")
    return Site([page], about, package_version()).page(
        "maintainer.html",
        page,
        recommended=found.recommended.strategy,
        conditional=found.holds.conditional,
        sentences=list(answers(found)),
        changes=_changes(found),
        explained=explained(parse(found.recommended.strategy, longest=1000)),
        codes=_codes(found),
        unseen=joined([str(each.code) for each in found.codes if not each.share]),
        price=_price(found),
        command=command,
        predict=f"harness predict {quoted(found.recommended.strategy)}",
        picture=inline_svg(picture.svg(), "m-"),
    )


def _changes(found: Tuning) -> TextTable:
    held = found.holds.held
    rows: list[tuple[Part, ...]] = [
        (
            Value(f"{each.name} now"),
            Value(each.notation),
            f"{percent(each.outcome.failure)} %",
            milliseconds(each.outcome.wait_ms / held),
            milliseconds(each.outcome.denied_ms),
            str(each.attempts),
        )
        for each in found.today
    ]
    chosen = found.recommended.schedule
    rows.append(
        (
            "proposed",
            Value(found.recommended.strategy),
            f"{percent(chosen.outcome.failure)} %",
            milliseconds(chosen.outcome.wait_ms / held),
            milliseconds(chosen.outcome.denied_ms),
            str(len(chosen.attempts_ms)),
        )
    )
    heads = ("default", "strategy", "failing", "wait", "permanent denial", "attempts")
    return TextTable(heads, rows, (True, True, False, False, False, False))


def _codes(found: Tuning) -> TextTable:
    rows: list[tuple[Part, ...]] = [
        (
            str(each.code or "not known"),
            "retry" if each.is_retried else "report at once",
            f"{percent(each.share)} %",
            f"{percent(each.gain)} %",
            Value(each.permanent),
        )
        for each in found.codes
        if each.share
    ]
    heads = ("error", "", "of held", "gained", "permanent where")
    return TextTable(heads, rows, (True, True, False, False, True))


def _price(found: Tuning) -> TextTable:
    number = found.install.operations if found.install else _OPERATIONS
    defaults = [(f"{each.name} now", each.outcome.denied_ms) for each in found.today]
    defaults.append(("proposed", found.recommended.schedule.outcome.denied_ms))
    rows: list[tuple[Part, ...]] = [
        (Value(name), milliseconds(ms), milliseconds(number * ms)) for name, ms in defaults
    ]
    heads = ("default", "one operation", f"all {number} of an install")
    return TextTable(heads, rows, (True, False, False))
