"""Holds come and go at their times, follow their files, and leave receipts."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.clock import NS_PER_MS, VirtualClock
from harness.holds.handles import SHARE_ALL, Hold, Receipt, Section, Share
from harness.platform.emulated.lock_table import LockTable
from harness.platform.emulated.other_calls import MoreCalls
from harness.winerror import winerror_of

if TYPE_CHECKING:
    from harness.holds.sharing_rules import DeleteSemantics

READ_ONLY: Final = Share.READ


class Machine:
    """A folder of real files, a lock table over them and a clock that is moved by hand."""

    def __init__(self, root: Path, semantics: DeleteSemantics = "posix") -> None:
        self.root = root
        self.clock = VirtualClock()
        self.table = LockTable()
        self.files = MoreCalls(self.clock, self.table, semantics=semantics)

    def path(self, name: str) -> str:
        return str(self.root / name)

    def file(self, name: str) -> str:
        """Make a file that contains its name."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        return str(path)

    def schedule(
        self,
        path: str,
        *,
        share: Share = READ_ONLY,
        start_ms: int = 0,
        for_ms: int | None = None,
        after_failures: int | None = None,
        vanish: bool = False,
        section: Section | None = None,
    ) -> Receipt:
        """Schedule a reader of `path`, counted from now; return the receipt that will be handed in."""
        hold = Hold(
            "source",
            path,
            share=share,
            starts_ns=start_ms * NS_PER_MS,
            duration_ns=None if for_ms is None else for_ms * NS_PER_MS,
            release_after_failures=after_failures,
            vanish=vanish,
            section=section,
        )
        self.table.schedule_hold(hold, self.clock.now_ns())
        return self.table.receipts()[-1]

    def at(self, now_ms: float) -> None:
        """Let time pass until `now_ms`."""
        self.clock.set_ns(round(now_ms * NS_PER_MS))
        self.table.advance(self.clock.now_ns())

    def move(self, source: str, target: str) -> int:
        """Move without replacing; return the Win32 code."""
        return code_of(lambda: self.files.rename(source, target, "move"))

    def delete(self, path: str) -> int:
        return code_of(lambda: self.files.delete_file(path))

    def names(self) -> list[str]:
        return sorted(os.listdir(self.root))


def code_of(call: Callable[[], object]) -> int:
    """Make a call; return its Win32 code, 0 for success."""
    try:
        call()
    except OSError as error:
        code = winerror_of(error)
        if code is None:
            raise
        return code
    return 0


def times_ms(receipt: Receipt) -> tuple[float | None, float | None]:
    """When it was opened and closed."""
    opened, closed = receipt.opened_ns, receipt.released_ns
    return (
        None if opened is None else opened / NS_PER_MS,
        None if closed is None else closed / NS_PER_MS,
    )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def classic(tmp_path: Path) -> Machine:
    return Machine(tmp_path, "classic")


@pytest.mark.parametrize("busy", [False, True])
def test_a_read_only_file_is_read_only_whatever_else_is_held(machine: Machine, *, busy: bool) -> None:
    file, target, other = machine.file("file"), machine.file("target"), machine.file("other")
    Path(target).chmod(0o400)
    if busy:
        machine.schedule(other, for_ms=100)
    assert machine.delete(target) == 5
    assert code_of(lambda: machine.files.rewrite_file(target, b"x")) == 5
    assert code_of(lambda: machine.files.rename(file, target, "move-replace")) == 5
    assert Path(target).read_text() == "target"


# taking and releasing


def test_a_hold_is_in_force_from_its_start_until_just_before_its_end(machine: Machine) -> None:
    file = machine.file("file")
    receipt = machine.schedule(file, share=Share.NONE, start_ms=10, for_ms=20)

    codes = {}
    for now_ms in (0, 9.999999, 10, 29.999999, 30, 31):
        machine.at(now_ms)
        codes[now_ms] = code_of(lambda: machine.files.read_file(file))

    assert codes == {0: 0, 9.999999: 0, 10: 32, 29.999999: 32, 30: 0, 31: 0}
    assert times_ms(receipt) == (10, 30)


