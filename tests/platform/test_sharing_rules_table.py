"""What Windows answers when something is held: one table, run on every lab that can run it.

The rows are data (sharing_rules_table.toml). A *lab* executes them: it takes the hold, makes the call
and says what came of it. The emulated platform is one lab, and runs anywhere; Windows is another, and
so is Wine, under a Windows Python. A row that a lab cannot run says why, and is skipped with that
reason; a row that Wine is known to answer otherwise says so and why, and every other difference fails.
"""

from __future__ import annotations

import stat
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any, Final, Protocol, get_args

import pytest
from emulated_lab import MoreCalls

from harness.clock import NS_PER_MS, VirtualClock
from harness.holds.handles import ACCESS_NAMES, SHARE_NAMES, Hold, Section
from harness.holds.sharing_rules import DeleteSemantics, OpenHandle
from harness.payload.pe import SMALLEST, library_header
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable
from harness.winerror import winerror_of

TABLE: Final = Path(__file__).with_name("sharing_rules_table.toml")
TABLE_LINES: Final = 46

PLACES: Final = {
    "source": "from/source",
    "child": "from/source/child.dll",
    "child-directory": "from/source/sub",
    "target": "to/target",
    "target-parent": "to",
}
"""Where each object of a row is. A renaming or copying call goes from the source to the target."""

RENAMES: Final = frozenset(
    {
        "MoveFileExW",
        "MoveFileExW(REPLACE)",
        "FileRenameInformation(REPLACE)",
        "FileRenameInfoEx(POSIX+REPLACE)",
        "NtSetInformationFile(FileRenameInformationEx)",
        "ReplaceFileW",
    }
)


@dataclass(frozen=True)
class Held:
    """What somebody else has open; `by` says how, where that is not simply a handle."""

    object: str
    access: str
    share: str
    section: Section | None = None
    locks_bytes: bool = False
    oplock: str | None = None
    by: str = "handle"


@dataclass(frozen=True)
class Call:
    """A call, and the code it must give."""

    call: str
    on: str
    code: int = 0


@dataclass(frozen=True)
class Outcome:
    """What came of a call: its Win32 code, and whether it had to wait for a holder."""

    code: int
    waited: bool = False


@dataclass(frozen=True)
class Difference:
    """How Wine answers otherwise than Windows, and why.

    `code` is what the call gives, `then` the one after it; with `litter` a refused call leaves a file.
    """

    why: str
    litter: bool = False
    code: int | None = None
    then: int | None = None


@dataclass(frozen=True)
class Case:
    """One row of the table with every choice made.

    `codes` are the ones Windows may answer with; `semantics` is ``None`` where it does not matter.
    """

    line: int
    group: str
    case: str
    call: str
    codes: frozenset[int]
    cites: tuple[str, ...] = ()
    source: str = "file"
    target: str = "absent"
    held: Held | None = None
    first: tuple[Call, ...] = ()
    on: str = "source"
    semantics: DeleteSemantics | None = None
    then: Call | None = None
    waits: bool = False
    unsettled: str = ""
    impossible: str = ""
    not_modelled: tuple[tuple[str, str], ...] = ()
    wine: Difference | None = None
    stock_wine: Difference | None = None

    def __str__(self) -> str:
        facts = [f"{self.group}{self.line}", self.call, f"on {self.on}"]
        facts += [f"{self.source} to {self.target}"] if self.call in RENAMES else []
        if held := self.held:
            how = [held.access, held.share, held.section, held.oplock]
            facts.append(f"{held.object} held {' '.join(word for word in how if word)} by {held.by}")
        return ", ".join([*facts, *([self.semantics] if self.semantics else [])])

    def reason_to_skip(self, lab: str) -> str:
        """Why `lab` cannot run this case; empty if it can."""
        if self.semantics == "classic" and lab.startswith("wine"):
            return "Wine's deletes are neither classic nor POSIX"
        if lab == "windows" and self.semantics not in {None, native_semantics()}:
            return f"the volume here does not delete with {self.semantics} semantics"
        family = "wine" if lab.startswith("wine") else lab
        return self.impossible or dict(self.not_modelled).get(family, "")

    def litters_on(self, lab: str) -> bool:
        """Whether a refused call is known to leave a file."""
        return self.wine is not None and self.wine.litter and lab.startswith("wine")

    def expected_on(self, lab: str) -> tuple[frozenset[int], int | None]:
        """The codes that `lab` is known to answer with, to the call and to the one after it."""
        codes, then = self.codes, self.then.code if self.then else None
        for name, difference in (("wine", self.wine), ("wine-stock", self.stock_wine)):
            if difference is not None and lab.startswith(name):
                codes = codes if difference.code is None else frozenset({difference.code})
                then = then if difference.then is None else difference.then
        return codes, then


