"""The committed trials of the study, read once for all tests of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from harness.study.definition import TRIALS
from harness.study.trials import read

if TYPE_CHECKING:
    import pandas as pd


@cache
def committed_trials() -> pd.DataFrame:
    """Return them; nobody changes them."""
    return read(TRIALS)
