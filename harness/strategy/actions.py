"""What real strategies do around the call, besides waiting: delete, move aside, rewrite, copy.

`deleting_target_first` and its like make one attempt: they are given the operation and the primitive's
call, make that call, and raise `OSError` if the attempt failed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from harness.strategy.attempt import Attempt
    from harness.strategy.file_calls import FileCalls
    from harness.strategy.operation import Operation

ASIDE: Final = ".tmp-aside-"
"""The prefix of the name of a target that was moved out of the way."""


def deleting_target_first(operation: Operation, call: Callable[[], object]) -> object:
    """Delete what has the target's name, then call: never atomic.

    pnpm's rename-overwrite and NuGet's ``Replace`` do this.
    """
    if operation.target_exists():
        _delete(operation.files, str(operation.target))
    return call()


def trying_to_delete_target_first(operation: Operation, call: Callable[[], object]) -> object:
    """Do the same, but go on where the deletion fails: the error is that of the call.

    MSBuild's ``Copy`` does this (dotnet/msbuild src/Tasks/Copy.cs, ``FileUtilities.DeleteNoThrow``).
    """
    if operation.target_exists():
        with suppress(OSError):
            _delete(operation.files, str(operation.target))
    return call()


def deleting_target_on_failure(operation: Operation, call: Callable[[], object]) -> object:
    """Call; if that fails, delete what has the target's name and call once more, as JGit does.

    A deletion that fails is not looked at: the error of the call stands.
    """
    try:
        return call()
    except OSError as error:
        if not operation.target_exists():
            raise
        try:
            _delete(operation.files, str(operation.target))
        except OSError:
            raise error from None
    return call()


def deleting_target_or_failing(operation: Operation, call: Callable[[], object]) -> object:
    """Do the same, but a deletion that fails has waits of its own, and the last word.

    rename-overwrite until 7.0.0 calls rimraf, which tries again three times
    (zkochan/packages rename-overwrite/index.js @ 0397b5df; see `DELETION_WAITS_S`).
    """
    operation.denied_deletions, before = 0, operation.denied_deletions
    try:
        return call()
    except OSError:
        if not operation.target_exists():
            raise
    try:
        _delete(operation.files, str(operation.target))
    except OSError:
        operation.denied_deletions = before + 1
        raise
    return call()


DELETION_WAITS_S: Final = (0.1, 0.2, 0.3)
"""The waits after failed deletions of a target: rimraf 3, isaacs/rimraf rimraf.js @ v3.0.2 l.80-104."""


def moving_target_aside(operation: Operation, call: Callable[[], object]) -> object:
    """Call; if that fails, rename the target away and call once more, as LLVM does.

    What was moved aside is deleted at once, or left behind if that fails: LLVM has it open for deletion
    on close meanwhile (llvm/lib/Support/Windows/Path.inc, ``rename_handle``). So a second call that
    fails leaves nothing under the target's name.
    """
    try:
        return call()
    except OSError:
        if not operation.target_exists():
            raise
    if (aside := _set_aside(operation)) is not None:
        with suppress(OSError):
            _delete(operation.files, aside)
    return call()


def _set_aside(operation: Operation) -> str | None:
    """Rename what has the target's name; return its new name, ``None`` if it disappeared meanwhile."""
    aside = free_name(str(operation.target))
    try:
        operation.files.rename(str(operation.target), aside, "move")
    except FileNotFoundError:
        return None
    return aside


def moving_target_aside_until_done(operation: Operation, call: Callable[[], object]) -> object:
    """Do the same, but keep what was moved aside until a call succeeds, so that it can be put back."""
    try:
        result = call()
    except OSError:
        if operation.aside is not None or not operation.target_exists():
            raise
        operation.aside = _set_aside(operation)
        result = call()
    if operation.aside is not None:
        with suppress(OSError):
            _delete(operation.files, operation.aside)
        operation.aside = None
    return result


def free_name(target: str) -> str:
    """Return an unused name beside `target`: what could not be deleted before still has the others."""
    folder, name = os.path.split(target)
    names = (os.path.join(folder, f"{ASIDE}{number}-{name}") for number in count())
    return next(name for name in names if not os.path.lexists(name))


def target_is_absent(attempt: Attempt) -> bool:
    """Continue only while nothing has the target's name: graceful-fs since 4.1.11."""
    return not attempt.operation.target_exists()


def target_is_there(attempt: Attempt) -> bool:
    """Take what has the target's name for the result: another install has brought it."""
    return attempt.operation.target_exists()


def write_fresh_temporary(attempt: Attempt) -> bool:
    """Write a new temporary file before the next attempt, as Deno does; continue in any case."""
    if attempt.operation.renew is not None:
        attempt.operation.source = attempt.operation.renew()
    return True


def _delete(files: FileCalls, path: str) -> None:
    """Delete a file, or a tree from below. Ignore files that disappear while deleting."""
    calls: list[tuple[Callable[[str], None], str]] = []
    if not os.path.isdir(path) or os.path.islink(path):
        calls.append((files.delete_file, path))
    else:
        for folder, _, names in os.walk(path, topdown=False):
            calls += [(files.delete_file, os.path.join(folder, name)) for name in names]
            calls.append((files.remove_directory, folder))
    for delete, name in calls:
        with suppress(FileNotFoundError):
            delete(name)