class Lab(Protocol):
    """Something that executes cases below `root`, where all objects have been laid out."""

    def __init__(self, root: Path, semantics: DeleteSemantics) -> None: ...

    def hold(self, held: Held) -> None:
        """Let somebody else open it. Returns when it is held."""

    def call(self, name: str, on: str) -> Outcome:
        """Make the call `name` on the object `on`."""

    def close(self) -> None:
        """Let go of everything."""


class EmulatedLab:
    """The emulated platform: a lock table, and real files."""

    OPLOCK_ACK_NS: Final = 7 * NS_PER_MS
    PENDING: Final = 997  # ERROR_IO_PENDING: what the grant of an opportunistic lock looks like

    def __init__(self, root: Path, semantics: DeleteSemantics) -> None:
        self.root = root
        self.clock = VirtualClock()
        self.table = LockTable()
        self.files = MoreCalls(self.clock, self.table, semantics=semantics)
        posix = EmulatedFileSystem(self.clock, self.table, semantics="posix")
        source, target = self._path("source"), self._path("target")
        files = self.files
        self.renames: dict[str, Callable[[], object]] = {
            "MoveFileExW": lambda: files.rename(source, target, "move"),
            "MoveFileExW(REPLACE)": lambda: files.rename(source, target, "move-replace"),
            "FileRenameInformation(REPLACE)": lambda: files.rename(source, target, "move-replace"),
            "FileRenameInfoEx(POSIX+REPLACE)": lambda: files.rename(source, target, "posix-rename"),
            "NtSetInformationFile(FileRenameInformationEx)": lambda: files.rename(
                source, target, "posix-rename"
            ),
            "ReplaceFileW": lambda: files.rename(source, target, "replace-file"),
            "CopyFileW": lambda: files.copy_file(source, target),
        }
        self.calls: dict[str, Callable[[str], object]] = {
            "DeleteFileW": files.delete_file,
            "FileDispositionInfo": files.dispose_file,
            "FileDispositionInfoEx(DELETE+POSIX)": posix.delete_file,
            "NtSetInformationFile(FileDispositionInformationEx)": posix.delete_file,
            "RemoveDirectoryW": files.remove_directory,
            "CreateDirectoryW": files.create_directory,
            "GetFileAttributesW": files.get_attributes,
            "CreateFileW(OPEN_EXISTING)": files.open_existing,
            "CreateFileW(CREATE_NEW)": lambda path: files.create_file(path, b"new"),
            "CreateFileW(CREATE_ALWAYS)": files.create_always,
            "ReadFile": files.read_file,
            "WriteFile": lambda path: files.rewrite_file(path, b"new"),
            "LockFileEx(FAIL_IMMEDIATELY)": files.lock_range,
        }

    def _path(self, place: str) -> str:
        return str(self.root / PLACES[place])

    def hold(self, held: Held) -> None:
        path, access, share = self._path(held.object), ACCESS_NAMES[held.access], SHARE_NAMES[held.share]
        if held.oplock is not None:  # no profile asks for one, so there is no `Hold` with one
            self.table.open(OpenHandle(path, access, share, oplock_ack_ns=self.OPLOCK_ACK_NS))
            return
        hold = Hold(held.object, path, access, share, locks_bytes=held.locks_bytes, section=held.section)
        self._take(hold)
        assert self.table.receipts()[-1].opened_ns == self.clock.now_ns()

    def _take(self, hold: Hold) -> None:
        self.table.schedule_hold(hold, self.clock.now_ns())
        self.table.advance(self.clock.now_ns())

    def call(self, name: str, on: str) -> Outcome:
        path = self._path(on)
        began = self.clock.now_ns()
        code = 0
        try:
            if name in self.renames:
                self.renames[name]()
            elif name == "CreateFileW(DELETE_ON_CLOSE)":
                code = self._delete_on_close(path)
            elif name.startswith("FSCTL_REQUEST"):
                self.files.request_oplock(path)
                code = self.PENDING
            else:
                self.calls[name](path)
        except OSError as error:
            refused = winerror_of(error)
            if refused is None:  # the machine's own error, not the emulator's answer
                raise
            code = refused
        return Outcome(code, waited=self.clock.now_ns() > began)

    def _delete_on_close(self, path: str) -> int:
        """Open for deletion and close at once: a hold that ends by taking the file away."""
        self._take(Hold("target", path, ACCESS_NAMES["delete"], duration_ns=0, vanish=True))
        return self.table.receipts()[-1].error or 0

    def close(self) -> None:
        self.table.clear()


