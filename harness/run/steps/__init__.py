"""The steps of a trial, one per kind of operation: the files it prepares, the calls it makes.

A `Step` is an operation of a scenario with its paths filled in. It makes one primitive call, or several;
the strategy persists each. Every module of this folder is a step, which registers itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from pkgutil import iter_modules

from harness.payload.prepare import Item
from harness.run.steps.step import TEMPORARY_PREFIX, InstallSite, Step
from harness.scenario.operations import OperationSpec

__all__ = ["TEMPORARY_PREFIX", "InstallSite", "Step", "check", "stage", "step_of"]

for _module in iter_modules(__path__, f"{__name__}."):
    import_module(_module.name)


def check(item: Item, operations: Iterable[OperationSpec]) -> None:
    """Refuse, before anything runs, operations that the payload turns out not to fit.

    Raises `InvalidInputError`.
    """
    for operation in operations:
        Step.of_kind[operation.kind].check(item, operation)


def step_of(site: InstallSite, operation: OperationSpec) -> Step:
    """Return the step of an operation; the payload is where the steps before have brought it."""
    return Step.of_kind[operation.kind](site, operation)


def stage(site: InstallSite, operations: Iterable[OperationSpec]) -> None:
    """Lay an item down for its operations; each finds the payload where those before have put it."""
    for operation in operations:
        step = step_of(site, operation)
        if step.rival is not None:
            step.rival.lay_down()
        step.stage()
        if step.effect == "brings":
            site.brought.add(step.place)
        elif step.effect == "removes":
            site.brought.discard(step.place)
