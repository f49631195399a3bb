"""A probe without attempts says the interval of the budget, and how files were held."""

from __future__ import annotations

import pytest

from harness.cli.console import console
from harness.cli.probe import page
from harness.reproduce.probed import HeldBudget, HeldFor, Probed, ProbedCode, ProbedPath

BY = "held from before its start to its end: b (shared for all)"


def probed(held: HeldBudget | None, *, stable: bool = True) -> Probed:
    codes = [
        ProbedCode(
            code=5,
            ending="failed",
            reason="denied",
            exit_code=1,
            attempts=None,
            paths=1,
            denied_by=BY,
            held=held,
        ),
        ProbedCode(
            code=33, ending="unknown", reason="no hold does", exit_code=None, attempts=None, paths=0
        ),
    ]
    path = ProbedPath(
        call="rename",
        source="a",
        target="b",
        words="renames a to b",
        count=1,
        alike=0,
        codes=codes,
        attempts=None,
        budget_ms=None if held is None else (held.outlasted_ms, held.too_long_ms or 0.0),
        stable=stable,
        repeats=3,
        cut=False,
        notation=None,
        latest_ms=None,
        nearest=[],
        otherwise_than_claimed=[],
    )
    return Probed(command=["p"], lab="windows", claim=None, paths=[path], left_out=[])


def budget(outlasted_ms: float, too_long_ms: float | None) -> HeldBudget:
    tried = [HeldFor(hold_ms=10.0, outlasted=3, runs=3), HeldFor(hold_ms=20.0, outlasted=1, runs=2)]
    return HeldBudget(
        outlasted_ms=outlasted_ms, too_long_ms=too_long_ms, uncertain_ms=35.0, repeats=3, tried=tried
    )


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (budget(665.4, 945.1), "retries; outlasts a hold of 665 ms, and none of 946 ms"),
        (budget(0.0, 30.0), "no hold longer than 30 ms is outlasted"),
        (budget(60_000.0, None), "outlasts a hold of 60 s, and more"),
        (None, "5: budget unknown; held from"),
    ],
)
def test_what_holds_show_of_a_budget_is_said(
    held: HeldBudget | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = console()
    for part in page(probed(held, stable=held is None)):
        out.print(part)
    said = " ".join(capsys.readouterr().out.split())
    assert words in said
    assert BY in said
    assert "always denied with 33: unknown: no hold does" in said
    assert "not seen on Windows" in said
    assert "attempt" not in said
    assert ("jitter, or a busy machine" in said) == (held is not None)
