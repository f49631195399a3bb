"""The words, tables and choices of notebooks are those of the data, and show text as text."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from analysis_lab import Op, frames_of
from scenario_lab import LAUNCHER

from harness import load_scenario, run_scenarios
from harness.analysis import compare, notebook, select
from harness.analysis.notebook import display
from harness.frames import load
from harness.scenario.model import Margin

if TYPE_CHECKING:
    from harness.analysis.selection import Case

BLOCKED = (0.0, 0.1, 5)


def case_of(times: Mapping[str, Sequence[float]], **about: object) -> Case:
    """A case of one operation a trial: by strategy, the time of each block, ``inf`` for a failure."""
    trials = []
    for strategy, each in times.items():
        for block, time in enumerate(each):
            failed = math.isinf(time)
            op = Op([BLOCKED] if failed else [BLOCKED, (time - 0.1, time, 0)])
            head = {
                "strategy": strategy,
                "block": block,
                "outcome": "exhausted" if failed else "ok",
                "elapsed_ms": 0.1 if failed else time,
            }
            trials.append(({**head, **about}, [op]))
    return select(frames_of(trials))


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is shown, as HTML."""
    shown: list[str] = []
    monkeypatch.setattr(display, "show_as", lambda made: shown.append(made.data))
    return shown


def test_the_answer_of_a_case_says_what_to_take_first_and_then_what_fails() -> None:
    """Who failed is not the first to be done, however fast the others of its trials were."""
    case = case_of({"a": [5.0] * 4, "b": [3.0] * 3 + [math.inf], "c": [math.inf] * 4})
    lines = notebook.case_answer(case)
    assert lines[0].startswith("Answer: Take a: it never failed (0 of 4: at most 49.0 %).")
    assert lines[1] == (
        "Fails: c failed 4 of 4: at least 51.0 %; b failed 1 of 4: 25.0 % (4.5 to 70.0 %)."
    )


def test_the_answer_over_all_cases_comes_before_them(page: list[str]) -> None:
    rows = [
        ({"scenario": scenario, "strategy": name, "block": block, "outcome": outcome}, [Op()])
        for scenario in ("s", "t")
        for name, outcome in (("a", "ok"), ("b", "exhausted"))
        for block in range(20)
    ]
    frames = frames_of(rows)
    notebook.answer(frames)
    assert page[0] == "<h3>2 cases, emulated</h3>"
    assert page[1].startswith("<p>Answer: ")
    notebook.answer(frames, scenario="t", strategies=["a"])
    assert page[2] == "<h3>t under p, emulated</h3>"
    notebook.answer(frames, scenario="u")
    assert len(page) == 4
    assert list(notebook.sections(frames, scenario="u")) == []
    assert (
        "no case with scenario &#x27;u&#x27; in these runs. There are: s under p, t under p." in page[-1]
    )


def test_the_table_of_a_case() -> None:
    table = notebook.summary_table(case_of({"a": [5.0] * 4, "b": [3.0] * 3 + [math.inf]}))
    assert table.to_dict("index") == {
        "a": {
            "failed": "0/4",
            "% failed [95 % CI]": "0 [0-49.0]",
            "median": "5 ms (too few trials to bound it)",
            "95th pct.": "5 ms (at least 5 ms)",
            "fails after": "-",
            "attempts": "2 (max 2)",
            "outcome": "-",
        },
        "b": {
            "failed": "1/4",
            "% failed [95 % CI]": "25.0 [4.5-70.0]",
            "median": "3 ms (too few trials to bound it)",
            "95th pct.": "not reached (at least 3 ms)",
            "fails after": "0.1 ms",
            "attempts": "1.75 (max 2)",
            "outcome": "exhausted 1",
        },
    }


def test_the_baseline_is_the_one_that_fails_least_then_the_fastest(page: list[str]) -> None:
    case = case_of({"fast": [1.0, 1.0, math.inf], "slow": [9.0] * 3, "middle": [5.0] * 3})
    assert notebook.baseline_of(case, None) == "middle"
    assert notebook.baseline_of(case, "slow") == "slow"
    assert notebook.baseline_of(case, "other") == "middle"
    assert "other is no variant of this case" in page[0]
    assert "Available: fast, middle, slow." in page[0]


def test_a_strategy_with_one_set_of_factors_is_a_baseline_by_its_name() -> None:
    case = case_of({"a": [1.0] * 3, "b": [2.0] * 3}, factors="link_mode=copy")
    assert notebook.baseline_of(case, "b") == "b (link_mode=copy)"


