"""JSON for programs."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.cli.console import print_json

if TYPE_CHECKING:
    import pytest


@dataclass
class Row:
    times_ms: tuple[float, ...]


def test_numbers_that_are_not_finite_are_null(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"rows": (1.5, math.inf, math.nan), "name": "é"})
    assert json.loads(capsys.readouterr().out) == {"rows": [1.5, None, None], "name": "é"}
    print_json(Row((2.0,)))
    assert json.loads(capsys.readouterr().out) == {"times_ms": [2.0]}
