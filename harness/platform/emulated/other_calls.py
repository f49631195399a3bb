"""More emulated calls than a persist needs, so that the whole table of sharing rules can be tried."""

from __future__ import annotations

from collections.abc import Callable

from harness.holds import sharing_rules
from harness.holds.handles import Access
from harness.holds.sharing_rules import Denial, Node, OpenHandle
from harness.platform.emulated.emulated_files import EmulatedFileSystem
from harness.winerror import SHARING_VIOLATION


def request_oplock(node: Node) -> Denial | None:
    """``FSCTL_REQUEST_OPLOCK``: granted (``None``) while no other process has the file open."""
    return Denial(SHARING_VIOLATION, node.open_handles) if node.open_handles else None


class MoreCalls(EmulatedFileSystem):
    """The emulated primitives, and the other calls that the table of sharing rules lists."""

    def _ask(self, rule: Callable[[Node], Denial | None], path: str) -> None:
        with self._call():
            self._check(rule(self.table.node(path)), path)

    def dispose_file(self, path: str) -> None:
        """``FileDispositionInfo`` through a handle that stays open: the delete is pending."""
        self._ask(lambda node: sharing_rules.delete_file(node, self.semantics), path)
        self.table.open(OpenHandle(path, Access.DELETE))
        self.table.mark_delete_pending(path)

    def open_existing(self, path: str) -> None:
        """``CreateFileW(OPEN_EXISTING)`` for reading, closed at once."""
        self._ask(lambda node: sharing_rules.open_existing(node, Access.READ), path)

    def create_always(self, path: str) -> None:
        """``CreateFileW(CREATE_ALWAYS)``, closed at once: an empty file."""
        self._ask(sharing_rules.create_always, path)
        with open(path, "wb"):
            pass

    def get_attributes(self, path: str) -> None:
        """``GetFileAttributesW``: 2, or 5 while a delete is pending."""
        self._ask(lambda node: sharing_rules.open_existing(node, Access.NONE), path)

    def lock_range(self, path: str) -> None:
        """``LockFileEx`` over the whole file, failing at once, then unlocked: 33 where it is locked."""
        self._ask(sharing_rules.read, path)

    def request_oplock(self, path: str) -> None:
        """``FSCTL_REQUEST_OPLOCK``, given back at once."""
        self._ask(request_oplock, path)
