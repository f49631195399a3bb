"""A clause that can do nothing for an operation is said: every clause, every kind of operation."""

from __future__ import annotations

from typing import Final

import pytest

from harness.predict.shapes import DIRECTORY, FILE
from harness.scenario.operations.base import OperationBase
from harness.scenario.operations.programs import AddResource
from harness.scenario.operations.renames import CopyReplace, Rename, WriteReplace
from harness.scenario.operations.trees import Place, Remove, Rewrite
from harness.strategy.catalogue import CatalogueEntry, entries
from harness.strategy.idle_clauses import idle_clauses, without_idle
from harness.strategy.notation import parse
from harness.strategy.spec import PHRASES

REPLACING: Final = {"kind": "write-replace", "to": "x"}
AROUND: Final = {words for words, phrase in PHRASES.items() if phrase.field == "around"}
METHODS: Final = {"by moving files", "by linking files", "in place"}
OF_TARGET: Final = {
    "while target is absent",
    "done if target exists",
    "unless target is a directory",
}
OF_RENAMES: Final = {"renames only", "unless target is a directory"}


def idle(clause: str, operation: OperationBase, *, is_tree: bool, is_fresh: bool = True) -> bool:
    features = operation.features(is_tree=is_tree, is_fresh=is_fresh)
    return clause in idle_clauses(parse(f"10ms 3 retries on any {clause}"), features)


@pytest.mark.parametrize(
    ("operation", "is_tree", "does_nothing"),
    [
        (
            Rename(kind="rename", to="x"),
            True,
            {*AROUND, *OF_TARGET, "fresh temporary", "renames only"},
        ),
        (
            Rename(kind="rename", to="x"),
            False,
            {*AROUND, *METHODS, *OF_TARGET, "fresh temporary", "renames only"},
        ),
        (
            WriteReplace(kind="write-replace", to="x"),
            False,
            {*AROUND, *METHODS, *OF_TARGET, "renames only"},
        ),
        (WriteReplace(kind="write-replace", to="x", existing=True), False, {*METHODS, *OF_RENAMES}),
        (CopyReplace(kind="copy-replace", to="x", existing=True), False, {*METHODS, *OF_RENAMES}),
        (
            Place(kind="place", to="x"),
            True,
            {*AROUND, *METHODS, *OF_TARGET, "fresh temporary", "renames only"},
        ),
        (
            Remove(kind="remove", at="x"),
            True,
            {*AROUND, *METHODS, *OF_TARGET, "fresh temporary", "renames only"},
        ),
        (
            Rewrite(kind="rewrite", at="x", file="y"),
            True,
            {*AROUND, *METHODS, *OF_TARGET, "fresh temporary", "renames only"},
        ),
        (
            AddResource(kind="add-resource", to="x"),
            False,
            {*METHODS, *OF_RENAMES, "fresh temporary"},
        ),
    ],
)
def test_every_clause_for_every_kind(
    operation: OperationBase, *, is_tree: bool, does_nothing: set[str]
) -> None:
    assert {clause for clause in PHRASES if idle(clause, operation, is_tree=is_tree)} == does_nothing


def test_files_that_others_share_may_have_the_name_already() -> None:
    assert not any(
        idle(clause, Place(kind="place", to="x"), is_tree=True, is_fresh=False) for clause in AROUND
    )


def test_the_calls_of_a_method_count_as_well() -> None:
    moving = parse("10ms 3 retries else copy renames only by moving files")
    assert not idle_clauses(moving, DIRECTORY.features)
    linking = parse("10ms 3 retries renames only by linking files")
    assert idle_clauses(linking, DIRECTORY.features) == {
        "renames only": "leaves nothing to retry: nothing is renamed"
    }
    assert list(idle_clauses(linking, FILE.features)) == ["by linking files", "renames only"]


def test_without_idle_clauses_two_strategies_are_the_same() -> None:
    one, other = parse("10ms 3 retries else copy"), parse("10ms 3 retries")
    assert without_idle(one, DIRECTORY.features) == without_idle(one, FILE.features) == one
    assert without_idle(one, frozenset({"removal"})) == other
    assert str(without_idle(parse("plain moving target aside"), DIRECTORY.features)) == "plain"


def test_a_condition_that_is_always_met_is_the_same_strategy_without_it() -> None:
    for clause in ("renames only", "while target is absent", "unless target is a directory"):
        assert without_idle(parse(f"10ms 3 retries {clause}"), DIRECTORY.features) == parse(
            "10ms 3 retries"
        )
    nothing_left = parse("10ms 3 retries renames only")
    assert without_idle(nothing_left, frozenset({"other-call"})) == nothing_left


def test_conditions_count_where_a_clause_makes_targets_and_other_calls() -> None:
    for clause in ("renames only", "while target is absent", "unless target is a directory"):
        assert not idle_clauses(parse(f"10ms 3 retries by moving files {clause}"), DIRECTORY.features)
        assert not idle_clauses(parse(f"10ms 3 retries else copy {clause}"), FILE.features)


@pytest.mark.parametrize("entry", entries().values(), ids=lambda entry: entry.id)
def test_of_shipped_strategies_conditions_that_are_always_met_are_not_said(
    entry: CatalogueEntry,
) -> None:
    said = idle_clauses(entry.spec, DIRECTORY.features, conditions=False)
    assert not {"renames only", *OF_TARGET} & set(said)
