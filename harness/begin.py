"""Begin or complete a run where its platform is: in this process, or in a Windows Python under Wine."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from harness.record.manifest import read_manifest
from harness.run import runner

if TYPE_CHECKING:
    from pathlib import Path

    from harness.run.runner import Listener, Request


def begin(request: Request, listener: Listener | None = None) -> Path:
    """Run from the beginning; return the run's folder. See `harness.run.runner.start`."""
    if request.platform == "wine" and sys.platform == "linux":
        from harness.wine import relay  # noqa: PLC0415

        return relay.start(request, listener or runner.Silent())
    return runner.start(request, listener)


def complete(folder: Path, *, allow_code: bool = False, listener: Listener | None = None) -> Path:
    """Complete the run in `folder`. See `harness.run.runner.resume`."""
    if sys.platform == "linux" and read_manifest(folder).platform == "wine":
        from harness.wine import relay  # noqa: PLC0415

        return relay.resume(folder, listener or runner.Silent(), allow_code=allow_code)
    return runner.resume(folder, allow_code=allow_code, listener=listener)
