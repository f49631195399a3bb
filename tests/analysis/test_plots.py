"""Figures show what analyses found, can be read whatever the data, and take the colours of a page."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from analysis_lab import Op, frames_of
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle
from matplotlib.text import Annotation, Text
from reproduction_lab import atlas_row, outcome, probed_path, release

from harness.analysis import (
    hold_time_distribution,
    hold_times,
    plots,
    select,
    select_setting,
    unreleased,
)
from harness.analysis.plots import Drawing, style
from harness.analysis.plots.hold_curve import _between
from harness.analysis.plots.schedule_figure import draw_schedules
from harness.errors import InvalidInputError
from harness.strategy.lookup import listed

if TYPE_CHECKING:
    from harness.analysis.selection import Case

EVIDENCE = [("p", 1, "duration", "assumed"), ("p", 1, "delay", "measured")]
LONG = "10ms x1.5 cap 60s jitter x0.5..1.5 within 10s on 5 renames only, as shipped since 0.1.19"
TIMES = (0.3, 4.0, 31.0, 550.0, 5_110.0, 60_000.0)


def case_of(names: Sequence[str], blocks: int, *, fails: Callable[[int, int], bool]) -> Case:
    """A case in which holds last `TIMES` in turn, and each variant's trials fail as `fails` says."""
    trials = []
    for block, (number, name) in itertools.product(range(blocks), enumerate(names)):
        held = TIMES[block % len(TIMES)]
        failed = fails(number, block)
        attempts = [(0.0, 0.1, 5), (0.2, 0.25, 32)]
        if not failed:
            attempts.append((held * (1.01 + number / 50), held * (1.01 + number / 50) + 0.3, 0))
        about = {
            "strategy": name,
            "block": block,
            "outcome": "exhausted" if failed else "ok",
            "elapsed_ms": attempts[-1][1],
        }
        outcome = "exhausted" if failed else "ok"
        op = Op(attempts, [(0.0, math.nan if failed else held)], outcome)
        trials.append((about, [op]))
    return select(frames_of(trials, evidence=EVIDENCE))


CASES: dict[str, Callable[[], Case]] = {
    "usual": lambda: case_of(
        ["plain", "graceful-fs", "exponential"], 30, fails=lambda n, b: n == 0 or (n == 2 and b % 7 == 0)
    ),
    "one trial": lambda: case_of(["plain"], 1, fails=lambda _n, _b: False),
    "one failed trial": lambda: case_of(["plain"], 1, fails=lambda _n, _b: True),
    "all failed": lambda: case_of(["plain", "uv"], 6, fails=lambda _n, _b: True),
    "twenty long names": lambda: case_of(
        [f"{n}: {LONG}" for n in range(20)], 6, fails=lambda n, b: (n + b) % 3 == 0
    ),
    "no trial": lambda: case_of(["plain"], 0, fails=lambda _n, _b: True),
}
FIGURES: dict[str, Callable[[Case], Drawing]] = {
    "time_to_persist": plots.time_to_persist,
    "failure_rates": plots.failure_rates,
    "success_by_hold_length": plots.success_by_hold_length,
    "time_spent": plots.time_spent,
    "hold_time_curve": plots.hold_time_curve,
    "trial_timeline": lambda case: plots.trial_timeline(case, plots.typical_trial(case)),
}


@pytest.fixture(scope="module", params=list(CASES))
def any_case(request: pytest.FixtureRequest) -> Case:
    case: Case = CASES[request.param]()
    return case


@pytest.fixture(scope="module")
def usual() -> Case:
    return CASES["usual"]()


def words_of(figure: Drawing) -> list[str]:
    return [text.get_text() for text in texts_of(figure)]


def texts_of(figure: Drawing) -> list[Text]:
    """The texts that are drawn: ticks beyond the limits are not."""
    found = list(figure.findobj(Text, include_self=False))
    of_axes = set()
    drawn: list[Text] = []
    for axes in figure.axes:
        of_axes |= set(axes.findobj(Text))
        drawn += axes.texts
        if axes.axison:
            both: list[Any] = [axes.xaxis, axes.yaxis]
            x, y = (axis._update_ticks() for axis in both)
            ticks = [*x, *y]
            drawn += [axes.xaxis.label, axes.yaxis.label, *(tick.label1 for tick in ticks)]
        legend = axes.get_legend()
        drawn += legend.get_texts() if legend else []
    return [text for text in [*drawn, *(set(found) - of_axes)] if text.get_text().strip()]


