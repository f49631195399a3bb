"""Shapes of operations: a prediction gives the code that a trial on real files gives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.api import run_scenarios
from harness.errors import InvalidInputError
from harness.holds.profile import ObjectName
from harness.predict.hold_cases import hold_case
from harness.predict.operation_shapes import CALLS, shape_of, shape_of_operation
from harness.scenario.draft import Draft, drafted
from harness.scenario.load import load_scenario
from harness.scenario.operations import OPERATION_MODELS
from harness.strategy.file_calls import SYSTEM_CALLS

FILES = ("write-replace", "copy-replace", "remove-file", "read", "copy-onto")
OBJECTS: tuple[ObjectName, ...] = ("source", "child", "target", "target-parent")


def drawn(tmp_path: Path, operation: str, held: ObjectName, share: Any, payload: Any = None) -> Any:
    """The scenario of a hold that never ends, and the code of one attempt in a trial of it."""
    draft = Draft(
        title="A hold that never ends",
        report="https://example.org/1",
        operation=operation,
        held=held,
        share=share,
        lasts_ms=None,
        payload=payload,
    )
    path = tmp_path / "held.toml"
    path.write_text(drafted(draft), encoding="utf-8")
    loaded = load_scenario(path)
    options: dict[str, Any] = {"blocks": 1, "seed": 1, "platform": "emulated"}
    run = run_scenarios([loaded], results=tmp_path / "results", **options)
    (trial,) = run.trials
    attempts = [each for operation in trial.operations for each in operation.attempts]
    return loaded, attempts[-1][2] if attempts else 0


@pytest.mark.parametrize("share", ["none", "r", "rw", "rwd"])
@pytest.mark.parametrize("held", OBJECTS)
@pytest.mark.parametrize("operation", FILES)
def test_the_predicted_code_is_that_of_a_trial(
    operation: str, held: ObjectName, share: str, tmp_path: Path
) -> None:
    loaded, code = drawn(tmp_path, operation, held, share)
    (profile,) = loaded.profiles.values()
    step = loaded.scenario.operations[0]
    if operation in {"read", "remove-file"} and held == "target":
        pytest.skip("the file itself has no other name that could be held")
    shape = shape_of_operation(step, is_tree=False)
    if held == "target" and not getattr(step, "existing", True):
        pytest.skip("there is no old file")
    case = hold_case("held", profile, shape)
    assert (case.code if case.active_holds else 0) == code


@pytest.mark.parametrize("share", ["none", "r", "rwd"])
@pytest.mark.parametrize("held", ["source", "directory", "child", "subdirectory", "target-parent"])
def test_so_is_that_of_a_folder_that_is_renamed(held: ObjectName, share: str, tmp_path: Path) -> None:
    loaded, code = drawn(tmp_path, "rename", held, share, "tree")
    (profile,) = loaded.profiles.values()
    case = hold_case("held", profile, shape_of("rename"))
    assert (case.code if case.active_holds else 0) == code


def test_each_primitive_of_a_rename_is_a_call_of_its_own() -> None:
    for primitive, call in SYSTEM_CALLS.items():
        assert shape_of("rename", primitive).system_call == call
    assert shape_of("rename", "posix-rename") is shape_of("rename", "posix-rename")


@pytest.mark.parametrize(
    ("kind", "primitive", "words"),
    [
        ("renam", None, "no operation is called 'renam'"),
        ("remove", None, "is not among the calls"),
        ("rename", "mv", "rename has none called 'mv'"),
        ("read", "move", "read has none called 'move'"),
        ("write-replace", "move", "never replaces a file"),
        ("start", None, "start is not among the calls"),
    ],
)
def test_what_is_not_predicted_is_refused_with_what_is(
    kind: str, primitive: str | None, words: str
) -> None:
    with pytest.raises(InvalidInputError, match=words):
        shape_of(kind, primitive)


@pytest.mark.parametrize("kind", OPERATION_MODELS)
def test_every_kind_of_operation_has_a_shape_or_a_reason(kind: str) -> None:
    if kind in CALLS:
        assert shape_of(kind).system_call
    else:
        with pytest.raises(InvalidInputError, match="is not among the calls"):
            shape_of(kind)
