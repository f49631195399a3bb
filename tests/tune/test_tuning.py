"""The whole answer: what is recommended, against what is shipped, and elsewhere."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import InvalidInputError
from harness.predict.hold_cases import hold_cases
from harness.predict.overview import read
from harness.predict.shapes import FILE
from harness.predict.simulate import predict
from harness.scenario.load import load_profile_file, shipped_profiles
from harness.strategy.catalogue import entries
from harness.strategy.notation import parse
from harness.tune.answers import answers
from harness.tune.no_data import without_data
from harness.tune.question import Limits
from harness.tune.sources import Source, modelled_source
from harness.tune.tuning import Tuning, tune


def _source(name: str) -> Source:
    return modelled_source(*load_profile_file(name))


@pytest.fixture(scope="module")
def found() -> Tuning:
    return tune(_source("scanner-mix"), Limits(max_denied_ms=60_000), read("uv"))


def test_what_is_recommended_is_predicted_to_do_the_same(found: Tuning) -> None:
    spec = parse(found.recommended.strategy)
    (case,) = hold_cases({"scanner-mix": shipped_profiles()["scanner-mix"]}, FILE)[0]
    expected = predict(spec, case)
    outcome = found.recommended.schedule.outcome
    assert 1 - outcome.failure == pytest.approx(expected.success_rate)
    ended = (found.holds.held * (1 - outcome.failure / found.holds.held)) or 1
    assert outcome.wait_ms / ended == pytest.approx(expected.overshoot_ms, rel=1e-6)


def test_what_is_shipped_is_predicted_to_do_the_same(found: Tuning) -> None:
    (case,) = hold_cases({"scanner-mix": shipped_profiles()["scanner-mix"]}, FILE)[0]
    by_name = {each.name: each for each in found.shipped}
    compared = 0
    for each in by_name.values():
        spec = entries()[each.name].spec
        if each.retried == 1 and not spec.phrases and not spec.is_random:
            compared += 1
            assert 1 - each.outcome.failure == pytest.approx(predict(spec, case).success_rate)
    assert compared > 15
    fitting = [each.fits for each in found.shipped]
    assert fitting == sorted(fitting, reverse=True)


def test_each_operation_of_a_tool_is_compared_by_the_error_it_meets(found: Tuning) -> None:
    retried = {each.name: each.retried for each in found.today}
    assert retried == {"uv-backon-10": 1.0, "uv-persist-backon-10": 1.0}


def test_fewer_failures_cost_more(found: Tuning) -> None:
    budgets = [each.outcome.denied_ms for each in found.frontier if each.outcome]
    assert budgets == sorted(budgets)
    assert [each.shipped for each in found.frontier] == sorted(
        (each.shipped for each in found.frontier), reverse=True
    )
    enough = [each.budget_ms for each in found.budgets]
    assert enough == sorted(enough)


def test_nothing_is_better_elsewhere_than_the_best_there(found: Tuning) -> None:
    assert {each.profile for each in found.elsewhere} >= {"brief", "cloud-verdict", "permanent"}
    for each in found.elsewhere:
        if each.best and each.outcome.failure <= found.limits.max_failure:
            assert each.best.wait_ms <= each.outcome.wait_ms + 1e-9


def test_the_limit_of_an_install_is_divided_among_its_operations() -> None:
    found = tune(_source("brief"), Limits(0.01, 1000), per_install_of=84)
    assert found.limits.max_failure == pytest.approx(1 - 0.99 ** (1 / 84))
    assert found.install is not None
    assert found.install.failure <= 0.01
    assert {each.operations for each in found.budgets} == {1, 84}


def test_the_answer_says_failures_wait_denial_gain_and_gap(found: Tuning) -> None:
    text = " ".join(answers(found))
    for words in (
        "It fails in",
        "reports a permanent denial after",
        "uv-backon-10 and uv-persist-backon-10 now fail in",
    ):
        assert words in text
    assert "The best of all schedules within the limits waits" in text


def test_without_data_all_waits_are_equal() -> None:
    found = without_data(Limits(max_denied_ms=28_000))
    assert found.strategy == "2s 14 retries on 5,32,33"
    assert found.worst_wait_ms == pytest.approx(2000)
    assert without_data(Limits(max_attempts=1)).strategy == "plain"


def test_a_tool_for_what_is_not_blocked_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="does not block"):
        tune(
            _source("minute-hold"),
            Limits(0.5, 60_000),
            [replace(read("uv")[1], shapes=(FILE,))],
        )
