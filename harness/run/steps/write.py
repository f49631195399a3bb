"""Open or create a file and write it in place: new, truncated first or last, or appended to."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from typing_extensions import override

from harness.holds.handles import SHARE_NAMES
from harness.record.trial_record import DestState
from harness.run.steps.step import InstallSite, Step, old_content
from harness.run.verify import Verifier, content_is
from harness.scenario.operations.writes import Write
from harness.strategy.operation import Call


class WriteStep(Step, kinds=("write",)):
    """Write the payload to a file in place: not atomic."""

    primitive = "write"
    is_atomic = False
    target: Path

    def __init__(self, site: InstallSite, operation: Write) -> None:
        super().__init__(site, operation)
        self.operation = operation
        self.source = self.target = site.target(operation.to)

    def _old(self) -> bytes:
        """The older content: longer than the new one, so that a cut that fails leaves its end."""
        longer = self.site.item.size + 1 if self.operation.mode == "truncate-last" else 0
        return old_content(self.site).ljust(longer, b"\n")

    @override
    def lay_old_file(self) -> bool:
        if self.operation.existing:
            self.site.lay_old(self.target, self._old())
        return self.operation.existing

    @override
    def stage(self) -> None:
        self.target.parent.mkdir(parents=True, exist_ok=True)

    @override
    def calls(self) -> Iterator[Call]:
        path, operation = self.site.spell(self.target), self.operation
        write = partial(
            self.site.files.write_file,
            path,
            self.site.item.pristine.read_bytes(),
            operation.mode,
            SHARE_NAMES[operation.share],
            must_cut=not operation.ignore_failed_cut,
        )
        yield Call(path, path, write)

    @override
    def state(self, verifier: Verifier) -> DestState:
        """Compare with what is to be there: for a log, the older content and the new one after it.

        Of several writers, each that succeeded has appended once, in whichever order: the bytes are the
        same, so a log is ``new`` with one whole entry or more, of as many as there are writers.
        """
        old = self._old() if self.operation.existing else None
        if self.operation.mode == "append" and (old is not None or self.site.writers > 1):
            if self._is_appended(old or b""):
                return "new"
            state = verifier.state(self.target, self.site.item, old)
            return "mixed" if state == "new" else state
        return verifier.state(self.target, self.site.item, old)

    def _is_appended(self, old: bytes) -> bool:
        """Whether `old` is followed by whole entries, at most one of each writer."""
        entry = self.site.item.pristine.read_bytes()
        return any(
            content_is(self.target, old + entry * times) for times in range(1, self.site.writers + 1)
        )
