"""The answers of Windows to calls of Python while something is held, by the emulated sharing rules.

The calls are those that CPython makes on Windows (Modules/posixmodule.c): ``os.rename`` is
``MoveFileExW``, ``os.replace`` the same with ``MOVEFILE_REPLACE_EXISTING``, ``os.remove``
``DeleteFileW``. ``open`` goes through the C runtime, which shares reading and writing and not deletion
(``_wopen`` with ``_SH_DENYNO``), and whose errors carry an errno and no ``winerror``.

A call that touches nothing held gets the answer of this machine: only holds are emulated.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from harness.holds import sharing_rules
from harness.holds.handles import Access, Share
from harness.holds.sharing_rules import Denial, Node, OpenHandle
from harness.testing import calls
from harness.winerror import win32_error

if TYPE_CHECKING:
    from harness.holds.sharing_rules import DeleteSemantics
    from harness.testing.calls import Call

_SHARE: Final = Share.READ | Share.WRITE
"""What the C runtime lets others do with a file that it has open (``_SH_DENYNO``)."""
_BY_C_RUNTIME: Final = frozenset({calls.OPEN, calls.TRUNCATE})


def touched(call: Call, node: Callable[[str], Node]) -> list[OpenHandle]:
    """Return the handles that a call may meet: on its paths, on their folders, and below a folder."""
    if call.name == calls.OPEN and node(call.path).is_directory:
        return []
    on_paths = [handle for path in call.paths for handle in (*node(path).handles, *node(path).below)]
    added = call.paths[1:] if call.name in {calls.RENAME, calls.REPLACE, calls.LINK} else ()
    return [*on_paths, *(handle for path in added for handle in node(os.path.dirname(path)).handles)]


def denial_of(call: Call, node: Callable[[str], Node], deletes: DeleteSemantics) -> Denial | None:
    """Return how Windows refuses a call; ``None`` if it does not."""
    first = node(call.path)
    match call.name:
        case calls.RENAME | calls.REPLACE:
            target = call.paths[1]
            into = node(os.path.dirname(target))
            return sharing_rules.move(first, node(target), into, replace=call.name == calls.REPLACE)
        case calls.REMOVE:
            return sharing_rules.delete_file(first, deletes)
        case calls.REMOVE_DIRECTORY:
            return sharing_rules.remove_directory(first)
        case calls.MAKE_DIRECTORY:
            return sharing_rules.create_directory(first, node(os.path.dirname(call.path)))
        case calls.LINK:
            link = call.paths[1]
            return sharing_rules.create_hard_link(first, node(link), node(os.path.dirname(link)))
        case calls.TRUNCATE:
            return sharing_rules.open_existing(first, Access.WRITE, _SHARE) or sharing_rules.cut(first)
        case _:
            return _opening(call.flags, first, node(os.path.dirname(call.path)))


def _opening(flags: int, file: Node, folder: Node) -> Denial | None:
    """Return how an ``open`` is refused.

    A lock on bytes refuses reads and writes after it; there is no event for those, so the open is
    refused.
    """
    if file.is_directory:
        return None
    if flags & os.O_CREAT and flags & os.O_EXCL:
        return sharing_rules.create_new(file, folder)
    if flags & os.O_TRUNC:
        return sharing_rules.create_always(file, _SHARE) or sharing_rules.overwrite(file)
    if flags & os.O_CREAT and not file.exists:
        return sharing_rules.open_always(file, folder, _SHARE)
    denial = sharing_rules.open_existing(file, _access_of(flags), _SHARE)
    return denial or sharing_rules.overwrite(file)


def _access_of(flags: int) -> Access:
    if flags & os.O_RDWR:
        return Access.READ | Access.WRITE
    return Access.WRITE if flags & os.O_WRONLY else Access.READ


def error_of(call: Call, code: int) -> OSError:
    """Make the error that Python raises on Windows when a call is refused with a code."""
    error = win32_error(code, *call.paths)
    if call.name not in _BY_C_RUNTIME:
        return error
    plain = OSError(error.errno, os.strerror(error.errno or 0), call.path)
    setattr(plain, "winerror", None)  # noqa: B010 - which errors have on Windows only
    return plain
