"""What each kind of operation does: which files it prepares, which primitive calls it makes.

A `Step` is an operation of a scenario with its paths filled in. It makes one primitive call, or several;
the strategy persists every call on its own.
"""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from harness.errors import InvalidInputError
from harness.interference.draw import HeldFile
from harness.payload.generate import write_file
from harness.run.verify import content_is, files_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from harness.payload.prepare import Item, PayloadFile
    from harness.platform.base import DeletePrimitive, FileSystem, PathStyle, Platform
    from harness.run.record import DestState
    from harness.run.verify import Verifier
    from harness.scenario.model import (
        AddResource,
        CopyReplace,
        Operation,
        Place,
        Remove,
        Rename,
        Rewrite,
        WriteReplace,
    )

TEMPORARY_PREFIX: Final = ".tmp-"
STAGING: Final = "staging"  # what is to be moved: whatever stays here is a leftover
STORE: Final = "store-source"  # what is only read
OLD_BYTES: Final = 65_536


def below(root: Path | str, path: str) -> str:
    """Join a path of a payload, with ``/``, to a folder: one spelling for every name."""
    return f"{root}{os.sep}{path}" if os.sep == "/" else f"{root}{os.sep}{path.replace('/', os.sep)}"


@dataclass(frozen=True, slots=True)
class Call:
    """One primitive call, bound to its paths. A rename's `run` returns the system call that did it."""

    source: str
    target: str | None
    run: Callable[[], object]


@dataclass
class Site:
    """Where one item of a payload is installed: the paths, and the bytes that were there before."""

    root: Path
    item: Item
    platform: Platform
    factors: Mapping[str, str]
    current: Path = field(init=False)
    """Where the payload is now: it moves as operations succeed."""
    again: bool = False
    """Whether this is the second run of an install that failed."""
    installed_new: bool = False

    def __post_init__(self) -> None:
        self.current = self.root

    def target(self, template: str) -> Path:
        """Fill in the placeholders of a target path."""
        item = self.item
        return self.root / (
            template.replace("{name}", item.name)
            .replace("{version}", item.version)
            .replace("{file}", item.file)
        )

    def lay_down(self, destination: Path, *, mutable: bool = False) -> None:
        """Put the payload at `destination`, in a folder that is there; see `Item.lay_down`."""
        self.item.lay_down(destination, afresh=self.platform.is_real_time, mutable=mutable)

    def stage_at(self, destination: Path, *, mutable: bool = False) -> None:
        """Make the folder, then `lay_down`: before the trial begins."""
        destination.parent.mkdir(parents=True, exist_ok=True)
        self.lay_down(destination, mutable=mutable)

    @property
    def files(self) -> FileSystem:
        """The primitives."""
        return self.platform.files

    def spell(self, path: Path | str) -> str:
        """Spell a path for the primitives, in the style of this trial."""
        style: PathStyle = "verbatim" if self.factors.get("path_style") == "verbatim" else "plain"
        return self.platform.spell(str(path), style)


class Step:
    """An operation with its paths. `source` and `target` are what holds and strategies see."""

    primitive: str
    source: Path
    target: Path | None = None

    def __init__(self, site: Site) -> None:
        self.site = site

    @property
    def held_files(self) -> list[HeldFile]:
        """The files that a hold may fall on, below `source`."""
        return self.site.item.held_files

    @property
    def size(self) -> tuple[int, int]:
        """Files and bytes that the operation persists."""
        return len(self.site.item.files), self.site.item.size

    @property
    def one_call(self) -> bool:
        """Whether it makes one call in all: then the record lists its attempts even if none failed."""
        return True

    @property
    def writes_anew(self) -> bool:
        """Whether a second run of the install writes its files once more, so that new holds begin."""
        return False

    @staticmethod
    def stage(site: Site, operation: Any) -> None:
        """Lay down what must be there before the trial begins."""

    def prepare(self) -> None:
        """Write what the operation itself writes before its first attempt."""

    def calls(self) -> Iterator[Call]:
        """The primitive calls, in order."""
        raise NotImplementedError

    def done(self) -> None:
        """Note that it succeeded."""

    def state(self, verifier: Verifier) -> DestState:
        """What is at the destination now."""
        raise NotImplementedError

    def is_complete(self, state: DestState) -> bool:
        """Whether `state` is what success looks like."""
        return state == "new"


