"""Read the log of ``wine/denials.c``: each call that a rule was about, with its time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, get_args

from harness.preload.denial import Call

Done = Literal["denied", "passed", "quarantined"]
FIELDS: Final = 10


@dataclass(frozen=True, slots=True)
class LoggedCall:
    """One call: `since_ms` after the first on its path, the `attempt`-th, below the rule number `rule`.

    `source` and `target` are absolute paths of Linux; `error` is the errno that it failed with, or 0.
    """

    at_ms: float
    call: Call
    done: Done
    rule: int
    attempt: int
    since_ms: float
    error: int
    source: str
    target: str | None
    process: int

    @property
    def failed(self) -> bool:
        """Whether the call failed, denied or not."""
        return self.error != 0


def read_calls(path: Path, offset: int = 0) -> list[LoggedCall]:
    """Return the calls in a log, from a position in bytes on. A torn line is left out."""
    return read_more(path, offset)[0]


def read_more(path: Path, offset: int) -> tuple[list[LoggedCall], int]:
    """Return the calls from a position in bytes on, and the position after the last whole line."""
    try:
        with path.open("rb") as file:
            file.seek(offset)
            whole = file.read().rpartition(b"\n")[0]
    except FileNotFoundError:
        return [], offset
    if not whole:
        return [], offset
    lines = whole.decode("utf-8", errors="surrogateescape").split("\n")
    calls = [found for line in lines if (found := _call(line)) is not None]
    return calls, offset + len(whole) + 1


def _call(line: str) -> LoggedCall | None:
    fields = line.split("\t")
    if len(fields) != FIELDS or fields[2] not in get_args(Call) or fields[3] not in get_args(Done):
        return None
    at_ms, process, call, done, rule, attempt, since_ms, error, source, target = fields
    try:
        return LoggedCall(
            at_ms=float(at_ms),
            call=call,  # type: ignore[arg-type]  # checked above
            done=done,  # type: ignore[arg-type]  # checked above
            rule=int(rule),
            attempt=int(attempt),
            since_ms=float(since_ms),
            error=int(error),
            source=source,
            target=None if target == "-" else target,
            process=int(process),
        )
    except ValueError:  # a program can write to the file, too
        return None


def below(calls: Iterable[LoggedCall], folder: Path) -> list[LoggedCall]:
    """The calls on what is in `folder`; their paths are relative to it."""
    prefix = f"{folder}/"
    return [
        replace(
            each,
            source=each.source.removeprefix(prefix),
            target=None if each.target is None else each.target.removeprefix(prefix),
        )
        for each in calls
        if each.source.startswith(prefix) or (each.target or "").startswith(prefix)
    ]


def attempts_of(calls: Sequence[LoggedCall], denials: int) -> list[LoggedCall]:
    """The calls that one of the first `denials` rules was about: the attempts on what was denied."""
    return [each for each in calls if each.rule < denials]