def unreadable(figure: Drawing) -> list[str]:
    """Texts that are cut off at the edge, and pairs of texts that lie upon each other."""
    with style.styled():
        canvas: Any = FigureCanvasAgg(figure)
        canvas.draw()
        renderer = canvas.get_renderer()
        boxes = [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(figure)]
    width, height = figure.bbox.max
    cut = [
        text
        for text, box in boxes
        if box.x0 < -1 or box.y0 < -1 or box.x1 > width + 1 or box.y1 > height + 1
    ]
    clashes = [
        f"{one!r} on {other!r}"
        for (one, a), (other, b) in itertools.combinations(boxes, 2)
        if a.padded(-1).overlaps(b.padded(-1))
    ]
    return cut + clashes


@pytest.mark.parametrize("name", FIGURES)
def test_any_case_gives_a_figure_one_can_read(any_case: Case, name: str) -> None:
    if any_case.trials.empty and name == "trial_timeline":
        with pytest.raises(InvalidInputError, match="no trial that counts"):
            FIGURES[name](any_case)
        return
    figure = FIGURES[name](any_case)
    assert unreadable(figure) == []
    assert figure.caption.startswith(any_case.caption)
    assert any_case.trials.empty or "duration assumed" in figure.caption


@pytest.mark.parametrize("name", FIGURES)
def test_figures_are_svg_in_one_ink_on_no_ground(usual: Case, name: str) -> None:
    figure = FIGURES[name](usual)
    svg = figure.svg()
    root = ET.fromstring(svg)  # noqa: S314 - drawn here
    title = root.findtext(".//{http://purl.org/dc/elements/1.1/}title")
    assert title == figure.get_suptitle().replace("\n", " ")
    texts = root.findall(".//{http://www.w3.org/2000/svg}text")
    assert {"caption" for text in texts if "".join(text.itertext()).startswith("emulated")} == {
        "caption"
    }
    known = {style.INK, style.GREY, *style.COLOURS, "none", "#000000", "#ffffff"}
    of_texts = {match for text in texts for match in re.findall(r"fill: (#\w+)", text.get("style", ""))}
    assert of_texts <= {style.INK, "#000000", "#ffffff"}
    if name != "success_by_hold_length":
        assert set(re.findall(r"(?:fill|stroke): ([^;\"]+)", svg)) <= known


@pytest.mark.parametrize("name", FIGURES)
def test_the_same_figure_is_the_same_svg(usual: Case, name: str) -> None:
    assert FIGURES[name](usual).svg() == FIGURES[name](usual)._repr_svg_()


def test_failures_stand_beside_the_times_as_never(usual: Case) -> None:
    figure = plots.time_to_persist(usual)
    axes, never = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "exponential",
        "graceful-fs",
        "plain",
    ]
    assert [text.get_text() for text in never.texts] == ["5 of 30", "0 of 30", "30 of 30", "never"]
    dots = [line for line in axes.lines if line.get_marker() == "."]
    at = [np.asarray(line.get_xdata(), np.float64) for line in dots]
    assert [each.size for each in at] == [25, 30, 0]
    assert at[1].max() == pytest.approx(60_000 * 1.03 + 0.3)


def test_no_failures_are_an_arrow_from_the_upper_bound(usual: Case) -> None:
    axes = plots.failure_rates(usual).axes[0]
    (arrow,) = [text for text in axes.texts if isinstance(text, Annotation) and text.arrow_patch]
    # Wilson's upper bound of 0 in 30: z^2 / (n + z^2)
    assert arrow.xy == (0, 1)
    assert arrow.get_position() == pytest.approx((100 * 3.8415 / 33.8415, 1), rel=1e-4)
    said = [text.get_text() for text in axes.texts if text.get_text()]
    assert said == [
        "5 of 30\n16.7 % (7.3 to 33.6 %)",
        "0 of 30\nat most 11.4 %",
        "30 of 30\nat least 88.6 %",
    ]


def test_strategies_look_the_same_in_all_figures(usual: Case) -> None:
    looks = plots.looks(["another", "plain", "graceful-fs", "exponential"])
    for figure in (plots.time_to_persist(usual, looks=looks), plots.failure_rates(usual, looks=looks)):
        drawn = {line.get_color() for line in figure.axes[0].lines}
        wanted = {looks[name].colour for name in ("plain", "graceful-fs", "exponential")}
        assert wanted <= drawn
        assert looks["another"].colour not in drawn


