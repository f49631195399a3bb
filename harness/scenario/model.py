"""What a scenario file may say. Every knob that changes the meaning of a result is here.

The model is strict: an unknown key, a wrong type, an impossible value or an operation that does not
fit the payload is an error. `harness schema` prints it as JSON Schema.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, model_validator

from harness.holds.profile import Strict
from harness.platform.base import LinkMode, PathStyle
from harness.strategy.file_calls import DeletePrimitive, RenamePrimitive
from harness.strategy.notation import is_notation
from harness.strategy.timetable import ATTEMPT_COST_MS

T = TypeVar("T")


def _distinct(values: list[T]) -> list[T]:
    if len(set(values)) < len(values):
        raise ValueError("must be a list without repetitions")
    return values


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")]
FileName = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._+-]{0,199}$")]

# What Windows refuses in names, or gives a meaning of its own (Microsoft, "Naming Files, Paths, and
# Namespaces"); and surrogates, which stand for bytes that are no text.
_FORBIDDEN: Final = re.compile(r'[<>:"|?*\x00-\x1f\\\ud800-\udfff]')
_RESERVED: Final = re.compile(
    r"^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3]) *(\..*)?$", re.IGNORECASE
)


def is_portable_name(part: str) -> bool:
    """Tell whether one path component is a plain name on Windows as elsewhere."""
    return bool(
        part
        and part not in {".", ".."}
        and not _FORBIDDEN.search(part)
        and not _RESERVED.match(part)
        and not part.endswith((" ", "."))
    )


RESERVED_FOLDERS: Final = frozenset({"staging", "store-source"})
"""The folders of a trial where payloads wait; see `harness.run.steps`."""


def _inside(path: str) -> str:
    bare = re.sub(r"\{(name|version|file)\}", "x", path)
    if "{" in bare or "}" in bare:
        raise ValueError("the placeholders are {name}, {version} and {file}")
    parts = bare.split("/")
    if not all(is_portable_name(part) for part in parts):
        raise ValueError("must be a relative path with plain names, separated by /")
    if parts[0].lower() in RESERVED_FOLDERS:
        raise ValueError(f"must not begin with {parts[0]}, which the harness uses itself")
    return path


RelativePath = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_inside)]

QUANTILES: Final = (0.0, 0.10, 0.25, 0.50, 0.75, 0.90, 0.97, 1.0)
"""The shares of files that the eight `sizes` of a `SizeShape` stand for."""

Size = Annotated[int, Field(ge=0, le=2_000_000_000)]


class SizeShape(Strict):
    """How many files, and their sizes in bytes at the quantiles 0, 10, 25, 50, 75, 90, 97, 100 %."""

    files: Annotated[int, Field(ge=0, le=100_000)]
    sizes: Annotated[list[Size], Field(min_length=8, max_length=8)]

    @model_validator(mode="after")
    def _ascending(self) -> SizeShape:
        if self.sizes != sorted(self.sizes):
            raise ValueError("sizes must ascend: they are quantiles")
        return self


class TreeShape(Strict):
    """The shape of an unpacked archive: what its generated variant imitates."""

    folders: Annotated[int, Field(ge=1, le=20_000)]
    other: SizeShape
    pe: SizeShape | None = None


def _with_files(shape: TreeShape) -> TreeShape:
    if not shape.other.files + (shape.pe.files if shape.pe else 0):
        raise ValueError("must be a tree with at least one file")
    return shape


PayloadShape = Annotated[TreeShape, AfterValidator(_with_files)]


class WheelPayload(Strict):
    """A wheel from the package index, unpacked."""

    kind: Literal["wheel"]
    name: Name
    version: Name
    file: FileName
    sha256: Sha256
    shape: PayloadShape


class SdistPayload(Strict):
    """A source distribution (.tar.gz or .zip) from the package index, unpacked. No code of it runs."""

    kind: Literal["sdist"]
    name: Name
    version: Name
    file: FileName
    sha256: Sha256
    shape: PayloadShape


class Backend(Strict):
    """A build backend, as wheels that are unpacked into a folder of their own."""

    file: FileName
    name: Name
    version: Name
    sha256: Sha256
    build_backend: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*)?$")] = (
        "setuptools.build_meta"
    )


class BuiltWheelPayload(Strict):
    """A wheel that is built from a source distribution: this runs the code of both (PEP 517)."""

    kind: Literal["built-wheel"]
    name: Name
    version: Name
    file: FileName
    sha256: Sha256
    backend: Backend
    size: Annotated[int, Field(gt=0, le=2_000_000_000)]
    """Bytes of the wheel, for the generated variant."""


class LauncherPayload(Strict):
    """The launcher of a console script for Windows, as distlib makes it."""

    kind: Literal["launcher"]
    name: Name
    entry_point: Annotated[str, Field(pattern=r"^[\w.-]+ = [A-Za-z_][\w.]*:[A-Za-z_][\w.]*$")]

    @property
    def version(self) -> str:
        """A launcher has none."""
        return "0"


class FilesPayload(Strict):
    """Generated files of given sizes, each one an item of its own: cache entries."""

    kind: Literal["files"]
    name: Name
    sizes: Annotated[list[Size], Field(min_length=1, max_length=1000)]

    @property
    def version(self) -> str:
        """Generated files have none."""
        return "0"


class TreePayload(Strict):
    """A generated tree of files."""

    kind: Literal["tree"]
    name: Name
    shape: PayloadShape

    @property
    def version(self) -> str:
        """A generated tree has none."""
        return "0"


Payload = Annotated[
    WheelPayload | SdistPayload | BuiltWheelPayload | LauncherPayload | FilesPayload | TreePayload,
    Field(discriminator="kind"),
]
TREE_KINDS: Final = frozenset({"wheel", "sdist", "tree"})
FILE_KINDS: Final = frozenset({"built-wheel", "files", "launcher"})
INDEX_KINDS: Final = frozenset({"wheel", "sdist", "built-wheel"})


class OperationBase(Strict):
    """What all operations have: `pause_ms` is let pass between closing the files and persisting."""

    pause_ms: Annotated[float, Field(ge=0, le=3_600_000)] = 0.0


class Rename(OperationBase):
    """Rename the payload (a directory, or a file) from its temporary place to `to`."""

    kind: Literal["rename"]
    to: RelativePath
    primitive: RenamePrimitive = "move"


class WriteReplace(OperationBase):
    """Write the file to a temporary name beside `to`, then rename it to `to`."""

    kind: Literal["write-replace"]
    to: RelativePath
    existing: bool = False
    primitive: RenamePrimitive = "move-replace"


class CopyReplace(OperationBase):
    """Copy the file to a temporary name beside `to`, then rename it to `to`."""

    kind: Literal["copy-replace"]
    to: RelativePath
    existing: bool = False
    primitive: RenamePrimitive = "move-replace"


class Place(OperationBase):
    """Link or copy every file of the tree into `to`."""

    kind: Literal["place"]
    to: RelativePath
    link_mode: LinkMode = "hardlink"


class Remove(OperationBase):
    """Remove the tree that is installed at `at`, file by file, then its directories."""

    kind: Literal["remove"]
    at: RelativePath
    primitive: DeletePrimitive = "delete"


class Rewrite(OperationBase):
    """Read `file` of the tree that is installed at `at`, truncate it and write it anew.

    `file` is a path in the tree; ``*`` stands for any characters of one name.
    """

    kind: Literal["rewrite"]
    at: RelativePath
    file: Annotated[str, Field(pattern=r"^[\w.*+-]+(/[\w.*+-]+)*$", max_length=200)]


class AddResource(OperationBase):
    """Write the program to `to`, close it, then add a resource to it (``BeginUpdateResourceW`` …)."""

    kind: Literal["add-resource"]
    to: RelativePath


Operation = Annotated[
    Rename | WriteReplace | CopyReplace | Place | Remove | Rewrite | AddResource,
    Field(discriminator="kind"),
]
FILE_OPERATIONS: Final = frozenset({"write-replace", "copy-replace", "add-resource"})
RENAMING: Final = frozenset({"rename", "write-replace", "copy-replace"})
"""The operations that end in a rename."""
TREE_OPERATIONS: Final = frozenset({"place", "remove", "rewrite"})


class StrategyChoice(Strict):
    """A strategy with parameters: ``use`` names it, the other keys are its own.

    ``label`` is its name in tables; ``file`` is a Python file (beside the scenario) that defines it.
    """

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    use: Name
    label: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    file: Annotated[str, Field(pattern=r"^[\w.-]+\.py$")] | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The keys that belong to the strategy itself."""
        return {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in (self.model_extra or {}).items()
        }

    @property
    def display(self) -> str:
        """The label, or the name with its parameters."""
        if self.label:
            return self.label
        if not self.parameters:
            return self.use
        if self.use == NOTATION and set(self.parameters) == {"strategy"}:
            return str(self.parameters["strategy"])
        inner = ", ".join(f"{key}={_short(value)}" for key, value in self.parameters.items())
        return f"{self.use}({inner})"


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return "+".join(str(item) for item in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


class NotationChoice(Strict):
    """A strategy in notation, under a label."""

    # only the JSON Schema has it: `long_form` makes a `StrategyChoice` of such a table

    strategy: Annotated[str, Field(min_length=1, max_length=300)]
    label: Annotated[str, Field(min_length=1, max_length=60)] | None = None


NOTATION: Final = "notation"
"""The strategy whose parameter is a strategy in notation."""


def long_form(choice: object) -> object:
    """Return a strategy of a scenario file in the form of a `StrategyChoice`."""
    if isinstance(choice, str):
        return {"use": NOTATION, "strategy": choice} if is_notation(choice) else {"use": choice}
    if isinstance(choice, dict) and "strategy" in choice and "use" not in choice:
        return {"use": NOTATION, **choice}
    return choice


Choice = Annotated[
    StrategyChoice,
    BeforeValidator(long_form, json_schema_input_type=Name | str | NotationChoice | StrategyChoice),
]
"""A strategy, as its bare name, as notation, or as a table with parameters."""


_LOCATION: Final = re.compile(r"^(?:%[A-Za-z_]+%|~|[A-Za-z]:)(?:[\\/][^<>:\"|?*\x00-\x1f]*)?$")


def _on_a_volume(location: str) -> str:
    if not _LOCATION.match(location):
        raise ValueError("must be a folder on a volume of this machine, such as %TEMP% or D:\\work")
    return location


Location = Annotated[str, Field(max_length=200), AfterValidator(_on_a_volume)]
"""A folder to measure in, such as ``%TEMP%`` or ``D:\\work``. Never a share of the network: a scenario
may come from a stranger, and opening a share sends one's credentials."""


class Factors(Strict):
    """Knobs that are compared like strategies: every value meets every strategy, in each block."""

    link_mode: Annotated[list[LinkMode], Field(min_length=1), AfterValidator(_distinct)] | None = None
    primitive: (
        Annotated[list[RenamePrimitive], Field(min_length=1), AfterValidator(_distinct)] | None
    ) = None
    path_style: Annotated[list[PathStyle], Field(min_length=1), AfterValidator(_distinct)] | None = None
    location: Annotated[list[Location], Field(min_length=1), AfterValidator(_distinct)] | None = None
    pause_ms: (
        Annotated[
            list[Annotated[float, Field(ge=0, le=3_600_000)]],
            Field(min_length=1),
            AfterValidator(_distinct),
        ]
        | None
    ) = None


class Margin(Strict):
    """What difference matters: of failure rates (0.01 is one percentage point), and of times, relative.

    Strategies that differ by less count as equivalent.
    """

    failures: Annotated[float, Field(gt=0, le=1)] = 0.01
    time: Annotated[float, Field(gt=0, le=10)] = 0.10


FACTORS: Final = {
    "link_mode": frozenset({"place"}),
    "primitive": RENAMING,
    "path_style": frozenset({"rename", *FILE_OPERATIONS, *TREE_OPERATIONS}),
    "location": frozenset({"rename", *FILE_OPERATIONS, *TREE_OPERATIONS}),
    "pause_ms": frozenset({"rename", *FILE_OPERATIONS, *TREE_OPERATIONS}),
}
"""The kinds of operations that each factor applies to."""


class Scenario(Strict):
    """A scenario file."""

    schema_version: Annotated[Literal[2], Field(alias="schema")]
    title: Annotated[str, Field(min_length=3, max_length=120)]
    about: Annotated[str, Field(min_length=3)]
    reports: Annotated[list[Annotated[str, Field(pattern=r"^https://\S+$")]], Field(min_length=1)]
    quick: bool = False
    """Part of what runs when no scenario is named."""
    blocks: Annotated[int, Field(ge=1, le=1_000_000)]
    strategies: Annotated[list[Choice], Field(min_length=1, max_length=200)]
    profiles: Annotated[list[Name], Field(min_length=1, max_length=50), AfterValidator(_distinct)]
    payload: Annotated[list[Payload], Field(min_length=1, max_length=500)]
    operations: Annotated[list[Operation], Field(min_length=1, max_length=20)]
    factors: Factors = Factors()
    margin: Margin = Margin()
    concurrency: Annotated[int, Field(ge=1, le=64)] = 1
    """How many items of the payload are installed at the same time."""
    attempt_cost_ms: Annotated[float, Field(ge=0, le=60_000)] = ATTEMPT_COST_MS
    """What one primitive call takes on a virtual clock."""
    run_again_after_ms: Annotated[float, Field(ge=0, le=3_600_000)] | None = None
    """After a failure, run the whole install again that much later, and record whether it recovers."""

    @property
    def runs_code(self) -> bool:
        """Whether running it executes code that came with its files."""
        return any(payload.kind == "built-wheel" for payload in self.payload) or any(
            choice.file for choice in self.strategies
        )
