"""Turn the cells of an executed notebook into HTML: text, folded code, cleaned outputs."""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from harness.report import markup
from harness.report.execution import INJECTED
from harness.report.figures import inline_svg

if TYPE_CHECKING:
    from harness.report.markup import Headings

HIDDEN: Final = frozenset({"parameters", INJECTED, "hide"})
"""Tags of cells that a page leaves out: the runs are named on it anyway."""
_HEADING: Final = re.compile(r"<h3>([^<]*)</h3>")
_CASE: Final = re.compile(r'<h3 id="[^"]*">[^<]*</h3>\s*')
_TAG: Final = re.compile(r"<[^>]*>")
_WIDGET: Final = "application/vnd.jupyter.widget-view+json"


def body(notebook: Any, headings: Headings) -> str:
    """The HTML of all cells; `headings` makes their headings, and has the title afterwards."""
    figures = 0
    parts = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(markup.own_markdown(cell.source, headings))
        elif cell.cell_type == "code" and not HIDDEN.intersection(cell.metadata.get("tags", ())):
            shown = list(_outputs(cell.outputs, headings, f"f{figures}-"))
            figures += len(shown)
            parts.append(_code_cell(cell.source, _folded(shown)))
    return "\n".join(parts)


def _folded(outputs: list[str]) -> str:
    """The outputs, those below a heading folded under it, as a case that a page can be narrowed to.

    A single one is unfolded.
    """
    starts = [place for place, output in enumerate(outputs) if _CASE.fullmatch(output)]
    parts = outputs[: starts[0]] if starts else outputs
    for start, end in pairwise([*starts, len(outputs)]):
        heading = outputs[start].strip()
        key = html.escape(html.unescape(_TAG.sub("", heading)), quote=True)
        unfolded = " open" if len(starts) == 1 else ""
        parts.append(
            f'<details class="case" data-case="{key}"{unfolded}><summary>{heading}</summary>'
            f"{''.join(outputs[start + 1 : end])}</details>"
        )
    return "".join(parts)


def _code_cell(source: str, outputs: str) -> str:
    folded = ""
    if source.strip():
        folded = f'<details class="source"><summary>Code</summary>{markup.code(source)}</details>'
    return f'<div class="cell">{outputs}{folded}</div>'


def _outputs(outputs: list[Any], headings: Headings, prefix: str) -> Iterator[str]:
    notes: list[str] = []
    for number, output in enumerate(outputs):
        match output.output_type:
            case "stream" if output.name == "stderr":
                notes.append(output.text)
            case "stream":
                yield markup.printed_text(output.text)
            case "display_data" | "execute_result":
                yield _data(output.data, headings, f"{prefix}{number}-")
            case "error":
                message = html.escape(f"{output.ename}: {output.evalue}")
                yield f'<p class="fault" role="alert">{message}</p>'
    if notes:
        yield f"<details><summary>Warnings</summary>{markup.printed_text(''.join(notes))}</details>"


def _data(data: Any, headings: Headings, prefix: str) -> str:
    """The richest form of an output that a page can have."""
    if "image/svg+xml" in data:
        try:
            return f'<div class="figure" tabindex="0">{inline_svg(data["image/svg+xml"], prefix)}</div>'
        except ValueError:
            return markup.printed_text(data.get("text/plain", "a figure that cannot be read"))
    if "image/png" in data and (encoded := _base64(data["image/png"])):
        name = html.escape(data.get("text/plain", "figure"), quote=True)
        return f'<div class="figure"><img alt="{name}" src="data:image/png;base64,{encoded}"></div>'
    if _WIDGET in data:  # it needs a kernel; notebooks show its first choice too
        return ""
    if "text/html" in data:
        if heading := _HEADING.fullmatch(data["text/html"].strip()):
            return headings.add(markup.printed_html(heading[1]), 3, own=False)
        return markup.printed_html(data["text/html"])
    if "text/markdown" in data:
        return markup.printed_markdown(data["text/markdown"], headings)
    return markup.printed_text(data.get("text/plain", ""))


def _base64(text: str) -> str:
    """The text if it is base64, else nothing."""
    try:
        return base64.b64encode(base64.b64decode(text, validate=False)).decode()
    except binascii.Error:
        return ""
