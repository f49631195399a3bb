"""The errors that are meant for users, with the exit code of each.

An error says what is wrong, where, and what to do next. The command line prints it and exits with
`exit_code`; any other exception is a defect of the harness.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, Final

FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""The errno of a full disk, a quota or a file size limit."""


LONG_ON_WINDOWS: Final = 260
"""Windows takes shorter paths only, unless long ones are turned on (Microsoft, "Maximum Path Length
Limitation")."""


class ExitCode(IntEnum):
    """The exit codes of ``harness``; part of its interface."""

    OK = 0
    HARNESS_ERROR = 1  # the harness itself failed, or a trial ended as ``harness-error``
    INVALID_INPUT = 2  # a file, an option or a name given by the user
    PAYLOAD_UNAVAILABLE = 3  # an archive cannot be fetched, or has changed
    NOT_SUPPORTED = 4  # this machine or this version cannot do it
    STORAGE_FULL = 5
    CODE_NOT_ALLOWED = 6  # foreign code without --allow-code
    NOT_AS_EXPECTED = 10  # `harness check`, `reproduce`: an expectation does not hold
    UNKNOWN = 11  # as above: nothing is wrong, but an expectation could not be decided
    HOLD_NOT_TAKEN = 12  # `harness hold`, `watch`: a file cannot be opened as asked
    PARENT_GONE = 13  # as above: the process that started it has ended
    INTERRUPTED = 130  # Ctrl-C; the run can be resumed


class HarnessError(Exception):
    """An error for users; `hint` is what to do about it.

    `of_platform`: that nothing can run on the platform, and not only what was asked for.
    """

    exit_code: ClassVar[ExitCode] = ExitCode.HARNESS_ERROR

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.of_platform = False


class InvalidInputError(HarnessError):
    """Something the user named does not exist or cannot be used."""

    exit_code = ExitCode.INVALID_INPUT


class HoldNotTakenError(InvalidInputError):
    """A file that is to be held cannot be opened as asked."""

    exit_code = ExitCode.HOLD_NOT_TAKEN


def together(errors: Sequence[InvalidInputError]) -> InvalidInputError:
    """Return one error that says all of `errors`, each message with its hint."""
    if len(errors) == 1:
        return errors[0]
    messages = [f"{error.message}. {error.hint or ''}".rstrip() for error in errors]
    return InvalidInputError("\n  ".join([f"{len(errors)} mistakes:", *messages]))


@dataclass(frozen=True, slots=True)
class Problem:
    """One problem in a file that a user wrote: what was found at a key, and what was expected.

    With nothing in `expected`, `found` is a complete message.
    """

    file: str
    key: str
    found: str
    expected: str = ""

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {found_instead(self.found, self.expected)}"


def found_instead(found: str, expected: str) -> str:
    """Spell what was found and what was expected, as a `Problem` has them."""
    return f"found {found}; expected {expected}" if expected else found


class InvalidFilesError(InvalidInputError):
    """All problems in files that a user wrote: by default scenario and profile files."""

    def __init__(
        self,
        problems: Sequence[Problem],
        *,
        not_done: str = "run",
        hint: str = "`harness schema` prints the JSON Schema of scenario files, "
        "`harness schema --profile` that of profiles.",
    ) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        noun = "problem" if count == 1 else "problems"
        lines = "\n".join(f"  {problem}" for problem in self.problems)
        super().__init__(
            f"{count} {noun}, nothing was {not_done}:\n{lines}",
            hint=hint,
        )


class PayloadUnavailableError(HarnessError):
    """An archive is not in the cache and cannot be fetched, or its hash is wrong."""

    exit_code = ExitCode.PAYLOAD_UNAVAILABLE


class UnsafeArchiveError(HarnessError):
    """An archive would write outside its folder, holds links or devices, or grows without bound."""

    exit_code = ExitCode.INVALID_INPUT


class NotSupportedError(HarnessError):
    """This machine, platform or version cannot do what was asked."""

    exit_code = ExitCode.NOT_SUPPORTED


class StorageFullError(HarnessError):
    """The disk (or a quota) is full."""

    exit_code = ExitCode.STORAGE_FULL


def too_long(error: OSError) -> str | None:
    """What to do about a path that was too long for this system, if that is what `error` says.

    Windows says of such a path that it does not exist.
    """
    names = (name for name in (error.filename, error.filename2) if isinstance(name, str | bytes))
    longest = max((len(os.fsdecode(name)) for name in names), default=0)
    on_windows = sys.platform == "win32" and longest >= LONG_ON_WINDOWS
    if error.errno != errno.ENAMETOOLONG and not on_windows:
        return None
    return (
        f"The path has {longest:,} characters, too many for this system: let TMPDIR (TEMP on Windows) "
        "name a folder with a shorter path. On Windows, an administrator can turn on long paths "
        "(LongPathsEnabled)."
    )


@contextmanager
def room_in(path: str | os.PathLike[str], hint: str) -> Iterator[None]:
    """Name `path`, as Python does not if a write fails: raise `StorageFullError` if that is for room."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise StorageFullError(f"{os.fspath(path)}: no room ({error.strerror})", hint=hint) from error


class CodeNotAllowedError(HarnessError):
    """A file wants to run foreign code, and ``--allow-code`` was not given."""

    exit_code = ExitCode.CODE_NOT_ALLOWED
