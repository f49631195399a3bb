"""Generate payloads: trees with the shape of a real archive, and files of given sizes.

The same arguments give the same bytes on every machine and Python.
"""

from __future__ import annotations

import hashlib
import math
import random
from collections.abc import Iterator
from pathlib import Path

from harness.pe import SMALLEST, library_header
from harness.scenario.payload_models import QUANTILES, SizeShape, TreeShape


def write_tree(root: Path, shape: TreeShape, seed: str, record: str | None = None) -> None:
    """Write a tree of this shape into the new folder `root`.

    File sizes follow the shape's quantiles; folders nest up to three deep; files that are PE in the
    original have PE headers. Contents are pseudo-random, so they neither compress nor repeat.
    `record` is the path of one file of middling size, for trees that imitate a wheel.
    """
    rng = random.Random(f"tree/{seed}")
    folders = _folders(shape.folders - (record is not None))
    middle = (shape.pe.files if shape.pe else 0) + shape.other.files // 2
    for folder in folders:
        (root / folder).mkdir(parents=True, exist_ok=True)
    number = 0
    for sizes, suffix in ((shape.pe, ".pyd"), (shape.other, ".py")):
        for size in file_sizes(sizes) if sizes else ():
            folder = folders[number % len(folders)] if number < len(folders) else rng.choice(folders)
            path = root / folder / f"{seed}-{number:05}{suffix}"
            if record is not None and number == middle:
                path = root / record
                path.parent.mkdir(parents=True)
            write_file(path, size, f"{seed}/{number}", pe=suffix == ".pyd")
            number += 1


def write_file(path: Path, size: int, seed: str, *, pe: bool = False) -> None:
    """Write `size` pseudo-random bytes; with `pe`, behind the headers of a DLL."""
    with path.open("xb") as file:
        file.writelines(content(size, seed, pe=pe))


def content(size: int, seed: str, *, pe: bool = False) -> Iterator[bytes]:
    """Generate what `write_file` writes, in chunks."""
    head = library_header(size) if pe and size >= SMALLEST else b""
    yield head
    yield from random_bytes(size - len(head), seed)


def file_sizes(shape: SizeShape) -> list[int]:
    """The sizes of `shape.files` files, ascending: log-linear between the quantiles of the shape.

    The first and the last are exactly the smallest and the largest.
    """
    if shape.files == 1:
        return [shape.sizes[-1]]
    return [_quantile(shape.sizes, place / (shape.files - 1)) for place in range(shape.files)]


def _quantile(sizes: list[int], share: float) -> int:
    upper = next(number for number, q in enumerate(QUANTILES) if share <= q)
    if share == QUANTILES[upper]:
        return sizes[upper]
    low, high = QUANTILES[upper - 1], QUANTILES[upper]
    part = (share - low) / (high - low)
    logs = math.log1p(sizes[upper - 1]), math.log1p(sizes[upper])
    return round(math.expm1(logs[0] + part * (logs[1] - logs[0])))


def _folders(count: int) -> list[str]:
    """The names of `count` folders: the root, then up to ten in each, three deep."""
    names = ["."]
    for number in range(1, count):
        parent = names[(number - 1) // 10]
        depth = parent.count("/") + 2
        name = f"d{number:04}"
        names.append(f"{parent}/{name}" if depth <= 3 and parent != "." else name)  # noqa: PLR2004
    return names


def random_bytes(size: int, seed: str) -> Iterator[bytes]:
    """Generate `size` bytes from SHAKE-256, in chunks: fast, and the same everywhere."""
    block = 1 << 20
    for start in range(0, size, block):
        length = min(block, size - start)
        yield hashlib.shake_256(f"{seed}/{start}".encode()).digest(length)