def test_up_to_eighteen_strategies_can_be_told_apart() -> None:
    looks = plots.looks(map(str, range(18)))
    assert len({(look.colour, look.marker) for look in looks.values()}) == 18


def test_hold_lengths_are_counted_by_the_longest_hold_of_the_block() -> None:
    def trial(
        strategy: str, block: int, outcome: str, *holds: float
    ) -> tuple[dict[str, object], list[Op]]:
        about = {"strategy": strategy, "block": block, "outcome": outcome}
        return about, [Op(holds=[(0.0, hold)]) for hold in holds] or [Op()]

    case = select(
        frames_of(
            [
                trial("a", 0, "ok", 2.0, 50.0),
                trial("b", 0, "exhausted", 2.0),  # it never got to the second operation
                trial("a", 1, "ok", 2.0),
                trial("b", 1, "ok", 2.0),
                trial("a", 2, "exhausted", math.nan),
                trial("b", 2, "exhausted", math.nan),
                trial("a", 3, "ok"),
                trial("b", 3, "ok"),
            ]
        )
    )
    table = plots.by_hold_length(case)
    rows = {
        (row.variant, row.from_ms, row.to_ms): (row.trials, row.succeeded) for row in table.itertuples()
    }
    assert rows == {
        ("a", -1, -1): (1, 1),
        ("b", -1, -1): (1, 1),
        ("a", 1, 3): (1, 1),
        ("b", 1, 3): (1, 1),
        ("a", 30, 100): (1, 1),
        ("b", 30, 100): (1, 0),
        ("a", math.inf, math.inf): (1, 0),
        ("b", math.inf, math.inf): (1, 0),
    }
    axes = plots.success_by_hold_length(case).axes[0]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    assert labels == ["no hold", "1 ms", "3 ms", "10 ms", "30 ms", "100 ms", "no end"]
    said = [text.get_text() for text in axes.texts]
    assert said.count("0 %") == 3
    assert said.count("of 1") == 8


@given(st.lists(st.floats(0.001, 1e7), min_size=1, max_size=30))
def test_every_hold_falls_into_one_class_that_holds_it(lengths: list[float]) -> None:
    trials = [({"block": block}, [Op(holds=[(0.0, each)])]) for block, each in enumerate(lengths)]
    table = plots.by_hold_length(select(frames_of(trials)))
    assert table["trials"].sum() == len(lengths)
    for row in table.to_dict("records"):
        inside = [each for each in lengths if row["from_ms"] <= each < row["to_ms"]]
        assert len(inside) == row["trials"]
    assert len(table) <= 11


def test_a_timeline_shows_holds_attempts_and_answers() -> None:
    first = Op([(0.0, 0.3, 5), (10.3, 10.6, 32), (30.6, 30.9, 0)], [(0.0, 12.0)])
    second = Op([], [(31.0, math.nan)], ready_ms=31.0, ended_ms=40.0, calls=3)
    case = select(frames_of([({"elapsed_ms": 40.0}, [first, second])], evidence=EVIDENCE))
    figure = plots.trial_timeline(case, 0)
    axes = figure.axes[0]
    marks = {line.get_label(): list(line.get_xdata()) for line in axes.lines}  # type: ignore[arg-type]
    assert marks == {
        "attempt that succeeded": [30.6],
        "failed with 5, access denied": [0.0],
        "failed with 32, sharing violation": [10.3],
        "waiting": [0.0, 30.6],
        "done, no call failed": [9.0],
    }
    bands = [patch.get_paths()[0].get_extents() for patch in axes.collections]
    assert [(band.x0, band.x1) for band in bands] == [(0, 12), (0, axes.get_xlim()[1])]
    assert [text.get_text() for text in axes.texts] == [
        " child held, shares nothing",
        " child held, shares nothing; not released in this trial",
    ]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "x/0-rename",
        "x/1-rename, from 31 ms on",
    ]
    with pytest.raises(InvalidInputError, match="no trial 7"):
        plots.trial_timeline(case, 7)


