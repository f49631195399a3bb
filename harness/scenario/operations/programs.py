"""Operations on a program that was just written: to start it, or to change its resources."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from typing_extensions import override

from harness.holds.profile import HandleKind
from harness.holds.rule import Rule
from harness.platform.base import Capability
from harness.scenario.names import RelativePath
from harness.scenario.operations.base import OperationBase
from harness.scenario.operations.files import OnNewFile
from harness.strategy.features import Feature
from harness.strategy.purpose import Purpose

START_RULE: Final = Rule(
    "whoever has a program open for writing, or does not share reading, blocks its start with 32",
    "seen under Wine",
    "docs/evidence/windows-sharing.md#starting-a-program",
)

RESOURCE_RULE: Final = Rule(
    "a program that somebody has open answers the update of its resources with 110",
    "unverified",
    "docs/evidence/windows-sharing.md#resources-of-programs",
)


class Start(OnNewFile):
    """Write the program to `to`, close it, then start it (``CreateProcessW``); none of its code runs."""

    kind: Literal["start"]

    on_program = True

    @override
    def rules(self) -> Iterator[Rule]:
        yield START_RULE

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("open", "file", "starting a program")


class AddResource(OperationBase):
    """Write the program to `to`, close it, then add a resource to it (``BeginUpdateResourceW`` …)."""

    kind: Literal["add-resource"]
    to: RelativePath
    """Destination, relative to the install folder; ``{name}``, ``{version}`` and ``{file}`` are filled
    in.
    """

    works_on = "files"
    on_program = True

    @property
    @override
    def writes_over(self) -> bool:
        return True

    is_first = True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("write", "file", "adding a resource to a program")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        return frozenset({"other-call", "target", "old-target"})  # the program itself

    @override
    def rules(self) -> Iterator[Rule]:
        yield RESOURCE_RULE

    @override
    def needs_under(self, handle: HandleKind, *, moves_tree: bool) -> Iterator[Capability]:
        del handle, moves_tree
        yield "resources-of-held-programs"
