"""The summary of a run is the same in every output: the same numbers, the same notes."""

from __future__ import annotations

import html
import io
import json
import re
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from command_lab import harness
from rich.console import Console

from harness.analysis import select
from harness.analysis.notebook import summary_table
from harness.frames import export, load
from harness.record.read import read_run
from harness.report.contents import contents_of
from harness.report.pages import Page, Site
from harness.report.report_markdown import report_markdown
from harness.summary.markdown_tables import run_markdown
from harness.summary.phrase import plain
from harness.summary.summarise import summarise
from harness.summary.terminal_tables import run_tables

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario

STRATEGIES = '["plain", "exponential", { use = "fixed-sleep", wait_ms = 30, max_attempts = 5 }, "uv"]'


@pytest.fixture
def folder(make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario) -> Path:
    """A run in which some strategies fail at times: holds of 5 to 400 ms, one in ten of them missing."""
    law = 'distribution = "uniform", low_ms = 5, high_ms = 400'
    make_profile("some", None, duration=law, probability="0.9")
    path = make_scenario(
        strategies=STRATEGIES, profiles='["some"]', factors='{ primitive = ["move", "move-replace"] }'
    )
    return run_scenario(path, blocks=37).folder


def as_json(folder: Path) -> dict[str, Any]:
    done = harness("show", folder, "--json", cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def rounded(value: float, rounding: str | None = None) -> str:
    """A percentage with one decimal, computed here from the decimal digits of the number."""
    exact = Decimal(repr(value)) * 100
    if exact in {0, 100}:
        return str(int(exact))
    return str(exact.quantize(Decimal("0.1"), rounding))


def cells(variant: dict[str, Any]) -> list[str]:
    """The numbers of a variant as every output shows them, from those that are not rounded."""
    low, high = variant["failure_rate_95"]
    interval = f"{rounded(low, ROUND_FLOOR)}-{rounded(high, ROUND_CEILING)}"
    median = variant["median_ms"]
    return [
        f"{variant['failures']}/{variant['trials']}",
        f"{rounded(variant['failure_rate'])} [{interval}]",
        "not reached" if median is None else f"{median:.3g} ms",
    ]


def terminal(folder: Path) -> str:
    run = read_run(folder)
    file = io.StringIO()
    for part in run_tables(summarise(run), 200, str(folder)):
        Console(file=file, width=200).print(part)
    return file.getvalue()


def index_page(folder: Path) -> str:
    contents = contents_of(load(folder))
    page = Page("index.html", "Report", "Report")
    return html.unescape(Site([page], contents, "0").index(page, [])).replace("<tr>", "\n<tr>")


def test_all_outputs_of_a_run_show_the_same_numbers(folder: Path) -> None:
    variants = as_json(folder)["cases"][0]["variants"]
    rates = [variant["failure_rate"] for variant in variants]
    assert len(variants) == 8
    assert any(0 < rate < 1 for rate in rates), "there is something to round"
    run, frames = read_run(folder), load(folder)
    documents = {
        "terminal": terminal(folder),
        "Markdown": run_markdown(summarise(run), folder.name),
        "report": report_markdown(contents_of(frames)),
        "page": index_page(folder),
        "notebook": summary_table(select(frames)).reset_index().to_csv(sep="|", index=False),
    }
    for name, document in documents.items():
        rows = [line for line in document.splitlines() if re.search(r"\d+/\d+", line)]
        assert len(rows) == len(variants), name
        for variant, row in zip(variants, rows, strict=True):
            for text in (variant["strategy"], *variant["factors"].values(), *cells(variant)):
                assert text in row, f"{text} in {name}"


def test_an_export_has_the_numbers_of_the_json_unrounded(folder: Path, tmp_path: Path) -> None:
    export(load(folder), tmp_path / "runs.json", "pytest-benchmark")
    data = json.loads((tmp_path / "runs.json").read_bytes())
    found = [each["extra_info"] for each in data["benchmarks"] + data["never_succeeded"]]
    for variant in as_json(folder)["cases"][0]["variants"]:
        assert any(variant.items() <= info.items() for info in found), variant["strategy"]


def test_all_outputs_of_a_run_have_the_same_notes_with_the_same_weight(
    make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario
) -> None:
    twice = make_profile("twice", 5.0)  # the second hold finds the file held
    text = twice.read_text(encoding="utf-8")
    twice.write_text(text + text[text.index("[[holds]]") :], encoding="utf-8")
    make_profile("until", 0, duration='distribution = "until-failure", failures = 2')
    path = make_scenario(strategies='["plain", "exponential"]', profiles='["twice", "until", "brief"]')
    run = run_scenario(path, blocks=3)
    document = run_markdown(summarise(run), "run")
    sections = contents_of(load(run.folder)).sections
    assert len(sections) == 3
    notes = [note for section in sections for note in section.notes]
    assert {note.weight for note in notes} == {"remark", "caution", "fault"}
    for section in sections:
        part = (
            document.split(f"### `made` under `{section.case.profile}`")[1]
            .split("###")[0]
            .split("---\n\n")[0]
        )
        listed = [line for line in part.splitlines() if line.startswith("- ")]
        assert len(listed) == len(section.notes)
        for note, line in zip(section.notes, listed, strict=True):
            assert plain(note.phrase) in line.replace("`", "")
            assert (f"**{note.weight.capitalize()}:**" in line) == (note.weight != "remark")