@pytest.mark.parametrize(("opened", "released"), [(0.0, 2.0), (30.0, 39.0), (39.0, math.nan)])
def test_words_at_a_hold_fit_wherever_it_is(opened: float, released: float) -> None:
    calls = [(0.0, 0.3, 5), (39.5, 40.0, 0)]
    case = select(frames_of([({"elapsed_ms": 40.0}, [Op(calls, [(opened, released)])])]))
    figure = plots.trial_timeline(case, 0)
    FigureCanvasAgg(figure).draw()  # type: ignore[no-untyped-call]
    [axes] = figure.axes
    [words] = axes.texts
    inside, found = axes.get_window_extent(), words.get_window_extent()
    assert inside.x0 <= found.x0 < found.x1 <= inside.x1


def test_a_timeline_leaves_out_operations_without_failed_attempts_first() -> None:
    quiet, failed = Op(), Op([(0.0, 0.1, 5), (1.0, 1.1, 0)])
    figure = plots.trial_timeline(select(frames_of([({}, [quiet] * 20 + [failed])])), 0)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert len(labels) == 12
    assert labels[-1] == "x/20-rename"
    assert "Not drawn: 9 operations of it." in figure.caption


def test_the_typical_trial_is_the_median_of_those_that_tried_again() -> None:
    again = [(0.0, 0.1, 5), (1.0, 1.1, 0)]
    trials = [
        ({"elapsed_ms": each, "block": block}, [Op(again)]) for block, each in enumerate((9.0, 1.0, 5.0))
    ]
    trials += [({"elapsed_ms": 0.1, "block": block}, [Op()]) for block in range(3, 20)]
    assert plots.typical_trial(select(frames_of(trials))) == 2
    assert plots.typical_trial(select(frames_of(trials[3:]))) == 8


def test_where_nothing_was_blocked_no_hold_time_is_drawn() -> None:
    figure = plots.hold_time_curve(select(frames_of([({}, [Op()])])))
    assert "No operation was blocked, so no hold was seen." in words_of(figure)


def test_what_was_given_up_at_once_was_not_observed() -> None:
    figure = plots.hold_time_curve(
        select(frames_of([({"outcome": "not-retried"}, [Op([(0.0, 0.3, 5)], outcome="not-retried")])]))
    )
    assert any("given up at once" in words for words in words_of(figure))


def _on_schedule(tried: Sequence[int]) -> Case:
    """Attempts at 0, 10 and 30 ms: in each block, the one of that number succeeds; with 0, none."""
    schedule = [(0.0, 0.3, 5), (10.0, 10.3, 5), (30.0, 30.3, 5)]
    trials: list[Any] = []
    for block, number in enumerate(tried):
        attempts = [*schedule[: number - 1], (*schedule[number - 1][:2], 0)] if number else schedule
        trials.append(({"block": block, "outcome": "ok" if number else "exhausted"}, [Op(attempts)]))
    return select(frames_of(trials))


def test_schedules_without_jitter_leave_gaps_between_intervals_no_overlaps() -> None:
    observed = hold_times(_on_schedule((2, 3, 3, 0)))
    assert observed.times["high_ms"].tolist() == [10, 30, 30, math.inf]
    table = hold_time_distribution(observed)
    assert table[["left_ms", "right_ms", "released"]].to_numpy().tolist() == [
        [0, 10, 0.25],
        [10, 30, 0.75],
        [30, math.inf, 1],
    ]
    assert unreleased(observed).share == 0.25


def test_a_hold_time_curve_marks_the_longest_observation_and_a_fitted_family(usual: Case) -> None:
    figure = plots.hold_time_curve(
        usual.variant("graceful-fs"), fitted=("lognormal", {"s": 1.0, "scale": 500.0})
    )
    said = " ".join(words_of(figure))
    assert "not observed: at most 11.4 % held" in said
    assert "fitted: lognormal" in said
    assert "Seen: 30 blocked operations." in figure.caption
    (family,) = [line for line in figure.axes[0].lines if line.get_color() == style.VERMILION]
    at, share = np.asarray(family.get_xdata()), np.asarray(family.get_ydata())
    assert np.interp(500.0, at, share) == pytest.approx(0.5, abs=0.01)


def test_the_band_of_a_hold_time_curve_is_that_of_its_distribution() -> None:
    case = _on_schedule((2, 3, 3, 0) * 5)
    drawn = np.asarray(plots.hold_time_curve(case).axes[0].collections[0].get_paths()[0].vertices)[:, 1]
    table = hold_time_distribution(hold_times(case)).iloc[:-1]
    for bound in (1 - table[["low", "high"]].to_numpy()).ravel():
        assert np.abs(drawn - bound).min() < 1e-12


