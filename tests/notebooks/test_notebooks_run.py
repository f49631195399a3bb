"""Every notebook makes a page of any run: an empty one, one trial, only failures, two platforms.

On the reference run each is executed as users and reports do it, in a kernel of its own (nbclient). On
the others its code cells run in this process, in IPython's shell: the same code and the same display,
without 16 more kernels, and with warnings as errors.
"""

from __future__ import annotations

import asyncio
import html
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from nbclient import NotebookClient
from record_lab import change_manifest, lines_of, write_lines
from reproduction_lab import outcome, release
from scenario_lab import LAUNCHER

from harness import load_scenario, run_scenarios
from harness.analysis.notebook import choose, choose_schedules
from harness.frames import load
from harness.reproduce.kept_outcomes import KeptOutcomes
from harness.strategy.lookup import listed

if TYPE_CHECKING:
    from harness.analysis.selection import Case

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
NAMES = ("explore-run", "compare-strategies", "hold-durations", "schedule-gallery", "tune-defaults")
OF_RUNS = NAMES[:3]

SCENARIO = """
schema = 2
title = "A scenario of the notebooks' tests"
about = "One launcher, written and put in place."
reports = ["https://github.com/astral-sh/uv/issues/9531"]
blocks = {blocks}
profiles = ["{profile}"]
strategies = {strategies}
{launcher}"""


@dataclass(frozen=True)
class Page:
    """What a notebook shows: its words and its figures."""

    text: str
    figures: tuple[str, ...]
    streams: tuple[str, ...] = ()


def _page(bundles: list[Mapping[str, Any]], streams: tuple[str, ...] = ()) -> Page:
    words = [html.unescape(re.sub(r"<[^>]+>", " ", each.get("text/html", ""))) for each in bundles]
    figures = tuple(each["image/svg+xml"] for each in bundles if "image/svg+xml" in each)
    return Page(" ".join(" ".join(words).split()), figures, streams)


def _sources(name: str) -> list[tuple[str, bool]]:
    """The code cells of a notebook, each with whether it holds the parameters."""
    cells = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4).cells
    return [
        (cell.source, "parameters" in cell.metadata.get("tags", ()))
        for cell in cells
        if cell.cell_type == "code"
    ]


@pytest.fixture(scope="module")
def executed() -> dict[str, Page]:
    """All notebooks as they are, each in a kernel of its own, two at a time."""

    async def execute_all() -> list[Page]:
        at_once = asyncio.Semaphore(2)
        return await asyncio.gather(*(_execute(name, at_once) for name in NAMES))

    return dict(zip(NAMES, asyncio.run(execute_all()), strict=True))


async def _execute(name: str, at_once: asyncio.Semaphore) -> Page:
    notebook = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)
    where = {"metadata": {"path": str(NOTEBOOKS)}}
    async with at_once:
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources=where)
        await client.async_execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    streams = tuple(output.text for output in outputs if output.output_type == "stream")
    return _page([output.data for output in outputs if "data" in output], streams)


@pytest.mark.parametrize("name", NAMES)
def test_on_the_reference_run_nothing_is_said_beside_the_page(
    executed: dict[str, Page], name: str
) -> None:
    assert executed[name].streams == ()
    assert executed[name].figures


def test_the_reference_run_is_explored(executed: dict[str, Page]) -> None:
    page = executed["explore-run"]
    assert "script-install under cloud-verdict, emulated" in page.text
    assert "plain failed 20 of 20: at least 83.8 %" in page.text
    assert len(page.figures) == 4 * 3


def test_every_figure_of_a_run_says_where_it_is_from(executed: dict[str, Page]) -> None:
    for name in OF_RUNS:
        for figure in executed[name].figures:
            words = " ".join(re.findall(r"<text[^>]*>([^<]*)<", figure))
            assert "emulated" in words
            assert re.search(r"\d+ trials?", words)
            assert "assumed" in words


