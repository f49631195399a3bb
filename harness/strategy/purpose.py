"""What a strategy is wanted for, and which strategy of a system that is.

A system has one strategy for renames, another for removals. So its name stands for the one that is made
for the operation in question, and for none where nothing says which operation that is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from harness.errors import InvalidInputError
from harness.text import joined

if TYPE_CHECKING:
    from harness.strategy.catalogue import CatalogueEntry, OperationName

MADE_FOR: Final[Mapping[OperationName, Sequence[OperationName]]] = {
    "rename": ("rename", "any", "replace", "write"),
    "replace": ("replace", "write", "any", "rename"),
    "delete": ("delete", "any", "delete-tree"),
    "delete-tree": ("delete-tree", "delete", "any"),
    "copy": ("copy", "any"),
    "open": ("open", "any"),
    "write": ("write", "open", "any"),
    "any": ("any",),
}
"""For an operation, what a strategy of the catalogue may be made for, the best first."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """An operation on a file or a directory (`on`; ``None`` for either), and the same in `words`."""

    operation: OperationName
    on: Literal["file", "directory"] | None
    words: str


def strategy_for(
    purpose: Purpose | None, name: str, entries: Sequence[CatalogueEntry]
) -> CatalogueEntry:
    """Return which of `entries`, the strategies of the system `name`, is meant.

    Raises `InvalidInputError` if none is made for the `purpose`, or if there is no purpose and they are
    made for different operations.
    """
    if purpose is None:
        if len({entry.operation for entry in entries}) == 1:
            return entries[0]
        raise InvalidInputError(
            f"{name} stands for several strategies, each for another operation",
            hint=f"Name the one you mean, {_listed(entries)}.",
        )
    for operation in MADE_FOR[purpose.operation]:
        for entry in entries:
            if entry.operation == operation and (purpose.on is None or purpose.on in entry.objects):
                return entry
    raise InvalidInputError(
        f"{name} has no strategy for {purpose.words}",
        hint=f"It has, {_listed(entries)}. Name one of these to use it anyway.",
    )


def _listed(entries: Sequence[CatalogueEntry]) -> str:
    by_use: dict[str, list[str]] = {}
    for entry in entries:
        by_use.setdefault(
            f"{entry.operation} of {joined([_PLURAL[each] for each in entry.objects])}", []
        ).append(entry.id)
    return "; ".join(f"for {use}: {', '.join(ids)}" for use, ids in by_use.items())


_PLURAL: Final = {"file": "files", "directory": "directories"}
