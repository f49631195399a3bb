"""The base of all steps, and the site where an item is installed."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

from harness.holds.draw import HeldFile
from harness.holds.handles import Hold
from harness.payload.generate import content as generated
from harness.payload.prepare import Item
from harness.platform.base import PathStyle, Platform
from harness.platform.step_calls import StepCalls
from harness.record.trial_record import DestState
from harness.run.rival import Rival, Signature
from harness.run.verify import Verifier
from harness.scenario.names import STORE
from harness.scenario.operations import OperationSpec
from harness.scenario.operations.base import OperationBase
from harness.strategy import Strategy
from harness.strategy.lookup import strategy_named
from harness.strategy.operation import Call

OLD: Final = b"what was there before\n"
TEMPORARY_PREFIX: Final = ".tmp-"
OLD_BYTES: Final = 65_536


def below(root: Path | str, path: str) -> str:
    """Join a path of a payload, with ``/``, to a folder: one spelling for every name."""
    return f"{root}{os.sep}{path}" if os.sep == "/" else f"{root}{os.sep}{path.replace('/', os.sep)}"


@dataclass
class InstallSite:
    """The place where one item of a payload is installed, and the progress of its install.

    `strategy` is the candidate, `operations` are those of the scenario. `current` is where the payload
    is now: it moves as operations succeed. `writer` is the number of the install among the `writers`
    that bring the same to one place, `reruns` that of its runs that failed before. `brought` has the
    places that operations bring something to, `rivals` what was laid down at destinations before, by its
    path.
    """

    root: Path
    item: Item
    platform: Platform
    factors: Mapping[str, str]
    strategy: Strategy
    operations: Sequence[OperationSpec]
    current: Path = field(init=False)
    writer: int = 0
    writers: int = 1
    reruns: int = 0
    brought: set[Path] = field(default_factory=set)
    rivals: dict[Path, Signature] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.current = self.root

    def strategy_of(self, operation: OperationBase) -> Strategy:
        """The strategy that persists an operation: its own, or the candidate."""
        if operation.strategy is None:
            return self.strategy
        return strategy_named(operation.strategy, operation.purpose(is_tree=self.item.is_tree))

    def later_versions(self, operation: OperationBase) -> int:
        """Count the operations that bring something after this one: only the last brings the payload."""
        later = itertools.dropwhile(lambda each: each is not operation, self.operations)
        return max(sum(each.brings for each in later) - operation.brings, 0)

    def lay_version(self, destination: Path, operation: OperationBase, *, mutable: bool = False) -> None:
        """Put at `destination` what an operation brings: the payload, or an older version of it."""
        if self.later_versions(operation):
            self.lay_old(destination)
        else:
            self.lay_down(destination, mutable=mutable)

    @property
    def is_rerun(self) -> bool:
        """Whether this is another run of an install that failed."""
        return self.reruns > 0

    @property
    def again(self) -> str:
        """What marks the names and the draws of this run: nothing in the first one."""
        return "" if not self.reruns else "again" if self.reruns == 1 else f"again-{self.reruns}"

    @property
    def own_name(self) -> str:
        """The item's name, with the number of its install unless that is the first."""
        return f"{self.item.name}@{self.writer}" if self.writer else self.item.name

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
        self._write_item(destination, mutable=mutable)
        self._make_read_only(destination)

    def _write_item(self, destination: Path, *, mutable: bool) -> None:
        own = mutable or self.item.read_only is not None  # the attribute is the file's, not a name's
        self.item.lay_down(destination, afresh=self.platform.is_real_time, mutable=own)

    def _make_read_only(self, destination: Path) -> None:
        for path in self.item.read_only_paths:
            self.platform.make_read_only(destination if path == "." else destination / path)

    def stage_at(self, destination: Path, *, mutable: bool = False) -> None:
        """Create the folder, then `lay_down`: before the trial begins."""
        destination.parent.mkdir(parents=True, exist_ok=True)
        self.lay_down(destination, mutable=mutable)

    def lay_old(self, target: Path, content: bytes | None = None) -> None:
        """Lay down an older version; in real time read it, so that a scanner meets it before the trial.

        Of a tree, the first file has other content. A file has `content`, if that is given.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        file = target
        if self.item.is_tree:
            self._write_item(target, mutable=True)
            file = target / self.item.files[0].path
        file.write_bytes(self.old if content is None else content)
        if self.platform.is_real_time:
            file.read_bytes()
        self._make_read_only(target)

    @property
    def old(self) -> bytes:
        """The content of an older version: of a file, or of the first file of a tree."""
        return OLD if self.item.is_tree else old_content(self)

    def stage_in_store(self) -> None:
        """Put the payload in the store, where operations take it from."""
        self.current = self.store
        if not os.path.lexists(self.current):  # another install may have put it there
            self.stage_at(self.current)

    @property
    def store(self) -> Path:
        """The place of the payload in the store."""
        return self.root / STORE / self.item.name

    @property
    def files(self) -> StepCalls:
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
    effect: ClassVar[Literal["brings", "removes", "uses"]] = "brings"
    """What becomes of its place: something comes there, goes from there, or is used as it is."""
    one_call: bool = True
    """Whether it makes one call in all: then the record lists its attempts even if none failed."""
    can_renew: ClassVar[bool] = False
    """Whether it has a temporary file of its own: see `renew`."""
    held_files: Sequence[HeldFile]
    """The files that it persists and a hold may fall on, below `source`."""

    def __init_subclass__(cls, *, kinds: tuple[str, ...] = ()) -> None:
        Step.of_kind.update(dict.fromkeys(kinds, cls))

    def __init__(self, site: InstallSite, operation: Any) -> None:
        self.site = site
        self.spec: OperationBase = operation
        self.strategy = site.strategy_of(operation)
        self.held_files = site.item.files

    @cached_property
    def rival(self) -> Rival | None:
        """What has the name of its target already, or comes to have it."""
        spec = getattr(self.spec, "already_there", None)
        return None if spec is None or self.target is None else Rival(self.site, spec, self.target)

    @property
    def place(self) -> Path:
        """The place that it changes, and that `state` tells of."""
        return self.source if self.target is None else self.target

    def may_begin(self) -> bool:
        """Whether its condition is met now."""
        match self.spec.only_if:
            case "target is missing":
                return not os.path.lexists(self.place)
            case "target is there":
                return os.path.lexists(self.place)
            case "source is there":
                return os.path.lexists(self.source)
        return True

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

    def lay_old_unless_brought(self) -> None:
        """Lay an older version down at the `source`, unless it is there or an operation brings it."""
        if self.source not in self.site.brought and not os.path.lexists(self.source):
            self.site.lay_old(self.source)

    def arrivals(self) -> Iterator[Hold]:
        """Yield orders to bring something to its destination while it is under way."""
        return iter(()) if self.rival is None else self.rival.arrivals()

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

    def found(self, verifier: Verifier) -> DestState:
        """Return the same, where what was there before may still be."""
        state = self.state(verifier)
        if self.rival is not None and state not in {"new", "incomplete"} and self.rival.is_there():
            return "old"
        return state

    def is_complete(self, state: DestState) -> bool:
        """Whether `state` is that of a success."""
        return state == "new"


def old_content(site: InstallSite) -> bytes:
    """Return the previous content of a target: a smaller file of the same kind."""
    file = site.item.files[0]
    return _smaller(file.size, site.item.name, pe=file.is_pe)


@lru_cache(maxsize=64)
def _smaller(size: int, name: str, *, pe: bool) -> bytes:
    return b"".join(generated(min(size, OLD_BYTES) + 1, f"old/{name}", pe=pe))
