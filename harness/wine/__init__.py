"""The Wine lane: a real Windows Python on Linux, so that contributors without Windows run its code.

`prepare_lane` sets everything up in the cache folder, once, and returns a `Lane`; `Lane.run` runs the
Windows Python. ``python -m harness.wine`` does both from a shell. What Wine cannot show (POSIX renames,
pending deletions, byte-range locks, real latencies) needs Windows.
"""

from harness.wine.lane import Lane
from harness.wine.set_up import prepare_lane
from harness.wine.windows_path import windows_path

__all__ = ["Lane", "prepare_lane", "windows_path"]
