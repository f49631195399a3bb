"""The strategy that a name stands for depends on what the scenario does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidInputError
from harness.run.candidates import choose
from harness.scenario.load import load_scenario

if TYPE_CHECKING:
    from conftest import MakeScenario


@pytest.mark.parametrize(
    ("scenario", "name", "strategy"),
    [
        ("script-install", "uv-0.5.17", "uv-persist-backon-9"),
        ("numpy-wheel", "uv-0.5.17", "uv-backon-9"),
        ("script-install", "uv", "uv-persist-backon-10"),
        ("reinstall-remove", "pip", "pip-rmtree"),
        ("script-install", "pip-rmtree", "pip-rmtree"),
        ("script-install", "plain", "plain"),
    ],
)
def test_a_system_stands_for_its_strategy_for_the_operation(
    scenario: str, name: str, strategy: str
) -> None:
    assert [choice.use for choice in choose(load_scenario(scenario), [name])] == [strategy]


def test_a_system_without_such_a_strategy_is_refused_with_those_it_has() -> None:
    with pytest.raises(InvalidInputError, match="no strategy for script-install") as refused:
        choose(load_scenario("script-install"), ["pip-19.2"])
    assert "pip-rmtree (delete-tree)" in (refused.value.hint or "")


def test_notation_is_chosen_as_it_is(make_scenario: MakeScenario) -> None:
    (choice,) = choose(load_scenario(make_scenario()), ["10ms for 3s on 5"])
    assert choice.display == "10ms for 3s on 5"
