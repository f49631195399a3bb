"""A system's name stands for its strategy for the operation in question."""

from __future__ import annotations

from typing import get_args

import pytest

from harness.errors import InvalidInputError
from harness.strategy import catalogue, get_strategy
from harness.strategy.catalogue import OperationName
from harness.strategy.lookup import find
from harness.strategy.purpose import MADE_FOR, Purpose, strategy_for


def meant(name: str, purpose: Purpose) -> str:
    return strategy_for(purpose, name, catalogue.select(name)).id


def test_the_object_decides_as_well() -> None:
    assert meant("llvm", Purpose("rename", "file", "")) == "llvm-rename-source"
    assert meant("llvm", Purpose("replace", "file", "")) == "llvm-rename-target"
    with pytest.raises(InvalidInputError, match="llvm has no strategy for renaming a folder") as refused:
        meant("llvm", Purpose("rename", "directory", "renaming a folder"))
    assert refused.value.hint == (
        "It has, for rename of files: llvm-rename-source; for replace of files: llvm-rename-target. "
        "Name one of these to use it anyway."
    )


def test_what_is_made_for_the_operation_comes_before_what_may_do_it() -> None:
    for purpose in (Purpose(operation, None, "") for operation in MADE_FOR):
        for system in catalogue.systems().values():
            own = [entry.id for entry in system.entries if entry.operation == purpose.operation]
            if own:
                assert meant(system.name, purpose) == own[0]


def test_every_operation_has_its_substitutes_and_is_its_own_first() -> None:
    assert set(MADE_FOR) == set(get_args(OperationName))
    assert all(first == operation for operation, (first, *_) in MADE_FOR.items())


def test_an_operation_is_named_in_python_too() -> None:
    assert get_strategy("uv-0.5.20", "replace").name == "uv-persist-backon-9"
    assert get_strategy("uv", operation="rename").name == "uv-backon-10"
    with pytest.raises(InvalidInputError, match="no operation is called 'persist'"):
        get_strategy("uv", "persist")  # type: ignore[arg-type]


def test_other_names_mean_the_same_for_every_operation() -> None:
    for name in ("uv-backon-10", "exponential", "10ms 3 retries", "write-file-atomic"):
        assert find(name).name == find(name, Purpose("delete", None, "")).name == name
