"""Pages that need nothing else: styles, scripts, figures and data are in them, and nothing is loaded.

Templates escape everything but HTML that was cleaned before. The Content-Security-Policy of each page
repeats the rule for the browser: no network, no scripts but the project's own.
"""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final, Protocol

import jinja2
from markupsafe import Markup

from harness.report.glossary import Word, explained
from harness.summary.conclusion import HEADS
from harness.summary.run_comparison_tables import environments, how_compared, strategies

if TYPE_CHECKING:
    from harness.summary.notes import Note
    from harness.summary.phrase import Phrase
    from harness.summary.run_comparison import RunComparison

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {scripts}; "
    "base-uri 'none'; form-action 'none'"
)
_HEADING: Final = re.compile(r'<h([23]) id="([^"]+)">(.*?)</h\1>', re.DOTALL)
_ASIDE: Final = re.compile(r"<small>.*?</small>|<[^>]*>", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A page as others link to it: `short` is for the navigation, `about` a sentence."""

    file: str
    title: str
    short: str
    about: str = ""


@dataclass(frozen=True)
class Heading:
    """A heading of a page, for its table of contents. `level` is 2 or 3."""

    level: int
    id: str
    text: str


def headings_in(page: str) -> list[Heading]:
    """The headings of HTML that have an id, without their tags and ``<small>`` parts."""
    return [
        Heading(int(level), name, html.unescape(_ASIDE.sub("", text)).strip())
        for level, name, text in _HEADING.findall(page)
    ]


class About(Protocol):
    """What every page says of the runs that it shows."""

    @property
    def title(self) -> Phrase:
        """What the pages are of."""

    @property
    def about(self) -> str:
        """The same in a line."""

    @property
    def claims(self) -> Sequence[Note]:
        """What the numbers may claim."""


@dataclass(frozen=True)
class GivenAbout:
    """An `About` in given words, for a page that stands alone."""

    title: Phrase
    about: str
    claims: Sequence[Note]


class Site:
    """The pages of one report, with the title and claims of `contents` on each."""

    def __init__(self, pages: Sequence[Page], contents: About, version: str) -> None:
        folder = files("harness.report")
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("harness.report", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
        )
        self._templates.filters["headings"] = headings_in
        self._templates.filters["explained"] = _explained
        self._playground = (folder / "playground.js").read_text(encoding="utf-8")
        self._script = (folder / "page.js").read_text(encoding="utf-8")
        self._shared = {
            "pages": pages,
            "contents": contents,
            "version": version,
            "answer_heads": HEADS,
            "style": _safe((folder / "templates" / "page.css").read_text(encoding="utf-8")),
        }

    def notebook(self, page: Page, body: str) -> str:
        """A page of an executed notebook; `body` is HTML."""
        return self._rendered("page.html", page, body=_safe(body), body_has_cases="data-case" in body)

    def index(self, page: Page, failed: Sequence[tuple[str, str]], pictures: Sequence[str] = ()) -> str:
        """The first page; `failed` has the titles of incomplete pages, and the reasons.

        `pictures` are SVG, one for each section of the contents or none.
        """
        return self._rendered("index.html", page, failed=failed, pictures=[*map(_safe, pictures)])

    def comparison(self, page: Page, compared: RunComparison, picture: str) -> str:
        """The page of two runs side by side; `picture` is SVG."""
        shown: dict[str, Any] = {
            "environments": environments(compared),
            "tables": [*map(strategies, compared.cases)],
        }
        how = [*map(how_compared, compared.cases)]
        return self._rendered(
            "comparison.html", page, compared=compared, how=how, picture=_safe(picture), **shown
        )

    def playground(self, page: Page, data: str, jittered: int) -> str:
        """The playground; `data` is JSON that fits into a script."""
        more = {"data": _safe(data), "jittered": jittered}
        return self._rendered("playground.html", page, script=self._playground, **more)

    def page(self, template: str, page: Page, *, picture: str = "", **content: Any) -> str:
        """A page by a template of its own, with a `picture` (SVG) and the `content` that it names."""
        return self._rendered(template, page, picture=_safe(picture), **content)

    def _rendered(self, template: str, page: Page, *, script: str = "", **content: Any) -> str:
        script = script or self._script
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        policy = _POLICY.format(scripts=f"'sha256-{digest}'")
        given = {"page": page, "policy": policy, "script": _safe(script), **self._shared, **content}
        return self._templates.get_template(template).render(given)


def _explained(page: str) -> tuple[Markup, list[Word]]:
    marked, words = explained(str(page))
    return _safe(marked), words


def _safe(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - made by this package, cleaned where it must be


def package_version() -> str:
    """The version of the harness, for the foot of a page."""
    try:
        return version("persist-harness")
    except PackageNotFoundError:
        return "(not installed)"