class RenameStep(Step):
    """Rename a staged directory or file to its final name."""

    target: Path

    def __init__(self, site: Site, operation: Rename) -> None:
        super().__init__(site)
        self.primitive = site.factors.get("primitive", operation.primitive)
        name = f"{site.item.name}-again" if site.again else site.item.name
        self.source = site.root / STAGING / name
        self.target = site.target(operation.to)

    @property
    def writes_anew(self) -> bool:
        """A second run unpacks what is not in the store yet."""
        return not os.path.lexists(self.target)

    @staticmethod
    def stage(site: Site, operation: Rename) -> None:
        """Unpack the payload in the temporary folder, and make the folder it goes to."""
        site.current = site.root / STAGING / site.item.name
        site.stage_at(site.current)
        site.target(operation.to).parent.mkdir(parents=True, exist_ok=True)

    def prepare(self) -> None:
        """In a second run, unpack once more, to a fresh temporary name."""
        if self.site.again and self.writes_anew:
            # copied, for its files are others than those of the first run
            self.site.lay_down(self.source, mutable=True)

    def calls(self) -> Iterator[Call]:
        """One rename; none when a second run finds the entry in the store."""
        source, target = self.site.spell(self.source), self.site.spell(self.target)
        rename, primitive = self.site.files.rename, self.primitive
        if not (self.site.again and os.path.lexists(target)):
            yield Call(source, target, lambda: rename(source, target, primitive))  # type: ignore[arg-type]

    def done(self) -> None:
        """The payload is at its target now."""
        self.site.current = self.target

    def state(self, verifier: Verifier) -> DestState:
        """The target against the payload."""
        return verifier.state(self.target, self.site.item)


class ReplaceStep(Step):
    """Write or copy a file to a temporary name, then rename it over the target."""

    target: Path

    def __init__(self, site: Site, operation: WriteReplace | CopyReplace) -> None:
        super().__init__(site)
        self.operation = operation
        self.primitive = site.factors.get("primitive", operation.primitive)
        self.target = site.target(operation.to)
        name = f"{TEMPORARY_PREFIX}{'again-' * site.again}{self.target.name}"
        self.source = self.target.with_name(name)

    @staticmethod
    def stage(site: Site, operation: WriteReplace | CopyReplace) -> None:
        """Make the target's folder, the old content, and the file to copy."""
        target = site.target(operation.to)
        target.parent.mkdir(parents=True, exist_ok=True)
        if operation.existing:
            old = _old_content(site)
            target.write_bytes(old)
        if operation.kind == "copy-replace":
            site.current = site.root / STORE / site.item.name
            site.stage_at(site.current)

    @property
    def writes_anew(self) -> bool:
        """The temporary file is written each time."""
        return True

    def prepare(self) -> None:
        """Write the temporary file and close it."""
        if self.operation.kind == "copy-replace":
            self.site.files.copy_file(str(self.site.current), str(self.source))
        else:
            self.site.lay_down(self.source, mutable=True)

    def calls(self) -> Iterator[Call]:
        """One rename."""
        source, target = self.site.spell(self.source), self.site.spell(self.target)
        rename, primitive = self.site.files.rename, self.primitive
        yield Call(source, target, lambda: rename(source, target, primitive))  # type: ignore[arg-type]

    def state(self, verifier: Verifier) -> DestState:
        """The target against the payload and the old content."""
        old = _old_content(self.site) if self.operation.existing else None
        return verifier.state(self.target, self.site.item, old)