LABS: Final[dict[str, Callable[[Path, DeleteSemantics], Lab]]] = {"emulated": EmulatedLab}

if sys.platform == "win32":
    from windows_lab import WindowsLab, deletes_like_posix, program

    from harness.platform.registry import native_platform
    from harness.platform.windows.windows_platform import find_rules

    class NativeLab(WindowsLab):
        """Windows, or Wine."""

        def __init__(self, root: Path, semantics: DeleteSemantics) -> None:
            del semantics  # the volume has its own
            super().__init__({place: root / path for place, path in PLACES.items()})

        def call(self, name: str, on: str) -> Outcome:
            return Outcome(*self.make_call(name, on))

    NATIVE = native_platform()
    if NATIVE == "wine" and find_rules() == "stock":
        LABS["wine-stock"] = NativeLab
    else:
        LABS[NATIVE] = NativeLab


@cache
def native_semantics() -> DeleteSemantics:
    """How the volume of the temporary folder deletes, on Windows."""
    posix = sys.platform != "win32" or deletes_like_posix(tempfile.gettempdir())
    return "posix" if posix else "classic"


def rows() -> Iterator[dict[str, Any]]:
    """The rows of the table as they are written."""
    yield from tomllib.loads(TABLE.read_text("utf-8"))["rows"]


def cases_of(row: dict[str, Any]) -> Iterator[Case]:
    """Make every choice that a row leaves open, in every combination."""
    held = row.get("held", {})
    choices: dict[str, Any] = {
        key: row[key] for key in ("source", "target", "call", "semantics") if key in row
    }
    choices |= {f"held.{key}": value for key, value in held.items()}
    for chosen in product(*map(_as_list, choices.values())):
        facts: dict[str, Any] = row | dict(zip(choices, chosen, strict=True))
        holder = {key: facts.pop(f"held.{key}") for key in held}
        facts["held"] = Held(**holder) if holder else None
        facts["codes"] = frozenset(_as_list(facts.pop("code")))
        if "semantics" in facts:
            assert facts["semantics"] in get_args(DeleteSemantics)
        facts["cites"] = tuple(facts.get("cites", ()))
        facts["first"] = tuple(Call(**call) for call in facts.get("first", ()))
        facts["then"] = Call(**facts["then"]) if "then" in facts else None
        facts["not_modelled"] = tuple(facts.get("not_modelled", {}).items())
        for name in ("wine", "stock_wine"):
            if name in facts:
                facts[name] = Difference(**facts[name])
        yield Case(**facts)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


