"""Make SVG figures part of a page: in its colours, without a network, with ids of their own.

Plots are drawn on a transparent background, with one ink for text and axes
(`harness.analysis.plots.style`); on a page that ink becomes ``currentColor``, for light and dark alike.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

from harness.analysis.plots.style import INK

PX_PER_PT: Final = 96 / 72
READABLE_PX: Final = 11
"""The least size of text in a figure; one that needs more width for it scrolls in its box."""
_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_TITLE: Final = "{http://purl.org/dc/elements/1.1/}title"
_HREFS: Final = ("href", f"{{{_XLINK}}}href")
_ELEMENT: Final = re.compile(
    "svg|g|path|rect|circle|ellipse|line|polyline|polygon|text|tspan|defs|clipPath|use|marker|"
    "linearGradient|radialGradient|stop|pattern|title|desc|image"
)
_INNER: Final = re.compile(r"url\(\s*(['\"]?)#([^)'\"]+)\1\s*\)")
_OUTER: Final = re.compile(r"url\(\s*(?!['\"]?#)|expression|@import", re.IGNORECASE)
_FONT_SIZE: Final = re.compile(r"font(?:-size)?:[^;']*?([\d.]+)px")
"""matplotlib before 3.10 writes the size into ``font``."""
_LENGTH: Final = re.compile(r"([\d.]+)(pt|px)?")


def inline_svg(text: str, prefix: str) -> str:
    """An SVG for the inside of a page; its ids get `prefix`, which makes them unique there.

    Keeps shapes and text; leaves out scripts, styles for the whole page, comments, metadata and
    everything that would load a file. Raises `ValueError` for text that is not an SVG.
    """
    try:
        root = ET.fromstring(text)  # noqa: S314 - drawn by our own kernel; expat loads no entities
    except ET.ParseError as error:
        raise ValueError(f"not an SVG: {error}") from error
    if root.tag != f"{{{_SVG}}}svg":
        raise ValueError(f"not an SVG: the root is {root.tag}")
    label = _label(root)
    _prune(root)
    for element in root.iter():
        _clean(element, prefix)
    width, least = _width_px(root), _readable_px(root)
    for name in ("width", "height"):
        root.attrib.pop(name, None)
    root.set("role", "img")
    root.set("aria-label", label)
    widths = {"--natural": width, "--readable": least}
    if style := ";".join(f"{name}:{px:.0f}px" for name, px in widths.items() if px):
        root.set("style", style)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return ET.tostring(root, encoding="unicode")


def _prune(element: ET.Element) -> None:
    for child in list(element):
        if _ELEMENT.fullmatch(child.tag.removeprefix(f"{{{_SVG}}}")):
            _prune(child)
        else:
            element.remove(child)


def _clean(element: ET.Element, prefix: str) -> None:
    for name, value in list(element.attrib.items()):
        kept: str | None = value
        if name in _HREFS:
            kept = f"#{prefix}{value[1:]}" if value.startswith("#") else _picture(value)
        elif name == "id":
            kept = prefix + value
        elif name.lower().startswith("on") or _OUTER.search(value):
            kept = None
        else:
            kept = _INNER.sub(rf"url(#{prefix}\2)", value)
            kept = re.sub(re.escape(INK), "currentColor", kept, flags=re.IGNORECASE)
        if kept is None:
            del element.attrib[name]
        else:
            element.set(name, kept)


def _picture(address: str) -> str | None:
    return address if address.startswith("data:image/png;") else None


def _width_px(root: ET.Element) -> float | None:
    match = _LENGTH.fullmatch(root.get("width", ""))
    if match is None:
        return None
    return float(match[1]) * (PX_PER_PT if match[2] == "pt" else 1)


def _readable_px(root: ET.Element) -> float | None:
    """The width at which its smallest text is `READABLE_PX` high; ``None`` without text."""
    styles = (text.get("style", "") for text in root.iter(f"{{{_SVG}}}text"))
    sizes = [float(found[1]) for style in styles if (found := _FONT_SIZE.search(style))]
    *_, across, _ = root.get("viewBox", "0 0 0 0").split()
    smallest = min(filter(None, sizes), default=None)
    return math.ceil(READABLE_PX / smallest * float(across)) if smallest else None


def _label(root: ET.Element) -> str:
    """The text for a screen reader: the title in the metadata, else the longest text."""
    title = " ".join((root.findtext(f".//{_TITLE}") or "").split())
    return title or max(_texts(root), key=len, default="figure")


def _texts(root: ET.Element) -> Iterator[str]:
    for element in root.iter(f"{{{_SVG}}}text"):
        yield " ".join("".join(element.itertext()).split())