def test_strategies_are_compared_with_the_one_to_take(executed: dict[str, Page]) -> None:
    text = executed["compare-strategies"].text
    assert text.count("Compared with graceful-fs-60s.") == 2
    assert "Fails more often: plain, 100ms 10 retries, pip-replace." in text
    assert "undecided: exponential" in text


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Path]]:
    """Real runs, small; the one of Wine is a copy that says so."""
    folder = tmp_path_factory.mktemp("runs")

    def run(name: str, *, blocks: int, profile: str, strategies: list[str]) -> Path:
        path = folder / f"{name}.toml"
        text = SCENARIO.format(
            blocks=blocks, profile=profile, strategies=json.dumps(strategies), launcher=LAUNCHER
        )
        path.write_text(text, encoding="utf-8")
        made = run_scenarios([load_scenario(path)], platform="emulated", results=folder / name, seed=1)
        return made.folder

    failing = ["plain", "100ms 3 retries"]
    some = run("some", blocks=3, profile="brief", strategies=["plain", "exponential", "graceful-fs-60s"])
    empty = folder / "empty"
    shutil.copytree(some, empty)
    (empty / "journal.jsonl").write_bytes(b"")
    wine = folder / "wine"
    shutil.copytree(some, wine)
    write_lines(wine, [{**line, "run": "wine", "platform": "wine"} for line in lines_of(wine)])
    change_manifest(wine, run="wine", platform="wine", platform_facts={"wine": "9.0", "rules": "ntfs"})
    return {
        "empty": [empty],
        "one trial": [run("one", blocks=1, profile="none", strategies=["plain"])],
        "all failed": [run("failed", blocks=2, profile="cloud-verdict", strategies=failing)],
        "mixed platforms": [some, wine],
    }


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """IPython's shell, which has no types."""
    monkeypatch.chdir(NOTEBOOKS)
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


def _run_cells(shell: Any, name: str, **parameters: object) -> Page:
    """Run the code cells of a notebook with `parameters` set after its own."""
    shell.reset()
    with capture_output() as captured:
        for source, is_parameters in _sources(name):
            shell.run_cell(source, silent=True).raise_error()
            if is_parameters:
                assert set(parameters) <= set(shell.user_ns)
                shell.push(parameters)
    streams = tuple(filter(None, (captured.stdout, captured.stderr)))
    return _page([output.data for output in captured.outputs], streams)


def _pages(shell: Any, runs: list[Path], **parameters: object) -> dict[str, Page]:
    given = {"runs": [str(run) for run in runs], **parameters}
    return {name: _run_cells(shell, name, **given) for name in OF_RUNS}


def test_an_empty_run_gives_sentences(shell: Any, runs: dict[str, list[Path]]) -> None:
    for page in _pages(shell, runs["empty"]).values():
        assert "No trial was run, so there is nothing to see yet." in page.text
        assert page.figures == ()
        assert page.streams == ()


def test_one_trial_gives_a_page(shell: Any, runs: dict[str, list[Path]]) -> None:
    pages = _pages(shell, runs["one trial"])
    assert "plain 0/1 0 [0-79.4] 0.3 ms" in pages["explore-run"].text
    assert "plain is the only one here" in pages["compare-strategies"].text
    assert "No operation was blocked" in pages["hold-durations"].text
    for page in pages.values():
        assert page.figures
        assert page.streams == ()


def test_only_failures_give_a_page(shell: Any, runs: dict[str, list[Path]]) -> None:
    pages = _pages(shell, runs["all failed"])
    explored = pages["explore-run"].text
    assert "100ms 3 retries 2/2 100 [34.2-100]" in explored
    assert "Answer: " in explored
    assert "Fails every time, as does plain: 100ms 3 retries." in pages["compare-strategies"].text
    assert "No block in which both succeeded, so no time to compare: 100ms 3 retries." in (
        pages["compare-strategies"].text
    )
    assert "0 succeeded in the end, 2 did not" in pages["hold-durations"].text
    for page in pages.values():
        assert page.figures
        assert page.streams == ()


def test_platforms_have_sections_of_their_own(shell: Any, runs: dict[str, list[Path]]) -> None:
    for page in _pages(shell, runs["mixed platforms"]).values():
        assert "These are runs of 2 platforms: emulated, wine." in page.text
        assert "some under brief, emulated" in page.text
        assert "some under brief, wine (ntfs rules), antivirus" in page.text
        said = [("emulated," in figure, "wine (ntfs rules)," in figure) for figure in page.figures]
        assert sorted(set(said)) == [(False, True), (True, False)]
        assert page.streams == ()


def test_schedules_are_those_of_the_run(shell: Any, runs: dict[str, list[Path]]) -> None:
    page = _run_cells(shell, "schedule-gallery", runs=[str(runs["all failed"][0])])
    assert "1 of 2 retry. Of these, 100ms 3 retries makes its last attempt first, after 300 ms" in (
        page.text
    )
    assert "100ms 3 retries" in page.figures[0]
    assert "git-mingw-rename" in page.figures[1]
    assert page.streams == ()


def test_named_schedules_are_drawn_and_unknown_names_are_said(shell: Any) -> None:
    page = _run_cells(shell, "schedule-gallery", runs=[], strategies=["10ms x2 for 1s", "no such thing"])
    assert "no such thing" in page.text
    assert "10ms x2 for 1s" in page.figures[0]
    assert "no such thing" not in page.figures[0]


