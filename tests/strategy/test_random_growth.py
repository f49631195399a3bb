"""Draws of waits that grow at random: those of the strategy's own loop, only faster."""

from __future__ import annotations

import pytest

from harness.strategy import schedule
from harness.strategy.notation import parse
from harness.strategy.random_growth import KEPT_SCHEDULES, growth_draws

NOTATIONS = [
    "1ms x1..2 within 2s",
    "1ms x1..2 for 500ms",
    "5ms x1..3 8 retries",
    "1ms x1..2 cap 100ms within 2s",
    "2ms x0.5..2.5 12 retries for 1s waited trailing wait",
    "3ms x1.5..2 for 300ms trailing wait",
]


@pytest.mark.parametrize("notation", NOTATIONS)
def test_each_draw_is_the_schedule_of_the_loop_with_its_seed(notation: str) -> None:
    found, strategy = growth_draws(parse(notation).only_times()), parse(notation).strategy("it")
    assert found is not None
    assert len(found.schedules) == KEPT_SCHEDULES
    for seed in range(50):
        listed, own = found.schedules[seed], schedule(strategy, seed=seed)
        assert listed.attempts_ms == own.attempts_ms
        assert listed.gave_up_ms == pytest.approx(own.gave_up_ms, abs=1e-6)


@pytest.mark.parametrize(
    "notation",
    ["1ms x1..2 within 2s", "1ms x1..2 for 500ms", "7ms x1.2..4 for 1s", "5ms x1..3 4 retries"],
)
def test_bounds_hold_for_every_draw_and_are_near(notation: str) -> None:
    found = growth_draws(parse(notation).only_times())
    assert found is not None
    least, most = found.budget_ms.least, found.budget_ms.most
    assert least is not None
    assert most is not None
    assert least <= found.last_ms[0] < 1.35 * least
    assert 0.8 * most < found.last_ms[-1] <= most


def test_other_waits_and_growth_without_an_end_are_not_drawn_here() -> None:
    assert growth_draws(parse("10ms x2 3 retries").only_times()) is None
    assert growth_draws(parse("1ms x1..1.001 within 10s").only_times()) is None
