"""The volume of a scenario file: what its platform is to do with deletes, links and renames."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Literal

from pydantic import Field, model_validator

from harness.holds.rule import Rule
from harness.holds.sharing_rules import DeleteSemantics
from harness.holds.strict import Strict
from harness.holds.volume import (
    DELETE_RULES,
    ELSEWHERE,
    FILE_SYSTEM_RULES,
    NO_SYMLINKS,
    NTFS,
    VOLUMES,
    FileSystem,
    Volume,
)
from harness.winerror import PRIVILEGE_NOT_HELD


class VolumeSpec(Strict):
    """The volume that an install works on. What is left out is as the platform has it."""

    file_system: FileSystem | None = Field(default=None, exclude_if=lambda value: value is None)
    """File system whose rules apply, emulated only: ``ntfs``, ``ntfs-1809`` (Windows 10 1809 and older,
    classic deletes), ``refs`` and ``exfat`` (no hard links, no POSIX renames), ``smb`` (a share).
    """
    deletes: DeleteSemantics | None = Field(default=None, exclude_if=lambda value: value is None)
    """What becomes of a deleted file that somebody has open. ``posix``: its name is gone at once.
    ``classic``: it keeps its name until it is closed; opening it gives 5, removing its folder 145.
    """
    staging: Literal["same", "other"] = "same"
    """Volume of the temporary place, emulated only. With ``other``, renames and hard links out of it
    give 17, and only copies arrive.
    """

    symlinks: Literal["allowed", "denied"] = Field(
        default="allowed", exclude_if=lambda value: value == "allowed"
    )
    """Whether the account may make symbolic links, by a privilege or the developer mode. Where they are
    ``denied``, emulated only, making one gives 1314.
    """

    @model_validator(mode="after")
    def _says_something(self) -> VolumeSpec:
        if self == VolumeSpec.model_construct():
            raise ValueError(
                f"must be a table that says something: {', '.join(VolumeSpec.model_fields)}"
            )
        return self

    @property
    def volume(self) -> Volume:
        """The volume as platforms take it."""
        own = VOLUMES[self.file_system] if self.file_system else NTFS
        return dataclasses.replace(
            own,
            deletes=self.deletes or own.deletes,
            staged_elsewhere=self.staging == "other",
            symlink_error=PRIVILEGE_NOT_HELD if self.symlinks == "denied" else own.symlink_error,
        )

    def rules(self) -> Iterator[Rule]:
        """Yield the rules that results with this volume rest on."""
        if self.file_system is not None:
            yield from FILE_SYSTEM_RULES[self.file_system]
        if self.deletes is not None or self.file_system is not None:
            yield DELETE_RULES[self.volume.deletes]
        if self.staging == "other":
            yield ELSEWHERE
        if self.symlinks == "denied":
            yield NO_SYMLINKS