class PlaceStep(Step):
    """Link or copy every file of the payload into a folder."""

    target: Path

    def __init__(self, site: Site, operation: Place) -> None:
        super().__init__(site)
        self.primitive = site.factors.get("link_mode", operation.link_mode)
        self.source = site.current
        self.target = site.target(operation.to)

    @property
    def one_call(self) -> bool:
        """One call a file."""
        return False

    @staticmethod
    def stage(site: Site, operation: Place) -> None:
        """Lay the payload down, unless an operation before this one brings it."""
        del operation
        if site.current == site.root:
            site.current = site.root / STORE / site.item.name
            site.stage_at(site.current)

    def prepare(self) -> None:
        """Make the folders."""
        folders = {os.path.dirname(file.path) for file in self.site.item.files}
        for folder in folders:
            os.makedirs(self.target / folder, exist_ok=True)

    def calls(self) -> Iterator[Call]:
        """One link or copy a file; a second run leaves what is there."""
        files = self.site.files
        place = files.create_hard_link if self.primitive == "hardlink" else files.copy_file
        from_root, to_root = self.site.spell(self.source), self.site.spell(self.target)
        for file in self.site.item.files:
            source, target = below(from_root, file.path), below(to_root, file.path)
            if not (self.site.again and os.path.lexists(target)):
                yield Call(source, target, lambda s=source, t=target: place(s, t))  # type: ignore[misc]

    def done(self) -> None:
        """The new tree is installed."""
        self.site.installed_new = True

    def state(self, verifier: Verifier) -> DestState:
        """The payload's own files in the folder, which other payloads may share."""
        return verifier.state_of_part(self.target, self.site.item)


class RemoveStep(Step):
    """Remove an installed tree: its files, then its folders."""

    primitive: DeletePrimitive

    def __init__(self, site: Site, operation: Remove) -> None:
        super().__init__(site)
        self.primitive = operation.primitive
        self.source = site.target(operation.at)

    @property
    def one_call(self) -> bool:
        """One call a file or folder."""
        return False

    @staticmethod
    def stage(site: Site, operation: Remove) -> None:
        """Install the tree that is to be removed: copied, for it is not the store's."""
        site.stage_at(site.target(operation.at), mutable=True)

    def calls(self) -> Iterator[Call]:
        """Delete what is there: files in the order of their names, then folders from below."""
        files, root, primitive = self.site.files, self.site.spell(self.source), self.primitive
        for name in sorted(files_below(str(self.source))):
            path = below(root, name)
            yield Call(path, None, lambda p=path: files.delete_file(p, primitive))  # type: ignore[misc]
        for folder, _, _ in os.walk(root, topdown=False):
            yield Call(folder, None, lambda f=folder: files.remove_directory(f))  # type: ignore[misc]

    def state(self, verifier: Verifier) -> DestState:
        """The folder: all there is the old tree, unless the new one was placed since."""
        state = verifier.state(self.source, self.site.item)
        return "old" if state == "new" and not self.site.installed_new else state

    def is_complete(self, state: DestState) -> bool:
        """Gone, or replaced by the new tree."""
        return state in {"missing", "new"}


class RewriteStep(Step):
    """Read a file, then truncate it and write it anew with one more line: not atomic."""

    primitive = "write"
    ADDED: Final = b"installed-by-harness.txt,,\n"

    def __init__(self, site: Site, operation: Rewrite) -> None:
        super().__init__(site)
        self.file = file_to_rewrite(site.item, operation)
        self.source = site.target(operation.at) / self.file.path
        self.old = (site.item.pristine / self.file.path).read_bytes()

    @property
    def held_files(self) -> list[HeldFile]:
        """The one file."""
        return [HeldFile(".", self.file.size, self.file.is_pe)]

    @property
    def size(self) -> tuple[int, int]:
        """The one file."""
        return 1, self.file.size

    @property
    def one_call(self) -> bool:
        """One call to read, one to write."""
        return False

    @staticmethod
    def stage(site: Site, operation: Rewrite) -> None:
        """Install the tree, with copies that may be changed."""
        site.stage_at(site.target(operation.at), mutable=True)

    def calls(self) -> Iterator[Call]:
        """Read, then rewrite: two calls, and the strategy persists each."""
        files, path = self.site.files, self.site.spell(self.source)
        content = b""

        def read() -> None:
            nonlocal content
            content = files.read_file(path)

        yield Call(path, None, read)
        yield Call(path, None, lambda: files.rewrite_file(path, content + self.ADDED))

    def state(self, verifier: Verifier) -> DestState:
        """The file against its old and its new content."""
        del verifier
        if not os.path.lexists(self.source):
            return "missing"
        if content_is(self.source, self.old + self.ADDED):
            return "new"
        return "old" if content_is(self.source, self.old) else "mixed"