def test_beyond_the_longest_observation_no_share_is_drawn(usual: Case) -> None:
    axes = plots.hold_time_curve(usual.variant("exponential")).axes[0]
    band, line = (each.get_paths()[0].get_extents() for each in axes.collections[:2])
    assert band.x1 == line.x1 == 60_000 * 1.05
    assert axes.get_xlim()[1] > line.x1


def test_inside_of_an_interval_the_share_may_have_fallen_or_not() -> None:
    left, right = np.array([1.0, 5.0]), np.array([2.0, math.inf])
    at, fallen, still = _between(left, right, np.array([0.4, 0.0]), np.array([0.4, 0.0]), 10.0)
    drawn = dict(zip(at.tolist(), zip(fallen.tolist(), still.tolist(), strict=True), strict=True))
    assert drawn == {0.0: (1, 1), 1.0: (0.4, 1), 2.0: (0.4, 0.4), 5.0: (0, 0.4), 10.0: (0, 0.4)}


def test_a_performance_profile_shows_shares_of_fastest_and_of_success(usual: Case) -> None:
    figure = plots.performance(select_setting(usual.frames))
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_yticklabels()] == [
        "exponential",
        "graceful-fs",
        "plain",
    ]
    assert [text.get_text() for text in axes.texts] == [
        "26.7 % fastest\n83.3 % ever",
        "100 % fastest\n100 % ever",
        "0 % fastest\n0 % ever",
    ]
    assert axes.get_xlabel() == "time over that of the fastest variant, on 30 blocks"
    assert unreadable(figure) == []
    assert "no trial that counts" in " ".join(words_of(plots.performance(CASES["no trial"]())))


def _bars(figure: Drawing) -> list[Rectangle]:
    return [patch for patch in figure.axes[0].patches if isinstance(patch, Rectangle)]


def test_time_is_split_where_receipts_tell_and_hatched_where_not() -> None:
    waits = Op([(0.0, 1.0, 5), (11.0, 12.0, 0)], [(0.0, 5.0)])
    known = plots.time_spent(select(frames_of([({"elapsed_ms": 12.0}, [waits])])))
    assert [bar.get_width() for bar in _bars(known)] == pytest.approx(
        [2.0, 4.0, 6.0]
    )  # calls, held from 1 to 5, free from 5 to 11
    ambient = Op([(0.0, 1.0, 5), (11.0, 12.0, 0)])
    unknown = plots.time_spent(
        select(frames_of([({"elapsed_ms": 12.0, "freshness": "unique"}, [ambient])]))
    )
    assert [(bar.get_width(), bar.get_hatch()) for bar in _bars(unknown)] == [(2.0, ""), (10.0, "///")]
    assert "waiting, unknown which" in words_of(unknown)


def test_the_marks_of_a_schedule_are_attempts_with_codes_before_and_numbers_beside() -> None:
    figure = plots.schedule_figure(listed(["plain", "100ms 3 retries on 5", "uv"]))
    axes = figure.axes[0]
    ticks = [list(line.get_xdata()) for line in axes.lines if line.get_marker() == "|"]  # type: ignore[arg-type]
    assert ticks[:2] == [[0], [0, 100, 200, 300]]
    assert [text.get_text() for text in axes.texts[:2]] == ["1 attempt", "4 attempts, 300 ms"]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[:2] == ["plain  [nothing]", "100ms 3 retries on 5  [5]"]
    assert "Computed, not measured" in figure.caption
    assert unreadable(figure) == []
    assert "No strategy was named." in words_of(plots.schedule_figure([]))


def test_schedules_of_few_and_of_all_strategies_are_drawn(tmp_path: Path) -> None:
    few = listed(["uv-0.5.17", "rustup", "1ms x2 4 retries", "dotnet-sdk-move"])
    for name in ("few.svg", "few.png", "few.pdf"):
        draw_schedules(few, tmp_path / name)
        assert (tmp_path / name).stat().st_size > 5000
    svg = (tmp_path / "few.svg").read_text(encoding="utf-8")
    for words in ("time since the first attempt", "uv-backon-9  [5]", "rustup-rename  [5]"):
        assert words in svg
    assert plots.schedule_figure(listed()).get_figheight() > 20


