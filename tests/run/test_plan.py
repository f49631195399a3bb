"""The order of trials: blocks in turn, or evenly by the time that each case has had."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from harness.run.plan import Case, cases_of, evenly
from harness.scenario.load import load_scenario
from harness.strategy import get_strategy

VARIANTS = 2


def cases(count: int) -> list[Case]:
    loaded = load_scenario("script-install")
    strategies = {name: get_strategy(name) for name in ("plain", "exponential")}
    (case, *_) = cases_of(loaded, strategies, seed=1)
    return [
        Case(loaded, f"profile-{number}", case.profile, case.variants, seed=1) for number in range(count)
    ]


TRIAL_S = st.lists(st.floats(0.001, 100), min_size=1, max_size=5)


@given(trial_s=TRIAL_S, count=st.integers(1, 60))
def test_no_case_is_ever_ahead_by_more_than_a_block(trial_s: list[float], count: int) -> None:
    planned = cases(len(trial_s))
    costs = {case.name: cost for case, cost in zip(planned, trial_s, strict=True)}
    spent_s = dict.fromkeys(costs, 0.0)
    blocks: dict[str, list[int]] = {name: [] for name in costs}
    trials = evenly(planned, spent_s, 1_000_000)
    for _ in range(count):
        block = [next(trials) for _ in range(VARIANTS)]
        ((name, number),) = {(trial.case.name, trial.block) for trial in block}
        assert [trial.position for trial in block] == [0, 1]
        spent_s[name] += VARIANTS * costs[name]
        blocks[name].append(number)
        ahead = spent_s[name] - min(spent_s.values())
        assert ahead <= VARIANTS * costs[name] + 1e-9
    assert all(numbers == list(range(len(numbers))) for numbers in blocks.values())
    if count >= len(planned):
        assert all(blocks.values())


def test_short_trials_get_as_many_more_blocks_as_they_are_shorter() -> None:
    short, long = cases(2)
    spent_s = {short.name: 0.0, long.name: 0.0}
    trials = evenly([short, long], spent_s, 1_000_000)
    counts: Counter[str] = Counter()
    for _ in range(VARIANTS * 110):
        trial = next(trials)
        counts[trial.case.name] += 1
        spent_s[trial.case.name] += 1.0 if trial.case is short else 10.0
    assert counts == {short.name: 200, long.name: 20}


@given(trial_s=TRIAL_S, started=st.data())
def test_a_case_that_had_its_time_before_waits_for_the_others(
    trial_s: list[float], started: st.DataObject
) -> None:
    planned = cases(len(trial_s))
    spent_s = {case.name: started.draw(st.floats(0, 50)) for case in planned}
    least = min(spent_s, key=lambda name: spent_s[name])
    assert next(evenly(planned, spent_s, 1_000_000)).case.name == least