class AddResourceStep(Step):
    """Write a program, close it, add a resource to it: what uv does to its launchers (uv#20567)."""

    primitive = "update-resource"
    target: Path
    NAME: Final = "PERSIST_HARNESS"
    DATA: Final = b"installed by persist-harness"

    def __init__(self, site: Site, operation: AddResource) -> None:
        super().__init__(site)
        self.source = self.target = site.target(operation.to)

    @staticmethod
    def stage(site: Site, operation: AddResource) -> None:
        """Make the target's folder."""
        site.target(operation.to).parent.mkdir(parents=True, exist_ok=True)

    @property
    def writes_anew(self) -> bool:
        """A second run writes the program once more."""
        return True

    def prepare(self) -> None:
        """Write the program and close it."""
        if self.site.again:
            self.target.unlink(missing_ok=True)
        self.site.lay_down(self.target, mutable=True)

    def calls(self) -> Iterator[Call]:
        """One update."""
        add, path = self.site.files.add_resource, self.site.spell(self.target)
        yield Call(path, path, lambda: add(path, self.NAME, self.DATA))

    def state(self, verifier: Verifier) -> DestState:
        """Whether the program has the resource; without it, whether it is as it was written."""
        state = verifier.state(self.target, self.site.item)
        if state == "new":
            return "old"
        if state != "mixed":
            return state
        added = self.site.files.read_resource(str(self.target), self.NAME)
        return "new" if added == self.DATA else "mixed"


STEPS: Final[Mapping[str, type[Any]]] = {
    "rename": RenameStep,
    "write-replace": ReplaceStep,
    "copy-replace": ReplaceStep,
    "place": PlaceStep,
    "remove": RemoveStep,
    "rewrite": RewriteStep,
    "add-resource": AddResourceStep,
}


def stage(site: Site, operations: list[Operation]) -> None:
    """Lay down all that a site's operations need."""
    for operation in operations:
        STEPS[operation.kind].stage(site, operation)


def step_of(site: Site, operation: Operation) -> Step:
    """Make the step of an operation; the payload is where the steps before have brought it."""
    step: Step = STEPS[operation.kind](site, operation)
    return step


def file_to_rewrite(item: Item, operation: Rewrite) -> PayloadFile:
    """Find the file that a rewrite means. Raises `InvalidInputError` if the payload has none."""
    for file in item.files:
        if fnmatch.fnmatchcase(file.path, operation.file):
            return file
    raise InvalidInputError(
        f"{item.file} has no file {operation.file!r} to rewrite",
        hint="`file` is a path in the tree; * stands for any characters.",
    )


def check(item: Item, operations: Iterable[Operation]) -> None:
    """Refuse, before anything runs, operations that need what the payload turns out not to have."""
    for operation in operations:
        if operation.kind == "rewrite":
            file_to_rewrite(item, operation)


def _old_content(site: Site) -> bytes:
    """What stood at a target before: a smaller file of the same kind, kept for the whole run."""
    path = site.item.pristine.with_name(f"{site.item.pristine.name}.old")
    if not path.exists():
        file = site.item.files[0]
        write_file(path, min(file.size, OLD_BYTES) + 1, f"old/{site.item.name}", pe=file.is_pe)
    return path.read_bytes()
