"""What a strategy costs in three ways, and which strategies no other one beats."""

from __future__ import annotations

from analysis_lab import Op, frames_of
from hypothesis import given
from hypothesis import strategies as st

from harness.analysis import select
from harness.analysis.trade_offs import Costs, TradeOff, on_frontier, trade_offs

HELD = Op(attempts=((0.0, 0.3, 5), (12.0, 12.3, 0)), holds=((0.0, 10.0),))
FREE = Op()
GIVEN_UP = Op(attempts=((0.0, 0.3, 5), (4.0, 4.3, 5)), holds=((0.0, 10.0),), outcome="exhausted")

costs = st.builds(Costs, *(st.sampled_from([0.0, 0.5, 1.0]) for _ in range(3)))


def test_the_wait_is_counted_from_the_release_over_all_operations() -> None:
    trials = [
        ({"strategy": "patient"}, [HELD, FREE]),
        ({"strategy": "hasty", "outcome": "exhausted"}, [GIVEN_UP]),
    ]
    hasty, patient = trade_offs(select(frames_of(trials)), {"patient": 60.0, "hasty": 4.0})
    assert patient == TradeOff("patient", "", Costs(0.0, 1.0, 60.0))
    assert hasty == TradeOff("hasty", "", Costs(1.0, 0.0, 4.0))


def test_a_strategy_whose_time_on_a_denial_is_not_known_is_left_out() -> None:
    trials = [({"strategy": "a"}, [FREE]), ({"strategy": "b"}, [FREE])]
    assert [each.strategy for each in trade_offs(select(frames_of(trials)), {"b": 1.0})] == ["b"]


def test_where_nothing_is_injected_there_is_no_added_wait() -> None:
    trials = [({"strategy": "a", "freshness": "unique"}, [FREE])]
    assert trade_offs(select(frames_of(trials)), {"a": 1.0}) == []


@given(st.lists(costs, min_size=1, max_size=12))
def test_the_frontier_is_what_nothing_beats_and_beats_all_else(all_costs: list[Costs]) -> None:
    found = [TradeOff(str(number), "", each) for number, each in enumerate(all_costs)]
    best = on_frontier(found)
    assert best
    for each in found:
        beaten = any(each.costs.is_beaten_by(other.costs) for other in best)
        assert beaten != (each in best)


def test_equal_strategies_are_on_the_frontier_together() -> None:
    same = Costs(0.1, 2.0, 3.0)
    found = [TradeOff("a", "", same), TradeOff("b", "", Costs(0.1, 2.0 + 1e-9, 3.0))]
    assert on_frontier(found) == found
