"""A tree that goes to its place by a method: whoever stops half way, no reader takes it for whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.clock import VirtualClock
from harness.holds.handles import SHARE_NAMES, Hold
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable
from harness.strategy import get_strategy
from harness.strategy.notation import parse
from harness.strategy.tree_methods import (
    MARKER,
    METHODS,
    Method,
    MethodName,
    Tree,
    clearing,
    is_complete,
    is_marker,
    make_folders,
)
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.strategy.file_calls import RenamePrimitive

CONTENT = {"a.py": b"a", "lib/b.dll": b"bb", "lib/deep/c.py": b"ccc"}
FOLDERS = [("",), ("x",), ("y",), ("x", "z")]
trees = st.dictionaries(
    st.builds(
        lambda folder, name: os.path.join(*folder, name),
        st.sampled_from(FOLDERS),
        st.sampled_from(["1.py", "2.py", "3.dll"]),
    ),
    st.binary(max_size=4),
    min_size=1,
)


class Place:
    """A temporary place with a tree, a final place, and what may hold files."""

    def __init__(self, root: Path, content: Mapping[str, bytes]) -> None:
        self.table = LockTable()
        self.clock = VirtualClock()
        self.files = EmulatedFileSystem(self.clock, self.table, call_cost_ns=300_000)
        self.content = {path.replace("/", os.sep): data for path, data in content.items()}
        self.tree = Tree(str(root / "staging"), str(root / "store"), [*self.content], self.files)

    def written(self, root: str) -> Iterator[None]:
        """Write the tree file by file, stopping before each and at the end."""
        for path, data in self.content.items():
            yield
            place = Path(root, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        yield

    def installed(self, method: Method) -> Iterator[None]:
        """Do all that the method takes, stopping after each step."""
        yield from self.written(self.tree.target if method.in_place else self.tree.source)
        if not method.in_place:
            make_folders(self.tree)
            yield
        for call in method.calls(self.tree):
            call.run()
            yield
        if not method.in_place:
            for call in clearing(self.tree):
                call.run()
                yield

    def found(self) -> dict[str, bytes]:
        """What is at the final place, the marker aside."""
        target = Path(self.tree.target)
        paths = (path for path in target.rglob("*") if path.is_file())
        found = {str(path.relative_to(target)): path.read_bytes() for path in paths}
        found.pop(MARKER, None)
        return found

    def hold(self, path: str, share: str = "none") -> None:
        place = os.path.join(self.tree.source, path.replace("/", os.sep))
        self.table.schedule_hold(Hold("child", place, share=SHARE_NAMES[share]), 0)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path, CONTENT)
    for _ in place.written(place.tree.source):
        pass
    make_folders(place.tree)
    return place


@pytest.mark.parametrize("name", METHODS)
@given(content=trees)
def test_wherever_it_is_stopped_a_reader_takes_the_tree_for_whole_only_if_it_is(
    name: MethodName, content: dict[str, bytes]
) -> None:
    with TemporaryDirectory() as folder:
        place = Place(Path(folder), content)
        seen = []
        for _ in place.installed(METHODS[name]):
            whole = is_complete(place.tree.target)
            seen.append(whole)
            assert not whole or place.found() == place.content
        assert seen[-1]
        assert not seen[0]
        assert seen == sorted(seen)  # once whole, it stays so
        assert not os.path.exists(place.tree.source)


@pytest.mark.parametrize("name", METHODS)
def test_the_marker_is_made_last_by_a_call_that_asks_no_holder(name: MethodName, place: Place) -> None:
    calls = list(METHODS[name].calls(place.tree))
    assert calls[-1].source == os.path.join(place.tree.target, MARKER)
    assert [call.source for call in calls].count(calls[-1].source) == 1
    place.table.schedule_hold(Hold("directory", place.tree.target, share=SHARE_NAMES["none"]), 0)
    calls[-1].run()
    assert is_complete(place.tree.target)


@pytest.mark.parametrize("name", ["by moving files", "by linking files"])
def test_each_file_is_one_call(name: MethodName, place: Place) -> None:
    assert len(list(METHODS[name].calls(place.tree))) == len(CONTENT) + 1
    assert place.found() == {}, "nothing is done before a call runs"


@pytest.mark.parametrize("share", ["none", "r", "rw", "rwd"])
def test_a_file_can_be_linked_whatever_its_holder_shares(place: Place, share: str) -> None:
    for path in CONTENT:
        place.hold(path, share)
    for call in METHODS["by linking files"].calls(place.tree):
        call.run()
    assert place.found() == place.content


def test_a_file_can_be_moved_only_if_its_holder_shares_deletion(place: Place) -> None:
    """The directory could not be renamed in either case."""
    place.hold("a.py", "rwd")
    place.hold("lib/b.dll", "rw")
    first, second, *_ = METHODS["by moving files"].calls(place.tree)
    first.run()
    with pytest.raises(PermissionError) as refused:
        second.run()
    assert winerror_of(refused.value) == 32
    assert place.found() == {"a.py": b"a"}


def test_a_file_is_moved_as_the_tree_says(place: Place) -> None:
    moved = METHODS["by moving files"]
    moves: list[tuple[str, RenamePrimitive, int | None]] = [
        ("a.py", "move-replace", None),
        ("lib/b.dll", "move", 183),
    ]
    for name, primitive, error in moves:
        path = name.replace("/", os.sep)
        Path(place.tree.target, path).write_bytes(b"other")
        tree = Tree(place.tree.source, place.tree.target, [path], place.files, primitive)
        with suppress(FileExistsError):
            assert next(moved.calls(tree)).run() == "MoveFileExW"
            assert error is None
        assert (Path(place.tree.target, path).read_bytes() == b"other") == (error is not None)


def test_what_is_held_stays_behind_with_the_folders_around_it(place: Place) -> None:
    place.hold("lib/deep/c.py", "r")
    for call in METHODS["by linking files"].calls(place.tree):
        call.run()
    refused = []
    for call in clearing(place.tree):
        try:
            call.run()
        except OSError as error:
            refused.append((os.path.relpath(call.source, place.tree.source), winerror_of(error)))
    deep = os.path.join("lib", "deep")
    assert refused == [(os.path.join(deep, "c.py"), 32), (deep, 145), ("lib", 145), (".", 145)]
    assert [path.name for path in Path(place.tree.source).rglob("*.*")] == ["c.py"]


def test_every_method_is_a_clause_of_the_language_that_makes_its_strategy() -> None:
    for name, method in METHODS.items():
        assert parse(f"10ms 3 retries {name}").strategy("made").method is method


def test_a_file_that_would_be_taken_for_the_marker_is_known_by_its_name_alone() -> None:
    assert [is_marker(path) for path in (".complete", ".Complete", "lib/.complete", "complete")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_strategy_with_a_method_persists_single_calls_as_any_other(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"content")
    get_strategy("in-place").persist(os.replace, source, target)
    assert target.read_bytes() == b"content"
