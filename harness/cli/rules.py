"""``harness rules``: the sharing rules of Windows, documented and seen, and what users add to them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Group, RenderableType
from rich.text import Text

from harness.cli.command_app import command_app
from harness.cli.console import AsJson, console, plain_table, print_json, print_plain
from harness.record.seen_rules import (
    RulesReport,
    SeenOn,
    add_seen,
    read_seen,
    rules_report,
    seen_folder,
)
from harness.text import counted, printable

app = command_app()


@app.callback(invoke_without_command=True)
def rules(context: typer.Context, as_json: AsJson = False) -> None:
    """Show the sharing rules of Windows, documented and seen.

    `harness rules add FILE` adds what a machine answered to a self-test:
    `harness doctor --self-test --send FILE` writes such a file there.
    """
    if context.invoked_subcommand is not None:
        return
    report = rules_report(read_seen())
    if as_json:
        print_json(report)
    else:
        console().print(rules_table(report))


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(help="Files that a self-test wrote with --send.")],
) -> None:
    """Add what machines answered: all files, or none if one is wrong."""
    to = console()
    for path, added in zip(files, add_seen(files), strict=True):
        what = f"{counted(added.cases, 'case')} seen on {added.machine.system}"
        more = f"; {added.unknown:,} of another version of the table left out" if added.unknown else ""
        print_plain(to, f"{path}: {what}{more}{'' if added.is_new else '; was there already'}")
    print_plain(to, f"Kept in {seen_folder()}. Next: `harness rules`.", style="dim")


def rules_table(report: RulesReport) -> RenderableType:
    """The answer, then the rules as a table."""
    table = plain_table()
    for column in ("rule", "case", "documented", "seen"):
        table.add_column(column, overflow="fold", no_wrap=column == "rule")
    for rule in report.rules:
        odd = any(seen.differs and seen.system.startswith("Windows") for seen in rule.seen)
        table.add_row(
            str(rule.rule),
            f"{rule.case}: {', '.join(rule.calls)}",
            " or ".join(map(str, rule.documented)) + ("" if rule.verified else " (unverified)"),
            Text("\n".join(_seen(each) for each in rule.seen), style="bold red" if odd else ""),
        )
    notes = "Win32 codes; 0 is success. Where Wine is known to differ: --json."
    return Group(Text(printable(report.answer), style="bold"), Text(), table, Text(notes, style="dim"))


def _seen(seen: SeenOn) -> str:
    codes = ", ".join(
        codes if len(seen.codes) == 1 else f"{codes} ({n}x)" for codes, n in seen.codes.items()
    )
    differs = "differs: " if seen.differs else ""
    times = f", {seen.machines} machines" if seen.machines > 1 else ""
    return printable(f"{differs}{codes} on {seen.system}, {seen.file_system}{times}")
