r"""Read from the logs of tools how long their renames and copies were blocked.

uv says each time that it tries again::

    WARN Retrying rename from C:\…\.tmpXVEqoW to C:\…\archive-v0\… due to transient error: …
    WARN Retrying to persist temporary file to C:\…\httpx.exe: Access is denied. (os error 5)

(astral-sh/uv crates/uv-fs/src/lib.rs @ 26a9dd4b2125, l. 505, 546, 649, 720), and MSBuild too::

    warning MSB3026: Could not copy "A" to "B". Beginning retry 1 in 1000ms. … is being used by another …
    error MSB3027: Could not copy "A" to "B". Exceeded retry count of 10. Failed.

(dotnet/msbuild src/Tasks/Copy.cs). When they try is known, so the number of these lines for one target
says after which failed attempt, and by which next one, it became possible. pip, npm and cargo write
nothing while they retry or wait (docs/evidence/scanner-logs.md#retry-lines).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Final, NamedTuple

from harness.observe.hold_table import Kind
from harness.strategy.lookup import find
from harness.strategy.schedules import schedule
from harness.winerror import ACCESS_DENIED, SHARING_VIOLATION

UV_MARK: Final = "Retrying "
COPY_MARK: Final = "MSB302"
MOST_GROUPS: Final = 50_000
"""Targets in one log; those of more are counted and left out."""
UV_SINCE: Final = (0, 5, 17)
"""The first version with the waits that are assumed here; earlier ones drew theirs at random."""
_UV: Final = "uv-backon-10"
_OLDER_RETRIES: Final = 9
"""Until uv 0.9.28, which gives up one wait earlier."""

_REASON: Final = " due to transient error: "
_PERSIST: Final = "to persist temporary file to "
_LONGEST: Final = 8192
"""Characters of a line that are looked at."""
_COPY: Final = re.compile(
    r'MSB302[67]: Could not copy "(?P<source>[^"\r\n]{1,4096})" to '
    r'"(?P<target>[^"\r\n]{1,4096})"\. '
    r"(?:Beginning retry (?P<retry>\d{1,4}) in (?P<wait>\d{1,7})ms|"
    r"Exceeded retry count of (?P<most>\d{1,4}))[^\r\n]{0,8192}"
)
_GAVE_UP: Final = re.compile(r"ailed to (?:rename file from|persist temporary file to)\s")
_CODE: Final = re.compile(r"\(os error (\d{1,5})\)")
_VERSION: Final = re.compile(r"\buv (\d{1,4})\.(\d{1,4})\.(\d{1,4})\b")
_TIME: Final = re.compile(r"(\d\d):(\d\d):(\d\d)(\.\d{1,9})?Z ")
_HOLDER: Final = re.compile(r'locked by: "([^"\r\n]{1,260}?) \(\d{1,10}\)')
_CALLS: Final = frozenset({"rename", "renaming", "copying"})
"""What uv calls the operations that it retries (also uv-install-wheel/src/wheel.rs, l. 671 and 677)."""
_WINDOW: Final = 2000
"""Characters after a message of failure in which its paths are, even where they were wrapped."""
_BETWEEN_NAMES: Final = re.compile(r"[\s\\/:'\"]+")
_DAY_S: Final = 86_400.0


class Blocked(NamedTuple):
    """A step that was blocked until after `low_ms` and possible by `high_ms`, from its first attempt."""

    kind: Kind
    low_ms: float
    high_ms: float
    code: int


@dataclass
class _Group:
    """The lines about one target."""

    kind: Kind
    code: int
    retries: int = 0
    wait_ms: float = 0.0
    gave_up: bool = False
    first_s: float | None = None
    last_s: float | None = None


@dataclass
class RetryLines:
    """Takes the text of one log piece by piece; `blocked` has what it says."""

    lines: int = 0
    beyond: int = 0
    """Lines about further targets after `MOST_GROUPS`; they are left out."""
    unknown: int = 0
    """Targets whose number of lines no version of uv with known waits makes; they are left out."""
    holders: list[str] = field(default_factory=list)
    """The programs that MSBuild names as holding a file."""
    _groups: dict[tuple[str, str], _Group] = field(default_factory=dict)
    _names: dict[str, _Group] = field(default_factory=dict)
    _too_old: bool = False
    _tail: str = ""

    def feed(self, text: str) -> None:
        """Read a piece of text, whole lines of it."""
        if not self._too_old and "uv 0." in text:
            self._too_old = any(tuple(map(int, each)) < UV_SINCE for each in _VERSION.findall(text))
        for at, end in _lines(text, UV_MARK):
            self._retry(text[at:end], _seconds(text, at))
        for at, end in _lines(text, COPY_MARK):
            if found := _COPY.match(text, at, end):
                self._copy(found)
        if self._names:
            self._failures(text)

    def blocked(self) -> Iterator[Blocked]:
        """Yield what is known of each target, after the end of the log."""
        for group in self._groups.values():
            interval = _copied(group) if group.kind == "copy" else self._persisted(group)
            if interval is None:
                self.unknown += 1
            else:
                yield Blocked(group.kind, *interval, group.code)

    def _retry(self, line: str, at_s: float | None) -> None:
        said = line.removeprefix(UV_MARK)
        kind: Kind
        if said.startswith(_PERSIST):
            kind, source = "persist", ""
            target, parted, why = said.removeprefix(_PERSIST).partition(": ")
            if len(target) == 1:  # the colon is that of a drive only if no space follows
                return
        else:
            head, parted, why = said.partition(_REASON)
            call, _, paths = head.partition(" from ")
            kind, (source, _, target) = "rename", paths.partition(" to ")
            if call not in _CALLS:
                return
        if not parted or not target:
            return
        code = _CODE.search(why)
        # fs_err's message has no code; but uv retries the kind PermissionDenied alone, which is 5
        number = int(code[1]) if code else ACCESS_DENIED if kind == "rename" else 0
        group = self._group((source, target), kind, number)
        if group is None:
            return
        if not group.retries:
            self._names.setdefault(_last_name(source or target), group)
        group.retries += 1
        group.first_s = at_s if group.first_s is None else group.first_s
        group.last_s = at_s

    def _copy(self, found: re.Match[str]) -> None:
        why = found[0]
        in_use = "another process" in why
        code = SHARING_VIOLATION if in_use else ACCESS_DENIED if "denied" in why else 0
        group = self._group((found["source"], found["target"]), "copy", code)
        if group is None:
            return
        if found["most"]:
            group.gave_up = True
            group.retries = max(group.retries, int(found["most"]))
        else:
            group.retries = max(group.retries, int(found["retry"]))
            group.wait_ms = max(group.wait_ms, float(found["wait"]))
        self.holders.extend(_HOLDER.findall(why)[:1])

    def _group(self, key: tuple[str, str], kind: Kind, code: int) -> _Group | None:
        self.lines += 1
        if key not in self._groups and len(self._groups) >= MOST_GROUPS:
            self.beyond += 1
            return None
        return self._groups.setdefault(key, _Group(kind, code))

    def _failures(self, text: str) -> None:
        """Mark groups that uv gave up: a message outside of its retry lines names their file."""
        whole, self._tail = self._tail + text, ""
        looked_at = 0
        for found in _GAVE_UP.finditer(whole):
            earliest = max(0, found.start() - _LONGEST)
            start = max(earliest, whole.rfind("\n", earliest, found.start()) + 1)
            if whole.find(UV_MARK, start, found.start()) >= 0:
                continue  # it tries again
            most = found.end() + _WINDOW
            end = whole.find(UV_MARK, found.end(), most)
            end = min(most, len(whole)) if end < 0 else end
            if end - found.end() < _WINDOW and not self._tail:
                self._tail = whole[start:][-2 * _WINDOW :]
            # what several messages share is looked at once, however many there are
            for word in _BETWEEN_NAMES.split(whole[max(found.end(), looked_at) : end]):
                if word in self._names:
                    self._names[word].gave_up = True
            looked_at = max(looked_at, end)

    def _persisted(self, group: _Group) -> tuple[float, float] | None:
        """When uv's step became possible, by its schedule and, where lines have times, by those."""
        times = uv_attempts_ms()
        retries = group.retries
        if self._too_old or retries >= len(times):
            return None
        failed_ms, next_ms = times[retries - 1], times[retries]
        if group.gave_up:
            exhausted = retries in {_OLDER_RETRIES, len(times) - 1}
            return (next_ms if exhausted else failed_ms), math.inf
        if retries == len(times) - 1:
            return failed_ms, math.inf  # the last attempt may have failed without a word of it here
        measured_ms = 0.0
        if group.first_s is not None and group.last_s is not None:
            measured_ms = (group.last_s - group.first_s) % _DAY_S * 1000 + next_ms - failed_ms
        return failed_ms, max(next_ms, measured_ms)