def test_attempts_of_releases_are_marks_denied_and_let_through() -> None:
    tool = outcome(
        release("1.0", "failed", [0.0], []),
        release("2.0", "ok", [0.0, 100.0, 300.0], [700.0]),
        release("3.0", "unknown", [], []),
    )
    figure = plots.release_attempts([tool])
    axes = figure.axes[0]
    marks = {
        kind: [list(line.get_xdata()) for line in axes.lines if line.get_marker() == kind]  # type: ignore[arg-type]
        for kind in "|o"
    }
    assert marks == {"|": [[0.0], [0.0, 100.0, 300.0]], "o": [[], [700.0]]}
    assert [text.get_text() for text in axes.texts] == ["failed, 1 attempt", "ok, 4 attempts"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["tool 1.0", "tool 2.0"]
    assert figure.caption.startswith("Native programs")
    assert unreadable(figure) == []


def test_several_reports_in_one_figure_name_their_releases() -> None:
    many = [outcome(release("1.0", "ok", [0.0], [5.0]), name=f"tool-{n}", lab="wine") for n in range(40)]
    figure = plots.release_attempts(many, "Releases that do alike")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()][:1] == ["tool-0 1.0"]
    assert "under Wine" in figure.caption
    assert unreadable(figure) == []
    assert "No release tried anything that was denied." in words_of(plots.release_attempts([]))


def test_budgets_of_the_atlas_are_bars_to_the_last_attempt() -> None:
    rows = [atlas_row(path) for path in (probed_path(1), probed_path(3), probed_path(601, cut=True))]
    figure = plots.atlas_budgets(rows)
    axes = figure.axes[0]
    assert [bar.get_width() for bar in _bars(figure)] == [200.0, 60_000.0]
    assert [text.get_text() for text in axes.texts] == ["3 attempts on 5", "601 attempts on 5"]
    assert [list(line.get_ydata()) for line in axes.lines if line.get_marker() == ">"] == [[1]]  # type: ignore[arg-type]
    assert unreadable(figure) == []
    assert "No write path is tried again." in words_of(plots.atlas_budgets(rows[:1]))


def test_thinned_marks_begin_with_the_first_and_lie_apart() -> None:
    figure = plots.schedule_figure(listed(["1ms 3000 retries"]))
    (marks,) = [line for line in figure.axes[0].lines if line.get_marker() == "|"]
    drawn = np.asarray(marks.get_xdata())
    assert drawn[0] == 0
    assert 20 < drawn.size < 240


@given(st.text(st.characters(codec="ascii", categories=["L", "N", "Zs"]), max_size=200))
def test_labels_take_two_lines_at_most(label: str) -> None:
    lines = style.wrapped(label).split("\n")
    assert len(lines) <= 2
    assert all(len(line) <= style.LABEL_CHARACTERS for line in lines)


@pytest.mark.parametrize(
    ("milliseconds", "label"),
    [
        (0, "0"),
        (0.3, "0.3 ms"),
        (10, "10 ms"),
        (999, "999 ms"),
        (1000, "1 s"),
        (2500, "2.5 s"),
        (1e6, "1,000 s"),
    ],
)
def test_times_on_axes_have_units(milliseconds: float, label: str) -> None:
    assert style.time_label(milliseconds) == label


@given(low=st.floats(0.01, 1e6), factor=st.floats(1, 1e6), from_zero=st.booleans())
def test_a_time_axis_has_ticks_to_read_values_by(low: float, factor: float, from_zero: bool) -> None:
    with style.styled():
        figure = style.drawing("title", "caption", 1.0)
        axes = figure.subplots()
        style.time_axis(axes, 0 if from_zero else low, low * factor, from_zero=from_zero)
        least, most = axes.get_xlim()
        inside = [tick for tick in axes.get_xticks() if least <= tick <= most]
        assert least <= (0 if from_zero else low)
        assert most >= low * factor
        assert len(inside) >= 2


def test_text_from_runs_is_text() -> None:
    trials: list[Any] = [({"strategy": "$x^2$ <script>"}, [Op()])]
    root = ET.fromstring(plots.failure_rates(select(frames_of(trials))).svg())  # noqa: S314 - drawn here
    assert "$x^2$ <script>" in [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]
