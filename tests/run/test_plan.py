"""The order of trials: blocks in turn, or evenly by the time that each case has had."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from harness.holds.profile import Profile
from harness.run.plan import Case, cases_of, evenly, rounds
from harness.scenario.load import load_scenario
from harness.scenario.model import Factors
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


STRATEGIES = {name: get_strategy(name) for name in ("plain", "exponential", "graceful-fs")}


def case_of(seed: int = 1, name: str = "brief", *labels: str, **changes: object) -> Case:
    """One case of a shipped scenario with `changes`."""
    loaded = load_scenario("script-install").changed(**changes)
    strategies = {label: STRATEGIES[label] for label in labels or ("plain", "exponential")}
    return next(case for case in cases_of(loaded, strategies, seed) if case.profile_name == name)


def cited(case: Case) -> Case:
    """The case with another source and other evidence for every parameter of its holds."""
    data = case.profile.model_dump(by_alias=True)
    for hold in data["holds"]:
        for name in ("handle", "probability", "delay", "duration"):
            hold[name] |= {"evidence": "measured", "source": "another"}
    return replace(case, profile=Profile.model_validate(data))


def longer(case: Case) -> Case:
    """The case with a hold that begins a little later."""
    data = case.profile.model_dump(by_alias=True)
    data["holds"][0]["delay"]["of"] = {"distribution": "constant", "ms": 1.5}
    return replace(case, profile=Profile.model_validate(data))


def test_what_is_compared_and_how_it_is_cited_change_no_draw() -> None:
    case = case_of()
    same = [
        case_of(1, "brief", "graceful-fs", "plain"),
        case_of(blocks=7),
        case_of(title="Another title", margin=case.loaded.scenario.margin),
        replace(case, profile_name="another"),
        cited(case),
    ]
    assert {each.key for each in same} == {case.key}


def test_what_is_drawn_from_changes_every_draw() -> None:
    case = case_of()
    payload = case.loaded.scenario.payload
    other = [
        case_of(2),
        case_of(1, "cloud-verdict"),
        case_of(payload=[*payload, *payload]),
        case_of(attempt_cost_ms=0.5),
        case_of(concurrency=2),
        longer(case),
        replace(case, loaded=replace(case.loaded, generated=True)),
    ]
    assert len({case.key, *(each.key for each in other)}) == 1 + len(other)


def test_the_holds_of_a_block_are_those_of_all_its_variants_and_of_no_other_block() -> None:
    case = case_of()
    keys = [case.hold_key(block, op_id) for block in range(3) for op_id in ("a/0-rename", "b/0-rename")]
    assert len(set(keys)) == len(keys)
    assert all(key.startswith(f"{case.key}/") for key in keys)


def test_jitter_is_drawn_for_each_trial_and_operation_and_again_the_same() -> None:
    trials = [trial for block in range(2) for trial in case_of().block(block)]
    drawn = [trial.strategy_rng(op_id).random() for trial in trials for op_id in ("a", "b")]
    assert len(set(drawn)) == 8
    again = [trial for block in range(2) for trial in case_of().block(block)]
    assert drawn == [trial.strategy_rng(op_id).random() for trial in again for op_id in ("a", "b")]


def test_a_new_variant_reorders_no_others() -> None:
    few, more = case_of(), case_of(1, "brief", "plain", "graceful-fs", "exponential")
    for number in range(20):
        of_few = [trial.variant.name for trial in few.block(number)]
        of_more = [trial.variant.name for trial in more.block(number)]
        assert [name for name in of_more if name != "graceful-fs"] == of_few
        assert [trial.position for trial in more.block(number)] == [0, 1, 2]
    orders = {tuple(trial.variant.name for trial in more.block(number)) for number in range(60)}
    assert len(orders) == 6  # every order comes


def test_cases_take_turns_until_each_has_its_own_number_of_blocks() -> None:
    few, many, none = cases(3)
    blocks = {few.name: 1, many.name: 3, none.name: 0}
    found = [(trial.case.name, trial.block) for trial in rounds([few, many, none], blocks)]
    assert found[::VARIANTS] == [(few.name, 0), (many.name, 0), (many.name, 1), (many.name, 2)]
    assert len(found) == VARIANTS * 4
    assert list(rounds([], {})) == []


def test_every_combination_of_factors_is_a_variant_of_each_strategy() -> None:
    factors = Factors.model_validate({"link_mode": ["hardlink", "copy"], "pause_ms": [0.0, 2.5, 15_000]})
    case = case_of(factors=factors)
    assert [variant.name for variant in case.variants][:4] == [
        "plain link_mode=hardlink pause_ms=0",
        "plain link_mode=hardlink pause_ms=2.5",
        "plain link_mode=hardlink pause_ms=15000",
        "plain link_mode=copy pause_ms=0",
    ]
    assert len({variant.name for variant in case.variants}) == 12
