"""Pages that stand on their own: styles, scripts, figures and data are in them, and nothing is loaded.

Templates escape everything but what was made fit for a page before. A policy for the browser says the
same once more: no network, no scripts but ours.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import jinja2
from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.report.markup import Heading

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src {scripts}; "
    "base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True)
class Page:
    """A page as others link to it: `file`, `title`, `short` for the bar, a sentence `about` it."""

    file: str
    title: str
    short: str
    about: str = ""


class Site:
    """The pages of one report. `subtitle` stands on each, as do `claims` and `version` below."""

    def __init__(
        self, pages: Sequence[Page], *, subtitle: str, claims: Iterable[str], version: str
    ) -> None:
        folder = files("harness.report")
        # a name in braces that a template has and nobody gave is a defect, not an empty text
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("harness.report", "templates"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
        )
        self._script = (folder / "playground.js").read_text(encoding="utf-8")
        self._shared = {
            "pages": pages,
            "subtitle": subtitle,
            "claims": list(claims),
            "version": version,
            "style": _html((folder / "templates" / "page.css").read_text(encoding="utf-8")),
        }

    def notebook(self, page: Page, body: str, headings: Sequence[Heading]) -> str:
        """A page of an executed notebook; `body` is HTML."""
        return self._rendered("page.html", page, headings, body=_html(body))

    def index(self, page: Page, headings: Sequence[Heading], **content: Any) -> str:
        """The first page; `content` is what its template names."""
        return self._rendered("index.html", page, headings, **content)

    def playground(self, page: Page, headings: Sequence[Heading], data: str, jittered: int) -> str:
        """The playground; `data` is JSON that fits into a script."""
        return self._rendered(
            "playground.html",
            page,
            headings,
            data=_html(data),
            script=_html(self._script),
            jittered=jittered,
            policy=_POLICY.format(scripts=f"'sha256-{_digest(self._script)}'"),
        )

    def _rendered(self, template: str, page: Page, headings: Sequence[Heading], **content: Any) -> str:
        given = {
            "policy": _POLICY.format(scripts="'none'"),
            "file": page.file,
            "heading": page.title,
            "title": page.title,
            "headings": headings,
            **self._shared,
            **content,
        }
        return self._templates.get_template(template).render(given)


def _html(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - made by this package, cleaned where it must be


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
