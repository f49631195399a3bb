"""The base of all steps, and the site where an item is installed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from harness.holds.draw import HeldFile
from harness.holds.handles import Hold
from harness.payload.generate import write_file
from harness.payload.prepare import Item
from harness.platform.base import PathStyle, Platform
from harness.record.trial_record import DestState
from harness.run.verify import Verifier
from harness.scenario.names import STORE
from harness.strategy.file_calls import FileCalls
from harness.strategy.operation import Call
from harness.strategy.tree_methods import Method

Signature = tuple[tuple[str, str], ...]
"""Files by their paths below a folder (``.`` for a file itself), with their hashes."""
TEMPORARY_PREFIX: Final = ".tmp-"
OLD_BYTES: Final = 65_536


def below(root: Path | str, path: str) -> str:
    """Join a path of a payload, with ``/``, to a folder: one spelling for every name."""
    return f"{root}{os.sep}{path}" if os.sep == "/" else f"{root}{os.sep}{path.replace('/', os.sep)}"


@dataclass
class InstallSite:
    """The place where one item of a payload is installed, and the progress of its install.

    `method` is how the strategy brings a tree to its place, if not by a rename. `current` is where the
    payload is now: it moves as operations succeed. `is_rerun` says that this is the second run of an
    install that failed, `has_new_tree` that the new tree was placed. `rivals` has what was laid down at
    destinations before, by its path.
    """

    root: Path
    item: Item
    platform: Platform
    factors: Mapping[str, str]
    method: Method | None = None
    current: Path = field(init=False)
    is_rerun: bool = False
    has_new_tree: bool = False
    rivals: dict[Path, Signature] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.current = self.root
        if not self.item.is_tree:
            self.method = None  # a single file is renamed

    def target(self, template: str) -> Path:
        """Fill in the placeholders of a target path."""
        item = self.item
        return self.root / (
            template.replace("{name}", item.name)
            .replace("{version}", item.version)
            .replace("{file}", item.file)
        )

    def lay_down(self, destination: Path, *, mutable: bool = False) -> None:
        """Put the payload at `destination`, in a folder that exists; see `Item.lay_down`."""
        self.item.lay_down(destination, afresh=self.platform.is_real_time, mutable=mutable)

    def stage_at(self, destination: Path, *, mutable: bool = False) -> None:
        """Create the folder, then `lay_down`: before the trial begins."""
        destination.parent.mkdir(parents=True, exist_ok=True)
        self.lay_down(destination, mutable=mutable)

    def lay_old(self, target: Path) -> None:
        """Lay down old content; in real time read it, so that a scanner meets it before the trial."""
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(old_content(self))
        if self.platform.is_real_time:
            target.read_bytes()

    def stage_in_store(self) -> None:
        """Put the payload in the store, where operations take it from."""
        self.current = self.root / STORE / self.item.name
        self.stage_at(self.current)

    @property
    def files(self) -> FileCalls:
        """The primitives."""
        return self.platform.files

    def spell(self, path: Path | str) -> str:
        """Spell a path for the primitives, in the style of this trial."""
        style: PathStyle = "verbatim" if self.factors.get("path_style") == "verbatim" else "plain"
        return self.platform.spell(str(path), style)


class Step:
    """An operation with its paths. `source` and `target` are what holds and strategies apply to.

    A subclass names the `kinds` of operations that it does, which registers it.
    """

    of_kind: ClassVar[dict[str, type[Step]]] = {}

    primitive: str
    source: Path
    target: Path | None = None
    is_atomic: ClassVar[bool] = True
    """Whether a failure leaves the old content or the new one, never something between."""
    one_call: bool = True
    """Whether it makes one call in all: then the record lists its attempts even if none failed."""
    can_renew: ClassVar[bool] = False
    """Whether it has a temporary file of its own: see `renew`."""
    held_files: Sequence[HeldFile]
    """The files that it persists and a hold may fall on, below `source`."""

    def __init_subclass__(cls, *, kinds: tuple[str, ...] = ()) -> None:
        Step.of_kind.update(dict.fromkeys(kinds, cls))

    def __init__(self, site: InstallSite, operation: Any) -> None:
        del operation
        self.site = site
        self.held_files = site.item.files

    @property
    def moves_tree(self) -> bool:
        """Whether it brings a tree to its place by one call: see `unpack_in_place`."""
        return False

    @property
    def writes_again(self) -> bool:
        """Whether a second run of the install writes its files once more, so that new holds begin."""
        return False

    @staticmethod
    def check(item: Item, operation: Any) -> None:
        """Raise `InvalidInputError` if the payload turns out not to fit the operation."""

    def lay_old_file(self) -> bool:
        """Lay down the old content of its target, if it is to have one; return whether it did."""
        return False

    def stage(self) -> None:
        """Lay down what must be there before its first operation begins."""

    def arrivals(self) -> Iterator[Hold]:
        """Yield orders to bring something to its destination while it is under way."""
        return iter(())

    def prepare(self) -> None:
        """Write what the operation itself writes before its first attempt."""

    def calls(self) -> Iterator[Call]:
        """Yield the primitive calls, in order."""
        raise NotImplementedError

    def renew(self, number: int) -> None:
        """Write its temporary file once more, under the fresh name that is now the `source`."""
        raise NotImplementedError

    def unpack_in_place(self) -> None:
        """Write the tree that it moves once more, at the target. Raises `OSError`."""
        raise NotImplementedError

    def clearing(self) -> Iterator[Call]:
        """Yield the calls that clean up after a success: each is made once, and may fail."""
        return iter(())

    def done(self) -> None:
        """Note that it succeeded."""

    def state(self, verifier: Verifier) -> DestState:
        """Return what is at the destination now."""
        raise NotImplementedError

    def is_complete(self, state: DestState) -> bool:
        """Whether `state` is that of a success."""
        return state == "new"


def old_content(site: InstallSite) -> bytes:
    """Return the previous content of a target: a smaller file of the same kind, kept for the run."""
    path = site.item.pristine.with_name(f"{site.item.pristine.name}.old")
    if not path.exists():
        file = site.item.files[0]
        write_file(path, min(file.size, OLD_BYTES) + 1, f"old/{site.item.name}", pe=file.is_pe)
    return path.read_bytes()
