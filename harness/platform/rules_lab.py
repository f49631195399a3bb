"""Try a case of the table of sharing rules: lay out its objects, hold them, make its call.

A *lab* makes the calls: the emulated platform is one, Windows and Wine are another. What it finds is
compared elsewhere; the expected answers are those of `harness.holds.sharing_rules_table`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from harness.holds.handles import SHARE_ALL
from harness.holds.sharing_rules import DeleteSemantics
from harness.holds.sharing_rules_table import RENAMES, Case, Held, LabName
from harness.pe import SMALLEST, library_header
from harness.platform.base import Rules
from harness.platform.step_calls import StepCalls

PLACES: Final = {
    "source": "from/source",
    "child": "from/source/child.dll",
    "child-directory": "from/source/sub",
    "target": "to/target",
    "target-parent": "to",
}
"""Where each object of a case is. A renaming or copying call goes from the source to the target."""
OF_PROGRAMS: Final = frozenset({"CreateProcessW", "EndUpdateResourceW"})
"""The calls that only a real program lets through."""
READ_ONLY: Final = "read-only "
"""The beginning of what an object is called that has the read-only attribute."""

NATIVE_LABS: Final[Mapping[Rules | None, LabName]] = {
    None: "windows",
    "ntfs": "wine",
    "stock": "wine-stock",
}
"""The labs that a Windows Python may be, by the rules that Wine follows; ``None``: it is no Wine."""


@dataclass(frozen=True)
class Outcome:
    """What came of a call: its Win32 code, and whether it had to wait for a holder."""

    code: int
    waited: bool = False


class Lab(Protocol):
    """Something that executes cases below a folder, where all objects have been laid out."""

    def hold(self, held: Held) -> None:
        """Let somebody else open it. Returns when it is held."""

    def make_read_only(self, place: str) -> None:
        """Give the object of a place the read-only attribute."""

    def call(self, name: str, on: str) -> Outcome:
        """Make the call `name` on the object `on`."""

    def close(self) -> None:
        """Let go of everything."""


def calls_of(files: StepCalls, source: str, target: str) -> dict[str, Callable[[str], object]]:
    """The calls of the table that `files` of any platform has, to be called with the path of an object.

    Those that rename or copy go from `source` to `target`, whatever the object is.
    """
    return {
        "MoveFileExW": lambda _: files.rename(source, target, "move"),
        "MoveFileExW(REPLACE)": lambda _: files.rename(source, target, "move-replace"),
        "FileRenameInformation(REPLACE)": lambda _: files.rename(source, target, "move-replace"),
        "FileRenameInfoEx(POSIX+REPLACE)": lambda _: files.rename(source, target, "posix-rename"),
        "ReplaceFileW": lambda _: files.rename(source, target, "replace-file"),
        "CopyFileW": lambda _: files.copy_file(source, target),
        "DeleteFileW": files.delete_file,
        "RemoveDirectoryW": files.remove_directory,
        "CreateDirectoryW": files.create_directory,
        "CreateFileW(CREATE_NEW)": lambda path: files.create_file(path, b"new"),
        "ReadFile": files.read_file,
        "CreateProcessW": files.start_program,
        "SetEndOfFile": lambda path: files.write_file(path, b"n", "truncate-last", SHARE_ALL),
        "EndUpdateResourceW": lambda path: files.add_resource(path, "NAME", b"data"),
        "CreateSymbolicLinkW": lambda path: files.create_link(path, source, "symlink", is_folder=False),
        "FSCTL_SET_REPARSE_POINT": lambda path: files.create_link(
            path, source, "junction", is_folder=True
        ),
    }


MakeLab = Callable[[Path, DeleteSemantics], Lab]
"""Make a lab below a folder. Its second argument is for a lab whose deletes follow either semantics."""


@dataclass(frozen=True)
class Tried:
    """What came of a case.

    `first` has the codes of the calls before, `then` that of the call after. `names_changed`: whether a
    name below the folder came, went or changed by the call. `content_moved`: whether the content of the
    source is at the target, after a rename that succeeded.
    """

    code: int
    waited: bool
    first: tuple[int, ...]
    then: int | None
    names_changed: bool
    content_moved: bool | None


def try_case(case: Case, make_lab: MakeLab, root: Path, program: Callable[[], bytes]) -> Tried:
    """Try `case` in the empty folder `root`.

    `program` gives the bytes of a program that can run here.
    """
    lay_out(root, case, program)
    lab = make_lab(root, case.semantics or "posix")
    try:
        for place, kind in (("source", case.source), ("target", case.target)):
            if kind.startswith(READ_ONLY):
                lab.make_read_only(place)
        if case.held is not None:
            lab.hold(case.held)
        first = tuple(lab.call(before.call, before.on).code for before in case.first)
        names = _names_below(root)
        outcome = lab.call(case.call, case.on)
        names_changed = _names_below(root) != names
        then = lab.call(case.then.call, case.then.on).code if case.then else None
    finally:
        lab.close()
    moved = _content_moved(root, case, program) if not outcome.code and case.call in RENAMES else None
    return Tried(outcome.code, outcome.waited, first, then, names_changed, moved)


def lay_out(root: Path, case: Case, program: Callable[[], bytes]) -> None:
    """Make the objects of `case` below `root`."""
    for place, kind in (("source", case.source), ("target", case.target)):
        path = root / PLACES[place]
        path.parent.mkdir()
        what = kind.removeprefix(READ_ONLY)
        if what == "file":
            path.write_bytes(_content_of(place, case, program))
        elif what in {"empty directory", "directory", "tree"}:
            path.mkdir()
            if what != "empty directory":
                (path / "child.dll").write_bytes(_content_of("child", case, program))
            if what == "tree":
                (path / "sub").mkdir()
        elif what != "absent":
            raise ValueError(f"line {case.line} of the table: no such thing as a {kind!r}")


def _content_of(place: str, case: Case, program: Callable[[], bytes]) -> bytes:
    """The bytes of a file: a real program or library where somebody runs or loads it."""
    held = case.held
    if case.call in OF_PROGRAMS:
        return program()
    if held is None or held.section != "image" or held.object != place:
        return place.encode()
    if held.by == "running program":
        return program()
    return library_header(SMALLEST).ljust(SMALLEST, b"\xc3")


def _content_moved(root: Path, case: Case, program: Callable[[], bytes]) -> bool:
    """Whether the source is gone and what it had is at the target."""
    inside = case.source.removeprefix(READ_ONLY) in {"directory", "tree"}
    renamed = root / PLACES["target"]
    content = (renamed / "child.dll" if inside else renamed).read_bytes()
    gone = not (root / PLACES["source"]).exists()
    return gone and content == _content_of("child" if inside else "source", case, program)


def _names_below(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))
