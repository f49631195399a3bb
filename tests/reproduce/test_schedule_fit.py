"""Notation that is fitted to attempts explains them, though each comes late; jitter is not explained."""

from __future__ import annotations

from itertools import accumulate, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.reproduce.schedule_fit import EARLY_MS, LATE, LATE_MS, fitted, spread_ms
from harness.strategy.notation import parse
from harness.strategy.schedules import schedule

# seen by the server of Wine 8.0: uv 0.9.29, pip 24.0, cmake 4.4.5, rimraf 3.0.2, rename-overwrite 6.0.2
UV = [0, 13, 36, 81, 164, 328, 652, 1300, 2584, 5151, 10273]
PIP = [0, 252, 506, 757, 1010]
CMAKE = [0, 501, 1001, 1501, 2002]
RIMRAF = [0, 108, 311, 613]
PNPM = [0, 14, 36, 73, 118, 176, 238, 312, 396, 493, 596, 700, 807, 911, 1018]
UV_0_1_20 = [0, 31, 472, 484, 507, 527, 576, 610, 676, 842, 1059, 1213]


@pytest.mark.parametrize(
    ("attempts", "notation"),
    [
        (UV, "10ms x2 10 retries on 5,32"),
        (PIP, "250ms 4 retries on 5,32"),
        (CMAKE, "500ms 4 retries on 5,32"),
        (RIMRAF, "100ms +100ms 3 retries on 5,32"),
        (PNPM, "10ms +10ms cap 100ms 14 retries on 5,32"),
        ([0], "plain"),
        ([0, 105], "100ms 1 retry on 5,32"),
    ],
)
def test_what_real_tools_do_is_recognised(attempts: list[float], notation: str) -> None:
    found = fitted([attempts], [5, 32])
    assert found is not None
    assert found.notation == notation


def test_jitter_is_explained_by_no_simple_schedule() -> None:
    assert fitted([UV_0_1_20], [5]) is None


@settings(max_examples=10)
@given(
    st.sampled_from(
        ["100ms 5 retries", "10ms x2 8 retries", "50ms +50ms 6 retries", "20ms x2 cap 500ms 9 retries"]
    ),
    st.lists(st.floats(0, 12), min_size=9, max_size=9),
)
def test_a_fit_explains_each_wait(text: str, late_ms: list[float]) -> None:
    told = schedule(parse(text).strategy("told")).attempts_ms
    waits = [b - a + late for (a, b), late in zip(pairwise(told), late_ms, strict=False)]
    found = fitted([[0.0, *accumulate(waits)]], [5])
    assert found is not None
    again = schedule(parse(found.notation).strategy("again")).attempts_ms
    for (a, b), seen in zip(pairwise(again), waits, strict=True):
        assert -EARLY_MS - 1e-9 <= seen - (b - a) <= max(LATE_MS, LATE * (b - a)) + 1e-9


def test_of_several_runs_the_shortest_waits_count() -> None:
    late = [0, 252, 506, 900, 1153]
    found = fitted([PIP, late, PIP], [5])
    assert found is not None
    assert (found.notation, found.latest_ms) == ("250ms 4 retries on 5", 144.0)


def test_a_list_of_waits_is_no_schedule_if_no_two_runs_have_it() -> None:
    one, other = [0, 42, 208, 434], [0, 30, 80, 1306]
    assert fitted([one], [5]) is not None
    assert fitted([one, other], [5]) is None
    assert fitted([one, one], [5]) is not None


@pytest.mark.parametrize("codes", [[5], [32, 33, 145], [145]])
def test_the_codes_that_are_retried_need_not_be_5(codes: list[int]) -> None:
    found = fitted([[0, 50.3, 151, 301]], codes)
    assert found is not None
    assert found.notation == f"50ms +50ms 3 retries on {','.join(map(str, codes))}"


def test_the_spread_is_the_most_by_which_runs_differ() -> None:
    assert spread_ms([[0, 12, 50], [0, 30, 55, 70]]) == 18
    assert spread_ms([[0, 12, 50]]) == 0
    assert spread_ms([[0], []]) == 0
    assert fitted([], []) == fitted([[0]], [])


def test_one_wait_that_differs_between_runs_is_no_schedule() -> None:
    assert fitted([[0, 67], [0, 110]], [5, 32]) is None
