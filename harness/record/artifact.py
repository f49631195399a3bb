"""Open runs wherever they are: in a folder, in a folder of runs, or in the zip file that CI keeps.

``artifact.zip`` and ``artifact.zip/RUN`` are taken as folders are. A zip file may come from a stranger:
only files that belong to runs are unpacked, under names of ours, and each size has a bound.
"""

from __future__ import annotations

import errno
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Final

from typing_extensions import override

from harness.errors import InvalidInputError
from harness.outside_files import check_regular
from harness.record.journal import NAME as JOURNAL
from harness.record.manifest import MAX_BYTES as MOST_OF_MANIFEST
from harness.record.manifest import NAME as MANIFEST
from harness.record.void import NAME as VOID
from harness.text import counted, joined, quoted, size

OF_A_RUN: Final = (MANIFEST, JOURNAL, VOID)
DEEPEST: Final = 4
"""Folders around a run: CI may keep ``measured/RUN/``, and a download puts that into one of its own."""
MOST_RUNS: Final = 200
MOST_BYTES: Final = 1 << 31
"""Of all that is unpacked; a run of a million trials has about 1.5 GB."""
MOST_AT_ONCE: Final = 1 << 24
"""Of one read: a list of more than 100,000 members is longer."""
MOST_RATIO: Final = 250
"""Unpacked bytes for each packed one. Journals have 10 to 30; what is made to fill a disk has 1000."""
FREE_OF_RATIO: Final = 1 << 20
CHUNK: Final = 1 << 20
DAMAGED: Final = (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError, zlib.error)
"""What `zipfile` raises for damaged files: ``EINVAL`` for a place before the file's start, and for a
password `RuntimeError`. A full disk is another matter."""
PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Of a run's folder. Others are given a number: a name could be anything."""


@contextmanager
def opened_runs(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """The folders of all runs at `paths`; what had to be unpacked is removed at the end.

    A path may be a run, a folder with runs in it, or a zip file of one of these. Any other folder is
    handed on as it is: it may be an export. Raises `InvalidInputError` for a zip file that has no runs,
    is damaged, or is larger than it may be, and for runs of one name.
    """
    with tempfile.TemporaryDirectory(prefix="persist-harness-runs-") as temporary:
        found: list[Path] = []
        for number, path in enumerate(paths):
            found += _runs_at(path, Path(temporary, str(number)))
        yield list(dict.fromkeys(found))


@contextmanager
def opened_run(path: Path) -> Iterator[Path]:
    """The folder of the one run at `path`. Raises as `opened_runs`, and where there are several."""
    with opened_runs([path]) as found:
        if len(found) > 1:
            names = joined([run.name for run in found], most=3)
            raise InvalidInputError(
                f"{path} is not a run; it contains {counted(len(found), 'run')}: {names}",
                hint=f"Name one of them, such as {quoted(str(path / found[0].name))}.",
            )
        yield found[0]


def _runs_at(path: Path, unpacked: Path) -> list[Path]:
    if path.is_dir():
        below = sorted(each.parent for each in path.glob(f"*/{MANIFEST}"))
        return below if below and not (path / MANIFEST).exists() else [path]
    archive = next((each for each in (path, *path.parents) if each.is_file()), None)
    if archive is None:
        return [path]  # whoever reads it says that there is nothing
    wanted = path.relative_to(archive).as_posix()
    runs = _unpacked(archive, unpacked)
    chosen = runs if wanted == "." else [run for run in runs if run.name == wanted]
    if not chosen:
        names = joined([run.name for run in runs], most=3)
        raise InvalidInputError(f"{archive} has no run {wanted!r}", hint=f"It has {names}.")
    return chosen


class _BoundedReads(io.BufferedReader):
    """A file of which no more than `MOST_AT_ONCE` is read at once.

    `zipfile` reads the list of members at once, however long the file says that it is.
    """

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        limit = MOST_AT_ONCE + 1 if size is None or size < 0 else size
        content = super().read(min(limit, MOST_AT_ONCE + 1))
        if len(content) > MOST_AT_ONCE:
            raise zipfile.BadZipFile("its list of members is too long")
        return content


def _unpacked(archive: Path, to: Path) -> list[Path]:
    """Unpack the runs of a zip file into folders below `to`."""
    check_regular(archive)
    try:
        with _BoundedReads(io.FileIO(archive)) as file, zipfile.ZipFile(file) as content:
            return _unpack_runs(archive, content, to)
    except DAMAGED as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise InvalidInputError(
            f"{archive} is neither a folder nor a zip file that can be read: {error}",
            hint="A run is a folder in results/, or a zip file of such folders.",
        ) from error


def _unpack_runs(archive: Path, content: zipfile.ZipFile, to: Path) -> list[Path]:
    members = _members(archive, content)
    left = MOST_BYTES
    runs = []
    for number, (place, files) in enumerate(sorted(members.items())):
        name = place.name or archive.stem
        run = to / str(number) / (name if PLAIN_NAME.fullmatch(name) else f"run-{number + 1}")
        run.mkdir(parents=True)
        for file, member in files.items():
            most = min(left, MOST_OF_MANIFEST) if file != JOURNAL else left
            left -= _unpack(archive, content, member, run / file, most)
        runs.append(run)
    if len({run.name for run in runs}) < len(runs):
        raise InvalidInputError(f"{archive} has two runs of one name", hint="Unpack it, and name one.")
    return runs


def _members(archive: Path, content: zipfile.ZipFile) -> dict[PurePosixPath, dict[str, zipfile.ZipInfo]]:
    """The members that belong to runs, by the folder of the run and the name of the file."""
    found: dict[PurePosixPath, dict[str, zipfile.ZipInfo]] = {}
    for member in content.infolist():
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if place.name in OF_A_RUN and len(place.parts) <= DEEPEST and not member.is_dir():
            files = found.setdefault(place.parent, {})
            if place.name in files:
                raise InvalidInputError(f"{archive} has {place} twice")
            files[place.name] = member
    runs = {place: files for place, files in found.items() if MANIFEST in files}
    if not runs:
        raise InvalidInputError(
            f"{archive} has no runs: no folder in it has a {MANIFEST}",
            hint="Runs are folders in results/, such as CI keeps as artifacts.",
        )
    if len(runs) > MOST_RUNS:
        raise InvalidInputError(
            f"{archive} has {len(runs):,} runs, and at most {MOST_RUNS} are read from one file",
            hint="Unpack it, and name the runs you want.",
        )
    return runs


def _unpack(
    archive: Path, content: zipfile.ZipFile, member: zipfile.ZipInfo, to: Path, most: int
) -> int:
    """Write a member to the file `to`; return its size. What the member says of it is not believed."""
    if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        raise zipfile.BadZipFile(f"{member.filename!r} is compressed in an unusual way")
    most = min(most, member.compress_size * MOST_RATIO + FREE_OF_RATIO)
    written = 0
    with content.open(member) as packed, to.open("xb") as file:
        while chunk := packed.read(CHUNK):
            written += len(chunk)
            if written > most:
                raise InvalidInputError(
                    f"{archive}: {member.filename!r} has more than {size(most)} when it is unpacked",
                    hint="If you trust it, unpack it, and name the folder of a run.",
                )
            file.write(chunk)
    return written
