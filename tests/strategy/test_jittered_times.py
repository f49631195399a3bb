"""Attempt times under jitter: against formulas, the real crates, and draws of the loop itself."""

from __future__ import annotations

import math
from statistics import fmean, median

import pytest

from harness.strategy import catalogue, schedule
from harness.strategy.jittered_times import JitteredTimes, jittered_times
from harness.strategy.notation import parse
from harness.strategy.time_grid import quantile


def computed(notation: str) -> JitteredTimes:
    found = jittered_times(parse(notation).only_times())
    assert found is not None
    return found


def test_the_sum_of_uniform_waits_has_the_distribution_of_irwin_and_hall() -> None:
    """P(U1 + U2 + U3 <= x) is x**3 / 6 up to 1 (Hall, Biometrika 19, 1927)."""
    (last,) = computed("100ms jitter x0..1 3 retries").fine.last
    for part in (0.2, 0.5, 0.8, 1.0):
        assert last.at_most(100 * part) == pytest.approx(part**3 / 6, abs=2e-5)
    assert last.at_most(150) == pytest.approx(0.5, abs=1e-9)
    assert quantile([last], 0.5) == pytest.approx(150, abs=1e-6)


# the last attempt of 20,000 runs of the crates themselves: `retry` as rustup pins it, `backoff` as in uv
REAL_MEDIANS_MS = {
    "rustup-rename": 159_153,
    "rustup-rename-2019": 16_850,
    "rustup-remove-dir": 714.8,
    "uv-rename-backoff": 8368,
}


@pytest.mark.parametrize("name", list(REAL_MEDIANS_MS))
def test_medians_are_those_of_the_real_crates(name: str) -> None:
    """Within four standard errors of a median of 20,000 draws, from the spread of the middle half."""
    found = computed(str(catalogue.entries()[name].spec))
    half = quantile(found.fine.last, 0.75) - quantile(found.fine.last, 0.25)
    error = 4 * 0.93 * half / math.sqrt(20_000)
    assert found.budget_ms.median == pytest.approx(REAL_MEDIANS_MS[name], abs=error)


def test_bounds_are_bounds() -> None:
    """The least of 20,000 draws of uv's crate was 5,397 ms; less is possible, and very rare."""
    rustup = computed("1ms fibonacci jitter x0..1 26 retries").budget_ms
    assert (rustup.least, rustup.most) == (0, 317_810)  # F(28) - 1, in milliseconds
    uv = computed("10ms x1.5 cap 60s jitter x0.5..1.5 within 10s").budget_ms
    assert uv.least is not None
    assert uv.least < 5397 < uv.p5
    assert uv.most == 10_000
    whole = computed("1ms fibonacci jitter rust-retry 26 retries").budget_ms
    assert whole.least == pytest.approx(10_000)  # ten waits of 1 s or more are never below 1 s


NOTATIONS = [
    "100ms x2 jitter +0..100ms 6 retries",
    "200ms x1.5 cap 5s jitter x0.5..1.5 within 1min",
    "100ms jitter x0.5..1.5 for 1s",
    "100ms jitter x0..1 within 1s trailing wait",
    "100ms x3 jitter x0..1 for 2s trailing wait",
    "1s jitter x0.2..1 4 retries trailing wait",
    "1ms fibonacci jitter rust-retry 21 retries",
    "50ms x2 cap 1s jitter x0.5..1 20 retries for 5s waited",
    "0,10ms,0 jitter +0..5ms 3 retries",
    "1s / retries left jitter x0.5..1.5 5 retries",
]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_draws_of_the_loop_itself_agree(notation: str) -> None:
    """Shares below every decile, within 4.5 standard errors; bounds hold for every draw."""
    found, strategy = computed(notation), parse(notation).strategy("it")
    drawn = [schedule(strategy, seed=seed) for seed in range(800)]
    error = 4.5 * 0.5 / math.sqrt(len(drawn))
    for grids, times, bounds in (
        (found.fine.last, [listed.budget_ms for listed in drawn], found.budget_ms),
        (found.fine.gave_up, [listed.gave_up_ms for listed in drawn], found.gave_up_ms),
    ):
        assert math.fsum(grid.share for grid in grids) == pytest.approx(1, abs=1e-9)
        for share in (0.1, 0.25, 0.5, 0.75, 0.9):
            ms = quantile(grids, share)
            assert fmean(time <= ms for time in times) == pytest.approx(share, abs=error), share
        assert bounds.least is not None
        assert bounds.least - 1e-3 <= min(times)
        assert bounds.most is None or max(times) <= bounds.most + 1e-3
    counts = [len(listed.attempts_ms) for listed in drawn]
    assert found.attempts.median == pytest.approx(median(counts), abs=1)
    assert found.attempts.least is not None
    assert found.attempts.least <= min(counts)
    assert found.attempts.most is None or max(counts) <= found.attempts.most
    assert math.fsum(share for _, share in found.fine.counts) == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_finer_cells_change_less(notation: str) -> None:
    """The stated error, the difference to cells of twice the size, is small against any quantile."""
    found = computed(notation)
    for share in (0.05, 0.5, 0.95):
        fine, coarse = quantile(found.fine.last, share), quantile(found.coarse.last, share)
        assert fine == pytest.approx(coarse, rel=0.002)


@pytest.mark.parametrize(
    "notation",
    [
        "1ms x1..2 within 2s",  # each wait depends on the one before
        "3s jitter rust-retry 4 retries",  # whole seconds only
        "10ms jitter x0.5..1.5 for 30s",  # thousands of attempts
        "10ms 3 retries",  # no jitter
    ],
)
def test_what_is_not_computed_is_left_to_draws(notation: str) -> None:
    assert jittered_times(parse(notation).only_times()) is None