def test_verdicts_in_a_table_and_in_sentences() -> None:
    blocks = 40
    case = case_of(
        {
            "base": [10.0 + block for block in range(blocks)],
            "double": [20.0 + 2 * block for block in range(blocks)],
            "few": [10.0] * 5 + [math.inf] * (blocks - 5),
            "never": [math.inf] * blocks,
        }
    )
    compared = compare(case.trials, "base")
    table: Any = notebook.comparison_table(compared)
    assert table.loc["double", "time"] == "worse"
    assert table.loc["double", "times as long"] == "2 (2 to 2)"
    assert table.loc["few", "times as long"].endswith("(too few blocks for an interval)")
    assert table.loc["never", "difference (points)"].startswith("+100.0 (")
    assert table.loc["never", ["time", "times as long"]].tolist() == [
        "not compared",
        "no block where both succeeded",
    ]
    assert table.loc["never", "compared on"] == "40 blocks (0 for time)"
    assert table.loc["double", "would decide it"].startswith("failures: about ")
    said = notebook.comparison_sentences(compared, "base", Margin(failures=0.02, time=0.2))
    assert said.pop(0).endswith("up to 2 percentage points, and times by up to 20 %, count as the same.")
    assert said == [
        "Fails more often: few, never.",
        "Never fails here, nor does base: double.",
        "Where both succeed, is slower: double.",
        "Where both succeed, whether it is faster is undecided: few.",
        "No block in which both succeeded, so no time to compare: never.",
    ]


def test_the_best_observed_variant_fails_least_then_tries_most() -> None:
    times = {"gives up": [50.0, math.inf], "once": [math.inf, math.inf], "stays": [50.0, 90.0]}
    assert set(notebook.best_observed(case_of(times)).trials["strategy"]) == {"stays"}
    ambient = case_of(times, freshness="unique")
    assert len(notebook.best_observed(ambient).trials) == 6
    rare = ({"strategy": "rare", "attempts": 2}, [Op([BLOCKED, (50.0, 50.1, 0)])])
    dense = ({"strategy": "dense", "attempts": 3}, [Op([BLOCKED, (25.0, 25.1, 5), (50.0, 50.1, 0)])])
    found = notebook.best_observed(select(frames_of([rare, dense])))
    assert found.trials["strategy"].tolist() == ["dense"]


def test_text_from_runs_is_shown_as_text(page: list[str]) -> None:
    notebook.say("<b>a</b> & b", "")
    assert page.pop() == "<p>&lt;b&gt;a&lt;/b&gt; &amp; b</p>"
    notebook.show(pd.DataFrame({"strategy": ["<script>"]}))
    assert "<td>&lt;script&gt;</td>" in page.pop()
    list(notebook.sections(frames_of([({"scenario": "<i>"}, [Op()])])))
    assert page.pop().startswith("<h3>&lt;i&gt; under p")


def test_more_cases_than_a_page_holds_are_counted(page: list[str]) -> None:
    frames = frames_of([({"scenario": f"s{number:02}"}, [Op()]) for number in range(15)])
    assert len(list(notebook.sections(frames))) == 12
    assert "3 more sections are not shown." in page[-1]


def test_void_blocks_leave_a_sentence(page: list[str]) -> None:
    frames = frames_of([({"void": True}, [Op()])])
    assert list(notebook.sections(frames)) == []
    assert "No trial counts here." in page[-1]
    assert "Void and left out: 1 block" in page[-1]


def test_margin_resolution_and_strategies_are_those_of_the_run(
    tmp_path: Path, make_scenario: Callable[..., Path], page: list[str]
) -> None:
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    body = f"[margin]\nfailures = 0.05\ntime = 0.5\n{LAUNCHER}"
    four = '{ use = "exponential", max_attempts = 4, label = "four" }'
    strategies = f'["plain", {four}, {{ use = "mine", file = "mine.py" }}]'
    path = make_scenario(body, strategies=strategies, blocks="1")
    run = run_scenarios(
        [load_scenario(path)], platform="emulated", results=tmp_path / "r", allow_code=True, seed=1
    )
    folder = str(run.folder)
    case = select(load(folder))
    assert case.margin == Margin(failures=0.05, time=0.5)
    assert case.resolution_ms == 0.3  # the assumed cost of a call
    found = notebook.strategies_of([folder, str(tmp_path)])
    assert [view.name for view in found] == ["plain", "four"]
    assert "mine is defined by a Python file of its scenario, which is not run here." in page[-1]
    assert "four makes its last attempt first" in " ".join(notebook.budget_sentences(found))


MINE = '''
from tenacity import stop_after_attempt, wait_fixed
from harness.strategy import Strategy, retry_if_winerror, strategy


@strategy("mine")
def mine() -> Strategy:
    """Twice."""
    return Strategy(
        name="mine", retry=retry_if_winerror(5), wait=wait_fixed(0.1), stop=stop_after_attempt(2)
    )
'''


def test_the_catalogue_is_drawn_from_the_shortest_budget_on(page: list[str]) -> None:
    names = [view.name for view in notebook.shipped_strategies()]
    assert names.index("git-mingw-rename") < names.index("uv-backon-10") < names.index("graceful-fs-60s")
    assert "they make a single attempt: " in page[0]
    assert "tempfile-persist" in page[0]
    assert "tempfile-persist" not in names
    assert list(notebook.budget_sentences([])) == ["There is no strategy to draw."]
