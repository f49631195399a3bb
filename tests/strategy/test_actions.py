"""What strategies do around the call, on real files: what is where when the second half fails."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.clock import NS_PER_MS, VirtualClock
from harness.holds.handles import SHARE_NAMES, Hold
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable
from harness.strategy import Attempt, Install, Operation, catalogue
from harness.strategy.actions import ASIDE
from harness.strategy.notation import parse
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.holds.sharing_rules import DeleteSemantics
    from harness.strategy.file_calls import RenamePrimitive

AROUND = [
    "deleting target first",
    "trying to delete target first",
    "deleting target on failure",
    "moving target aside",
]
NOT_LOOKED_AT = {"trying to delete target first", "deleting target on failure"}
"""Whether their deletion worked."""


class Replacement:
    """A file that is to replace another, each of which may be held, and the calls that are made."""

    def __init__(self, root: Path, semantics: DeleteSemantics = "posix") -> None:
        self.clock = VirtualClock()
        self.calls = 0
        self.table = LockTable()
        self.files = EmulatedFileSystem(self.clock, self.table, semantics=semantics)
        self.source, self.target = root / "new", root / "target"
        self.source.write_bytes(b"new")
        self.target.write_bytes(b"old")

    def hold(self, path: Path, share: str, for_ms: int | None = None) -> None:
        ns = None if for_ms is None else for_ms * NS_PER_MS
        self.table.schedule_hold(Hold("any", str(path), share=SHARE_NAMES[share], duration_ns=ns), 0)

    def persist(self, notation: str, primitive: str = "move-replace") -> int | None:
        """Replace under a strategy; return the code of its last error, if it gave up."""
        strategy = parse(notation).strategy("made")
        source, target = str(self.source), str(self.target)
        operation = Operation(
            "write-replace",
            primitive,
            source,
            target,
            lambda: self._rename(source, target, primitive),  # type: ignore[arg-type]
            files=self.files,
        )
        strategy.prepare(operation)
        rng = random.Random(0)  # no strategy here draws anything
        attempt = Attempt(operation, Install(), self.clock, rng, self.clock.now_ns())
        try:
            operation.attempt()
        except OSError as first:
            try:
                for wait_s in strategy.retries(attempt, first):
                    self.clock.sleep(wait_s)
            except OSError as last:
                return winerror_of(last)
        return None

    def _rename(self, source: str, target: str, primitive: RenamePrimitive) -> None:
        self.calls += 1
        self.files.rename(source, target, primitive)

    @property
    def names(self) -> dict[str, bytes]:
        folder = self.target.parent
        return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


@pytest.fixture
def replacement(tmp_path: Path) -> Replacement:
    return Replacement(tmp_path)


def test_a_plain_replace_fails_on_a_target_that_is_only_read(replacement: Replacement) -> None:
    """What the actions are for: a replaced file must not be open at all (5)."""
    replacement.hold(replacement.target, "rwd")
    assert replacement.persist("plain") == 5
    assert replacement.names == {"new": b"new", "target": b"old"}


@pytest.mark.parametrize("around", AROUND)
def test_a_target_whose_holder_shares_deletion_is_replaced_at_once(
    replacement: Replacement, around: str
) -> None:
    replacement.hold(replacement.target, "rwd")
    assert replacement.persist(f"plain {around}") is None
    assert replacement.names == {"target": b"new"}


@pytest.mark.parametrize("around", AROUND)
def test_a_target_whose_holder_does_not_share_deletion_stays_until_it_lets_go(
    replacement: Replacement, around: str
) -> None:
    replacement.hold(replacement.target, "rw", for_ms=25)
    code = 5 if around in NOT_LOOKED_AT else 32
    assert replacement.persist(f"10ms 1 retry {around}") == code
    assert replacement.names == {"new": b"new", "target": b"old"}
    assert replacement.persist(f"10ms 5 retries {around}") is None
    assert replacement.names == {"target": b"new"}


@pytest.mark.parametrize(
    ("name", "survives_ms", "fails_ms", "code"),
    [
        ("rename-overwrite-3.1", [50, 400], [700, 2000], 32),
        ("rename-overwrite-throws", [50, 400], [700, 2000], 32),
        ("pnpm-rename-overwrite", [50, 400, 700, 59_000], [61_000], 5),
    ],
)
def test_rename_overwrite_does_what_the_library_did_on_a_target_that_is_held(
    tmp_path: Path, name: str, survives_ms: list[int], fails_ms: list[int], code: int
) -> None:
    """3.1.2, 5.0.4 and 6.0.2 to 7.0.1 were run with a file system that fails on purpose."""
    notation = str(catalogue.entries()[name].spec)
    for number, for_ms in enumerate([*survives_ms, *fails_ms]):
        root = tmp_path / str(number)
        root.mkdir()
        replacement = Replacement(root)
        replacement.hold(replacement.target, "rw", for_ms=for_ms)
        assert replacement.persist(notation) == (None if for_ms in survives_ms else code)
        left = {"target": b"new"} if for_ms in survives_ms else {"new": b"new", "target": b"old"}
        assert replacement.names == left


def test_what_another_install_has_brought_is_taken_for_done(replacement: Replacement) -> None:
    replacement.hold(replacement.source, "r")
    replacement.target.unlink()
    assert replacement.persist("10ms 3 retries done if target exists", "move") == 32
    replacement.target.write_bytes(b"from another install")
    before_ns = replacement.clock.now_ns()
    assert replacement.persist("10ms 3 retries done if target exists", "move") is None
    assert replacement.clock.now_ns() == before_ns
    assert replacement.names == {"new": b"new", "target": b"from another install"}


def test_a_deletion_that_fails_is_retried_at_its_own_times(replacement: Replacement) -> None:
    replacement.hold(replacement.target, "rw", for_ms=10_000)
    before_ns = replacement.clock.now_ns()
    assert replacement.persist("10ms 50 retries on 5 deleting target or failing") == 32
    assert replacement.clock.now_ns() - before_ns == 600 * NS_PER_MS


def test_once_the_target_is_deleted_the_source_is_waited_for_as_usual(replacement: Replacement) -> None:
    replacement.hold(replacement.source, "rw", for_ms=5000)
    assert replacement.persist("10ms 50 retries on 32 deleting target or failing") == 32
    assert replacement.clock.now_ns() == 500 * NS_PER_MS
    assert replacement.persist("1s 9 retries on 32 deleting target or failing") is None


@pytest.mark.parametrize("around", AROUND)
def test_where_the_source_is_held_the_old_content_is_the_price(
    replacement: Replacement, around: str
) -> None:
    """The target goes first, then the call fails: nobody has the old content nor the new one."""
    replacement.hold(replacement.source, "r")
    assert replacement.persist(f"10ms 2 retries {around}") == 32
    assert replacement.names == {"new": b"new"}


@pytest.mark.parametrize("around", AROUND)
def test_a_later_attempt_succeeds_though_the_target_is_gone_by_then(
    replacement: Replacement, around: str
) -> None:
    replacement.hold(replacement.source, "r", for_ms=15)
    assert replacement.persist(f"10ms 2 retries {around}") is None
    assert replacement.names == {"target": b"new"}


@pytest.mark.parametrize("around", AROUND)
def test_an_attempt_that_succeeds_leaves_nothing_beside_it(
    replacement: Replacement, around: str
) -> None:
    assert replacement.persist(f"plain {around}") is None
    assert replacement.names == {"target": b"new"}


@pytest.mark.parametrize("around", AROUND)
def test_where_there_is_no_target_the_error_is_the_calls_own(
    replacement: Replacement, around: str
) -> None:
    """So the call is made once, not again after an action that had nothing to do."""
    replacement.target.unlink()
    replacement.hold(replacement.source, "r")
    assert replacement.persist(f"plain {around}") == 32
    assert replacement.calls == 1
    assert replacement.names == {"new": b"new"}


def test_only_a_target_in_the_way_is_deleted_on_failure(replacement: Replacement) -> None:
    """Each deletion takes a call, and so its time."""
    replacement.files.call_cost_ns = NS_PER_MS
    assert replacement.persist("plain deleting target on failure") is None
    assert replacement.clock.now_ns() == NS_PER_MS
    replacement.source.write_bytes(b"new")
    assert replacement.persist("plain deleting target first") is None
    assert replacement.clock.now_ns() == 3 * NS_PER_MS


def test_with_classic_deletes_a_held_target_that_was_deleted_keeps_its_name(tmp_path: Path) -> None:
    """Its name is pending until the holder lets go, and denied to everybody (5)."""
    replacement = Replacement(tmp_path, "classic")
    replacement.hold(replacement.target, "rwd", for_ms=25)
    assert replacement.persist("10ms 1 retry deleting target first") == 5
    assert replacement.persist("10ms 5 retries deleting target first") is None
    assert replacement.names == {"target": b"new"}


@pytest.mark.parametrize("around", AROUND)
def test_a_target_that_goes_by_itself_meanwhile_is_no_failure(tmp_path: Path, around: str) -> None:
    """Its pending delete is carried out between the look at it and the call that was to delete it."""
    replacement = Replacement(tmp_path, "classic")
    replacement.hold(replacement.target, "rwd", for_ms=1)
    replacement.table.advance(0)
    replacement.files.delete_file(str(replacement.target))
    replacement.files.call_cost_ns = 2 * NS_PER_MS  # the holder lets go during the first call
    assert replacement.persist(f"0 1 retry {around}") is None
    calls = (
        2 if around == "trying to delete target first" else 3
    )  # of a deletion that fails it makes one
    assert replacement.clock.now_ns() == calls * replacement.files.call_cost_ns
    assert replacement.names == {"target": b"new"}


def test_what_was_moved_aside_and_cannot_be_deleted_stays_as_a_leftover(tmp_path: Path) -> None:
    """A loaded library may be renamed but not deleted (5); a second one gets a name of its own."""
    replacement = Replacement(tmp_path)
    for number in range(2):
        replacement.source.write_bytes(b"new")
        hold = Hold("any", str(replacement.target), share=SHARE_NAMES["rwd"], section="image")
        replacement.table.schedule_hold(hold, 0)
        assert replacement.persist("plain moving target aside") is None
        assert sorted(replacement.names) == [
            *(f"{ASIDE}{left}-target" for left in range(number + 1)),
            "target",
        ]
    assert replacement.names["target"] == b"new"


def test_a_directory_in_the_way_goes_with_all_that_is_in_it(replacement: Replacement) -> None:
    replacement.target.unlink()
    (replacement.target / "lib").mkdir(parents=True)
    (replacement.target / "lib" / "file").touch()
    assert replacement.persist("plain deleting target first") is None
    assert replacement.names == {"target": b"new"}


def test_a_rename_that_was_given_up_is_copied_under_the_same_strategy(replacement: Replacement) -> None:
    """A target that is only read can be written over, but not replaced; the source is deleted."""
    replacement.hold(replacement.target, "rwd")
    assert replacement.persist("10ms 2 retries else copy") is None
    assert replacement.names == {"target": b"new"}
    assert replacement.clock.now_ns() == 20 * NS_PER_MS


def test_a_copy_leaves_a_held_source_behind(replacement: Replacement) -> None:
    replacement.hold(replacement.source, "r")
    assert replacement.persist("plain else copy") is None
    assert replacement.names == {"new": b"new", "target": b"new"}


def test_a_copy_may_be_refused_too(replacement: Replacement) -> None:
    replacement.hold(replacement.target, "r")
    assert replacement.persist("10ms 2 retries else copy") == 32
    assert replacement.names == {"new": b"new", "target": b"old"}
    assert replacement.clock.now_ns() == 40 * NS_PER_MS


def files_of(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture
def tree(tmp_path: Path) -> Replacement:
    """A tree instead of the file, and no target."""
    made = Replacement(tmp_path)
    made.source.unlink()
    made.target.unlink()
    for name in ("a", "lib/held", "lib/z"):
        (made.source / name).parent.mkdir(parents=True, exist_ok=True)
        (made.source / name).write_text(name)
    return made


def test_a_tree_is_copied_file_by_file_and_what_is_held_stays_behind(tree: Replacement) -> None:
    tree.hold(tree.source / "lib" / "held", "r")
    assert tree.persist("plain") == 5
    assert tree.persist("plain else copy") is None
    assert files_of(tree.target) == ["a", "lib/held", "lib/z"]
    assert files_of(tree.source) == ["lib/held"]


def test_a_retry_moves_the_files_that_are_left(tree: Replacement) -> None:
    """The rename is refused at 0 and 10 ms, then the held file at 10 and 20, and it goes at 30."""
    tree.hold(tree.source / "lib" / "held", "r", for_ms=25)
    assert tree.persist("10ms 1 retry else by moving files 3 attempts") is None
    assert files_of(tree.target) == ["a", "lib/held", "lib/z"]
    assert not tree.source.exists()
    assert tree.clock.now_ns() == 30 * NS_PER_MS


def test_what_was_moved_before_giving_up_stays_where_it_is(tree: Replacement) -> None:
    tree.hold(tree.source / "lib" / "held", "r")
    assert tree.persist("plain else by moving files once") == 32
    assert "a" in files_of(tree.target)
    assert "lib/held" in files_of(tree.source)


def test_linking_is_no_matter_of_who_reads(tree: Replacement) -> None:
    tree.hold(tree.source / "lib" / "held", "r")
    assert tree.persist("plain else by linking files") is None
    assert files_of(tree.target) == ["a", "lib/held", "lib/z"]


def test_a_way_counts_for_its_codes_only(replacement: Replacement) -> None:
    replacement.hold(replacement.target, "rwd")
    assert replacement.persist("plain else copy on 17") == 5
    assert replacement.persist("plain else copy on 17 else posix-rename on 5") is None
    assert replacement.names == {"target": b"new"}


def test_the_second_way_follows_where_the_first_one_fails(replacement: Replacement) -> None:
    replacement.hold(replacement.target, "rw", for_ms=45)
    """`MoveFileExW` without replacement is refused at once (183), then the deletion twice (32)."""
    assert replacement.persist("10ms 9 retries else deleting target 2 attempts", "move") == 32
    assert replacement.clock.now_ns() == 10 * NS_PER_MS
    notation = "10ms 9 retries else deleting target 2 attempts else move-replace"
    assert replacement.persist(notation, "move") is None
    assert replacement.clock.now_ns() == 50 * NS_PER_MS
    assert replacement.names == {"target": b"new"}


def test_what_was_moved_aside_is_put_back_if_the_second_call_fails(replacement: Replacement) -> None:
    replacement.hold(replacement.target, "rwd")
    replacement.hold(replacement.source, "r")
    assert replacement.persist("10ms 2 retries moving target aside else put back") == 32
    assert replacement.names == {"new": b"new", "target": b"old"}
    assert replacement.persist("10ms 2 retries moving target aside") == 32
    assert "target" not in replacement.names


def test_what_is_aside_goes_once_the_new_file_is_there(replacement: Replacement) -> None:
    replacement.hold(replacement.target, "rwd", for_ms=5)
    replacement.hold(replacement.source, "r", for_ms=15)
    assert replacement.persist("10ms 2 retries moving target aside else put back") is None
    assert replacement.names == {"target": b"new"}


def test_a_read_only_target_is_made_writable(replacement: Replacement) -> None:
    replacement.target.chmod(0o444)
    assert replacement.persist("10ms 2 retries") == 5
    assert replacement.persist("plain else clear read-only once on 5") is None
    assert replacement.names == {"target": b"new"}


# by `Strategy.persist`, with Python's own calls


@pytest.mark.parametrize("around", [*AROUND, "else copy"])
def test_another_tool_replaces_a_file(tmp_path: Path, around: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    parse(f"0 1 retry on any {around}").strategy("made").persist(os.replace, source, target)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"target": b"new"}


class Refusing:
    """`os.replace`, but the first calls are refused while the target is there."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, source: str, target: str) -> None:
        self.calls += 1
        if os.path.lexists(target):
            raise PermissionError(13, "in the way")
        os.replace(source, target)


@pytest.mark.parametrize("around", AROUND)
def test_another_tool_gets_a_file_out_of_the_way(tmp_path: Path, around: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    refusing = Refusing()
    parse(f"plain {around}").strategy("made").persist(refusing, str(source), str(target))
    assert refusing.calls == (1 if around.endswith("first") else 2)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"target": b"new"}


def test_another_tool_copies_what_it_cannot_rename(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    refusing = Refusing()
    parse("0 2 retries on any else copy").strategy("made").persist(refusing, str(source), str(target))
    assert refusing.calls == 3
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"target": b"new"}


def test_what_links_or_copies_keeps_its_source_when_it_is_copied_instead(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    target.write_bytes(b"old")
    parse("plain else copy").strategy("made").persist(os.link, str(source), str(target))
    assert (source.read_bytes(), target.read_bytes()) == (b"new", b"new")


def test_a_fresh_temporary_is_nothing_to_a_primitive_without_one(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.write_bytes(b"new")
    strategy = parse("0 2 retries on any fresh temporary").strategy("made")
    strategy.persist(shutil.copyfile, source, target)
    with pytest.raises(FileNotFoundError):
        strategy.persist(os.unlink, tmp_path / "missing")
    assert target.read_bytes() == b"new"
