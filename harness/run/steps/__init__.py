"""What each kind of operation does: which files it prepares, which primitive calls it makes.

A `Step` is an operation of a scenario with its paths filled in. It makes one primitive call, or several;
the strategy persists every call on its own. Each kind is one file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from harness.errors import InvalidInputError
from harness.run.steps.add_resource import AddResourceStep
from harness.run.steps.place import PlaceStep
from harness.run.steps.remove import RemoveStep
from harness.run.steps.rename import RenameStep
from harness.run.steps.replace import ReplaceStep
from harness.run.steps.rewrite import RewriteStep, file_to_rewrite
from harness.run.steps.step import TEMPORARY_PREFIX, Site, Step
from harness.strategy.tree_methods import MARKER, is_marker

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from harness.payload.prepare import Item
    from harness.scenario.model import Operation

__all__ = ["TEMPORARY_PREFIX", "Site", "Step", "check", "stage", "step_of"]

STEPS: Final[Mapping[str, type[Any]]] = {
    "rename": RenameStep,
    "write-replace": ReplaceStep,
    "copy-replace": ReplaceStep,
    "place": PlaceStep,
    "remove": RemoveStep,
    "rewrite": RewriteStep,
    "add-resource": AddResourceStep,
}


def stage(site: Site, operations: list[Operation]) -> None:
    """Lay down all that a site's operations need."""
    for operation in operations:
        STEPS[operation.kind].stage(site, operation)


def step_of(site: Site, operation: Operation) -> Step:
    """Make the step of an operation; the payload is where the steps before have brought it."""
    step: Step = STEPS[operation.kind](site, operation)
    return step


def check(item: Item, operations: Iterable[Operation]) -> None:
    """Refuse, before anything runs, operations that the payload turns out not to fit.

    Raises `InvalidInputError`.
    """
    for operation in operations:
        if operation.kind == "rewrite":
            file_to_rewrite(item, operation)
        if operation.kind == "rename" and any(is_marker(file.path) for file in item.files):
            raise InvalidInputError(
                f"{item.file} brings a file {MARKER} of its own",
                hint="By that name strategies mark a tree that is complete.",
            )