def test_attempts_of_real_programs_are_drawn_era_by_era(shell: Any, tmp_path: Path) -> None:
    before, since = release("1.0", "failed", [0.0], []), release("1.1", "ok", [0.0], [100.0])
    keep = KeptOutcomes(tmp_path)
    for each in (before, since):
        keep.put(outcome(each, name="changed-tool"))
        keep.put(outcome(release(each.version), name="native-tool"))
        keep.put(outcome(release(each.version), name="tool-for-windows", lab="wine"))
    page = _run_cells(shell, "reproductions", reproductions=str(tmp_path))
    assert "changed-tool: A tool 1.0: failed, 1 attempt, denied. 1.1: ok, 2 attempts" in page.text
    assert len(page.figures) == 4
    assert "native-tool" in page.figures[1]
    assert "tool-for-windows" in page.figures[2]
    assert "under Wine" in page.figures[2]
    assert "How long write paths are tried again" in page.figures[3]
    assert page.streams == ()


def test_without_outcomes_the_notebook_says_how_to_make_some(shell: Any, tmp_path: Path) -> None:
    given = {"reproductions": str(tmp_path), "atlas": str(tmp_path)}
    page = _run_cells(shell, "reproductions", **given)
    assert "`harness reproduce --keep FOLDER` makes some" in page.text
    assert "`harness probe --atlas FOLDER` makes some" in page.text
    assert "No write path is tried again." in page.figures[0]


def test_parameters_choose_scenario_and_strategies(shell: Any, runs: dict[str, list[Path]]) -> None:
    given = [str(run) for run in runs["mixed platforms"][:1]]
    page = _run_cells(shell, "explore-run", runs=given, strategies=["plain"])
    assert "plain 3/3 100 [43.8-100]" in page.text
    assert not any("graceful-fs" in figure for figure in page.figures)
    page = _run_cells(shell, "explore-run", runs=given, scenario="other")
    assert (
        "There is no case with scenario 'other' in these runs. There are: some under brief." in page.text
    )
    page = _run_cells(shell, "compare-strategies", runs=given, baseline="plain")
    assert "Compared with plain." in page.text
    assert "Whether it fails more often is undecided: exponential, graceful-fs-60s." in page.text
    page = _run_cells(shell, "compare-strategies", runs=given, baseline="other")
    assert "other is no variant of this case" in page.text


@pytest.mark.usefixtures("shell")
def test_what_is_chosen_is_drawn(runs: dict[str, list[Path]]) -> None:
    frames = load(runs["mixed platforms"])
    drawn: list[Case] = []
    with capture_output() as captured:
        box = choose(frames, drawn.append)
        which, who, button, _ = box.children
        assert [label for label, _ in which.options] == [
            "some under brief, emulated",
            "some under brief, wine (ntfs rules), antivirus unknown",
        ]
        which.value, who.value = 1, ("plain",)
        button.click()
        assert [set(case.trials["platform"]) for case in drawn] == [{"wine"}]
        assert [set(case.trials["strategy"]) for case in drawn] == [{"plain"}]
        who.value = ()
        button.click()
    assert len(drawn) == 1
    said: list[Any] = [*captured.outputs, *map(_Bundle, box.children[-1].outputs)]
    assert any("No trial of these strategies counts here." in str(each.data) for each in said)


@pytest.mark.usefixtures("shell")
def test_chosen_schedules_are_drawn() -> None:
    with capture_output() as captured:
        box = choose_schedules()
        who, sentence, button, _ = box.children
        assert {"exponential", "uv-backon-10"} <= set(who.options)
        who.value, sentence.value = ("exponential",), " 10ms x2 for 1s "
        button.click()
    said: list[Any] = [*captured.outputs, *map(_Bundle, box.children[-1].outputs)]
    (svg,) = [each.data["image/svg+xml"] for each in said if "image/svg+xml" in each.data]
    assert "exponential" in svg
    assert "10ms x2 for 1s" in svg


@pytest.mark.usefixtures("shell")
@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("", "no strategy was chosen"),
        ("  10ms x2 for 30", "<pre>    10ms x2 for 30\n                ^</pre>"),
        ("10ms\tx2 fro 3s", "<pre>  10ms?x2 fro 3s\n      ^</pre>"),
    ],
)
def test_what_is_not_drawn_is_explained_and_mistakes_are_pointed_at_where_they_were_typed(
    typed: str, words: str
) -> None:
    with capture_output() as captured:
        box = choose_schedules()
        who, sentence, button, _ = box.children
        assert set(who.options) == {view.name for view in listed()}
        who.value, sentence.value = (), typed
        button.click()
    said: list[Any] = [*captured.outputs, *map(_Bundle, box.children[-1].outputs)]
    text = "".join(str(each.data.get("text/html", "")) for each in said)
    assert words in text
    assert "Nothing is drawn" in text
    assert not any("image/svg+xml" in each.data for each in said)


class _Bundle:
    """An output that a widget kept, like one that was shown."""

    def __init__(self, kept: Mapping[str, Any]) -> None:
        self.data = kept.get("data", {})