def _copied(group: _Group) -> tuple[float, float] | None:
    """When MSBuild's copy became possible: it waits the same before each retry."""
    if group.gave_up:
        return group.retries * group.wait_ms, math.inf
    if not group.wait_ms:
        return None
    return (group.retries - 1) * group.wait_ms, group.retries * group.wait_ms


@cache
def uv_attempts_ms() -> tuple[float, ...]:
    """The times of uv's attempts since 0.9.29, of which earlier versions leave out the last."""
    return schedule(find(_UV).strategy).attempts_ms


def _seconds(text: str, at: int) -> float | None:
    """The time of day at the beginning of a line, as GitHub Actions writes it; ``None`` without one."""
    start = text.rfind("\n", 0, at) + 1
    found = _TIME.search(text, start, min(at, start + 40))
    if found is None:
        return None
    hours, minutes, seconds, fraction = found.groups()
    return 3600 * int(hours) + 60 * int(minutes) + int(seconds) + float(fraction or 0)


def _lines(text: str, mark: str) -> Iterator[tuple[int, int]]:
    """Where lines go on from the first `mark` in each, and end."""
    at = text.find(mark)
    while at >= 0:
        end = text.find("\n", at)
        end = len(text) if end < 0 else end
        yield at, min(end, at + _LONGEST)
        at = text.find(mark, end)


def _last_name(path: str) -> str:
    return path[max(path.rfind("\\"), path.rfind("/")) + 1 :].strip("'\" ")


MEANINGS: Final[Mapping[Kind, str]] = {
    "rename": "uv's renames",
    "persist": "Files that uv put in place",
    "copy": "MSBuild's copies",
}
"""What the steps of each kind were."""
