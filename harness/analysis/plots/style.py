"""The style of every figure: one width, one frame of title and caption, one set of colours.

Text, axes and ticks are drawn in `INK`, and nothing else is, on no background, so that a page that shows
the SVG can replace `INK` by its own colour, dark or light. Text on a coloured ground does not use it.
"""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from harness.text import SECOND_MS, figures

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

INK: Final = "#0b0c0d"
"""Text, axes, ticks. Pages replace it by their own text colour."""

GREY: Final = "#8a8f94"
"""The background of curves and rows; it differs from both white and black."""

BLUE: Final = "#0072b2"
ORANGE: Final = "#e69f00"
GREEN: Final = "#009e73"
VERMILION: Final = "#d55e00"
PURPLE: Final = "#cc79a7"
SKY: Final = "#56b4e9"
COLOURS: Final = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY)
"""Okabe and Ito, "Color Universal Design" (2008), without black, and without yellow, which is
invisible on white."""

MARKERS: Final = ("o", "s", "^", "D", "v", "P")

WIDTH_IN: Final = 6.0
"""Narrow, so that its 9 pt are readable when the figure is as wide as a phone."""

LABEL_CHARACTERS: Final = 26
_TOLD_APART: Final = 240  # marks, side by side, between the ends of an axis
_CAPTION_CHARACTERS: Final = 108
_TITLE_CHARACTERS: Final = 72

RC: Final[dict[str, Any]] = {
    "axes.axisbelow": True,
    "axes.edgecolor": INK,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.grid.axis": "x",
    "axes.labelcolor": INK,
    "axes.labelsize": 9,
    "axes.linewidth": 0.7,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "figure.facecolor": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans", "Verdana", "Arial", "sans-serif"],
    "font.size": 9,
    "grid.alpha": 0.35,
    "grid.color": GREY,
    "grid.linewidth": 0.6,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "savefig.facecolor": "none",
    "svg.fonttype": "none",  # text stays text: it can be searched, and read out
    "svg.hashsalt": "persist-harness",  # the same figure is the same file
    "text.color": INK,
    "text.parse_math": False,  # names of strategies may have dollar signs
    "xtick.color": INK,
    "xtick.labelsize": 8,
    "ytick.color": INK,
    "ytick.labelsize": 8.5,
}


class Drawing(Figure):
    """A figure that notebooks show as SVG, with any backend."""

    def svg(self) -> str:
        """The figure as SVG, with its title as the title of the file."""
        title = self.get_suptitle().replace("\n", " ")
        with styled(), io.StringIO() as file:
            self.savefig(file, format="svg", metadata={"Title": title, "Date": None})
            return file.getvalue()

    _repr_svg_ = svg

    @property
    def caption(self) -> str:
        """The line below: platform, antivirus, sample size, and what is only assumed."""
        return self.get_supxlabel().replace("\n", " ")


def styled(more: Mapping[str, Any] | None = None) -> AbstractContextManager[None]:
    """A context with matplotlib's parameters of `RC`, and `more`."""
    settings: Any = RC | dict(more or {})
    return mpl.rc_context(settings)


@dataclass(frozen=True)
class Look:
    """The colour and marker of one strategy, in every figure."""

    colour: str
    marker: str


def looks(names: Iterable[str]) -> Mapping[str, Look]:
    """A look for each name, in their order: colours first, then other markers as well.

    With the same names for all figures of a page, a strategy looks the same in all of them.
    """
    found = {}
    for number, name in enumerate(dict.fromkeys(names)):
        turn, place = divmod(number, len(COLOURS))
        marker = MARKERS[(place + turn) % len(MARKERS)]
        found[name] = Look(COLOURS[place], marker)
    return found


def drawing(title: str, caption: str, height_in: float) -> Drawing:
    """An empty figure with its title and its caption, and `height_in` between them.

    To be called, and filled, within `styled`.
    """
    titled = textwrap.fill(title, _TITLE_CHARACTERS)
    captioned = textwrap.fill(caption, _CAPTION_CHARACTERS)
    lines = titled.count("\n") * 0.18 + captioned.count("\n") * 0.13
    figure = Drawing(figsize=(WIDTH_IN, height_in + 0.62 + lines), layout="constrained")
    figure.suptitle(titled, x=0.008, ha="left", fontsize=10.5, fontweight="bold")
    figure.supxlabel(captioned, x=0.008, ha="left", fontsize=7, linespacing=1.25)
    return figure


@contextmanager
def one_plot(
    title: str, caption: str, height_in: float, more: Mapping[str, Any] | None = None
) -> Iterator[tuple[Drawing, Axes]]:
    """A context as `styled`, with a `drawing` and its only axes to fill."""
    with styled(more):
        figure = drawing(title, caption, height_in)
        yield figure, figure.subplots()