def test_a_hold_counts_its_start_from_the_moment_it_is_scheduled(machine: Machine) -> None:
    machine.at(100)
    receipt = machine.schedule(machine.file("file"), start_ms=10, for_ms=20)
    machine.at(200)
    assert receipt.planned_ns == 110 * NS_PER_MS
    assert times_ms(receipt) == (110, 130)


def test_a_hold_of_no_length_is_in_nobodys_way(machine: Machine) -> None:
    file = machine.file("file")
    receipt = machine.schedule(file, start_ms=5, for_ms=0)
    machine.at(5)
    assert machine.delete(file) == 0
    assert times_ms(receipt) == (5, 5)


def test_a_hold_for_ever_has_no_end(machine: Machine) -> None:
    file = machine.file("file")
    receipt = machine.schedule(file)
    machine.at(86_400_000)
    assert machine.delete(file) == 32
    assert times_ms(receipt) == (0, None)


def test_a_hold_on_a_file_that_is_gone_is_never_taken(machine: Machine) -> None:
    file = machine.file("file")
    receipt = machine.schedule(file, start_ms=10)
    machine.move(file, machine.path("elsewhere"))
    machine.at(20)
    assert receipt.error == 2
    assert times_ms(receipt) == (None, None)
    assert machine.delete(machine.path("elsewhere")) == 0


def test_a_hold_that_another_one_excludes_is_never_taken(machine: Machine) -> None:
    file = machine.file("file")
    machine.schedule(file, share=Share.NONE, for_ms=10)
    refused = machine.schedule(file, start_ms=5, for_ms=100)
    machine.at(20)
    assert refused.error == 32
    assert machine.delete(file) == 0


def test_a_hold_that_ends_makes_room_for_one_that_starts_at_that_moment(machine: Machine) -> None:
    file = machine.file("file")
    later = machine.schedule(file, share=Share.NONE, start_ms=10, for_ms=10)
    earlier = machine.schedule(file, share=Share.NONE, for_ms=10)
    machine.at(30)
    assert [times_ms(earlier), times_ms(later)] == [(0, 10), (10, 20)]


def test_a_hold_on_a_file_whose_delete_is_pending_is_denied(classic: Machine) -> None:
    file = classic.file("file")
    classic.schedule(file, share=SHARE_ALL)
    classic.at(0)
    assert classic.delete(file) == 0
    late = classic.schedule(file, share=SHARE_ALL)
    classic.at(1)
    assert late.error == 5


def test_a_hold_lets_go_after_the_failures_it_was_to_cause(machine: Machine) -> None:
    file = machine.file("file")
    receipt = machine.schedule(file, after_failures=3)
    codes = []
    for now_ms in range(5):
        machine.at(now_ms)
        codes.append(machine.move(file, machine.path("new")))
        if not codes[-1]:
            break
    assert codes == [32, 32, 32, 0]
    assert times_ms(receipt) == (0, 2)


def test_only_the_failures_that_a_hold_caused_count_towards_its_release(machine: Machine) -> None:
    source, target = machine.file("source"), machine.file("target")
    receipt = machine.schedule(target, share=SHARE_ALL, after_failures=1)
    for _ in range(3):
        assert machine.move(source, target) == 183  # it exists: held or not
    assert receipt.released_ns is None
    assert code_of(lambda: machine.files.rename(source, target, "move-replace")) == 5
    assert receipt.released_ns is not None


def test_a_hold_released_by_a_failure_is_not_released_again_at_its_end(machine: Machine) -> None:
    file = machine.file("file")
    receipt = machine.schedule(file, for_ms=100, after_failures=1)
    machine.at(7)
    assert machine.delete(file) == 32
    machine.at(200)
    assert times_ms(receipt) == (0, 7)


