"""The trials of the study as one small table: what each one shows, without how it went."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pandas as pd

from harness.errors import InvalidInputError
from harness.outside_files import read_regular
from harness.study.case_trials import Row

if TYPE_CHECKING:
    from collections.abc import Iterable

KEY: Final = ["case", "profile", "strategy", "block"]
"""The place of a trial: no two have the same."""
COLUMNS: Final = [*Row._fields]
MOST_BYTES: Final = 5_000_000
"""Of the committed table."""


@dataclass(frozen=True)
class About:
    """How the table was made."""

    command: str
    """Command that makes it."""
    seed: int
    """Seed of holds and orders."""
    blocks: int
    """Blocks of every case."""
    trials: int
    """Rows of the table."""
    call_ms: float
    """Time that a call is declared to take."""
    harness_version: str
    """Version of persist-harness."""


def table_of(rows: Iterable[Row]) -> pd.DataFrame:
    """Return trials as the table, in the order of `KEY`."""
    made = pd.DataFrame(rows, columns=COLUMNS)
    whole = {"block": "int16", "attempts": "int32", "elapsed_us": "int64"}
    return made.astype(whole).sort_values(KEY, ignore_index=True)


def write(trials: pd.DataFrame, to: Path) -> None:
    """Write the table as Parquet. Raises `InvalidInputError` if it is larger than may be committed."""
    categories = dict.fromkeys(("case", "profile", "strategy", "outcome"), "category")
    trials.astype(categories).to_parquet(to, compression="zstd", compression_level=19, index=False)
    if to.stat().st_size > MOST_BYTES:
        raise InvalidInputError(f"{to} has {to.stat().st_size:,} bytes, more than {MOST_BYTES:,}")


def read(path: Path) -> pd.DataFrame:
    """Read the table, with names as text. Raises `InvalidInputError` for another file."""
    try:
        found = pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise InvalidInputError(
            f"{path} is not the table of the study", hint="`nox -s study` makes it."
        ) from error
    if list(found.columns) != COLUMNS:
        raise InvalidInputError(f"{path}: expected the columns {', '.join(COLUMNS)}")
    return found.astype(dict.fromkeys(("case", "profile", "strategy", "outcome"), "str"))


def write_about(about: About, to: Path) -> None:
    """Write how the table was made."""
    to.write_text(json.dumps(asdict(about), indent=1) + "\n", encoding="utf-8", newline="\n")


def read_about(path: Path) -> About:
    """Read how the table was made. Raises `InvalidInputError` for another file."""
    try:
        return About(**json.loads(read_regular(path, MOST_BYTES)))
    except (OSError, TypeError, ValueError) as error:
        raise InvalidInputError(
            f"{path} does not say how the study was made", hint="`nox -s study` makes it."
        ) from error
