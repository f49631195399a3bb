"""The cases of the study: operations, all profiles that inject holds, all strategies made for them."""

from __future__ import annotations

import pytest

from harness.scenario.load import LoadedScenario, load_scenarios, shipped_profiles
from harness.scenario.operations import OPERATION_MODELS
from harness.strategy.catalogue import entries
from harness.strategy.purpose import MADE_FOR
from harness.study.definition import BLOCKS, case_files, repeated_blocks


@pytest.fixture(scope="module")
def cases() -> list[LoadedScenario]:
    return load_scenarios(case_files())


def test_every_case_has_all_injected_profiles_and_a_plain_attempt(cases: list[LoadedScenario]) -> None:
    injecting = sorted(name for name, profile in shipped_profiles().items() if profile.holds)
    for loaded in cases:
        assert sorted(loaded.scenario.profiles) == injecting
        assert loaded.scenario.strategies[0].display == "plain"
        assert loaded.scenario.blocks == BLOCKS >= 200
        assert len(loaded.scenario.operations) == 1


def test_every_case_has_the_strategies_of_the_catalogue_that_are_made_for_its_operation(
    cases: list[LoadedScenario],
) -> None:
    for loaded in cases:
        purpose = loaded.scenario.purpose
        made_for = {
            entry.id
            for entry in entries().values()
            if entry.operation in MADE_FOR[purpose.operation]
            and (purpose.on is None or purpose.on in entry.objects)
        }
        listed = {each.display for each in loaded.scenario.strategies} - {"plain"}
        assert listed <= made_for
        assert len(listed) >= 0.9 * len(made_for)  # the newest may not have been run yet


def test_operations_that_strategies_of_the_catalogue_are_made_for_have_a_case(
    cases: list[LoadedScenario],
) -> None:
    made_for = {entry.operation for entry in entries().values()} - {"any"}
    purposes = {kind: _purposes(kind) for kind in OPERATION_MODELS}
    expected = {kind for kind, found in purposes.items() if found & made_for}
    assert expected <= {each.scenario.operations[0].kind for each in cases}


def _purposes(kind: str) -> set[str]:
    model = OPERATION_MODELS[kind].model_construct()
    return {model.purpose(is_tree=is_tree).operation for is_tree in (False, True)}


@pytest.mark.parametrize(
    ("blocks", "repeated"), [(1, [0]), (2, [1]), (20, [19]), (100, [99]), (200, [99, 199])]
)
def test_one_block_in_a_hundred_is_repeated_and_at_least_one(blocks: int, repeated: list[int]) -> None:
    assert list(repeated_blocks(blocks)) == repeated
