"""The strategy that a name stands for depends on what the scenario does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import InvalidInputError
from harness.run.candidates import choose, merged
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
        ("avoidance", "uv", "uv-backon-10"),
        ("sdist-build", "uv", "uv-backon-10"),
    ],
)
def test_a_system_stands_for_its_strategy_for_the_operation(
    scenario: str, name: str, strategy: str
) -> None:
    assert [choice.use for choice in choose(load_scenario(scenario), [name])] == [strategy]


def test_a_system_without_such_a_strategy_is_refused_with_those_it_has() -> None:
    with pytest.raises(
        InvalidInputError, match=r"pip-19\.2 has no strategy for replacing a file"
    ) as refused:
        choose(load_scenario("script-install"), ["pip-19.2"])
    assert "for delete-tree of directories: pip-rmtree" in (refused.value.hint or "")


def test_a_name_in_a_scenario_file_stands_for_the_same_as_on_the_command_line(
    make_scenario: MakeScenario,
) -> None:
    """By the operation, its object and its primitive."""
    launcher = '[[payload]]\nkind = "launcher"\nname = "a"\nentry_point = "a = a:b"\n[[operations]]\n'
    shape = f"{{ folders = 1, other = {{ files = 2, sizes = {[9] * 8} }} }}"
    tree = f'[[payload]]\nkind = "tree"\nname = "a"\nshape = {shape}\n[[operations]]\n'
    cases = {
        launcher + 'kind = "write-replace"\nto = "a"': "uv-persist-backon-10",
        launcher + 'kind = "rename"\nto = "a"': "uv-backon-10",
        launcher + 'kind = "rename"\nto = "a"\nprimitive = "tempfile-persist"': "uv-persist-backon-10",
        tree + 'kind = "rename"\nto = "a"': "uv-backon-10",
    }
    for body, expected in cases.items():
        loaded = load_scenario(make_scenario(strategies='["uv", "plain"]', body=body))
        assert [choice.display for choice in loaded.scenario.strategies] == [expected, "plain"]
        bare = load_scenario(make_scenario(strategies='["plain"]', body=body))
        assert [choice.display for choice in choose(bare, ["uv"])] == [expected]
        assert [choice.display for choice in choose(loaded, ["uv", expected])] == [expected]
        assert list(merged(loaded, ["uv", expected, "plain"])) == [
            f"uv and {expected} are one strategy here, which runs once, as {expected}."
        ]


def test_a_label_stays_and_the_strategy_is_resolved(make_scenario: MakeScenario) -> None:
    loaded = load_scenario(make_scenario(strategies='[{ use = "graceful-fs", label = "npm" }]'))
    (choice,) = loaded.scenario.strategies
    assert (choice.use, choice.display) == ("graceful-fs-60s", "npm")


def test_notation_is_chosen_as_it_is(make_scenario: MakeScenario) -> None:
    (choice,) = choose(load_scenario(make_scenario()), ["10ms for 3s on 5"])
    assert choice.display == "10ms for 3s on 5"


def test_unknown_names_are_refused_together(make_scenario: MakeScenario) -> None:
    with pytest.raises(InvalidInputError, match=r"(?s)2 mistakes.*'exponentail'.*'rustupp'"):
        choose(load_scenario(make_scenario()), ["exponentail", "plain", "rustupp"])
