"""Group trials into cases, variants and blocks, and refuse to mix what must not be mixed.

A *case* is one scenario under one profile on one platform, under one set of rules, with one state of the
antivirus and one freshness of the bytes; a *variant* is a strategy with its factors; a *block* is one
repetition. Every analysis groups its trials here, so that none of them pools different cases.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import pandas as pd

from harness.errors import InvalidInputError
from harness.frames.definition import CASE, VARIANT
from harness.summary.ambient import BYTES

SETTING: Final = ("platform", "rules", "freshness", "antivirus")
"""The values that even an analysis over several cases never mixes."""


def case_name(key: Mapping[str, str]) -> str:
    """The name of a case, from the values of `CASE`: ``numpy-wheel under dll-scan, emulated, …``."""
    return f"{key['scenario']} under {key['profile']}, {setting_name(key)}"


def setting_name(key: Mapping[str, str]) -> str:
    """The name of a setting, from the values of `SETTING`: ``wine (ntfs rules), antivirus unknown``.

    No antivirus can have a part in what is emulated, so nothing is said of it there.
    """
    rules = f" ({key['rules']} rules)" if key["rules"] else ""
    freshness = f", {BYTES[key['freshness']]}" if key["freshness"] else ""
    antivirus = "" if key["platform"] == "emulated" else f", antivirus {key['antivirus']}"
    return f"{key['platform']}{rules}{antivirus}{freshness}"


def one_case(trials: pd.DataFrame, keys: Sequence[str] = CASE) -> None:
    """Refuse trials of more than one case (or that differ in `keys`).

    Raises `InvalidInputError`, which names what differs and how to choose.
    """
    found = {key: [str(value) for value in trials[key].unique()] for key in keys}
    mixed = {key: values for key, values in found.items() if len(values) > 1}
    if not mixed:
        return
    named = "; ".join(
        f"{key}: {', '.join(value or 'none' for value in values)}" for key, values in mixed.items()
    )
    chosen = ", ".join(f"{key}={values[0]!r}" for key, values in mixed.items())
    raise InvalidInputError(
        f"these trials are of different cases, which are never pooled: {named}",
        hint=f"Choose one, such as harness.analysis.select(frames, {chosen}); "
        "harness.analysis.cases(frames) lists them.",
    )


def variant_of(trials: pd.DataFrame) -> pd.Series[str]:
    """The variant of each trial, categorical: ``exponential`` or ``exponential (link_mode=copy)``.

    Categories are in the order of the frame's own categories of strategies, then of factors (plain text:
    by name); only variants with trials are among them. Index as that of `trials`.
    """
    strategy, factors = (trials[key].astype("category") for key in VARIANT)
    width = max(len(factors.cat.categories), 1)
    code = strategy.cat.codes.to_numpy(dtype=np.int64) * width + factors.cat.codes.to_numpy()
    present = np.unique(code)
    names = [
        _name(str(strategy.cat.categories[each // width]), str(factors.cat.categories[each % width]))
        for each in present
    ]
    variant = pd.Categorical.from_codes(
        np.searchsorted(present, code).astype(np.int64), pd.Index(names, dtype=object)
    )
    return pd.Series(variant, index=trials.index, name="variant")


def _name(strategy: str, factors: str) -> str:
    return f"{strategy} ({factors})" if factors else strategy


def variant_columns(trials: pd.DataFrame, variant: pd.Series[str]) -> pd.DataFrame:
    """`strategy` and `factors` of each variant, as text; index `variant`, in category order."""
    first = np.unique(variant.cat.codes.to_numpy(), return_index=True)[1]
    columns = {key: trials[key].iloc[first].astype(str).to_numpy(dtype=object) for key in VARIANT}
    return pd.DataFrame(
        columns, index=pd.Index(list(variant.cat.categories), name="variant", dtype=object)
    )