# following files


def test_a_hold_follows_a_renamed_file(machine: Machine) -> None:
    file, renamed = machine.file("a/file"), machine.path("b/renamed")
    os.mkdir(machine.path("b"))
    machine.schedule(file, share=SHARE_ALL)
    assert machine.move(file, renamed) == 0

    assert machine.move(machine.path("b"), machine.path("c")) == 5
    machine.file("a/file")
    assert machine.move(machine.path("a"), machine.path("d")) == 0


def test_a_hold_follows_a_file_in_a_renamed_directory(machine: Machine) -> None:
    file = machine.file("old/deep/library.dll")
    machine.schedule(file, section="image")  # a loaded library is not in its directory's way
    assert machine.move(machine.path("old"), machine.path("new")) == 0
    assert machine.delete(machine.path("new/deep/library.dll")) == 5
    machine.file("old/deep/library.dll")
    assert machine.delete(machine.path("old/deep/library.dll")) == 0


def test_a_hold_on_a_directory_follows_its_renames(machine: Machine) -> None:
    os.makedirs(machine.path("a/watched"))
    os.mkdir(machine.path("b"))
    machine.schedule(machine.path("a/watched"), share=SHARE_ALL)
    assert machine.move(machine.path("a/watched"), machine.path("b/watched")) == 0
    assert machine.move(machine.path("a"), machine.path("a2")) == 0
    assert machine.move(machine.path("b"), machine.path("b2")) == 5


def test_a_directory_with_a_like_named_neighbour_does_not_take_its_holds_along(
    machine: Machine,
) -> None:
    neighbour = machine.file("tree-2/file")
    machine.file("tree/file")
    machine.schedule(neighbour)
    assert machine.move(machine.path("tree"), machine.path("moved")) == 0
    assert machine.delete(neighbour) == 32


def test_all_names_of_a_file_share_its_holds(machine: Machine) -> None:
    first, second = machine.file("first"), machine.path("second")
    machine.files.create_hard_link(first, second)
    machine.schedule(first, for_ms=10)
    machine.at(0)
    assert machine.delete(second) == 32
    machine.at(10)
    assert machine.delete(second) == 0


def test_a_held_file_can_be_given_another_name(machine: Machine) -> None:
    first, second = machine.file("first"), machine.path("second")
    machine.schedule(first, share=Share.NONE)
    machine.at(0)
    machine.files.create_hard_link(first, second)
    assert code_of(lambda: machine.files.read_file(second)) == 32


def test_a_hold_stays_on_the_names_that_are_left(machine: Machine) -> None:
    first, second, other = machine.file("first"), machine.path("second"), machine.file("other")
    machine.files.create_hard_link(first, second)
    machine.schedule(first, share=SHARE_ALL)
    assert machine.delete(first) == 0
    assert code_of(lambda: machine.files.rename(other, second, "move-replace")) == 5


def replace_many(machine: Machine, folder: str) -> set[int]:
    """Replace many new files in `folder`; return the codes.

    A file system may give the number of a deleted file to a new one, which nobody holds.
    """
    codes = set()
    for target in [machine.file(f"{folder}/new-{number}") for number in range(20)]:
        source = machine.file("source")
        codes.add(code_of(partial(machine.files.rename, source, target, "move-replace")))
    return codes


def test_a_hold_on_a_deleted_file_is_in_nobodys_way(machine: Machine) -> None:
    file = machine.file("tree/file")
    machine.files.create_hard_link(file, machine.path("tree/link"))
    machine.schedule(file, share=SHARE_ALL)
    assert machine.delete(file) == 0
    assert machine.delete(machine.path("tree/link")) == 0
    assert replace_many(machine, "tree") == {0}
    assert machine.move(machine.path("tree"), machine.path("moved")) == 0


