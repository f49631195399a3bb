"""The sharing rules hold for all inputs: against NT's own way of counting, and against each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.clock import VirtualClock
from harness.holds import sharing_rules
from harness.holds.handles import SHARE_ALL, Access, Section, Share
from harness.holds.sharing_rules import DeleteSemantics, Denial, Node, OpenHandle, compatible
from harness.platform.emulated import other_calls
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.platform.emulated.lock_table import LockTable
from harness.winerror import ACCESS_DENIED, SHARING_VIOLATION, winerror_of

ACCESSES: Final = [Access(bits) for bits in range(8)]
SHARES: Final = [Share(bits) for bits in range(8)]
OPENS: Final = list(product(ACCESSES, SHARES))

RULES: Final = settings(deadline=None)


class ShareAccess:
    """NT's bookkeeping of the opens of one file, kept by counting them.

    The fields are those of SHARE_ACCESS (wdm.h, Windows Driver Kit); what IoCheckShareAccess and
    IoRemoveShareAccess do with them is public in ReactOS, ntoskrnl/io/iomgr/file.c @ 10ddfd28.
    No open is compared with another one, which is how the harness does it.
    """

    def __init__(self) -> None:
        self.open_count = 0
        self.users = dict.fromkeys(_LETTERS, 0)  # Readers, Writers, Deleters
        self.sharers = dict.fromkeys(_LETTERS, 0)  # SharedRead, SharedWrite, SharedDelete

    def admits(self, access: Access, share: Share) -> bool:
        """Tell whether one more open would be granted."""
        if not access:
            return True
        wants, grants = _letters(access), _letters(share)
        everybody_shares = all(self.sharers[letter] == self.open_count for letter in wants)
        nobody_minds = all(letter in grants for letter in _LETTERS if self.users[letter])
        return everybody_shares and nobody_minds

    def count(self, access: Access, share: Share, by: int) -> None:
        """Add an open (`by` 1) or take it back (-1). An open for attributes only is not counted."""
        if access:
            self.open_count += by
            for letter in _letters(access):
                self.users[letter] += by
            for letter in _letters(share):
                self.sharers[letter] += by


_LETTERS: Final = "rwd"


def _letters(flags: Access | Share) -> str:
    return "".join(letter for bit, letter in enumerate(_LETTERS) if flags.value & 1 << bit)


@settings(RULES)
@given(st.lists(st.tuples(st.sampled_from(OPENS), st.booleans(), st.integers(0, 99)), max_size=25))
def test_any_sequence_of_opens_and_closes_goes_as_nt_counts_it(
    steps: list[tuple[tuple[Access, Share], bool, int]],
) -> None:
    counted = ShareAccess()
    held: list[tuple[Access, Share]] = []
    for wanted, close_one_first, which in steps:
        if close_one_first and held:
            counted.count(*held.pop(which % len(held)), by=-1)
        node = Node("file", handles=[OpenHandle("file", *one) for one in held])
        denial = sharing_rules.open_existing(node, *wanted)

        assert (denial is None) == counted.admits(*wanted)
        assert (denial is None) == all(compatible(*one, *wanted) for one in held)
        if denial is None:
            counted.count(*wanted, by=1)
            held.append(wanted)


def test_two_opens_stand_beside_each_other_exactly_if_nt_would_count_them() -> None:
    for held, wanted in product(OPENS, OPENS):
        counted = ShareAccess()
        counted.count(*held, by=1)
        assert compatible(*held, *wanted) == counted.admits(*wanted), (held, wanted)


def test_which_of_two_opens_came_first_does_not_matter() -> None:
    for one, other in product(OPENS, OPENS):
        assert compatible(*one, *other) == compatible(*other, *one), (one, other)


def test_an_open_for_attributes_only_never_conflicts() -> None:
    for share, other in product(SHARES, OPENS):
        assert compatible(Access.NONE, share, *other)
        assert compatible(*other, Access.NONE, share)


def test_sharing_more_or_asking_for_less_never_adds_a_conflict() -> None:
    for (access, share), (wanted, wanted_share) in product(OPENS, OPENS):
        if compatible(access, share, wanted, wanted_share):
            assert all(compatible(access, share | more, wanted, wanted_share) for more in SHARES)
            assert all(compatible(access, share, wanted & less, wanted_share) for less in ACCESSES)


@dataclass(frozen=True)
class Scene:
    """What a call meets: its source, its target, and the directory that the target is in."""

    source: Node
    target: Node
    parent: Node
    semantics: DeleteSemantics

    def mapped(self, change: Callable[[Sequence[OpenHandle]], Sequence[OpenHandle]]) -> Scene:
        """Return the same scene with other handles."""

        def changed(node: Node) -> Node:
            return replace(node, handles=change(node.handles), below=change(node.below))

        return Scene(changed(self.source), changed(self.target), changed(self.parent), self.semantics)


PRIMITIVES: Final[dict[str, Callable[[Scene], Denial | None]]] = {
    "move": lambda at: sharing_rules.move(at.source, at.target, at.parent, replace=False),
    "move-replace": lambda at: sharing_rules.move(at.source, at.target, at.parent, replace=True),
    "posix-rename": lambda at: sharing_rules.posix_rename(at.source, at.target, at.parent),
    "replace-file": lambda at: sharing_rules.replace_file(at.target, at.source),
    "delete-file": lambda at: sharing_rules.delete_file(at.target, at.semantics),
    "remove-directory": lambda at: sharing_rules.remove_directory(at.source),
    "hard-link": lambda at: sharing_rules.create_hard_link(at.source, at.target, at.parent),
    "copy": lambda at: sharing_rules.copy_file(at.source, at.target),
    "read": lambda at: sharing_rules.read(at.source),
    "overwrite": lambda at: sharing_rules.overwrite(at.target),
    "create-always": lambda at: sharing_rules.create_always(at.target),
    "create-new": lambda at: sharing_rules.create_new(at.target, at.parent),
    "create-directory": lambda at: sharing_rules.create_directory(at.target, at.parent),
    "open-always": lambda at: sharing_rules.open_always(at.target, at.parent, Share.READ),
    "cut": lambda at: sharing_rules.cut(at.target),
    "start": lambda at: sharing_rules.start(at.target),
    "update-resources": lambda at: sharing_rules.update_resources(at.target),
    "attributes": lambda at: sharing_rules.open_existing(at.target, Access.NONE),
    "lock-range": lambda at: sharing_rules.read(at.target),
    "oplock": lambda at: other_calls.request_oplock(at.target),
}

handles = st.builds(
    OpenHandle,
    path=st.just("file"),
    access=st.sampled_from(ACCESSES),
    share=st.sampled_from(SHARES),
    section=st.sampled_from([None, None, None, *get_args(Section)]),
    locks_bytes=st.booleans(),
    oplock_ack_ns=st.sampled_from([None, None, 1000]),
)
files = st.builds(
    Node,
    path=st.just("file"),
    exists=st.booleans(),
    read_only=st.booleans(),
    delete_pending=st.booleans(),
    handles=st.lists(handles, max_size=3),
)
directories = st.builds(
    Node,
    path=st.just("directory"),
    is_directory=st.just(value=True),
    is_empty=st.booleans(),
    handles=st.lists(handles, max_size=3),
    below=st.lists(handles, max_size=3),
    pending_below=st.booleans(),
)
scenes = st.builds(
    Scene,
    source=files | directories,
    target=files | directories,
    parent=directories,
    semantics=st.sampled_from(get_args(DeleteSemantics)),
)
primitives = st.sampled_from(sorted(PRIMITIVES))


@settings(RULES, max_examples=300)
@given(scenes, primitives, st.sampled_from(SHARES))
def test_a_call_that_goes_through_still_does_when_holders_share_more(
    scene: Scene, primitive: str, more: Share
) -> None:
    sharing = scene.mapped(lambda held: [replace(one, share=one.share | more) for one in held])
    if PRIMITIVES[primitive](scene) is None:
        assert PRIMITIVES[primitive](sharing) is None


@settings(RULES, max_examples=300)
@given(scenes, primitives, st.sets(st.integers(0, 2)))
def test_a_call_that_goes_through_still_does_when_holders_let_go(
    scene: Scene, primitive: str, closed: set[int]
) -> None:
    fewer = scene.mapped(lambda held: [one for at, one in enumerate(held) if at not in closed])
    if PRIMITIVES[primitive](scene) is None:
        assert PRIMITIVES[primitive](fewer) is None


@settings(RULES, max_examples=300)
@given(scenes, primitives)
def test_closing_the_handles_that_are_blamed_takes_that_denial_away(
    scene: Scene, primitive: str
) -> None:
    denial = PRIMITIVES[primitive](scene)
    if denial is None or not denial.blockers:
        return
    if any(node.delete_pending for node in (scene.source, scene.target)):
        return  # the pending name goes with its last handle, which the lock table sees to
    blamed = set(denial.blockers)
    again = PRIMITIVES[primitive](scene.mapped(lambda held: [one for one in held if one not in blamed]))
    assert again is None or blamed.isdisjoint(again.blockers)


@settings(RULES, max_examples=300)
@given(scenes, primitives)
def test_without_a_holder_nobody_is_blamed_and_nothing_is_a_sharing_violation(
    scene: Scene, primitive: str
) -> None:
    denial = PRIMITIVES[primitive](scene.mapped(lambda _: []))
    assert denial is None or (not denial.blockers and denial.code != SHARING_VIOLATION)


@settings(RULES, max_examples=300)
@given(scenes)
def test_posix_semantics_never_refuse_what_the_classic_ones_allow(scene: Scene) -> None:
    if PRIMITIVES["move-replace"](scene) is None:
        assert PRIMITIVES["posix-rename"](scene) is None
    if sharing_rules.delete_file(scene.target, "classic") is None:
        assert sharing_rules.delete_file(scene.target, "posix") is None


@settings(RULES, max_examples=300)
@given(scenes, st.sampled_from(["move", "move-replace", "posix-rename", "replace-file", "delete-file"]))
def test_byte_range_locks_are_not_in_the_way_of_names(scene: Scene, primitive: str) -> None:
    unlocked = scene.mapped(lambda held: [replace(one, locks_bytes=False) for one in held])
    with_locks, without = PRIMITIVES[primitive](scene), PRIMITIVES[primitive](unlocked)
    assert (with_locks and with_locks.code) == (without and without.code)


TREE: Final = ["in/a", "in/sub", "in/sub/b", "in/sub/deep/c", "in", "in-2/d", "in.txt", "out/e"]
"""Names in and around the directory ``in``: its like-named neighbours must not count."""


@settings(RULES, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(TREE),
            st.sampled_from(ACCESSES),
            st.sampled_from([None, *get_args(Section)]),
            st.sampled_from([None, 1000]),
        ),
        max_size=4,
    )
)
def test_a_directory_rename_is_denied_exactly_if_something_below_is_open_without_an_oplock(
    opens: list[tuple[str, Access, Section | None, int | None]],
) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "in/sub/deep").mkdir(parents=True)
        for name in ("in/a", "in/sub/b", "in/sub/deep/c", "in-2/d", "in.txt", "out/e"):
            (root / name).parent.mkdir(exist_ok=True)
            (root / name).touch()
        clock, table = VirtualClock(), LockTable()
        for name, access, section, oplock_ack_ns in opens:
            path = str(root / name)
            table.open(OpenHandle(path, access, SHARE_ALL, section, oplock_ack_ns=oplock_ack_ns))
        in_the_way = [
            name
            for name, _, section, oplock_ack_ns in opens
            if name.startswith("in/") and section is None and oplock_ack_ns is None
        ]
        code = 0
        try:
            files = EmulatedFileSystem(clock, table)
            files.rename(str(root / "in"), str(root / "new"), "move")
        except OSError as error:
            code = winerror_of(error) or -1

        assert code == (ACCESS_DENIED if in_the_way else 0)
        assert (root / "new/sub/deep/c").exists() == (not in_the_way)
        if not in_the_way:
            mapped = {handle.path for handle in table.handles if handle.section}
            assert mapped == {
                str(root / name.replace("in", "new", 1))
                if name == "in" or name.startswith("in/")
                else str(root / name)
                for name, _, section, _ in opens
                if section
            }
