"""Operations that write a file in place, which others may see half done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, Self

from pydantic import Field, model_validator
from typing_extensions import override

from harness.holds.handles import ShareName
from harness.holds.rule import Rule
from harness.platform.step_calls import WriteMode
from harness.scenario.names import RelativePath
from harness.scenario.operations.base import OverExisting, WithTarget
from harness.scenario.operations.files import OnFile
from harness.strategy.features import Feature
from harness.strategy.purpose import Purpose

CUT_RULE: Final = Rule(
    "a file of which a view is mapped can be written, but not cut: 1224",
    "seen under Wine",
    "docs/evidence/windows-sharing.md#loaded-programs-and-mapped-files",
)


class Write(OverExisting):
    """Open or create the file at `to`, and write it in place: not atomic.

    With `existing` and ``truncate-last``, what is there is longer than the new file.
    """

    kind: Literal["write"]
    mode: WriteMode = "truncate-first"
    """``create-new``: fails where a file is (80), as lock files do. ``truncate-first``: the usual way to
    write a file. ``truncate-last``: written over, then cut to its new length. ``append``: a log.
    """
    share: ShareName = "rw"
    """Access to let others have meanwhile; that of the C runtime and of Python by default."""
    ignore_failed_cut: bool = Field(default=False, exclude_if=lambda value: not value)
    """Whether ``truncate-last`` reports a success though the file could not be cut: then the end of the
    older file stays, and the outcome is ``damaged``.
    """

    works_on = "files"

    @property
    @override
    def writes_over(self) -> bool:
        return True

    @model_validator(mode="after")
    def _ignores_a_cut(self) -> Self:
        if self.ignore_failed_cut and self.mode != "truncate-last":
            raise ValueError("ignore_failed_cut is for mode = 'truncate-last'")
        return self

    @override
    def rules(self) -> Iterator[Rule]:
        if self.mode == "truncate-last":
            yield CUT_RULE

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("write", "file", "writing a file in place")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        always: frozenset[Feature] = frozenset({"other-call", "target"})
        return always | {"old-target"} if self.existing or self.already_there else always


class CopyOnto(WithTarget):
    """Copy the file onto an older one that is at `to`, in place: not atomic.

    With `already_there` what is there is something else.
    """

    kind: Literal["copy-onto"]

    @property
    @override
    def writes_over(self) -> bool:
        return True

    works_on = "files"

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("copy", "file", "copying onto a file")

    @override
    def features(self, *, is_tree: bool, is_fresh: bool) -> frozenset[Feature]:
        return frozenset({"other-call", "target", "old-target"})


class CopyTruncate(OnFile):
    """Copy the file that is installed at `at` to `to`, then truncate it, as logs are rotated."""

    kind: Literal["copy-truncate"]
    at: RelativePath
    """Place of the file that is copied and then emptied, with the same placeholders."""

    @property
    @override
    def writes_over(self) -> bool:
        return True

    @override
    def purpose(self, *, is_tree: bool) -> Purpose:
        return Purpose("copy", "file", "copying and truncating a file")
