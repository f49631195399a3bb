"""The rename of graceful-fs, which npm, yarn and much of the Node.js world depend on.

Source: isaacs/node-graceful-fs, polyfills.js @ 2343799 (4.2.11), lines 87-124.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tenacity import stop_after_delay, wait_incrementing

from harness.strategy.parts import retry_if_rename, retry_if_winerror
from harness.strategy.policy import Strategy
from harness.strategy.registry import strategy

if TYPE_CHECKING:
    from harness.strategy.attempt import Attempt


@strategy("graceful-fs")
def graceful_fs() -> Strategy:
    """Wait 0, 10, 20 … 100 ms, then 100 ms each, for a minute - unless the target exists.

    After each wait the target is looked up, and the policy goes on only if it is *not* there: a
    replace gets no second attempt, which is faithful to the original (graceful-fs#98, #247). Retries
    EACCES, EPERM and EBUSY, which libuv makes of 5, 32 and 33, of renames alone: copies, links and
    removals are not patched that way.
    """
    return Strategy(
        name="graceful-fs",
        retry=retry_if_winerror(5, 32, 33) & retry_if_rename(),
        wait=wait_incrementing(start=0, increment=0.010, max=0.100),
        stop=stop_after_delay(60),
        recheck=_target_is_absent,
    )


def _target_is_absent(attempt: Attempt) -> bool:
    return not attempt.operation.target_exists()
