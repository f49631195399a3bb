"""``harness doctor --self-test``: make the self-test where its platform is, and print what it found.

The answer comes first. Then each check has its line, and what is not as expected is shown in full.
"""

from __future__ import annotations

import sys
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from harness.cli.console import console, print_plain
from harness.platform.registry import get_platform
from harness.platform.self_test.report import CheckResult, Finding, SelfTestReport, Verdict
from harness.platform.self_test.session import self_test
from harness.record.redaction import of_this_machine
from harness.record.sent_self_test import composed
from harness.text import joined, printable, size
from harness.wine.self_test import self_test_under_wine

MARKS: Final[dict[Verdict, tuple[str, str]]] = {
    "as expected": ("ok", "green"),
    "known": ("known of Wine", "cyan"),
    "differs": ("differs", "bold red"),
    "open": ("seen", "yellow"),
    "not asked": ("not asked", "dim"),
    "out of time": ("out of time", "bold yellow"),
}
"""The word of each verdict, and its style."""


def tested_on(platform_name: str, location: str | None) -> SelfTestReport:
    """Make the self-test on a platform; progress goes to standard error."""
    to = console(stderr=True)

    def announce(line: str) -> None:
        print_plain(to, line, style="dim")

    if platform_name == "wine" and sys.platform == "linux":
        return self_test_under_wine(location, announce)

    def after(check: CheckResult) -> None:
        announce(f"{check.seconds:5.1f} s  {check.name}: {_counted(check)}")

    with closing(get_platform(platform_name)) as platform:
        folder = Path(tempfile.gettempdir()) if location is None else platform.find_folder(location)
        return self_test(platform, folder, after)


def print_report(report: SelfTestReport, to: Console) -> None:
    """Print the answer, then the checks."""
    machine = report.machine
    to.print(Text(printable(report.answer), style="bold"))
    to.print(Text(printable(report.rules)))
    facts = [machine.system, machine.architecture, f"Python {machine.python}"]
    if machine.platform != "emulated":
        facts.append(f"{machine.file_system} (flags {machine.volume_flags})")
    to.print(Text(printable(f"{', '.join(facts)}; {_time(report)}"), style="dim"))
    for check in report.checks:
        to.print()
        to.print(Text(printable(f"{check.title} {_counted(check)}"), style="bold"))
        shown = [finding for finding in check.findings if _is_shown(finding, check)]
        for finding in shown:
            to.print(_lines(finding))
        if check.more_as_administrator and not machine.elevated:
            more = f"As administrator: {check.more_as_administrator}"
            to.print(Padding(Text(printable(more), style="dim"), (0, 0, 0, 2)))


def write_to_send(report: SelfTestReport, path: Path) -> None:
    """Write the file that a user may send, and say what is in it, to standard error."""
    content, contents = composed(report, of_this_machine().text)
    with path.open("xb") as file:
        file.write(content)
    to = console(stderr=True)
    print_plain(to, f"{path}: {size(len(content))}. Nothing was sent. In it:")
    for line in contents:
        print_plain(to, f"- {line}")


def _is_shown(finding: Finding, check: CheckResult) -> bool:
    """Whether a finding has lines of its own: all of a short check; of a long one what is special."""
    special = finding.verdict in {"differs", "open", "out of time"}
    return special or len(check.findings) <= 20  # noqa: PLR2004 - a screen


def _lines(finding: Finding) -> Padding:
    word, style = MARKS[finding.verdict]
    text = Text()
    text.append(f"{word}  ", style=style)
    text.append(printable(f"{finding.what}: {finding.found}"))
    text.append(printable(f" (expected: {finding.expected})"), style="dim")
    if finding.verdict in {"differs", "open"}:
        text.append(printable(f" A difference means: {finding.means}"))
    return Padding(text, (0, 0, 0, 2))


def _counted(check: CheckResult) -> str:
    counts = Counter(MARKS[finding.verdict][0] for finding in check.findings)
    return joined([f"{count} {word}" for word, count in counts.items()]) or "nothing to ask"


def _time(report: SelfTestReport) -> str:
    return f"{sum(check.seconds for check in report.checks):.0f} s"