def test_a_hold_on_a_removed_directory_is_in_nobodys_way(machine: Machine) -> None:
    os.makedirs(machine.path("tree/watched"))
    machine.schedule(machine.path("tree/watched"), share=SHARE_ALL)
    machine.files.remove_directory(machine.path("tree/watched"))
    assert replace_many(machine, "tree") == {0}
    assert machine.move(machine.path("tree"), machine.path("moved")) == 0


def test_a_hold_on_a_replaced_directory_is_in_nobodys_way(machine: Machine) -> None:
    new, old = machine.path("new"), machine.path("tree/old")
    os.mkdir(new)
    os.makedirs(old)
    machine.schedule(old, share=SHARE_ALL)
    machine.files.rename(new, old, "posix-rename")
    assert replace_many(machine, "tree") == {0}
    assert machine.move(machine.path("tree"), machine.path("moved")) == 0


# quarantine


def test_a_file_that_is_condemned_vanishes_when_its_hold_ends(machine: Machine) -> None:
    file = machine.file("file")
    receipt = machine.schedule(file, share=Share.NONE, for_ms=10, vanish=True)
    machine.at(9)
    assert machine.move(file, machine.path("new")) == 32
    machine.at(10)
    assert machine.move(file, machine.path("new")) == 2
    assert times_ms(receipt) == (0, 10)
    assert machine.names() == []


def test_a_condemned_file_vanishes_under_its_new_name(machine: Machine) -> None:
    file = machine.file("file")
    machine.schedule(file, share=SHARE_ALL, for_ms=10, vanish=True)
    assert machine.move(file, machine.path("renamed")) == 0
    machine.file("file")
    machine.at(10)
    assert machine.names() == ["file"]


def test_quarantine_does_not_take_a_new_file_of_the_same_name(machine: Machine) -> None:
    file = machine.file("file")
    machine.schedule(file, share=SHARE_ALL, for_ms=10, vanish=True)
    assert machine.delete(file) == 0
    machine.file("file")
    machine.at(10)
    assert machine.names() == ["file"]


def test_a_second_holder_of_a_vanished_file_is_in_nobodys_way(machine: Machine) -> None:
    file = machine.file("file")
    machine.schedule(file, for_ms=10, vanish=True)
    machine.schedule(file)
    machine.at(10)
    assert replace_many(machine, "tree") == {0}


def test_the_name_of_a_removed_folder_stays_while_somebody_lists_it(classic: Machine) -> None:
    """As names of deleted files do: a new folder of that name is denied (5)."""
    folder, other = classic.root / "folder", classic.root / "other"
    folder.mkdir()
    other.mkdir()
    classic.schedule(str(folder), share=SHARE_ALL, for_ms=10)
    classic.at(0)
    assert code_of(lambda: classic.files.remove_directory(str(folder))) == 0
    assert classic.move(str(other), str(folder)) == 5
    classic.at(10)
    assert classic.names() == ["other"]
    assert classic.move(str(other), str(folder)) == 0


def test_a_pending_folder_goes_at_the_end_of_a_trial(classic: Machine) -> None:
    folder = classic.root / "folder"
    folder.mkdir()
    classic.schedule(str(folder), share=SHARE_ALL)
    classic.at(0)
    classic.files.remove_directory(str(folder))
    classic.table.clear()
    assert not classic.names()


def test_a_folder_is_removed_at_once_where_names_go_at_once(machine: Machine) -> None:
    folder = machine.root / "folder"
    folder.mkdir()
    machine.schedule(str(folder), share=SHARE_ALL, for_ms=10)
    machine.at(0)
    machine.files.remove_directory(str(folder))
    assert not machine.names()


@pytest.mark.parametrize(("share", "code"), [(Share.NONE, 32), (SHARE_ALL, 1224)])
def test_a_mapped_file_is_first_refused_by_who_holds_it(
    machine: Machine, share: Share, code: int
) -> None:
    source, target = machine.file("source"), machine.file("target")
    machine.schedule(target, share=SHARE_ALL, section="data")
    machine.schedule(target, share=share)
    machine.at(0)
    assert code_of(lambda: machine.files.copy_file(source, target)) == code


