"""Make a report of runs: execute the notebooks, build all pages, replace the earlier report."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.analysis.plots import failure_against_time
from harness.errors import InvalidInputError
from harness.frames import load
from harness.record.redaction import of_this_machine
from harness.report import notebook_html, playground
from harness.report.chosen_runs import runs_in
from harness.report.contents import Contents, Section, contents_of
from harness.report.execution import Executed, OnCell, execute, is_about_runs
from harness.report.figures import inline_svg
from harness.report.folder import check, replaced
from harness.report.frontiers import denials_in
from harness.report.inputs import redacted
from harness.report.markup import Headings
from harness.report.pages import Page, Site, package_version
from harness.report.redacted_page import embedded_json, redacted_page
from harness.report.report_markdown import report_markdown

if TYPE_CHECKING:
    from harness.frames.definition import Frames

PACKAGE: Final = Path(__file__).parents[1]
ROOT: Final = PACKAGE.parent
_INSTALLED: Final = PACKAGE / "_notebooks"
NOTEBOOKS: Final = _INSTALLED if _INSTALLED.is_dir() else ROOT / "notebooks"
"""In the installed package, or in the checkout."""
ORDER: Final = (
    "explore-run",
    "compare-strategies",
    "hold-durations",
    "schedule-gallery",
    "tune-defaults",
)
"""The order of pages; notebooks that are not named come after, by name."""
ENVIRONMENT: Final = {
    # plots are drawn for a page: no window, and text stays text, which can be read out and redacted
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONWARNINGS": "ignore::DeprecationWarning",
}
INDEX: Final = Page("index.html", "Report", "Summary")
PLAYGROUND: Final = Page(
    "playground.html",
    "Playground",
    "Playground",
    "Set up a strategy with sliders; see its success rate on the holds of these runs, beside the "
    "strategies that software ships.",
)


@dataclass(frozen=True)
class Report:
    """The report that was written: its folder, its content in Markdown, and the incomplete pages."""

    folder: Path
    summary: str
    failed: tuple[tuple[str, str], ...]


def publish(
    runs: Sequence[Path],
    target: Path,
    *,
    on_cell: OnCell,
    on_step: Callable[[str], None] = lambda _: None,
    notebooks: Path = NOTEBOOKS,
) -> Report:
    """Write the report of `runs` (folders of runs, too) to the folder `target`.

    `on_cell` is called with the progress of notebooks, `on_step` with a line for each other step. An
    earlier report is replaced; any other folder is left alone.

    Raises `InvalidInputError` for a folder that is not a run, or where `target` is not a report.
    """
    check(target)
    found = runs_in(runs)
    paths = sorted(filter(is_about_runs, notebooks.glob("*.ipynb")), key=_order)
    if not paths:
        raise InvalidInputError(
            f"there are no notebooks in {notebooks}",
            hint="--notebooks takes the folder of the project's own, or of yours.",
        )
    on_step(f"Reading {', '.join(run.name for run in found)}")
    redaction = of_this_machine(found)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as copies:
        shown = redacted(found, redaction, Path(copies))
        frames = load(shown)
        contents = contents_of(frames, denials_in(shown))
        parameters = {"runs": [str(run.resolve()) for run in shown]}
        executed = execute(
            paths, parameters, folder=Path(folder), on_cell=on_cell, environment=_environment(folder)
        )
    on_step("Writing the pages")
    markdown = redaction.text(report_markdown(contents))
    pages = _pages(frames, contents, executed)
    with replaced(target) as new:
        for name, text in pages.items():
            page = redacted_page(text, redaction)
            (new / name).write_text(page, encoding="utf-8", newline="\n")
        (new / "summary.md").write_text(markdown, encoding="utf-8", newline="\n")
    failed = tuple((one.name, redaction.text(one.failed)) for one in executed if one.failed)
    return Report(target, markdown, failed)


def _order(path: Path) -> tuple[int, str]:
    return (ORDER.index(path.stem) if path.stem in ORDER else len(ORDER), path.stem)


def _environment(folder: str) -> dict[str, str]:
    """Environment variables of the kernels, which use this same harness and keep the text of figures."""
    path = Path(folder, "matplotlibrc")
    path.write_text("svg.fonttype: none\n", encoding="utf-8")
    python_path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**ENVIRONMENT, "MATPLOTLIBRC": str(path), "PYTHONPATH": python_path}


def _pages(frames: Frames, contents: Contents, executed: Sequence[Executed]) -> dict[str, str]:
    """The text of each file."""
    bodies: dict[Page, str] = {}
    failed: list[tuple[str, str]] = []
    for one in executed:
        headings = Headings()
        body = notebook_html.body(one.notebook, headings)
        short = one.name.replace("-", " ").capitalize()
        page = Page(f"{one.name}.html", headings.title or one.name, short, _about(one))
        bodies[page] = body
        if one.failed:
            failed.append((page.title, one.failed))
    site = Site([INDEX, *bodies, PLAYGROUND], contents, package_version())
    pictures = [
        inline_svg(_picture(section), f"c{number}-") for number, section in enumerate(contents.sections)
    ]
    data = embedded_json(playground.page_data(frames))
    return {
        INDEX.file: site.index(INDEX, failed, pictures),
        **{page.file: site.notebook(page, body) for page, body in bodies.items()},
        PLAYGROUND.file: site.playground(PLAYGROUND, data, playground.JITTERED),
    }


def _picture(section: Section) -> str:
    case = section.case
    return failure_against_time(case.variants, f"{case.scenario} under {case.profile}").svg()


def _about(one: Executed) -> str:
    """The question that a notebook opens with: the first sentence after its title, as plain text."""
    for cell in one.notebook.cells:
        if cell.cell_type == "markdown":
            paragraphs = re.split(r"\n\s*\n", re.sub(r"(?m)^#.*$", "", cell.source).strip())
            text = re.sub(r"\[([^]]*)\]\([^)]*\)|[*`]", r"\1", " ".join(paragraphs[0].split()))
            if sentence := re.match(r".*?[.?!](?=\s|$)|.+", text):
                return sentence[0]
    return ""