def wrapped(label: str, characters: int = LABEL_CHARACTERS) -> str:
    """A label in at most two lines, cut with an ellipsis if it is longer."""
    lines = textwrap.wrap(label, characters, break_on_hyphens=False) or [""]
    if len(lines) > 2:  # noqa: PLR2004 - two lines
        rest = textwrap.shorten(" ".join(lines[1:]), characters, placeholder=" …")
        lines = [lines[0], rest if rest != "…" else f"{lines[1][: characters - 1]}…"]
    return "\n".join(lines)


def shortened(text: str, most: int = LABEL_CHARACTERS) -> str:
    """Text cut with an ellipsis if it is longer than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def row_labels(axes: Axes, labels: Iterable[str]) -> None:
    """Name the rows of `axes`, which are at 0, 1, 2 … from the top."""
    names = [wrapped(label) for label in labels]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(axis="y", length=0)
    axes.spines["left"].set_visible(False)


def no_drawing(title: str, caption: str, words: str) -> Drawing:
    """A figure that explains in `words` why it shows no data."""
    figure = drawing(title, caption, 0.6)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.text(0, 0.5, textwrap.fill(words, 90), transform=axes.transAxes, va="center")
    return figure


def beside(axes: Axes, row: int, words: str) -> None:
    """Write `words` (two short lines) to the right of a row."""
    axes.annotate(
        words,
        xy=(1, row),
        xycoords=("axes fraction", "data"),
        xytext=(8, 0),
        textcoords="offset points",
        va="center",
        fontsize=7.5,
        linespacing=1.15,
    )


def legend_above(axes: Axes, handles: Sequence[Artist], *, pad: float = 0.3) -> None:
    """A legend above the axes, in two columns, with `pad` lines of text between."""
    axes.legend(
        handles=handles,
        loc="lower left",
        bbox_to_anchor=(-0.02, 1.0),
        ncols=2,
        borderaxespad=pad,
        columnspacing=1.2,
    )


def time_label(milliseconds: float, _: object = None) -> str:
    """A time on an axis: ``0.3 ms``, ``10 ms``, ``2.5 s``, ``1,000 s``."""
    if milliseconds >= SECOND_MS * (1 - 1e-9):
        seconds = milliseconds / SECOND_MS
        return f"{round(seconds):,} s" if seconds >= 1000 else f"{figures(seconds)} s"  # noqa: PLR2004
    return f"{figures(milliseconds)} ms" if milliseconds else "0"


def time_axis(axes: Axes, low_ms: float, high_ms: float, *, from_zero: bool = False) -> None:
    """Make the x-axis of `axes` show times between `low_ms` and `high_ms`.

    Logarithmic if they are more than a factor of eight apart, and then with a linear piece around 0 up
    to 1 ms (or the nearest power of ten below `high_ms`) if it begins at 0.
    """
    high_ms = high_ms if math.isfinite(high_ms) and high_ms > 0 else 1.0
    low_ms = min(low_ms, high_ms) if low_ms > 0 else (0.0 if from_zero else high_ms / 10)
    axes.xaxis.set_major_formatter(time_label)
    if from_zero:
        if high_ms <= 8:  # noqa: PLR2004
            axes.set_xlim(-0.02 * high_ms, high_ms * 1.06)
            return
        axes.set_xscale("symlog", linthresh=1, linscale=0.35, subs=range(2, 10))
        axes.set_xlim(-0.2, high_ms * 1.25)
    elif high_ms / low_ms < 8:  # noqa: PLR2004
        room = 0.06 * (high_ms - low_ms) or 0.1 * high_ms
        axes.set_xlim(max(low_ms - room, 0), high_ms + room)
        return
    else:
        axes.set_xscale("log")
        axes.set_xlim(low_ms / 1.25, high_ms * 1.25)
    _decades(axes, low_ms, high_ms, from_zero=from_zero)
    axes.xaxis.set_major_formatter(time_label)
    axes.xaxis.set_minor_formatter("")
    axes.grid(visible=False, which="minor")


def thinned(axes: Axes, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of `values` (sorted, on the current x-axis) that are far enough apart to be distinct."""
    if not values.size:
        return values
    places = axes.transAxes.inverted().transform(
        axes.transData.transform(np.c_[values, np.zeros(values.size)])
    )
    _, first = np.unique(np.floor(places[:, 0] * _TOLD_APART), return_index=True)
    return values[first]


def _decades(axes: Axes, low_ms: float, high_ms: float, *, from_zero: bool) -> None:
    first = 0 if from_zero else math.ceil(math.log10(low_ms / 1.25))
    last = math.floor(math.log10(high_ms * 1.25))
    ticks = [10.0**power for power in range(first, last + 1)]
    if len(ticks) < 3:  # noqa: PLR2004 - too few to read a value by
        ticks = [step * tick / 10 for tick in [*ticks, 10.0 ** (last + 1)] for step in (1, 2, 5)]
        least = 1.0 if from_zero else low_ms / 1.25  # what is below 1 ms is close together there
        ticks = sorted({tick for tick in ticks if least <= tick <= high_ms * 1.25})
    axes.set_xticks([0.0, *ticks] if from_zero else ticks)
