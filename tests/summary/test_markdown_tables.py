"""Markdown: the same columns and notes as on a terminal, and nothing of a run is ever obeyed.

Documents are read back with markdown-it, the parser that rich brings along.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import hypothesis
import pytest
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from harness.summary import markdown_tables
from harness.summary.columns import case_columns
from harness.summary.markdown_tables import code
from harness.summary.notes import case_notes
from harness.summary.summarise import summarise
from harness.text import printable

if TYPE_CHECKING:
    from conftest import MakeProfile, MakeScenario, RunScenario
    from markdown_it.token import Token

    from harness.record.read import Run

HOSTILE = st.text() | st.text("`|\\<>&@#:/[]()!*_~-+=.$'\" \n\r\t\x00\x1b\u2028\u202eaw1", min_size=1)


class Piece(NamedTuple):
    """What a reader of the document sees: an element, and the text that stands in it as it is."""

    kind: str
    text: str


def run_markdown(run: Run) -> str:
    return markdown_tables.run_markdown(summarise(run), run.folder.name)


def pieces(document: str) -> list[Piece]:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return [Piece(token.type, token.content) for token in flat(parser.parse(document))]


def flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.type == "inline":
            yield from flat(token.children or [])
        else:
            yield token


def skeleton(document: str) -> list[Piece]:
    """The document without what stands in code."""
    return [
        piece._replace(text="") if piece.kind == "code_inline" else piece for piece in pieces(document)
    ]


def with_names(run: Run, name: str) -> Run:
    """The run of somebody who chose every name, title, reason and fact in it."""

    def hostile(trial: Any) -> Any:
        changes = {"scenario": name, "profile": name, "strategy": name + trial.strategy}
        reasons = {field: name for field in ("void", "detail") if getattr(trial, field) is not None}
        return trial.model_copy(update={**changes, **reasons, "factors": {name: name}})

    (entry,) = run.manifest.scenarios
    (profile,) = entry.profiles.values()
    entry = entry.model_copy(
        update={"name": name, "profiles": {name: profile.model_copy(update={"title": name})}}
    )
    antivirus = run.manifest.antivirus.model_copy(update={"evidence": [name, name]})
    manifest = run.manifest.model_copy(
        update={
            "run": name,
            "scenarios": [entry],
            "environment": dict.fromkeys(run.manifest.environment, name),
            "antivirus": antivirus,
        }
    )
    return replace(
        run, folder=Path("x" + name), manifest=manifest, trials=[hostile(trial) for trial in run.trials]
    )


@pytest.fixture
def eventful(make_scenario: MakeScenario, make_profile: MakeProfile, run_scenario: RunScenario) -> Run:
    """A run under which every note stands."""
    make_profile("late", 5.0, delay='distribution = "constant", ms = 50')
    strategies = '["plain", "exponential"]'
    run = run_scenario(make_scenario(strategies=strategies, profiles='["late"]'), blocks=4)
    void, plain, broken, *_ = run.trials
    void = void.model_copy(update={"void": "receipt came late"})
    wrong = {"outcome": "harness-error", "detail": "the locker went away"}
    return replace(run, trials=[void, plain, broken.model_copy(update=wrong), *run.trials[3:6]])


def test_it_has_the_heading_all_columns_and_all_notes(eventful: Run) -> None:
    document = run_markdown(eventful)
    assert document.startswith(f"## Run `{eventful.manifest.run}`\n")
    assert "- Platform: emulated, on `" in document
    assert "Antivirus" not in document
    assert "### `made` under `late` (emulated, " in document
    assert (
        "| strategy | failed | % failed [95 % CI] | median | 95th pct. | fails after | attempts "
        "| outcome |\n"
        "| :--- | ---: | ---: | ---: | ---: | ---: | ---: | :--- |\n"
        "| `plain` | " in document
    )
    assert "- `A profile made by a test`: handle, probability, delay and duration assumed." in document
    assert "| 0/" in document
    assert " (never held) | " in document
    assert "Void and left out: 1 block, for `receipt came late` (1); their trials ended as: " in document
    ended = "1 trial that ended as harness-error, such as: `the locker went away`"
    assert f"- **Fault:** Left out of rates: {ended}" in document
    assert "- Emulated: Windows' documented sharing rules" in document
    assert (
        f"planned trials. Complete the run with `harness run --resume {eventful.folder.name}`."
        in document
    )


def test_a_case_has_one_row_a_line_and_one_note_an_item(eventful: Run) -> None:
    kinds = [piece.kind for piece in pieces(run_markdown(eventful))]
    (case,) = summarise(eventful).cases
    assert kinds.count("table_open") == 1
    assert kinds.count("th_open") == len(case_columns(case))
    assert kinds.count("td_open") == len(case_columns(case)) * len(case.variants)
    in_heading, in_claims = 2, 2
    said = {sentence.about for sentence in case.conclusion.sentences}
    expected = in_heading + len(said) + len([*case_notes(case)]) + in_claims
    assert kinds.count("list_item_open") == expected


def test_the_place_of_the_results_is_not_shown(eventful: Run) -> None:
    assert str(eventful.folder.parent) not in run_markdown(eventful)


def test_no_name_changes_the_document_around_it(eventful: Run) -> None:
    """Not a bar, a tag, a link, a mention or a line's end: all of them stay text in a code span."""
    harmless = skeleton(run_markdown(with_names(eventful, "harmless")))

    @hypothesis.given(HOSTILE)
    @hypothesis.example("a\\|b\\\\|c|")
    @hypothesis.example("`` ` |``")
    @hypothesis.example("|\n|-|\n| <img src=x onerror=alert(1)> | [l](http://evil.example) @user #1")
    def check(name: str) -> None:
        hypothesis.assume(printable(name).replace("\n", " ").strip(" "))
        assert skeleton(run_markdown(with_names(eventful, name))) == harmless

    check()


@hypothesis.given(HOSTILE)
def test_a_code_span_says_what_it_was_given(text: str) -> None:
    shown = printable(text).replace("\n", " ")
    found = [piece for piece in pieces(f"a {code(text)} b") if piece.kind == "code_inline"]
    assert found == ([Piece("code_inline", shown)] if shown.strip(" ") else [])


def test_nothing_at_all_is_said_to_be_blank() -> None:
    assert code("") == code(" \n ") == "(blank)"


def show(folder: Path, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "harness", "show", str(folder), *options]
    return subprocess.run(command, capture_output=True, check=False)


def test_the_command_writes_utf_8_whatever_the_machine_speaks(
    make_scenario: MakeScenario, run_scenario: RunScenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = run_scenario(make_scenario(strategies='[{ use = "plain", label = "häufig ≤ 5" }]'), blocks=1)
    monkeypatch.setenv("PYTHONIOENCODING", "cp1252")
    done = show(run.folder, "--markdown")
    assert done.returncode == 0, done.stderr
    assert done.stdout == run_markdown(run).encode()


def test_markdown_and_json_exclude_each_other(
    make_scenario: MakeScenario, run_scenario: RunScenario
) -> None:
    done = show(run_scenario(make_scenario(), blocks=1).folder, "--json", "--markdown")
    assert done.returncode == 2
    assert b"--json and --markdown cannot be used together" in done.stderr