def test_a_condemned_file_whose_delete_is_pending_goes_once(classic: Machine) -> None:
    file = classic.file("file")
    classic.schedule(file, share=SHARE_ALL, for_ms=10, vanish=True)
    classic.schedule(file, share=SHARE_ALL, for_ms=20)
    assert classic.delete(file) == 0
    classic.at(10)
    assert classic.names() == []
    classic.at(20)
    assert classic.delete(file) == 2


# deletes that stay pending


def test_a_pending_delete_is_done_when_the_last_handle_is_closed(classic: Machine) -> None:
    file = classic.file("tree/file")
    classic.schedule(file, share=SHARE_ALL, for_ms=10)
    classic.schedule(file, share=SHARE_ALL, for_ms=20)
    classic.at(0)
    assert classic.delete(file) == 0

    codes = {}
    for now_ms in (0, 10, 20):
        classic.at(now_ms)
        tree = classic.path("tree")
        codes[now_ms] = (
            code_of(lambda: classic.files.get_attributes(file)),
            code_of(partial(classic.files.remove_directory, tree)),
        )

    assert codes == {0: (5, 145), 10: (5, 145), 20: (2, 0)}


def test_a_posix_delete_takes_the_name_at_once(machine: Machine) -> None:
    file = machine.file("file")
    machine.schedule(file, share=SHARE_ALL)
    assert machine.delete(file) == 0
    assert machine.names() == []


def test_a_delete_that_nobody_delays_is_done_at_once(classic: Machine) -> None:
    assert classic.delete(classic.file("file")) == 0
    assert classic.names() == []


def test_a_pending_delete_is_of_one_name_only(classic: Machine) -> None:
    first, second = classic.file("first"), classic.path("second")
    classic.files.create_hard_link(first, second)
    classic.schedule(first, share=SHARE_ALL, for_ms=10)
    assert classic.delete(second) == 0
    assert code_of(lambda: classic.files.read_file(first)) == 0
    assert code_of(lambda: classic.files.read_file(second)) == 5
    classic.at(10)
    assert classic.names() == ["first"]


def test_a_file_marked_for_deletion_is_open_so_its_directory_stays(machine: Machine) -> None:
    file = machine.file("tree/file")
    machine.files.dispose_file(file)
    assert machine.move(machine.path("tree"), machine.path("moved")) == 5
    machine.table.clear()
    assert not os.path.exists(file)


def test_the_end_of_a_trial_carries_out_pending_deletes(classic: Machine) -> None:
    file = classic.file("file")
    classic.schedule(file, share=SHARE_ALL)
    assert classic.delete(file) == 0
    assert classic.names() == ["file"]
    classic.table.clear()
    assert classic.names() == []
    assert classic.table.is_idle


# receipts


