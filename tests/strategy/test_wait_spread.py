"""How waits are spread: all of each wait, in no more pieces than can be computed with."""

from __future__ import annotations

import math
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.strategy.jittered_times import jittered_times
from harness.strategy.notation import parse
from harness.strategy.wait_spread import MOST_PIECES, wait_bounds, wait_spreads

WAITS = st.sampled_from(
    ["0", "1ms", "999ms", "1500ms", "60s", "601s", "60min", "1500ms x3", "60min x1000"]
)
JITTERS = st.sampled_from(["jitter x0..1", "jitter x0.5..1.5", "jitter +1ms..2s", "jitter rust-retry"])


@given(waits=WAITS, jitter=JITTERS)
def test_the_bounds_of_waits_are_those_of_their_pieces(waits: str, jitter: str) -> None:
    spec = parse(f"{waits} {jitter} 20 retries")
    spreads = list(islice(wait_spreads(spec), 20))
    assert all(len(spread.pieces) <= MOST_PIECES for spread in spreads)
    for spread, (least_ms, most_ms) in zip(spreads, wait_bounds(spec), strict=False):
        assert math.fsum(share for *_, share in spread.pieces) == pytest.approx(1)
        assert (spread.least_ms, spread.most_ms) == pytest.approx((least_ms, most_ms))


@given(tenths=st.integers(6_001, 36_000))
def test_pieces_that_stand_for_several_seconds_have_the_mean_of_all(tenths: int) -> None:
    """A draw from 0 to 1 scales whole seconds, rounded up, and the rest."""
    (spread,) = islice(wait_spreads(parse(f"{tenths}00ms jitter rust-retry 1 retry")), 1)
    below_s, whole_s = math.modf(tenths / 10)
    assert spread.mean_ms == pytest.approx(1000 * ((whole_s + 1) / 2 + below_s / 2))


def test_waits_of_too_many_pieces_in_all_are_drawn() -> None:
    assert jittered_times(parse("1500ms jitter rust-retry 20 retries")) is not None
    assert jittered_times(parse("3599900ms jitter rust-retry 20 retries")) is None
