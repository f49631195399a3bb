"""Make a report of runs: execute the notebooks, put all pages together, and swap them in at the end."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.errors import InvalidInputError
from harness.frames import load
from harness.record.redaction import embedded_json, of_this_machine
from harness.report import notebook_html, playground
from harness.report.execution import execute
from harness.report.folder import check, replaced
from harness.report.inputs import redacted
from harness.report.markup import Heading, Headings
from harness.report.pages import Page, Site
from harness.report.report_markdown import summary_markdown
from harness.report.report_summary import plain, summarise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from harness.frames.definition import Frames
    from harness.record.redaction import Redaction
    from harness.report.execution import Executed, Told
    from harness.report.report_summary import Summary

ROOT: Final = Path(__file__).parents[2]
NOTEBOOKS: Final = ROOT / "notebooks"
REFERENCE: Final = ROOT / "results" / "reference"
ORDER: Final = ("explore-run", "compare-strategies", "hold-durations", "schedule-gallery")
"""Pages come in this order; notebooks that are not named come after, by name."""
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
    "Set up a policy with sliders; see which of these holds it would survive, beside what is shipped.",
)


@dataclass(frozen=True)
class Report:
    """What was written: its folder, its summary in Markdown, and the pages that are not complete."""

    folder: Path
    summary: str
    failed: tuple[tuple[str, str], ...]


def publish(
    runs: Sequence[Path],
    target: Path,
    *,
    told: Told,
    said: Callable[[str], None] = lambda _: None,
    notebooks: Path = NOTEBOOKS,
) -> Report:
    """Write the report of `runs` to the folder `target`.

    Without runs, of those that ship in ``results/reference``. `told` hears how the notebooks go on,
    `said` a line for each other step. A report that is there is replaced; anything else is left alone.
    Raises `InvalidInputError` for what is no run, or where `target` is no report.
    """
    check(target)
    found = runs_in(runs or [REFERENCE])
    paths = sorted(notebooks.glob("*.ipynb"), key=_place)
    if not paths:
        raise InvalidInputError(
            f"there are no notebooks in {notebooks}",
            hint="Reports are made in a checkout of the project: python -m nox -s report",
        )
    said(f"Reading {', '.join(run.name for run in found)}")
    redaction = of_this_machine(found)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as copies:
        shown = redacted(found, redaction, Path(copies))
        frames = load(shown)
        summary = summarise(frames)
        parameters = {"runs": [str(run.resolve()) for run in shown]}
        executed = execute(
            paths, parameters, folder=Path(folder), told=told, environment=_environment(folder)
        )
    said("Writing the pages")
    markdown = redaction.text(summary_markdown(summary))
    pages = _pages(frames, summary, executed)
    with replaced(target) as new:
        for name, text in pages.items():
            (new / name).write_text(redaction.html(text), encoding="utf-8", newline="\n")
        (new / "summary.md").write_text(markdown, encoding="utf-8", newline="\n")
    return Report(target, markdown, _failed(executed, redaction))


def runs_in(paths: Iterable[Path]) -> list[Path]:
    """The runs at `paths`, which are runs or folders of runs.

    Raises `InvalidInputError` for a path that is neither.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            raise InvalidInputError(
                f"{path} is no run: there is no such folder", hint="Runs are the folders in results/."
            )
        below = sorted(each.parent for each in path.glob("*/manifest.json"))
        found += [path] if (path / "manifest.json").exists() or not below else below
    return list(dict.fromkeys(found))


def _place(path: Path) -> tuple[int, str]:
    return (ORDER.index(path.stem) if path.stem in ORDER else len(ORDER), path.stem)


def _environment(folder: str) -> dict[str, str]:
    """Of the kernels; a style sheet for plots, which a notebook that asks for another still has."""
    path = Path(folder, "matplotlibrc")
    path.write_text("svg.fonttype: none\n", encoding="utf-8")
    return {**ENVIRONMENT, "MATPLOTLIBRC": str(path), "PYTHONPATH": _python_path()}


def _python_path() -> str:
    """The harness that makes the report is the one that its notebooks import."""
    return os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))


def _pages(frames: Frames, summary: Summary, executed: Sequence[Executed]) -> dict[str, str]:
    """Each file with its text."""
    bodies: list[tuple[Page, str, Headings]] = []
    for one in executed:
        headings = Headings()
        body = notebook_html.body(one.notebook, headings)
        title = headings.title or one.name
        page = Page(f"{one.name}.html", title, _short(one.name), _about(one))
        bodies.append((page, body, headings))
    site = Site(
        [INDEX, *(page for page, _, _ in bodies), PLAYGROUND],
        subtitle=summary.title,
        claims=[plain(note.phrase) for note in summary.claims],
        version=_version(),
    )
    both = zip(bodies, executed, strict=True)
    failed = [(page.title, one.failed) for (page, _, _), one in both if one.failed]
    data = playground.page_data(frames)
    return {
        INDEX.file: site.index(INDEX, _index_headings(summary, failed), summary=summary, failed=failed),
        **{page.file: site.notebook(page, body, headings.listed) for page, body, headings in bodies},
        PLAYGROUND.file: site.playground(
            PLAYGROUND, _PLAYGROUND_HEADINGS, embedded_json(data), playground.JITTERED
        ),
    }


_PLAYGROUND_HEADINGS: Final = [
    Heading(2, name.lower().replace(" ", "-"), name)
    for name in ("Your policy", "What it would do", "Beside what is shipped", "How it is computed")
]


def _index_headings(summary: Summary, failed: Sequence[object]) -> list[Heading]:
    headings = [Heading(2, "in-short", "In short")]
    if failed or summary.warnings:
        headings.append(Heading(2, "before-you-read-on", "Before you read on"))
    headings += [Heading(2, "pages", "Pages"), Heading(2, "cases", "Results")]
    headings += [
        Heading(3, f"case-{number}", plain(case.name[:3]))
        for number, case in enumerate(summary.cases, 1)
    ]
    return [*headings, Heading(2, "what-was-run", "What was run")]


def _short(name: str) -> str:
    return name.replace("-", " ").capitalize()


def _about(one: Executed) -> str:
    """The question that a notebook opens with: the first sentence after its title, without marks."""
    for cell in one.notebook.cells:
        if cell.cell_type == "markdown":
            paragraphs = re.split(r"\n\s*\n", re.sub(r"(?m)^#.*$", "", cell.source).strip())
            text = re.sub(r"\[([^]]*)\]\([^)]*\)|[*`]", r"\1", " ".join(paragraphs[0].split()))
            if sentence := re.match(r".*?[.?!](?=\s|$)|.+", text):
                return sentence[0]
    return ""


def _failed(executed: Sequence[Executed], redaction: Redaction) -> tuple[tuple[str, str], ...]:
    return tuple((one.name, redaction.text(one.failed)) for one in executed if one.failed)


def _version() -> str:
    try:
        return version("persist-harness")
    except PackageNotFoundError:
        return "(not installed)"
