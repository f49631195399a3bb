"""Read a file, then truncate it and write it again: not atomic."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Final

from typing_extensions import override

from harness.holds.draw import HeldFile
from harness.payload.prepare import Item
from harness.record.trial_record import DestState
from harness.run.steps.new_file import file_in
from harness.run.steps.step import InstallSite, Step
from harness.run.verify import Verifier, content_is
from harness.scenario.operations.trees import Rewrite
from harness.strategy.operation import Call


class RewriteStep(Step, kinds=("rewrite",)):
    """Read a file, then truncate it and write it again with one more line: not atomic."""

    primitive = "write"
    one_call = False
    is_atomic = False
    ADDED: Final = b"installed-by-harness.txt,,\n"

    def __init__(self, site: InstallSite, operation: Rewrite) -> None:
        super().__init__(site, operation)
        self.file = file_in(site.item, operation.file)
        self.tree = site.target(operation.at)
        self.source = self.tree / self.file.path
        self.held_files = [HeldFile(".", self.file.size, self.file.is_pe)]

    @staticmethod
    @override
    def check(item: Item, operation: Rewrite) -> None:
        file_in(item, operation.file)

    @override
    def stage(self) -> None:
        """Install the tree, with copies that may be changed."""
        self.site.stage_at(self.tree, mutable=True)

    @override
    def calls(self) -> Iterator[Call]:
        """Read, then rewrite: two calls, and the strategy persists each."""
        files, path = self.site.files, self.site.spell(self.source)
        content = b""

        def read() -> None:
            nonlocal content
            content = files.read_file(path)

        yield Call(path, None, read)
        yield Call(path, None, lambda: files.rewrite_file(path, content + self.ADDED))

    @override
    def state(self, verifier: Verifier) -> DestState:
        del verifier
        if not os.path.lexists(self.source):
            return "missing"
        old = (self.site.item.pristine / self.file.path).read_bytes()
        if content_is(self.source, old + self.ADDED):
            return "new"
        return "old" if content_is(self.source, old) else "mixed"
