"""Write the comparison of two runs as one page: offline, redacted, with nothing beside it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness.analysis.plots import failure_rates_of_two
from harness.record.read import read_run
from harness.record.redaction import of_this_machine
from harness.report.figures import inline_svg
from harness.report.inputs import redacted
from harness.report.one_page import check_target, write_one_page
from harness.report.pages import GivenAbout, Page, Site, package_version
from harness.summary.compare_runs import compare_runs
from harness.summary.notes import CLAIMS, Note
from harness.summary.phrase import Value
from harness.text import printable

if TYPE_CHECKING:
    from harness.summary.run_comparison import RunComparison


def write_comparison(runs: tuple[Path, Path], target: Path) -> None:
    """Compare the second of two runs with the first on a page at `target`.

    An earlier page of the harness is replaced. Raises as `check_target`.
    """
    check_target(target)
    redaction = of_this_machine(runs)
    with tempfile.TemporaryDirectory() as copies:
        first, second = (read_run(run) for run in redacted(runs, redaction, Path(copies)))
        compared = compare_runs(first, second)
    page = Page(printable(target.name), "Two runs compared", "Summary")
    site = Site([page], _about(compared), package_version())
    picture = inline_svg(failure_rates_of_two(compared).svg(), "r-")
    write_one_page(site.comparison(page, compared, picture), target, redaction)


def _about(compared: RunComparison) -> GivenAbout:
    first, second = compared.first, compared.second
    platforms = dict.fromkeys((first.platform, second.platform))
    return GivenAbout(
        title=("Run ", Value(second.run), " compared with ", Value(first.run)),
        about=f"{second.trials:,} trials of the second run, {first.trials:,} of the first.",
        claims=[Note((CLAIMS[name],)) for name in platforms],
    )
