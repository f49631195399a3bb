"""A damaged or hostile index page gives an address or a refusal, and never sends a login elsewhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from mutation_lab import mutated

from harness.payload.cache import Archive
from harness.payload.fetch import link_in, login_for

# a page of a later minor version is read, with a warning
pytestmark = pytest.mark.filterwarnings("ignore::pypi_simple.UnexpectedRepoVersionWarning")
INDEX = "https://ada:secret@index.example:8443/simple/"
URL = "https://index.example:8443/simple/tiny-tool/"
ARCHIVE = Archive("tiny-tool", "tiny_tool-1.0-py3-none-any.whl", "0" * 64)
HTML = f"""<!DOCTYPE html><html><head><meta name="pypi:repository-version" content="1.1"></head><body>
<a href="../../files/tiny_tool-0.9.zip#sha256={"1" * 64}" data-yanked="x&gt;y">tiny_tool-0.9.zip</a>
<a href="../../files/{ARCHIVE.file}#sha256={"0" * 64}" data-yanked="">{ARCHIVE.file}</a></body></html>"""
JSON = json.dumps(
    {
        "meta": {"api-version": "1.1"},
        "name": "tiny-tool",
        "versions": ["1.0"],
        "files": [
            {
                "filename": ARCHIVE.file,
                "url": f"https://index.example:8443/files/{ARCHIVE.file}",
                "hashes": {"sha256": "0" * 64},
                "requires-python": ">=3.8",
                "yanked": False,
                "size": 1000,
                "upload-time": "2026-01-01T00:00:00.000000Z",
            }
        ],
    }
)


def _is_safe(page: bytes, kind: str, tried: Callable[[str], None]) -> None:
    try:
        link = link_in(page, kind, URL, ARCHIVE)
        login = login_for(link, INDEX) if link is not None else None
    except ValueError:  # what `fetch` takes for "this index cannot be used"
        tried("refused")
        return
    tried("with an address" if link else "without one")
    if login is not None:
        assert link is not None
        to = urlsplit(link)
        assert (to.hostname, to.port) == ("index.example", 8443)


@given(page=mutated([HTML.encode()]))
def test_html_pages(page: bytes, tried: Callable[[str], None]) -> None:
    _is_safe(page, "text/html", tried)


@given(page=mutated([JSON.encode()]))
def test_json_pages(page: bytes, tried: Callable[[str], None]) -> None:
    _is_safe(page, "application/vnd.pypi.simple.v1+json", tried)
