"""The choice and its words, over random trials: what is said is true of the standings."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from analysis_lab import trials_of
from hypothesis import given, settings
from hypothesis import strategies as st
from row_lab import SETTING, concluded, row

from harness.analysis import compare
from harness.summary.choose import choose
from harness.summary.compare import confidence_of_each
from harness.summary.conclusion import CaseConclusion
from harness.summary.conclusion_words import severity_of
from harness.summary.phrase import plain
from harness.summary.trial_row import TrialRow

DECIDED = {"tie", "slower", "fails more", "does harm"}


@st.composite
def trials(draw: st.DrawFn, most: int = 5) -> list[TrialRow]:
    """Trials of strategies that fail, do harm, take time and are held as often as drawn for each."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    names = [f"s{number}" for number in range(draw(st.integers(2, most)))]
    blocks = draw(st.integers(1, 60))
    shares = st.sampled_from([0.0, 0.05, 0.5, 1.0])
    found = []
    for name in names:
        fails, harms, held, ran = (draw(shares) for _ in range(4))
        usual_ms, spread = draw(st.sampled_from([0.3, 30.0, 33.5, 900.0])), draw(st.sampled_from([0, 1]))
        for block in range(blocks):
            if rng.random() < max(ran, 0.05):
                failed = rng.random() < fails
                elapsed = None if failed else usual_ms * float(rng.lognormal(0, spread))
                left = "lost" if failed and rng.random() < harms else "old" if failed else ""
                calls, is_held = int(rng.integers(1, 4)), bool(rng.random() < max(held, 0.5))
                found.append(row(name, block, elapsed, left=left, calls=calls, held=is_held))
    return found


def texts(conclusion: CaseConclusion) -> list[str]:
    return [plain(each.phrase) for each in conclusion.sentences]


@settings(max_examples=300, deadline=None)
@given(trials())
def test_what_is_said_is_true_of_the_standings(rows: list[TrialRow]) -> None:
    found = concluded(rows) if rows else None
    if found is None:
        return
    said = texts(found)
    assert not any(re.search(r"\b(by 0 ms|inf|nan)\b", text) for text in said)
    assert (found.take is None) == (found.answer != "take")
    if found.take is None:
        assert {each.place for each in found.standings} <= {
            *("always fails", "not compared", "never held", "no trials")
        }
        return
    (taken,) = [each for each in found.standings if each.name == found.take]
    tried = [each for each in found.standings if each.place not in {"never held", "no trials"}]
    others = [each for each in tried if each != taken]
    if "failed least" in said[0]:
        assert all(taken.failure_rate < each.failure_rate for each in others)
    if "never failed" in said[0]:
        assert taken.failures == 0
    if "the least harm" in said[0]:
        harm = {each.name: (each.lost + each.damaged) / each.trials for each in tried}
        assert all(harm[taken.name] < harm[each.name] for each in others)
    if "is the fastest" in " ".join(said):
        rivals = [each for each in tried if each.place in {"tie", "slower"}]
        assert all((taken.median_ms or 0) <= (each.median_ms or 0) for each in rivals)
    for each in others:
        assert each.against is not None
        rates = {each.against.harm.verdict, each.against.failures.verdict}
        if each.place in DECIDED:
            assert severity_of(taken) <= severity_of(each) + 1e-12
        if each.place == "tie":
            assert not {"better", "worse", "undecided"} & {*rates, each.against.time.verdict}
            assert each.name in found.tied


@settings(max_examples=40, deadline=None)
@given(trials(most=2))
def test_two_strategies_are_judged_as_notebooks_judge_them(rows: list[TrialRow]) -> None:
    """The same verdicts, intervals and numbers of blocks as `harness.analysis.compare`."""
    found = concluded([each._replace(held=True) for each in rows]) if rows else None
    if found is None or found.take is None:
        return
    (other,) = [each for each in found.standings if each.name != found.take]
    assert other.against is not None
    frame = trials_of(
        len(rows),
        strategy=[each.strategy for each in rows],
        block=[each.block for each in rows],
        outcome=[each.outcome for each in rows],
        elapsed_ms=[each.elapsed_ms for each in rows],
        calls=[each.calls for each in rows],
        left=[each.left for each in rows],
    )
    table = compare(frame, found.take, resolution_ms=SETTING.resolution_ms, margin=SETTING.margin)
    told = table.loc[other.name]
    failures, time = other.against.failures, other.against.time
    assert told["failures_verdict"] == failures.verdict
    assert (told["difference_low"], told["difference_high"]) == failures.interval
    assert told["time_verdict"] == time.verdict
    for name, needed in (
        ("failures_blocks_needed", failures.blocks_needed),
        ("time_blocks_needed", time.blocks_needed),
    ):
        assert str(told[name]) == str(float("nan") if needed is None else float(needed))


def test_of_equal_strategies_hardly_ever_one_is_called_worse() -> None:
    """Eight that fail and take time alike: in 5 % of cases at most any is said to be worse or slower.

    The one to take is chosen from the same trials, which looks at the best of eight: with a correction
    for its seven comparisons alone, far more would be.
    """
    rng = np.random.default_rng(11)
    setting = replace(SETTING, margin=SETTING.margin.model_copy(update={"failures": 0.0, "time": 0.0}))
    cases, blocks, wrong = 300, 40, 0
    for _ in range(cases):
        failed = rng.random((8, blocks)) < 0.3
        times = 100 * rng.lognormal(0, 0.5, (8, blocks))
        rows = {
            f"s{number}": [
                row(f"s{number}", block, None if failed[number, block] else times[number, block])
                for block in range(blocks)
            ]
            for number in range(8)
        }
        standings = choose(rows, setting)["standings"]
        wrong += any(each.place in {"fails more", "slower", "does harm"} for each in standings)
    assert wrong / cases <= 0.05


def test_all_pairs_of_strategies_share_the_error() -> None:
    assert confidence_of_each(2) == 0.95
    assert confidence_of_each(8) == 1 - 0.05 / 28
    assert confidence_of_each(1) == 0.95