CASES: Final = [case for row in rows() for case in cases_of(row)]


def content_of(place: str, case: Case) -> bytes:
    """The bytes of a file: a real program or library where somebody runs or loads it."""
    held = case.held
    if held is None or held.section != "image" or held.object != place:
        return place.encode()
    if held.by == "running program" and sys.platform == "win32":
        return program()
    return library_header(SMALLEST).ljust(SMALLEST, b"\xc3")


def lay_out(root: Path, case: Case) -> None:
    """Make the objects of `case` below `root`."""
    for place, kind in (("source", case.source), ("target", case.target)):
        path = root / PLACES[place]
        path.parent.mkdir()
        match kind:
            case "absent":
                pass
            case "file" | "read-only file":
                path.write_bytes(content_of(place, case))
                if kind == "read-only file":
                    path.chmod(stat.S_IREAD)
            case "empty directory" | "directory" | "tree":
                path.mkdir()
                if kind != "empty directory":
                    (path / "child.dll").write_bytes(content_of("child", case))
                if kind == "tree":
                    (path / "sub").mkdir()
            case _:
                pytest.fail(f"{TABLE.name}, line {case.line}: no such thing as a {kind!r}")


def names_below(root: Path) -> list[str]:
    """Every name below `root`."""
    return sorted(str(path.relative_to(root)) for path in root.rglob("*"))


@pytest.mark.parametrize("lab_name", LABS)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_call_gets_the_code_that_windows_gives(case: Case, lab_name: str, tmp_path: Path) -> None:
    if reason := case.reason_to_skip(lab_name):
        pytest.skip(f"{lab_name}: {reason}")
    lay_out(tmp_path, case)
    lab = LABS[lab_name](tmp_path, case.semantics or "posix")
    try:
        if case.held is not None:
            lab.hold(case.held)
        for before in case.first:
            assert lab.call(before.call, before.on).code == before.code
        names = names_below(tmp_path)
        codes, then = case.expected_on(lab_name)

        outcome = lab.call(case.call, case.on)

        assert outcome.code in codes, case.case
        assert outcome.waited == case.waits
        if 0 not in codes and not case.litters_on(lab_name):
            assert names_below(tmp_path) == names, "a refused call leaves all names as they were"
        elif 0 in codes and case.call in RENAMES:
            assert not (tmp_path / PLACES["source"]).exists()
        if case.then is not None:
            assert lab.call(case.then.call, case.then.on).code == then
    finally:
        lab.close()
    if 0 in codes and case.call in RENAMES:
        renamed = tmp_path / PLACES["target"]
        inside = case.source in {"directory", "tree"}
        content = (renamed / "child.dll" if inside else renamed).read_bytes()
        assert content == content_of("child" if inside else "source", case)


def test_every_line_of_the_table_is_there() -> None:
    assert sorted({case.line for case in CASES}) == list(range(1, TABLE_LINES + 1))


def test_the_groups_are_those_of_the_table_in_its_order() -> None:
    assert [row["line"] for row in rows()] == sorted(row["line"] for row in rows())
    assert list(dict.fromkeys(row["group"] for row in rows())) == list("abcdefghi")


def test_no_case_is_there_twice() -> None:
    assert len(set(map(str, CASES))) == len(CASES)


def test_a_case_has_one_code_or_says_why_not() -> None:
    for case in CASES:
        assert (len(case.codes) > 1) == bool(case.unsettled), str(case)
        assert (not case.codes) == bool(case.impossible), str(case)


@pytest.mark.parametrize(
    ("lab_name", "lines"),
    [
        # no impossible renames, change notifications, or attribution to processes
        ("emulated", {28, 44, 45, 46}),
    ],
)
def test_only_these_lines_are_beyond_a_lab(lab_name: str, lines: set[int]) -> None:
    assert {case.line for case in CASES if case.reason_to_skip(lab_name)} == lines
