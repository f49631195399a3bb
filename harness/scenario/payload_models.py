"""The payloads of a scenario file: the files to lay down, and the shape of generated ones."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from harness.holds.strict import Strict, distinct
from harness.scenario.names import FileName, Name, Sha256

QUANTILES: Final = (0.0, 0.10, 0.25, 0.50, 0.75, 0.90, 0.97, 1.0)
"""The shares of files that the eight `sizes` of a `SizeShape` stand for."""

Size = Annotated[int, Field(ge=0, le=2_000_000_000)]


ReadOnlyParts = Literal["files", "folders", "all"]
"""What has the read-only attribute: files, folders (the root included), or both."""
ReadOnlyPattern = Annotated[str, Field(pattern=r"^[\w.*+-]+(/[\w.*+-]+)*/?$", max_length=200)]
ReadOnlyPatterns = Annotated[
    list[ReadOnlyPattern], Field(min_length=1, max_length=50), AfterValidator(distinct)
]
"""Paths in a tree; ``*`` stands for any characters, and a path with a ``/`` at its end is a folder's."""


class SizeShape(Strict):
    """How many files there are, and how their sizes are distributed."""

    files: Annotated[int, Field(ge=0, le=100_000)]
    """Number of files."""
    sizes: Annotated[list[Size], Field(min_length=8, max_length=8)]
    """Sizes in bytes at the quantiles 0, 10, 25, 50, 75, 90, 97 and 100 %, ascending."""

    @model_validator(mode="after")
    def _ascending(self) -> SizeShape:
        if self.sizes != sorted(self.sizes):
            raise ValueError("sizes must ascend: they are quantiles")
        return self


class TreeShape(Strict):
    """The shape of an unpacked archive, which its generated variant has too."""

    folders: Annotated[int, Field(ge=1, le=20_000)]
    """Number of folders, the root included."""
    other: SizeShape
    """The files that are no Windows programs or libraries."""
    pe: SizeShape | None = None
    """The Windows programs and libraries (PE files), if there are any."""


def _with_files(shape: TreeShape) -> TreeShape:
    if not shape.other.files + (shape.pe.files if shape.pe else 0):
        raise ValueError("must be a tree with at least one file")
    return shape


PayloadShape = Annotated[TreeShape, AfterValidator(_with_files)]


class _Tree(Strict):
    read_only: ReadOnlyParts | ReadOnlyPatterns | None = Field(
        default=None, exclude_if=lambda value: value is None
    )
    """What has the read-only attribute: ``files``, as packs of Git have it, ``folders``, or ``all``; or
    a list of paths in the tree, in which ``*`` stands for any characters and a ``/`` at the end for a
    folder. Nothing by default.
    """


class _File(Strict):
    read_only: Literal["files"] | None = Field(default=None, exclude_if=lambda value: value is None)
    """``files``: they have the read-only attribute."""


class _Archive(Strict):
    kind: str
    """Kind of payload."""
    name: Name
    """Name of the distribution, as the index spells it."""
    version: Name
    """Version of the distribution."""
    file: FileName
    """File name of the archive on the index."""
    sha256: Sha256
    """SHA-256 of the archive, in hexadecimal; anything else is refused."""


class WheelPayload(_Archive, _Tree):
    """A wheel from the package index, unpacked."""

    kind: Literal["wheel"]
    shape: PayloadShape
    """Shape of the unpacked archive, for the generated variant."""


class SdistPayload(_Archive, _Tree):
    """A source distribution (.tar.gz or .zip) from the package index, unpacked. No code of it runs."""

    kind: Literal["sdist"]
    shape: PayloadShape
    """Shape of the unpacked archive, for the generated variant."""


class Backend(Strict):
    """A build backend, as wheels that are unpacked into a folder of their own."""

    file: FileName
    """File name of the backend's wheel on the index."""
    name: Name
    """Name of the distribution."""
    version: Name
    """Version of the distribution."""
    sha256: Sha256
    """SHA-256 of the wheel, in hexadecimal."""
    build_backend: Annotated[
        str, Field(pattern=r"^[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?$", max_length=200)
    ] = "setuptools.build_meta"
    """Object to call, as ``build-backend`` in ``pyproject.toml`` spells it."""


class BuiltWheelPayload(_Archive, _File):
    """A wheel that is built from a source distribution: this runs the code of both (PEP 517)."""

    kind: Literal["built-wheel"]
    backend: Backend
    """The build backend."""
    size: Annotated[int, Field(gt=0, le=2_000_000_000)]
    """Size of the built wheel in bytes, for the generated variant."""


class _Unversioned(Strict):
    @property
    def version(self) -> str:
        """A payload that is made here has no version."""
        return "0"


class LauncherPayload(_Unversioned, _File):
    """The launcher of a console script for Windows, as distlib makes it."""

    kind: Literal["launcher"]
    name: Name
    """Name of the distribution that the launcher belongs to."""
    entry_point: Annotated[
        str, Field(pattern=r"^[\w.-]+ = [A-Za-z_][\w.]*:[A-Za-z_][\w.]*$", max_length=300)
    ]
    """Console script, such as ``httpx = httpx:main``."""


class FilesPayload(_Unversioned, _File):
    """Generated files of given sizes, each one an item of its own: cache entries."""

    kind: Literal["files"]
    name: Name
    """Name of the group of files."""
    sizes: Annotated[list[Size], Field(min_length=1, max_length=1000)]
    """Size of each file in bytes."""


class TreePayload(_Unversioned, _Tree):
    """A generated tree of files."""

    kind: Literal["tree"]
    name: Name
    """Name of the tree."""
    shape: PayloadShape
    """Shape of the tree."""


Payload = Annotated[
    WheelPayload | SdistPayload | BuiltWheelPayload | LauncherPayload | FilesPayload | TreePayload,
    Field(discriminator="kind"),
]
TREE_KINDS: Final = frozenset({"wheel", "sdist", "tree"})
FILE_KINDS: Final = frozenset({"built-wheel", "files", "launcher"})
