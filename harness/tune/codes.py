"""Which errors are worth a retry: what retrying each gains, and what it costs where it is permanent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from harness.tune.evaluate import evaluate
from harness.winerror import (
    ACCESS_DENIED,
    DIR_NOT_EMPTY,
    FILE_NOT_FOUND,
    LOCK_VIOLATION,
    NOT_SAME_DEVICE,
    SHARING_VIOLATION,
    USER_MAPPED_FILE,
)

if TYPE_CHECKING:
    from harness.tune.question import Limits
    from harness.tune.releases import Floats, Releases
    from harness.tune.sources import Source

PERMANENT: Final[Mapping[int, str]] = {
    ACCESS_DENIED: "no permission, a read-only target, a directory in the way",
    SHARING_VIOLATION: "a program that keeps the file open",
    LOCK_VIOLATION: "a program that keeps its lock",
    DIR_NOT_EMPTY: "a directory that something else writes to",
    FILE_NOT_FOUND: "the file is gone: quarantined or moved",
    NOT_SAME_DEVICE: "another volume: always; copy instead",
    USER_MAPPED_FILE: "a mapped file or a running program",
}
"""The errors that are looked at, with what makes each permanent (docs/evidence/windows-sharing.md)."""


@dataclass(frozen=True)
class CodeWorth:
    """What retrying one error is worth, with the recommended schedule."""

    code: int
    """Win32 error; 0: not known."""
    share: float
    """Share of held operations that fail with it first."""
    gain: float
    """Share of all operations that succeed because it is retried."""
    price_ms: float
    """How much later it is reported where it is permanent."""
    permanent: str
    """What makes it permanent."""

    @property
    def is_retried(self) -> bool:
        """Whether there is something to be gained."""
        return self.gain > 0


def codes_worth(source: Source, attempts_ms: Floats, limits: Limits) -> list[CodeWorth]:
    """Return the worth of each error that was seen, the most frequent first, then of the others."""
    held = 1 - source.releases.free
    price_ms = float(attempts_ms[-1])
    found = []
    for code, share in sorted(source.code_shares.items(), key=lambda each: (-each[1], each[0])):
        own = _of_code(source, code)
        rescued = 1 - evaluate(attempts_ms, own, limits.call_ms).failure / (1 - own.free)
        gain = held * share * rescued
        found.append(CodeWorth(code, share, gain, price_ms, PERMANENT.get(code, "not known")))
    return [*found, *_unseen(source.code_shares, price_ms)]


def _unseen(seen: Mapping[int, float], price_ms: float) -> Iterator[CodeWorth]:
    for code, permanent in PERMANENT.items():
        if code not in seen:
            yield CodeWorth(code, 0.0, 0.0, price_ms, permanent)


def _of_code(source: Source, code: int) -> Releases:
    """Return the releases of operations that fail with an error; a model has the same for all."""
    if source.observed is None or len(source.code_shares) == 1:
        return source.releases
    return source.observed.of_code(code).releases()


def retried(worths: list[CodeWorth]) -> tuple[int, ...]:
    """Return the errors that are worth a retry, ascending."""
    return tuple(sorted(each.code for each in worths if each.is_retried and each.code))
