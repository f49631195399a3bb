"""What has the name of a destination already, or comes to have it while an install waits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from harness.clock import NS_PER_MS
from harness.holds.handles import Hold
from harness.payload.cache import sha256_of
from harness.run.verify import files_below

if TYPE_CHECKING:
    from harness.run.steps.step import InstallSite
    from harness.scenario.operations.base import AlreadyThere

Signature = tuple[tuple[str, str], ...]
"""Files by their paths below a folder (``.`` for a file itself), with their hashes."""
ARRIVING: Final = "arriving"
"""The folder of a trial for what comes to its place later."""


class Rival:
    """The thing at a destination `target` that `spec` describes: laid down once, then recognised."""

    def __init__(self, site: InstallSite, spec: AlreadyThere, target: Path) -> None:
        self.site = site
        self.spec = spec
        self.target = target
        self.waits_at = site.root / ARRIVING / site.item.name
        item_is = "folder" if site.item.is_tree else "file"
        self.what = spec.what or item_is
        self.is_alike = self.what == item_is

    def lay_down(self) -> None:
        """Lay it down, at its place or where it waits."""
        place = self.target if self.spec.after_ms is None else self.waits_at
        place.parent.mkdir(parents=True, exist_ok=True)
        if os.path.lexists(place):  # another install has laid it down
            pass
        elif self.is_alike and self.spec.content == "same":
            self.site.lay_down(place, mutable=True)
        elif self.what == "file":
            place.write_bytes(self._old())
        elif self.is_alike and self.spec.content == "other":
            self.site.lay_old(place)
        else:
            place.mkdir()
            if self.spec.content == "other":
                (place / "old.txt").write_bytes(self._old())
        self.site.rivals[self.target] = _signature(place)
        for path in self._read_only_paths(place):
            self.site.platform.make_read_only(path)

    def _read_only_paths(self, place: Path) -> Iterator[Path]:
        """Yield what is to be read-only, files first, then folders from the bottom up."""
        parts = self.spec.read_only
        if parts in {True, "files", "all"}:
            within = files_below(str(place))
            yield from [place] if self.what == "file" else map(place.joinpath, within)
        if parts in {"folders", "all"} and self.what == "folder":
            yield from (Path(folder) for folder, _, _ in os.walk(place, topdown=False))

    def _old(self) -> bytes:
        """The content of a file that is not the payload's."""
        if self.spec.content == "none":
            return b""
        return self.site.old

    def arrivals(self) -> Iterator[Hold]:
        """Yield the order to bring it to its place, if it is to come later."""
        if self.spec.after_ms is not None and not self.site.writer:
            yield Hold(
                object="target",
                path=str(self.target),
                starts_ns=round(self.spec.after_ms * NS_PER_MS),
                arrives_from=str(self.waits_at),
            )

    def is_there(self) -> bool:
        """Whether it is at the destination, as it was laid down."""
        return os.path.lexists(self.target) and _signature(self.target) == self.site.rivals[self.target]


def _signature(place: Path) -> Signature:
    """The files of a folder with their hashes, or a file's own."""
    if not place.is_dir():
        return ((".", sha256_of(place)),)
    return tuple(sorted((path, sha256_of(place / path)) for path in files_below(str(place))))
