"""Draw one trial: its holds, its attempts, and how each attempt ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from harness.analysis.grouping import variant_of
from harness.analysis.plots import style
from harness.errors import InvalidInputError
from harness.text import counted, milliseconds
from harness.winerror import ACCESS_DENIED, LOCK_VIOLATION, SHARING_VIOLATION

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from harness.analysis.plots.style import Drawing
    from harness.analysis.selection import Case

MOST_ROWS: Final = 12
"""Operations that are drawn; those with failed attempts first."""

_ROW_IN: Final = 0.5
_CHARACTER: Final = 0.0135  # of the words at a hold, as a share of the width of the axes
_SHARES: Final = {
    "none": "shares nothing",
    "r": "lets others read",
    "rw": "lets others read and write",
    "rwd": "lets others read, write and delete",
}


def _mark(words: str, colour: str, marker: str, size: float, face: str | None = None) -> dict[str, Any]:
    """The mark of one kind of attempts, as arguments for matplotlib."""
    how = {"color": colour, "marker": marker, "ms": size, "mew": 1.3, "mfc": face or colour}
    return {"label": words, "ls": "none", **how}


_CODES: Final = {
    0: _mark("attempt that succeeded", style.GREEN, "o", 6.0),
    ACCESS_DENIED: _mark(f"failed with {ACCESS_DENIED}, access denied", style.VERMILION, "x", 5.0),
    SHARING_VIOLATION: _mark(
        f"failed with {SHARING_VIOLATION}, sharing violation", style.BLUE, "+", 6.5
    ),
    LOCK_VIOLATION: _mark(f"failed with {LOCK_VIOLATION}, lock violation", style.PURPLE, "1", 7.0),
}
_UNLISTED: Final = _mark("done, no call failed", style.GREEN, "o", 6.0, "none")


def typical_trial(case: Case) -> int:
    """The trial of a case with the median time, of those with several attempts for one operation.

    Of all trials if none has several attempts. Raises `InvalidInputError` if the case has no trials.
    """
    if case.trials.empty:
        raise InvalidInputError("there is no trial that counts")
    retried = case.trials.index.isin(case.attempts.loc[case.attempts["attempt"] > 1, "trial"])
    trials = case.trials[retried] if retried.any() else case.trials
    ordered = trials["elapsed_ms"].sort_values(kind="stable")
    return int(ordered.index[(len(ordered) - 1) // 2])


def trial_timeline(case: Case, trial: int) -> Drawing:
    """Draw one trial of a case (a label of the index of its `trials`), one row per operation.

    Bands are holds, from their receipts; marks are attempts, by their result; the line between them is
    waiting. Raises `InvalidInputError` if the case has no such trial.
    """
    if trial not in case.trials.index:
        raise InvalidInputError(
            f"the case has no trial {trial}", hint="The index of its `trials` names them."
        )
    one = case.trials.loc[[trial]].to_dict("records")[0]
    variant = variant_of(case.trials.loc[[trial]]).iloc[0]
    operations, more = _operations(case, trial)
    ready = operations.set_index("operation")["ready_ms"]
    attempts = _since(ready, case.attempts[case.attempts["trial"] == trial], "start_ms", "end_ms")
    holds = case.holds[(case.holds["trial"] == trial) & case.holds["opened_ms"].notna()]
    holds = _since(ready, holds, "opened_ms", "released_ms")
    ended = (operations["ended_ms"] - operations["ready_ms"]).to_numpy()
    last = np.nanmax([1e-3, *ended, *attempts["end_ms"], *holds["released_ms"], *holds["opened_ms"]])
    took = milliseconds(one["elapsed_ms"])
    title = f"One trial: {variant}, block {one['block']}: {one['outcome']} after {took}"
    caption = f"{case.caption} One of these trials."
    if more:
        caption += f" Not drawn: {counted(more, 'operation')} of it."
    with style.one_plot(title, caption, 0.85 + _ROW_IN * len(operations)) as (figure, axes):
        style.time_axis(axes, 0, float(last), from_zero=True)
        axes.set_xlabel("time from when the files of the operation were closed")
        style.row_labels(axes, map(_name, operations.to_dict("records")))
        used: dict[str, Line2D | Patch] = {}
        for row, number in enumerate(operations["operation"]):
            _holds(axes, row, holds[holds["operation"] == number])
            tried = attempts[attempts["operation"] == number]
            for mark, at in _marks(tried, ended[row], operations["outcome"].iloc[row]):
                seen = style.thinned(axes, at)
                axes.plot(seen, np.full(seen.size, row + 0.08), clip_on=False, zorder=3, **mark)
                used[mark["label"]] = Line2D([], [], **mark)
            if len(tried) > 1:
                span = [tried["start_ms"].min(), tried["start_ms"].max()]
                (line,) = axes.plot(span, [row + 0.08] * 2, color=style.GREY, lw=0.9, label="waiting")
                used["waiting"] = line
        if len(holds):
            used["held"] = Patch(color=style.ORANGE, alpha=0.28, label="held by something else")
        style.legend_above(axes, list(used.values()))
    return figure


def _operations(case: Case, trial: int) -> tuple[pd.DataFrame, int]:
    """The operations to draw, in their order, and the number of those that are not drawn."""
    found = case.operations[case.operations["trial"] == trial]
    failed = case.attempts[(case.attempts["trial"] == trial) & (case.attempts["winerror"] != 0)]
    first = found["operation"].isin(failed["operation"]).to_numpy()
    drawn = found[first].head(MOST_ROWS)
    rest = found[~first].head(MOST_ROWS - len(drawn))
    return found.loc[sorted([*drawn.index, *rest.index])], len(found) - len(drawn) - len(rest)


def _since(ready: pd.Series[float], frame: pd.DataFrame, *times: str) -> pd.DataFrame:
    """The rows of the operations in `ready`, with `times` counted from when each was ready."""
    kept = frame[frame["operation"].isin(ready.index)]
    start = kept["operation"].map(ready)
    return kept.assign(**{name: kept[name] - start for name in times})


def _name(operation: Mapping[Any, Any]) -> str:
    """The name of an operation, its outcome unless ok, and its start unless 0."""
    words = [str(operation["op_id"])]
    if operation["outcome"] != "ok":
        words.append(str(operation["outcome"]))
    if operation["ready_ms"] > 0:
        words.append(f"from {milliseconds(operation['ready_ms'])} on")
    return ", ".join(words)


def _holds(axes: Axes, row: int, holds: pd.DataFrame) -> None:
    for hold in holds.to_dict("records"):
        outlasts = bool(np.isnan(hold["released_ms"]))
        left, end = hold["opened_ms"], axes.get_xlim()[1] if outlasts else hold["released_ms"]
        axes.fill_betweenx([row - 0.42, row + 0.32], left, end, color=style.ORANGE, alpha=0.28, lw=0)
        words = f" {hold['object']} held, {_SHARES.get(hold['share'], 'shares ' + hold['share'])}"
        if outlasts:
            words += "; not released in this trial"
        begin, _ = axes.transAxes.inverted().transform(axes.transData.transform((left, row)))
        axes.text(
            max(min(begin, 1 - _CHARACTER * len(words)), 0),  # moved to the left where it would not fit
            row - 0.4,
            words,
            transform=axes.get_yaxis_transform(),
            va="top",
            fontsize=7,
            clip_on=True,
        )


def _marks(
    attempts: pd.DataFrame, ended_ms: float, outcome: str
) -> Iterator[tuple[Mapping[str, Any], NDArray[np.float64]]]:
    """The marks of an operation: the starts of its attempts by their result, or just its success."""
    for winerror, those in attempts.groupby("winerror"):
        code = int(str(winerror))
        other = _mark(f"failed with {code}", style.ORANGE, "x", 5.0)
        yield _CODES.get(code, other), those["start_ms"].to_numpy(np.float64)
    if attempts.empty and outcome == "ok":
        yield _UNLISTED, np.array([ended_ms])
