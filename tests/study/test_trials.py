"""The table of the study: all trials of its definition, small enough to be committed."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from committed_study import committed_trials

from harness.errors import InvalidInputError
from harness.scenario.load import load_scenarios
from harness.study.definition import ABOUT, BLOCKS, TRIALS, case_files
from harness.study.trials import COLUMNS, KEY, MOST_BYTES, read, read_about, write


def test_the_data_are_all_trials_of_the_definition() -> None:
    trials = committed_trials()
    about = read_about(ABOUT)
    assert TRIALS.stat().st_size <= MOST_BYTES
    assert about.blocks >= BLOCKS
    assert len(trials) == about.trials
    assert not trials.duplicated(KEY).any()
    counts = trials.groupby("case", observed=True).size().to_dict()
    assert counts == {
        loaded.name: len(loaded.scenario.strategies) * len(loaded.scenario.profiles) * about.blocks
        for loaded in load_scenarios(case_files())
    }


def test_other_files_are_refused(tmp_path: Path) -> None:
    for name, content in {"no.parquet": None, "text.parquet": b"not parquet"}.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(InvalidInputError, match="is not the table of the study"):
            read(tmp_path / name)
    write(pd.DataFrame({name: [] for name in COLUMNS}), tmp_path / "empty.parquet")
    pd.DataFrame({"other": [1]}).to_parquet(tmp_path / "other.parquet")
    with pytest.raises(InvalidInputError, match="expected the columns case"):
        read(tmp_path / "other.parquet")
    with pytest.raises(InvalidInputError, match="does not say how"):
        read_about(tmp_path / "study.json")