def test_receipts_come_in_the_order_of_scheduling_and_say_what_became_of_each_hold(
    machine: Machine,
) -> None:
    file = machine.file("file")
    machine.schedule(file, start_ms=50, for_ms=10)
    machine.schedule(machine.path("missing"), start_ms=5)
    machine.schedule(file, start_ms=1, for_ms=30)
    machine.schedule(file, start_ms=2)
    machine.at(40)

    receipts = machine.table.receipts()

    assert [receipt.planned_ns // NS_PER_MS for receipt in receipts] == [50, 5, 1, 2]
    assert [times_ms(receipt) for receipt in receipts] == [
        (None, None),  # the trial was over before
        (None, None),
        (1, 31),
        (2, None),  # still held
    ]
    assert [receipt.error for receipt in receipts] == [None, 2, None, None]


def test_a_table_with_nothing_held_scheduled_or_pending_is_idle(machine: Machine) -> None:
    assert machine.table.is_idle
    machine.schedule(machine.file("file"), start_ms=1, for_ms=1)
    assert not machine.table.is_idle
    machine.at(1)
    assert not machine.table.is_idle
    machine.at(2)
    assert machine.table.is_idle


# any holds, any attempts

spans_ms = st.tuples(st.integers(0, 40), st.none() | st.integers(0, 30))
attempts_ms = st.lists(st.integers(0, 80), min_size=1, max_size=25).map(sorted)


def move_to_and_fro(machine: Machine, path: str) -> int:
    """Attempt a rename that leaves no trace when it succeeds."""
    elsewhere = machine.path("elsewhere")
    code = machine.move(path, elsewhere)
    return code or machine.move(elsewhere, path)


@settings(deadline=None)
@given(spans=st.lists(spans_ms, max_size=6), attempts=attempts_ms)
def test_an_attempt_fails_exactly_while_a_hold_is_in_force(
    spans: list[tuple[int, int | None]], attempts: list[int]
) -> None:
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        file = machine.file("file")
        for start_ms, for_ms in spans:  # readers that let others read: none excludes another
            machine.schedule(file, start_ms=start_ms, for_ms=for_ms)
        for now_ms in attempts:
            machine.at(now_ms)
            in_force = any(
                start_ms <= now_ms and (for_ms is None or now_ms < start_ms + for_ms)
                for start_ms, for_ms in spans
            )
            assert move_to_and_fro(machine, file) == (32 if in_force else 0)


@settings(deadline=None)
@given(
    holds=st.lists(st.tuples(spans_ms, st.integers(0, 7).map(Share)), max_size=6),
    attempts=attempts_ms,
)
def test_receipts_tell_of_every_attempt_that_was_denied(
    holds: list[tuple[tuple[int, int | None], Share]], attempts: list[int]
) -> None:
    """Here holds may exclude each other, so that the receipts must say which were really taken."""
    with TemporaryDirectory() as folder:
        machine = Machine(Path(folder))
        file = machine.file("file")
        for (start_ms, for_ms), share in holds:
            machine.schedule(file, share=share, start_ms=start_ms, for_ms=for_ms)
        codes = []
        for now_ms in attempts:
            machine.at(now_ms)
            codes.append(move_to_and_fro(machine, file))

        machine.at(1000)
        receipts = machine.table.receipts()
        assert all((receipt.opened_ns is None) == (receipt.error == 32) for receipt in receipts)
        for now_ms, code in zip(attempts, codes, strict=True):
            blockers = [
                receipt
                for receipt in receipts
                if Share.DELETE not in receipt.hold.share and is_held_at(receipt, now_ms * NS_PER_MS)
            ]
            assert code == (32 if blockers else 0)


def is_held_at(receipt: Receipt, now_ns: int) -> bool:
    """Whether a receipt says that it was held then: closed at that very moment is released."""
    opened, closed = receipt.opened_ns, receipt.released_ns
    return opened is not None and opened <= now_ns and (closed is None or now_ns < closed)


def test_a_held_folder_takes_no_new_link_while_another_does(machine: Machine) -> None:
    """The quick way of links must not pass by what is held, nor by a name that is taken."""
    file, held, free = machine.file("file"), machine.path("held"), machine.path("free")
    os.mkdir(held)
    os.mkdir(free)
    machine.schedule(held, share=Share.READ, for_ms=10)
    machine.at(0)
    link = machine.files.create_hard_link
    assert code_of(partial(link, file, f"{held}/link")) == 32
    assert code_of(partial(link, file, f"{free}/link")) == 0
    assert code_of(partial(link, file, f"{free}/link")) == 183
    assert code_of(partial(link, machine.path("nothing"), f"{free}/other")) == 2
    assert code_of(partial(link, file, machine.path("no-folder/link"))) == 3
    machine.at(10)
    assert code_of(partial(link, file, f"{held}/link")) == 0
