"""Target shapes for the operations of scenarios that rename, delete, read, copy or link a file.

Others are not predicted from attempt times, such as removing a tree in several calls: a run can tell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, get_args

from harness.errors import InvalidInputError
from harness.predict.shapes import DIRECTORY, FILE, CallName, HandlePlace, OtherCall, TargetShape
from harness.scenario.operations import OPERATION_MODELS
from harness.strategy.file_calls import RenamePrimitive
from harness.text import available, begun, joined

if TYPE_CHECKING:
    from harness.holds.profile import ObjectName
    from harness.scenario.operations.base import OperationBase

CALLS: Final[Mapping[str, CallName]] = {
    "rename": "rename",
    "write-replace": "rename",
    "copy-replace": "rename",
    "remove-file": "delete",
    "read": "read",
    "copy-onto": "copy",
    "place": "link",
}
"""The call of each kind of operation that is predicted: one for each file."""
_WORDS: Final[Mapping[OtherCall, str]] = {"link": "linking a file", "copy": "copying a file"}
"""Of calls whose purpose is for several files."""
_WITHOUT_TARGET: Final[Mapping[ObjectName, HandlePlace]] = {
    name: place for name, place in FILE.places.items() if name != "target"
}


def shape_of(kind: str, primitive: str | None = None) -> TargetShape:
    """Return the shape of a kind of operation: of ``rename``, that of a folder.

    Raises `InvalidInputError` for an unknown kind, one that is not predicted, and a primitive that it
    does not have.
    """
    if kind not in OPERATION_MODELS:
        hint = available(kind, OPERATION_MODELS)
        raise InvalidInputError(f"--operation: no operation is called {kind!r}", hint=hint)
    _check_primitive(kind, primitive)
    given: dict[str, Any] = {"kind": kind, "existing": True}
    if primitive is not None:
        given["primitive"] = primitive
    return shape_of_operation(OPERATION_MODELS[kind].model_construct(**given), is_tree=True)


def shape_of_operation(operation: OperationBase, *, is_tree: bool) -> TargetShape:
    """Return the shape of an operation of a scenario. Raises `InvalidInputError` as `shape_of` does."""
    kind = str(getattr(operation, "kind", ""))
    if kind not in CALLS:
        raise InvalidInputError(
            f"{kind} is not among the calls that are predicted from attempt times alone",
            hint=f"A run can tell: `harness new FILE --operation {kind} --strategy STRATEGY`, then "
            f"`harness run FILE`. Predicted are {joined([*CALLS])}.",
        )
    call = CALLS[kind]
    if call != "rename":
        copies = getattr(operation, "link_mode", None) == "copy"
        return _other_call(kind, "copy" if copies else call)
    primitive = getattr(operation, "primitive", "move-replace")
    has_target = kind != "rename" and bool(getattr(operation, "existing", False))
    if primitive == "move" and has_target:
        raise InvalidInputError("--primitive: move never replaces a file", hint="move-replace does.")
    return _rename(primitive, is_tree=is_tree and kind == "rename", has_target=has_target)


@lru_cache(maxsize=64)  # the same shape each time: traces are kept by shape
def _rename(primitive: RenamePrimitive, *, is_tree: bool, has_target: bool) -> TargetShape:
    """Make the shape of a rename, of a folder to a new name or of a file."""
    base = DIRECTORY if is_tree else FILE
    words = base.purpose.words if is_tree or has_target else "renaming a file"
    return replace(
        base,
        title=f"{begun(words)} with {primitive}",
        places=base.places if is_tree or has_target else _WITHOUT_TARGET,
        purpose=replace(base.purpose, words=words),
        has_target=has_target,
        primitive=primitive,
    )


@lru_cache(maxsize=64)
def _other_call(kind: str, call: OtherCall) -> TargetShape:
    """Make the shape of a call on one file that is no rename."""
    given: dict[str, Any] = {"kind": kind}
    model = OPERATION_MODELS[kind].model_construct(**given)
    purpose = model.purpose(is_tree=False)
    purpose = replace(purpose, words=_WORDS.get(call, purpose.words))
    return TargetShape(
        name=call,
        title=begun(purpose.words),
        is_directory=False,
        places=FILE.places if kind == "copy-onto" else _WITHOUT_TARGET,
        purpose=purpose,
        features=model.features(is_tree=False, is_fresh=True),
        call=call,
        has_target=kind == "copy-onto",
        compared=frozenset({purpose.operation, "any"}),
    )


def _check_primitive(kind: str, primitive: str | None) -> None:
    if primitive is None:
        return
    field = OPERATION_MODELS[kind].model_fields.get("primitive")
    known = [str(each) for each in get_args(field.annotation)] if field is not None else []
    if primitive not in known:
        hint = available(primitive, known) if known else f"{kind} has no choice of calls."
        raise InvalidInputError(f"--primitive: {kind} has none called {primitive!r}", hint=hint)
